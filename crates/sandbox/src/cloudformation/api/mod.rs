//! The operations of CloudFormation's API, one file for each family.

mod change_sets;
mod describe;
mod events;
mod execute;
mod recover;
mod refusals;
mod request;
mod resources;
mod show;
mod stacks;
mod templates;

use super::stack::Stack;
use crate::call::{Answer, AwsError, Call};
use crate::world::World;

/// Carries out one call.
pub fn call(world: &mut World, call: &Call<'_>) -> Answer {
    match call.operation.as_str() {
        "CreateStack" => stacks::create(world, call),
        "UpdateStack" => stacks::update(world, call),
        "DeleteStack" => stacks::delete(world, call),
        "UpdateTerminationProtection" => stacks::termination_protection(world, call),
        "SetStackPolicy" => stacks::set_policy(world, call),
        "GetStackPolicy" => stacks::get_policy(world, call),
        "CreateChangeSet" => change_sets::create(world, call),
        "DescribeChangeSet" => change_sets::describe(world, call),
        "ListChangeSets" => change_sets::list(world, call),
        "DeleteChangeSet" => change_sets::delete(world, call),
        "ExecuteChangeSet" => execute::execute(world, call),
        "DescribeStacks" => describe::describe_stacks(world, call),
        "ListStacks" => describe::list_stacks(world, call),
        "DescribeAccountLimits" => describe::account_limits(call),
        "ListExports" => describe::list_exports(world, call),
        "ListImports" => describe::list_imports(world, call),
        "DescribeStackEvents" => events::describe(world, call),
        "DescribeStackResources" => resources::describe_all(world, call),
        "DescribeStackResource" => resources::describe_one(world, call),
        "ListStackResources" => resources::list(world, call),
        "GetTemplate" => templates::get(world, call),
        "GetTemplateSummary" => templates::summary(world, call),
        "ValidateTemplate" => templates::validate(world, call),
        "ContinueUpdateRollback" => recover::continue_rollback(world, call),
        "CancelUpdateStack" => recover::cancel(world, call),
        "RollbackStack" => recover::roll_back(world, call),
        other => Err(AwsError::not_implemented("cloudformation", other)),
    }
}

/// The stack that a call names, which must exist and which the caller may act on.
fn named<'w>(world: &'w World, call: &Call<'_>, action: &str) -> Result<&'w Stack, AwsError> {
    let name = call.require("StackName")?;
    let found = super::find(world, &call.account, &call.region, name);
    let arn = found.map_or_else(|| request::stack_arn(call, name), |s| s.id.clone());
    call.authorize(world, &format!("cloudformation:{action}"), &arn, &[])?;
    found.ok_or_else(|| refusals::no_stack(name))
}
