//! The state of one transform, and the loop that turns SAM resources into CloudFormation resources one by one.
//!
//! The loop goes by kind, because one kind writes into another: functions and state machines add their API events to
//! the definitions of APIs, so APIs come after them; connectors look at finished resources, so they come last.

use super::api::Shared;
use super::cfn::{PASS_THROUGH, Resource, check_logical_id, pass_through};
use super::context::Context;
use super::deployment::Deployments;
use super::error::{Cause, Fault};
use super::existing::Changes;
use super::function::SharedDestinations;
use super::make::node;
use super::property::{Property, check_all, check_known};
use super::python::truthy;
use super::references::References;
use super::repository::Answers;
use super::resolver::{Mappings, Resolver};
use super::resource::connector::Connections;
use super::{policy_templates, registry, repository};
use crate::{Map, Node};
use base::Span;
use std::collections::HashMap;

/// When a kind of resource is translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// `AWS::Serverless::Function`: its API events change the definitions of APIs.
    Functions,
    /// `AWS::Serverless::StateMachine`: likewise.
    StateMachines,
    /// The APIs, when their definitions are complete.
    Apis,
    /// What neither changes others nor waits for others.
    Others,
    /// `AWS::Serverless::Connector`: looks at the finished CloudFormation resources.
    Connectors,
}

/// A SAM resource type. To add one: copy a file in `sam/resource/`, rename, edit, and add one line in `registry.rs`.
pub struct ResourceKind {
    /// For example `AWS::Serverless::SimpleTable`.
    pub name: &'static str,
    /// When it is translated.
    pub phase: Phase,
    /// Its properties.
    pub properties: &'static [Property],
    /// Properties of it that templates may refer to as `LogicalId.Property`, and the CloudFormation type each means.
    pub referable: &'static [(&'static str, &'static str)],
    /// Whether properties it does not have are left out in silence.
    pub ignores_unknown: bool,
    /// Makes its CloudFormation resources. A changed `logical_id` is changed in all references to it.
    pub translate: fn(&mut SamResource, &mut Translation<'_>) -> Result<Vec<Resource>, Fault>,
}

/// A SAM resource of the template, checked against its kind.
#[derive(Debug)]
pub struct SamResource {
    /// Its logical id.
    pub logical_id: String,
    /// Its properties. `null` is the same as nothing; use [`Self::get`] and [`Self::take`].
    pub properties: Map,
    /// Its `DependsOn`.
    pub depends_on: Option<Node>,
    /// Its attributes `DeletionPolicy`, `UpdatePolicy`, `Condition`, `UpdateReplacePolicy`, `Metadata`.
    pub attributes: Map,
    /// Where it stands.
    pub span: Span,
}

/// The state of one transform.
pub struct Translation<'c> {
    /// What is known besides the template.
    pub context: &'c Context,
    /// Parameter values.
    pub resolver: Resolver,
    /// The template's mappings.
    pub mappings: Mappings,
    /// The template without `Resources`.
    pub template: Map,
    /// The resources: SAM resources until their turn comes, CloudFormation resources afterwards.
    pub resources: Map,
    /// The types that resources of the template had before any was translated.
    pub original_types: HashMap<String, String>,
    /// What references have to be rewritten at the end.
    pub references: References,
    /// Functions with a deployment preference.
    pub deployments: Deployments,
    /// What the Serverless Application Repository answered.
    pub repository: Answers,
    /// What the APIs of a template share.
    pub apis: Shared,
    /// What events change in other resources of the template.
    pub changes: Changes,
    /// Where invocations of functions end that have it from `Globals`.
    pub shared_destinations: SharedDestinations,
    /// Properties of APIs that are no SAM resources, as events changed them.
    pub shadows: HashMap<String, Map>,
    /// What connectors look up among all resources.
    pub connections: Connections,
    /// Faults found so far.
    pub causes: Vec<Cause>,
}

