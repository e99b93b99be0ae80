//! Reading a mapping by a declared model, as the validation library of AWS's translator does: values are converted
//! where that is possible, and all problems are told.

use super::python::number_text;
use crate::{Map, Node, Number, NumberValue, Value};

/// A field of a model.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
}

/// What a field takes.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Everything.
    Any,
    /// A mapping, or a list of pairs.
    Map,
    /// Text, or a number.
    Str,
    /// An integer, or what can be made one.
    Int,
    /// A number, or what can be made one.
    Float,
    /// A boolean, or what can be made one.
    Bool,
    /// A list.
    List(&'static Kind),
    /// The first of these that takes the value.
    Union(&'static [Kind]),
    /// A mapping with these fields and no others.
    Model(&'static [Field]),
}

impl Field {
    /// An optional field.
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, required: false }
    }

    /// The same field, but it must be there.
    #[must_use]
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: names and indexes.
    pub path: Vec<String>,
    /// What, in a few words.
    pub message: &'static str,
    /// Its class.
    pub class: &'static str,
}

const MISSING: (&str, &str) = ("field required", "value_error.missing");
const EXTRA: (&str, &str) = ("extra fields not permitted", "value_error.extra");
const NONE: (&str, &str) = ("none is not an allowed value", "type_error.none.not_allowed");

/// Reads a mapping. The result has the given fields that are there, converted.
///
/// # Errors
/// All problems in the order of the fields; fields that are not known come last.
pub fn read(node: &Node, fields: &[Field]) -> Result<Map, Vec<Problem>> {
    let Some(given) = pairs(node) else {
        return Err(vec![problem(("value is not a valid dict", "type_error.dict"))]);
    };
    let mut read = Map::new();
    let mut problems = Vec::new();
    for field in fields {
        let Some(value) = given.get(field.name) else {
            if field.required {
                problems.push(inside(field.name, problem(MISSING)));
            }
            continue;
        };
        if value.is_null() {
            if field.required {
                problems.push(inside(field.name, problem(NONE)));
            }
            continue;
        }
        match convert(value, field.kind) {
            Ok(value) => _ = read.insert_at(field.name, given.key_span(field.name).unwrap_or(value.span), value),
            Err(found) => problems.extend(found.into_iter().map(|found| inside(field.name, found))),
        }
    }
    let mut unknown: Vec<&str> = given.keys().filter(|key| !fields.iter().any(|field| field.name == *key)).collect();
    unknown.sort_unstable();
    problems.extend(unknown.into_iter().map(|key| inside(key, problem(EXTRA))));
    if problems.is_empty() { Ok(read) } else { Err(problems) }
}

fn problem((message, class): (&'static str, &'static str)) -> Problem {
    Problem { path: Vec::new(), message, class }
}

fn inside(name: impl Into<String>, mut problem: Problem) -> Problem {
    problem.path.insert(0, name.into());
    problem
}

fn convert(node: &Node, kind: Kind) -> Result<Node, Vec<Problem>> {
    let with = |value: Value| Node { value, span: node.span };
    let found = match kind {
        Kind::Any => Some(node.clone()),
        Kind::Map => pairs(node).map(|map| with(Value::Map(map))),
        Kind::Str => text(node).map(|text| with(Value::String(text))),
        Kind::Int => integer(node).map(|n| with(number(NumberValue::Int(n)))),
        Kind::Float => float(node).map(|n| with(number(NumberValue::Float(n)))),
        Kind::Bool => boolean(node).map(|b| with(Value::Bool(b))),
        Kind::List(item) => match node.as_list() {
            None => None,
            Some(list) => return convert_list(list, *item).map(|list| with(Value::List(list))),
        },
        Kind::Union(kinds) => return convert_union(node, kinds),
        Kind::Model(fields) => return read(node, fields).map(|map| with(Value::Map(map))),
    };
    found.ok_or_else(|| vec![problem(refusal(kind))])
}

fn refusal(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Str => ("str type expected", "type_error.str"),
        Kind::Int => ("value is not a valid integer", "type_error.integer"),
        Kind::Float => ("value is not a valid float", "type_error.float"),
        Kind::Bool => ("value could not be parsed to a boolean", "type_error.bool"),
        Kind::List(_) => ("value is not a valid list", "type_error.list"),
        Kind::Any | Kind::Map | Kind::Union(_) | Kind::Model(_) => ("value is not a valid dict", "type_error.dict"),
    }
}

fn convert_list(list: &[Node], kind: Kind) -> Result<Vec<Node>, Vec<Problem>> {
    let mut converted = Vec::with_capacity(list.len());
    let mut problems = Vec::new();
    for (index, item) in list.iter().enumerate() {
        let result = if item.is_null() { Err(vec![problem(NONE)]) } else { convert(item, kind) };
        match result {
            Ok(item) => converted.push(item),
            Err(found) => problems.extend(found.into_iter().map(|found| inside(index.to_string(), found))),
        }
    }
    if problems.is_empty() { Ok(converted) } else { Err(problems) }
}

