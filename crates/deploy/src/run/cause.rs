//! Why something did not go well, in a form that can be grouped over many targets.

use serde::{Deserialize, Serialize};

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cause {
    /// What kind.
    pub kind: CauseKind,
    /// One sentence without a full stop.
    pub message: String,
    /// The first resource that failed, for a failed stack operation.
    pub resource: Option<Box<FailedResource>>,
    /// What to do, when more is to say than the ending's next command.
    pub hint: Option<String>,
}

/// Kinds of reasons. The ending of the run follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// CloudFormation refused or failed.
    Deployment,
    /// A command of the user's failed.
    Command,
    /// An alarm fired, is missing or cannot be read.
    Alarm,
    /// The stack is in a state from which only a person can bring it on.
    OddState,
    /// Somebody else worked on the stack for longer than it is waited for.
    Busy,
    /// A guard: stateful replacement, a newer release, another pipeline's stack.
    Guard,
    /// The account that answers is not the one that was meant.
    WrongAccount,
    /// AWS refused a call.
    Denied,
    /// The deployment window or a freeze.
    Window,
    /// A person's word is missing, or was no.
    Approval,
    /// A bake ended without data to judge by.
    Inconclusive,
    /// Nothing answered for too long.
    Unreachable,
    /// The credentials have ended and cannot be renewed.
    Credentials,
    /// The run's own time limit.
    Deadline,
    /// The lock was lost to another run.
    Lock,
    /// A person stopped the run.
    Stopped,
    /// The store or the plan is not as it should be.
    Store,
}

impl CauseKind {
    /// The work goes on where it was when the run is resumed; nothing has failed.
    pub fn is_resumable(self) -> bool {
        matches!(self, Self::Unreachable | Self::Credentials | Self::Deadline | Self::Lock | Self::Stopped)
    }

    /// Something holds the run up that was decided by people and not by a failure.
    pub fn is_block(self) -> bool {
        matches!(
            self,
            Self::Guard | Self::Busy | Self::Window | Self::Approval | Self::Inconclusive | Self::WrongAccount
        )
    }
}

/// A resource that failed in a stack operation: the leaf, not the nested stack that contains it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FailedResource {
    /// The stack it is in, by name.
    pub stack: String,
    /// Its name in the template.
    pub logical_id: String,
    /// Its type.
    pub resource_type: String,
    /// Its status.
    pub status: String,
    /// The reason that CloudFormation gave.
    pub reason: String,
}

impl Cause {
    /// A reason in one sentence.
    pub fn new(kind: CauseKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), resource: None, hint: None }
    }

    /// With what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With the resource that failed first.
    #[must_use]
    pub fn resource(mut self, resource: Option<FailedResource>) -> Self {
        self.resource = resource.map(Box::new);
        self
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        if let Some(r) = &self.resource {
            write!(f, ": {} ({}) in {}: {}", r.logical_id, r.resource_type, r.stack, r.reason)?;
        }
        Ok(())
    }
}
