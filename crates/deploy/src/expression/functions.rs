//! The functions of expressions.

use super::ast::{Ast, Kind};
use super::deferred::{concatenate, holds_secret, pending, secret_problem, too_large};
use super::evaluate::Evaluator;
use super::expr::MAX_TEXT;
use super::{Number, Secret, SecretRef, Value, json, print};
use base::Diagnostic;

/// All function names.
pub(super) const NAMES: [&str; 16] = [
    "lower",
    "upper",
    "trim",
    "replace",
    "split",
    "join",
    "contains",
    "starts_with",
    "ends_with",
    "format",
    "substring",
    "length",
    "default",
    "to_json",
    "secret",
    "stage_secret",
];

/// Fewest and most arguments, and how a call looks.
fn form(name: &str) -> Option<(usize, usize, &'static str)> {
    Some(match name {
        "lower" => (1, 1, "lower(text)"),
        "upper" => (1, 1, "upper(text)"),
        "trim" => (1, 1, "trim(text)"),
        "replace" => (3, 3, "replace(text, from, to)"),
        "split" => (2, 2, "split(text, separator)"),
        "join" => (2, 2, "join(list, separator)"),
        "contains" => (2, 2, "contains(text_or_list, what)"),
        "starts_with" => (2, 2, "starts_with(text, start)"),
        "ends_with" => (2, 2, "ends_with(text, end)"),
        "format" => (1, 64, "format(\"{0}-{1}\", a, b)"),
        "substring" => (2, 3, "substring(text, start, length)"),
        "length" => (1, 1, "length(text_or_list)"),
        "default" => (2, 2, "default(value, fallback)"),
        "to_json" => (1, 1, "to_json(value)"),
        "secret" => (1, 1, "secret(\"NAME\")"),
        "stage_secret" => (1, 1, "stage_secret(\"NAME\")"),
        _ => return None,
    })
}

/// Calls a function.
pub(super) fn call(evaluator: &mut Evaluator<'_>, ast: &Ast, name: &str, arguments: &[Ast]) -> Option<Value> {
    let Some((fewest, most, example)) = form(name) else {
        let diagnostic = Diagnostic::error("EXPR-008", format!("unknown function `{name}`"));
        let hint = crate::suggest::nearest(name, NAMES)
            .map_or_else(|| format!("known functions: {}", NAMES.join(", ")), |near| format!("did you mean `{near}`?"));
        return evaluator.fail(ast, diagnostic.hint(hint));
    };
    if !(fewest..=most).contains(&arguments.len()) {
        let message = format!("`{name}` cannot take {} arguments", arguments.len());
        return evaluator.fail(ast, Diagnostic::error("EXPR-009", message).hint(format!("write `{example}`")));
    }
    if name == "default" {
        return default(evaluator, ast, &arguments[0], &arguments[1]);
    }
    let values = evaluator.all(arguments)?;
    if values.iter().any(|value| !value.is_known()) {
        let kind = Kind::Call(name.to_owned(), values.iter().map(print::literal).collect());
        return evaluator.defer(ast, kind, pending(&values));
    }
    if name == "format" {
        return format_text(evaluator, arguments, values);
    }
    if let Some(position) = values.iter().position(holds_secret) {
        let message = format!("a secret cannot go through `{name}`");
        return evaluator.fail(&arguments[position], secret_problem(&message));
    }
    match plain(name, &values) {
        Ok(value) => Some(value),
        Err(Fault::Argument { position, wanted }) => {
            let message = format!("`{name}` needs {wanted}, found {}", values[position].kind());
            let diagnostic = Diagnostic::error("EXPR-010", message).hint(format!("write `{example}`"));
            evaluator.fail(&arguments[position], diagnostic)
        }
        Err(Fault::Other(diagnostic)) => evaluator.fail(ast, *diagnostic),
    }
}

enum Fault {
    Argument { position: usize, wanted: &'static str },
    Other(Box<Diagnostic>),
}

/// Reads arguments by position.
struct Arguments<'v>(&'v [Value]);

