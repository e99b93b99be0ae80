//! The names an expression refers to.

use crate::intrinsic::{function, get_att, sub};
use crate::{Map, Node, Value};
use base::Span;

/// How a name is referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReferenceKind {
    /// `Ref`
    Ref,
    /// `Fn::GetAtt`
    GetAtt,
    /// `${Name}` in `Fn::Sub`
    SubRef,
    /// `${Name.Attribute}` in `Fn::Sub`
    SubGetAtt,
    /// The first argument of `Fn::If`, or `Condition` in a condition.
    Condition,
    /// The first argument of `Fn::FindInMap`
    Mapping,
}

/// One name in an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference<'a> {
    /// How it is referred to.
    pub kind: ReferenceKind,
    /// A parameter, pseudo parameter, resource, condition or mapping.
    pub name: &'a str,
    /// Where the expression stands.
    pub span: Span,
}

impl Reference<'_> {
    /// Whether it names a parameter or a resource, and not a condition or a mapping.
    pub fn is_value(&self) -> bool {
        !matches!(self.kind, ReferenceKind::Condition | ReferenceKind::Mapping)
    }
}

/// Visits every reference in an expression, in order. Variables that a `Fn::Sub` defines itself are no references.
pub fn references<'a>(node: &'a Node, visit: &mut dyn FnMut(Reference<'a>)) {
    if let Some((name, argument)) = function(node) {
        return call(name, argument, node.span, visit);
    }
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| references(item, visit)),
        Value::Map(map) => map.iter().for_each(|(_, item)| references(item, visit)),
        _ => {}
    }
}

fn call<'a>(name: &str, argument: &'a Node, span: Span, visit: &mut dyn FnMut(Reference<'a>)) {
    match name {
        "Ref" => match argument.as_str() {
            Some(name) => visit(Reference { kind: ReferenceKind::Ref, name, span }),
            None => references(argument, visit),
        },
        "Fn::GetAtt" => match get_att(argument) {
            Some((name, _)) => visit(Reference { kind: ReferenceKind::GetAtt, name, span }),
            None => computed_attribute(argument, span, visit),
        },
        "Fn::Sub" => substitution(argument, span, visit),
        "Fn::If" => {
            let Some((condition, values)) = argument.as_list().and_then(<[Node]>::split_first) else { return };
            if let Some(name) = condition.as_str() {
                visit(Reference { kind: ReferenceKind::Condition, name, span: condition.span });
            }
            values.iter().for_each(|value| references(value, visit));
        }
        "Fn::FindInMap" => {
            let Some((mapping, keys)) = argument.as_list().and_then(<[Node]>::split_first) else { return };
            match mapping.as_str() {
                Some(name) => visit(Reference { kind: ReferenceKind::Mapping, name, span: mapping.span }),
                None => references(mapping, visit),
            }
            keys.iter().for_each(|key| references(key, visit));
        }
        "Fn::And" | "Fn::Or" | "Fn::Not" => {
            argument.as_list().unwrap_or_default().iter().for_each(|member| condition(member, visit));
        }
        _ => references(argument, visit),
    }
}

/// A condition: `{Condition: Name}` refers to another one, which it would not in a value.
fn condition<'a>(node: &'a Node, visit: &mut dyn FnMut(Reference<'a>)) {
    let name = node.as_map().filter(|map| map.len() == 1).and_then(|map| map.get("Condition"));
    match name.and_then(|n| n.as_str().map(|text| (text, n.span))) {
        Some((name, span)) => visit(Reference { kind: ReferenceKind::Condition, name, span }),
        None => references(node, visit),
    }
}

fn computed_attribute<'a>(argument: &'a Node, span: Span, visit: &mut dyn FnMut(Reference<'a>)) {
    let Some((resource, rest)) = argument.as_list().and_then(<[Node]>::split_first) else { return };
    match resource.as_str() {
        Some(name) if !rest.is_empty() => visit(Reference { kind: ReferenceKind::GetAtt, name, span }),
        Some(_) => {}
        None => references(resource, visit),
    }
    rest.iter().for_each(|part| references(part, visit));
}

fn substitution<'a>(argument: &'a Node, span: Span, visit: &mut dyn FnMut(Reference<'a>)) {
    let none = Map::new();
    let (text, own) = match argument.as_list() {
        Some([text, variables]) => {
            references(variables, visit);
            (text.as_str(), variables.as_map().unwrap_or(&none))
        }
        Some(_) => (None, &none),
        None => (argument.as_str(), &none),
    };
    for variable in sub::variables(text.unwrap_or_default()) {
        if own.contains_key(variable.name) || !variable.is_well_formed() {
            continue;
        }
        match variable.name.split_once('.') {
            Some((name, _)) => visit(Reference { kind: ReferenceKind::SubGetAtt, name, span }),
            None => visit(Reference { kind: ReferenceKind::SubRef, name: variable.name, span }),
        }
    }
}
