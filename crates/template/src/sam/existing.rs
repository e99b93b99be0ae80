//! Resources of the template that events change: buckets and user pools.
//!
//! Every event of a bucket changes it where it stands. What is left to do is noted here, and done once for each
//! resource when the last event is translated ([`Changes::apply`]): so many events cost no more than each of them.

use super::cfn::{CfnType, Resource};
use super::distinct::Distinct;
use super::error::Fault;
use super::make::{made, node};
use super::python::{display, repr, truthy};
use super::translation::Translation;
use crate::{Map, Node, Value};
use base::Span;
use indexmap::IndexMap;
use std::collections::BTreeMap;

/// What the events of all functions changed, by logical id.
#[derive(Debug, Default)]
pub struct Changes(IndexMap<String, Change>);

/// A resource that events change.
#[derive(Debug)]
pub struct Change {
    kind: &'static CfnType,
    /// The tags of the last function that changed it, if that hands its own on. The resource's own are not lost: the
    /// next function sees them again.
    tags: Option<Vec<Node>>,
    /// What it waits for: its own `DependsOn`, and what [`Change::waits_for`] adds.
    depends_on: Option<BTreeMap<String, Node>>,
    /// The notifications it has.
    pub notifications: Option<Distinct>,
}

impl Changes {
    /// What is noted about a resource, whose type must be `kind` by now.
    pub fn of(&mut self, id: &str, kind: &'static CfnType) -> &mut Change {
        self.0.entry(id.to_owned()).or_insert_with(|| Change {
            kind,
            tags: None,
            depends_on: None,
            notifications: None,
        })
    }

    /// A function changed the resource: `tags` are those it hands on.
    pub fn tag(&mut self, id: &str, tags: Option<&[Node]>) {
        if let Some(change) = self.0.get_mut(id) {
            change.tags = tags.filter(|_| change.kind.properties.contains(&"Tags")).map(<[Node]>::to_vec);
        }
    }

    /// Writes all of it into the resources, which get the form of made ones.
    pub fn apply(self, resources: &mut Map) {
        for (id, change) in self.0 {
            if let Some(node) = resources.get_mut(&id) {
                change.apply(node);
            }
        }
    }
}

impl Change {
    /// Makes the resource, whose `DependsOn` is `given`, wait for another one. Nothing if `given` can be no set in AWS's
    /// translator: a list may hold anything but lists and mappings, and of a mapping the keys count.
    pub fn waits_for(&mut self, given: Option<&Node>, id: Node) -> Option<()> {
        if self.depends_on.is_none() {
            let mut all = BTreeMap::new();
            for item in given.map_or(Some(Vec::new()), set_items)? {
                all.entry(text_of(&item)).or_insert(item);
            }
            self.depends_on = Some(all);
        }
        // The translator's set has no order. Sorted, they stay where they are from one run to the next.
        self.depends_on.as_mut()?.entry(text_of(&id)).or_insert(id);
        Some(())
    }

    fn apply(self, node: &mut Node) {
        let span = made(node.span);
        let Value::Map(given) = &mut node.value else { return };
        let mut given = std::mem::take(given);
        let mut map = Map::new();
        let depends_on = self.depends_on.map(|ids| Node::new(ids.into_values().collect::<Vec<_>>(), span));
        let written = given.remove("DependsOn");
        map.insert_at("Type", span, node!(span, self.kind.name));
        if let Some(depends_on) = depends_on.or(written).filter(truthy) {
            map.insert_at("DependsOn", span, depends_on);
        }
        for name in ATTRIBUTES {
            if let (Some(key_span), Some(value)) = (given.key_span(name), given.remove(name)) {
                map.insert_at(name, key_span, value);
            }
        }
        let mut old = match given.remove("Properties").map(|node| node.value) {
            Some(Value::Map(properties)) => properties,
            _ => Map::new(),
        };
        if let Some(tags) = self.tags {
            old.insert_at("Tags", span, Node::new(tags, span));
        }
        let mut properties = Map::new();
        for name in self.kind.properties {
            let key_span = old.key_span(name).unwrap_or(span);
            if let Some(value) = old.get_mut(name).map(std::mem::take).filter(|value| !value.is_null()) {
                properties.insert_at(*name, key_span, value);
            }
        }
        map.insert_at("Properties", span, Node::new(properties, span));
        *node = Node::new(map, node.span);
    }
}

/// The items of `set(value)`; nothing if there is no such set.
fn set_items(value: &Node) -> Option<Vec<Node>> {
    match &value.value {
        Value::String(_) => Some(vec![value.clone()]),
        Value::List(items) => {
            let plain = items.iter().all(|item| !matches!(item.value, Value::List(_) | Value::Map(_)));
            plain.then(|| items.clone())
        }
        Value::Map(map) => Some(map.entries().map(|(key, entry)| Node::new(key, entry.key_span)).collect()),
        _ => None,
    }
}

/// What an item is sorted by: its text, and everything that is no text before.
fn text_of(item: &Node) -> String {
    item.as_str().map_or_else(|| format!("\0{}", repr(item)), str::to_owned)
}

/// Attributes beside `Properties` that a resource keeps.
const ATTRIBUTES: [&str; 5] = ["DeletionPolicy", "UpdatePolicy", "Condition", "UpdateReplacePolicy", "Metadata"];

/// The properties of a resource of the template, made if it has none.
pub fn properties<'t>(id: &str, span: Span, resources: &'t mut Map) -> Result<&'t mut Map, Fault> {
    let not_a_map = || Fault::resource(id, "Properties should be a map.").at(span);
    let resource = resources.get_mut(id).and_then(Node::as_map_mut).ok_or_else(not_a_map)?;
    if resource.get("Properties").is_none_or(Node::is_null) {
        resource.insert_at("Properties", made(span), node!(span, {}));
    }
    resource.get_mut("Properties").and_then(Node::as_map_mut).ok_or_else(not_a_map)
}

/// Checks a resource of the template as it is now against its type.
pub fn check(kind: &'static CfnType, id: &str, t: &Translation<'_>) -> Result<(), Fault> {
    let node = t.resources.get(id);
    let (span, map) = (node.map_or_else(Span::default, |node| node.span), node.and_then(Node::as_map));
    let Some(map) = map else { return Err(Fault::resource(id, "Resource dict missing key 'Type'.")) };
    Resource::new(kind, id, span)?;
    match map.get("Type") {
        None => return Err(Fault::resource(id, "Resource dict missing key 'Type'.").at(span)),
        Some(found) if found.as_str() != Some(kind.name) => {
            let found_text = display(found);
            let message = format!("Resource has incorrect Type; expected '{}', got '{found_text}'", kind.name);
            return Err(Fault::resource(id, message).at(found.span));
        }
        Some(_) => {}
    }
    for (name, entry) in map.get("Properties").and_then(Node::as_map).into_iter().flat_map(Map::entries) {
        if !kind.properties.contains(&name) {
            let message = format!("property {name} not defined for resource of type {}", kind.name);
            return Err(Fault::resource(id, message).at(entry.key_span));
        }
    }
    Ok(())
}
