//! A definition, ready to make resources of: which resources it has, in which order, and what their properties come to.

use super::exports;
use super::stack::{Definition, Output, Stack};
use crate::world::World;
use base::{Diagnostics, FileId, Span, StackName};
use indexmap::IndexMap;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use template::intrinsic::{Evaluated, Lookup, Parameters, Pseudo, Resolve, Scope, Truth, Undeployed};
use template::{Dialect, Node};

/// What a value reads as that is only known when the change set has been executed.
pub(crate) const UNKNOWN: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// A resource of a definition whose condition holds.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    /// Type.
    pub resource_type: String,
    /// Logical ids that it needs, by `DependsOn` and by reference.
    pub depends_on: Vec<String>,
    /// `DeletionPolicy`.
    pub deletion_policy: Option<String>,
    /// `UpdateReplacePolicy`.
    pub update_replace_policy: Option<String>,
    /// `Metadata`.
    pub metadata: Option<Value>,
    /// Properties before evaluation.
    pub raw: Value,
}

/// A definition with its conditions decided.
#[derive(Debug, Default)]
pub(crate) struct Blueprint {
    template: Node,
    parameters: Parameters,
    pseudo: Pseudo,
    resources: IndexMap<String, Spec>,
}

impl Blueprint {
    /// That of a stack's definition. One that cannot be read has no resources: it was refused before it got here.
    pub(crate) fn of(stack: &Stack) -> Arc<Self> {
        let make = || Arc::new(Self::build(&stack.definition, stack).unwrap_or_default());
        Arc::clone(stack.definition.cache.get_or_init(make))
    }

    /// That of a definition for a stack.
    pub(crate) fn build(definition: &Definition, stack: &Stack) -> Result<Self, String> {
        let pseudo = Pseudo {
            account: Some(stack.account.clone()),
            region: Some(stack.region.clone()),
            stack_name: StackName::new(stack.name.clone()).ok(),
            stack_id: Some(stack.id.clone()),
            notification_arns: definition.notification_arns.clone(),
        };
        Self::of_template(parse(definition.processed_text()), definition, pseudo)
    }

    /// That of a template that was read already.
    pub(crate) fn of_template(template: Node, definition: &Definition, pseudo: Pseudo) -> Result<Self, String> {
        let parameters = values(&template, definition);
        let mut blueprint = Self { template, parameters, pseudo, resources: IndexMap::new() };
        let found = blueprint.specs()?;
        blueprint.resources = in_order(found)?;
        Ok(blueprint)
    }

    fn specs(&self) -> Result<IndexMap<String, Spec>, String> {
        let scope = Scope::new(&self.template, &self.parameters, &self.pseudo, &Undeployed);
        let mut problems = Diagnostics::new();
        let mut found = IndexMap::new();
        for (id, node) in self.template.get("Resources").and_then(Node::as_map).into_iter().flat_map(|m| m.iter()) {
            let condition = node.get("Condition").and_then(Node::as_str);
            let holds = condition.is_none_or(|name| scope.condition(name, node.span, &mut problems) != Truth::False);
            if holds {
                found.insert(id.to_owned(), spec(&scope, node));
            }
        }
        if let Some(problem) = problems.iter().find(|p| p.is_error()) {
            return Err(format!("Template error: {}", problem.message));
        }
        let known: BTreeSet<String> = found.keys().cloned().collect();
        for spec in found.values_mut() {
            spec.depends_on.retain(|id| known.contains(id));
        }
        Ok(found)
    }

    /// A resource by its logical id.
    pub(crate) fn resource(&self, id: &str) -> Option<&Spec> {
        self.resources.get(id)
    }

