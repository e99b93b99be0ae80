//! Whether a person's word counts.

use super::{Fact, State};
use crate::plan::{Plan, PlannedApproval, Work};
use jiff::Timestamp;

/// Why an approval or a rejection is not accepted: nobody asked, the question has lapsed, the person may not answer, has
/// answered already, or saw another plan.
pub fn refuses(
    plan: &Plan,
    state: &State,
    stage: usize,
    step: Option<&str>,
    by: &str,
    word: &Fact,
    now: Timestamp,
) -> Option<String> {
    let Some(asked) = state.approvals.get(&(stage, step.map(str::to_owned))) else {
        return Some("nobody was asked for that yet".into());
    };
    if let Some(end) = asked.expires.filter(|end| *end < now) {
        return Some(format!("the question lapsed at {end}"));
    }
    if asked.rejected.is_some() {
        return Some("it was rejected already".into());
    }
    let Fact::Approved { plan: seen, .. } = word else { return None };
    if *seen != plan.digest() {
        return Some("the approval was given to another plan".into());
    }
    if asked.approved_by.contains(by) {
        return Some(format!("{by} has agreed already"));
    }
    let rule = step.and_then(|id| rule(plan, stage, id))?;
    if !rule.approvers.is_empty() && !rule.approvers.iter().any(|a| a == by) {
        return Some(format!("{by} is not one of the approvers: {}", rule.approvers.join(", ")));
    }
    if !rule.allow_author && by == plan.author {
        return Some(format!("{by} made this run, and somebody else must agree to it"));
    }
    None
}

fn rule<'a>(plan: &'a Plan, stage: usize, id: &str) -> Option<&'a PlannedApproval> {
    let mut targets = plan.targets.iter().filter(|t| t.stage == stage);
    targets.find_map(|target| {
        target.steps.iter().find(|s| s.id == id).and_then(|s| match &s.work {
            Work::Approval(rule) => Some(rule),
            _ => None,
        })
    })
}
