//! Going back: after a failure, when a person cancels, and when a stuck rollback is continued.

use super::advance::set_state;
use super::finish::{self, enter, on_failure, remove_steps, resources_reason, set_phase, was_touched};
use super::{Action, Begin, Kind, OnFailure, Operation, Phase, Step, StepState, begin, nested};
use crate::cloudformation::stack::Stack;
use crate::cloudformation::status::{ResourceStatus as R, StackStatus as S};
use crate::world::World;
use indexmap::IndexMap;
use jiff::Timestamp;

/// If the operation that goes forward has failed, turns it round as its failure options say. Whether it did.
pub(super) fn turn_if_failed(world: &mut World, stack: &mut Stack, at: Timestamp) -> bool {
    let Some(operation) = &stack.operation else { return false };
    if !matches!(operation.phase, Phase::Forward | Phase::Monitor { .. }) {
        return false;
    }
    if operation.failure.is_none() && operation.failed.is_empty() {
        return false;
    }
    let choice = on_failure(operation);
    if choice == OnFailure::DoNothing && is_still_working(operation) {
        return false;
    }
    turn(world, stack, choice, at);
    true
}

fn turn(world: &mut World, stack: &mut Stack, choice: OnFailure, at: Timestamp) {
    cancel_others(stack, at);
    let reason = failure_reason(stack);
    match (stack.status, choice) {
        (S::CreateInProgress, OnFailure::Rollback) if stack.parent.is_some() => {
            fail(world, stack, S::CreateFailed, reason, at)
        }
        (S::CreateInProgress, OnFailure::Rollback) => {
            enter(world, stack, S::RollbackInProgress, Some(format!("{reason}Rollback requested by user.")), at);
            start_taking_back(stack);
        }
        (S::CreateInProgress, OnFailure::Delete) => {
            enter(world, stack, S::CreateFailed, Some(reason.clone()), at);
            enter(world, stack, S::DeleteInProgress, Some("Delete requested by user.".into()), at);
            let steps = remove_steps(stack);
            set_phase(stack, Phase::Delete, steps);
        }
        (S::CreateInProgress, OnFailure::DoNothing) => fail(world, stack, S::CreateFailed, reason, at),
        (_, OnFailure::DoNothing) => fail(world, stack, S::UpdateFailed, reason, at),
        _ => {
            enter(world, stack, S::UpdateRollbackInProgress, Some(reason), at);
            start_restoring(world, stack);
            nested::wake_parent(world, stack, at);
        }
    }
}

fn is_still_working(operation: &Operation) -> bool {
    let running = |s: &Step| !s.is_over() && s.state != StepState::Waiting;
    operation.steps.values().any(running)
}

/// A stack that stays as it is, failed. What was good before is kept for `RollbackStack`.
fn fail(world: &mut World, stack: &mut Stack, status: S, reason: String, at: Timestamp) {
    enter(world, stack, status, Some(reason), at);
    stack.operation = None;
    nested::wake_parent(world, stack, at);
}

/// Resources that are being worked on when another one fails are given up.
fn cancel_others(stack: &mut Stack, at: Timestamp) {
    let Some(operation) = &stack.operation else { return };
    let running = operation.steps.iter().filter(|(_, s)| !s.is_over() && s.state != StepState::Waiting);
    let running: Vec<String> = running.map(|(key, _)| key.clone()).collect();
    for key in running {
        let creating = stack.resources.get(&key).is_some_and(|r| r.status == R::CreateInProgress);
        let (status, what) = if creating { (R::CreateFailed, "creation") } else { (R::UpdateFailed, "update") };
        stack.mark(&key, status, Some(format!("Resource {what} cancelled")), at);
        set_state(stack, &key, StepState::Failed);
        if let Some(operation) = &mut stack.operation {
            operation.failed.push(key);
        }
    }
}

fn failure_reason(stack: &Stack) -> String {
    let Some(operation) = &stack.operation else { return String::new() };
    let creating = |key: &&String| stack.resources.get(*key).is_some_and(|r| r.status == R::CreateFailed);
    let (created, updated): (Vec<_>, Vec<_>) = operation.failed.iter().partition(creating);
    let owned = |list: Vec<&String>| list.into_iter().cloned().collect::<Vec<_>>();
    let resources = [resources_reason("create", &owned(created)), resources_reason("update", &owned(updated))];
    let resources: String = resources.into_iter().flatten().collect();
    match &operation.failure {
        Some(reason) if resources.is_empty() => format!("{reason} "),
        Some(reason) if operation.failed.is_empty() => reason.clone(),
        Some(reason) => format!("{reason} {resources}"),
        None => resources,
    }
}

/// Takes a creation back: everything that was made goes.
fn start_taking_back(stack: &mut Stack) {
    let steps = remove_steps(stack);
    set_phase(stack, Phase::Rollback, steps);
}