fn convert_union(node: &Node, kinds: &[Kind]) -> Result<Node, Vec<Problem>> {
    let mut problems = Vec::new();
    for kind in kinds {
        match convert(node, *kind) {
            Ok(converted) => return Ok(converted),
            Err(found) => problems.extend(found),
        }
    }
    Err(problems)
}

/// What Python's `dict` makes of a value: a list of pairs is taken as well, a text of two characters is a pair, and an
/// empty text is an empty mapping.
fn pairs(node: &Node) -> Option<Map> {
    if let Some(map) = node.as_map() {
        return Some(map.clone());
    }
    let mut map = Map::new();
    if node.as_str() == Some("") {
        return Some(map);
    }
    for item in node.as_list()? {
        let (key, value) = match &item.value {
            Value::List(pair) => match pair.as_slice() {
                [key, value] => (key.as_str()?.to_owned(), value.clone()),
                _ => return None,
            },
            Value::String(text) => {
                let mut characters = text.chars();
                let (key, value) = (characters.next()?, characters.next()?);
                if characters.next().is_some() {
                    return None;
                }
                (key.to_string(), Node::new(value.to_string(), item.span))
            }
            _ => return None,
        };
        map.insert_at(key, item.span, value);
    }
    Some(map)
}

fn text(node: &Node) -> Option<String> {
    match &node.value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number_text(number)),
        Value::Bool(b) => Some(if *b { "True" } else { "False" }.to_owned()),
        _ => None,
    }
}

fn integer(node: &Node) -> Option<i128> {
    match &node.value {
        Value::Bool(b) => Some((*b).into()),
        Value::Number(Number { value: NumberValue::Int(n), .. }) => Some(*n),
        #[allow(clippy::cast_possible_truncation)]
        Value::Number(Number { value: NumberValue::Float(n), .. }) if n.is_finite() => Some(n.trunc() as i128),
        Value::String(text) => text.trim().replace('_', "").parse().ok(),
        _ => None,
    }
}

fn float(node: &Node) -> Option<f64> {
    match &node.value {
        Value::Bool(b) => Some(f64::from(u8::from(*b))),
        #[allow(clippy::cast_precision_loss)]
        Value::Number(Number { value: NumberValue::Int(n), .. }) => Some(*n as f64),
        Value::Number(Number { value: NumberValue::Float(n), .. }) => Some(*n),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn boolean(node: &Node) -> Option<bool> {
    match &node.value {
        Value::Bool(b) => Some(*b),
        Value::Number(Number { value: NumberValue::Int(n @ (0 | 1)), .. }) => Some(*n == 1),
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "1" | "on" | "t" | "true" | "y" | "yes" => Some(true),
            "0" | "off" | "f" | "false" | "n" | "no" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn number(value: NumberValue) -> Value {
    let text = match value {
        NumberValue::Int(n) => n.to_string(),
        NumberValue::Float(n) => super::python::float_text(n),
    };
    Value::Number(Number { text, value })
}

/// All problems with a heading, as the library prints them.
pub fn report(model: &str, problems: &[Problem]) -> String {
    let plural = if problems.len() == 1 { "" } else { "s" };
    let mut text = format!("{} validation error{plural} for {model}", problems.len());
    for problem in problems {
        let path = problem.path.join(" -> ");
        text.push_str(&format!("\n{path}\n  {} (type={})", problem.message, problem.class));
    }
    text
}

/// All problems as sentences, one for each path.
pub fn sentences(problems: &[Problem]) -> String {
    let mut by_path: Vec<(String, &Problem, Vec<&str>)> = Vec::new();
    for problem in problems {
        let path = problem.path.join(".");
        let known = by_path.iter().position(|(known, ..)| *known == path);
        let at = known.unwrap_or_else(|| {
            by_path.push((path, problem, Vec::new()));
            by_path.len() - 1
        });
        let names = &mut by_path[at].2;
        if let Some(name) = type_name(problem.message).filter(|name| !names.contains(name)) {
            names.push(name);
        }
    }
    let sentence = |(path, problem, names): &(String, &Problem, Vec<&str>)| {
        if names.len() > 1 {
            return format!("Property '{path}' value must be {}.", names.join(" or "));
        }
        match problem.class {
            "value_error.missing" => format!("Property '{path}' is required."),
            "value_error.extra" => format!("Property '{path}' is an invalid property."),
            _ => format!("Property '{path}' {}.", problem.message.to_lowercase()),
        }
    };
    by_path.iter().map(sentence).collect::<Vec<_>>().join(" ")
}

fn type_name(message: &str) -> Option<&'static str> {
    const NAMES: [(&str, &str); 5] = [
        ("not a valid dict", "dictionary"),
        ("not a valid int", "integer"),
        ("not a valid float", "number"),
        ("not a valid list", "list"),
        ("not a valid str", "string"),
    ];
    NAMES.iter().find(|(part, _)| message.contains(part)).map(|(_, name)| *name)
}
