//! `AWS::Serverless::StateMachine`.

mod definition;

use super::cfn::{CfnType, Resource, tag_list};
use super::error::Fault;
use super::event::{Event, Target, TargetKind};
use super::make::{made, node};
use super::policies;
use super::property::{Property, STR_OR_MAP, Shape};
use super::python::{display, truthy};
use super::registry::STATE_MACHINE_EVENTS;
use super::role::{self, RoleParts, xray_policy_name};
use super::s3_location;
use super::tags;
use super::translation::{Phase, ResourceKind, SamResource, Translation};
use crate::Node;
use indexmap::IndexSet;

/// The resource type.
pub static KIND: ResourceKind = ResourceKind {
    name: "AWS::Serverless::StateMachine",
    phase: Phase::StateMachines,
    properties: &[
        Property::new("Definition", Shape::Map),
        Property::new("DefinitionUri", STR_OR_MAP),
        Property::new("Logging", Shape::Map),
        Property::new("Role", Shape::Str),
        Property::any("RolePath"),
        Property::new("DefinitionSubstitutions", Shape::Map),
        Property::new("Events", Shape::MapOf(&Shape::Map)),
        Property::new("Name", Shape::Str),
        Property::new("Type", Shape::Str),
        Property::new("Tags", Shape::Map),
        Property::new("PropagateTags", Shape::Bool),
        Property::new("Policies", Shape::OneOf(&[Shape::Str, super::property::LIST_OF_STR_OR_MAP])),
        Property::new("Tracing", Shape::Map),
        Property::new("PermissionsBoundary", Shape::Str),
        Property::any("AutoPublishAlias"),
        Property::any("DeploymentPreference"),
        Property::new("UseAliasAsEventTarget", Shape::Bool).literal(),
    ],
    referable: &[],
    ignores_unknown: false,
    translate,
};

static STATE_MACHINE: CfnType = CfnType::new(
    "AWS::StepFunctions::StateMachine",
    &[
        "Definition",
        "DefinitionString",
        "DefinitionS3Location",
        "LoggingConfiguration",
        "RoleArn",
        "StateMachineName",
        "StateMachineType",
        "Tags",
        "DefinitionSubstitutions",
        "TracingConfiguration",
    ],
)
.replacing(&["AWS::Serverless::StateMachine"]);

static VERSION: CfnType =
    CfnType::new("AWS::StepFunctions::StateMachineVersion", &["StateMachineArn", "StateMachineRevisionId"]);

static ALIAS: CfnType = CfnType::new("AWS::StepFunctions::StateMachineAlias", &["Name", "DeploymentPreference"]);

fn translate(sam: &mut SamResource, t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    let events = read_events(sam, t).map_err(|fault| fault.event_of(&sam.logical_id))?;
    let mut machine = Resource::new(&STATE_MACHINE, &sam.logical_id, sam.span)?
        .depending_on(sam.depends_on.take())
        .with_attributes(sam.attributes.clone());
    set_definition(sam, &mut machine)?;
    let role = set_role(sam, &mut machine, t)?;
    for (property, name) in [
        ("StateMachineName", "Name"),
        ("StateMachineType", "Type"),
        ("LoggingConfiguration", "Logging"),
        ("TracingConfiguration", "Tracing"),
    ] {
        machine.set(property, sam.get(name).cloned());
    }
    machine.set("Tags", Node::new(own_tags(sam), made(sam.span)));
    let published = publish(sam, &machine)?;
    let uses_alias = sam.truthy("UseAliasAsEventTarget").is_some();
    let alias = published.get(1).filter(|_| uses_alias);
    let mut target = Target {
        logical_id: alias.map_or_else(|| machine.logical_id.clone(), |alias| alias.logical_id.clone()),
        owner: sam.logical_id.clone(),
        kind: TargetKind::StateMachine,
        attributes: alias.map_or_else(|| machine.attributes.clone(), |alias| alias.attributes.clone()),
        role: None,
        permissions_boundary: sam.get("PermissionsBoundary").cloned(),
        changed: IndexSet::new(),
        span: sam.span,
    };
    let mut from_events = Vec::new();
    for mut event in events {
        let made = (event.kind.translate)(&mut event, &mut target, t);
        from_events.extend(made.map_err(|fault| fault.at(event.span))?);
    }
    let mut resources = vec![machine];
    resources.extend(role);
    resources.extend(published);
    resources.extend(from_events);
    if let (Some(_), Some(own)) = (sam.truthy("PropagateTags"), sam.truthy("Tags").and_then(Node::as_map)) {
        tags::propagate(own, &mut resources);
    }
    Ok(resources)
}

fn read_events(sam: &SamResource, t: &Translation<'_>) -> Result<Vec<Event>, Fault> {
    let mut events = Vec::new();
    let Some(given) = sam.truthy("Events").and_then(Node::as_map) else { return Ok(events) };
    for (name, node) in given.python_iter() {
        let event = Event::read(&sam.logical_id, name, node, &STATE_MACHINE_EVENTS, given.is_tracked())?;
        (event.kind.link)(&event, t).map_err(|fault| fault.at(event.span))?;
        events.push(event);
    }
    Ok(events)
}

