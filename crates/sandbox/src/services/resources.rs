//! What the small services keep: one record for each resource, whoever made it, a stack or a call.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The resources of one account in one region, by type and then by physical id, in the order in which they were made.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct State {
    by_type: BTreeMap<String, IndexMap<String, Resource>>,
}

/// One resource.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Resource {
    /// Its name in its service.
    pub id: String,
    /// Its properties, named as CloudFormation names them.
    pub properties: Value,
    /// What can be read from it: ARNs, URLs and other facts that it got when it was made.
    pub attributes: Map<String, Value>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub tags: IndexMap<String, String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub modified: Timestamp,
    /// The stack that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
}

impl Resource {
    /// A property, or null.
    pub fn get(&self, name: &str) -> &Value {
        self.properties.get(name).unwrap_or(&Value::Null)
    }

    /// A property that is text; numbers and booleans as text.
    pub fn text(&self, name: &str) -> Option<String> {
        text_of(self.get(name))
    }

    /// A property that is an integer, as a number or as digits.
    pub fn integer(&self, name: &str) -> Option<i64> {
        crate::call::as_integer(self.get(name))
    }

    /// An attribute that is text.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).and_then(Value::as_str)
    }

    /// The attribute `Arn`, the id if it has none.
    pub fn arn(&self) -> &str {
        self.attribute("Arn").unwrap_or(&self.id)
    }
}

/// A scalar as text: templates write numbers and booleans where services want text.
pub fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(n) => Some(n.to_string()),
        Value::Bool(b) => Some(b.to_string()),
        _ => None,
    }
}

impl State {
    /// A resource.
    pub fn get(&self, kind: &str, id: &str) -> Option<&Resource> {
        self.by_type.get(kind)?.get(id)
    }

    /// A resource to change.
    pub fn get_mut(&mut self, kind: &str, id: &str) -> Option<&mut Resource> {
        self.by_type.get_mut(kind)?.get_mut(id)
    }

    /// Adds a resource, in the place of one with the same type and id.
    pub fn put(&mut self, kind: &str, resource: Resource) {
        self.put_as(kind, resource.id.clone(), resource);
    }

    /// Adds a resource whose id is unique only within another one, such as a stage within its API, under a key that is
    /// unique in the region.
    pub fn put_as(&mut self, kind: &str, key: String, resource: Resource) {
        self.by_type.entry(kind.to_owned()).or_default().insert(key, resource);
    }

    /// Takes a resource out.
    pub fn remove(&mut self, kind: &str, id: &str) -> Option<Resource> {
        self.by_type.get_mut(kind)?.shift_remove(id)
    }

    /// All resources of a type in the order in which they were made.
    pub fn list(&self, kind: &str) -> impl DoubleEndedIterator<Item = &Resource> {
        self.by_type.get(kind).into_iter().flat_map(IndexMap::values)
    }

    /// All resources of a type, to change.
    pub fn list_mut(&mut self, kind: &str) -> impl Iterator<Item = &mut Resource> {
        self.by_type.get_mut(kind).into_iter().flat_map(IndexMap::values_mut)
    }
}
