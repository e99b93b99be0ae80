//! JSON text and `serde_json` values.

use super::number_text;
use crate::{Map, Node, Number, NumberValue, Value};
use base::Span;

/// JSON on one line without spaces: the smallest form, for template bodies and digests.
pub fn compact(node: &Node) -> String {
    let mut out = String::new();
    write(node, None, &mut out);
    out
}

/// JSON with two spaces of indentation, for people. No line end at the end.
pub fn pretty(node: &Node) -> String {
    let mut out = String::new();
    write(node, Some(0), &mut out);
    out
}

/// The tree as a `serde_json` value. Numbers keep all their digits; infinities become text.
pub fn to_json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(b) => (*b).into(),
        Value::Number(n) => number_value(n),
        Value::String(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(to_json).collect(),
        Value::Map(map) => {
            map.iter().map(|(k, v)| (k.to_owned(), to_json(v))).collect::<serde_json::Map<_, _>>().into()
        }
    }
}

/// A `serde_json` value as a tree; every node gets the span given.
pub fn from_json(value: &serde_json::Value, span: Span) -> Node {
    let value = match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(b) => Value::Bool(*b),
        serde_json::Value::Number(n) => from_number(n),
        serde_json::Value::String(text) => Value::String(text.clone()),
        serde_json::Value::Array(items) => Value::List(items.iter().map(|v| from_json(v, span)).collect()),
        serde_json::Value::Object(members) => {
            let mut map = Map::new();
            for (key, value) in members {
                map.insert(key.as_str(), from_json(value, span));
            }
            Value::Map(map)
        }
    };
    Node { value, span }
}

fn number_value(number: &Number) -> serde_json::Value {
    let text = number_text(number);
    match text.parse::<serde_json::Number>() {
        Ok(n) => serde_json::Value::Number(n),
        Err(_) => serde_json::Value::String(text),
    }
}

fn from_number(number: &serde_json::Number) -> Value {
    let text = number.to_string();
    let value = match text.parse::<i128>() {
        Ok(n) => NumberValue::Int(n),
        Err(_) => NumberValue::Float(text.parse().unwrap_or(f64::NAN)),
    };
    Value::Number(Number { text, value })
}

/// Writes a value; `depth` is the indentation of the pretty form.
fn write(node: &Node, depth: Option<usize>, out: &mut String) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Number(n) => write_number(n, out),
        Value::String(text) => write_text(text, out),
        Value::List(items) => write_container(('[', ']'), items.iter().map(|item| (None, item)), depth, out),
        Value::Map(map) => write_container(('{', '}'), map.iter().map(|(k, v)| (Some(k), v)), depth, out),
    }
}

fn write_container<'a>(
    brackets: (char, char),
    items: impl Iterator<Item = (Option<&'a str>, &'a Node)>,
    depth: Option<usize>,
    out: &mut String,
) {
    out.push(brackets.0);
    let mut empty = true;
    for (key, node) in items {
        if !empty {
            out.push(',');
        }
        empty = false;
        if let Some(depth) = depth {
            new_line(depth + 1, out);
        }
        if let Some(key) = key {
            write_text(key, out);
            out.push_str(if depth.is_some() { ": " } else { ":" });
        }
        write(node, depth.map(|d| d + 1), out);
    }
    if let (Some(depth), false) = (depth, empty) {
        new_line(depth, out);
    }
    out.push(brackets.1);
}

fn new_line(depth: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

fn write_number(number: &Number, out: &mut String) {
    let text = number_text(number);
    if text.ends_with(|c: char| c.is_ascii_digit()) { out.push_str(&text) } else { write_text(&text, out) }
}

/// Text in double quotes, with the escapes JSON demands.
pub(super) fn write_text(text: &str, out: &mut String) {
    use std::fmt::Write as _;
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::parse::{Dialect, parse};
    use base::FileId;

    fn tree(text: &str) -> Node {
        parse(FileId(0), text, Dialect::Template).0
    }

    #[test]
    fn json_is_written_in_two_forms() {
        let node = tree("a: [1, x, ~]\nb: {}\nc: !Ref D\nd: []\ne: 1.10\n");
        assert_eq!(compact(&node), r#"{"a":[1,"x",null],"b":{},"c":{"Ref":"D"},"d":[],"e":1.1}"#);
        insta::assert_snapshot!(pretty(&node), @r#"
        {
          "a": [
            1,
            "x",
            null
          ],
          "b": {},
          "c": {
            "Ref": "D"
          },
          "d": [],
          "e": 1.1
        }
        "#);
    }

    #[test]
    fn values_go_to_serde_and_back() {
        let node = tree("a: [123456789012345678901234567890, 1.5, -7, \"ä\\n\\u2028\"]\nb: {c: true, d: ~}\n");
        assert_eq!(from_json(&to_json(&node), Span::default()), node);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&compact(&node)).unwrap(), to_json(&node));
    }
}
