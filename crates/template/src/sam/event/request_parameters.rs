//! `RequestParameters` of API events: a list of names, or of names with settings.

use super::Event;
use crate::Map;
use crate::Node;
use crate::sam::error::Fault;
use crate::sam::make::{made, node};

/// The parameters as mappings with `Name`, `Required` and `Caching`.
///
/// An intrinsic function passes for a list; its keys are taken for names.
pub(super) fn read(event: &Event, given: &Node) -> Result<Vec<Node>, Fault> {
    let keys = given.as_map().into_iter().flat_map(Map::python_entries);
    let keys: Vec<Node> = keys.map(|(key, entry)| Node::new(key, entry.key_span)).collect();
    let list = given.as_list().unwrap_or(&keys);
    list.iter().map(|parameter| read_one(event, parameter).map_err(|fault| fault.at(parameter.span))).collect()
}

fn read_one(event: &Event, parameter: &Node) -> Result<Node, Fault> {
    let invalid = |rest: &str| event.fault(format!("Invalid value for 'RequestParameters' property. {rest}"));
    let keys = || {
        invalid(
            "Keys must be in the format 'method.request.[querystring|path|header].{value}', e.g \
             'method.request.header.Authorization'.",
        )
    };
    let mut settings = node!(parameter.span, { "Required": false, "Caching": false });
    let Some(map) = settings.as_map_mut() else { return Ok(settings) };
    let (name, name_span) = if let Some(name) = parameter.as_str() {
        if !is_name(name) {
            return Err(keys());
        }
        (name, parameter.span)
    } else if let Some((name, entry)) = parameter.as_map().and_then(|map| map.python_entries().next()) {
        if !is_name(name) {
            return Err(keys());
        }
        let given = entry.node.as_map().filter(|given| given.keys().all(|key| key == "Required" || key == "Caching"));
        let Some(given) = given else {
            return Err(invalid("Values must be an object, e.g { Required: true, Caching: false }"));
        };
        for (key, value) in given.entries() {
            Map::insert_at(map, key, value.key_span, value.node.clone());
        }
        (name, entry.key_span)
    } else {
        return Err(invalid("Property must be either a string or an object"));
    };
    map.insert_at("Name", made(parameter.span), Node::new(name, name_span));
    Ok(settings)
}

fn is_name(name: &str) -> bool {
    let rest = name.strip_prefix("method.request.");
    rest.is_some_and(|rest| ["querystring.", "path.", "header."].iter().any(|place| rest.starts_with(place)))
}
