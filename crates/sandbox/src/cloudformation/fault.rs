//! Failures of resources to come, as data.

use super::stack::Stack;
use crate::faults::Calls;
use crate::world::World;
use base::{AccountId, Region};
use serde::{Deserialize, Serialize};

/// A resource that fails. Absent conditions match everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceFault {
    /// The stack's account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The stack's region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// The stack's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// The resource's logical id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logical_id: Option<String>,
    /// What fails: `create`, `update`, `delete`, or `rollback` for the restoring after a failed update.
    pub operation: String,
    /// The reason, as it stands in the stack's events.
    pub reason: String,
    /// Which of the matching operations fail, counted from 1; every one if absent.
    #[serde(default)]
    pub calls: Calls,
    /// How many matching operations there were.
    #[serde(default)]
    pub seen: u64,
    /// How many times it strikes; for ever if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// How many times it struck.
    #[serde(default)]
    pub struck: u32,
}

impl ResourceFault {
    fn matches(&self, stack: &Stack, logical_id: &str, operation: &str) -> bool {
        self.operation == operation
            && self.account.as_ref().is_none_or(|a| *a == stack.account)
            && self.region.as_ref().is_none_or(|r| *r == stack.region)
            && self.stack.as_ref().is_none_or(|s| *s == stack.name)
            && self.logical_id.as_ref().is_none_or(|l| l == logical_id)
    }

    fn strikes(&self) -> bool {
        self.calls.include(self.seen) && self.times.is_none_or(|n| self.struck < n)
    }
}

/// The reason for which this operation on a resource fails, if the plan says that it does.
pub(crate) fn take(world: &mut World, stack: &Stack, logical_id: &str, operation: &str) -> Option<String> {
    let mut reason = None;
    for fault in world.resource_faults.iter_mut().filter(|f| f.matches(stack, logical_id, operation)) {
        fault.seen += 1;
        if reason.is_none() && fault.strikes() {
            fault.struck += 1;
            reason = Some(fault.reason.clone());
        }
    }
    reason
}
