//! House rules that a compiler does not know: walls between crates, sizes of files and functions, names, first lines.

mod edges;
mod files;
mod functions;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Runs every rule over the workspace and lists all that is wrong.
pub(crate) fn main() -> ExitCode {
    let root = root();
    let mut found = edges::check(&root);
    let exceptions = Exceptions::read(&root.join("crates/xtask/exceptions.txt"), &mut found);
    let sources = rust_files(&root);
    for path in &sources {
        let Ok(text) = std::fs::read_to_string(root.join(path)) else { continue };
        files::check(path, &text, &exceptions, &mut found);
        functions::check(path, &text, &exceptions, &mut found);
    }
    exceptions.report_unused(&mut found);
    for line in &found {
        eprintln!("tidy: {line}");
    }
    if found.is_empty() {
        println!("tidy: {} files, no complaints", sources.len());
        ExitCode::SUCCESS
    } else {
        eprintln!("tidy: {} complaints; an exception needs a reason in crates/xtask/exceptions.txt", found.len());
        ExitCode::FAILURE
    }
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

fn rust_files(root: &Path) -> Vec<String> {
    let mut all = Vec::new();
    let mut folders = vec![root.join("crates")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                all.extend(path.strip_prefix(root).ok().map(|p| p.to_string_lossy().into_owned()));
            }
        }
    }
    all.sort();
    all
}

/// The list of exceptions: `rule path[::function]  reason`, one a line, `#` for comments.
pub(crate) struct Exceptions {
    entries: Vec<(String, String, std::cell::Cell<bool>)>,
}

impl Exceptions {
    fn read(path: &Path, found: &mut Vec<String>) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let mut entries = Vec::new();
        for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
            let mut words = line.split_whitespace();
            match (words.next(), words.next(), words.next()) {
                (Some(rule), Some(place), Some(_)) => {
                    entries.push((rule.to_owned(), place.to_owned(), std::cell::Cell::new(false)));
                }
                _ => found.push(format!("exceptions.txt: `{line}` has no reason")),
            }
        }
        Self { entries }
    }

    /// Whether the rule is excused at the place.
    pub(crate) fn allow(&self, rule: &str, place: &str) -> bool {
        let hit = self.entries.iter().find(|(r, p, _)| r == rule && p == place);
        hit.inspect(|(_, _, used)| used.set(true)).is_some()
    }

    fn report_unused(&self, found: &mut Vec<String>) {
        let unused = self.entries.iter().filter(|(_, _, used)| !used.get());
        found.extend(
            unused.map(|(rule, place, _)| format!("exceptions.txt: `{rule} {place}` excuses nothing any more")),
        );
    }
}
