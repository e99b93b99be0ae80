//! What connectors look up among all resources: who waits for whom, and which mapping joins a source and a function.

use crate::Node;
use crate::sam::intrinsic::logical_id_of;
use crate::sam::make::{made, node};
use crate::sam::python::truthy;
use crate::sam::translation::Translation;
use base::Span;
use std::collections::HashMap;

/// Indexes over the resources, made when the first connector asks. Connectors come last, so only what connectors make
/// has to be added.
#[derive(Debug, Default)]
pub struct Connections {
    index: Option<Index>,
}

#[derive(Debug, Default)]
struct Index {
    /// By logical id: the resources that have it in their `DependsOn`.
    waiting: HashMap<String, Vec<String>>,
    /// By logical ids of an event source and a function: the mappings between them.
    mappings: HashMap<(String, String), Vec<String>>,
}

impl Connections {
    /// A resource was added that waits for others.
    pub fn note(&mut self, id: &str, depends_on: Option<&Node>) {
        if let (Some(index), Some(depends_on)) = (&mut self.index, depends_on) {
            index.add_waiting(id, depends_on);
        }
    }
}

impl Index {
    fn of(t: &Translation<'_>) -> Self {
        let mut index = Self::default();
        for (id, resource) in t.resources.iter() {
            let kind = resource.get("Type").and_then(Node::as_str);
            // What a connector waits for is read from the connector itself.
            if let Some(depends_on) = resource.get("DependsOn").filter(|_| kind != Some(super::KIND.name)) {
                index.add_waiting(id, depends_on);
            }
            if kind == Some("AWS::Lambda::EventSourceMapping") {
                let named = |property: &str| resource.at(&["Properties", property]).and_then(logical_id_of);
                if let (Some(source), Some(function)) = (named("EventSourceArn"), named("FunctionName")) {
                    let ends = (source.to_owned(), function.to_owned());
                    index.mappings.entry(ends).or_default().push(id.to_owned());
                }
            }
        }
        index
    }

    fn add_waiting(&mut self, id: &str, depends_on: &Node) {
        let ids = depends_on.as_list().unwrap_or(std::slice::from_ref(depends_on));
        for needed in ids.iter().filter_map(Node::as_str) {
            self.waiting.entry(needed.to_owned()).or_default().push(id.to_owned());
        }
    }
}

fn index<'t>(t: &'t mut Translation<'_>) -> &'t mut Index {
    if t.connections.index.is_none() {
        t.connections.index = Some(Index::of(t));
    }
    t.connections.index.get_or_insert_default()
}

/// The event source mapping from `source` to `function`, if there is exactly one.
pub(super) fn only_mapping(source: &str, function: &str, t: &mut Translation<'_>) -> Option<String> {
    match index(t).mappings.get(&(source.to_owned(), function.to_owned()))?.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    }
}

/// Makes a resource of the template wait for others.
pub(super) fn add_depends_on(id: &str, ids: &[&str], span: Span, t: &mut Translation<'_>) {
    let Some(resource) = t.resources.get_mut(id).filter(|resource| truthy(resource)) else { return };
    let Some(resource) = resource.as_map_mut() else { return };
    let mut list = as_list(resource.get("DependsOn"));
    for id in ids {
        if !list.iter().any(|known| known.as_str() == Some(id)) {
            list.push(node!(span, *id));
        }
    }
    resource.insert_at("DependsOn", made(span), Node::new(list, made(span)));
}

fn as_list(node: Option<&Node>) -> Vec<Node> {
    match node {
        None => Vec::new(),
        Some(node) => node.as_list().map_or_else(|| vec![node.clone()], <[Node]>::to_vec),
    }
}

/// Everything that waits for a connector waits for what is made of it.
pub(super) fn replace_depends_on(id: &str, ids: &[&str], t: &mut Translation<'_>) {
    let Some(waiting) = index(t).waiting.remove(id) else { return };
    for resource_id in waiting {
        let Some(resource) = t.resources.get_mut(&resource_id).and_then(Node::as_map_mut) else { continue };
        let mut list = as_list(resource.get("DependsOn"));
        let span = resource.get("DependsOn").map_or_else(Span::default, |node| node.span);
        if let Some(at) = list.iter().position(|node| node.as_str() == Some(id)) {
            list.remove(at);
        }
        resource.insert_at("DependsOn", made(span), Node::new(list, span));
        add_depends_on(&resource_id, ids, span, t);
    }
}
