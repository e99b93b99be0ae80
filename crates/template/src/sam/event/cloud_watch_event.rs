//! `CloudWatchEvent` and `EventBridgeRule`, two names for one thing: an EventBridge rule with a pattern.

use super::{Event, EventKind, Target, TargetKind, dead_letter, no_link, permission};
use crate::Node;
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::make::{made, node};
use crate::sam::property::{Property, Shape};
use crate::sam::role::{ROLE, allow, assume_role_policy};
use crate::sam::translation::Translation;

/// `AWS::Events::Rule`.
pub static RULE: CfnType = CfnType::new(
    "AWS::Events::Rule",
    &["Description", "EventBusName", "EventPattern", "Name", "RoleArn", "ScheduleExpression", "State", "Targets"],
);

/// How long the id of a rule's target may be (`Target`, Amazon EventBridge API Reference).
const TARGET_ID_MAX: usize = 64;

const FUNCTION_PROPERTIES: &[Property] = &[
    Property::new("EventBusName", Shape::Str),
    Property::new("RuleName", Shape::Str),
    Property::new("Pattern", Shape::Map),
    Property::new("DeadLetterConfig", Shape::Map),
    Property::new("RetryPolicy", Shape::Map),
    Property::new("Input", Shape::Str),
    Property::new("InputPath", Shape::Str),
    Property::new("Target", Shape::Map),
    Property::new("Enabled", Shape::Bool),
    Property::new("State", Shape::Str),
    Property::new("InputTransformer", Shape::Map),
];

const STATE_MACHINE_PROPERTIES: &[Property] = &[
    Property::new("EventBusName", Shape::Str),
    Property::new("RuleName", Shape::Str),
    Property::new("Pattern", Shape::Map),
    Property::new("Input", Shape::Str),
    Property::new("InputPath", Shape::Str),
    Property::new("DeadLetterConfig", Shape::Map),
    Property::new("RetryPolicy", Shape::Map),
    Property::new("State", Shape::Str),
    Property::new("Target", Shape::Map).literal(),
    Property::new("InputTransformer", Shape::Map),
];

/// The event source of functions.
pub static KIND: EventKind =
    EventKind { name: "CloudWatchEvent", properties: FUNCTION_PROPERTIES, link: no_link, translate };

/// The event source of functions by its newer name.
pub static EVENT_BRIDGE_KIND: EventKind = EventKind { name: "EventBridgeRule", ..KIND };

/// The event source of state machines.
pub static STATE_MACHINE_KIND: EventKind = EventKind { properties: STATE_MACHINE_PROPERTIES, ..KIND };

/// The event source of state machines by its newer name.
pub static STATE_MACHINE_EVENT_BRIDGE_KIND: EventKind = EventKind { name: "EventBridgeRule", ..STATE_MACHINE_KIND };

fn translate(event: &mut Event, target: &mut Target<'_>, _t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    let mut rule = event.resource(&RULE, event.logical_id.clone(), target)?;
    rule.set("EventBusName", event.get("EventBusName").cloned());
    rule.set("EventPattern", event.get("Pattern").cloned());
    rule.set("Name", event.get("RuleName").cloned());
    let source_arn = rule.get_att("Arn");
    let is_function = target.kind != TargetKind::StateMachine;
    let role = if is_function { None } else { Some(rule_role(event, target, "events.amazonaws.com")?) };
    let letters = dead_letter::read(event, target, Some(&source_arn))?;
    set_state(event, &mut rule)?;
    let role_arn = role.as_ref().map(|role| role.get_att("Arn"));
    let rule_target = rule_target(event, target, role_arn, letters.as_ref().and_then(|letters| letters.arn.clone()));
    rule.set("Targets", node!(event.span, [rule_target]));
    let mut resources: Vec<Resource> = letters.into_iter().flat_map(|letters| letters.resources).collect();
    resources.push(rule);
    resources.extend(role);
    if is_function {
        resources.push(permission::for_source(event, target, "events.amazonaws.com", Some(source_arn))?);
    }
    Ok(resources)
}

/// `State`, or `Enabled`, but not both.
pub(super) fn set_state(event: &Event, rule: &mut Resource) -> Result<(), Fault> {
    let (state, enabled) = (event.truthy("State"), event.get("Enabled"));
    if state.is_some() && enabled.is_some() {
        return Err(event.fault("State and Enabled Properties cannot both be specified."));
    }
    rule.set("State", state.cloned());
    if let Some(enabled) = enabled {
        let state = if crate::sam::python::truthy(enabled) { "ENABLED" } else { "DISABLED" };
        rule.set("State", node!(enabled.span, state));
    }
    Ok(())
}

/// The id of the rule's target: given, or made of the event's logical id and cut to size.
pub(super) fn target_id(event: &Event, target: &Target<'_>) -> Node {
    let is_function = target.kind != TargetKind::StateMachine;
    if let Some(id) = event.truthy("Target").and_then(|target| target.get("Id")) {
        return id.clone();
    }
    let suffix = if is_function { "LambdaTarget" } else { "StepFunctionsTarget" };
    let kept: String = event.logical_id.chars().take(TARGET_ID_MAX - suffix.len()).collect();
    node!(event.span, format!("{kept}{suffix}"))
}

/// ARN, id and role of a rule's target.
pub(super) fn base_target(target: &Target<'_>, id: Node, role_arn: Option<Node>) -> Node {
    let mut made_target = node!(target.span, { "Arn": target.arn(), "Id": id });
    if let (Some(map), Some(role_arn)) = (made_target.as_map_mut(), role_arn) {
        map.insert_at("RoleArn", made(target.span), role_arn);
    }
    made_target
}

fn rule_target(event: &Event, target: &Target<'_>, role_arn: Option<Node>, dead_letter_arn: Option<Node>) -> Node {
    let mut rule_target = base_target(target, target_id(event, target), role_arn);
    let Some(map) = rule_target.as_map_mut() else { return rule_target };
    for name in ["Input", "InputPath", "RetryPolicy", "InputTransformer"] {
        if let Some(value) = event.get(name) {
            map.insert_at(name, made(event.span), value.clone());
        }
    }
    if let Some(arn) = dead_letter_arn {
        map.insert_at("DeadLetterConfig", made(event.span), node!(event.span, { "Arn": arn }));
    }
    rule_target
}

/// The role with which a service starts a state machine.
pub(super) fn rule_role(event: &Event, target: &Target<'_>, principal: &str) -> Result<Resource, Fault> {
    let id = format!("{}Role", event.logical_id);
    let mut role = event.resource(&ROLE, id.clone(), target)?;
    role.set("AssumeRolePolicyDocument", assume_role_policy(event.span, principal));
    let policy = allow(event.span, format!("{id}StartExecutionPolicy"), "states:StartExecution", &target.arn());
    role.set("Policies", node!(event.span, [policy]));
    role.set("PermissionsBoundary", target.permissions_boundary.clone().filter(crate::sam::python::truthy));
    Ok(role)
}