/// Takes an update back: everything that was touched becomes what it was, in the order of the old dependencies.
fn start_restoring(world: &mut World, stack: &mut Stack) {
    let Some(baseline) = &stack.last_good else { return };
    let touched =
        |key: &&String| was_touched(stack, key) || differs(stack, key) || nested::was_updated(world, stack, key);
    let keys: Vec<String> = baseline.resources.keys().filter(touched).cloned().collect();
    let depends = |key: &String| baseline.resources.get(key).map(|r| r.depends_on.clone()).unwrap_or_default();
    let steps: IndexMap<String, Step> =
        keys.iter().map(|k| (k.clone(), Step::new(Action::Restore, depends(k)))).collect();
    set_phase(stack, Phase::Rollback, steps);
    if let Some(operation) = &mut stack.operation {
        operation.failure = None;
    }
}

/// Whether a resource is not what the baseline says; so a rollback can start again from any point.
fn differs(stack: &Stack, key: &str) -> bool {
    let Some(before) = stack.last_good.as_ref().and_then(|b| b.resources.get(key)) else { return false };
    stack.resources.get(key).is_none_or(|now| {
        now.physical_id != before.physical_id || now.properties != before.properties || now.status == R::UpdateFailed
    })
}

/// After restoring: template, parameters, outputs and tags are the old ones again; what the update made is left over.
pub(super) fn adopt_baseline(stack: &mut Stack) {
    let Some(baseline) = stack.last_good.clone() else { return };
    let new: Vec<String> = stack.resources.keys().filter(|k| !baseline.resources.contains_key(*k)).cloned().collect();
    for key in new {
        if let Some(resource) = stack.resources.shift_remove(&key) {
            super::effect::keep_leftover(stack, &resource, None);
        }
    }
    stack.definition = baseline.definition;
    stack.outputs = baseline.outputs;
    stack.imports = baseline.imports;
}

/// `ContinueUpdateRollback` on a stack whose rollback is stuck.
pub(crate) fn begin_continue(world: &mut World, stack: &mut Stack, begin: &Begin, skip: Vec<String>, at: Timestamp) {
    let mut operation = begin::operation(world, Kind::Continue, Phase::Rollback, begin, at);
    operation.skip = skip;
    begin::install(stack, operation, begin);
    enter(world, stack, S::UpdateRollbackInProgress, Some("User Initiated".into()), at);
    start_restoring(world, stack);
}

/// `RollbackStack` on a stack that failed and was left as it is.
pub(crate) fn begin_roll_back(world: &mut World, stack: &mut Stack, begin: &Begin, at: Timestamp) {
    let operation = begin::operation(world, Kind::Rollback, Phase::Rollback, begin, at);
    begin::install(stack, operation, begin);
    if stack.last_good.is_none() {
        enter(world, stack, S::RollbackInProgress, Some("User Initiated".into()), at);
        start_taking_back(stack);
    } else {
        enter(world, stack, S::UpdateRollbackInProgress, Some("User Initiated".into()), at);
        start_restoring(world, stack);
    }
}

/// `CancelUpdateStack` on a stack that is being updated.
pub(crate) fn cancel_update(world: &mut World, stack: &mut Stack, token: Option<String>, at: Timestamp) {
    if let Some(operation) = &mut stack.operation {
        operation.on_failure = OnFailure::Rollback;
        operation.failure = Some("Stack update cancelled".into());
        operation.token = token.or(operation.token.take());
        operation.wake = at;
    }
    cancel_others(stack, at);
    if let Some(operation) = &mut stack.operation {
        operation.failed.clear();
    }
    enter(world, stack, S::UpdateRollbackInProgress, Some("User Initiated".into()), at);
    start_restoring(world, stack);
}

/// A nested stack that is held, or still at work, goes back because its parent does. False if it has nothing to go back to.
pub(super) fn roll_back_nested(world: &mut World, child: &mut Stack, at: Timestamp) -> bool {
    let updated = matches!(child.status, S::UpdateInProgress | S::UpdateCompleteCleanupInProgress);
    if !updated || child.last_good.is_none() {
        return false;
    }
    cancel_others(child, at);
    enter(world, child, S::UpdateRollbackInProgress, None, at);
    start_restoring(world, child);
    if let Some(operation) = &mut child.operation {
        operation.wake = at;
    }
    true
}

/// A held nested stack goes on to its cleanup.
pub(super) fn release_nested(child: &mut Stack, at: Timestamp) -> bool {
    let held = child.operation.as_ref().is_some_and(|o| o.phase == Phase::Held);
    if held {
        finish::begin_cleanup(child);
        if let Some(operation) = &mut child.operation {
            operation.wake = at;
        }
    }
    held
}
