//! `landfall check`: everything that can be known offline, all problems at once.

use crate::args::{CheckArgs, Global, Output};
use crate::folder::{self, Folder};
use crate::screen;
use crate::trouble::{Exit, Trouble};
use base::{Diagnostic, Diagnostics, FileId, Region, Sources};
use deploy::project::{StepKind, TemplateSource, read_pipeline};
use engine::package::{DiskFiles, bundle};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use template::Node;
use template::artifact::{self, S3Location, artifacts};
use template::parse::{Dialect, parse};
use template::sam::{self, context::Context};

/// Checks the given files, or the project's pipelines and all that they name.
pub(crate) fn run(global: &Global, args: &CheckArgs) -> Result<Exit, Trouble> {
    let folder = Folder::open(&global.project)?;
    let mut check = Check { folder, sources: Sources::new(), found: Vec::new(), checked: 0 };
    if args.files.is_empty() {
        check.project(global)?;
    } else {
        for path in &args.files {
            check.file(path)?;
        }
    }
    report(&check, global.output)
}

/// The region that templates are transformed for.
const REGION: &str = "us-east-1";

struct Check {
    folder: Folder,
    sources: Sources,
    found: Diagnostics,
    checked: usize,
}

impl Check {
    fn project(&mut self, global: &Global) -> Result<(), Trouble> {
        let names = match &global.pipeline {
            Some(name) => self.folder.choose(Some(name))?.into_iter().collect(),
            None => self.folder.pipelines(),
        };
        let mut templates = BTreeSet::new();
        for name in &names {
            let path = Folder::pipeline_path(name);
            let file = self.folder.read(&path, &mut self.sources)?;
            templates.extend(self.pipeline(name, file));
        }
        if names.is_empty() {
            templates.extend(self.folder.template());
            if templates.is_empty() {
                let told = Diagnostic::error("CLI-010", "there is nothing to check here");
                let hint = "`landfall init` makes a pipeline; `--project` names another folder";
                return Err(Trouble::usage(told.why("the folder has no pipeline and no template").hint(hint)));
            }
        }
        for template in templates {
            self.bundle(&template);
        }
        Ok(())
    }

    fn file(&mut self, path: &Path) -> Result<(), Trouble> {
        let file = folder::read(path, &path.display().to_string(), &mut self.sources)?;
        if path.file_name().is_some_and(|n| n == "pipeline.yaml") {
            let name =
                path.parent().and_then(Path::file_name).map_or_else(|| "pipeline".into(), |n| n.to_string_lossy());
            self.pipeline(&name, file);
        } else {
            self.template(file);
        }
        Ok(())
    }

    /// Checks a pipeline and returns the templates that it deploys.
    fn pipeline(&mut self, name: &str, file: FileId) -> BTreeSet<String> {
        self.checked += 1;
        let text = self.sources.get(file).map(|s| s.text.clone()).unwrap_or_default();
        let (pipeline, mut found) = read_pipeline(name, file, &text);
        self.found.append(&mut found);
        let named = pipeline.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Sam(s) | StepKind::CloudFormation(s) => match &s.source {
                TemplateSource::Template(path) => Some(path.clone()),
                TemplateSource::Artifact(_) => None,
            },
            _ => None,
        });
        pipeline.artifacts.values().map(|a| a.template.clone()).chain(named).collect()
    }

    /// Checks a template of the project with everything that it names.
    fn bundle(&mut self, path: &str) {
        let files = DiskFiles::new(&self.folder.root);
        let before = self.sources.clone();
        match bundle(&files, path, &mut self.sources) {
            Ok(_) => {
                self.sources = before;
                if let Ok(file) = self.folder.read(path, &mut self.sources) {
                    self.template(file);
                }
            }
            Err(mut found) => {
                self.checked += 1;
                self.found.append(&mut found);
            }
        }
    }

    fn template(&mut self, file: FileId) {
        self.checked += 1;
        let text = self.sources.get(file).map(|s| s.text.clone()).unwrap_or_default();
        let (node, mut found) = parse(file, &text, Dialect::Template);
        if !found.iter().any(Diagnostic::is_error) {
            let (model, mut more) = template::model::Template::read(&node);
            let serverless = model.is_serverless();
            found.append(&mut more);
            let sound = serverless && !found.iter().any(Diagnostic::is_error);
            let context = Context::for_region(REGION);
            let wrong = sound.then(|| sam::transform(packaged(node.clone()), &context).err()).flatten();
            found.extend(wrong.into_iter().flat_map(|e| e.diagnostics()));
        }
        self.found.append(&mut found);
    }
}

/// The template with a place in S3 for everything local that it names: the transform takes nothing else.
fn packaged(mut node: Node) -> Node {
    if let Ok(region) = Region::new(REGION) {
        let place = S3Location { bucket: "packaged".into(), key: "artifact".into(), version: None, region };
        for artifact in artifacts(&node) {
            // What has no place is left as it is: the transform says what is wrong with it.
            let _ = artifact::place(&mut node, &artifact, &place);
        }
    }
    node
}

fn report(check: &Check, output: Output) -> Result<Exit, Trouble> {
    let errors = check.found.iter().filter(|d| d.is_error()).count();
    let exit = if errors > 0 { Exit::Usage } else { Exit::Done };
    match output {
        Output::Text => {
            screen::show(&check.found, &check.sources);
            if errors == 0 {
                let warnings = check.found.len();
                screen::data(&format!("{} files checked, no errors, {warnings} warnings\n", check.checked))?;
            }
        }
        Output::Json | Output::Ndjson => {
            let found: Vec<_> = check.found.iter().map(|d| screen::as_json(d, &check.sources)).collect();
            let document = json!({ "version": 1, "checked": check.checked, "diagnostics": found });
            screen::data(&format!("{document}\n"))?;
        }
    }
    Ok(exit)
}
