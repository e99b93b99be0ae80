//! The length of functions, measured from `fn` to the brace that closes it, on rustfmt's layout.

use super::Exceptions;

/// Lines a function may have, signature included.
const LONGEST: usize = 60;

/// Whether length rules leave the file alone.
pub(crate) fn is_free(path: &str) -> bool {
    ["/tests/", "/benches/", "/examples/"].iter().any(|folder| path.contains(folder)) || path.ends_with("/tests.rs")
}

/// Checks every function of one file. Test modules inside a file count as tests and are free.
pub(crate) fn check(path: &str, text: &str, exceptions: &Exceptions, found: &mut Vec<String>) {
    if is_free(path) {
        return;
    }
    let lines: Vec<&str> = text.lines().take_while(|l| l.trim() != "#[cfg(test)]").collect();
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent = line.len() - line.trim_start().len();
        let closing = format!("{}}}", " ".repeat(indent));
        if line.trim_end().ends_with('}') || line.trim_end().ends_with(';') {
            continue;
        }
        let Some(length) = lines[at..].iter().position(|l| *l == closing).map(|n| n + 1) else { continue };
        let place = format!("{path}::{name}");
        if length > LONGEST && !exceptions.allow("function-length", &place) {
            found.push(format!("{place}: {length} lines, at most {LONGEST}"));
        }
    }
}

fn function_name(line: &str) -> Option<&str> {
    let mut rest = line.trim_start();
    for word in ["pub(crate) ", "pub(super) ", "pub ", "const ", "async "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let rest = rest.strip_prefix("fn ")?;
    rest.split(['(', '<']).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_behind_every_modifier() {
        assert_eq!(function_name("    pub async fn drive<T>("), Some("drive"));
        assert_eq!(function_name("fn main() {"), Some("main"));
        assert_eq!(function_name("let fn_ = 1;"), None);
    }
}
