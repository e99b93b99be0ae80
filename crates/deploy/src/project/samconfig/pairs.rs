//! `Key=Value` lists as the SAM CLI takes them for `parameter_overrides` and `tags`.

use super::Parameter;
use base::{Diagnostic, Diagnostics, Span};
use indexmap::IndexMap;
use template::{Node, Value};

/// The pairs of a parameter: one text with pairs between spaces, a list of such texts, or a mapping.
pub(super) fn read(name: &str, parameter: &Parameter, out: &mut Diagnostics) -> IndexMap<String, String> {
    let mut pairs = IndexMap::new();
    let node = &parameter.node;
    match &node.value {
        Value::String(text) => read_text(name, text, node.span, &mut pairs, out),
        Value::List(items) => {
            for item in items {
                match item.as_str() {
                    Some(text) => read_text(name, text, item.span, &mut pairs, out),
                    None => out.push(wrong(name, item)),
                }
            }
        }
        Value::Map(map) => {
            for (key, value) in map.iter() {
                match scalar(value) {
                    Some(text) => {
                        pairs.insert(key.to_owned(), text);
                    }
                    None => out.push(wrong(key, value)),
                }
            }
        }
        _ => out.push(wrong(name, node)),
    }
    pairs
}

/// A single value as text. Lists become the text of a `CommaDelimitedList`.
fn scalar(node: &Node) -> Option<String> {
    match &node.value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.text.clone()),
        Value::Bool(b) => Some(b.to_string()),
        Value::List(items) => items.iter().map(scalar).collect::<Option<Vec<_>>>().map(|items| items.join(",")),
        Value::Null | Value::Map(_) => None,
    }
}

fn wrong(name: &str, node: &Node) -> Diagnostic {
    Diagnostic::error("SAMC-005", format!("`{name}` is {}", node.kind()))
        .at(node.span)
        .hint("write `\"Key=Value Other=Value\"`, a list of `\"Key=Value\"`, or a mapping")
}

fn read_text(name: &str, text: &str, span: Span, pairs: &mut IndexMap<String, String>, out: &mut Diagnostics) {
    for word in words(text) {
        let pair =
            long_form(&word).or_else(|| word.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned())));
        match pair {
            Some((key, value)) if !unquoted(&key).is_empty() => {
                pairs.insert(unquoted(&key), unquoted(&value));
            }
            _ => {
                let message = format!("`{word}` in `{name}` is not a pair");
                let diagnostic = Diagnostic::error("SAMC-005", message).at(span);
                out.push(diagnostic.hint("write `Key=Value`, and put a value with spaces in quotes: `Key=\"a b\"`"));
            }
        }
    }
}

/// `ParameterKey=A,ParameterValue=b`
fn long_form(word: &str) -> Option<(String, String)> {
    let rest = word.strip_prefix("ParameterKey=")?;
    let (key, value) = rest.split_once(",ParameterValue=")?;
    Some((key.to_owned(), value.to_owned()))
}

/// The words of a text: between spaces, those in quotes and after a backslash not counted.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', _) => {
                word.push(c);
                word.extend(chars.next());
            }
            ('"' | '\'', None) if word.is_empty() || word.ends_with(['=', ',']) => {
                quote = Some(c);
                word.push(c);
            }
            (c, Some(open)) => {
                if c == open {
                    quote = None;
                }
                word.push(c);
            }
            (c, None) if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            (c, None) => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Without the quotes around it and without the backslashes before spaces and quotes.
fn unquoted(text: &str) -> String {
    let inner = ['"', '\''].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(text);
    inner.replace("\\ ", " ").replace("\\\"", "\"").replace("\\'", "'")
}
