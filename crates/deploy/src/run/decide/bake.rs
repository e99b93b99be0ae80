//! A bake: time passes, alarms are looked at, and the first that fires decides.

use super::Decider;
use super::gate::Verdict;
use crate::plan::PlannedApproval;
use crate::run::{Bake, Cause, CauseKind, Fact};

impl Decider<'_> {
    pub(super) fn run_bake(&mut self, target: usize, step: usize, seconds: u32) {
        let Some(bake) = self.state.targets[target].steps[step].bake else {
            let until = self.after(self.now, i64::from(seconds));
            return self.fact(Fact::BakeSet { target, step, until, extended: None });
        };
        if self.plan.stages[self.plan.targets[target].stage].alarms.is_empty() {
            if self.now >= bake.until {
                return self.fact(Fact::StepPassed { target, step });
            }
            return self.wake(bake.until);
        }
        let reading = self.state.targets[target].alarms.clone().filter(|r| r.at >= bake.since);
        let due = reading.as_ref().map(|r| {
            let next = self.after(r.at, self.limits.alarm_poll_seconds.max(1));
            if r.at < bake.until { next.min(bake.until) } else { next }
        });
        match reading.as_ref().map(|r| (r.at >= bake.until, self.judge(target, r, false))) {
            Some((_, Verdict::Bad { alarm, state, reason })) => {
                return self.alarm_rolls_back(target, alarm, state, reason);
            }
            Some((true, Verdict::Quiet { no_data })) if no_data.is_empty() => {
                return self.fact(Fact::StepPassed { target, step });
            }
            Some((true, Verdict::Quiet { no_data })) => {
                return self.without_data(target, step, seconds, bake, &no_data.join(", "));
            }
            _ => {}
        }
        if let Err(cause) = self.look_at_alarms(target, due) {
            let names = self.plan.stages[self.plan.targets[target].stage].alarms.join(", ");
            self.alarm_rolls_back(target, names, "unreadable".into(), Some(cause.message));
        }
    }

    /// No data is not a pass: the bake is extended, then a person must say.
    fn without_data(&mut self, target: usize, step: usize, seconds: u32, bake: Bake, alarms: &str) {
        if bake.extensions < self.limits.bake_extensions {
            let until = self.after(self.now, i64::from(seconds));
            let extended = Some(format!("no data from `{alarms}`"));
            return self.fact(Fact::BakeSet { target, step, until, extended });
        }
        let planned = &self.plan.targets[target];
        let (stage, id) = (&self.plan.stages[planned.stage].name, &planned.steps[step].id);
        let message = format!("{}: the bake ended without data from `{alarms}`", planned.id);
        match self.approval(planned.stage, Some(id), &message, 1, None) {
            Ok(true) => self.fact(Fact::StepPassed { target, step }),
            Ok(false) => {
                if let Some(paused) = &mut self.paused {
                    *paused = Cause::new(CauseKind::Inconclusive, message).hint(format!(
                        "landfall resume {run} looks again; landfall approve {run} {stage}/{id} takes it as passed",
                        run = self.plan.run
                    ));
                }
            }
            Err(cause) => self.fail_step(target, step, cause),
        }
    }

    pub(super) fn run_approval(&mut self, target: usize, step: usize, planned: &PlannedApproval) {
        let stage = self.plan.targets[target].stage;
        let id = &self.plan.targets[target].steps[step].id;
        let message = planned.message.shown();
        match self.approval(stage, Some(id), &message, planned.minimum, Some(planned.expires_seconds)) {
            Ok(true) => self.fact(Fact::StepPassed { target, step }),
            Ok(false) => {}
            Err(cause) => self.fail_step(target, step, cause),
        }
    }
}
