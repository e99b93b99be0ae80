//! The event sources of functions and state machines: one file each.
//!
//! To add one: copy a file, rename, edit, and add one line to a list in `registry.rs`.

pub mod alexa_skill;
pub mod api;
mod api_auth;
pub mod cloud_watch_event;
pub mod cloud_watch_logs;
pub mod cognito;
mod dead_letter;
pub mod http_api;
pub mod iot_rule;
mod permission;
pub mod pull;
mod request_parameters;
pub mod s3;
pub mod schedule;
pub mod schedule_v2;
pub mod sns;
pub mod state_machine_api;

pub use dead_letter::{SQS_QUEUE, SQS_QUEUE_POLICY};
pub use permission::PERMISSION;

use super::cfn::{CfnType, Resource, check_logical_id, pass_through};
use super::definition_text::shown;
use super::error::Fault;
use super::make::{get_att, made, reference};
use super::openapi::KeySpans;
use super::property::{Property, check_all};
use super::python::{truthy, type_name};
use super::role::GrowingRole;
use super::translation::Translation;
use crate::{Map, Node, Value};
use base::Span;
use indexmap::IndexSet;

/// An event source.
pub struct EventKind {
    /// The `Type` of its events.
    pub name: &'static str,
    /// Its properties.
    pub properties: &'static [Property],
    /// Checks what it refers to, before any event of the function is translated.
    pub link: fn(&Event, &Translation<'_>) -> Result<(), Fault>,
    /// Makes its CloudFormation resources. Faults about the event are told as the function's.
    pub translate: fn(&mut Event, &mut Target<'_>, &mut Translation<'_>) -> Result<Vec<Resource>, Fault>,
}

/// An event of the template, checked against its kind.
pub struct Event {
    /// Its kind.
    pub kind: &'static EventKind,
    /// The logical id of its owner and its name, joined.
    pub logical_id: String,
    /// Its name.
    pub name: String,
    /// Its properties; `null` is nothing.
    pub properties: Map,
    /// Where it stands.
    pub span: Span,
}

/// What an event starts.
pub struct Target<'a> {
    /// Its logical id: of the function or state machine, or of its alias.
    pub logical_id: String,
    /// The logical id of the function or state machine itself.
    pub owner: String,
    /// What it is.
    pub kind: TargetKind,
    /// Its attributes.
    pub attributes: Map,
    /// The execution role of a function.
    pub role: Option<GrowingRole<'a>>,
    /// The permissions boundary of a state machine's roles.
    pub permissions_boundary: Option<Node>,
    /// The resources of the template that its events changed.
    pub changed: IndexSet<String>,
    /// Where it stands.
    pub span: Span,
}

/// What an event starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    /// A function.
    Function,
    /// An alias of a function.
    FunctionAlias,
    /// A state machine or an alias of one.
    StateMachine,
}

impl Target<'_> {
    /// Its ARN.
    pub fn arn(&self) -> Node {
        match self.kind {
            TargetKind::Function => get_att(self.span, self.logical_id(), "Arn"),
            TargetKind::FunctionAlias | TargetKind::StateMachine => self.reference(),
        }
    }

    /// A `Ref` to it: the name of a function, the ARN of an alias or state machine.
    pub fn reference(&self) -> Node {
        reference(self.span, self.logical_id())
    }

    fn logical_id(&self) -> Node {
        Node::new(self.logical_id.as_str(), made(self.span))
    }

    /// The attributes that resources made for it get.
    pub fn pass_through(&self) -> Map {
        pass_through(&self.attributes)
    }
}

/// A kind that refers to nothing.
pub fn no_link(_event: &Event, _t: &Translation<'_>) -> Result<(), Fault> {
    Ok(())
}

impl Event {
    /// Takes an event of a template apart and checks it against the kinds its owner knows.
    pub fn read(
        owner: &str,
        name: &str,
        node: &Node,
        kinds: &'static [&'static EventKind],
        tracked: bool,
    ) -> Result<Self, Fault> {
        let Some(map) = node.as_map() else {
            let kind = if tracked && node.as_str().is_some() { "Py27UniStr" } else { type_name(node) };
            let message = format!("'{kind}' object has no attribute 'get'");
            return Err(Fault::event(name, message).at(node.span));
        };
        let given = map.get("Type");
        let kind = given.and_then(Node::as_str).and_then(|given| kinds.iter().find(|kind| kind.name == given));
        let Some(kind) = kind else {
            let message = format!(
                "Resource dict has missing or invalid value for key Type. Event Type is: {}.",
                given.map_or_else(|| "None".to_owned(), |given| shown(given, tracked))
            );
            return Err(Fault::event(name, message).at(given.map_or(node.span, |given| given.span)));
        };
        let logical_id = format!("{owner}{name}");
        check_logical_id(&logical_id).map_err(|fault| fault.at(node.span))?;
        let properties = match map.get("Properties").map(|node| (&node.value, node.span)) {
            None => Map::new(),
            Some((Value::Map(properties), _)) => properties.clone(),
            Some((_, span)) => {
                return Err(Fault::resource(logical_id, "Properties of a resource must be an object.").at(span));
            }
        };
        check_all(&logical_id, kind.name, kind.properties, &properties).map_err(|fault| fault.at(node.span))?;
        Ok(Self { kind, logical_id, name: name.to_owned(), properties, span: node.span })
    }

    /// Where the path and the method of an API event stand.
    pub fn key_spans(&self) -> KeySpans {
        let place = |name: &str| self.get(name).map_or(self.span, |node| node.span);
        KeySpans { path: place("Path"), method: place("Method") }
    }

    /// A property; `null` is nothing.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.properties.get(name).filter(|node| !node.is_null())
    }

    /// A property, if Python takes it for true.
    pub fn truthy(&self, name: &str) -> Option<&Node> {
        self.properties.get(name).filter(|node| truthy(node))
    }

    /// A value of its properties as a message shows it.
    pub fn shown(&self, node: &Node) -> String {
        shown(node, self.properties.is_tracked())
    }

    /// An event is invalid: this one, by its name.
    pub fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::event(&self.name, message).at(self.span)
    }

    /// A resource made for this event and its target, with the attributes of the target.
    pub fn resource(&self, kind: &'static CfnType, id: String, target: &Target<'_>) -> Result<Resource, Fault> {
        Ok(Resource::new(kind, id, self.span)?.with_attributes(target.pass_through()))
    }

    /// Sets properties of a resource that have the same name here.
    pub fn copy_to(&self, resource: &mut Resource, names: &[&'static str]) {
        for name in names {
            resource.set(name, self.get(name).cloned());
        }
    }
}
