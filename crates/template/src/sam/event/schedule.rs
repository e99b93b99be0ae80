//! `Schedule`: an EventBridge rule that fires at times.

use super::cloud_watch_event::{RULE, base_target, rule_role, set_state, target_id};
use super::{Event, EventKind, Target, TargetKind, dead_letter, no_link, permission};
use crate::sam::cfn::Resource;
use crate::sam::error::Fault;
use crate::sam::make::{made, node};
use crate::sam::property::{Property, Shape};
use crate::sam::translation::Translation;
use crate::{Map, Node};

/// The event source of functions.
pub static KIND: EventKind = EventKind {
    name: "Schedule",
    properties: &[
        Property::new("Schedule", Shape::Str).required(),
        Property::new("RuleName", Shape::Str),
        Property::new("Input", Shape::Str),
        Property::new("Enabled", Shape::Bool),
        Property::new("State", Shape::Str),
        Property::new("Name", Shape::Str),
        Property::new("Description", Shape::Str),
        Property::new("DeadLetterConfig", Shape::Map),
        Property::new("RetryPolicy", Shape::Map),
    ],
    link: no_link,
    translate,
};

/// The event source of state machines.
pub static STATE_MACHINE_KIND: EventKind = EventKind {
    name: "Schedule",
    properties: &[
        Property::new("Schedule", Shape::Str).required(),
        Property::new("Input", Shape::Str),
        Property::new("Enabled", Shape::Bool),
        Property::new("State", Shape::Str),
        Property::new("Name", Shape::Str),
        Property::new("Description", Shape::Str),
        Property::new("DeadLetterConfig", Shape::Map),
        Property::new("RetryPolicy", Shape::Map),
        Property::new("Target", Shape::Map).literal(),
        Property::new("RoleArn", Shape::Str).literal(),
    ],
    link: no_link,
    translate,
};

fn translate(event: &mut Event, target: &mut Target<'_>, _t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    let mut rule = event.resource(&RULE, event.logical_id.clone(), target)?;
    rule.set("ScheduleExpression", event.get("Schedule").cloned());
    set_state(event, &mut rule)?;
    event.copy_to(&mut rule, &["Name", "Description"]);
    let is_function = target.kind != TargetKind::StateMachine;
    let role = if is_function { None } else { Some(role_of(event, target)?) };
    let source_arn = rule.get_att("Arn");
    let letters = dead_letter::read(event, target, Some(&source_arn))?;
    let (role_arn, role) = match role {
        Some((arn, role)) => (Some(arn), role),
        None => (None, None),
    };
    let rule_target = rule_target(event, target, role_arn, letters.as_ref().and_then(|letters| letters.arn.clone()));
    rule.set("Targets", node!(event.span, [rule_target]));
    let mut resources = vec![rule];
    resources.extend(role);
    resources.extend(letters.into_iter().flat_map(|letters| letters.resources));
    if is_function {
        resources.push(permission::for_source(event, target, "events.amazonaws.com", Some(source_arn))?);
    }
    Ok(resources)
}

/// The ARN of the role to start a state machine with, and the role if it had to be made.
fn role_of(event: &Event, target: &Target<'_>) -> Result<(Node, Option<Resource>), Fault> {
    if let Some(arn) = event.get("RoleArn") {
        return Ok((arn.clone(), None));
    }
    let role = rule_role(event, target, "events.amazonaws.com")?;
    Ok((role.get_att("Arn"), Some(role)))
}

fn rule_target(event: &Event, target: &Target<'_>, role_arn: Option<Node>, dead_letter_arn: Option<Node>) -> Node {
    let mut rule_target = base_target(target, target_id(event, target), role_arn);
    let mut set = |name: &str, value: Option<Node>| {
        if let (Some(map), Some(value)) = (rule_target.as_map_mut(), value) {
            Map::insert_at(map, name, made(event.span), value);
        }
    };
    set("Input", event.get("Input").cloned());
    set("DeadLetterConfig", dead_letter_arn.map(|arn| node!(event.span, { "Arn": arn })));
    set("RetryPolicy", event.get("RetryPolicy").cloned());
    rule_target
}
