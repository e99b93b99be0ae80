//! Executing a change set, and what becomes of the others.

use super::{change_sets, refusals, request};
use crate::call::{Answer, Call, Output};
use crate::cloudformation as cfn;
use crate::cloudformation::change_set::{ChangeSet, ExecutionStatus};
use crate::cloudformation::operation::{OnFailure, begin_create, begin_update};
use crate::cloudformation::status::StackStatus as S;
use crate::world::World;

/// `ExecuteChangeSet`.
pub(super) fn execute(world: &mut World, call: &Call<'_>) -> Answer {
    let set = change_sets::find(world, call, "ExecuteChangeSet")?.clone();
    let Some(stack) = cfn::find(world, &call.account, &call.region, &set.stack_id).cloned() else {
        return Err(refusals::no_stack_to_change(&set.stack_id));
    };
    let kind = if set.creates { "CREATE_STACK" } else { "UPDATE_STACK" };
    if request::is_repeated(&stack, call.text("ClientRequestToken"), kind)? {
        return Ok(Output::nothing());
    }
    check_status(world, &set)?;
    if !(stack.status.can_update() || stack.status == S::ReviewInProgress) {
        return Err(refusals::wrong_state(&stack, "updated"));
    }
    let mut begin = request::begin(world, call)?;
    begin.role_arn.clone_from(&set.role_arn);
    if let (None, Some(chosen)) = (call.flag("DisableRollback"), set.on_failure) {
        begin.on_failure = chosen;
    }
    if !set.creates && begin.on_failure == OnFailure::Delete {
        begin.on_failure = OnFailure::Rollback;
    }
    let at = world.now();
    mark(world, call, &set.id, ExecutionStatus::ExecuteInProgress);
    let Some(mut stack) = cfn::take(world, &call.account, &call.region, &stack.id) else {
        return Err(refusals::no_stack_to_change(&set.stack_id));
    };
    stack.change_set_id = Some(set.id.clone());
    if set.creates {
        stack.definition = set.definition.clone();
        begin_create(world, &mut stack, &begin, at);
    } else {
        begin_update(world, &mut stack, set.definition.clone(), &begin, at);
    }
    cfn::put(world, stack);
    remove_change_sets(world, call, &set.stack_id, Some(&set.id));
    Ok(Output::nothing())
}

fn check_status(world: &World, set: &ChangeSet) -> Result<(), crate::call::AwsError> {
    let now = world.now();
    if set.status(now) == "CREATE_COMPLETE" && set.execution == ExecutionStatus::Available {
        return Ok(());
    }
    let (status, execution) = (set.status(now), set.execution_status(now));
    let text = if status == "CREATE_COMPLETE" {
        format!("ChangeSet [{}] cannot be executed in its current execution status of [{execution}]", set.id)
    } else {
        format!("ChangeSet [{}] cannot be executed in its current status of [{status}]", set.id)
    };
    Err(refusals::change_set_status(text))
}

fn mark(world: &mut World, call: &Call<'_>, id: &str, execution: ExecutionStatus) {
    if let Ok(state) = world.region_mut(&call.account, &call.region)
        && let Some(set) = state.cloudformation.change_sets.get_mut(id)
    {
        set.execution = execution;
    }
}

/// Executing one change set deletes the stack's others; deleting the stack deletes all.
pub(super) fn remove_change_sets(world: &mut World, call: &Call<'_>, stack_id: &str, except: Option<&str>) {
    if let Ok(state) = world.region_mut(&call.account, &call.region) {
        state.cloudformation.change_sets.retain(|id, c| c.stack_id != stack_id || Some(id.as_str()) == except);
    }
}

/// A stack that is changed without its change sets makes them obsolete.
pub(super) fn make_obsolete(world: &mut World, call: &Call<'_>, stack_id: &str, except: Option<&str>) {
    let Ok(state) = world.region_mut(&call.account, &call.region) else { return };
    let own = state.cloudformation.change_sets.values_mut().filter(|c| c.stack_id == stack_id);
    for set in own.filter(|c| Some(c.id.as_str()) != except && c.execution == ExecutionStatus::Available) {
        set.execution = ExecutionStatus::Obsolete;
    }
}
