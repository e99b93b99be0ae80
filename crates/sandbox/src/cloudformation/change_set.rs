//! Change sets: what an operation would do, computed once and executed later.

use super::diff::Change;
use super::operation::OnFailure;
use super::stack::Definition;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A change set.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChangeSet {
    /// ARN.
    pub id: String,
    /// Name, unique in its stack.
    pub name: String,
    /// The stack's id.
    pub stack_id: String,
    /// The stack's name.
    pub stack_name: String,
    /// `Description`.
    pub description: Option<String>,
    /// Whether it makes a new stack.
    pub creates: bool,
    /// When it was asked for.
    pub created: Timestamp,
    /// When AWS would be done computing it; until then it is in progress.
    pub ready: Timestamp,
    /// Why it failed, if it did.
    pub failure: Option<String>,
    /// Whether it can be, is being or was executed.
    pub execution: ExecutionStatus,
    /// What the stack becomes.
    pub definition: Definition,
    /// What changes.
    pub changes: Vec<Change>,
    /// The service role that the execution uses.
    pub role_arn: Option<String>,
    /// What the execution does on failure; absent for the default.
    pub on_failure: Option<OnFailure>,
    /// `IncludeNestedStacks`.
    pub include_nested: bool,
    /// The client's token: the same one again gives this change set.
    pub client_token: Option<String>,
    /// When the stack was last changed, as this change set knows it.
    pub based_on: Option<Timestamp>,
}

/// Whether a change set can be executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExecutionStatus {
    /// Not, because it failed or is not ready.
    Unavailable,
    /// Yes.
    Available,
    /// It is being executed.
    ExecuteInProgress,
    /// It was executed.
    ExecuteComplete,
    /// It was executed, and the operation failed.
    ExecuteFailed,
    /// The stack has been changed since.
    Obsolete,
}

impl ExecutionStatus {
    /// As it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "UNAVAILABLE",
            Self::Available => "AVAILABLE",
            Self::ExecuteInProgress => "EXECUTE_IN_PROGRESS",
            Self::ExecuteComplete => "EXECUTE_COMPLETE",
            Self::ExecuteFailed => "EXECUTE_FAILED",
            Self::Obsolete => "OBSOLETE",
        }
    }
}

impl ChangeSet {
    /// `Status` at a time.
    pub fn status(&self, now: Timestamp) -> &'static str {
        match (&self.failure, self.ready > now) {
            (_, true) => "CREATE_IN_PROGRESS",
            (Some(_), _) => "FAILED",
            (None, _) => "CREATE_COMPLETE",
        }
    }

    /// `ExecutionStatus` at a time.
    pub fn execution_status(&self, now: Timestamp) -> &'static str {
        if self.ready > now { ExecutionStatus::Unavailable.as_str() } else { self.execution.as_str() }
    }
}

/// The reason of a change set that changes nothing.
pub const NO_CHANGES: &str =
    "The submitted information didn't contain changes. Submit different information to create a change set.";
