//! The order in which stacks are executed, and what is not begun after a failure.

use super::job::{Fate, Job, Step};
use base::AccountId;
use deploy::bootstrap::Part;
use jiff::Timestamp;

/// What failed so far.
#[derive(Debug, Default)]
pub(super) struct Failures {
    /// A stack of hub roles that failed, by its id.
    hub: Option<String>,
    /// Accounts in which a stack failed that all pipelines share.
    accounts: Vec<(AccountId, String)>,
}

/// What accounts share comes before roles, and hub roles before the roles that trust them.
pub(super) fn wave(job: &Job) -> u8 {
    match job.stack.part {
        Part::Account => 0,
        Part::Hub(_) => 1,
        Part::Pipeline(_) => 2,
    }
}

pub(super) fn failures(jobs: &[Job]) -> Failures {
    let mut failures = Failures::default();
    for job in jobs.iter().filter(|j| matches!(j.fate, Fate::Failed { .. } | Fate::Cancelled { .. })) {
        match job.stack.part {
            Part::Hub(_) => failures.hub = Some(job.id()),
            Part::Account => failures.accounts.push((job.stack.account.clone(), job.id())),
            Part::Pipeline(_) => {}
        }
    }
    failures
}

/// Begins a stack that is planned.
pub(super) fn start(job: &mut Job, failed: &Failures, now: Timestamp) {
    let Step::Planned { .. } = job.step else { return };
    if job.fate == Fate::Same {
        let protected = job.was.seen.as_ref().is_some_and(|s| s.termination_protection);
        return if protected { job.end(Fate::Same) } else { job.go(Step::Protect, now) };
    }
    let hub = failed.hub.as_ref().filter(|_| matches!(job.stack.part, Part::Pipeline(_)));
    let shared = failed.accounts.iter().find(|(a, _)| *a == job.stack.account).map(|(_, id)| id);
    if let Some(other) = hub.or(shared) {
        return job.end(Fate::Cancelled { why: format!("{other} failed") });
    }
    job.go(Step::Execute, now);
}
