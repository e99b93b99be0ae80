//! What is so, because of what happened.

use super::{Cause, EffectId, Ending};
use crate::plan::{Plan, Work};
use crate::seen::{AlarmSeen, Caller, Change, CommandEnd, Failure, StackSeen};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A run, folded from its events.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct State {
    /// When it started.
    pub started_at: Option<Timestamp>,
    /// Time of the last event.
    pub now: Option<Timestamp>,
    /// The release's manifest is written.
    pub published: bool,
    /// Why it cannot be published.
    pub ended: Option<Ending>,
    /// Who asked to stop.
    pub stopping: Option<String>,
    /// When the lock's lease ends, as far as this process knows.
    pub lease_until: Option<Timestamp>,
    /// Who has the lock instead.
    pub lock_lost: Option<String>,
    /// Stages, as in the plan.
    pub stages: Vec<StageState>,
    /// Targets, as in the plan.
    pub targets: Vec<TargetState>,
    /// Questions to people, by stage and step id.
    pub approvals: BTreeMap<(usize, Option<String>), ApprovalState>,
    /// Effects that were started and have not ended.
    pub flights: BTreeMap<EffectId, Flight>,
    /// How many of [`State::flights`] this process is performing.
    pub performing: usize,
    /// Effects that failed and may be tried again.
    pub tries: BTreeMap<EffectId, Tries>,
    /// What was learned about how fast calls may be made, by service, account and region.
    pub budgets: BTreeMap<String, Budget>,
}

/// An effect under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flight {
    /// Which try.
    pub attempt: u32,
    /// The process that started it is gone: it may or may not have been carried out.
    pub doubt: bool,
}

/// The failures of an effect so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Tries {
    /// Tries in all.
    pub count: u32,
    /// Refusals among them.
    pub denied: u32,
    /// Conflicts among them.
    pub conflicts: u32,
    /// When the present row of unanswered calls began.
    pub silent_since: Option<Timestamp>,
    /// The last failure.
    pub last: Failure,
    /// Not to be tried again before.
    pub next: Timestamp,
}

/// How fast calls to one service in one account and region may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Budget {
    /// Milliseconds from one call to the next; 0 while nothing was throttled.
    pub interval_ms: i64,
    /// The next call may start then.
    pub next: Option<Timestamp>,
    /// How often calls were throttled.
    pub throttled: u32,
}

/// A stage.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StageState {
    /// How it is.
    pub status: StageStatus,
    /// Why nothing new starts in it, or why it goes back.
    pub cause: Option<Cause>,
    /// What it waits for before it starts: until when, and which window.
    pub waiting: Option<(Option<Timestamp>, String)>,
    /// How many waves have started.
    pub waves: usize,
    /// Targets of started waves that have not started, in order.
    pub queue: VecDeque<usize>,
    /// Targets that are being worked on, forward or back.
    pub active: BTreeSet<usize>,
    /// Targets that failed.
    pub failed: usize,
    /// When it started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// How a stage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StageStatus {
    /// Not started.
    #[default]
    Pending,
    /// Started.
    Running,
    /// Going back.
    RollingBack,
    /// Through.
    Passed,
    /// Over, and not through.
    Failed,
}

/// A target.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TargetState {
    /// How it is.
    pub status: TargetStatus,
    /// Why it is not well.
    pub cause: Option<Cause>,
    /// Counts a person's retries, from 1.
    pub round: u32,
    /// Who answered there, in this process.
    pub caller: Option<Caller>,
    /// The bucket is there.
    pub bucket: bool,
    /// Keys that are in the bucket.
    pub mirrored: BTreeSet<String>,
    /// What the same process saw of its stacks when it made the plan, by step, and when. Each is used once at most.
    pub looked: BTreeMap<usize, Looked>,
    /// The last look at its alarms.
    pub alarms: Option<Reading>,
    /// The pointer to the last good release was moved: to this run's release, or back.
    pub pointed: Option<super::Way>,
    /// Steps, as in the plan.
    pub steps: Vec<StepState>,
    /// When it started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// How a target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
pub enum TargetStatus {
    /// Not started.
    #[default]
    Pending,
    /// On its way.
    Running,
    /// Has the release.
    Passed,
    /// Left out.
    Skipped,
    /// On its way back.
    RollingBack,
    /// Back at the release before.
    RolledBack,
    /// Failed, and as it was before.
    Failed,
    /// Needs a person.
    Stuck,
    /// Never started, or left before anything was changed.
    Cancelled,
}

impl TargetStatus {
    /// Nothing more happens to it.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Pending | Self::Running | Self::RollingBack)
    }
}

