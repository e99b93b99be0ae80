//! Looks whether a change set is ready. Safe to repeat: it only reads.

use crate::ports::{Answer, ChangeSetSeen, Ports, Site};
use deploy::run::Outcome;

pub(crate) async fn perform(ports: &Ports, site: &Site, stack: &str, name: &str) -> Answer<Outcome> {
    let seen = ports.change_sets.describe(site, stack, name).await?;
    Ok(seen.map_or_else(|| Outcome::ChangeSetFailed { reason: "it was deleted by somebody else".into() }, judge))
}

pub(crate) fn judge(seen: ChangeSetSeen) -> Outcome {
    let reason = seen.reason.unwrap_or_else(|| "CloudFormation gave no reason".into());
    match (seen.status.as_str(), seen.execution_status.as_str()) {
        ("CREATE_COMPLETE", "AVAILABLE") => Outcome::ChangeSetReady { changes: seen.changes, executed: false },
        ("CREATE_COMPLETE", "OBSOLETE") => {
            Outcome::ChangeSetFailed { reason: "the stack was changed by somebody else in the meantime".into() }
        }
        ("CREATE_COMPLETE", execution) if execution.starts_with("EXECUTE_") => {
            Outcome::ChangeSetReady { changes: seen.changes, executed: true }
        }
        ("CREATE_PENDING" | "CREATE_IN_PROGRESS" | "CREATE_COMPLETE", _) => Outcome::ChangeSetPending,
        ("FAILED", _) if is_empty(&reason) => Outcome::ChangeSetEmpty,
        ("FAILED", _) => Outcome::ChangeSetFailed { reason },
        (status, _) => Outcome::ChangeSetFailed { reason: format!("it is in {status}") },
    }
}

/// CloudFormation tells an empty change set by nothing but this text of its status reason.
fn is_empty(reason: &str) -> bool {
    reason.contains("didn't contain changes") || reason.contains("No updates are to be performed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_judged() {
        let seen = |status: &str, execution: &str, reason: &str| ChangeSetSeen {
            id: "id".into(),
            stack_id: "stack".into(),
            status: status.into(),
            reason: (!reason.is_empty()).then(|| reason.into()),
            execution_status: execution.into(),
            changes: Vec::new(),
        };
        let empty =
            "The submitted information didn't contain changes. Submit different information to create a change set.";
        assert_eq!(judge(seen("FAILED", "UNAVAILABLE", empty)), Outcome::ChangeSetEmpty);
        assert_eq!(judge(seen("FAILED", "UNAVAILABLE", "No updates are to be performed.")), Outcome::ChangeSetEmpty);
        let other = "Transform AWS::Serverless-2016-10-31 failed";
        assert_eq!(judge(seen("FAILED", "UNAVAILABLE", other)), Outcome::ChangeSetFailed { reason: other.into() });
        assert_eq!(judge(seen("CREATE_IN_PROGRESS", "UNAVAILABLE", "")), Outcome::ChangeSetPending);
        let ready = |executed| Outcome::ChangeSetReady { changes: Vec::new(), executed };
        assert_eq!(judge(seen("CREATE_COMPLETE", "AVAILABLE", "")), ready(false));
        assert_eq!(judge(seen("CREATE_COMPLETE", "EXECUTE_IN_PROGRESS", "")), ready(true));
        assert!(matches!(judge(seen("CREATE_COMPLETE", "OBSOLETE", "")), Outcome::ChangeSetFailed { .. }));
    }
}
