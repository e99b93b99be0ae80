//! `aws_additional_iam_policies.yaml` or `.json` beside a pipeline file: permissions for the execution roles beyond what
//! follows from the templates.

use base::{Diagnostic, Diagnostics, FileId};
use serde_json::Value;
use template::parse::{Dialect, parse};
use template::{Map, Node, write};

/// The names of the file, the first of which is read when both are there.
pub const ADDITIONAL_FILES: [&str; 2] = ["aws_additional_iam_policies.json", "aws_additional_iam_policies.yaml"];

/// Keys of a document and of a statement of an identity policy.
const DOCUMENT: [&str; 3] = ["Version", "Id", "Statement"];
const STATEMENT: [&str; 7] = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"];

/// Reads the file: a list of policy documents or statements, or one of them. The statements come back with everything
/// that is wrong with them, findings of the checks among it; when one is an error nothing may be deployed.
pub fn read_additional(file: FileId, text: &str) -> (Vec<Value>, Diagnostics) {
    let (root, mut out) = parse(file, text, Dialect::Strict);
    if out.iter().any(Diagnostic::is_error) {
        return (Vec::new(), out);
    }
    let mut statements = Vec::new();
    let items = match root.as_list() {
        Some(items) => items,
        None => std::slice::from_ref(&root),
    };
    for item in items {
        match item.as_map() {
            Some(map) if map.contains_key("Statement") => {
                keys(map, &DOCUMENT, "a policy document", &mut out);
                for statement in map.get("Statement").map(many).unwrap_or_default() {
                    one(statement, &mut statements, &mut out);
                }
            }
            Some(map) if map.contains_key("Effect") => one(item, &mut statements, &mut out),
            _ => out.push(
                Diagnostic::error(
                    "BOOT-016",
                    format!("a policy document or statement is expected, found {}", item.kind()),
                )
                .at(item.span)
                .hint("write `- Version: \"2012-10-17\"` with `Statement:` below it"),
            ),
        }
    }
    if !out.iter().any(Diagnostic::is_error) {
        let (found, mut problems) = crate::review::additional("additional policies", &root);
        out.append(&mut problems);
        out.extend(found.into_iter().map(|f| f.diagnostic));
    }
    out.sort_by_key(|problem| problem.span.map_or(u32::MAX, |span| span.start));
    (statements, out)
}

fn many(node: &Node) -> Vec<&Node> {
    node.as_list().map_or_else(|| vec![node], |items| items.iter().collect())
}

fn one(node: &Node, statements: &mut Vec<Value>, out: &mut Diagnostics) {
    let Some(map) = node.as_map() else {
        let told = Diagnostic::error("BOOT-016", format!("a statement is a mapping, found {}", node.kind()));
        out.push(told.at(node.span).hint("write `Effect`, `Action` and `Resource`"));
        return;
    };
    keys(map, &STATEMENT, "a statement", out);
    statements.push(write::to_json(node));
}

/// Reports keys that are not among the known ones.
fn keys(map: &Map, known: &[&'static str], what: &str, out: &mut Diagnostics) {
    for (name, entry) in map.entries().filter(|(name, _)| !known.contains(name)) {
        let told = Diagnostic::error("BOOT-016", format!("unknown key `{name}` in {what}")).at(entry.key_span);
        let hint = crate::suggest::hint(name, known.iter().copied());
        out.push(told.hint(hint.unwrap_or_else(|| "remove it".to_owned())));
    }
}
