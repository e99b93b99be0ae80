//! Effects: one call to the outside each. What to call, how it is named in the journal, and what came of it.

use super::FailedResource;
use crate::plan::{StackChange, Text, UploadedObject};
use crate::release::GoodTarget;
use crate::seen::{AlarmSeen, Caller, Change, CommandEnd, StackSeen};
use crate::target::Site;
use base::AccountId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The direction of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// To the run's release.
    Forward,
    /// To the release before.
    Back,
}

/// What an effect does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Write the release's manifest.
    PublishManifest,
    /// Renew the pipeline's lock.
    RenewLock,
    /// Ask which account answers.
    CheckCaller,
    /// Read a target's alarms.
    ReadAlarms,
    /// Make the target's bucket.
    EnsureBucket,
    /// Put one object into the target's bucket.
    MirrorObject,
    /// Look at the stack before anything is done to it.
    ObserveStack,
    /// Delete a stack that never was in a good state.
    DeleteStack,
    /// Make the change set.
    CreateChangeSet,
    /// Look whether the change set is ready.
    PollChangeSet,
    /// Delete a change set of ours that will not be executed.
    DeleteChangeSet,
    /// Execute the change set.
    ExecuteChangeSet,
    /// Cancel an update that takes too long.
    CancelUpdate,
    /// Set or clear termination protection.
    ProtectStack,
    /// Look how the stack is doing.
    PollStack,
    /// Run a command.
    RunCommand,
    /// Write down which release is good in a target.
    PointLastGood,
}

impl Verb {
    /// Whether it changes something outside. Intents of these are journaled, and the lock must be held for them.
    pub fn is_mutation(self) -> bool {
        !matches!(
            self,
            Self::RenewLock
                | Self::CheckCaller
                | Self::ReadAlarms
                | Self::ObserveStack
                | Self::PollChangeSet
                | Self::PollStack
        )
    }

    /// The service that is called; budgets are kept per service.
    pub fn service(self) -> &'static str {
        match self {
            Self::PublishManifest | Self::RenewLock | Self::PointLastGood => "store",
            Self::CheckCaller => "sts",
            Self::ReadAlarms => "cloudwatch",
            Self::EnsureBucket | Self::MirrorObject => "s3",
            Self::ObserveStack
            | Self::DeleteStack
            | Self::CreateChangeSet
            | Self::PollChangeSet
            | Self::DeleteChangeSet
            | Self::ExecuteChangeSet
            | Self::CancelUpdate
            | Self::ProtectStack
            | Self::PollStack => "cloudformation",
            Self::RunCommand => "command",
        }
    }

    /// As a person reads it.
    pub fn words(self) -> &'static str {
        match self {
            Self::PublishManifest => "publish the release",
            Self::RenewLock => "renew the lock",
            Self::CheckCaller => "check the account",
            Self::ReadAlarms => "read the alarms",
            Self::EnsureBucket => "make the bucket",
            Self::MirrorObject => "mirror an object",
            Self::ObserveStack => "look at the stack",
            Self::DeleteStack => "delete the stack",
            Self::CreateChangeSet => "create the change set",
            Self::PollChangeSet => "look at the change set",
            Self::DeleteChangeSet => "delete the change set",
            Self::ExecuteChangeSet => "execute the change set",
            Self::CancelUpdate => "cancel the update",
            Self::ProtectStack => "set termination protection",
            Self::PollStack => "follow the stack",
            Self::RunCommand => "run the command",
            Self::PointLastGood => "record the good release",
        }
    }
}

/// Names one effect for good: the same step tried again has the same name, a retry by a person (`round`) a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EffectId {
    /// The target's index in the plan; nothing for effects of the whole run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<usize>,
    /// The step's index in the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<usize>,
    /// Direction.
    pub way: Way,
    /// Counts a person's retries, from 1.
    pub round: u32,
    /// What it does.
    pub verb: Verb,
    /// Which of several alike: the object's index, the number of the command's try.
    pub nth: usize,
}

/// Something to do now.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// Its name.
    pub id: EffectId,
    /// Which try of it, from 1.
    pub attempt: u32,
    /// An earlier try may have been carried out: ask before doing it again.
    pub in_doubt: bool,
    /// The call.
    pub call: Call,
}

