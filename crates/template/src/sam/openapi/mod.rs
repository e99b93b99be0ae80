//! Editing API definitions: Swagger 2.0 for REST APIs, OpenAPI 3 for HTTP APIs.
//!
//! An editor takes the definition by value and gives it back with `into_definition`; making one and giving it back
//! costs no copy, since every event of every function edits the definition of its API.
//!
//! - `definition.rs`: paths, methods and conditions, for both kinds.
//! - `swagger*.rs`: REST APIs, by subject; `openapi3.rs`: HTTP APIs.

mod definition;
pub mod openapi3;
pub mod openapi3_cors;
pub mod swagger;
pub mod swagger_cors;
pub mod swagger_policy;
mod swagger_request;
pub mod swagger_security;

pub use definition::{ANY_METHOD, KeySpans, X_INTEGRATION, arrive, is_open_api_3, normalize_method_name, settle};

use super::error::Fault;
use crate::Node;

/// Either kind of editor.
pub trait Editor: Sized {
    /// Whether the definition can be edited, with the sentence of AWS's translator if not.
    fn check(doc: &Node) -> Result<(), Fault>;
    /// Takes a definition that was checked.
    fn open(doc: Node) -> Self;
    /// Gives the definition back.
    fn close(self) -> Node;
    /// Gives the definition back as it was, as far as later events can see it.
    fn abandon(self) -> Node;
}

/// Runs `change` on the definition in `slot`. If it fails, `slot` holds what it held before.
pub fn edit<E: Editor, T>(slot: &mut Node, change: impl FnOnce(&mut E) -> Result<T, Fault>) -> Result<T, Fault> {
    E::check(slot)?;
    let mut editor = E::open(std::mem::take(slot));
    let result = change(&mut editor);
    *slot = if result.is_ok() { editor.close() } else { editor.abandon() };
    result
}

/// A path as a REST API writes it in permissions: `{name}` and `{name+}` become `*`.
pub fn get_path_without_trailing_slash(path: &str) -> String {
    generalize(path, |name| !name.is_empty() && is_name(name.strip_suffix('+').unwrap_or(name)))
}

/// A path as an HTTP API writes it in permissions: `{name}` and `{proxy+}` become `*`.
pub fn get_http_path_without_trailing_slash(path: &str) -> String {
    generalize(path, |name| is_name(name) || name == "proxy+")
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

fn generalize(path: &str, is_variable: impl Fn(&str) -> bool) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        match after.find('}').filter(|end| is_variable(&after[..*end])) {
            Some(end) => {
                out.push('*');
                rest = &after[end + 1..];
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
