//! SAM policy templates: a name with parameters becomes a policy document ("AWS SAM policy templates", SAM Developer
//! Guide).

use super::data;
use super::error::Fault;
use super::intrinsic::{is_if, is_no_value};
use super::make::{made, node};
use super::policies::{PolicyKind, entries, kind};
use super::python::repr;
use super::resolver::respan;
use super::translation::SamResource;
use crate::{Map, Node, Value};
use base::Span;

/// Replaces policy templates in `Policies` of functions and state machines.
pub fn apply(resource_type: &str, sam: &mut SamResource) -> Result<(), Fault> {
    if !["AWS::Serverless::Function", "AWS::Serverless::StateMachine"].contains(&resource_type) {
        return Ok(());
    }
    let Some(key_span) = sam.properties.key_span("Policies") else { return Ok(()) };
    let Some(policies) = sam.properties.get("Policies").filter(|node| super::python::truthy(node)) else {
        return Ok(());
    };
    let span = policies.span;
    let Some(place) = sam.properties.get_mut("Policies") else { return Ok(()) };
    let mut result = entries(Some(std::mem::take(place)));
    let kinds = result.iter().map(|entry| kind(entry, true)).collect::<Result<Vec<_>, _>>()?;
    for (entry, kind) in result.iter_mut().zip(kinds) {
        if kind == PolicyKind::Template {
            replace(&sam.logical_id, entry)?;
        }
    }
    sam.properties.insert_at("Policies", key_span, Node::new(result, span));
    Ok(())
}

fn replace(id: &str, entry: &mut Node) -> Result<(), Fault> {
    if !is_if(entry) {
        *entry = convert(id, entry)?;
        return Ok(());
    }
    let items = entry.as_map_mut().and_then(|map| map.get_mut("Fn::If")?.as_list_mut());
    for item in items.into_iter().flatten().skip(1) {
        if !is_no_value(item) {
            *item = convert(id, item)?;
        }
    }
    Ok(())
}

/// The policy document of `{template name: {parameters}}`.
fn convert(id: &str, entry: &Node) -> Result<Node, Fault> {
    let only = entry.as_map().and_then(|map| map.entries().next());
    let found = only.and_then(|(name, entry)| Some((name, &entry.node, data::policy_template(name)?)));
    let Some((name, values, template)) = found else {
        return Err(Fault::resource(id, "Must specify valid parameter values for policy template").at(entry.span));
    };
    let Some(values) = values.as_map() else {
        let message = format!("Must specify valid parameter values for policy template '{name}'");
        return Err(Fault::resource(id, message).at(entry.span));
    };
    let known = template.get("Parameters").and_then(Node::as_map);
    let missing: Vec<Node> = known
        .into_iter()
        .flat_map(Map::keys)
        .filter(|parameter| !values.contains_key(parameter))
        .map(|parameter| node!(entry.span, parameter))
        .collect();
    if !missing.is_empty() {
        let missing = repr(&Node::new(missing, entry.span));
        let message = format!("Following required parameters of template '{name}' don't have values: {missing}");
        return Err(Fault::resource(id, message).at(entry.span));
    }
    let is_known = |parameter: &str| known.is_some_and(|known| known.contains_key(parameter));
    let value = |parameter: &str| values.get(parameter).filter(|_| is_known(parameter));
    let Some(definition) = template.get("Definition") else { return Ok(node!(entry.span, {})) };
    Ok(instantiate(definition, &value, entry.span))
}

/// A copy of a definition in which `Ref`s of parameters are replaced.
fn instantiate<'a>(definition: &Node, value: &dyn Fn(&str) -> Option<&'a Node>, span: Span) -> Node {
    let new = match &definition.value {
        Value::Map(map) => {
            let referred = if map.len() == 1 { map.get("Ref").and_then(Node::as_str) } else { None };
            if let Some(value) = referred.and_then(value) {
                return value.clone();
            }
            let mut copy = Map::new();
            for (key, item) in map.iter() {
                copy.insert_at(key, made(span), instantiate(item, value, span));
            }
            Value::Map(copy)
        }
        Value::List(list) => Value::List(list.iter().map(|item| instantiate(item, value, span)).collect()),
        other => other.clone(),
    };
    let mut node = Node { value: new, span: made(span) };
    if !matches!(node.value, Value::Map(_) | Value::List(_)) {
        respan(&mut node, made(span));
    }
    node
}
