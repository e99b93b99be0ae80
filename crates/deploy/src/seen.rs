//! What AWS says: the plain values that cross the engine's doors, and how a call can fail.
//!
//! They live here because plans, events and the state machine speak of them; the doors themselves are the engine's.

mod access;

pub use access::{ControlLevelSeen, IdentityProviderSeen, PolicySeen, RoleSeen, ServiceControlSeen, Unread};

use base::AccountId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What kind of failure it was. Retry policy reads this and never an SDK's error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// AWS refused: not authorized, credentials missing, expired or invalid.
    Denied,
    /// The thing is not there.
    NotFound,
    /// The request does not fit what is there, or breaks a rule: wrong state, already exists, validation.
    Conflict,
    /// Too many calls. Waiting helps.
    Throttled,
    /// No answer, or a server error: it may or may not have happened. See [`Failure::in_doubt`].
    Unavailable,
}

/// A call that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What kind.
    pub kind: FailureKind,
    /// The service's error code, such as `ValidationError`; empty when the service did not answer.
    pub code: String,
    /// The service's text, or ours, in one line and without secrets.
    pub message: String,
    /// The request may have been carried out although no answer came: ask before doing it again.
    pub in_doubt: bool,
}

impl Failure {
    /// A failure without doubt: it did not happen.
    pub fn new(kind: FailureKind, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, code: code.into(), message: message.into(), in_doubt: false }
    }
}

/// The answer of `sts:GetCallerIdentity`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The account that answered.
    pub account: AccountId,
    /// The principal.
    pub arn: String,
}

/// The organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationSeen {
    /// `o-…`
    pub id: String,
    /// The management account.
    pub management_account: AccountId,
}

/// A member account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSeen {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// `ACTIVE`, `SUSPENDED`, `PENDING_CLOSURE` or `CLOSED`, as Organizations says it.
    pub status: String,
}

/// A stack as `DescribeStacks` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackSeen {
    /// The stack's ARN, unique over deletions.
    pub id: String,
    /// Exactly as CloudFormation says it, for example `UPDATE_ROLLBACK_FAILED`.
    pub status: String,
    /// Its reason, when there is one.
    pub reason: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last updated.
    pub updated: Option<Timestamp>,
    /// Outputs by key.
    pub outputs: BTreeMap<String, String>,
    /// Parameters by key. `NoEcho` values come as `****`.
    pub parameters: BTreeMap<String, String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// The service role that stays with it.
    pub role: Option<String>,
    /// Deletion is forbidden.
    pub termination_protection: bool,
    /// The parent's or root's id, for nested stacks.
    pub root: Option<String>,
    /// The change set it was last changed by.
    pub change_set: Option<String>,
}

/// One line of a stack's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackEvent {
    /// Unique id.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// The resource's name in the template, or the stack's own name.
    pub logical_id: String,
    /// Its physical id; the stack's id in events about the stack itself.
    pub physical_id: Option<String>,
    /// Resource type.
    pub resource_type: String,
    /// Status, as CloudFormation says it.
    pub status: String,
    /// Reason.
    pub reason: Option<String>,
    /// The token of the operation that caused it: tells our events from others'.
    pub token: Option<String>,
}

/// A change set as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeSetSeen {
    /// ARN.
    pub id: String,
    /// ARN of its stack.
    pub stack_id: String,
    /// `CREATE_PENDING`, `CREATE_IN_PROGRESS`, `CREATE_COMPLETE`, `FAILED`, `DELETE_…`
    pub status: String,
    /// Its reason.
    pub reason: Option<String>,
    /// `AVAILABLE`, `UNAVAILABLE`, `OBSOLETE`, `EXECUTE_IN_PROGRESS`, `EXECUTE_COMPLETE`, `EXECUTE_FAILED`.
    pub execution_status: String,
    /// What it would change.
    pub changes: Vec<Change>,
}

/// One resource that a change set would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// `Add`, `Modify`, `Remove`, `Import`, `Dynamic`.
    pub action: String,
    /// The resource's name in the template.
    pub logical_id: String,
    /// Its physical id, if it is there.
    pub physical_id: Option<String>,
    /// Its type.
    pub resource_type: String,
    /// `True`, `False`, `Conditional`; empty for other actions than `Modify`.
    pub replacement: String,
    /// What of it changes: `Properties.Code`, `Tags`…
    pub scope: Vec<String>,
}

/// An alarm as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmSeen {
    /// Name.
    pub name: String,
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub state: String,
    /// Why it is in that state.
    pub reason: Option<String>,
    /// Since when.
    pub since: Option<Timestamp>,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandEnd {
    /// Exit code; `None` when it was stopped by the limit or a signal.
    pub code: Option<i32>,
    /// It ran into its limit.
    pub timed_out: bool,
    /// The last lines of its output, at most 50.
    pub tail: Vec<String>,
}