    /// All resources: what others depend on comes first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Spec)> {
        self.resources.iter().map(|(id, spec)| (id.as_str(), spec))
    }

    /// The properties of a resource.
    pub(crate) fn properties(&self, id: &str, around: &Surroundings<'_>) -> Result<Value, String> {
        let node = self.template.at(&["Resources", id, "Properties"]);
        let mut out = serde_json::Map::new();
        for (name, node) in node.and_then(Node::as_map).into_iter().flat_map(|m| m.iter()) {
            if let Some(value) = self.value(node, around)? {
                out.insert(name.to_owned(), value);
            }
        }
        Ok(Value::Object(out))
    }

    fn value(&self, node: &Node, around: &Surroundings<'_>) -> Result<Option<Value>, String> {
        let scope = Scope::new(&self.template, &self.parameters, &self.pseudo, around);
        let mut problems = Diagnostics::new();
        let value = scope.evaluate(node, &mut problems);
        match value {
            Evaluated::Absent => Ok(None),
            Evaluated::Known(node) => Ok(Some(around.resolved(template::write::to_json(&node))?)),
            Evaluated::Unknown(_) if around.is_plan() => Ok(Some(UNKNOWN.into())),
            Evaluated::Unknown(unknown) => {
                Err(problems.into_iter().find(|p| p.is_error()).map_or(unknown.why, |p| p.message))
            }
        }
    }

    /// The outputs whose conditions hold, and the names of all exports that the definition uses.
    pub(crate) fn outputs(&self, around: &Surroundings<'_>) -> Result<(Vec<Output>, Vec<String>), String> {
        let scope = Scope::new(&self.template, &self.parameters, &self.pseudo, around);
        let mut problems = Diagnostics::new();
        let mut outputs = Vec::new();
        for (key, node) in self.template.get("Outputs").and_then(Node::as_map).into_iter().flat_map(|m| m.iter()) {
            let condition = node.get("Condition").and_then(Node::as_str);
            if condition.is_some_and(|name| scope.condition(name, node.span, &mut problems) == Truth::False) {
                continue;
            }
            let part = |path: &[&str]| node.at(path).map(|n| self.value(n, around)).transpose().map(Option::flatten);
            let Some(value) = part(&["Value"])? else { continue };
            let text = crate::services::resources::text_of(&value);
            let value =
                text.ok_or_else(|| format!("Template format error: Every Value member must be a string. ({key})"))?;
            let text = |value: Option<Value>| value.as_ref().and_then(crate::services::resources::text_of);
            let (description, export) = (text(part(&["Description"])?), text(part(&["Export", "Name"])?));
            outputs.push(Output { key: key.to_owned(), value, description, export });
        }
        for id in self.resources.keys() {
            self.properties(id, around)?;
        }
        Ok((outputs, around.imports.borrow().iter().cloned().collect()))
    }
}

/// Reads a template that was accepted before.
pub(crate) fn parse(text: &str) -> Node {
    template::parse(FileId(0), text, Dialect::Template).0
}

fn spec(scope: &Scope<'_>, node: &Node) -> Spec {
    let mut unheard = Diagnostics::new();
    let text = |key: &str| node.get(key).and_then(Node::as_str).map(str::to_owned);
    let properties = node.get("Properties");
    let mut depends_on: Vec<String> = match node.get("DependsOn") {
        Some(one) if one.as_str().is_some() => one.as_str().into_iter().map(str::to_owned).collect(),
        Some(many) => many.as_list().into_iter().flatten().filter_map(Node::as_str).map(str::to_owned).collect(),
        None => Vec::new(),
    };
    // Only the branches that count make dependencies.
    let simple = properties.and_then(|p| scope.simplify(p, &mut unheard)).map(|n| template::write::to_json(&n));
    for name in super::diff::references(&simple.unwrap_or_default()) {
        let target = name.split('.').next().unwrap_or_default().to_owned();
        if !depends_on.contains(&target) {
            depends_on.push(target);
        }
    }
    Spec {
        resource_type: text("Type").unwrap_or_default(),
        depends_on,
        deletion_policy: policy(scope, node.get("DeletionPolicy")),
        update_replace_policy: policy(scope, node.get("UpdateReplacePolicy")),
        metadata: node
            .get("Metadata")
            .and_then(|m| scope.simplify(m, &mut unheard))
            .map(|n| template::write::to_json(&n)),
        raw: properties.map(template::write::to_json).unwrap_or_default(),
    }
}

fn policy(scope: &Scope<'_>, node: Option<&Node>) -> Option<String> {
    scope.evaluate(node?, &mut Diagnostics::new()).text()
}

/// Sorts resources so that each comes after those it depends on; otherwise in the order of the template.
fn in_order(mut found: IndexMap<String, Spec>) -> Result<IndexMap<String, Spec>, String> {
    let mut sorted = IndexMap::with_capacity(found.len());
    while !found.is_empty() {
        let free = |spec: &Spec| spec.depends_on.iter().all(|d| sorted.contains_key(d));
        let ready: Vec<String> = found.iter().filter(|(_, s)| free(s)).map(|(id, _)| id.clone()).collect();
        if ready.is_empty() {
            let left: Vec<&str> = found.keys().map(String::as_str).collect();
            return Err(format!("Circular dependency between resources: [{}]", left.join(", ")));
        }
        for id in ready {
            if let Some(spec) = found.shift_remove(&id) {
                sorted.insert(id, spec);
            }
        }
    }
    Ok(sorted)
}

/// Parameter values as the evaluation wants them: lists as lists.
fn values(template: &Node, definition: &Definition) -> Parameters {
    let kind =
        |name: &str| template.at(&["Parameters", name, "Type"]).and_then(Node::as_str).unwrap_or("String").to_owned();
    let value = |name: &String, text: &str| {
        let kind = kind(name);
        if kind != "CommaDelimitedList" && !kind.contains("List<") {
            return Node::new(text, Span::default());
        }
        let items = text.split(',').filter(|_| !text.is_empty());
        Node::new(items.map(|t| Node::new(t.trim(), Span::default())).collect::<Vec<_>>(), Span::default())
    };
    definition.parameters.iter().map(|(k, p)| (k.clone(), Evaluated::Known(value(k, p.effective())))).collect()
}