impl<'v> Arguments<'v> {
    fn text(&self, position: usize) -> Result<&'v str, Fault> {
        match &self.0[position] {
            Value::String(text) => Ok(text),
            Value::Number(number) => Ok(number.text()),
            _ => Err(Fault::Argument { position, wanted: "a string" }),
        }
    }

    fn list(&self, position: usize) -> Result<&'v [Value], Fault> {
        match &self.0[position] {
            Value::List(items) => Ok(items),
            _ => Err(Fault::Argument { position, wanted: "a list" }),
        }
    }

    fn count(&self, position: usize) -> Result<usize, Fault> {
        let fault = Fault::Argument { position, wanted: "a whole number that is not negative" };
        match &self.0[position] {
            Value::Number(number) => number.as_int().and_then(|n| usize::try_from(n).ok()).ok_or(fault),
            _ => Err(fault),
        }
    }
}

fn within(length: Option<usize>) -> Result<(), Fault> {
    match length {
        Some(length) if length <= MAX_TEXT => Ok(()),
        _ => Err(Fault::Other(Box::new(too_large()))),
    }
}

/// The functions that need nothing but their arguments.
fn plain(name: &str, values: &[Value]) -> Result<Value, Fault> {
    let given = Arguments(values);
    Ok(match name {
        "lower" => given.text(0)?.to_lowercase().into(),
        "upper" => given.text(0)?.to_uppercase().into(),
        "trim" => given.text(0)?.trim().into(),
        "replace" => replace(given.text(0)?, given.text(1)?, given.text(2)?)?,
        "split" => split(given.text(0)?, given.text(1)?)?,
        "join" => join(given.list(0)?, given.text(1)?)?,
        "contains" => contains(&given)?,
        "starts_with" => given.text(0)?.starts_with(given.text(1)?).into(),
        "ends_with" => given.text(0)?.ends_with(given.text(1)?).into(),
        "substring" => {
            let length = if values.len() == 3 { given.count(2)? } else { usize::MAX };
            given.text(0)?.chars().skip(given.count(1)?).take(length).collect::<String>().into()
        }
        "length" => length(&given)?,
        "to_json" => {
            let text = json::to_json(&values[0]);
            within(Some(text.len()))?;
            text.into()
        }
        "secret" | "stage_secret" => secret(name, given.text(0)?)?,
        _ => Value::Null,
    })
}

fn replace(text: &str, from: &str, to: &str) -> Result<Value, Fault> {
    if from.is_empty() {
        let diagnostic = Diagnostic::error("EXPR-010", "`replace` needs something to look for, found an empty string");
        return Err(Fault::Other(Box::new(diagnostic.hint("write `replace(text, from, to)`"))));
    }
    within(text.matches(from).count().checked_mul(to.len()).and_then(|n| n.checked_add(text.len())))?;
    Ok(text.replace(from, to).into())
}

fn split(text: &str, separator: &str) -> Result<Value, Fault> {
    if separator.is_empty() {
        let diagnostic = Diagnostic::error("EXPR-010", "`split` needs a separator, found an empty string");
        return Err(Fault::Other(Box::new(diagnostic.hint("write `split(text, separator)`"))));
    }
    Ok(Value::List(text.split(separator).map(Value::from).collect()))
}

fn join(items: &[Value], separator: &str) -> Result<Value, Fault> {
    if items.iter().any(|item| matches!(item, Value::List(_) | Value::Map(_) | Value::Null)) {
        let diagnostic = Diagnostic::error("EXPR-010", "`join` needs a list of single values, found one within");
        return Err(Fault::Other(Box::new(diagnostic.hint("write the list with `to_json(…)` instead"))));
    }
    let texts: Vec<String> = items.iter().map(ToString::to_string).collect();
    let separators = separator.len().checked_mul(texts.len());
    within(separators.and_then(|n| n.checked_add(texts.iter().map(String::len).sum())))?;
    Ok(texts.join(separator).into())
}

fn contains(given: &Arguments<'_>) -> Result<Value, Fault> {
    match &given.0[0] {
        Value::List(items) => Ok(items.contains(&given.0[1]).into()),
        Value::Map(map) => Ok(map.contains_key(given.text(1)?).into()),
        Value::String(text) => Ok(text.contains(given.text(1)?).into()),
        _ => Err(Fault::Argument { position: 0, wanted: "a string, a list or a mapping" }),
    }
}

fn length(given: &Arguments<'_>) -> Result<Value, Fault> {
    let length = match &given.0[0] {
        Value::List(items) => items.len(),
        Value::Map(map) => map.len(),
        Value::String(text) => text.chars().count(),
        _ => return Err(Fault::Argument { position: 0, wanted: "a string, a list or a mapping" }),
    };
    Ok(Value::Number(Number::int(i64::try_from(length).unwrap_or(i64::MAX))))
}

