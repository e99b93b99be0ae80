//! Reads YAML and JSON into the document tree, with every problem and its place.
//!
//! Two dialects share one builder. [`Dialect::Template`] reads what CloudFormation and the SAM transform read: YAML 1.1
//! scalars and the short forms of intrinsic functions. [`Dialect::Strict`] reads our own files: the YAML 1.2 core schema
//! and no tags but `!!str` and its like. This module does not know what a template contains.

mod build;
mod continued;
mod json;
mod place;
mod scalar;
mod syntax;
mod tag;

use crate::Node;
use base::{Diagnostic, Diagnostics, FileId, Span};
use place::Places;

pub use scalar::key_text;

/// How plain words and tags are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// A CloudFormation or SAM template in YAML 1.1 or JSON, with short intrinsic functions such as `!Ref`.
    Template,
    /// A file of our own: YAML 1.2 core schema, in which `yes`, `no` and `on` are text.
    Strict,
}

/// The longest text that is read: 16 MiB. CloudFormation itself takes 1 MB, but a template may shrink when it is packaged.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// The deepest nesting of lists and mappings that is read.
pub const MAX_DEPTH: usize = 128;

/// How many values aliases may add to a document, all together.
pub const MAX_ALIAS_NODES: usize = 200_000;

const MAX_CONTROL_CHARACTERS: usize = 10;

/// Reads a text. What could be read before a syntax error comes back as well, so a caller that wants a whole document
/// looks for errors first. An empty text is a null node without diagnostics. Time and memory are linear in the text plus
/// what its aliases add, and those are limited by [`MAX_ALIAS_NODES`].
pub fn parse(file: FileId, text: &str, dialect: Dialect) -> (Node, Diagnostics) {
    if text.len() > MAX_BYTES {
        let problem = Diagnostic::error("TMPL-001", format!("the text is {} bytes long", text.len()))
            .at(Span::new(file, 0, 0))
            .why(format!("a document of more than {MAX_BYTES} bytes is not read"))
            .hint("move large literal content, such as inline code, into files of its own");
        return (Node::default(), vec![problem]);
    }
    let bom = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let places = Places::new(file, &text[bom..], bom);
    let problems = control_characters(&places);
    if !problems.is_empty() {
        return (Node::new(crate::Value::Null, places.span(0, 0)), problems);
    }
    if dialect == Dialect::Template && text[bom..].trim_start().starts_with(['{', '[']) {
        return parse_braces(&places);
    }
    build::build(&places, dialect)
}

/// A text that starts with a brace is JSON when its first key is in double quotes, and YAML in flow style otherwise.
/// CloudFormation refuses what is JSON by its looks and not by its grammar, though YAML might read it.
fn parse_braces(places: &Places<'_>) -> (Node, Diagnostics) {
    let as_json = json::read(places);
    if looks_like_json(places.text()) || !as_json.1.iter().any(Diagnostic::is_error) {
        return as_json;
    }
    build::build(places, Dialect::Template)
}

/// Whether a double quote is the first thing after the opening brackets and comments.
fn looks_like_json(text: &str) -> bool {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '{' || c == '[');
        rest = match rest.get(..2) {
            Some("//") => rest.split_once('\n').map_or("", |(_, after)| after),
            Some("/*") => rest.split_once("*/").map_or("", |(_, after)| after),
            _ => return rest.starts_with('"'),
        };
    }
}

fn control_characters(places: &Places<'_>) -> Diagnostics {
    let mut problems: Diagnostics = places
        .text()
        .char_indices()
        .filter(|(_, c)| is_unprintable(*c))
        .take(MAX_CONTROL_CHARACTERS + 1)
        .map(|(at, c)| {
            Diagnostic::error("TMPL-002", format!("character U+{:04X} cannot stand in a document", c as u32))
                .at(places.bytes(at, at + c.len_utf8()))
                .why("YAML and JSON allow printable characters, tabs and line ends only")
                .hint("delete it, or write it as an escape such as `\"\\u001b\"` in double quotes")
        })
        .collect();
    if problems.len() > MAX_CONTROL_CHARACTERS {
        problems.truncate(MAX_CONTROL_CHARACTERS);
        if let Some(last) = problems.last_mut() {
            last.hint = Some("more such characters follow; check that this is a text file in UTF-8".to_owned());
        }
    }
    problems
}

fn is_unprintable(c: char) -> bool {
    let allowed = matches!(c, '\t' | '\n' | '\r' | '\u{85}');
    (c.is_control() && !allowed) || matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}
