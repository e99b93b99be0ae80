//! Resources of the template that events change: buckets and user pools.

use super::cfn::{CfnType, Resource};
use super::error::Fault;
use super::make::{made, node};
use super::translation::Translation;
use crate::{Map, Node};
use base::Span;

/// The properties of a resource of the template, made if it has none.
pub fn properties<'t>(id: &str, span: Span, t: &'t mut Translation<'_>) -> Result<&'t mut Map, Fault> {
    let not_a_map = || Fault::resource(id, "Properties should be a map.").at(span);
    let resource = t.resources.get_mut(id).and_then(Node::as_map_mut).ok_or_else(not_a_map)?;
    if resource.get("Properties").is_none_or(Node::is_null) {
        resource.insert_at("Properties", made(span), node!(span, {}));
    }
    resource.get_mut("Properties").and_then(Node::as_map_mut).ok_or_else(not_a_map)
}

/// A resource of the template as it is now, checked against its type.
pub fn read(kind: &'static CfnType, id: &str, t: &Translation<'_>) -> Result<Resource, Fault> {
    let node = t.resources.get(id);
    let (span, map) = (node.map_or_else(Span::default, |node| node.span), node.and_then(Node::as_map));
    let Some(map) = map else { return Err(Fault::resource(id, "Resource dict missing key 'Type'.")) };
    let mut resource = Resource::new(kind, id, span)?;
    match map.get("Type") {
        None => return Err(Fault::resource(id, "Resource dict missing key 'Type'.").at(span)),
        Some(found) if found.as_str() != Some(kind.name) => {
            let found_text = super::python::display(found);
            let message = format!("Resource has incorrect Type; expected '{}', got '{found_text}'", kind.name);
            return Err(Fault::resource(id, message).at(found.span));
        }
        Some(_) => {}
    }
    for (name, entry) in map.get("Properties").and_then(Node::as_map).into_iter().flat_map(Map::entries) {
        let Some(known) = kind.properties.iter().find(|known| **known == name) else {
            let message = format!("property {name} not defined for resource of type {}", kind.name);
            return Err(Fault::resource(id, message).at(entry.key_span));
        };
        resource.set(known, entry.node.clone());
    }
    resource.depends_on = map.get("DependsOn").cloned();
    for name in ["DeletionPolicy", "UpdatePolicy", "Condition", "UpdateReplacePolicy", "Metadata"] {
        if let (Some(key_span), Some(value)) = (map.key_span(name), map.get(name)) {
            resource.attributes.insert_at(name, key_span, value.clone());
        }
    }
    Ok(resource)
}
