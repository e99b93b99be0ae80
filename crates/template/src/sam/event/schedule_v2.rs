//! `ScheduleV2`: an EventBridge Scheduler schedule, for functions and state machines.

use super::{Event, EventKind, Target, TargetKind, dead_letter, no_link};
use crate::Node;
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::make::{made, node};
use crate::sam::property::{Property, Shape};
use crate::sam::role::{ROLE, allow, assume_role_policy};
use crate::sam::translation::Translation;

/// The event source.
pub static KIND: EventKind = EventKind {
    name: "ScheduleV2",
    properties: &[
        Property::new("PermissionsBoundary", Shape::Str),
        Property::new("ScheduleExpression", Shape::Str).required(),
        Property::new("FlexibleTimeWindow", Shape::Map),
        Property::new("Name", Shape::Str),
        Property::new("State", Shape::Str),
        Property::new("Description", Shape::Str),
        Property::new("StartDate", Shape::Str),
        Property::new("EndDate", Shape::Str),
        Property::new("ScheduleExpressionTimezone", Shape::Str),
        Property::new("GroupName", Shape::Str),
        Property::new("KmsKeyArn", Shape::Str),
        Property::new("Input", Shape::Str),
        Property::new("RoleArn", Shape::Str),
        Property::new("DeadLetterConfig", Shape::Map),
        Property::new("RetryPolicy", Shape::Map),
        Property::new("OmitName", Shape::Bool).literal(),
    ],
    link: no_link,
    translate,
};

static SCHEDULE: CfnType = CfnType::new(
    "AWS::Scheduler::Schedule",
    &[
        "ScheduleExpression",
        "FlexibleTimeWindow",
        "Name",
        "State",
        "Description",
        "StartDate",
        "EndDate",
        "ScheduleExpressionTimezone",
        "GroupName",
        "KmsKeyArn",
        "Target",
    ],
);

fn translate(event: &mut Event, target: &mut Target<'_>, _t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    let mut schedule = schedule(event, target)?;
    let letters = dead_letter::read(event, target, None)?;
    let (letters_arn, mut resources) = match letters {
        Some(letters) => (letters.arn, letters.resources),
        None => (None, Vec::new()),
    };
    let role_arn = match event.truthy("RoleArn") {
        Some(arn) => arn.clone(),
        None => {
            let role = execution_role(event, target, letters_arn.as_ref())?;
            let arn = role.get_att("Arn");
            resources.push(role);
            arn
        }
    };
    let mut schedule_target = node!(event.span, { "Arn": target.arn(), "RoleArn": role_arn });
    if let Some(map) = schedule_target.as_map_mut() {
        for name in ["Input", "RetryPolicy"] {
            if let Some(value) = event.get(name) {
                map.insert_at(name, made(event.span), value.clone());
            }
        }
        if let Some(arn) = letters_arn {
            map.insert_at("DeadLetterConfig", made(event.span), node!(event.span, { "Arn": arn }));
        }
    }
    schedule.set("Target", schedule_target);
    resources.insert(0, schedule);
    Ok(resources)
}

fn schedule(event: &Event, target: &Target<'_>) -> Result<Resource, Fault> {
    let mut schedule = event.resource(&SCHEDULE, event.logical_id.clone(), target)?;
    schedule.set("State", event.truthy("State").cloned());
    let name = event.truthy("Name");
    if event.truthy("OmitName").is_some() {
        if name.is_some() {
            let fault = Fault::event(&event.logical_id, "Name cannot be set when OmitName is True");
            return Err(fault.at(event.span));
        }
    } else {
        schedule.set("Name", name.cloned().unwrap_or_else(|| node!(event.span, &event.logical_id)));
    }
    let window = event.truthy("FlexibleTimeWindow").cloned();
    schedule.set("FlexibleTimeWindow", window.unwrap_or_else(|| node!(event.span, { "Mode": "OFF" })));
    event.copy_to(
        &mut schedule,
        &[
            "ScheduleExpression",
            "Description",
            "StartDate",
            "EndDate",
            "ScheduleExpressionTimezone",
            "GroupName",
            "KmsKeyArn",
        ],
    );
    Ok(schedule)
}

fn execution_role(event: &Event, target: &Target<'_>, letters_arn: Option<&Node>) -> Result<Resource, Fault> {
    let (span, id) = (event.span, &event.logical_id);
    let policy = if target.kind == TargetKind::StateMachine {
        allow(span, format!("{id}StartExecutionPolicy"), "states:StartExecution", &target.arn())
    } else {
        allow(span, format!("{id}LambdaPolicy"), "lambda:InvokeFunction", &target.arn())
    };
    let mut policies = vec![policy];
    if let Some(arn) = letters_arn {
        policies.push(allow(span, format!("{id}SQSPolicy"), "sqs:SendMessage", arn));
    }
    let mut role = event.resource(&ROLE, format!("{id}Role"), target)?;
    role.set("AssumeRolePolicyDocument", assume_role_policy(span, "scheduler.amazonaws.com"));
    role.set("Policies", node!(span, policies));
    role.set("PermissionsBoundary", event.truthy("PermissionsBoundary").cloned());
    Ok(role)
}