/// Names of secrets are those that AWS Secrets Manager takes: letters, digits and `/_+=.@-`, 512 at most.
fn secret(function: &str, name: &str) -> Result<Value, Fault> {
    let known = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c);
    if name.is_empty() || name.len() > 512 || !name.chars().all(known) {
        let diagnostic = Diagnostic::error("EXPR-010", format!("`{name}` cannot be the name of a secret"))
            .hint("a name has letters, digits and `/_+=.@-`, 512 at most");
        return Err(Fault::Other(Box::new(diagnostic)));
    }
    let name = name.to_owned();
    let secret = if function == "secret" { SecretRef::Organization(name) } else { SecretRef::Stage(name) };
    Ok(Value::Secret(Secret::one(secret)))
}

/// `default(value, fallback)`: the fallback when the value is nothing, empty text, or a variable, member or output that
/// does not exist. Other problems of the value stay problems.
fn default(evaluator: &mut Evaluator<'_>, ast: &Ast, value: &Ast, fallback: &Ast) -> Option<Value> {
    let fallback = evaluator.value(fallback);
    let value = evaluator.optional(value)?;
    let fallback = fallback?;
    match value {
        Value::Null => Some(fallback),
        Value::String(text) if text.is_empty() => Some(fallback),
        Value::Deferred(_) => {
            let kind = Kind::Call("default".to_owned(), vec![print::literal(&value), print::literal(&fallback)]);
            evaluator.defer(ast, kind, pending([&value, &fallback]))
        }
        value => Some(value),
    }
}

/// `format(pattern, …)`: `{0}` is the first argument after the pattern, `{{` and `}}` are braces. Secrets may go in.
fn format_text(evaluator: &mut Evaluator<'_>, arguments: &[Ast], values: Vec<Value>) -> Option<Value> {
    let Value::String(pattern) = &values[0] else {
        let message = format!("`format` needs a string, found {}", values[0].kind());
        return evaluator.fail(&arguments[0], Diagnostic::error("EXPR-010", message));
    };
    let parts = match pattern_parts(pattern) {
        Ok(parts) => parts,
        Err(message) => {
            let diagnostic = Diagnostic::error("EXPR-010", message)
                .hint("`{0}` is the first value after the pattern; write a brace as `{{` or `}}`");
            return evaluator.fail(&arguments[0], diagnostic);
        }
    };
    let mut out = Vec::new();
    let mut length = 0;
    for part in parts {
        let value = match part {
            PatternPart::Text(text) => Value::String(text),
            PatternPart::Argument(n) => match (values.get(n + 1), arguments.get(n + 1)) {
                (Some(value), Some(ast)) => evaluator.in_text(ast, value.clone())?,
                _ => {
                    let message = format!("the pattern names `{{{n}}}`, but there are {} values", values.len() - 1);
                    let diagnostic = Diagnostic::error("EXPR-010", message).hint("values are counted from 0");
                    return evaluator.fail(&arguments[0], diagnostic);
                }
            },
        };
        length += value.as_str().map_or(0, str::len);
        if length > MAX_TEXT {
            return evaluator.fail(&arguments[0], too_large());
        }
        out.push(value);
    }
    match concatenate(out) {
        Ok(value) => Some(value),
        Err(diagnostic) => evaluator.fail(&arguments[0], *diagnostic),
    }
}

enum PatternPart {
    Text(String),
    Argument(usize),
}

fn pattern_parts(pattern: &str) -> Result<Vec<PatternPart>, String> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '{' | '}' if chars.peek() == Some(&c) => {
                chars.next();
                text.push(c);
            }
            '{' => {
                let digits: String = std::iter::from_fn(|| chars.next_if(char::is_ascii_digit)).collect();
                let number = digits.parse().ok().filter(|n: &usize| *n < 64);
                match (number, chars.next()) {
                    (Some(number), Some('}')) => {
                        parts.push(PatternPart::Text(std::mem::take(&mut text)));
                        parts.push(PatternPart::Argument(number));
                    }
                    _ => return Err("a `{` in the pattern is not followed by a number and `}`".to_owned()),
                }
            }
            '}' => return Err("a `}` in the pattern closes nothing".to_owned()),
            c => text.push(c),
        }
    }
    parts.push(PatternPart::Text(text));
    Ok(parts)
}
