//! Which mappings of a template count as Python 2.7 dictionaries.
//!
//! AWS's translator keeps the order of keys of Python 2.7 (`key_order.rs`) only where it can reach the definition of a
//! REST API, and only in templates that have one. So it is a step of its own, before anything else is changed.

use super::python::truthy;
use crate::{Map, Node, Value};

const API: &str = "AWS::Serverless::Api";
const HTTP_API: &str = "AWS::Serverless::HttpApi";
const FUNCTION: &str = "AWS::Serverless::Function";
const STATE_MACHINE: &str = "AWS::Serverless::StateMachine";

/// Starts the history of all mappings that may end up in a definition, if the template has one; tells whether it has.
/// `Resources` must be a mapping of mappings.
pub(super) fn begin(template: &mut Map) -> bool {
    if !has_rest_api(template) && !has_http_api_with_default_authorizer(template) {
        return false;
    }
    if let Some(api) = template.get_mut("Globals").and_then(Node::as_map_mut).and_then(|map| map.get_mut("Api")) {
        track(api);
    }
    if let Some(parameters) = template.get_mut("Parameters").and_then(Node::as_map_mut) {
        parameters.track(0);
        for (_, parameter) in parameters.iter_mut() {
            if let Some(default) = parameter.as_map_mut().and_then(|map| map.get_mut("Default")) {
                track(default);
            }
        }
    }
    let Some(resources) = template.get_mut("Resources").and_then(Node::as_map_mut) else { return true };
    resources.track(0);
    resources.iter_mut().for_each(|(_, resource)| begin_resource(resource));
    true
}

fn begin_resource(resource: &mut Node) {
    let kind = resource.get("Type").and_then(Node::as_str);
    let is_api = matches!(kind, Some(API | HTTP_API));
    if !is_api && !matches!(kind, Some(FUNCTION | STATE_MACHINE)) {
        return;
    }
    let Some(properties) = resource.as_map_mut().and_then(|map| map.get_mut("Properties")) else { return };
    if is_api {
        return track(properties);
    }
    let Some(properties) = properties.as_map_mut() else { return };
    for name in ["FunctionName", "Events"] {
        if let Some(value) = properties.get_mut(name) {
            track(value);
        }
    }
}

/// Starts the history of a mapping and of all below it.
fn track(node: &mut Node) {
    match &mut node.value {
        Value::Map(map) => {
            map.track(0);
            map.iter_mut().for_each(|(_, value)| track(value));
        }
        Value::List(items) => items.iter_mut().for_each(track),
        _ => {}
    }
}

fn resources<'a>(template: &'a Map, kinds: &'a [&str]) -> impl Iterator<Item = &'a Node> {
    let resources = template.get("Resources").and_then(Node::as_map);
    let of_kind = |node: &&Node| node.get("Type").and_then(Node::as_str).is_some_and(|kind| kinds.contains(&kind));
    resources.into_iter().flat_map(Map::iter).map(|(_, node)| node).filter(of_kind)
}

fn has_event(resource: &Node, kind: &str) -> bool {
    let events = resource.at(&["Properties", "Events"]).and_then(Node::as_map);
    events.is_some_and(|events| events.iter().any(|(_, event)| event.get("Type").and_then(Node::as_str) == Some(kind)))
}

/// Whether there is a REST API, or an event of one.
fn has_rest_api(template: &Map) -> bool {
    resources(template, &[API]).next().is_some()
        || resources(template, &[FUNCTION, STATE_MACHINE]).any(|resource| has_event(resource, "Api"))
}

fn has_http_api_with_default_authorizer(template: &Map) -> bool {
    let has_default = |auth: Option<&Node>| auth.and_then(|auth| auth.get("DefaultAuthorizer")).is_some_and(truthy);
    let in_globals = has_default(template.get("Globals").and_then(|globals| globals.at(&["HttpApi", "Auth"])));
    let in_resource = |resource: &Node| in_globals || has_default(resource.at(&["Properties", "Auth"]));
    resources(template, &[HTTP_API]).any(in_resource)
        || in_globals && resources(template, &[FUNCTION]).any(|resource| has_event(resource, "HttpApi"))
}
