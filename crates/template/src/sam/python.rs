//! Values as Python sees them: what counts as true, and how a value is printed in a message.
//!
//! AWS's translator is a Python program. Its messages print user input with Python's own notation, and many of its
//! decisions ask whether a value is "truthy". Both must be the same here, so both have one place.

use crate::{Node, Number, NumberValue, Value};
use std::fmt::Write as _;

/// Whether Python takes the value for true: not nothing, false, zero, or empty.
pub fn truthy(node: &Node) -> bool {
    match &node.value {
        Value::Null => false,
        Value::Bool(b) => *b,
        Value::Number(number) => match number.value {
            NumberValue::Int(n) => n != 0,
            NumberValue::Float(n) => n != 0.0,
        },
        Value::String(text) => !text.is_empty(),
        Value::List(list) => !list.is_empty(),
        Value::Map(map) => !map.is_empty(),
    }
}

/// The value, if there is one and Python takes it for true.
pub fn if_truthy(node: Option<&Node>) -> Option<&Node> {
    node.filter(|node| truthy(node))
}

/// `str(value)`: text as it is, everything else as [`repr`].
pub fn display(node: &Node) -> String {
    match &node.value {
        Value::String(text) => text.clone(),
        _ => repr(node),
    }
}

/// `str(value)` of a value that may be absent.
pub fn display_or_none(node: Option<&Node>) -> String {
    node.map_or_else(|| "None".to_owned(), display)
}

/// `repr(value)`: the notation of Python.
pub fn repr(node: &Node) -> String {
    let mut out = String::new();
    write_repr(&mut out, node);
    out
}

fn write_repr(out: &mut String, node: &Node) {
    match &node.value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Number(number) => out.push_str(&number_text(number)),
        Value::String(text) => write_text(out, text),
        Value::List(list) => {
            out.push('[');
            for (i, item) in list.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                write_repr(out, item);
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (i, (key, item)) in map.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                write_text(out, key);
                out.push_str(": ");
                write_repr(out, item);
            }
            out.push('}');
        }
    }
}

/// A number as Python prints it: `1`, `1.5`, `1.0`, `1e+16`.
pub fn number_text(number: &Number) -> String {
    match number.value {
        NumberValue::Int(n) => n.to_string(),
        NumberValue::Float(n) => float_text(n),
    }
}

/// A double as Python's `repr` prints it: the shortest digits that read back, with an exponent from 1e16 up and below
/// 1e-4.
pub fn float_text(n: f64) -> String {
    if n.is_nan() {
        return "nan".to_owned();
    }
    if n.is_infinite() {
        return if n > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let size = n.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{n:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    let text = n.to_string();
    if text.contains('.') { text } else { format!("{text}.0") }
}

/// Text in quotes, as Python's `repr` chooses and escapes them.
pub fn write_text(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if (c as u32) < 0x20 || c as u32 == 0x7f => _ = write!(out, "\\x{:02x}", c as u32),
            c => out.push(c),
        }
    }
    out.push(quote);
}

/// A list of names as Python prints it: `['SQS', 'SNS']`.
pub fn name_list(names: &[&str]) -> String {
    let mut out = String::from("[");
    for (i, name) in names.iter().enumerate() {
        out.push_str(if i > 0 { ", " } else { "" });
        write_text(&mut out, name);
    }
    out.push(']');
    out
}

/// The name of the value's type in Python.
pub fn type_name(node: &Node) -> &'static str {
    match &node.value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(Number { value: NumberValue::Int(_), .. }) => "int",
        Value::Number(_) => "float",
        Value::String(_) => "str",
        Value::List(_) => "list",
        Value::Map(_) => "dict",
    }
}

/// Whether it is an integer for Python, for which booleans are integers too.
pub fn is_int(node: &Node) -> bool {
    node.as_int().is_some() || node.as_bool().is_some()
}
