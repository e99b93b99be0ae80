//! Rules about a file as a whole: its length, its first line, its name.

use super::Exceptions;

/// Lines a file may have. Folders named `tests`, `benches` and `examples` are free: scenarios may be long.
const LONGEST: usize = 500;

/// Names that say nothing about what is inside.
const BANNED: [&str; 9] = ["utils", "util", "helpers", "helper", "common", "manager", "handler", "core", "types"];

/// Checks one file.
pub(crate) fn check(path: &str, text: &str, exceptions: &Exceptions, found: &mut Vec<String>) {
    let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".rs");
    if BANNED.contains(&stem) && !exceptions.allow("name", path) {
        found.push(format!("{path}: `{stem}` says nothing; name what it holds"));
    }
    if super::functions::is_free(path) {
        return;
    }
    let lines = text.lines().count();
    if lines > LONGEST && !exceptions.allow("file-length", path) {
        found.push(format!("{path}: {lines} lines, at most {LONGEST}"));
    }
    if !text.trim_start().starts_with("//!") && !exceptions.allow("first-line", path) {
        found.push(format!("{path}: no `//!` line at the top that says what it is for"));
    }
}
