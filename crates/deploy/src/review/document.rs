//! A policy document of a source text: what it says, what is wrong with its form, and where each part of it stands.

use super::settle::{Settler, is_symbolic};
use base::{Diagnostic, Span};
use iam::{Document, Kind};
use std::sync::Arc;
use template::{Node, Value};

/// A policy with its places.
#[derive(Debug, Clone)]
pub(super) struct Policy {
    /// The document without functions.
    pub(super) node: Node,
    /// What it says.
    pub(super) document: Arc<Document>,
}

impl Policy {
    /// Reads a document that may hold functions, and reports what is wrong with its form. Nothing when it is not known,
    /// for example because another stack gives it.
    pub(super) fn read(node: &Node, settler: &Settler<'_>, kind: Kind, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        let mut found = Vec::new();
        let policy = Self::of(settler.settle(node)?, kind, &mut found);
        // Both values of a choice are there, of which a deployment has one.
        let chosen = template::write::compact(node).contains("\"Fn::If\"");
        found.retain(|problem| !(chosen && problem.code.as_str() == "POLICY-005"));
        problems.append(&mut found);
        policy
    }

    /// Reads a plain document.
    pub(super) fn of(node: Node, kind: Kind, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        let node = match &node.value {
            // Some properties take the document as text.
            Value::String(text) if text.trim_start().starts_with('{') => {
                template::write::from_json(&serde_json::from_str(text).ok()?, node.span)
            }
            Value::Map(_) => node,
            _ => return None,
        };
        let parsed = iam::parse(&template::write::to_json(&node), kind);
        for problem in parsed.problems {
            let at = find(&node, &problem.path);
            let unknown = at.node.is_some_and(is_unknown) || problem.code.as_str() == "POLICY-002" && !matters(&node);
            if !unknown {
                problems.push(problem.to_diagnostic().at(at.span));
            }
        }
        Some(Self { node, document: Arc::new(parsed.document) })
    }

    /// Where the part at a JSON pointer stands, or the nearest part around it.
    pub(super) fn span(&self, pointer: &str) -> Span {
        find(&self.node, pointer).span
    }
}

/// A part of a document.
pub(super) struct Part<'n> {
    /// The part, if it is there.
    pub(super) node: Option<&'n Node>,
    /// Its place, or that of the nearest part around it.
    pub(super) span: Span,
}

/// The part at a JSON pointer.
pub(super) fn find<'n>(root: &'n Node, pointer: &str) -> Part<'n> {
    let mut node = root;
    let mut span = root.span;
    for segment in pointer.split('/').skip(1) {
        let key = segment.replace("~1", "/").replace("~0", "~");
        let next = match &node.value {
            Value::Map(map) => map.get(&key),
            Value::List(items) => key.parse().ok().and_then(|index: usize| items.get(index)),
            _ => None,
        };
        let Some(next) = next else { return Part { node: None, span } };
        node = next;
        // What a transform made without a source has no place of its own.
        if next.span != Span::default() {
            span = next.span;
        }
    }
    Part { node: Some(node), span }
}

/// Whether any text in it is not known.
fn is_unknown(node: &Node) -> bool {
    match &node.value {
        Value::String(text) => is_symbolic(text),
        Value::List(items) => items.iter().any(is_unknown),
        _ => false,
    }
}

/// Whether the version of the policy language makes a difference: only `2012-10-17` knows policy variables.
fn matters(node: &Node) -> bool {
    let written = node.get("Version").and_then(Node::as_str);
    let known = written.is_none_or(|v| v == "2008-10-17");
    !known || has_variable(node)
}

fn has_variable(node: &Node) -> bool {
    match &node.value {
        Value::String(text) => text.contains("${"),
        Value::List(items) => items.iter().any(has_variable),
        Value::Map(map) => map.iter().any(|(_, value)| has_variable(value)),
        _ => false,
    }
}
