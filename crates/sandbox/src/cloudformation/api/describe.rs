//! Reading stacks, exports and limits.

use super::{refusals, request, show};
use crate::call::{Answer, AwsError, Call, Output};
use crate::cloudformation as cfn;
use crate::cloudformation::stack::Stack;
use crate::cloudformation::status::StackStatus;
use crate::world::World;
use jiff::SignedDuration;
use serde_json::{Value, json};

/// Stacks on one page.
const PAGE: usize = 100;
/// Reads of stacks that AWS answers in a second for one account and region, when the world limits them.
const READS_PER_SECOND: usize = 5;

/// `DescribeStacks`: one by name or id, or all that are not deleted.
pub(super) fn describe_stacks(world: &mut World, call: &Call<'_>) -> Answer {
    let name = call.text("StackName");
    let found = name.and_then(|n| cfn::find(world, &call.account, &call.region, n));
    let arn = match (name, found) {
        (_, Some(stack)) => stack.id.clone(),
        (Some(name), None) => request::stack_arn(call, name),
        (None, None) => "*".to_owned(),
    };
    call.authorize(world, "cloudformation:DescribeStacks", &arn, &[])?;
    throttle(world, call)?;
    if let Some(name) = name {
        let stack = cfn::find(world, &call.account, &call.region, name).ok_or_else(|| refusals::no_stack(name))?;
        return Ok(Output::tree(json!({ "Stacks": [stack_tree(call, stack)] })));
    }
    let mut stacks: Vec<&Stack> =
        world.region(&call.account, &call.region).into_iter().flat_map(|r| r.cloudformation.live()).collect();
    stacks.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| a.id.cmp(&b.id)));
    let (stacks, next) = show::page(call, stacks, PAGE);
    let stacks: Vec<Value> = stacks.into_iter().map(|s| stack_tree(call, s)).collect();
    Ok(Output::tree(json!({ "Stacks": stacks, "NextToken": next })))
}

/// The rate limit, if the world has one.
fn throttle(world: &mut World, call: &Call<'_>) -> Result<(), AwsError> {
    if !world.rate_limits {
        return Ok(());
    }
    let now = world.now();
    let reads = &mut world.region_mut(&call.account, &call.region)?.cloudformation.reads;
    reads.retain(|at| now.duration_since(*at) < SignedDuration::from_secs(1));
    if reads.len() >= READS_PER_SECOND {
        return Err(AwsError::new(400, "Throttling", "Rate exceeded"));
    }
    reads.push(now);
    Ok(())
}

fn stack_tree(call: &Call<'_>, stack: &Stack) -> Value {
    let outputs: Vec<Value> = stack
        .outputs
        .iter()
        .map(|o| json!({ "OutputKey": o.key, "OutputValue": o.value, "Description": o.description, "ExportName": o.export }))
        .collect();
    let operations: Vec<Value> =
        stack.operations.iter().take(2).map(|(id, kind)| json!({ "OperationType": kind, "OperationId": id })).collect();
    let definition = &stack.definition;
    json!({
        "StackId": stack.id,
        "StackName": stack.name,
        "ChangeSetId": stack.change_set_id,
        "Description": definition.description,
        "Parameters": show::parameters(&definition.parameters),
        "CreationTime": call.time(stack.created),
        "DeletionTime": stack.deleted.map(|at| call.time(at)),
        "LastUpdatedTime": stack.updated.map(|at| call.time(at)),
        "RollbackConfiguration": show::rollback(&definition.rollback),
        "StackStatus": stack.status.as_str(),
        "StackStatusReason": stack.reason,
        "DisableRollback": stack.disable_rollback,
        "NotificationARNs": definition.notification_arns,
        "TimeoutInMinutes": stack.timeout_minutes,
        "Capabilities": definition.capabilities,
        "Outputs": outputs,
        "RoleARN": stack.role_arn,
        "Tags": show::tags(&definition.tags),
        "EnableTerminationProtection": stack.termination_protection,
        "ParentId": stack.parent.as_ref().map(|l| &l.parent),
        "RootId": stack.parent.as_ref().map(|l| &l.root),
        "DriftInformation": { "StackDriftStatus": "NOT_CHECKED" },
        "LastOperations": operations,
    })
}

