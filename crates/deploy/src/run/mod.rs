//! The run as a state machine: what happened, what is so because of it, and what to do next.
//!
//! [`Event`]s are facts. [`apply`] folds them into a [`State`]; [`decide`] says, from a plan and a state, which facts to
//! write down and which effects to start. Running and resuming are the same fold. There is no clock here: the time of
//! an event is in the event, and `now` is an argument.

mod apply;
mod approval;
mod cause;
mod decide;
mod effect;
mod ending;
mod event;
mod limits;
mod resolve;
mod stack;
mod state;

pub use apply::{IllegalTransition, apply};
pub use approval::refuses;
pub use cause::{Cause, CauseKind, FailedResource};
pub use decide::{Decision, counts, decide};
pub use effect::{Call, ChangeSetCall, CommandCall, Effect, EffectId, Outcome, ResourceProgress, Verb, Way};
pub use ending::{Counts, Ending, EndingKind};
pub use event::{Event, Fact, Progress};
pub use limits::Limits;
pub use stack::{Standing, is_over, is_undone, standing, succeeded, way_out};
pub use state::{
    ApprovalState, Bake, Budget, DeployState, Flight, Looked, Phase, Reading, StageState, StageStatus, State,
    StepState, StepStatus, TargetState, TargetStatus, Tries,
};
