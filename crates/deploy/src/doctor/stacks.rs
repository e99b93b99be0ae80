//! What happened to a stack, and what is safe to do about it, by its exact status (CloudFormation User Guide, "Stack status
//! codes" and "Troubleshooting CloudFormation"). A stack that was once good is never advised to be deleted.

use crate::run::FailedResource;
use crate::seen::{StackEvent, StackSeen};
use serde_json::{Value, json};

/// A stack that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackStory {
    /// The target it is in.
    pub target: String,
    /// Its name.
    pub stack: String,
    /// Its status.
    pub status: String,
    /// What that means.
    pub what: String,
    /// The resource that failed first, in the innermost stack.
    pub cause: Option<FailedResource>,
    /// What is safe, the best first.
    pub safe: Vec<String>,
    /// What is not.
    pub never: Option<String>,
}

impl StackStory {
    pub(super) fn json(&self) -> Value {
        json!({
            "target": self.target, "stack": self.stack, "status": self.status, "what": self.what,
            "cause": self.cause, "safe": self.safe, "never": self.never,
        })
    }
}

/// Whether a stack was ever in a good state, as far as CloudFormation remembers (events are kept for 90 days) or
/// Landfall's own records say.
pub fn ever_good(stack: &StackSeen, events: &[StackEvent], recorded: bool) -> bool {
    const GOOD: [&str; 5] = [
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
    ];
    let own =
        |e: &StackEvent| e.resource_type == "AWS::CloudFormation::Stack" && e.physical_id.as_ref() == Some(&stack.id);
    let began =
        events.iter().any(|e| own(e) && matches!(e.status.as_str(), "CREATE_IN_PROGRESS" | "REVIEW_IN_PROGRESS"));
    // A stack whose beginning is forgotten is old, and may have been good for years.
    recorded
        || stack.updated.is_some() && stack.status.starts_with("UPDATE")
        || !began
        || events.iter().any(|e| own(e) && GOOD.contains(&e.status.as_str()))
}

/// The first resource that failed in the last operation, oldest first. What was only cancelled because another one failed
/// does not count, and neither does the stack itself.
pub fn first_failed<'a>(events: &'a [StackEvent], stack_id: &str) -> Option<&'a StackEvent> {
    let about_itself =
        |e: &StackEvent| e.resource_type == "AWS::CloudFormation::Stack" && e.physical_id.as_deref() == Some(stack_id);
    let begins = |e: &StackEvent| {
        about_itself(e)
            && matches!(
                e.status.as_str(),
                "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS" | "DELETE_IN_PROGRESS" | "IMPORT_IN_PROGRESS"
            )
    };
    let last = events.iter().position(begins).map_or(events, |at| &events[..at]);
    let failed = |e: &&StackEvent| {
        let reason = e.reason.as_deref().unwrap_or_default();
        let cancelled = ["Resource creation cancelled", "Resource update cancelled", "Resource deletion cancelled"];
        e.status.ends_with("_FAILED") && !about_itself(e) && !cancelled.iter().any(|c| reason.starts_with(c))
    };
    last.iter().rev().find(failed)
}

/// The story of a stack; nothing when it is well.
pub fn story(
    target: &str,
    (name, region): (&str, &str),
    stack: &StackSeen,
    good: bool,
    cause: Option<FailedResource>,
) -> Option<StackStory> {
    let aws = |verb: &str| format!("`aws cloudformation {verb} --stack-name {name} --region {region}`");
    let events = || format!("read what happened: {}", aws("describe-stack-events"));
    let keep = || "deleting the stack: it was once good, and its resources may hold data".to_owned();
    let status = stack.status.as_str();
    let (what, safe, never) = match status {
        "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE" | "IMPORT_ROLLBACK_COMPLETE" => return None,
        "UPDATE_ROLLBACK_COMPLETE" => (
            "the last update failed and was undone; the stack is as it was before".to_owned(),
            vec!["mend what failed, then `landfall deploy`".to_owned()],
            None,
        ),
        "REVIEW_IN_PROGRESS" => (
            "an empty stack that a change set made; nothing is in it".to_owned(),
            vec!["`landfall deploy` takes it up".to_owned()],
            None,
        ),
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS" | "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS" => (
            "what it has is in place; CloudFormation still removes what was replaced".to_owned(),
            vec!["wait; the next update can start when it is over".to_owned()],
            None,
        ),
        "ROLLBACK_COMPLETE" => dead(stack, good),
        "UPDATE_ROLLBACK_FAILED" => stuck_rollback(cause.as_ref(), &aws, keep()),
        "ROLLBACK_FAILED" | "DELETE_FAILED" => remains(status, good, &aws, &events(), keep()),
        "CREATE_FAILED" | "UPDATE_FAILED" => (
            "the operation failed and was told not to roll back; what it did is still there".to_owned(),
            vec![
                "mend what failed, then `landfall deploy` again".to_owned(),
                format!("or undo the operation: {}", aws("rollback-stack")),
            ],
            good.then(keep),
        ),
        busy if busy.ends_with("_IN_PROGRESS") => (
            "somebody is working on it".to_owned(),
            vec!["wait for it to end".to_owned(), events()],
            Some("starting another operation, or deleting the stack".to_owned()),
        ),
        _ => ("CloudFormation takes no update in this state".to_owned(), vec![events()], good.then(keep)),
    };
    let (target, stack) = (target.to_owned(), name.to_owned());
    Some(StackStory { target, stack, status: status.to_owned(), what, cause, safe, never })
}

type Advice = (String, Vec<String>, Option<String>);

