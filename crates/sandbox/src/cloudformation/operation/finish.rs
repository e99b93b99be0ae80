//! From one phase to the next, and the end of an operation.

use super::advance::step;
use super::{Action, Kind, OnFailure, Operation, Phase, Step, later, nested};
use crate::cloudformation::evaluate::{Blueprint, Surroundings};
use crate::cloudformation::stack::Stack;
use crate::cloudformation::status::StackStatus as S;
use crate::cloudformation::{exports, notify};
use crate::world::World;
use indexmap::IndexMap;
use jiff::Timestamp;

/// Goes on to the next phase; false when the operation is over or waits for another stack.
pub(super) fn next_phase(world: &mut World, stack: &mut Stack, at: Timestamp) -> bool {
    let Some(operation) = &stack.operation else { return false };
    match operation.phase {
        Phase::Forward => after_forward(world, stack, at),
        Phase::Monitor { .. } => deployed(world, stack, at),
        Phase::Held => false,
        Phase::Cleanup => end(world, stack, S::UpdateComplete, None, at),
        Phase::Rollback => after_rollback(world, stack, at),
        Phase::RollbackCleanup => end(world, stack, S::UpdateRollbackComplete, None, at),
        Phase::Delete => after_delete(world, stack, at),
    }
}

fn after_forward(world: &mut World, stack: &mut Stack, at: Timestamp) -> bool {
    let blueprint = Blueprint::of(stack);
    let outputs = blueprint.outputs(&Surroundings::new(world, stack));
    let refused = match outputs {
        Ok((outputs, imports)) => exports::refusal(world, stack, &outputs).or_else(|| {
            stack.outputs = outputs;
            stack.imports = imports;
            None
        }),
        Err(reason) => Some(reason),
    };
    if let (Some(reason), Some(operation)) = (refused, &mut stack.operation) {
        operation.failure = Some(reason);
        return true;
    }
    let minutes = stack.definition.rollback.minutes;
    if minutes == 0 || stack.parent.is_some() {
        return deployed(world, stack, at);
    }
    set_phase(stack, Phase::Monitor { until: later(at, minutes * 60) }, IndexMap::new());
    false
}

/// Everything is deployed and was watched for as long as it should be.
fn deployed(world: &mut World, stack: &mut Stack, at: Timestamp) -> bool {
    let Some(operation) = &stack.operation else { return false };
    if operation.failure.is_some() {
        return true;
    }
    if operation.kind == Kind::Create {
        return end(world, stack, S::CreateComplete, None, at);
    }
    collect_removed(stack);
    enter(world, stack, S::UpdateCompleteCleanupInProgress, None, at);
    if stack.parent.is_some() {
        set_phase(stack, Phase::Held, IndexMap::new());
        nested::wake_parent(world, stack, at);
        return false;
    }
    begin_cleanup(stack);
    true
}

/// What the new definition no longer has becomes a leftover.
fn collect_removed(stack: &mut Stack) {
    let blueprint = Blueprint::of(stack);
    let removed: Vec<String> =
        stack.resources.keys().filter(|key| blueprint.resource(key).is_none()).cloned().collect();
    for key in removed {
        if let Some(resource) = stack.resources.shift_remove(&key) {
            let policy = resource.deletion_policy.clone().filter(|p| p == "Retain" || p == "Snapshot");
            super::effect::keep_leftover(stack, &resource, policy.as_deref());
        }
    }
}

/// Starts deleting what an update left over; nested stacks of the update may now clean up too.
pub(super) fn begin_cleanup(stack: &mut Stack) {
    let mut steps = clear_steps(stack);
    for resource in stack.resources.values().filter(|r| nested::is_nested(&r.resource_type)) {
        steps.insert(resource.logical_id.clone(), Step::new(Action::Release, Vec::new()));
    }
    set_phase(stack, Phase::Cleanup, steps);
}