type IsUnknown<'a> = &'a dyn Fn(&str) -> bool;

/// What an evaluation can ask about: the stack's resources, the exports of others, parameters kept in SSM.
pub(crate) struct Surroundings<'a> {
    world: &'a World,
    stack: &'a Stack,
    exports: BTreeMap<String, String>,
    unknown: Option<IsUnknown<'a>>,
    imports: RefCell<BTreeSet<String>>,
}

impl<'a> Surroundings<'a> {
    /// The stack as it is.
    pub(crate) fn new(world: &'a World, stack: &'a Stack) -> Self {
        let exports = exports::visible_to(world, stack);
        Self { world, stack, exports, unknown: None, imports: RefCell::default() }
    }

    /// The stack as it would be: some resources are not there yet.
    pub(crate) fn planned(world: &'a World, stack: &'a Stack, unknown: IsUnknown<'a>) -> Self {
        Self { unknown: Some(unknown), ..Self::new(world, stack) }
    }

    fn is_plan(&self) -> bool {
        self.unknown.is_some()
    }

    fn found(text: impl Into<template::Value>) -> Lookup {
        Lookup::Found(Node::new(text, Span::default()))
    }

    /// The same value with its dynamic references to SSM parameters read. Secrets stay as they are written.
    fn resolved(&self, value: Value) -> Result<Value, String> {
        match value {
            Value::String(text) if text.contains("{{resolve:ssm:") => self.resolve_ssm(&text).map(Value::String),
            Value::Array(items) => items.into_iter().map(|v| self.resolved(v)).collect(),
            Value::Object(map) => {
                let members: Result<_, String> = map.into_iter().map(|(k, v)| Ok((k, self.resolved(v)?))).collect();
                Ok(Value::Object(members?))
            }
            other => Ok(other),
        }
    }

    fn resolve_ssm(&self, text: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{resolve:ssm:") {
            let Some((reference, tail)) = after.split_once("}}") else { break };
            let name = reference.split(':').next().unwrap_or_default();
            let value = super::prepare::ssm_value(self.world, &self.stack.account, &self.stack.region, name)
                .ok_or_else(|| format!("Parameters: [ssm:{reference}] cannot be found."))?;
            out.push_str(before);
            out.push_str(&value);
            rest = tail;
        }
        Ok(out + rest)
    }
}

impl Resolve for Surroundings<'_> {
    fn reference(&self, id: &str) -> Lookup {
        if self.unknown.is_some_and(|unknown| unknown(id)) {
            return Self::found(UNKNOWN);
        }
        match self.stack.resources.get(id).filter(|r| !r.physical_id.is_empty()) {
            Some(resource) => Self::found(resource.physical_id.as_str()),
            None if self.is_plan() => Self::found(UNKNOWN),
            None => Lookup::Missing(format!(
                "Unresolved resource dependencies [{id}] in the Resources block of the template"
            )),
        }
    }

    fn attribute(&self, id: &str, attribute: &str) -> Lookup {
        if self.unknown.is_some_and(|unknown| unknown(id)) {
            return Self::found(UNKNOWN);
        }
        let Some(resource) = self.stack.resources.get(id).filter(|r| !r.physical_id.is_empty()) else {
            return if self.is_plan() {
                Self::found(UNKNOWN)
            } else {
                Lookup::Missing(format!("Resource {id} does not exist"))
            };
        };
        if let Some(value) = resource.attributes.get(attribute) {
            return Lookup::Found(template::write::from_json(value, Span::default()));
        }
        match super::provider::attribute(self.world, self.stack, resource, attribute) {
            Some(value) => Lookup::Found(template::write::from_json(&value, Span::default())),
            None => Lookup::Missing(format!(
                "Requested attribute {attribute} does not exist in schema for {}",
                resource.resource_type
            )),
        }
    }

    fn import(&self, name: &str) -> Lookup {
        self.imports.borrow_mut().insert(name.to_owned());
        match self.exports.get(name) {
            Some(value) => Self::found(value.as_str()),
            None => Lookup::Missing(format!("No export named {name} found.")),
        }
    }

    fn availability_zones(&self, region: &str) -> Lookup {
        let region = if region.is_empty() { self.stack.region.as_str() } else { region };
        let zones: Vec<Node> = ["a", "b", "c"].map(|z| Node::new(format!("{region}{z}"), Span::default())).into();
        Self::found(zones)
    }
}
