//! Builds artifacts before they are packaged: the pipeline's own commands, or `sam build` where SAM CLI is used.

use crate::screen;
use crate::trouble::{Exit, Trouble};
use crate::wiring::{Programs, Shell};
use base::Diagnostic;
use deploy::project::{Artifact, ArtifactKind, Pipeline};
use engine::ports::{Command, Commands};
use std::collections::BTreeMap;
use std::path::Path;

/// Where SAM CLI leaves what it built.
const BUILT: &str = ".aws-sam/build/template.yaml";
/// An hour: builds may be long, but not endless.
const LIMIT_SECONDS: u32 = 3_600;

/// Builds everything, and tells for each artifact where its built template lies, if that is elsewhere.
pub(crate) async fn build(root: &Path, pipeline: &Pipeline) -> Result<BTreeMap<String, String>, Trouble> {
    let mut built = BTreeMap::new();
    for artifact in pipeline.artifacts.values() {
        let folder = artifact.template.rsplit_once('/').map_or("", |(folder, _)| folder);
        let output = if folder.is_empty() { BUILT.to_owned() } else { format!("{folder}/{BUILT}") };
        let uses_sam = artifact.kind == ArtifactKind::Sam && root.join(folder).join(".aws-sam").is_dir();
        for command in &artifact.build {
            run(root, "", artifact, command).await?;
        }
        if artifact.build.is_empty() && uses_sam {
            run(root, folder, artifact, "sam build").await?;
        }
        if artifact.kind == ArtifactKind::Sam && root.join(&output).is_file() {
            built.insert(artifact.name.clone(), output);
        }
    }
    Ok(built)
}

async fn run(root: &Path, folder: &str, artifact: &Artifact, shell: &str) -> Result<(), Trouble> {
    screen::talk(&format!("build {}: {shell}", artifact.name));
    let runner = Shell { root: root.to_path_buf(), aws: None, programs: Programs::new() };
    let command = Command {
        shell: shell.to_owned(),
        folder: folder.to_owned(),
        environment: BTreeMap::new(),
        site: None,
        timeout_seconds: LIMIT_SECONDS,
    };
    let ended = runner.run(&command, &|line| screen::talk(&format!("  {line}"))).await;
    let failed = |why: String| {
        let told = Diagnostic::error("CLI-014", format!("building `{}` failed: {why}", artifact.name));
        Err(Trouble::new(Exit::Failed, told.hint(format!("run `{shell}` by hand to see why"))))
    };
    match ended {
        Ok(end) if end.code == Some(0) => Ok(()),
        Ok(end) if end.timed_out => failed("it took more than an hour".to_owned()),
        Ok(end) => failed(end.code.map_or_else(|| "it was killed".to_owned(), |c| format!("exit code {c}"))),
        Err(e) => failed(e.message),
    }
}
