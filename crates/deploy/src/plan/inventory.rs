//! What was seen before planning. A read that failed is kept as its failure: it is a finding and not an end.

use super::PlannedTarget;
use crate::release::GoodTarget;
use crate::seen::{AlarmSeen, Caller, Failure, StackSeen};
use crate::target::Site;
use base::{Arn, StackName};
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
    /// The role that looked; nothing for the caller's own credentials. In the plan of a pull request it is not the one
    /// that would deploy.
    pub by: Option<Arn>,
    /// Who answers there.
    pub caller: Seen<Caller>,
    /// Its stacks by name; `None` where there is none.
    pub stacks: BTreeMap<StackName, Seen<Option<StackSeen>>>,
    /// Its alarms.
    pub alarms: Seen<Vec<AlarmSeen>>,
    /// The release that was last good here.
    pub good: Option<GoodTarget>,
}

impl Inventory {
    /// Where looks at a target go, and as whom.
    pub fn site(&self, target: &PlannedTarget) -> Site {
        let role = self.targets.get(&target.id).map_or_else(|| target.site.role.clone(), |seen| seen.by.clone());
        Site { role, ..target.site.clone() }
    }
}
