//! The project's folder as text: pipeline files, samconfig, templates. The last files read before a run starts.

use crate::trouble::Trouble;
use base::{Diagnostic, FileId, Sources};
use std::path::{Path, PathBuf};

/// The names of SAM CLI's configuration file, in the order in which SAM CLI looks for them.
const SAMCONFIG: [&str; 3] = ["samconfig.toml", "samconfig.yaml", "samconfig.yml"];
/// The names of a template, in the order in which SAM CLI looks for them.
const TEMPLATE: [&str; 3] = ["template.yaml", "template.yml", "template.json"];

/// A project's folder.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    pub(crate) root: PathBuf,
}

impl Folder {
    /// The folder, which must be there.
    pub(crate) fn open(root: &Path) -> Result<Self, Trouble> {
        if root.is_dir() {
            return Ok(Self { root: root.to_path_buf() });
        }
        let message = format!("`{}` is not a folder", root.display());
        Err(Trouble::usage(Diagnostic::error("CLI-002", message).hint("give the project's folder with `--project`")))
    }

    /// Names of the pipelines under `.landfall/`, sorted.
    pub(crate) fn pipelines(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.root.join(".landfall")).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .filter(|e| e.path().join("pipeline.yaml").is_file())
            .map(|e| e.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// The pipeline to use: the named one, or the only one. `None` when the project has none.
    pub(crate) fn choose(&self, named: Option<&str>) -> Result<Option<String>, Trouble> {
        let all = self.pipelines();
        match (named, all.as_slice()) {
            (Some(name), _) if all.iter().any(|n| n == name) => Ok(Some(name.to_owned())),
            (Some(name), _) => {
                let known = if all.is_empty() { "none".to_owned() } else { all.join("`, `") };
                let message = format!("there is no pipeline `{name}`");
                Err(Trouble::usage(Diagnostic::error("CLI-003", message).hint(format!("known pipelines: `{known}`"))))
            }
            (None, []) => Ok(None),
            (None, [only]) => Ok(Some(only.clone())),
            (None, many) => {
                let message = format!("the project has {} pipelines", many.len());
                let hint = format!("name one with `--pipeline`: `{}`", many.join("`, `"));
                Err(Trouble::usage(Diagnostic::error("CLI-004", message).hint(hint)))
            }
        }
    }

    /// The path of a pipeline's file, relative to the project.
    pub(crate) fn pipeline_path(name: &str) -> String {
        format!(".landfall/{name}/pipeline.yaml")
    }

    /// The path of the samconfig file, if there is one.
    pub(crate) fn samconfig(&self) -> Option<String> {
        self.first(&SAMCONFIG)
    }

    /// The path of the template that SAM CLI would take, if there is one.
    pub(crate) fn template(&self) -> Option<String> {
        self.first(&TEMPLATE)
    }

    fn first(&self, names: &[&str]) -> Option<String> {
        names.iter().find(|name| self.root.join(name).is_file()).map(|name| (*name).to_owned())
    }

    /// Reads a file of the project and adds it to the sources.
    pub(crate) fn read(&self, path: &str, sources: &mut Sources) -> Result<FileId, Trouble> {
        read(&self.root.join(path), path, sources)
    }
}

/// Reads a file, shown to the user as `shown`.
pub(crate) fn read(path: &Path, shown: &str, sources: &mut Sources) -> Result<FileId, Trouble> {
    let bytes = std::fs::read(path).map_err(|e| {
        Trouble::usage(Diagnostic::error("CLI-005", format!("`{shown}` could not be read: {e}")).hint("check the path"))
    })?;
    let text = String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let message = format!("`{shown}` is not UTF-8 text: byte {at} is not part of any character");
        Trouble::usage(Diagnostic::error("CLI-006", message).hint("save the file as UTF-8"))
    })?;
    Ok(sources.add(shown, text))
}