impl SamResource {
    /// Takes a resource of a template apart and checks it.
    pub fn read(kind: &ResourceKind, logical_id: &str, node: Node, t: &mut Translation<'_>) -> Result<Self, Fault> {
        let span = node.span;
        check_key(logical_id, t)?;
        check_logical_id(logical_id)?;
        let mut map = match node.value {
            crate::Value::Map(map) => map,
            _ => Map::new(),
        };
        let properties = read_properties(logical_id, map.remove("Properties"))?;
        let mut resource =
            Self { logical_id: logical_id.to_owned(), properties, depends_on: None, attributes: Map::new(), span };
        repository::prepare_resource(kind.name, &mut resource, t)?;
        policy_templates::apply(kind.name, &mut resource)?;
        resource.depends_on = map.remove("DependsOn");
        for name in ["DeletionPolicy", "UpdatePolicy", "Condition", "UpdateReplacePolicy", "Metadata"] {
            if let (Some(key_span), Some(value)) = (map.key_span(name), map.remove(name)) {
                resource.attributes.insert_at(name, key_span, value);
            }
        }
        if kind.ignores_unknown {
            check_known(logical_id, kind.properties, &resource.properties)?;
        } else {
            check_all(logical_id, kind.name, kind.properties, &resource.properties)?;
        }
        Ok(resource)
    }

    /// A property; `null` is nothing.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.properties.get(name).filter(|node| !node.is_null())
    }

    /// A property, if Python takes it for true.
    pub fn truthy(&self, name: &str) -> Option<&Node> {
        self.properties.get(name).filter(|node| truthy(node))
    }

    /// A property, taken out; `null` is nothing.
    pub fn take(&mut self, name: &str) -> Option<Node> {
        self.properties.remove(name).filter(|node| !node.is_null())
    }

    /// The attributes that every resource made from this one gets.
    pub fn pass_through(&self) -> Map {
        pass_through(&self.attributes)
    }

    /// A resource is invalid: this one.
    pub fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::resource(&self.logical_id, message).at(self.span)
    }
}

/// A key that YAML reads as a number is no text, and so no logical id, unless the template went through JSON.
fn check_key(logical_id: &str, t: &Translation<'_>) -> Result<(), Fault> {
    let is_number = logical_id.bytes().all(|b| b.is_ascii_digit());
    if t.context.json_roundtrip || !is_number {
        return Ok(());
    }
    // A quoted key is longer than its text.
    match t.resources.key_span(logical_id) {
        Some(span) if (span.end - span.start) as usize == logical_id.len() => {
            Err(Fault::resource(logical_id, "Logical ids must be alphanumeric.").at(span))
        }
        _ => Ok(()),
    }
}

fn read_properties(id: &str, node: Option<Node>) -> Result<Map, Fault> {
    match node {
        None => Ok(Map::new()),
        Some(Node { value: crate::Value::Map(map), .. }) => Ok(map),
        Some(other) => Err(Fault::resource(id, "Properties of a resource must be an object.").at(other.span)),
    }
}

impl<'c> Translation<'c> {
    /// Translates all SAM resources.
    pub fn run(&mut self) -> Result<(), Fault> {
        let mut phase = Phase::Functions;
        for (kind, id) in self.order() {
            if kind.phase != phase {
                self.end(phase);
                phase = kind.phase;
            }
            if let Err(fault) = self.translate(kind, &id) {
                match fault {
                    Fault::One(cause) => self.causes.push(*cause),
                    fatal @ Fault::Document(_) => return Err(fatal),
                }
            }
        }
        self.end(phase);
        Ok(())
    }

    /// Writes what the resources of a phase have in common.
    fn end(&mut self, phase: Phase) {
        match phase {
            Phase::Functions => std::mem::take(&mut self.changes).apply(&mut self.resources),
            Phase::Apis => super::api::place_shared(self),
            Phase::Connectors => std::mem::take(&mut self.connections).apply(&mut self.resources),
            Phase::StateMachines | Phase::Others => {}
        }
    }