/// `ListStacks`: deleted ones as well, for ninety days.
pub(super) fn list_stacks(world: &mut World, call: &Call<'_>) -> Answer {
    call.authorize(world, "cloudformation:ListStacks", "*", &[])?;
    let filter = call.texts("StackStatusFilter");
    if let Some(wrong) = filter.iter().find(|f| StackStatus::parse(f).is_none()) {
        return Err(AwsError::validation(format!(
            "1 validation error detected: Value '[{wrong}]' at 'stackStatusFilter' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set]"
        )));
    }
    let oldest = world.now().checked_sub(SignedDuration::from_hours(90 * 24)).unwrap_or(jiff::Timestamp::MIN);
    let state = world.region(&call.account, &call.region).map(|r| &r.cloudformation);
    let mut stacks: Vec<&Stack> = state
        .into_iter()
        .flat_map(|s| s.stacks.values())
        .filter(|s| s.deleted.is_none_or(|at| at >= oldest))
        .filter(|s| filter.is_empty() || filter.iter().any(|f| f == s.status.as_str()))
        .collect();
    stacks.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| a.id.cmp(&b.id)));
    let (stacks, next) = show::page(call, stacks, PAGE);
    let summaries: Vec<Value> = stacks.into_iter().map(|s| summary(call, s)).collect();
    Ok(Output::tree(json!({ "StackSummaries": summaries, "NextToken": next })))
}

fn summary(call: &Call<'_>, stack: &Stack) -> Value {
    json!({
        "StackId": stack.id,
        "StackName": stack.name,
        "TemplateDescription": stack.definition.description,
        "CreationTime": call.time(stack.created),
        "LastUpdatedTime": stack.updated.map(|at| call.time(at)),
        "DeletionTime": stack.deleted.map(|at| call.time(at)),
        "StackStatus": stack.status.as_str(),
        "StackStatusReason": stack.reason,
        "ParentId": stack.parent.as_ref().map(|l| &l.parent),
        "RootId": stack.parent.as_ref().map(|l| &l.root),
        "DriftInformation": { "StackDriftStatus": "NOT_CHECKED" },
    })
}

/// `ListExports`.
pub(super) fn list_exports(world: &mut World, call: &Call<'_>) -> Answer {
    call.authorize(world, "cloudformation:ListExports", "*", &[])?;
    let state = world.region(&call.account, &call.region).map(|r| &r.cloudformation);
    let stacks = state.into_iter().flat_map(|s| s.live());
    let exports = stacks.flat_map(|s| s.outputs.iter().filter_map(move |o| Some((s, o.export.as_ref()?, &o.value))));
    let exports =
        exports.map(|(s, name, value)| json!({ "ExportingStackId": s.id, "Name": name, "Value": value })).collect();
    let (exports, next) = show::page(call, exports, PAGE);
    Ok(Output::tree(json!({ "Exports": exports, "NextToken": next })))
}

/// `ListImports`.
pub(super) fn list_imports(world: &mut World, call: &Call<'_>) -> Answer {
    call.authorize(world, "cloudformation:ListImports", "*", &[])?;
    let name = call.require("ExportName")?;
    let state = world.region(&call.account, &call.region).map(|r| &r.cloudformation);
    let users: Vec<String> = state
        .into_iter()
        .flat_map(|s| s.live())
        .filter(|s| s.imports.iter().any(|i| i == name))
        .map(|s| s.name.clone())
        .collect();
    if users.is_empty() {
        return Err(AwsError::validation(format!("Export '{name}' is not imported by any stack.")));
    }
    let (imports, next) = show::page(call, users, PAGE);
    Ok(Output::tree(json!({ "Imports": imports, "NextToken": next })))
}

/// `DescribeAccountLimits`.
pub(super) fn account_limits(call: &Call<'_>) -> Answer {
    let _ = call;
    Ok(Output::tree(json!({ "AccountLimits": [
        { "Name": "StackLimit", "Value": 2000 },
        { "Name": "StackOutputsLimit", "Value": 200 },
        { "Name": "ConcurrentResourcesLimit", "Value": 2500 },
    ] })))
}
