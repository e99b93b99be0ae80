//! The CloudFormation resource types the transform makes: their properties in the order they are written, and which
//! resource of the template each may take the place of.

use super::error::Fault;
use super::make::{get_att, made, node, reference};
use super::python::truthy;
use crate::{Map, Node, Value};
use base::Span;

/// A CloudFormation resource type.
#[derive(Debug)]
pub struct CfnType {
    /// For example `AWS::Lambda::Function`.
    pub name: &'static str,
    /// Its properties.
    pub properties: &'static [&'static str],
    /// The types that a resource with the same logical id may have had in the template.
    pub replaces: &'static [&'static str],
}

impl CfnType {
    /// A type that takes no other resource's place.
    pub const fn new(name: &'static str, properties: &'static [&'static str]) -> Self {
        Self { name, properties, replaces: &[] }
    }

    /// The same type, taking the place of resources of these types.
    #[must_use]
    pub const fn replacing(self, replaces: &'static [&'static str]) -> Self {
        Self { replaces, ..self }
    }
}

/// A resource the transform makes.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Its type.
    pub kind: &'static CfnType,
    /// Its logical id.
    pub logical_id: String,
    /// Its `DependsOn`.
    pub depends_on: Option<Node>,
    /// `Condition`, `DeletionPolicy` and the other attributes beside `Properties`.
    pub attributes: Map,
    /// Its properties.
    pub properties: Map,
    /// The source it was made from.
    pub span: Span,
}

/// Attributes of a SAM resource that every resource made from it gets.
pub const PASS_THROUGH: [&str; 3] = ["Condition", "DeletionPolicy", "UpdateReplacePolicy"];

/// Those of `attributes` that every resource made from a SAM resource gets.
pub fn pass_through(attributes: &Map) -> Map {
    let mut passed = Map::new();
    for name in PASS_THROUGH {
        if let Some(value) = attributes.get(name) {
            passed.insert_at(name, attributes.key_span(name).unwrap_or(value.span), value.clone());
        }
    }
    passed
}

/// Logical ids are ASCII letters and digits ("Resources", CloudFormation User Guide).
pub fn check_logical_id(id: &str) -> Result<(), Fault> {
    let id_text = id.strip_suffix('\n').unwrap_or(id);
    if !id_text.is_empty() && id_text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Ok(());
    }
    Err(Fault::resource(id, "Logical ids must be alphanumeric."))
}

impl Resource {
    /// A resource without properties.
    pub fn new(kind: &'static CfnType, logical_id: impl Into<String>, span: Span) -> Result<Self, Fault> {
        let logical_id = logical_id.into();
        check_logical_id(&logical_id).map_err(|fault| fault.at(span))?;
        let (attributes, properties) = (Map::new(), Map::new());
        Ok(Self { kind, logical_id, depends_on: None, attributes, properties, span: made(span) })
    }

    /// The same resource with these attributes.
    #[must_use]
    pub fn with_attributes(mut self, attributes: Map) -> Self {
        self.attributes = attributes;
        self
    }

    /// The same resource, depending on others.
    #[must_use]
    pub fn depending_on(mut self, depends_on: Option<Node>) -> Self {
        self.depends_on = depends_on;
        self
    }

    /// Sets a property; nothing and `null` leave it out.
    pub fn set(&mut self, name: &'static str, value: impl Into<Option<Node>>) {
        debug_assert!(self.kind.properties.contains(&name), "{} has no property {name}", self.kind.name);
        match value.into() {
            Some(node) if !node.is_null() => _ = self.properties.insert_at(name, self.span, node),
            _ => _ = self.properties.remove(name),
        }
    }

    /// A property.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.properties.get(name)
    }

    /// Sets an attribute beside `Properties`.
    pub fn set_attribute(&mut self, name: &'static str, value: Node) {
        self.attributes.insert_at(name, self.span, value);
    }

    /// `{"Ref": logical id}`.
    pub fn reference(&self) -> Node {
        reference(self.span, &self.logical_id)
    }

    /// `{"Fn::GetAtt": [logical id, attribute]}`.
    pub fn get_att(&self, attribute: &str) -> Node {
        get_att(self.span, &self.logical_id, attribute)
    }

    /// Whether the type has tags.
    pub fn has_tags(&self) -> bool {
        self.kind.properties.contains(&"Tags")
    }

    /// The resource as it stands in a template.
    pub fn into_node(mut self) -> Node {
        let mut map = Map::new();
        map.insert("Type", node!(self.span, self.kind.name));
        if let Some(depends_on) = self.depends_on.take().filter(truthy) {
            map.insert_at("DependsOn", self.span, depends_on);
        }
        for (name, entry) in std::mem::take(&mut self.attributes) {
            map.insert_at(name, entry.key_span, entry.node);
        }
        let span = self.span;
        map.insert_at("Properties", span, self.properties_in_order());
        Node::new(map, span)
    }

    /// Its properties in the order of its type.
    pub fn properties_in_order(mut self) -> Node {
        let mut properties = Map::new();
        for name in self.kind.properties {
            if let Some(value) = self.properties.get_mut(name) {
                let value = std::mem::take(value);
                properties.insert_at(*name, self.span, value);
            }
        }
        Node::new(properties, self.span)
    }
}

/// `[{"Key": …, "Value": …}]` of a mapping; `null` values become empty text.
pub fn tag_list(tags: &Map) -> Vec<Node> {
    tags.python_entries()
        .map(|(key, entry)| {
            let value = if entry.node.is_null() {
                Node { value: Value::from(""), span: entry.node.span }
            } else {
                entry.node.clone()
            };
            node!(entry.key_span, { "Key": key, "Value": value })
        })
        .collect()
}
