//! Executes a change set. Safe to repeat: a change set is executed once and never again, the client token is the plan's,
//! and in doubt its execution status is asked first.

use super::{Performer, poll_change_set};
use crate::ports::{Answer, Execution, Failure, FailureKind, Site};
use deploy::run::Outcome;

pub(super) async fn perform(on: &Performer<'_>, site: &Site, execution: &Execution, in_doubt: bool) -> Answer<Outcome> {
    if in_doubt && let Some(outcome) = already(on, site, execution).await? {
        return Ok(outcome);
    }
    match on.ports.change_sets.execute(site, execution).await {
        Ok(()) => Ok(Outcome::Done),
        Err(failure) if matches!(failure.kind, FailureKind::Conflict | FailureKind::NotFound) => {
            match already(on, site, execution).await? {
                Some(outcome) => Ok(outcome),
                None => Err(failure),
            }
        }
        Err(failure) => Err(failure),
    }
}

/// What became of it: executed by an earlier try, or of no use any more. Nothing when it can be executed.
async fn already(on: &Performer<'_>, site: &Site, execution: &Execution) -> Answer<Option<Outcome>> {
    let seen = on.ports.change_sets.describe(site, &execution.stack, &execution.change_set).await?;
    let Some(seen) = seen else { return executed_and_gone(on, site, execution).await.map(Some) };
    Ok(match poll_change_set::judge(seen) {
        Outcome::ChangeSetReady { executed: true, .. } => Some(Outcome::Present),
        Outcome::ChangeSetReady { .. } | Outcome::ChangeSetPending => None,
        other => Some(other),
    })
}

/// Executing a change set may delete it with the others of the stack: then the stack's events tell by our token.
async fn executed_and_gone(on: &Performer<'_>, site: &Site, execution: &Execution) -> Answer<Outcome> {
    let gone = Outcome::ChangeSetFailed { reason: "it was deleted by somebody else".into() };
    let events = match on.ports.stacks.events(site, &execution.stack, None).await {
        Ok(events) => events,
        Err(Failure { kind: FailureKind::NotFound, .. }) => return Ok(gone),
        Err(failure) => return Err(failure),
    };
    let ours = events.iter().any(|e| e.token.as_deref() == Some(&execution.token));
    Ok(if ours { Outcome::Present } else { gone })
}
