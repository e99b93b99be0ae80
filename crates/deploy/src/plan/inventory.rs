//! What was seen before planning. A read that failed is kept as its failure: it is a finding and not an end.

use crate::release::GoodTarget;
use crate::seen::{AlarmSeen, Caller, Failure, StackSeen};
use base::StackName;
use std::collections::BTreeMap;

/// A read: what was seen, or why nothing was.
pub type Seen<T> = Result<T, Failure>;

/// What was seen in all targets, by target id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inventory {
    /// By target id.
    pub targets: BTreeMap<String, TargetSeen>,
}

/// What was seen in one target.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetSeen {
    /// Who answers there.
    pub caller: Seen<Caller>,
    /// Its stacks by name; `None` where there is none.
    pub stacks: BTreeMap<StackName, Seen<Option<StackSeen>>>,
    /// Its alarms.
    pub alarms: Seen<Vec<AlarmSeen>>,
    /// The release that was last good here.
    pub good: Option<GoodTarget>,
}