fn dead(stack: &StackSeen, good: bool) -> Advice {
    let what =
        "its creation failed and was undone; it takes no update, and nothing of it is left but what was retained";
    let safe = match (stack.termination_protection, good) {
        (_, true) => {
            "Landfall has a record of a good release here: find out who made this stack anew before anything else"
        }
        (true, false) => "take the termination protection off on purpose; then `landfall deploy` makes it again",
        (false, false) => {
            "mend what failed; then `landfall deploy` removes it, since it never was good, and makes it again"
        }
    };
    (what.to_owned(), vec![safe.to_owned()], None)
}

fn stuck_rollback(cause: Option<&FailedResource>, aws: &dyn Fn(&str) -> String, keep: String) -> Advice {
    let which = cause.map_or_else(|| "a resource".to_owned(), |c| format!("`{}`", c.logical_id));
    let again = aws("continue-update-rollback");
    let safe = vec![
        format!("mend what keeps {which} from going back, then {again}"),
        format!(
            "only if that is impossible: the same with --resources-to-skip and the names of what cannot go back; the stack \
             then says what is not so of them, until they are put right by hand"
        ),
    ];
    (
        "an update failed, and so did going back; it takes no update until the rollback is through".to_owned(),
        safe,
        Some(keep),
    )
}

fn remains(status: &str, good: bool, aws: &dyn Fn(&str) -> String, events: &str, keep: String) -> Advice {
    let what = match status {
        "ROLLBACK_FAILED" => "its creation failed, and so did removing what was made",
        _ => "somebody asked to delete it, and a part could not be deleted",
    };
    let look = format!("see what is left: {}", aws("list-stack-resources"));
    if good {
        let ask = format!("find out who asked for it, and secure the data of what is left; {events}");
        return (what.to_owned(), vec![look, ask], Some(keep));
    }
    let remove = "it never was good: mend what could not be deleted and delete the stack, or keep those resources with \
                  `--retain-resources`";
    (what.to_owned(), vec![look, remove.to_owned()], None)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use jiff::Timestamp;
    use std::collections::BTreeMap;

    const ID: &str = "arn:aws:cloudformation:us-east-1:111111111111:stack/orders/1";

    fn stack(status: &str) -> StackSeen {
        StackSeen {
            id: ID.into(),
            status: status.into(),
            reason: None,
            created: Timestamp::UNIX_EPOCH,
            updated: None,
            outputs: BTreeMap::new(),
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
            role: None,
            termination_protection: false,
            root: None,
            change_set: None,
        }
    }

    fn event(logical_id: &str, status: &str, reason: &str) -> StackEvent {
        let own = logical_id == "orders";
        StackEvent {
            id: String::new(),
            at: Timestamp::UNIX_EPOCH,
            logical_id: logical_id.into(),
            physical_id: own.then(|| ID.to_owned()),
            resource_type: if own { "AWS::CloudFormation::Stack" } else { "AWS::SQS::Queue" }.into(),
            status: status.into(),
            reason: (!reason.is_empty()).then(|| reason.to_owned()),
            token: None,
        }
    }

    /// All statuses that CloudFormation has.
    const ALL: [&str; 24] = [
        "CREATE_IN_PROGRESS",
        "CREATE_FAILED",
        "CREATE_COMPLETE",
        "ROLLBACK_IN_PROGRESS",
        "ROLLBACK_FAILED",
        "ROLLBACK_COMPLETE",
        "DELETE_IN_PROGRESS",
        "DELETE_FAILED",
        "DELETE_COMPLETE",
        "UPDATE_IN_PROGRESS",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_COMPLETE",
        "UPDATE_FAILED",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_FAILED",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
        "REVIEW_IN_PROGRESS",
        "IMPORT_IN_PROGRESS",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_IN_PROGRESS",
        "IMPORT_ROLLBACK_FAILED",
        "IMPORT_ROLLBACK_COMPLETE",
        "SOMETHING_NEW",
    ];

    #[test]
    fn no_advice_deletes_a_stack_that_was_good() {
        for status in ALL {
            let Some(story) = story("t", ("orders", "us-east-1"), &stack(status), true, None) else { continue };
            let safe = story.safe.join("\n");
            assert!(!safe.contains("delete-stack") && !safe.contains("delete the stack"), "{status}: {safe}");
            assert!(!safe.contains("--retain-resources"), "{status}: {safe}");
            assert!(!story.safe.is_empty(), "{status}");
        }
    }

    #[test]
    fn what_was_ever_good_is_told_by_events_records_and_age() {
        let created = event("orders", "CREATE_IN_PROGRESS", "");
        let good = event("orders", "CREATE_COMPLETE", "");
        assert!(!ever_good(&stack("ROLLBACK_FAILED"), std::slice::from_ref(&created), false));
        assert!(ever_good(&stack("ROLLBACK_FAILED"), std::slice::from_ref(&created), true));
        assert!(ever_good(&stack("DELETE_FAILED"), &[good, created.clone()], false));
        assert!(ever_good(&stack("DELETE_FAILED"), &[event("orders", "DELETE_FAILED", "")], false), "forgotten");
        let nested = StackEvent { physical_id: Some("other".into()), ..event("orders", "CREATE_COMPLETE", "") };
        assert!(!ever_good(&stack("DELETE_FAILED"), &[nested, created], false), "another stack's event");
    }

    #[test]
    fn the_cause_is_the_first_failure_of_the_last_operation() {
        let events = [
            event("orders", "UPDATE_ROLLBACK_FAILED", "The following resource(s) failed"),
            event("B", "UPDATE_FAILED", "Resource update cancelled"),
            event("A", "UPDATE_FAILED", "no room"),
            event("orders", "UPDATE_IN_PROGRESS", "User Initiated"),
            event("Old", "CREATE_FAILED", "long ago"),
        ];
        assert_eq!(first_failed(&events, ID).unwrap().logical_id, "A");
        assert_eq!(first_failed(&events[..1], ID), None);
    }
}
