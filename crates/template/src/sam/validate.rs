//! The first look at a template: its structure, and the values of its parameters.

use super::context::Context;
use super::error::Fault;
use super::expect::{Owner, expect};
use super::python::truthy;
use crate::{Map, Node, Value};
use base::Span;

/// The resource types whose `Properties` are looked at before anything else.
pub const EARLY_TYPES: [&str; 9] = [
    "AWS::Serverless::Api",
    "AWS::Serverless::Function",
    "AWS::Serverless::SimpleTable",
    "AWS::Serverless::Application",
    "AWS::Serverless::LayerVersion",
    "AWS::Serverless::HttpApi",
    "AWS::Serverless::WebSocketApi",
    "AWS::Serverless::StateMachine",
    "AWS::Serverless::CapacityProvider",
];

/// Whether a resource is one of [`EARLY_TYPES`]. A condition that is not text is a fault of the whole document.
pub fn is_early(resource: &Node) -> Result<bool, Fault> {
    if let Some(condition) = resource.get("Condition").filter(|node| truthy(node) && node.as_str().is_none()) {
        return Err(Fault::document("Every Condition member must be a string.").at(condition.span));
    }
    Ok(resource.get("Type").and_then(Node::as_str).is_some_and(|name| EARLY_TYPES.contains(&name)))
}

/// `Resources` must be a mapping of mappings, and `Properties` of SAM resources must be mappings.
pub fn check_structure(template: &Map, span: Span) -> Result<(), Fault> {
    let Some(resources) = template.get("Resources").and_then(Node::as_map).filter(|map| !map.is_empty()) else {
        let span = template.get("Resources").map_or(span, |node| node.span);
        return Err(Fault::document("'Resources' section is required").at(span));
    };
    if let Some((_, entry)) = resources.entries().find(|(_, entry)| entry.node.as_map().is_none()) {
        let message = "All 'Resources' must be Objects. If you're using YAML, this may be an indentation issue.";
        return Err(Fault::document(message).at(entry.key_span));
    }
    for (id, resource) in resources.iter() {
        if let (true, Some(properties)) = (is_early(resource)?, resource.get("Properties")) {
            expect(Some(properties), Owner::Attribute(id), "Properties")
                .map()
                .map_err(|fault| fault.at(properties.span).fatal())?;
        }
    }
    Ok(())
}

/// The values of parameters: those given, the defaults of the others, and the pseudo parameters that are known.
pub fn parameter_values(template: &Map, context: &Context) -> Map {
    let mut values = Map::new();
    for (name, value) in &context.parameters {
        values.insert(name.as_str(), from_json(value));
    }
    if let Some(parameters) = template.get("Parameters").and_then(Node::as_map) {
        for (name, parameter) in parameters.iter() {
            if let Some(default) = parameter.get("Default").filter(|_| !values.contains_key(name)) {
                values.insert(name, default.clone());
            }
        }
    }
    for (name, value) in [("AWS::Region", &context.region), ("AWS::Partition", &context.partition)] {
        if !values.contains_key(name) {
            values.insert(name, Node::new(value.as_str(), Span::default()));
        }
    }
    values
}

/// A value of JSON without a place in a source.
pub fn from_json(value: &serde_json::Value) -> Node {
    let value = match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(b) => Value::Bool(*b),
        serde_json::Value::Number(number) => Value::Number(from_json_number(number)),
        serde_json::Value::String(text) => Value::String(text.clone()),
        serde_json::Value::Array(list) => Value::List(list.iter().map(from_json).collect()),
        serde_json::Value::Object(object) => {
            let mut map = Map::new();
            for (key, value) in object {
                map.insert(key.as_str(), from_json(value));
            }
            Value::Map(map)
        }
    };
    Node { value, span: Span::default() }
}

fn from_json_number(number: &serde_json::Number) -> crate::Number {
    let text = number.to_string();
    let value = match text.parse::<i128>() {
        Ok(n) => crate::NumberValue::Int(n),
        Err(_) => crate::NumberValue::Float(number.as_f64().unwrap_or(f64::NAN)),
    };
    crate::Number { text, value }
}
