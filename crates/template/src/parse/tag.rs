//! Short forms of intrinsic functions, and the few YAML tags that have a meaning here.

use super::{Dialect, place::Places};
use crate::{Map, Node, Number, NumberValue, Value};
use base::{Diagnostic, Diagnostics, Span};

/// The short forms CloudFormation knows, without `!`. From "Intrinsic function reference" and "Rule-specific intrinsic
/// functions" of its user guide.
const FUNCTIONS: &[&str] = &[
    "And",
    "Base64",
    "Cidr",
    "Condition",
    "Contains",
    "EachMemberEquals",
    "EachMemberIn",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Ref",
    "RefAll",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
    "ValueOf",
    "ValueOfAll",
];

/// The prefix of the standard tags such as `!!str`.
const CORE: &str = "tag:yaml.org,2002:";

/// A tag as it was resolved: prefix and suffix.
#[derive(Debug, Clone)]
pub(super) struct Tag {
    pub(super) handle: String,
    pub(super) suffix: String,
}

impl Tag {
    /// Whether a scalar under this tag is text whatever it looks like: all but the standard tags, as in PyYAML.
    pub(super) fn makes_text(&self) -> bool {
        self.handle != CORE
    }
}

/// A value with its tag taken into account. `span` covers the tag and the value; `node` has the span of the value.
pub(super) fn apply(
    tag: &Tag,
    node: Node,
    span: Span,
    places: &Places<'_>,
    dialect: Dialect,
    problems: &mut Diagnostics,
) -> Node {
    let tag_span = places.tag(span);
    if tag.handle == CORE {
        return core(&tag.suffix, node, tag_span, problems);
    }
    if (tag.handle == "!" && tag.suffix.is_empty()) || (tag.handle.is_empty() && tag.suffix == "!") {
        return node;
    }
    if dialect == Dialect::Strict || tag.handle != "!" {
        problems.push(unknown(&format!("{}{}", tag.handle, tag.suffix), tag_span, dialect));
        return node;
    }
    if !FUNCTIONS.contains(&tag.suffix.as_str()) {
        problems.push(unknown(&format!("!{}", tag.suffix), tag_span, dialect));
    }
    let key = match tag.suffix.as_str() {
        "Ref" | "Condition" => tag.suffix.clone(),
        name => format!("Fn::{name}"),
    };
    let inner = if tag.suffix == "GetAtt" { attribute(node, places) } else { node };
    let mut map = Map::new();
    map.insert_at(key, tag_span, inner);
    Node::new(map, span)
}

/// `!GetAtt Resource.Attribute` is a list of two: the name of the resource, and all after the first point.
/// Without a point it is a list of one, which the model reports.
fn attribute(node: Node, places: &Places<'_>) -> Node {
    let Some(text) = node.as_str().map(str::to_owned) else { return node };
    let Some((resource, attribute)) = text.split_once('.') else {
        let span = node.span;
        return Node::new(vec![node], span);
    };
    let written = places.slice(node.span);
    let offset = written.find(text.as_str()).map(|at| at + resource.len());
    let (left, right) = match offset.and_then(|at| u32::try_from(at).ok()) {
        Some(at) => {
            let point = node.span.start + at;
            let end = point + 1 + u32::try_from(attribute.len()).unwrap_or(0);
            (Span { end: point, ..node.span }, Span { start: point + 1, end, ..node.span })
        }
        None => (node.span, node.span),
    };
    Node::new(vec![Node::new(resource, left), Node::new(attribute, right)], node.span)
}

fn unknown(tag: &str, span: Span, dialect: Dialect) -> Diagnostic {
    let problem = Diagnostic::error("TMPL-010", format!("unknown tag `{tag}`")).at(span);
    if dialect == Dialect::Strict {
        return problem
            .why("tags have no meaning in this file")
            .hint("remove it, or put the value in quotes if it is text that starts with `!`");
    }
    let name = tag.trim_start_matches('!').trim_start_matches("Fn::");
    let problem = problem.why("CloudFormation knows the short forms of its intrinsic functions only");
    match nearest(name) {
        Some(known) => problem.hint(format!("did you mean `!{known}`?")),
        None if name == "ForEach" => problem.hint("`Fn::ForEach::Name` has no short form; write it as a key"),
        None => problem.hint("put the value in quotes if it is text that starts with `!`"),
    }
}

fn nearest(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    FUNCTIONS
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&lower, &known.to_ascii_lowercase()), *known))
        .filter(|(distance, known)| *distance <= known.len().div_ceil(3))
        .min()
        .map(|(_, known)| known)
}

/// `!!str`, `!!int` and the like.
fn core(suffix: &str, node: Node, tag_span: Span, problems: &mut Diagnostics) -> Node {
    let fits = match (suffix, &node.value) {
        ("str", Value::String(_)) | ("seq", Value::List(_)) | ("map", Value::Map(_)) | ("null", Value::Null) => true,
        ("bool", Value::Bool(_)) | ("timestamp", Value::String(_)) => true,
        ("int", Value::Number(n)) => matches!(n.value, NumberValue::Int(_)),
        ("float", Value::Number(n)) => return Node::new(as_float(n), node.span),
        _ => false,
    };
    if !fits {
        problems.push(misfit(suffix, &node, tag_span));
    }
    node
}

fn as_float(number: &Number) -> Value {
    let value = match number.value {
        NumberValue::Int(n) => NumberValue::Float(n as f64),
        float => float,
    };
    Value::Number(Number { text: number.text.clone(), value })
}

fn misfit(suffix: &str, node: &Node, tag_span: Span) -> Diagnostic {
    match suffix {
        "str" | "seq" | "map" | "null" | "bool" | "int" | "float" | "timestamp" => {
            Diagnostic::error("TMPL-011", format!("`!!{suffix}` stands before {}", node.kind()))
                .at(tag_span)
                .why("the tag demands another kind of value")
                .hint("remove the tag or correct the value")
        }
        "binary" | "omap" | "pairs" | "set" => Diagnostic::error("TMPL-010", format!("`!!{suffix}` is not supported"))
            .at(tag_span)
            .why("JSON, which CloudFormation turns every document into, has no such value")
            .hint("write text, a list or a mapping"),
        _ => Diagnostic::error("TMPL-010", format!("unknown tag `!!{suffix}`"))
            .at(tag_span)
            .hint("the standard tags are `!!str`, `!!int`, `!!float`, `!!bool`, `!!null`, `!!seq` and `!!map`"),
    }
}
