//! Rollback triggers: alarms that are watched while an operation goes forward and for the monitoring time after it.

use super::Phase;
use crate::cloudformation::stack::Stack;
use crate::services::cloudwatch;
use crate::world::World;
use base::{AccountId, Region};
use jiff::Timestamp;

/// Fails the operation when one of its alarms rings or does not exist. Only `ALARM` counts, not `INSUFFICIENT_DATA`.
pub(super) fn watch(world: &World, stack: &mut Stack, _at: Timestamp) {
    if !is_watching(stack) {
        return;
    }
    let reasons: Vec<String> =
        stack.definition.rollback.triggers.iter().filter_map(|(arn, _)| reason(world, arn)).collect();
    if let (Some(reason), Some(operation)) = (reasons.first(), &mut stack.operation)
        && operation.failure.is_none()
    {
        operation.failure = Some(reason.clone());
    }
}

fn reason(world: &World, arn: &str) -> Option<String> {
    match cloudwatch::state_of(world, arn) {
        None => Some(format!("Rollback trigger {arn} does not exist.")),
        Some("ALARM") => Some(format!("Rollback trigger {arn} went to the state ALARM.")),
        Some(_) => None,
    }
}

fn is_watching(stack: &Stack) -> bool {
    let forward = |phase| matches!(phase, Phase::Forward | Phase::Monitor { .. });
    !stack.definition.rollback.triggers.is_empty() && stack.operation.as_ref().is_some_and(|o| forward(o.phase))
}

/// An alarm of this account and region changed its state: operations that watch alarms look at once.
pub(crate) fn wake_watchers(world: &mut World, account: &AccountId, region: &Region, at: Timestamp) {
    let Some(state) = world.region(account, region) else { return };
    let watching = state.cloudformation.stacks.values().filter(|s| is_watching(s));
    for id in watching.map(|s| s.id.clone()).collect::<Vec<_>>() {
        crate::cloudformation::wake(world, account, region, &id, at);
    }
}
