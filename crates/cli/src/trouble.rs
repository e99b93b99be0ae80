//! What went wrong with a command, and the exit code that says so. Every other crate's errors are mapped here, once.

use base::{Diagnostic, Sources};
use std::process::ExitCode;

/// How a command ends. The numbers are part of the command line's contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, also when nothing had to change.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// Usage or configuration.
    Usage = 2,
    /// Some targets have it, some do not.
    Partly = 3,
    /// Failed and put back.
    RolledBack = 4,
    /// A window, an approval or a guard stands in the way.
    Blocked = 5,
    /// The time limit came first; the run goes on.
    StillRunning = 6,
    /// `plan --detailed-exitcode`: something would change.
    Changes = 7,
    /// Interrupted by a person.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// A command that could not do its work: messages, the texts they point into, and the exit code.
#[derive(Debug)]
pub(crate) struct Trouble {
    /// The exit code.
    pub(crate) exit: Exit,
    /// All that is wrong.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The texts.
    pub(crate) sources: Sources,
}

impl Trouble {
    /// One message without a place.
    pub(crate) fn new(exit: Exit, diagnostic: Diagnostic) -> Self {
        Self { exit, diagnostics: vec![diagnostic], sources: Sources::new() }
    }

    /// A mistake of the user's: exit code 2.
    pub(crate) fn usage(diagnostic: Diagnostic) -> Self {
        Self::new(Exit::Usage, diagnostic)
    }

    /// Messages about texts that were read: exit code 2.
    pub(crate) fn in_files(diagnostics: Vec<Diagnostic>, sources: Sources) -> Self {
        Self { exit: Exit::Usage, diagnostics, sources }
    }

    /// Findings of a plan. What the user wrote comes first (2), then what would fail (1), then guards that hold (5).
    pub(crate) fn in_plan(diagnostics: Vec<Diagnostic>, sources: Sources) -> Self {
        let exits = diagnostics.iter().filter(|d| d.is_error()).map(|d| match d.code.as_str() {
            // An account, a region or an organizational unit that cannot be reached, and quotas: it would fail.
            "PLAN-004" | "PLAN-031" | "PLAN-032" | "PLAN-043" => Exit::Failed,
            // Another account, another owner, a newer release, a stack that needs a person, alarms.
            "PLAN-030" | "PLAN-036" | "PLAN-037" | "PLAN-038" | "PLAN-044" | "PLAN-045" => Exit::Blocked,
            // A role that lets nobody in or is not there, like an account that cannot be reached; and the guard of
            // permissions, which a person may switch off.
            "ACCESS-001" | "ACCESS-002" | "ACCESS-003" => Exit::Failed,
            "ACCESS-004" | "ACCESS-005" => Exit::Blocked,
            _ => Exit::Usage,
        });
        let rank = |exit: &Exit| match exit {
            Exit::Usage => 0,
            Exit::Failed => 1,
            _ => 2,
        };
        Self { exit: exits.min_by_key(rank).unwrap_or(Exit::Usage), diagnostics, sources }
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        let told = Diagnostic::error("CLI-001", format!("writing or reading failed: {error}"));
        Self::new(Exit::Failed, told.hint("see that there is room on the disk, and that the folder may be written to"))
    }
}
