//! Facts about a run. Some are journaled and never lost; the rest is progress that may be forgotten.

use super::{Cause, EffectId, Ending, Outcome};
use crate::plan::Override;
use crate::seen::Failure;
use base::{Digest, RunId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Something that happened, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub fact: Fact,
}

/// What happened. `target`, `stage` and `step` are indexes into the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Fact {
    /// The first record of every journal.
    RunStarted {
        /// The run.
        run: RunId,
        /// Name of the pipeline.
        pipeline: String,
        /// The release it brings.
        release: u32,
        /// Digest of the plan.
        plan: Digest,
        /// Who started it.
        by: String,
    },
    /// A process took the run up again. What was under way is in doubt from here on.
    Resumed {
        /// Who.
        by: String,
    },
    /// Failed targets are to be tried again, as a new round.
    Retried {
        /// Who.
        by: String,
        /// Which.
        targets: Vec<usize>,
    },
    /// Nothing new is to be started.
    StopRequested {
        /// Who, or which signal.
        by: String,
    },
    /// A guard was switched off.
    Overridden(Override),
    /// A stage cannot start yet because of its window or a freeze.
    WindowWaiting {
        /// Stage.
        stage: usize,
        /// When it opens; nothing means not within a year.
        until: Option<Timestamp>,
        /// Which window or freeze.
        because: String,
    },
    /// A person's word is needed.
    ApprovalAsked {
        /// Stage.
        stage: usize,
        /// The step's id; nothing for the stage itself.
        step: Option<String>,
        /// What is asked.
        message: String,
        /// When the question lapses.
        expires: Option<Timestamp>,
    },
    /// A person agreed.
    Approved {
        /// Stage.
        stage: usize,
        /// The step's id; nothing for the stage itself.
        step: Option<String>,
        /// Who.
        by: String,
        /// Why, if they said.
        reason: Option<String>,
        /// The digest of the plan that they saw.
        plan: Digest,
    },
    /// A person said no.
    Rejected {
        /// Stage.
        stage: usize,
        /// The step's id; nothing for the stage itself.
        step: Option<String>,
        /// Who.
        by: String,
        /// Why, if they said.
        reason: Option<String>,
    },
    /// A stage passed its gates and starts.
    StageStarted {
        /// Stage.
        stage: usize,
    },
    /// A wave starts.
    WaveStarted {
        /// Stage.
        stage: usize,
        /// Wave, from 0.
        wave: usize,
    },
    /// Nothing new starts in the stage; what runs may finish.
    StageHalted {
        /// Stage.
        stage: usize,
        /// Why.
        cause: Cause,
    },
    /// The stage's changed targets go back to what they were.
    StageRollingBack {
        /// Stage.
        stage: usize,
        /// Why.
        cause: Cause,
    },
    /// All targets of the stage are through.
    StagePassed {
        /// Stage.
        stage: usize,
    },
    /// The stage is over and did not pass.
    StageFailed {
        /// Stage.
        stage: usize,
    },
    /// Work on a target begins.
    TargetStarted {
        /// Target.
        target: usize,
    },
    /// Nothing is done to a target.
    TargetSkipped {
        /// Target.
        target: usize,
        /// Why.
        reason: String,
    },
    /// The target has the release, and it is good.
    TargetPassed {
        /// Target.
        target: usize,
    },
    /// The target did not get the release; it is as it was before, or a person must look.
    TargetFailed {
        /// Target.
        target: usize,
        /// Why.
        cause: Cause,
        /// It is not as it was before: a person must look at it.
        needs_human: bool,
    },
    /// The target goes back to the release before.
    RollbackStarted {
        /// Target.
        target: usize,
        /// Why.
        cause: Cause,
    },
    /// The target is back at the release before.
    TargetRolledBack {
        /// Target.
        target: usize,
    },
    /// The target could not be brought back.
    TargetStuck {
        /// Target.
        target: usize,
        /// Why.
        cause: Cause,
    },
    /// The target was not started, or was left before anything was changed.
    TargetCancelled {
        /// Target.
        target: usize,
        /// Why.
        reason: String,
    },
    /// A step begins.
    StepStarted {
        /// Target.
        target: usize,
        /// Step.
        step: usize,
    },
    /// A step is through.
    StepPassed {
        /// Target.
        target: usize,
        /// Step.
        step: usize,
    },
    /// A step did not pass.
    StepFailed {
        /// Target.
        target: usize,
        /// Step.
        step: usize,
        /// Why.
        cause: Cause,
    },
    /// A bake begins, or is extended.
    BakeSet {
        /// Target.
        target: usize,
        /// Step.
        step: usize,
        /// When it ends.
        until: Timestamp,
        /// Why it was extended; nothing at its start.
        extended: Option<String>,
    },
    /// An alarm fired, is missing or cannot be read. What it says later does not count any more.
    AlarmLatched {
        /// Target.
        target: usize,
        /// Name.
        alarm: String,
        /// `ALARM`, `missing` or `unreadable`.
        state: String,
        /// Its reason.
        reason: Option<String>,
    },
    /// An effect is about to be performed.
    EffectStarted {
        /// Which.
        effect: EffectId,
        /// Which try, from 1.
        attempt: u32,
        /// An earlier try may have been carried out.
        in_doubt: bool,
    },
    /// An effect was performed.
    EffectDone {
        /// Which.
        effect: EffectId,
        /// What came of it.
        outcome: Outcome,
    },
    /// An effect failed. Whether it is tried again is decided from the failure.
    EffectFailed {
        /// Which.
        effect: EffectId,
        /// Which try.
        attempt: u32,
        /// How.
        failure: Failure,
    },
    /// The run is over, or leaves off in a way that it can be resumed from.
    RunEnded {
        /// How.
        ending: Ending,
    },
    /// A line of progress. Never journaled.
    Progress(Progress),
}

/// What may be forgotten.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Progress {
    /// A line of a command's output.
    Output {
        /// Target.
        target: usize,
        /// Step.
        step: usize,
        /// The line, secrets masked.
        line: String,
    },
}

impl Fact {
    /// Whether the fact is journaled. The rest can be asked again.
    pub fn is_durable(&self) -> bool {
        match self {
            Self::Progress(_) => false,
            Self::EffectStarted { effect, .. } => effect.verb.is_mutation(),
            Self::EffectDone { outcome, .. } => outcome.settles(),
            Self::EffectFailed { effect, .. } => effect.verb.is_mutation(),
            _ => true,
        }
    }
}
