//! How a run ends.

use super::Cause;
use serde::{Deserialize, Serialize};

/// The end of a run, or of one process's work on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// Which of the few.
    pub kind: EndingKind,
    /// Why it is not a success: the first cause.
    pub cause: Option<Cause>,
    /// How many targets are how.
    pub counts: Counts,
    /// Commands to go on with, the most useful first. `landfall …` or `aws …`.
    pub next: Vec<String>,
}

/// All ways to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndingKind {
    /// Every target has the release, or had it already.
    Succeeded,
    /// What failed is back at the release before; nobody needs to look.
    RolledBack,
    /// At least one target is not as it should be and needs a person.
    NeedsHuman,
    /// It did not start, or went no further, because of a guard, a window, an approval or an alarm.
    Blocked,
    /// Some targets of a stage have the release and others do not.
    Partly,
    /// The process left off while work goes on, or could go on: `resume` continues.
    StillRunning,
    /// A person stopped it: `resume` continues.
    Interrupted,
    /// Nothing was changed because something failed before it.
    Failed,
}

impl EndingKind {
    /// The process's exit code (see the command line reference).
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Succeeded => 0,
            Self::Failed | Self::NeedsHuman => 1,
            Self::Partly => 3,
            Self::RolledBack => 4,
            Self::Blocked => 5,
            Self::StillRunning => 6,
            Self::Interrupted => 130,
        }
    }

    /// The run can be taken up again where it was.
    pub fn is_resumable(self) -> bool {
        matches!(self, Self::Blocked | Self::StillRunning | Self::Interrupted)
    }
}

/// How many targets are how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Have the release.
    pub passed: usize,
    /// Of these, had nothing to change.
    pub unchanged: usize,
    /// Are back at the release before.
    pub rolled_back: usize,
    /// Failed, and are as they were before.
    pub failed: usize,
    /// Need a person.
    pub stuck: usize,
    /// Were never started.
    pub cancelled: usize,
    /// Were left out.
    pub skipped: usize,
    /// Are not finished.
    pub open: usize,
}
