//! References to what SAM resources become: `Function.Version`, `Function.Alias`, changed logical ids.

use super::error::Fault;
use super::resolver::substitute_in_place;
use crate::{Map, Node, Value};
use std::collections::HashMap;

/// What properties of SAM resources can be referred to, and the logical ids that stand for them.
#[derive(Debug, Default)]
pub struct References {
    properties: HashMap<String, HashMap<&'static str, String>>,
    changed: HashMap<String, String>,
}

impl References {
    /// `id.property` means the resource `target`.
    pub fn add(&mut self, id: &str, property: &'static str, target: &str) {
        self.properties.entry(id.to_owned()).or_default().insert(property, target.to_owned());
    }

    /// The resource `old` is called `new` now.
    pub fn rename(&mut self, old: &str, new: &str) {
        self.changed.insert(old.to_owned(), new.to_owned());
    }

    fn property(&self, id: &str, property: &str) -> Option<&str> {
        self.properties.get(id)?.get(property).map(String::as_str)
    }

    fn renamed(&self, id: &str) -> Option<&str> {
        self.changed.get(id).map(String::as_str)
    }

    /// Rewrites all references in a template: first `DependsOn` and changed ids, then properties of SAM resources.
    pub fn rewrite(&self, template: &mut Map) -> Result<(), Fault> {
        if self.properties.is_empty() && self.changed.is_empty() {
            return Ok(());
        }
        template.iter_mut().try_for_each(|(_, node)| self.rewrite_node(node))
    }

    fn rewrite_node(&self, node: &mut Node) -> Result<(), Fault> {
        match &mut node.value {
            Value::Map(map) => {
                if let Some(depends_on) = map.get_mut("DependsOn") {
                    self.rewrite_depends_on(depends_on);
                }
                if map.len() == 1 {
                    self.rewrite_intrinsic(node)?;
                }
                match &mut node.value {
                    Value::Map(map) => map.iter_mut().try_for_each(|(_, item)| self.rewrite_node(item)),
                    _ => Ok(()),
                }
            }
            Value::List(list) => list.iter_mut().try_for_each(|item| self.rewrite_node(item)),
            _ => Ok(()),
        }
    }

    fn rewrite_depends_on(&self, depends_on: &mut Node) {
        match &mut depends_on.value {
            Value::String(id) => self.rewrite_id(id),
            Value::List(list) => {
                for item in list {
                    if let Value::String(id) = &mut item.value {
                        self.rewrite_id(id);
                    }
                }
            }
            _ => {}
        }
    }

    fn rewrite_id(&self, id: &mut String) {
        if let Some(new) = self.renamed(id) {
            *id = new.to_owned();
        }
    }

    fn rewrite_intrinsic(&self, node: &mut Node) -> Result<(), Fault> {
        let Value::Map(map) = &mut node.value else { return Ok(()) };
        if let Some(Value::String(name)) = map.get_mut("Ref").map(|node| &mut node.value) {
            self.rewrite_ref(name);
        } else if let Some(Value::List(items)) = map.get_mut("Fn::GetAtt").map(|node| &mut node.value) {
            self.rewrite_get_att(items);
        } else if map.contains_key("Fn::Sub") {
            substitute_in_place(node, &mut |name, full| Ok(self.renamed_in_sub(name, full)))?;
            substitute_in_place(node, &mut |name, full| Ok(self.property_in_sub(name, full)))?;
        }
        Ok(())
    }

    fn rewrite_ref(&self, name: &mut String) {
        let new = match name.split_once('.') {
            None => self.renamed(name),
            Some((id, property)) => self.property(id, property),
        };
        if let Some(new) = new {
            *name = new.to_owned();
        }
    }

    /// The items are joined and split at every dot: `["Function", "Alias.Arn"]` is `["Function", "Alias", "Arn"]`.
    fn rewrite_get_att(&self, items: &mut Vec<Node>) {
        if items.len() < 2 || !items.iter().all(|item| item.as_str().is_some()) {
            return;
        }
        for properties in [false, true] {
            let joined = items.iter().filter_map(Node::as_str).collect::<Vec<_>>().join(".");
            let parts: Vec<&str> = joined.split('.').collect();
            let (found, used) = if properties {
                (parts.get(1).and_then(|property| self.property(parts[0], property)), 2)
            } else {
                (self.renamed(parts[0]), 1)
            };
            let Some(new) = found else { continue };
            let (first, last) = (items[0].span, items[items.len() - 1].span);
            let mut rewritten = vec![Node::new(new, first)];
            rewritten.extend(parts.iter().skip(used).map(|part| Node::new(*part, last)));
            *items = rewritten;
        }
    }

    fn renamed_in_sub(&self, name: &str, full: &str) -> Option<String> {
        let id = name.split('.').next()?;
        self.renamed(id).map(|new| full.replace(id, new))
    }

    fn property_in_sub(&self, name: &str, full: &str) -> Option<String> {
        let mut parts = name.split('.');
        let (id, property) = (parts.next()?, parts.next()?);
        self.property(id, property).map(|new| full.replace(&format!("{id}.{property}"), new))
    }
}
