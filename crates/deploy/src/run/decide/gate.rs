//! Gates before a stage, a wave and a target: window, approval, accounts, alarms.

use super::Decider;
use crate::plan::{Guard, StageApproval};
use crate::run::{Call, Cause, CauseKind, EndingKind, Fact, Reading, TargetStatus, Verb, Way};
use crate::window;
use jiff::Timestamp;

/// How old a look at alarms may be to open a gate, in seconds.
const FRESH_SECONDS: i64 = 120;

/// What a look at a target's alarms says.
pub(super) enum Verdict {
    /// None fires. Some may have no data.
    Quiet {
        /// Those without data.
        no_data: Vec<String>,
    },
    /// This one fires, or is not there.
    Bad {
        /// Name.
        alarm: String,
        /// `ALARM` or `missing`.
        state: String,
        /// Its reason.
        reason: Option<String>,
    },
}

impl Decider<'_> {
    /// Starts a stage when its window is open, people agree, every account answers and no alarm fires.
    pub(super) fn open_stage(&mut self, stage: usize) {
        if let Some(cause) = self.state.stages[stage].cause.clone() {
            let _ = cause;
            return self.fact(Fact::StageFailed { stage });
        }
        if self.state.stopping.is_some() {
            return;
        }
        if self.window_open(stage)
            && self.stage_approved(stage)
            && self.accounts_answer(stage)
            && self.before_is_quiet(stage)
        {
            self.fact(Fact::StageStarted { stage });
        }
    }

    fn window_open(&mut self, stage: usize) -> bool {
        let planned = &self.plan.stages[stage];
        let ignored = |g: &Guard| matches!(g, Guard::Window(name) if *name == planned.name);
        if self.plan.overrides.iter().any(|o| ignored(&o.guard)) {
            return true;
        }
        let window::State::Closed(closed) = self.plan.windows.state_at(&planned.window, &planned.name, self.now) else {
            return true;
        };
        let told = self.state.stages[stage].waiting.as_ref().map(|(until, _)| *until);
        if told != Some(closed.opens_at) {
            self.fact(Fact::WindowWaiting { stage, until: closed.opens_at, because: closed.because.clone() });
        }
        match closed.opens_at.filter(|_| self.limits.wait_for_window) {
            Some(opens) => self.wake(opens),
            None => {
                let cause = Cause::new(
                    CauseKind::Window,
                    format!("stage `{}` may not start: {}", planned.name, closed.because),
                );
                let cause = match closed.opens_at {
                    Some(opens) => cause.hint(format!("it opens at {opens}")),
                    None => cause,
                };
                self.out.finished = Some(self.ending(EndingKind::Blocked, Some(cause)));
            }
        }
        false
    }

    fn stage_approved(&mut self, stage: usize) -> bool {
        if self.plan.stages[stage].approval != StageApproval::Always {
            return true;
        }
        let message = format!("start stage `{}`?", self.plan.stages[stage].name);
        match self.approval(stage, None, &message, 1, None) {
            Ok(agreed) => agreed,
            Err(cause) => {
                self.halt(stage, cause);
                false
            }
        }
    }

    /// Asks once, then waits. `Ok(true)` when enough people agreed.
    pub(super) fn approval(
        &mut self,
        stage: usize,
        step: Option<&str>,
        message: &str,
        minimum: u32,
        expires_seconds: Option<u64>,
    ) -> Result<bool, Cause> {
        let name = &self.plan.stages[stage].name;
        let place = step.map_or_else(|| name.clone(), |step| format!("{name}/{step}"));
        let Some(approval) = self.state.approvals.get(&(stage, step.map(str::to_owned))) else {
            let expires = expires_seconds.map(|s| self.after(self.now, i64::try_from(s).unwrap_or(i64::MAX)));
            let (step, message) = (step.map(str::to_owned), message.to_owned());
            let asked = Fact::ApprovalAsked { stage, step, message, expires };
            // Several targets may come to the same question at once.
            if !self.out.facts.contains(&asked) {
                self.fact(asked);
            }
            return Ok(false);
        };
        if let Some((by, reason)) = &approval.rejected {
            let reason = reason.as_ref().map(|r| format!(": {r}")).unwrap_or_default();
            return Err(Cause::new(CauseKind::Approval, format!("`{place}` was rejected by {by}{reason}")));
        }
        if approval.approved_by.len() >= minimum.max(1) as usize {
            return Ok(true);
        }
        if approval.expires.is_some_and(|end| end < self.now) {
            return Err(Cause::new(CauseKind::Approval, format!("nobody agreed to `{place}` in time")));
        }
        self.pause(
            Cause::new(CauseKind::Approval, format!("`{place}` waits for approval: {message}"))
                .hint(format!("landfall approve {} {place}", self.plan.run)),
        );
        Ok(false)
    }

    /// Every account of the stage must answer, and be the one that was meant, before any of them is changed.
    fn accounts_answer(&mut self, stage: usize) -> bool {
        let plan = self.plan;
        let mut all = true;
        for target in plan.stages[stage].waves.iter().flatten().copied() {
            if !all && self.is_full() {
                break;
            }
            if self.state.targets[target].status != TargetStatus::Pending || plan.targets[target].skip.is_some() {
                continue;
            }
            match self.account_answers(target) {
                Ok(answered) => all &= answered,
                Err(cause) => {
                    self.halt(stage, cause);
                    return false;
                }
            }
        }
        all
    }

    /// Whether the right account has answered in this process.
    pub(super) fn account_answers(&mut self, target: usize) -> Result<bool, Cause> {
        let planned = &self.plan.targets[target];
        if let Some(caller) = &self.state.targets[target].caller {
            if caller.account == planned.account {
                return Ok(true);
            }
            let message = format!(
                "{}: account {} was meant, but {} answers as {}",
                planned.id, planned.account, caller.account, caller.arn
            );
            return Err(Cause::new(CauseKind::WrongAccount, message)
                .hint("check the stage's account, the role and the credentials; nothing was changed there"));
        }
        let id = self.id(target, None, Way::Forward, Verb::CheckCaller, 0);
        let named = |mut cause: Cause| {
            cause.message = format!("{}: {}", planned.id, cause.message);
            cause
        };
        self.want(id, None, || Call::CheckCaller { site: planned.site.clone() }).map_err(named)?;
        Ok(false)
    }

    /// The alarms of the stage before must still be quiet when the next one starts.
    fn before_is_quiet(&mut self, stage: usize) -> bool {
        let Some(before) = stage.checked_sub(1) else { return true };
        match self.passed_are_quiet(before) {
            Ok(quiet) => quiet,
            Err((target, alarm, state)) => {
                let message = format!("alarm `{alarm}` of {} is {state}", self.plan.targets[target].id);
                self.halt(stage, Cause::new(CauseKind::Alarm, message).hint(self.alarm_hint(&alarm)));
                false
            }
        }
    }

    pub(super) fn alarm_hint(&self, alarm: &str) -> String {
        format!("wait until it is OK, or begin anew: `landfall deploy --ignore-alarm {alarm} --reason \"…\"`")
    }

    /// Reads the alarms of the targets of a stage that have passed. An error names the first that is bad.
    pub(super) fn passed_are_quiet(&mut self, stage: usize) -> Result<bool, (usize, String, String)> {
        let plan = self.plan;
        if plan.stages[stage].alarms.is_empty() {
            return Ok(true);
        }
        let mut all = true;
        for target in plan.stages[stage].waves.iter().flatten().copied() {
            if self.state.targets[target].status != TargetStatus::Passed {
                continue;
            }
            // What was read before it passed does not count: an alarm may fire after the bake.
            let passed = self.state.targets[target].ended_at.unwrap_or(self.now);
            match self.fresh_reading(target, self.after(self.now, -FRESH_SECONDS).max(passed)) {
                Err(cause) => return Err((target, plan.stages[stage].alarms.join(", "), cause.message)),
                Ok(None) => all = false,
                Ok(Some(reading)) => {
                    if let Verdict::Bad { alarm, state, .. } = self.judge(target, &reading, false) {
                        return Err((target, alarm, state));
                    }
                }
            }
        }
        Ok(all)
    }

    /// The last look if it is not older than `since`; otherwise a look is wanted.
    pub(super) fn fresh_reading(&mut self, target: usize, since: Timestamp) -> Result<Option<Reading>, Cause> {
        let state = self.state;
        if let Some(reading) = state.targets[target].alarms.as_ref().filter(|r| r.at >= since) {
            return Ok(Some(reading.clone()));
        }
        self.look_at_alarms(target, None)?;
        Ok(None)
    }

    /// Wants a look at a target's alarms.
    pub(super) fn look_at_alarms(&mut self, target: usize, due: Option<Timestamp>) -> Result<(), Cause> {
        let planned = &self.plan.targets[target];
        let names = self.plan.stages[planned.stage].alarms.clone();
        let id = self.id(target, None, Way::Forward, Verb::ReadAlarms, 0);
        self.want(id, due, || Call::ReadAlarms { site: planned.site.clone(), names }).map_err(|cause| {
            let message = format!("{}: {}", planned.id, cause.message);
            Cause { message, ..cause }.hint(
                "a stage whose alarms cannot be read does not start: allow `cloudwatch:DescribeAlarms` to its role",
            )
        })
    }

    /// What a reading says. Before the first release of a stack its alarms cannot be there yet.
    pub(super) fn judge(&self, target: usize, reading: &Reading, may_be_missing: bool) -> Verdict {
        let stage = &self.plan.stages[self.plan.targets[target].stage];
        let mut no_data = Vec::new();
        for name in &stage.alarms {
            let seen = reading.alarms.iter().find(|a| a.name == *name);
            match seen.map(|a| (a.state.as_str(), a)) {
                None if may_be_missing => {}
                None => return Verdict::Bad { alarm: name.clone(), state: "missing".into(), reason: None },
                Some(("OK", _)) => {}
                Some(("INSUFFICIENT_DATA", _)) => no_data.push(name.clone()),
                Some((state, alarm)) => {
                    return Verdict::Bad { alarm: name.clone(), state: state.to_owned(), reason: alarm.reason.clone() };
                }
            }
        }
        Verdict::Quiet { no_data: if stage.no_data_is_ok { Vec::new() } else { no_data } }
    }

    /// Whether the target's own alarms let it start. An error halts the stage.
    pub(super) fn target_may_start(&mut self, target: usize) -> Result<bool, Cause> {
        let planned = &self.plan.targets[target];
        if self.plan.stages[planned.stage].alarms.is_empty() {
            return Ok(true);
        }
        let Some(reading) = self.fresh_reading(target, self.after(self.now, -FRESH_SECONDS))? else { return Ok(false) };
        let Verdict::Bad { alarm, state, reason } = self.judge(target, &reading, self.is_first_release(target)) else {
            return Ok(true);
        };
        let reason = reason.map(|r| format!(": {r}")).unwrap_or_default();
        let message = format!("{}: alarm `{alarm}` is {state} before anything was changed{reason}", planned.id);
        Err(Cause::new(CauseKind::Alarm, message).hint(self.alarm_hint(&alarm)))
    }

    /// No stack of the target was good when the plan was made.
    pub(super) fn is_first_release(&self, target: usize) -> bool {
        self.plan.targets[target].is_first_release()
    }

    pub(super) fn halt(&mut self, stage: usize, cause: Cause) {
        if self.state.stages[stage].cause.is_none() {
            self.fact(Fact::StageHalted { stage, cause });
        }
    }
}