fn set_definition(sam: &SamResource, machine: &mut Resource) -> Result<(), Fault> {
    let mut substitutions = sam.truthy("DefinitionSubstitutions").cloned();
    match (sam.truthy("Definition"), sam.truthy("DefinitionUri")) {
        (Some(_), Some(_)) => {
            return Err(sam.fault("Specify either 'Definition' or 'DefinitionUri' property and not both."));
        }
        (None, None) => {
            return Err(sam.fault("Either 'Definition' or 'DefinitionUri' property must be specified."));
        }
        (Some(definition), None) => {
            let (text, found) = definition::write(definition);
            if !found.is_empty() {
                let all = substitutions.get_or_insert_with(|| node!(definition.span, {}));
                for (name, value) in found {
                    if let Some(map) = all.as_map_mut() {
                        map.insert_at(name, made(definition.span), value);
                    }
                }
            }
            machine.set("DefinitionString", text);
        }
        (None, Some(uri)) => machine.set("DefinitionS3Location", definition_location(sam, uri)?),
    }
    machine.set("DefinitionSubstitutions", substitutions);
    Ok(())
}

fn definition_location(sam: &SamResource, uri: &Node) -> Result<Node, Fault> {
    let location = s3_location::read(&sam.logical_id, "DefinitionUri", uri)?;
    let mut converted = node!(uri.span, { "Bucket": location.bucket, "Key": location.key });
    if let (Some(map), Some(version)) = (converted.as_map_mut(), location.version) {
        map.insert_at("Version", made(uri.span), version);
    }
    Ok(converted)
}

/// Gives the state machine its role, made if none is given.
fn set_role(sam: &mut SamResource, machine: &mut Resource, t: &Translation<'_>) -> Result<Option<Resource>, Fault> {
    if let Some(role) = sam.truthy("Role").cloned() {
        if sam.truthy("Policies").is_some() {
            let message = "Specify either 'Role' or 'Policies' (but not both at the same time) or neither of them";
            return Err(sam.fault(message));
        }
        machine.set("RoleArn", role);
        return Ok(None);
    }
    let mut parts = RoleParts::new(&sam.logical_id, sam.span, "states.amazonaws.com");
    parts.policies = policies::entries(sam.take("Policies"));
    if sam.get("Tracing").and_then(|tracing| tracing.get("Enabled")?.as_bool()) == Some(true) {
        parts.policies.push(node!(sam.span, xray_policy_name(&t.context.partition)));
    }
    parts.attributes = sam.pass_through();
    parts.path = sam.get("RolePath").cloned();
    parts.permissions_boundary = sam.get("PermissionsBoundary").cloned();
    parts.tags = own_tags(sam);
    let role = role::construct(parts, t)?;
    machine.set("RoleArn", role.get_att("Arn"));
    Ok(Some(role))
}

fn own_tags(sam: &SamResource) -> Vec<Node> {
    let mut list = vec![node!(sam.span, { "Key": "stateMachine:createdBy", "Value": "SAM" })];
    list.extend(sam.get("Tags").and_then(Node::as_map).map(tag_list).unwrap_or_default());
    list
}

/// The version and the alias, if the state machine asks for them.
fn publish(sam: &SamResource, machine: &Resource) -> Result<Vec<Resource>, Fault> {
    let Some(name) = sam.truthy("AutoPublishAlias") else {
        for property in ["UseAliasAsEventTarget", "DeploymentPreference"] {
            if let Some(value) = sam.truthy(property) {
                let message = format!("'{property}' requires 'AutoPublishAlias' property to be specified.");
                return Err(sam.fault(message).at(value.span));
            }
        }
        return Ok(Vec::new());
    };
    let mut attributes = sam.pass_through();
    for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
        if !attributes.contains_key(policy) {
            attributes.insert_at(policy, made(sam.span), node!(sam.span, "Retain"));
        }
    }
    let id = format!("{}Version", sam.logical_id);
    let mut version = Resource::new(&VERSION, id, sam.span)?.with_attributes(attributes);
    version.set("StateMachineArn", machine.reference());
    version.set("StateMachineRevisionId", machine.get_att("StateMachineRevisionId"));
    let id = format!("{}Alias{}", sam.logical_id, display(name));
    let mut alias = Resource::new(&ALIAS, id, sam.span)?.with_attributes(sam.pass_through());
    alias.set("Name", name.clone());
    let given = sam.truthy("DeploymentPreference").cloned();
    let mut preference = given.unwrap_or_else(|| node!(sam.span, { "Type": "ALL_AT_ONCE" }));
    if let Some(map) = preference.as_map_mut() {
        map.insert_at("StateMachineVersionArn", made(sam.span), version.reference());
    }
    alias.set("DeploymentPreference", Some(preference).filter(truthy));
    Ok(vec![version, alias])
}
