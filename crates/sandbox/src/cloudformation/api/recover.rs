//! Getting a stack out of a state that it does not leave by itself.

use super::{named, refusals, request};
use crate::call::{Answer, AwsError, Call, Output};
use crate::cloudformation as cfn;
use crate::cloudformation::operation::{begin_continue, begin_roll_back, cancel_update};
use crate::cloudformation::stack::Stack;
use crate::cloudformation::status::{ResourceStatus, StackStatus as S};
use crate::world::World;
use serde_json::json;

/// `ContinueUpdateRollback`.
pub(super) fn continue_rollback(world: &mut World, call: &Call<'_>) -> Answer {
    let stack = named(world, call, "ContinueUpdateRollback")?.clone();
    let begin = request::begin(world, call)?;
    if request::is_repeated(&stack, begin.token.as_deref(), "CONTINUE_ROLLBACK")? {
        return Ok(Output::nothing());
    }
    if stack.status != S::UpdateRollbackFailed {
        return Err(AwsError::validation(format!(
            "Stack:{} is in {} state and can not continue update rollback.",
            stack.id, stack.status
        )));
    }
    let skip = call.texts("ResourcesToSkip");
    check_skipped(&stack, &skip)?;
    let at = world.now();
    if let Some(mut stack) = cfn::take(world, &call.account, &call.region, &stack.id) {
        begin_continue(world, &mut stack, &begin, skip, at);
        cfn::put(world, stack);
    }
    Ok(Output::nothing())
}

/// Only resources that failed while rolling back can be skipped. Those of nested stacks are named `STACK.RESOURCE`.
fn check_skipped(stack: &Stack, skip: &[String]) -> Result<(), AwsError> {
    let failed = |id: &str| stack.resources.get(id).is_some_and(|r| r.status == ResourceStatus::UpdateFailed);
    match skip.iter().find(|id| !failed(id.as_str())) {
        Some(_) => Err(AwsError::validation(
            "One or more of the resources to skip are not in a valid state. You can skip only resources that are in the UPDATE_FAILED state because a rollback failed.",
        )),
        None => Ok(()),
    }
}

/// `CancelUpdateStack`.
pub(super) fn cancel(world: &mut World, call: &Call<'_>) -> Answer {
    let stack = named(world, call, "CancelUpdateStack")?.clone();
    let token = call.text("ClientRequestToken").map(str::to_owned);
    if stack.status != S::UpdateInProgress {
        return Err(AwsError::validation(format!(
            "CancelUpdateStack cannot be called from current stack status: {}",
            stack.status
        )));
    }
    let at = world.now();
    if let Some(mut stack) = cfn::take(world, &call.account, &call.region, &stack.id) {
        cancel_update(world, &mut stack, token, at);
        cfn::put(world, stack);
    }
    Ok(Output::nothing())
}

/// `RollbackStack`.
pub(super) fn roll_back(world: &mut World, call: &Call<'_>) -> Answer {
    let stack = named(world, call, "RollbackStack")?.clone();
    let begin = request::begin(world, call)?;
    if request::is_repeated(&stack, begin.token.as_deref(), "ROLLBACK")? {
        return Ok(Output::tree(json!({ "StackId": stack.id })));
    }
    if !stack.status.can_roll_back() {
        return Err(refusals::wrong_state(&stack, "rolled back"));
    }
    let at = world.now();
    if let Some(mut stack) = cfn::take(world, &call.account, &call.region, &stack.id) {
        begin_roll_back(world, &mut stack, &begin, at);
        cfn::put(world, stack);
    }
    Ok(Output::tree(json!({ "StackId": stack.id })))
}
