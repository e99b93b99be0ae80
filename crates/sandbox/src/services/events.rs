//! EventBridge and Scheduler: rules and schedules. They start nothing.

use super::resources::Resource;
use crate::call::{Answer, AwsError, Call, Output};
use crate::wire::WireRequest;
use crate::world::World;
use serde_json::{Value, json};

const RULE: &str = "AWS::Events::Rule";
const BUS: &str = "AWS::Events::EventBus";
const SCHEDULE: &str = "AWS::Scheduler::Schedule";

/// Carries out one call of EventBridge.
pub fn call(world: &mut World, call: &Call<'_>) -> Answer {
    match call.operation.as_str() {
        "ListRules" => {
            call.authorize(world, "events:ListRules", "*", &[])?;
            let prefix = call.text("NamePrefix").unwrap_or_default();
            let rules: Vec<Value> = all(world, call, RULE).filter(|r| r.id.starts_with(prefix)).map(rule).collect();
            Ok(Output::tree(json!({ "Rules": rules })))
        }
        "DescribeRule" => Ok(Output::tree(rule(named(world, call, "DescribeRule", "Name")?))),
        "ListTargetsByRule" => {
            let found = named(world, call, "ListTargetsByRule", "Rule")?;
            Ok(Output::tree(json!({ "Targets": found.get("Targets").as_array().cloned().unwrap_or_default() })))
        }
        "ListEventBuses" => {
            call.authorize(world, "events:ListEventBuses", "*", &[])?;
            let own = all(world, call, BUS).map(|b| json!({ "Name": b.id, "Arn": b.arn() }));
            let arn =
                format!("arn:{}:events:{}:{}:event-bus/default", call.region.partition(), call.region, call.account);
            let buses: Vec<Value> = std::iter::once(json!({ "Name": "default", "Arn": arn })).chain(own).collect();
            Ok(Output::tree(json!({ "EventBuses": buses })))
        }
        other => Err(AwsError::not_implemented("events", other)),
    }
}

fn all<'w>(world: &'w World, call: &Call<'_>, kind: &'static str) -> impl Iterator<Item = &'w Resource> {
    world.region(&call.account, &call.region).into_iter().flat_map(move |r| r.resources.list(kind))
}

fn named<'w>(world: &'w World, call: &Call<'_>, action: &str, member: &str) -> Result<&'w Resource, AwsError> {
    let name = call.require(member)?;
    let arn = format!("arn:{}:events:{}:{}:rule/{name}", call.region.partition(), call.region, call.account);
    call.authorize(world, &format!("events:{action}"), &arn, &[])?;
    all(world, call, RULE).find(|r| r.id == name).ok_or_else(|| {
        AwsError::new(400, "ResourceNotFoundException", format!("Rule {name} does not exist on EventBus default."))
    })
}

fn rule(rule: &Resource) -> Value {
    let pattern = Some(rule.get("EventPattern")).filter(|p| !p.is_null());
    json!({
        "Name": rule.id,
        "Arn": rule.arn(),
        "State": rule.text("State").unwrap_or_else(|| "ENABLED".into()),
        "ScheduleExpression": rule.text("ScheduleExpression"),
        "EventPattern": pattern.map(|p| p.as_str().map_or_else(|| p.to_string(), str::to_owned)),
        "Description": rule.text("Description"),
        "EventBusName": rule.text("EventBusName").unwrap_or_else(|| "default".into()),
    })
}

/// The operation of a request to Scheduler.
pub fn scheduler_route(request: &WireRequest) -> Option<&'static str> {
    let segments = request.segments();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["schedules"]) => Some("ListSchedules"),
        ("GET", ["schedules", _]) => Some("GetSchedule"),
        _ => None,
    }
}

/// Carries out one call of Scheduler.
pub fn scheduler_call(world: &mut World, call: &Call<'_>) -> Answer {
    let tree = |s: &Resource| {
        json!({
            "Name": s.id,
            "Arn": s.arn(),
            "GroupName": s.text("GroupName").unwrap_or_else(|| "default".into()),
            "State": s.text("State").unwrap_or_else(|| "ENABLED".into()),
            "ScheduleExpression": s.text("ScheduleExpression"),
            "Target": s.get("Target"),
            "FlexibleTimeWindow": s.get("FlexibleTimeWindow"),
        })
    };
    match call.operation.as_str() {
        "ListSchedules" => {
            call.authorize(world, "scheduler:ListSchedules", "*", &[])?;
            let list: Vec<Value> = all(world, call, SCHEDULE).map(tree).collect();
            Ok(Output::tree(json!({ "Schedules": list })))
        }
        "GetSchedule" => {
            call.authorize(world, "scheduler:GetSchedule", "*", &[])?;
            let name = call.http.segments().get(1).cloned().unwrap_or_default();
            let found = all(world, call, SCHEDULE).find(|s| s.id == name);
            let missing =
                || AwsError::new(404, "ResourceNotFoundException", format!("Schedule {name} does not exist."));
            Ok(Output::tree(tree(found.ok_or_else(missing)?)))
        }
        other => Err(AwsError::not_implemented("scheduler", other)),
    }
}
