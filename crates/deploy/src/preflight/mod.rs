//! Before a run: may it do all that it is about to do? Everything that is missing in every account, at once.
//!
//! The policies that AWS would ask are read once for each account and role, and asked here: of the deployment role every
//! call that the engine will make for this plan, of the execution role every action that CloudFormation needs for the
//! templates. Both are limited by boundary, service control policies and session. What could not be read, and what depends
//! on a condition that only the call itself will tell, is said and not guessed.
//!
//! Absent: policies of resources (a bucket of another account may still refuse), policies of users, and what the user's
//! own commands do.

mod calls;
mod enter;
mod judge;
mod needs;
mod policies;
mod report;
#[cfg(test)]
mod tests;
mod words;

pub use calls::calls;
pub use enter::{assume_actions, assume_context};
pub use needs::Templates;
pub use policies::{Actor, statement_text};
pub use report::{Missing, Refused, Report, Unchecked};

use crate::plan::{Guard, Inventory, Plan, PlannedDeploy, PlannedTarget, Seen, Work};
use crate::seen::{Caller, RoleSeen, ServiceControlSeen};
use base::{AccountId, Arn};
use jiff::Timestamp;
use judge::Judge;
use std::collections::{BTreeMap, BTreeSet};

/// What was read of access, before planning ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Access {
    /// Whose the command's own credentials are. Asked only where a role refuses them.
    pub caller: Option<Seen<Caller>>,
    /// The role behind them, if they are a role's.
    pub caller_role: Option<Seen<Option<RoleSeen>>>,
    /// Roles by ARN; `None` where there is none.
    pub roles: BTreeMap<Arn, Seen<Option<RoleSeen>>>,
    /// Service control policies by account.
    pub control: BTreeMap<AccountId, Seen<ServiceControlSeen>>,
    /// The organization's id, when it is known.
    pub organization: Option<String>,
}

/// What is looked at.
pub struct Question<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What was seen in its targets.
    pub inventory: &'a Inventory,
    /// What was read of access.
    pub access: &'a Access,
    /// The templates of its steps.
    pub templates: &'a Templates<'a>,
    /// Now, for conditions on time.
    pub now: Timestamp,
}

/// What a role is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// It is assumed, and makes the calls.
    Deployment,
    /// CloudFormation acts as it.
    Execution,
    /// It looks, for a pull request, and does nothing else.
    Plan,
}

impl Purpose {
    /// As programs read it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::Execution => "execution",
            Self::Plan => "plan",
        }
    }

    /// As messages name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deployment => "deployment role",
            Self::Execution => "execution role",
            Self::Plan => "plan role",
        }
    }
}

/// The roles that a plan uses in a target: the deployment role, or the role behind the caller's own credentials, then
/// execution roles. Only targets that let the caller in have any, since nothing can be read in the others.
pub fn roles_of(inventory: &Inventory, target: &PlannedTarget) -> Vec<Arn> {
    let seen = inventory.targets.get(&target.id).and_then(|seen| seen.caller.as_ref().ok());
    let Some(caller) = seen.filter(|caller| caller.account == target.account && target.skip.is_none()) else {
        return Vec::new();
    };
    let own = target.site.role.clone().or_else(|| policies::role_behind(&caller.arn));
    let mut all: BTreeSet<Arn> = own.into_iter().collect();
    all.extend(deploys(target).filter_map(|(_, deploy)| deploy.change.role.clone()));
    all.into_iter().collect()
}

pub(crate) fn deploys(target: &PlannedTarget) -> impl Iterator<Item = (&str, &PlannedDeploy)> {
    target.steps.iter().filter_map(|step| match &step.work {
        Work::Deploy(deploy) => Some((step.id.as_str(), &**deploy)),
        _ => None,
    })
}

/// Everything that is refused or unknown, over all targets.
pub fn preflight(question: &Question<'_>) -> Report {
    let mut report = Report::default();
    let mut judge = Judge::new(question);
    for target in question.plan.targets.iter().filter(|target| target.skip.is_none()) {
        let Some(seen) = question.inventory.targets.get(&target.id) else { continue };
        match &seen.caller {
            Err(failure) => enter::refused(question, (target, seen.by.as_ref()), failure, &mut report),
            Ok(caller) if caller.account == target.account => judge.target(target, caller, &mut report),
            Ok(_) => {}
        }
    }
    report.ignored = question.plan.overrides.iter().any(|o| matches!(o.guard, Guard::Preflight));
    report.finish();
    report
}
