//! What the implicit API and its paths take over from the functions behind them: conditions and policies.

use super::ImplicitApi;
use super::editor::Editor;
use crate::sam::default_body::MANAGED;
use crate::sam::error::Fault;
use crate::sam::make::{made, node};
use crate::sam::python::truthy;
use crate::{Map, Node};
use base::Span;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Collected from the events of all functions.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    /// The condition of each method, by API and path.
    conditions: HashMap<String, HashMap<String, BTreeMap<String, Option<String>>>>,
    /// Where each condition is first named.
    spans: HashMap<String, Span>,
    deletion_policies: HashMap<String, Vec<Option<Node>>>,
    update_replace_policies: HashMap<String, Vec<Option<Node>>>,
}

/// How many conditions one `Fn::Or` takes ("Condition functions", CloudFormation User Guide).
const MOST_CONDITIONS: usize = 10;

impl Attributes {
    /// One event.
    pub(super) fn note(
        &mut self,
        api_id: String,
        path: String,
        method: String,
        condition: Option<&Node>,
        deletion_policy: &Option<Node>,
        update_replace_policy: &Option<Node>,
    ) {
        self.deletion_policies.entry(api_id.clone()).or_default().push(deletion_policy.clone());
        self.update_replace_policies.entry(api_id.clone()).or_default().push(update_replace_policy.clone());
        let condition = condition.and_then(|node| Some((node.as_str()?.to_owned(), node.span)));
        if let Some((name, span)) = &condition {
            self.spans.entry(name.clone()).or_insert(*span);
        }
        let condition = condition.map(|(name, _)| name);
        self.conditions.entry(api_id).or_default().entry(path).or_default().insert(method, condition);
    }

    /// Writes all of it into the template.
    pub(super) fn apply(&self, api: &ImplicitApi, template: &mut Map) -> Result<(), Fault> {
        self.add_condition(api, template);
        let deletion = strongest(self.deletion_policies.get(api.logical_id), &["Retain", "Delete"]);
        let update = strongest(self.update_replace_policies.get(api.logical_id), &["Retain", "Snapshot", "Delete"]);
        if let Some(resource) = resource_mut(template, api.logical_id) {
            for (name, policy) in [("DeletionPolicy", deletion), ("UpdateReplacePolicy", update)] {
                if let Some((policy, span)) = policy {
                    resource.insert_at(name, made(span), node!(span, policy));
                }
            }
        }
        self.add_path_conditions(api, template)
    }

    /// The implicit API gets a condition if each of its methods has one.
    fn add_condition(&self, api: &ImplicitApi, template: &mut Map) {
        let Some(paths) = self.conditions.get(api.logical_id) else { return };
        let Some(conditions) = all(paths.values().flat_map(BTreeMap::values)) else { return };
        let span = template.get("Resources").and_then(|node| node.get(api.logical_id)).map(|node| node.span);
        let name = self.combined(template, conditions, api.condition, span.unwrap_or_default());
        if let Some(resource) = resource_mut(template, api.logical_id) {
            let span = span.unwrap_or_default();
            resource.insert_at("Condition", made(span), name);
        }
    }

    /// A path gets a condition if each of its methods has one.
    fn add_path_conditions(&self, api: &ImplicitApi, template: &mut Map) -> Result<(), Fault> {
        let Some(resources) = template.get("Resources").and_then(Node::as_map) else { return Ok(()) };
        let is_managed = |node: &Node| {
            node.get("Type").and_then(Node::as_str) == Some(api.resource_type)
                && node.at(&["Properties", MANAGED]).is_some_and(truthy)
        };
        let ids: Vec<String> =
            resources.python_iter().filter(|(_, node)| is_managed(node)).map(|(id, _)| id.to_owned()).collect();
        for id in ids {
            let Some(mut resource) = resource_mut(template, &id).map(std::mem::take) else { continue };
            let result = self.add_path_conditions_of(api, &id, &mut resource, template);
            if let Some(place) = resource_mut(template, &id) {
                *place = resource;
            }
            result?;
        }
        Ok(())
    }

    fn add_path_conditions_of(
        &self,
        api: &ImplicitApi,
        id: &str,
        resource: &mut Map,
        template: &mut Map,
    ) -> Result<(), Fault> {
        let Some(properties) = resource.get_mut("Properties").and_then(Node::as_map_mut) else { return Ok(()) };
        let span = properties.key_span(MANAGED).unwrap_or_default();
        Editor::edit(api, properties, |editor| {
            for path in editor.paths() {
                let methods = self.conditions.get(id).and_then(|paths| paths.get(&path));
                let Some(conditions) = methods.and_then(|methods| all(methods.values())) else { continue };
                let name = self.combined(template, conditions, &path_condition(id, &path), span);
                editor.make_path_conditional(&path, &name);
            }
            Ok(())
        })
    }

    /// The name of a condition that holds if one of `conditions` does: the only one, or a new one in the template.
    fn combined(&self, template: &mut Map, conditions: BTreeSet<String>, name: &str, span: Span) -> Node {
        if conditions.len() == 1 {
            let only = conditions.into_iter().next().unwrap_or_default();
            let span = self.spans.get(&only).copied().unwrap_or(span);
            return Node::new(only, span);
        }
        if !template.contains_key("Conditions") {
            template.insert_at("Conditions", made(span), node!(span, {}));
        }
        let conditions = conditions.into_iter().collect();
        if let Some(section) = template.get_mut("Conditions").and_then(Node::as_map_mut) {
            for (new, definition) in or_conditions(conditions, name, span) {
                section.insert_at(new, made(span), definition);
            }
        }
        node!(span, name)
    }
}

/// All conditions, if there is one and none is missing.
fn all<'a>(conditions: impl Iterator<Item = &'a Option<String>>) -> Option<BTreeSet<String>> {
    let all: Option<BTreeSet<String>> = conditions.cloned().collect();
    all.filter(|all| !all.is_empty())
}

/// The strongest of the policies that functions ask for, and where it stands.
fn strongest(policies: Option<&Vec<Option<Node>>>, order: &[&'static str]) -> Option<(&'static str, Span)> {
    let policies = policies?;
    order.iter().find_map(|name| {
        let found = policies.iter().flatten().find(|policy| policy.as_str() == Some(name))?;
        Some((*name, found.span))
    })
}

fn path_condition(id: &str, path: &str) -> String {
    format!("{id}{}PathCondition", path.replace('/', "SLASH").replace('{', "OB").replace('}', "CB"))
}

fn resource_mut<'a>(template: &'a mut Map, id: &str) -> Option<&'a mut Map> {
    template.get_mut("Resources")?.as_map_mut()?.get_mut(id)?.as_map_mut()
}

/// Conditions by name, of which `name` holds if one of `conditions` does. As an `Fn::Or` takes at most ten, there may
/// be others before it.
pub fn or_conditions(mut conditions: Vec<String>, name: &str, span: Span) -> Vec<(String, Node)> {
    let mut made_conditions = Vec::new();
    let mut left = if conditions.len() < 2 { 0 } else { (conditions.len() - 2) / (MOST_CONDITIONS - 1) };
    while conditions.len() > 1 {
        let new = if left > 0 { format!("{name}{left}") } else { name.to_owned() };
        left = left.saturating_sub(1);
        let rest = conditions.split_off(conditions.len().min(MOST_CONDITIONS));
        let items: Vec<Node> = conditions.iter().map(|condition| node!(span, { "Condition": condition })).collect();
        made_conditions.push((new.clone(), node!(span, { "Fn::Or": items })));
        conditions = rest;
        conditions.push(new);
    }
    made_conditions
}
