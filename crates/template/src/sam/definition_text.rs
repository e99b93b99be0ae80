//! The text whose hash is in the logical id of an API deployment: a definition as Python 2.7 wrote it with `str()`, and
//! values as `json.dumps()` writes them.
//!
//! Text that came from the template is `u'…'` and text that the translator made is `'…'`. Text that was made is known by
//! its span (see [`is_made`]); mappings that count as Python 2.7 dictionaries are the tracked ones (see `key_order`).

use super::make::is_made;
use super::python::{float_text, write_text};
use crate::{Map, Node, Number, NumberValue, Value};
use base::Span;
use std::fmt::Write as _;

/// The largest plain integer of a 64-bit Python 2.7; larger ones end in `L`.
const LARGEST_INT: i128 = i64::MAX as i128;

/// A value as a message shows it, which stands in a mapping that is a Python 2.7 dictionary or is not.
pub(super) fn shown(node: &Node, tracked: bool) -> String {
    if tracked { definition_text(node) } else { super::python::display(node) }
}

/// `str(value)` of Python 2.7.
pub(super) fn definition_text(node: &Node) -> String {
    match node.as_str() {
        Some(text) => text.to_owned(),
        None => {
            let mut out = String::new();
            write_repr(&mut out, node);
            out
        }
    }
}

fn write_repr(out: &mut String, node: &Node) {
    match &node.value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Number(number) => write_number(out, number),
        Value::String(text) => write_styled(out, text, node.span),
        Value::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                write_repr(out, item);
            }
            out.push(']');
        }
        Value::Map(map) => write_map(out, map),
    }
}

fn write_map(out: &mut String, map: &Map) {
    out.push('{');
    for (at, (key, entry)) in map.python_entries().enumerate() {
        out.push_str(if at > 0 { ", " } else { "" });
        write_styled(out, key, entry.key_span);
        out.push_str(": ");
        write_repr(out, &entry.node);
    }
    out.push('}');
}

fn write_styled(out: &mut String, text: &str, span: Span) {
    if !is_made(span) { write_unicode(out, text) } else { write_text(out, text) }
}

fn write_number(out: &mut String, number: &Number) {
    match number.value {
        NumberValue::Int(n) => {
            _ = write!(out, "{n}");
            out.push_str(if n > LARGEST_INT { "L" } else { "" });
        }
        NumberValue::Float(n) => out.push_str(&float_text(n)),
    }
}

/// `repr(unicode)` as the translator remakes it: everything beyond ASCII is escaped.
fn write_unicode(out: &mut String, text: &str) {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            ' '..='~' => escaped.push(c),
            c => write_escape(&mut escaped, c),
        }
    }
    let mut quoted = String::with_capacity(escaped.len() + 2);
    write_text(&mut quoted, &escaped);
    out.push('u');
    out.push_str(&quoted.replace("\\\\", "\\"));
}

fn write_escape(out: &mut String, c: char) {
    let code = u32::from(c);
    _ = match code {
        0..=0xff => write!(out, "\\x{code:02x}"),
        0x100..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

/// `json.dumps(value)`: one space after commas and colons, keys in their Python order.
pub(super) fn json(node: &Node) -> String {
    let mut out = String::new();
    write_json(&mut out, node, Layout { comma: ", ", colon: ": ", sorted: false });
    out
}

/// `json.dumps(value, separators=(",", ":"), sort_keys=True)`.
pub(super) fn sorted_json(node: &Node) -> String {
    let mut out = String::new();
    write_json(&mut out, node, Layout { comma: ",", colon: ":", sorted: true });
    out
}

#[derive(Clone, Copy)]
struct Layout {
    comma: &'static str,
    colon: &'static str,
    sorted: bool,
}

fn write_json(out: &mut String, node: &Node, layout: Layout) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => _ = write!(out, "{b}"),
        Value::Number(Number { value: NumberValue::Int(n), .. }) => _ = write!(out, "{n}"),
        Value::Number(Number { value: NumberValue::Float(n), .. }) => out.push_str(&match float_text(*n).as_str() {
            "nan" => "NaN".to_owned(),
            "inf" => "Infinity".to_owned(),
            "-inf" => "-Infinity".to_owned(),
            finite => finite.to_owned(),
        }),
        Value::String(text) => write_json_text(out, text),
        Value::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { layout.comma } else { "" });
                write_json(out, item, layout);
            }
            out.push(']');
        }
        Value::Map(map) => {
            let mut entries: Vec<(&str, &Node)> = map.python_iter().collect();
            if layout.sorted {
                entries.sort_by_key(|(key, _)| *key);
            }
            out.push('{');
            for (at, (key, value)) in entries.into_iter().enumerate() {
                out.push_str(if at > 0 { layout.comma } else { "" });
                write_json_text(out, key);
                out.push_str(layout.colon);
                write_json(out, value, layout);
            }
            out.push('}');
        }
    }
}

fn write_json_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            c => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| _ = write!(out, "\\u{unit:04x}")),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::FileId;

    fn written(text: &str) -> Node {
        Node::new(text, Span::new(FileId(0), 3, 9))
    }

    fn made(text: &str) -> Node {
        Node::new(text, Span::default())
    }

    #[test]
    fn text_of_the_template_is_unicode() {
        let cases = [
            ("plain", "u'plain'"),
            ("it's", "u\"it's\""),
            ("'\"", r#"u'\'"'"#),
            ("a\\b\n\té日😀", r"u'a\\b\n\t\xe9\u65e5\U0001f600'"),
            ("\\'\"", r#"u'\\\'"'"#),
            ("\u{7f}", r"u'\x7f'"),
        ];
        for (text, expected) in cases {
            let list = Node::new(vec![written(text)], Span::default());
            assert_eq!(definition_text(&list), format!("[{expected}]"));
        }
    }

    #[test]
    fn made_text_is_plain() {
        let list = Node::new(vec![made("é\n"), made("it's"), written("x")], Span::default());
        assert_eq!(definition_text(&list), "['é\\n', \"it's\", u'x']");
    }

    #[test]
    fn large_integers_are_long() {
        let number =
            |n| Node::new(Value::Number(Number { text: String::new(), value: NumberValue::Int(n) }), Span::default());
        assert_eq!(definition_text(&number(1 << 63)), "9223372036854775808L");
        assert_eq!(definition_text(&number((1 << 63) - 1)), "9223372036854775807");
    }

    #[test]
    fn writes_json() {
        let mut map = Map::new();
        map.insert("b", made("é😀\"/\u{7f}"));
        map.insert("a", Node::new(vec![Node::new(true, Span::default()), Node::default()], Span::default()));
        let node = Node::new(map, Span::default());
        assert_eq!(json(&node), r#"{"b": "\u00e9\ud83d\ude00\"/\u007f", "a": [true, null]}"#);
        assert_eq!(sorted_json(&node), r#"{"a":[true,null],"b":"\u00e9\ud83d\ude00\"/\u007f"}"#);
    }
}
