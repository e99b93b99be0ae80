//! Reading the resources of a stack.

use super::{named, refusals, show};
use crate::call::{Answer, AwsError, Call, Output};
use crate::cloudformation::stack::{Stack, StackResource};
use crate::world::World;
use serde_json::{Value, json};

/// Resources on one page, and the most that `DescribeStackResources` gives.
const PAGE: usize = 100;

/// `ListStackResources`.
pub(super) fn list(world: &mut World, call: &Call<'_>) -> Answer {
    let stack = named(world, call, "ListStackResources")?;
    let (resources, next) = show::page(call, stack.resources.values().collect(), PAGE);
    let summaries: Vec<Value> = resources
        .into_iter()
        .map(|r| {
            json!({
                "LogicalResourceId": r.logical_id,
                "PhysicalResourceId": r.physical_id,
                "ResourceType": r.resource_type,
                "LastUpdatedTimestamp": call.time(r.at),
                "ResourceStatus": r.status.as_str(),
                "ResourceStatusReason": r.reason,
                "DriftInformation": { "StackResourceDriftStatus": "NOT_CHECKED" },
            })
        })
        .collect();
    Ok(Output::tree(json!({ "StackResourceSummaries": summaries, "NextToken": next })))
}

/// `DescribeStackResources`: by stack, or the stack that owns a physical id.
pub(super) fn describe_all(world: &mut World, call: &Call<'_>) -> Answer {
    let stack = match (call.text("StackName"), call.text("PhysicalResourceId")) {
        (Some(_), Some(_)) | (None, None) => {
            return Err(AwsError::validation("You must specify either StackName or PhysicalResourceId, but not both."));
        }
        (Some(_), None) => named(world, call, "DescribeStackResources")?,
        (None, Some(id)) => {
            call.authorize(world, "cloudformation:DescribeStackResources", "*", &[])?;
            owner(world, call, id).ok_or_else(|| AwsError::validation(format!("Stack for {id} does not exist")))?
        }
    };
    let wanted = call.text("LogicalResourceId");
    let chosen = stack.resources.values().filter(|r| wanted.is_none_or(|w| w == r.logical_id)).take(PAGE);
    let resources: Vec<Value> = chosen.map(|r| tree(call, stack, r, "Timestamp")).collect();
    Ok(Output::tree(json!({ "StackResources": resources })))
}

fn owner<'w>(world: &'w World, call: &Call<'_>, physical_id: &str) -> Option<&'w Stack> {
    let owns = |s: &&Stack| s.resources.values().any(|r| r.physical_id == physical_id);
    world.region(&call.account, &call.region)?.cloudformation.live().find(owns)
}

/// `DescribeStackResource`.
pub(super) fn describe_one(world: &mut World, call: &Call<'_>) -> Answer {
    let name = call.require("StackName")?.to_owned();
    let stack = named(world, call, "DescribeStackResource")
        .map_err(|e| if e.code == "ValidationError" { refusals::no_stack_in_quotes(&name) } else { e })?;
    let id = call.require("LogicalResourceId")?;
    let resource = stack
        .resources
        .get(id)
        .ok_or_else(|| AwsError::validation(format!("Resource {id} does not exist for stack {}", stack.name)))?;
    let mut detail = tree(call, stack, resource, "LastUpdatedTimestamp");
    if let (Value::Object(map), Some(metadata)) = (&mut detail, &resource.metadata) {
        map.insert("Metadata".into(), metadata.to_string().into());
    }
    Ok(Output::tree(json!({ "StackResourceDetail": detail })))
}

fn tree(call: &Call<'_>, stack: &Stack, resource: &StackResource, time: &str) -> Value {
    json!({
        "StackName": stack.name,
        "StackId": stack.id,
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id,
        "ResourceType": resource.resource_type,
        time: call.time(resource.at),
        "ResourceStatus": resource.status.as_str(),
        "ResourceStatusReason": resource.reason,
        "DriftInformation": { "StackResourceDriftStatus": "NOT_CHECKED" },
    })
}