/// A look at a stack; nothing when there was none.
#[derive(Debug, Clone, PartialEq)]
pub struct Looked {
    /// When.
    pub at: Timestamp,
    /// The stack.
    pub stack: Option<Box<StackSeen>>,
}

/// A look at alarms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// When.
    pub at: Timestamp,
    /// What was found; names that do not exist are absent.
    pub alarms: Vec<AlarmSeen>,
}

/// A step in a target.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StepState {
    /// How it is.
    pub status: StepStatus,
    /// Why it failed.
    pub cause: Option<Cause>,
    /// A deployment's way forward.
    pub forward: DeployState,
    /// A deployment's way back.
    pub back: DeployState,
    /// A bake.
    pub bake: Option<Bake>,
    /// How a command ended, last.
    pub command: Option<CommandEnd>,
    /// How often a command has ended.
    pub runs: u32,
    /// When it started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// How a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StepStatus {
    /// Not started.
    #[default]
    Waiting,
    /// Started.
    Running,
    /// Through.
    Passed,
    /// Not through.
    Failed,
}

/// A stack on its way.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeployState {
    /// How far it is.
    pub phase: Phase,
    /// The stack before anything was done to it.
    pub prior: Option<Box<StackSeen>>,
    /// Id of the stack.
    pub stack_id: Option<String>,
    /// It is a new stack.
    pub create: bool,
    /// What the change set would change.
    pub changes: Vec<Change>,
    /// When the operation that is waited for began.
    pub begun: Option<Timestamp>,
    /// The stack's status, as last seen.
    pub status: Option<String>,
    /// Looks since the phase began.
    pub polls: u32,
    /// The next look is due then.
    pub next_poll: Option<Timestamp>,
    /// The stack in the end.
    pub stack: Option<Box<StackSeen>>,
    /// The operation changed the stack, and it stayed so.
    pub changed: bool,
    /// Who works on the stack since when, as its events say, while somebody else does.
    pub story: Option<String>,
    /// A change set that a guard or a person refused was deleted.
    pub discarded: bool,
    /// Our update took too long and was told to go back.
    pub cancelled: bool,
    /// Termination protection is as the step says.
    pub protected: bool,
    /// Why it failed, or will once the change set is deleted.
    pub cause: Option<Cause>,
}

/// How far a deployment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// Nothing done yet.
    #[default]
    Idle,
    /// Objects are mirrored and the stack is looked at.
    Prepare,
    /// Somebody else's operation is waited for.
    Wait,
    /// A stack that never was good is to be deleted.
    Clear,
    /// It is being deleted.
    Clearing,
    /// The change set is to be made.
    Create,
    /// It is being made.
    Creating,
    /// It is ready: to be judged and executed.
    Execute,
    /// It is being executed.
    Executing,
    /// It is of no use and to be deleted.
    Discard,
    /// Over, well.
    Done,
    /// Over, not well.
    Failed,
}

impl Phase {
    /// CloudFormation is changing the stack for us: it must be seen to the end.
    pub fn is_committed(self) -> bool {
        matches!(self, Self::Clearing | Self::Executing)
    }
}

/// A bake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bake {
    /// When it began, or was extended.
    pub since: Timestamp,
    /// When it ends.
    pub until: Timestamp,
    /// How often it was extended.
    pub extensions: u32,
}

/// A question to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalState {
    /// When it was asked.
    pub asked_at: Timestamp,
    /// When it lapses.
    pub expires: Option<Timestamp>,
    /// Who agreed, without doubles.
    pub approved_by: BTreeSet<String>,
    /// Who said no, and why.
    pub rejected: Option<(String, Option<String>)>,
}

impl State {
    /// A run of this plan before anything happened.
    pub fn new(plan: &Plan) -> Self {
        let target =
            |steps: usize| TargetState { round: 1, steps: vec![StepState::default(); steps], ..Default::default() };
        Self {
            stages: vec![StageState::default(); plan.stages.len()],
            targets: plan.targets.iter().map(|t| target(t.steps.len())).collect(),
            ..Self::default()
        }
    }

    /// The state of a deployment.
    pub fn deploy(&self, target: usize, step: usize, way: super::Way) -> Option<&DeployState> {
        let step = self.targets.get(target)?.steps.get(step)?;
        Some(match way {
            super::Way::Forward => &step.forward,
            super::Way::Back => &step.back,
        })
    }

    /// Whether the run has changed a stack of the target and the change stands.
    pub fn has_moved(&self, plan: &Plan, target: usize) -> bool {
        let steps = self.targets.get(target).map_or(&[][..], |t| &t.steps);
        let planned = plan.targets.get(target).map_or(&[][..], |t| &t.steps);
        steps.iter().zip(planned).any(|(s, p)| matches!(p.work, Work::Deploy(_)) && s.forward.changed)
    }
}