/// A call with everything it needs.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// See [`Verb::PublishManifest`].
    PublishManifest,
    /// See [`Verb::RenewLock`].
    RenewLock,
    /// See [`Verb::CheckCaller`].
    CheckCaller {
        /// Where.
        site: Site,
    },
    /// See [`Verb::ReadAlarms`].
    ReadAlarms {
        /// Where.
        site: Site,
        /// Which.
        names: Vec<String>,
    },
    /// See [`Verb::EnsureBucket`].
    EnsureBucket {
        /// Where.
        site: Site,
        /// Its name.
        bucket: String,
    },
    /// See [`Verb::MirrorObject`].
    MirrorObject {
        /// Where.
        site: Site,
        /// The bucket's name.
        bucket: String,
        /// The account that owns the bucket.
        owner: AccountId,
        /// The object.
        object: UploadedObject,
    },
    /// See [`Verb::ObserveStack`].
    ObserveStack {
        /// Where.
        site: Site,
        /// Its name.
        stack: String,
    },
    /// See [`Verb::DeleteStack`].
    DeleteStack {
        /// Where.
        site: Site,
        /// Its id: another stack of the same name is never meant.
        stack_id: String,
        /// Client token.
        token: String,
    },
    /// See [`Verb::CreateChangeSet`].
    CreateChangeSet(Box<ChangeSetCall>),
    /// See [`Verb::PollChangeSet`].
    PollChangeSet {
        /// Where.
        site: Site,
        /// Stack name.
        stack: String,
        /// Change set name.
        name: String,
    },
    /// See [`Verb::DeleteChangeSet`].
    DeleteChangeSet {
        /// Where.
        site: Site,
        /// Stack name.
        stack: String,
        /// Change set name.
        name: String,
    },
    /// See [`Verb::ExecuteChangeSet`].
    ExecuteChangeSet {
        /// Where.
        site: Site,
        /// Stack name.
        stack: String,
        /// Change set name.
        name: String,
        /// Client token; the events of the operation carry it.
        token: String,
        /// Leave what was made in place when the operation fails.
        disable_rollback: bool,
    },
    /// See [`Verb::CancelUpdate`].
    CancelUpdate {
        /// Where.
        site: Site,
        /// Its id.
        stack_id: String,
        /// Client token; the events of the rollback carry it.
        token: String,
    },
    /// See [`Verb::ProtectStack`].
    ProtectStack {
        /// Where.
        site: Site,
        /// Its id.
        stack_id: String,
        /// On or off.
        on: bool,
    },
    /// See [`Verb::PollStack`].
    PollStack {
        /// Where.
        site: Site,
        /// Stack id, or its name when the id is not known.
        stack: String,
        /// The token of the operation that is waited for; nothing when it is not ours.
        token: Option<String>,
        /// The change set that was executed, if it is one.
        change_set: Option<String>,
        /// When the operation began; events before it do not count.
        since: Timestamp,
    },
    /// See [`Verb::RunCommand`].
    RunCommand(Box<CommandCall>),
    /// See [`Verb::PointLastGood`].
    PointLastGood(Box<GoodTarget>),
}

/// A change set to create.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeSetCall {
    /// Where.
    pub site: Site,
    /// The bucket that the template is in when it is too long for the request.
    pub bucket: String,
    /// What to deploy.
    pub change: StackChange,
    /// The stack is not there yet, or is an empty shell.
    pub create: bool,
    /// Name of the change set.
    pub name: String,
    /// Client token.
    pub token: String,
    /// Parameters with nothing left to evaluate; `None` keeps the value that the stack has.
    pub parameters: BTreeMap<String, Option<Text>>,
    /// Tags with nothing left to evaluate.
    pub tags: BTreeMap<String, Text>,
    /// Topics with nothing left to evaluate.
    pub notification_arns: Vec<Text>,
    /// Alarms that are there and let CloudFormation roll back. Empty means none, also when the stack had some before.
    pub rollback_alarms: Vec<String>,
    /// Said of it in the console.
    pub description: String,
}

/// A command to run.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandCall {
    /// Given to `sh -c`.
    pub shell: Text,
    /// Folder relative to the project.
    pub folder: Text,
    /// Environment.
    pub environment: BTreeMap<String, Text>,
    /// Whose credentials it gets.
    pub site: Option<Site>,
    /// Seconds until it is stopped.
    pub timeout_seconds: u32,
}

/// What came of an effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Outcome {
    /// Done, and nothing more to say.
    Done,
    /// The object was there already.
    Present,
    /// Who answers.
    Caller(Caller),
    /// The alarms; names that do not exist are absent.
    Alarms {
        /// Those that were found.
        alarms: Vec<AlarmSeen>,
    },
    /// The stack as it is before anything is done; nothing when it is not there.
    Stack {
        /// The stack.
        stack: Option<Box<StackSeen>>,
        /// Events say that it was once in a good state. Read for `ROLLBACK_COMPLETE` only.
        ever_good: bool,
        /// Who or what is at it, from the events, when it is busy; or what failed, when it is in an odd state.
        story: Option<String>,
    },
    /// The change set is made.
    ChangeSetCreated {
        /// Id of its stack.
        stack_id: String,
    },
    /// The change set is not ready yet.
    ChangeSetPending,
    /// The change set can be executed.
    ChangeSetReady {
        /// What it would change.
        changes: Vec<Change>,
        /// It is being executed or was executed already, by an earlier try of ours.
        executed: bool,
    },
    /// The change set holds no changes.
    ChangeSetEmpty,
    /// The change set could not be made, or is of no use any more.
    ChangeSetFailed {
        /// CloudFormation's reason.
        reason: String,
    },
    /// The stack operation goes on.
    StackBusy {
        /// Status of the stack.
        status: String,
        /// Lines about resources since the last look.
        resources: Vec<ResourceProgress>,
    },
    /// The stack operation has ended.
    StackSettled {
        /// The stack; nothing when it is gone.
        stack: Option<Box<StackSeen>>,
        /// The first resource that failed, if any.
        failed: Option<FailedResource>,
        /// The operation that ended is ours, by its token.
        ours: bool,
    },
    /// The command has ended.
    Command(CommandEnd),
    /// Who holds the lock now, when it is not this run.
    LockLost {
        /// Owner and run, for people.
        holder: String,
    },
    /// The lock is ours for another lease.
    LockHeld {
        /// When the lease ends.
        until: Timestamp,
    },
}

/// A resource on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceProgress {
    /// Its name in the template.
    pub logical_id: String,
    /// Its type.
    pub resource_type: String,
    /// Its status.
    pub status: String,
    /// Reason, if any.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Outcome {
    /// It ends a wait; looks that found "not yet" are not journaled.
    pub fn settles(&self) -> bool {
        !matches!(
            self,
            Self::ChangeSetPending
                | Self::StackBusy { .. }
                | Self::Caller(_)
                | Self::Alarms { .. }
                | Self::LockHeld { .. }
                | Self::LockLost { .. }
        )
    }
}
