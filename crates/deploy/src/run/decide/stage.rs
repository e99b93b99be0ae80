//! A running stage: waves, the order of targets, how many at once, and when it is through.

use super::Decider;
use crate::run::{Cause, CauseKind, Fact};

impl Decider<'_> {
    pub(super) fn run_stage(&mut self, stage: usize) {
        let state = &self.state.stages[stage];
        let active: Vec<usize> = state.active.iter().copied().collect();
        for target in active {
            self.run_target(target);
        }
        let state = &self.state.stages[stage];
        let planned = &self.plan.stages[stage];
        if state.cause.is_none() && state.failed > planned.failure_tolerance {
            return self.halt(stage, self.too_many_failed(stage));
        }
        if self.state.stopping.is_some() {
            return;
        }
        if !state.queue.is_empty() {
            return self.start_targets(stage);
        }
        if !state.active.is_empty() {
            return;
        }
        if state.cause.is_some() {
            self.fact(Fact::StageFailed { stage });
        } else if state.waves < planned.waves.len() {
            self.start_wave(stage, state.waves);
        } else {
            self.fact(Fact::StagePassed { stage });
        }
    }

    fn start_targets(&mut self, stage: usize) {
        let state = &self.state.stages[stage];
        let most = self.plan.stages[stage].max_concurrent.min(self.limits.targets).max(1);
        let room = most.saturating_sub(state.active.len());
        let next: Vec<usize> = state.queue.iter().copied().take(room).collect();
        for target in next {
            if let Some(reason) = &self.plan.targets[target].skip {
                self.fact(Fact::TargetSkipped { target, reason: reason.clone() });
                continue;
            }
            let ready =
                self.account_answers(target).and_then(|answered| Ok(answered && self.target_may_start(target)?));
            match ready {
                Ok(true) => self.fact(Fact::TargetStarted { target }),
                Ok(false) => {}
                Err(cause) => return self.halt(stage, cause),
            }
        }
    }

    /// The targets of the stage that have the release already are looked at again before the next wave.
    fn start_wave(&mut self, stage: usize, wave: usize) {
        match if wave == 0 { Ok(true) } else { self.passed_are_quiet(stage) } {
            Ok(true) => self.fact(Fact::WaveStarted { stage, wave }),
            Ok(false) => {}
            Err((target, alarm, state)) => {
                self.alarm_rolls_back(target, alarm, state, None);
            }
        }
    }

    fn too_many_failed(&self, stage: usize) -> Cause {
        let targets = self.plan.stages[stage].waves.iter().flatten();
        let first = targets.filter_map(|t| self.state.targets[*t].cause.clone()).find(|c| c.kind != CauseKind::Stopped);
        first.unwrap_or_else(|| Cause::new(CauseKind::Deployment, "too many targets failed"))
    }

    /// An alarm has spoken: it is written down once, and the stage goes back.
    pub(super) fn alarm_rolls_back(&mut self, target: usize, alarm: String, state: String, reason: Option<String>) {
        let stage = self.plan.targets[target].stage;
        let tail = reason.as_ref().map(|r| format!(": {r}")).unwrap_or_default();
        let message = format!("{}: alarm `{alarm}` is {state}{tail}", self.plan.targets[target].id);
        self.fact(Fact::AlarmLatched { target, alarm, state, reason });
        self.roll_back_stage(stage, Cause::new(CauseKind::Alarm, message));
    }

    pub(super) fn roll_back_stage(&mut self, stage: usize, cause: Cause) {
        let already = |f: &Fact| matches!(f, Fact::StageRollingBack { .. });
        if !self.out.facts.iter().any(already) {
            self.fact(Fact::StageRollingBack { stage, cause });
        }
    }
}
