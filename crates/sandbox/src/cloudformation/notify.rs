//! Who is told when a stack reaches a state.

use super::change_set::ExecutionStatus;
use super::stack::Stack;
use crate::services::cloudwatch;
use crate::world::World;
use jiff::Timestamp;

/// The stack has just reached its status.
pub(super) fn stack_entered(world: &mut World, stack: &Stack, at: Timestamp) {
    cloudwatch::stack_entered(world, stack, at);
    if stack.status.is_in_progress() {
        return;
    }
    let Some(id) = &stack.change_set_id else { return };
    let Ok(state) = world.region_mut(&stack.account, &stack.region) else { return };
    if let Some(set) = state.cloudformation.change_sets.get_mut(id)
        && set.execution == ExecutionStatus::ExecuteInProgress
    {
        set.execution =
            if stack.status.is_good() { ExecutionStatus::ExecuteComplete } else { ExecutionStatus::ExecuteFailed };
    }
}
