//! Connectors written beside a resource, under `Connectors`, become resources of their own.

use super::cfn::check_logical_id;
use super::error::{Cause, Fault};
use super::expect::{Owner, expect};
use super::make::{made, node};
use super::property::check_all;
use super::resource::connector::KIND;
use crate::{Map, Node, Value};

/// Takes all of them out, and adds a resource for each. Faults are collected.
pub fn extract(template: &mut Map, causes: &mut Vec<Cause>) {
    let Some(resources) = template.get_mut("Resources").and_then(Node::as_map_mut) else { return };
    let mut added: Vec<(String, Node)> = Vec::new();
    for (source, resource) in resources.python_iter() {
        let Some(connectors) = resource.get("Connectors") else { continue };
        let path = format!("{source}.Connectors");
        match expect(Some(connectors), Owner::Attribute(source), &path).map() {
            Err(fault) => causes.extend(fault.into_causes()),
            Ok(connectors) => {
                for (name, connector) in connectors.python_iter() {
                    match extract_one(source, name, connector, resources) {
                        Ok(resource) => added.push((format!("{source}{name}"), resource)),
                        Err(fault) => causes.extend(fault.at(connector.span).into_causes()),
                    }
                }
            }
        }
    }
    for (id, resource) in added {
        resources.insert(id, resource);
    }
    for (_, resource) in resources.iter_mut() {
        if let Some(map) = resource.as_map_mut().filter(|map| map.contains_key("Connectors")) {
            map.remove("Connectors");
        }
    }
}

fn extract_one(source: &str, name: &str, connector: &Node, resources: &Map) -> Result<Node, Fault> {
    let id = format!("{source}{name}");
    let Some(connector_map) = connector.as_map() else {
        return Err(Fault::resource(&id, format!("{source}.{id} should be a map.")));
    };
    let span = connector.span;
    let path = format!("Connectors.{name}.Properties");
    let mut properties = expect(connector_map.get("Properties"), Owner::Attribute(source), &path).map()?.clone();
    let mut source_node = node!(span, { "Id": source });
    if let Some(reference) = properties.remove("SourceReference") {
        let path = format!("Connectors.{name}.Properties.SourceReference");
        let reference = expect(Some(&reference), Owner::Resource(source), &path).map()?;
        if reference.contains_key("Id") {
            return Err(Fault::resource(name, "'Id' shouldn't be defined in 'SourceReference'."));
        }
        if let Some(map) = source_node.as_map_mut() {
            for (key, entry) in reference.entries() {
                map.insert_at(key, entry.key_span, entry.node.clone());
            }
        }
    }
    properties.insert_at("Source", made(span), source_node);
    check_logical_id(&id)?;
    check_all(&id, KIND.name, KIND.properties, &properties)?;
    if resources.contains_key(&id) {
        return Err(Fault::duplicate(source, &id, KIND.name));
    }
    Ok(resource(connector_map, properties, connector))
}

fn resource(connector: &Map, properties: Map, at: &Node) -> Node {
    let mut resource = Map::new();
    resource.insert_at("Type", made(at.span), node!(at.span, KIND.name));
    for name in ["DependsOn", "DeletionPolicy", "UpdatePolicy", "Condition", "UpdateReplacePolicy", "Metadata"] {
        if let Some(value) = connector.get(name) {
            resource.insert_at(name, connector.key_span(name).unwrap_or(value.span), value.clone());
        }
    }
    resource.insert_at("Properties", made(at.span), Node { value: Value::Map(properties), span: at.span });
    Node { value: Value::Map(resource), span: at.span }
}
