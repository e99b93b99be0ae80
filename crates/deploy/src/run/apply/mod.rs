//! The transition: one event applied to a state.

mod effects;
mod lifecycle;

pub(in crate::run) use effects::budget_key;

use super::{Event, Fact, State};
use crate::plan::Plan;

/// An event that cannot follow on what happened before. A journal that holds one is damaged; a program that makes one
/// has a bug. In both cases the run must not go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{event} cannot follow here: {reason}")]
pub struct IllegalTransition {
    /// The kind of the event.
    pub event: String,
    /// What is in the way.
    pub reason: String,
}

/// Applies one event. On an error the state must not be used any more.
///
/// # Errors
/// When the event cannot follow on what happened before.
pub fn apply(plan: &Plan, state: &mut State, event: &Event) -> Result<(), IllegalTransition> {
    let at = event.at;
    state.now = Some(state.now.map_or(at, |now| now.max(at)));
    let result = match &event.fact {
        Fact::RunStarted { .. } => lifecycle::run_started(state, at),
        Fact::Resumed { .. } => lifecycle::resumed(plan, state),
        Fact::Retried { targets, .. } => lifecycle::retried(plan, state, targets),
        Fact::StopRequested { by } => lifecycle::stop(state, by),
        Fact::RunEnded { ending } => lifecycle::ended(state, ending),
        Fact::ApprovalAsked { stage, step, expires, .. } => {
            lifecycle::asked(state, *stage, step.as_ref(), at, *expires)
        }
        Fact::Approved { stage, step, by, .. } => lifecycle::approved(state, *stage, step.as_ref(), by, at),
        Fact::Rejected { stage, step, by, reason } => {
            lifecycle::rejected(state, *stage, step.as_ref(), by, reason.as_ref(), at)
        }
        Fact::WindowWaiting { stage, until, because } => lifecycle::window(state, *stage, *until, because),
        Fact::StageStarted { stage } => lifecycle::stage_started(state, *stage, at),
        Fact::WaveStarted { stage, wave } => lifecycle::wave_started(plan, state, *stage, *wave),
        Fact::StageHalted { stage, cause } => lifecycle::stage_halted(state, *stage, cause),
        Fact::StageRollingBack { stage, cause } => lifecycle::stage_rolling_back(plan, state, *stage, cause),
        Fact::StagePassed { stage } => lifecycle::stage_passed(state, *stage, at),
        Fact::StageFailed { stage } => lifecycle::stage_failed(plan, state, *stage, at),
        Fact::TargetStarted { .. }
        | Fact::TargetSkipped { .. }
        | Fact::TargetPassed { .. }
        | Fact::TargetFailed { .. }
        | Fact::RollbackStarted { .. }
        | Fact::TargetRolledBack { .. }
        | Fact::TargetStuck { .. }
        | Fact::TargetCancelled { .. } => lifecycle::target(plan, state, &event.fact, at),
        Fact::StepStarted { .. } | Fact::StepPassed { .. } | Fact::StepFailed { .. } | Fact::BakeSet { .. } => {
            lifecycle::step(plan, state, &event.fact, at)
        }
        Fact::EffectStarted { effect, attempt, .. } => effects::started(plan, state, *effect, *attempt, at),
        Fact::EffectDone { effect, outcome } => effects::done(plan, state, *effect, outcome, at),
        Fact::EffectFailed { effect, failure, .. } => effects::failed(plan, state, *effect, failure, at),
        Fact::Overridden(_) | Fact::AlarmLatched { .. } | Fact::Progress(_) => Ok(()),
    };
    result.map_err(|reason| IllegalTransition { event: event.fact.kind(), reason })
}

impl Fact {
    /// The name of its kind, as in the journal.
    pub fn kind(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        value.get("type").and_then(|t| t.as_str()).unwrap_or_default().to_owned()
    }
}

/// Why a transition is illegal, for [`IllegalTransition::reason`].
type Legal = Result<(), String>;
