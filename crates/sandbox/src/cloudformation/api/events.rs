//! Reading a stack's events, newest first.

use super::{named, show};
use crate::call::{Answer, AwsError, Call, Output};
use crate::cloudformation::event::StackEvent;
use crate::cloudformation::stack::Stack;
use crate::world::World;
use serde_json::{Value, json};

/// Events on one page.
const PAGE: usize = 100;

/// `DescribeStackEvents`.
pub(super) fn describe(world: &mut World, call: &Call<'_>) -> Answer {
    let name = call.require("StackName")?.to_owned();
    let stack = named(world, call, "DescribeStackEvents")
        .map_err(|e| if e.code == "ValidationError" { missing(&name) } else { e })?;
    let (events, next) = show::page(call, stack.events.iter().rev().collect(), PAGE);
    let events: Vec<Value> = events.into_iter().map(|e| tree(call, stack, e)).collect();
    Ok(Output::tree(json!({ "StackEvents": events, "NextToken": next })))
}

fn missing(name: &str) -> AwsError {
    AwsError::validation(format!("Stack [{name}] does not exist"))
}

fn tree(call: &Call<'_>, stack: &Stack, event: &StackEvent) -> Value {
    json!({
        "StackId": stack.id,
        "EventId": event.id,
        "StackName": stack.name,
        "OperationId": event.operation_id,
        "LogicalResourceId": event.logical_id,
        "PhysicalResourceId": event.physical_id,
        "ResourceType": event.resource_type,
        "Timestamp": call.time(event.at),
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason,
        "ResourceProperties": event.properties,
        "ClientRequestToken": event.token,
    })
}
