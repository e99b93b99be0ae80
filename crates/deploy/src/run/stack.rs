//! What a stack's status allows (CloudFormation User Guide, "Stack status codes").

/// What can be done with a stack, by its exact status and never by an error's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// There is none.
    Absent,
    /// An empty shell that a change set made: `REVIEW_IN_PROGRESS`.
    Shell,
    /// It can be updated.
    Good,
    /// Its creation failed and was undone: `ROLLBACK_COMPLETE`. It can only be deleted.
    Dead,
    /// An operation is under way.
    Busy,
    /// Only a person can bring it on.
    Odd,
}

/// The standing that a status means; nothing means that there is no stack.
pub fn standing(status: Option<&str>) -> Standing {
    match status {
        None | Some("DELETE_COMPLETE") => Standing::Absent,
        Some("REVIEW_IN_PROGRESS") => Standing::Shell,
        Some(
            "CREATE_COMPLETE"
            | "UPDATE_COMPLETE"
            | "UPDATE_ROLLBACK_COMPLETE"
            | "IMPORT_COMPLETE"
            | "IMPORT_ROLLBACK_COMPLETE",
        ) => Standing::Good,
        Some("ROLLBACK_COMPLETE") => Standing::Dead,
        Some(status) if status.ends_with("_IN_PROGRESS") => Standing::Busy,
        Some(_) => Standing::Odd,
    }
}

/// An operation that ended with this status did what was asked. Cleaning up afterwards belongs to a success.
pub fn succeeded(status: &str) -> bool {
    matches!(status, "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
}

/// An operation is over at this status, as far as the one who asked for it is concerned.
pub fn is_over(status: &str) -> bool {
    matches!(status, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS" | "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        || !status.ends_with("_IN_PROGRESS")
}

/// A failed operation left the stack as it was before, or without anything in it.
pub fn is_undone(status: &str) -> bool {
    matches!(
        status,
        "UPDATE_ROLLBACK_COMPLETE"
            | "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
            | "ROLLBACK_COMPLETE"
            | "DELETE_COMPLETE"
    )
}

/// What a person can do about a stack in this status.
pub fn way_out(status: &str, stack: &str, region: &str) -> String {
    let command = |verb: &str| format!("aws cloudformation {verb} --stack-name {stack} --region {region}");
    match status {
        "UPDATE_ROLLBACK_FAILED" => {
            format!("mend what blocks the rollback, then `{}`", command("continue-update-rollback"))
        }
        "ROLLBACK_FAILED" | "DELETE_FAILED" => format!(
            "look at what could not be deleted with `{}`, then delete the stack, keeping those with --retain-resources",
            command("describe-stack-events")
        ),
        "CREATE_FAILED" | "UPDATE_FAILED" => {
            format!("the last operation was told not to roll back; undo it with `{}`", command("rollback-stack"))
        }
        _ => format!("look at it with `{}`", command("describe-stack-events")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_one_standing() {
        let table = [
            (None, Standing::Absent),
            (Some("DELETE_COMPLETE"), Standing::Absent),
            (Some("REVIEW_IN_PROGRESS"), Standing::Shell),
            (Some("CREATE_COMPLETE"), Standing::Good),
            (Some("UPDATE_ROLLBACK_COMPLETE"), Standing::Good),
            (Some("ROLLBACK_COMPLETE"), Standing::Dead),
            (Some("ROLLBACK_IN_PROGRESS"), Standing::Busy),
            (Some("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"), Standing::Busy),
            (Some("DELETE_IN_PROGRESS"), Standing::Busy),
            (Some("ROLLBACK_FAILED"), Standing::Odd),
            (Some("UPDATE_ROLLBACK_FAILED"), Standing::Odd),
            (Some("DELETE_FAILED"), Standing::Odd),
            (Some("UPDATE_FAILED"), Standing::Odd),
        ];
        for (status, expected) in table {
            assert_eq!(standing(status), expected, "{status:?}");
        }
    }
}
