//! What connectors look up among all resources: who waits for whom, which mapping joins a source and a function, and
//! which target of a rule is which.

use crate::sam::hash::sorted_json;
use crate::sam::intrinsic::logical_id_of;
use crate::sam::make::{made, node};
use crate::sam::python::truthy;
use crate::sam::translation::Translation;
use crate::{Map, Node};
use base::Span;
use indexmap::IndexMap;
use std::collections::{HashMap, VecDeque};

/// Indexes over the resources, made when the first connector asks. Connectors come last, so only what connectors make
/// has to be added.
#[derive(Debug, Default)]
pub struct Connections {
    index: Option<Index>,
    /// `DependsOn` of resources as it changes, by logical id.
    depends_on: IndexMap<String, DependsOn>,
    /// The targets of event rules, by logical id.
    targets: HashMap<String, Targets>,
}

#[derive(Debug, Default)]
struct Index {
    /// By logical id: the resources that have it in their `DependsOn`.
    waiting: HashMap<String, Vec<String>>,
    /// By logical ids of an event source and a function: the mappings between them.
    mappings: HashMap<(String, String), Vec<String>>,
}

/// A `DependsOn` of which items are taken out and to which others are added.
#[derive(Debug)]
struct DependsOn {
    items: Vec<Option<Node>>,
    /// Where each logical id stands.
    places: HashMap<String, VecDeque<usize>>,
    key_span: Span,
    span: Span,
}

/// The places of a rule's targets, by what their `Arn` refers to and by what it is.
#[derive(Debug, Default)]
struct Targets {
    by_id: HashMap<String, usize>,
    by_arn: HashMap<String, usize>,
}

impl Connections {
    /// A resource was added that waits for others.
    pub fn note(&mut self, id: &str, depends_on: Option<&Node>) {
        if let (Some(index), Some(depends_on)) = (&mut self.index, depends_on) {
            index.add_waiting(id, depends_on);
        }
    }

    /// Writes what changed into the resources.
    pub fn apply(self, resources: &mut Map) {
        for (id, depends_on) in self.depends_on {
            if let Some(resource) = resources.get_mut(&id).and_then(Node::as_map_mut) {
                let items: Vec<Node> = depends_on.items.into_iter().flatten().collect();
                resource.insert_at("DependsOn", depends_on.key_span, Node::new(items, depends_on.span));
            }
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

impl DependsOn {
    fn of(node: Option<&Node>, span: Span) -> Self {
        let mut depends_on = Self { items: Vec::new(), places: HashMap::new(), key_span: made(span), span: made(span) };
        let items = node.map_or(&[][..], |node| node.as_list().unwrap_or(std::slice::from_ref(node)));
        items.iter().for_each(|item| depends_on.push(item.clone()));
        depends_on
    }

    fn push(&mut self, item: Node) {
        if let Some(id) = item.as_str() {
            self.places.entry(id.to_owned()).or_default().push_back(self.items.len());
        }
        self.items.push(Some(item));
    }

    fn has(&self, id: &str) -> bool {
        self.places.get(id).is_some_and(|places| !places.is_empty())
    }

    fn take(&mut self, id: &str) {
        let place = self.places.get_mut(id).and_then(VecDeque::pop_front);
        if let Some(item) = place.and_then(|place| self.items.get_mut(place)) {
            *item = None;
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

/// The place of the first target of a rule that is the resource `id` or has the ARN `arn`.
pub(super) fn target_at(
    rule: &str,
    targets: &[Node],
    id: Option<&str>,
    arn: Option<&Node>,
    connections: &mut Connections,
) -> Option<usize> {
    if !connections.targets.contains_key(rule) {
        let mut found = Targets::default();
        for (at, target) in targets.iter().enumerate() {
            let Some(arn) = target.get("Arn") else { continue };
            if let Some(id) = logical_id_of(arn) {
                found.by_id.entry(id.to_owned()).or_insert(at);
            }
            found.by_arn.entry(sorted_json(arn)).or_insert(at);
        }
        connections.targets.insert(rule.to_owned(), found);
    }
    let found = connections.targets.get(rule)?;
    let by_id = id.and_then(|id| found.by_id.get(id));
    let by_arn = arn.and_then(|arn| found.by_arn.get(&sorted_json(arn)));
    by_id.into_iter().chain(by_arn).min().copied()
}

/// `DependsOn` of a resource of the template, to change.
fn depends_on<'t>(id: &str, span: Span, t: &'t mut Translation<'_>) -> Option<&'t mut DependsOn> {
    let resource = t.resources.get(id).filter(|resource| truthy(resource))?.as_map()?;
    let changed = &mut t.connections.depends_on;
    if !changed.contains_key(id) {
        changed.insert(id.to_owned(), DependsOn::of(resource.get("DependsOn"), span));
    }
    changed.get_mut(id)
}

/// Makes a resource of the template wait for others.
pub(super) fn add_depends_on(id: &str, ids: &[&str], span: Span, t: &mut Translation<'_>) {
    let Some(depends_on) = depends_on(id, span, t) else { return };
    for id in ids {
        if !depends_on.has(id) {
            depends_on.push(node!(span, *id));
        }
    }
}

/// Everything that waits for a connector waits for what is made of it.
pub(super) fn replace_depends_on(id: &str, ids: &[&str], t: &mut Translation<'_>) {
    let Some(waiting) = index(t).waiting.remove(id) else { return };
    for resource_id in waiting {
        let span = t.resources.get(&resource_id).and_then(|resource| resource.get("DependsOn"));
        let span = span.map_or_else(Span::default, |node| node.span);
        if let Some(depends_on) = depends_on(&resource_id, span, t) {
            depends_on.take(id);
        }
        add_depends_on(&resource_id, ids, span, t);
    }
}