/// One step for each leftover: what depends on another goes first.
pub(super) fn clear_steps(stack: &Stack) -> IndexMap<String, Step> {
    let Some(operation) = &stack.operation else { return IndexMap::new() };
    let left = &operation.leftovers;
    let key = |n: usize| format!("#{n}");
    let users = |id: &str| (0..left.len()).filter(|m| left[*m].depends_on.iter().any(|d| d == id)).map(key).collect();
    (0..left.len()).rev().map(|n| (key(n), Step::new(Action::Clear(n), users(&left[n].logical_id)))).collect()
}

/// One step for each resource, in the reverse order of their dependencies.
pub(super) fn remove_steps(stack: &Stack) -> IndexMap<String, Step> {
    let users = |id: &String| {
        let depends = stack.resources.values().filter(|r| r.depends_on.contains(id));
        depends.map(|r| r.logical_id.clone()).collect()
    };
    stack.resources.keys().rev().map(|id| (id.clone(), Step::new(Action::Remove, users(id)))).collect()
}

fn after_rollback(world: &mut World, stack: &mut Stack, at: Timestamp) -> bool {
    let Some(operation) = &stack.operation else { return false };
    let failed = operation.failed.clone();
    if stack.status == S::RollbackInProgress {
        return match resources_reason("delete", &failed) {
            Some(reason) => end(world, stack, S::RollbackFailed, Some(reason), at),
            None => end(world, stack, S::RollbackComplete, None, at),
        };
    }
    if let Some(reason) = resources_reason("update", &failed) {
        return end(world, stack, S::UpdateRollbackFailed, Some(reason), at);
    }
    super::rollback::adopt_baseline(stack);
    enter(world, stack, S::UpdateRollbackCompleteCleanupInProgress, None, at);
    let steps = clear_steps(stack);
    set_phase(stack, Phase::RollbackCleanup, steps);
    true
}

fn after_delete(world: &mut World, stack: &mut Stack, at: Timestamp) -> bool {
    let failed = stack.operation.as_ref().map(|o| o.failed.clone()).unwrap_or_default();
    if let Some(reason) = resources_reason("delete", &failed) {
        return end(world, stack, S::DeleteFailed, Some(reason), at);
    }
    stack.deleted = Some(at);
    stack.outputs.clear();
    stack.imports.clear();
    end(world, stack, S::DeleteComplete, None, at)
}

/// `The following resource(s) failed to update: [A, B]. `, nothing if none did.
pub(super) fn resources_reason(verb: &str, failed: &[String]) -> Option<String> {
    (!failed.is_empty()).then(|| format!("The following resource(s) failed to {verb}: [{}]. ", failed.join(", ")))
}

/// Ends the operation in a settled state. Always false: there is no next phase.
pub(super) fn end(world: &mut World, stack: &mut Stack, status: S, reason: Option<String>, at: Timestamp) -> bool {
    enter(world, stack, status, reason, at);
    if status.is_good() || matches!(status, S::UpdateRollbackComplete | S::RollbackComplete) {
        stack.last_good = None;
    }
    stack.operation = None;
    nested::wake_parent(world, stack, at);
    false
}

/// Changes the stack's state, records it, and tells those who wait for it.
pub(crate) fn enter(world: &mut World, stack: &mut Stack, status: S, reason: Option<String>, at: Timestamp) {
    let event_id = world.ids.uuid();
    stack.enter(status, reason, at, event_id);
    notify::stack_entered(world, stack, at);
}

/// Goes to a phase with its steps.
pub(super) fn set_phase(stack: &mut Stack, phase: Phase, steps: IndexMap<String, Step>) {
    if let Some(operation) = &mut stack.operation {
        operation.phase = phase;
        operation.steps = steps;
        operation.failed.clear();
    }
}

/// Whether the stack may be given up entirely when it fails.
pub(super) fn on_failure(operation: &Operation) -> OnFailure {
    match (operation.kind, operation.on_failure) {
        (Kind::Update, OnFailure::Delete) => OnFailure::Rollback,
        (_, chosen) => chosen,
    }
}

/// Whether a resource was touched in the phase that runs.
pub(super) fn was_touched(stack: &Stack, key: &str) -> bool {
    step(stack, key).is_some_and(|s| s.next.is_some())
}
