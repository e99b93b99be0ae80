//! The definition of a state machine as text: CloudFormation fills in what is not known yet.

use crate::sam::intrinsic::{is_dynamic_reference, is_intrinsic};
use crate::sam::make::{join, node};
use crate::sam::python::number_text;
use crate::{Map, Node, Value};
use base::Span;

/// The text, joined of its lines, and the values of the placeholders that stand in it.
pub(super) fn write(definition: &Node) -> (Node, Vec<(String, Node)>) {
    let mut copy = definition.clone();
    let mut substitutions = Vec::new();
    replace(&mut copy, &mut substitutions);
    let mut text = String::new();
    write_json(&copy, 0, &mut text);
    let lines = text.split('\n').map(|line| node!(definition.span, line)).collect();
    (join(definition.span, "\n", lines), substitutions)
}

/// Puts placeholders in the place of intrinsic functions, in the order of sorted keys.
fn replace(node: &mut Node, substitutions: &mut Vec<(String, Node)>) {
    match &mut node.value {
        Value::Map(map) => {
            let mut keys: Vec<String> = map.keys().map(str::to_owned).collect();
            keys.sort_unstable();
            for key in keys {
                if let Some(item) = map.get_mut(&key) {
                    replace_item(item, substitutions);
                }
            }
        }
        Value::List(list) => list.iter_mut().for_each(|item| replace_item(item, substitutions)),
        _ => {}
    }
}

fn replace_item(item: &mut Node, substitutions: &mut Vec<(String, Node)>) {
    if !is_intrinsic(item) && !is_dynamic_reference(item) {
        replace(item, substitutions);
        return;
    }
    let name = format!("definition_substitution_{}", substitutions.len() + 1);
    let placeholder = Node::new(format!("${{{name}}}"), item.span);
    substitutions.push((name, std::mem::replace(item, placeholder)));
}

/// JSON as Python's `json.dumps` writes it with sorted keys, four spaces, and ASCII only.
fn write_json(node: &Node, depth: usize, out: &mut String) {
    match &node.value {
        Value::Map(map) if !map.is_empty() => write_map(map, depth, out),
        Value::List(list) if !list.is_empty() => {
            write_items(list.iter(), depth, ('[', ']'), out, |item, out| write_json(item, depth + 1, out));
        }
        Value::Map(_) => out.push_str("{}"),
        Value::List(_) => out.push_str("[]"),
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number_text(number)),
        Value::String(_) => out.push_str(&crate::sam::hash::sorted_json(node)),
    }
}

fn write_map(map: &Map, depth: usize, out: &mut String) {
    let mut entries: Vec<(&str, &Node)> = map.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    write_items(entries.into_iter(), depth, ('{', '}'), out, |(key, item), out| {
        out.push_str(&crate::sam::hash::sorted_json(&Node::new(key, Span::default())));
        out.push_str(": ");
        write_json(item, depth + 1, out);
    });
}

fn write_items<T>(
    items: impl Iterator<Item = T>,
    depth: usize,
    (open, close): (char, char),
    out: &mut String,
    mut write: impl FnMut(T, &mut String),
) {
    out.push(open);
    for (index, item) in items.enumerate() {
        out.push_str(if index > 0 { ",\n" } else { "\n" });
        out.push_str(&"    ".repeat(depth + 1));
        write(item, out);
    }
    out.push('\n');
    out.push_str(&"    ".repeat(depth));
    out.push(close);
}
