//! Worlds as files: YAML or JSON text to a world and diagnostics.
//!
//! Every problem is reported, and what could be read is in the world all the same.

mod build;
mod model;

use super::World;
use base::{Diagnostic, Diagnostics, FileId, Span};
use model::Section;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};
use template::{Dialect, Node, NumberValue, Value};

impl World {
    /// Reads a world. The world is usable when no diagnostic is an error.
    pub fn from_yaml(text: &str) -> (Self, Diagnostics) {
        Self::from_file(FileId::default(), text)
    }

    /// The same for a file whose diagnostics are to point into it.
    pub fn from_file(file: FileId, text: &str) -> (Self, Diagnostics) {
        let (node, mut diagnostics) = template::parse(file, text, Dialect::Strict);
        let file = read(&node, &mut diagnostics);
        let world = build::world(file, &mut diagnostics);
        (world, diagnostics)
    }

    /// A small organization to try things in: a management account, a CI/CD account with the role `landfall-hub`, a staging
    /// and a production account with the roles `landfall-deploy` and `landfall-execution`.
    pub fn demo() -> Self {
        Self::from_yaml(include_str!("demo.yaml")).0
    }
}

/// Something that was read, and where it stands.
#[derive(Debug)]
struct At<T> {
    span: Span,
    item: T,
}

fn read(node: &Node, diagnostics: &mut Diagnostics) -> model::File {
    let mut file = model::File::default();
    let Some(map) = node.as_map() else {
        diagnostics.push(
            Diagnostic::error("WORLD-001", "a world must be a mapping")
                .at(node.span)
                .hint("start with `organization:` and `accounts:`"),
        );
        return file;
    };
    for (key, entry) in map.entries() {
        let Some(section) = Section::named(key) else {
            let known = Section::NAMES.join("`, `");
            let unknown = Diagnostic::error("WORLD-002", format!("unknown section `{key}`")).at(entry.key_span);
            diagnostics.push(unknown.hint(format!("the sections of a world are `{known}`")));
            continue;
        };
        section.read(&mut file, &entry.node, diagnostics);
    }
    file
}

/// Reads the items of a list, each by itself, so that one broken item does not hide the others.
fn items<T: DeserializeOwned>(node: &Node, into: &mut Vec<At<T>>, diagnostics: &mut Diagnostics) {
    if node.value == Value::Null {
        return;
    }
    let Some(list) = node.as_list() else {
        diagnostics.push(
            Diagnostic::error("WORLD-003", "this section must be a list")
                .at(node.span)
                .hint("start each item with `- `"),
        );
        return;
    };
    for item in list {
        if let Some(value) = one(item, diagnostics) {
            into.push(At { span: item.span, item: value });
        }
    }
}

fn one<T: DeserializeOwned>(node: &Node, diagnostics: &mut Diagnostics) -> Option<T> {
    match serde_json::from_value(json(node)) {
        Ok(value) => Some(value),
        Err(error) => {
            let text = error.to_string();
            diagnostics.push(
                Diagnostic::error("WORLD-004", format!("this item cannot be read: {text}"))
                    .at(node.span)
                    .hint("`landfall explain WORLD-004` shows the form of a world"),
            );
            None
        }
    }
}

/// A node as plain JSON.
fn json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(b) => Json::Bool(*b),
        Value::String(text) => Json::String(text.clone()),
        Value::Number(n) => match n.value {
            NumberValue::Int(i) => i64::try_from(i).map_or_else(|_| Json::String(n.text.clone()), Json::from),
            NumberValue::Float(f) => serde_json::Number::from_f64(f).map_or(Json::Null, Json::Number),
        },
        Value::List(items) => Json::Array(items.iter().map(json).collect()),
        Value::Map(map) => Json::Object(map.iter().map(|(k, e)| (k.to_owned(), json(e))).collect::<Map<_, _>>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_world_is_without_a_fault() {
        let text = include_str!("../../../../docs/sandbox.md");
        let yaml = text.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap_or_default();
        let (world, diagnostics) = World::from_yaml(yaml);
        let shown: Vec<String> = diagnostics.iter().map(|d| format!("{d:?}")).collect();
        assert_eq!(shown, Vec::<String>::new());
        assert_eq!((world.accounts.len(), world.alarm_plan.len(), world.faults.len()), (4, 1, 1));
    }

    #[test]
    fn the_demo_world_is_without_a_fault() {
        let (world, diagnostics) = World::from_yaml(include_str!("demo.yaml"));
        let shown: Vec<String> = diagnostics.iter().map(|d| format!("{d:?}")).collect();
        assert_eq!(shown, Vec::<String>::new());
        assert_eq!(world.accounts.len(), 8);
        assert_eq!(world.now().to_string(), "2026-11-23T15:00:00Z");
    }
}
