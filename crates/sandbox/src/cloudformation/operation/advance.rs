//! One move of an operation: take in what has become due, start what can start, go on to the next phase.

use super::{Action, Phase, Step, StepState, alarms, effect, finish, later, nested, rollback};
use crate::cloudformation::stack::Stack;
use crate::cloudformation::status::ResourceStatus;
use crate::world::World;
use jiff::Timestamp;

/// A nested stack wakes its parent when it is over; this is how long the parent waits if nothing wakes it, in seconds.
const NESTED_PATIENCE: u32 = 24 * 3600;

/// Moves the stack's operation on to `at`, the moment at which it asked to be woken or was woken.
pub(crate) fn advance(world: &mut World, stack: &mut Stack, at: Timestamp) {
    settle(world, stack, at);
    alarms::watch(world, stack, at);
    loop {
        rollback::turn_if_failed(world, stack, at);
        start_ready(world, stack, at);
        // A step can fail as it starts: its properties cannot be evaluated, or the stack policy forbids it.
        if rollback::turn_if_failed(world, stack, at) {
            continue;
        }
        if !is_phase_over(stack, at) || !finish::next_phase(world, stack, at) {
            break;
        }
    }
    set_wake(stack, at);
}

/// Takes in everything that is due, in the order of the steps.
fn settle(world: &mut World, stack: &mut Stack, at: Timestamp) {
    let keys: Vec<String> = stack.operation.iter().flat_map(|o| o.steps.keys().cloned()).collect();
    for key in keys {
        let Some(state) = step(stack, &key).map(|s| s.state.clone()) else { continue };
        match state {
            StepState::Announced(due) if due <= at => effect::perform(world, stack, &key, at),
            StepState::Initiated(due) if due <= at => effect::complete(world, stack, &key, at),
            StepState::Nested(child) => nested::poll(world, stack, &key, &child, at),
            _ => {}
        }
    }
}

/// Starts every step whose predecessors are over. A step that turns out to have nothing to do lets others start at once.
fn start_ready(world: &mut World, stack: &mut Stack, at: Timestamp) {
    loop {
        let Some(operation) = &stack.operation else { return };
        if operation.failure.is_some() && operation.phase == Phase::Forward {
            return;
        }
        let over = |key: &String| operation.steps.get(key).is_none_or(Step::is_over);
        let blocked =
            |s: &Step| s.after.iter().any(|k| operation.steps.get(k).is_some_and(|b| b.state == StepState::Failed));
        let waiting = operation.steps.iter().filter(|(_, s)| s.state == StepState::Waiting);
        let ready: Vec<(String, Action, bool)> = waiting
            .filter(|(_, s)| s.after.iter().all(over))
            .map(|(key, s)| (key.clone(), s.action, blocked(s)))
            .collect();
        if ready.is_empty() {
            return;
        }
        for (key, action, blocked) in ready {
            // What stands on something that could not be deleted is deleted all the same; nothing else goes on.
            if blocked && !matches!(action, Action::Clear(_)) {
                set_state(stack, &key, StepState::Failed);
            } else {
                effect::announce(world, stack, &key, at);
            }
        }
    }
}

fn is_phase_over(stack: &Stack, at: Timestamp) -> bool {
    stack.operation.as_ref().is_some_and(|o| match o.phase {
        Phase::Monitor { until } => until <= at || o.failure.is_some(),
        Phase::Held => false,
        _ => o.steps.values().all(Step::is_over),
    })
}

fn set_wake(stack: &mut Stack, at: Timestamp) {
    let Some(operation) = &mut stack.operation else { return };
    let steps = operation.steps.values().filter_map(Step::due).min();
    operation.wake = match operation.phase {
        Phase::Monitor { until } => until,
        _ => steps.unwrap_or_else(|| later(at, NESTED_PATIENCE)),
    };
}

/// A step of the operation that runs.
pub(super) fn step<'a>(stack: &'a Stack, key: &str) -> Option<&'a Step> {
    stack.operation.as_ref()?.steps.get(key)
}

/// A step to change.
pub(super) fn step_mut<'a>(stack: &'a mut Stack, key: &str) -> Option<&'a mut Step> {
    stack.operation.as_mut()?.steps.get_mut(key)
}

/// Sets how far a step is.
pub(super) fn set_state(stack: &mut Stack, key: &str, state: StepState) {
    if let Some(step) = step_mut(stack, key) {
        step.state = state;
    }
}

/// A step failed: the resource says why, the operation remembers which.
pub(super) fn fail_step(stack: &mut Stack, key: &str, status: ResourceStatus, reason: String, at: Timestamp) {
    set_state(stack, key, StepState::Failed);
    stack.mark(key, status, Some(reason), at);
    if let Some(operation) = &mut stack.operation {
        operation.failed.push(key.to_owned());
    }
}
