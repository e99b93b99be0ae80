//! An operation on a stack as a timeline: phases, and in each phase steps that wait for one another.
//!
//! Nothing here runs by itself. Every operation knows the moment at which it has something to do (`wake`), and
//! [`super::tick`] advances the operations in the order of those moments up to the world's time.

mod advance;
mod alarms;
mod begin;
mod effect;
mod finish;
mod nested;
mod rollback;

pub(crate) use advance::advance;
pub(crate) use alarms::wake_watchers;
pub(crate) use begin::{Begin, begin_create, begin_delete, begin_update};
pub(crate) use finish::enter;
pub(crate) use rollback::{begin_continue, begin_roll_back, cancel_update};

use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What an operation was asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Make all resources of a new stack.
    Create,
    /// Bring the stack from one definition to another.
    Update,
    /// Remove everything.
    Delete,
    /// `RollbackStack`, or the rollback that follows a failure.
    Rollback,
    /// `ContinueUpdateRollback`.
    Continue,
}

impl Kind {
    /// `OperationType` in `LastOperations`.
    pub fn operation_type(self) -> &'static str {
        match self {
            Self::Create => "CREATE_STACK",
            Self::Update => "UPDATE_STACK",
            Self::Delete => "DELETE_STACK",
            Self::Rollback => "ROLLBACK",
            Self::Continue => "CONTINUE_ROLLBACK",
        }
    }
}

/// Where an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Making and changing resources.
    Forward,
    /// All resources are deployed; the alarms are watched until this time.
    Monitor {
        /// The end of the monitoring time.
        until: Timestamp,
    },
    /// A nested stack that is done and waits for what its parent decides.
    Held,
    /// Deleting what the update left over.
    Cleanup,
    /// Taking back a creation: deleting; or an update: restoring.
    Rollback,
    /// Deleting what the rolled back update had made.
    RollbackCleanup,
    /// Deleting everything.
    Delete,
}

/// What is done when a creation or an update fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// Go back.
    #[default]
    Rollback,
    /// Delete the stack; only for creations.
    Delete,
    /// Leave everything as it is.
    DoNothing,
}

impl OnFailure {
    /// Reads `ROLLBACK`, `DELETE` or `DO_NOTHING`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "ROLLBACK" => Some(Self::Rollback),
            "DELETE" => Some(Self::Delete),
            "DO_NOTHING" => Some(Self::DoNothing),
            _ => None,
        }
    }

    /// As it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rollback => "ROLLBACK",
            Self::Delete => "DELETE",
            Self::DoNothing => "DO_NOTHING",
        }
    }
}

/// What is being done to a stack.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Operation {
    /// `OperationId`.
    pub id: String,
    /// What was asked.
    pub kind: Kind,
    /// The client's token, in every event of the operation.
    pub token: Option<String>,
    /// Where it stands.
    pub phase: Phase,
    /// What is done on failure.
    pub on_failure: OnFailure,
    /// The steps of the phase by logical id, or by the number of what is left over.
    pub steps: IndexMap<String, Step>,
    /// Physical resources to delete when the phase is over.
    pub leftovers: Vec<Leftover>,
    /// Logical ids that a continued rollback leaves alone.
    pub skip: Vec<String>,
    /// Logical ids that a deletion leaves alone.
    pub retain: Vec<String>,
    /// `RetainExceptOnCreate`: a rolled back creation deletes what has the policy `Retain`.
    pub retain_except_on_create: bool,
    /// Whether the tags of the stack itself changed, so that every resource that has tags is changed.
    pub tags_changed: bool,
    /// Why the operation fails, once it does.
    pub failure: Option<String>,
    /// Logical ids of this phase that failed.
    pub failed: Vec<String>,
    /// When it started.
    pub started: Timestamp,
    /// When there is something to do next.
    pub wake: Timestamp,
}

/// A physical resource to delete, which the stack no longer counts as its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Leftover {
    /// Its logical id while it was one.
    pub logical_id: String,
    /// Its name in its service.
    pub physical_id: String,
    /// Its type.
    pub resource_type: String,
    /// What it was made with.
    pub properties: Value,
    /// Whether a policy says to keep it.
    pub keep: bool,
    /// Logical ids it depended on.
    pub depends_on: Vec<String>,
}

/// One resource in one phase.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Step {
    /// What is to be done.
    pub action: Action,
    /// How far it is.
    pub state: StepState,
    /// Steps that must be over first.
    pub after: Vec<String>,
    /// The properties that the resource gets.
    pub next: Option<Value>,
    /// Whether another physical resource takes the place of the one there is.
    pub replace: bool,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Make the resource.
    Create,
    /// Bring it to its new properties: nothing, in place, or by replacement.
    Update,
    /// Go back to the baseline's resource.
    Restore,
    /// Delete the stack's resource.
    Remove,
    /// Delete `leftovers[n]`.
    Clear(usize),
    /// Let a nested stack finish its cleanup.
    Release,
}

/// How far a step is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Other steps come first.
    Waiting,
    /// Announced; the service is called at this time.
    Announced(Timestamp),
    /// The service has it; it will be ready at this time.
    Initiated(Timestamp),
    /// A nested stack works on it.
    Nested(String),
    /// Over and good.
    Done,
    /// Over and bad.
    Failed,
}

impl Step {
    /// A step that has not begun.
    pub(crate) fn new(action: Action, after: Vec<String>) -> Self {
        Self { action, state: StepState::Waiting, after, next: None, replace: false }
    }

    /// Whether nothing more will happen to it.
    pub fn is_over(&self) -> bool {
        matches!(self.state, StepState::Done | StepState::Failed)
    }

    /// When it has something to do by itself.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        match self.state {
            StepState::Announced(at) | StepState::Initiated(at) => Some(at),
            _ => None,
        }
    }
}

/// `at` and some seconds; the last timestamp there is if that is too far.
pub(crate) fn later(at: Timestamp, seconds: u32) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds.into())).unwrap_or(Timestamp::MAX)
}