    /// The SAM resources in the order they are translated.
    fn order(&self) -> Vec<(&'static ResourceKind, String)> {
        let mut order: Vec<(&'static ResourceKind, String)> = self
            .resources
            .python_iter()
            .filter_map(|(id, node)| Some((registry::kind(node.get("Type")?.as_str()?)?, id.to_owned())))
            .collect();
        order.sort_by_key(|(kind, _)| kind.phase);
        order
    }

    fn translate(&mut self, kind: &'static ResourceKind, id: &str) -> Result<(), Fault> {
        // What is taken out leaves nothing in its place, which `finish` sweeps away if nothing takes it.
        let Some(node) = self.resources.get_mut(id) else { return Ok(()) };
        let (span, node) = (node.span, Node { span: node.span, value: std::mem::take(&mut node.value) });
        if kind.phase == Phase::Connectors {
            // A connector may name itself, and finds a resource that cannot be connected.
            self.resources.insert(id, node!(span, { "Type": kind.name }));
        }
        let result = self.translate_node(kind, id, node);
        if result.is_err() {
            // Connectors still see that there is a resource.
            self.resources.insert(id, node!(span, { "Type": kind.name }));
        }
        let (new_id, made) = result.map_err(|fault| fault.at(span))?;
        if new_id != id {
            self.references.rename(id, &new_id);
        }
        if let Some(place) = self.resources.get_mut(id).filter(|_| kind.phase == Phase::Connectors) {
            *place = Node::default();
        }
        self.refer(kind, &new_id, &made);
        for resource in made {
            self.place(id, resource);
        }
        Ok(())
    }

    fn translate_node(
        &mut self,
        kind: &'static ResourceKind,
        id: &str,
        node: Node,
    ) -> Result<(String, Vec<Resource>), Fault> {
        let mut resource = SamResource::read(kind, id, node, self)?;
        let made = (kind.translate)(&mut resource, self)?;
        Ok((resource.logical_id, made))
    }

    /// Notes what `LogicalId.Property` means for the properties of `kind` that may be referred to.
    fn refer(&mut self, kind: &ResourceKind, id: &str, made: &[Resource]) {
        for (property, cfn_type) in kind.referable {
            if let Some(target) = made.iter().rev().find(|resource| resource.kind.name == *cfn_type) {
                self.references.add(id, property, &target.logical_id);
            }
        }
    }

    /// Puts a made resource into the template, if its logical id is free.
    pub fn place(&mut self, from: &str, resource: Resource) {
        let taken = match self.original_types.get(&resource.logical_id) {
            Some(original) => !resource.kind.replaces.contains(&original.as_str()),
            None => false,
        };
        if taken {
            let fault = Fault::duplicate(from, &resource.logical_id, resource.kind.name).at(resource.span);
            self.causes.extend(fault.into_causes());
            return;
        }
        let (id, span) = (resource.logical_id.clone(), resource.span);
        self.connections.note(&id, resource.depends_on.as_ref());
        self.resources.insert_at(id, span, resource.into_node());
    }

    /// The `Conditions` section, made if the template has none.
    pub fn conditions(&mut self) -> Option<&mut Map> {
        if !self.template.contains_key("Conditions") {
            self.template.insert("Conditions", Node::new(Map::new(), Span::default()));
        }
        self.template.get_mut("Conditions").and_then(Node::as_map_mut)
    }

    /// The properties of a resource of the template, to change.
    pub fn properties_of(&mut self, id: &str) -> Option<&mut Map> {
        self.resources.get_mut(id)?.as_map_mut()?.get_mut("Properties")?.as_map_mut()
    }

    /// Runs `change` on the properties of an API. What it changes in a resource that is no SAM API is seen by later
    /// events only: AWS's translator never writes such a resource back.
    pub fn with_api<T>(
        &mut self,
        id: &str,
        change: impl FnOnce(&mut Map, &Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let original = self.original_types.get(id).map(String::as_str);
        let is_sam = matches!(original, Some("AWS::Serverless::Api" | "AWS::Serverless::HttpApi"));
        let mut properties = match (is_sam, self.shadows.remove(id)) {
            (false, Some(shadow)) => shadow,
            (true, _) => self.properties_of(id).map(std::mem::take).unwrap_or_default(),
            (false, None) => self.properties_of(id).map(|map| map.clone()).unwrap_or_default(),
        };
        let result = change(&mut properties, self);
        match self.properties_of(id) {
            Some(place) if is_sam => *place = properties,
            _ => _ = self.shadows.insert(id.to_owned(), properties),
        }
        result
    }

    /// `arn:partition:iam::aws:policy/name`.
    pub fn managed_policy_arn(&self, name: &str) -> String {
        format!("arn:{}:iam::aws:policy/{name}", self.context.partition)
    }
}

/// Whether the attribute is one that every resource made from a SAM resource gets.
pub fn is_passed_through(name: &str) -> bool {
    PASS_THROUGH.contains(&name)
}
