//! Filling in the variables of a connector's profile: `%{Source.Arn}` and the like.

use crate::sam::make::{made, node};
use crate::{Map, Node, Value};
use base::Span;

/// A copy with all variables filled in. Text around a variable becomes an `Fn::Sub`.
///
/// # Errors
/// The name of a variable whose value is not known.
pub(super) fn replace(node: &Node, variables: &[(&str, Option<Node>)], span: Span) -> Result<Node, String> {
    let value = match &node.value {
        Value::Map(map) => {
            let mut copy = Map::new();
            for (key, item) in map.iter() {
                copy.insert_at(key, made(span), replace(item, variables, span)?);
            }
            Value::Map(copy)
        }
        Value::List(list) => {
            Value::List(list.iter().map(|item| replace(item, variables, span)).collect::<Result<_, _>>()?)
        }
        Value::String(text) => return replace_text(text, variables, span),
        other => other.clone(),
    };
    Ok(Node { value, span: made(span) })
}

fn replace_text(text: &str, variables: &[(&str, Option<Node>)], span: Span) -> Result<Node, String> {
    let mut text = text.to_owned();
    let mut used = Map::new();
    for (name, value) in variables {
        let pattern = format!("%{{{name}}}");
        if !text.contains(&pattern) {
            continue;
        }
        let Some(value) = value else { return Err(format!("{name} is missing.")) };
        if text == pattern {
            return Ok(value.clone());
        }
        let short: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
        text = text.replace(&pattern, &format!("${{{short}}}"));
        used.insert_at(short, made(span), value.clone());
    }
    let is_sub = text.find("${").is_some_and(|at| text[at + 2..].find('}').is_some_and(|end| end > 0));
    Ok(match (is_sub, used.is_empty()) {
        (false, _) => node!(span, text),
        (true, true) => node!(span, { "Fn::Sub": text }),
        (true, false) => node!(span, { "Fn::Sub": [text, used] }),
    })
}
