//! How the run ends, why, and with which command one goes on.

use super::Decider;
use crate::run::{Cause, CauseKind, Counts, DeployState, Ending, EndingKind, Phase, StageStatus, State, TargetStatus};

impl Decider<'_> {
    /// An ending with counts and commands.
    pub(super) fn ending(&self, kind: EndingKind, cause: Option<Cause>) -> Ending {
        let next = self.next_commands(kind, cause.as_ref());
        Ending { kind, cause, counts: counts(self.state), next }
    }

    /// Left off in the middle.
    pub(super) fn leaving_ending(&self, mut cause: Cause) -> Ending {
        if cause.kind == CauseKind::Deadline && self.limits.deadline.is_some_and(|d| self.now >= d) {
            cause.message.push_str(&self.doing());
        }
        let kind = if cause.kind == CauseKind::Stopped { EndingKind::Interrupted } else { EndingKind::StillRunning };
        self.ending(kind, Some(cause))
    }

    /// What the run was doing, for a time limit that came in between.
    fn doing(&self) -> String {
        let waiting = self.state.stages.iter().zip(&self.plan.stages).find_map(|(state, stage)| {
            let (until, because) = state.waiting.as_ref()?;
            let opens = until.map_or_else(String::new, |t| format!(", which opens at {t}"));
            Some(format!(" while stage `{}` waited for its window{opens}: {because}", stage.name))
        });
        if let Some(waiting) = waiting {
            return waiting;
        }
        let active: Vec<&str> =
            self.state.stages.iter().flat_map(|s| &s.active).map(|t| self.plan.targets[*t].id.as_str()).collect();
        match active.as_slice() {
            [] => String::new(),
            few if few.len() <= 3 => format!(" while {} was under way", few.join(", ")),
            many => format!(" while {} and {} more were under way", many[..3].join(", "), many.len() - 3),
        }
    }

    /// The end of a run that has nothing left to do.
    pub(super) fn final_ending(&self) -> Ending {
        let counts = counts(self.state);
        let failed = self.state.stages.iter().position(|s| s.status == StageStatus::Failed);
        let stage_cause = failed.and_then(|n| self.state.stages[n].cause.clone());
        let target_cause = |statuses: &[TargetStatus]| {
            self.state.targets.iter().find(|t| statuses.contains(&t.status)).and_then(|t| t.cause.clone())
        };
        let kind = self.final_kind(&counts, failed, stage_cause.as_ref());
        let cause = match kind {
            EndingKind::Succeeded => None,
            EndingKind::NeedsHuman => target_cause(&[TargetStatus::Stuck]).or(stage_cause),
            _ => stage_cause.or_else(|| target_cause(&[TargetStatus::Failed, TargetStatus::RolledBack])),
        };
        self.ending(kind, cause)
    }

    fn final_kind(&self, counts: &Counts, failed: Option<usize>, cause: Option<&Cause>) -> EndingKind {
        if counts.stuck > 0 {
            return EndingKind::NeedsHuman;
        }
        let bad = counts.failed + counts.rolled_back;
        let Some(stage) = failed else {
            return if bad > 0 { EndingKind::Partly } else { EndingKind::Succeeded };
        };
        let kept = self.plan.stages[stage].waves.iter().flatten();
        let kept = kept.filter(|t| self.state.targets[**t].status == TargetStatus::Passed).count();
        let blocked = cause.is_some_and(|c| c.kind.is_block() || c.kind == CauseKind::Alarm);
        let untouched = |c: &Cause| matches!(c.kind, CauseKind::Guard | CauseKind::Busy);
        match (bad, kept) {
            (0, 0) if blocked => EndingKind::Blocked,
            (0, 0) => EndingKind::Failed,
            (0, _) if blocked => EndingKind::Blocked,
            (_, 0) if cause.is_none_or(untouched) && counts.rolled_back == 0 => EndingKind::Blocked,
            (_, 0) if !self.plan.stages[stage].waves.iter().flatten().any(|t| self.was_touched(*t)) => {
                EndingKind::Failed
            }
            (_, 0) => EndingKind::RolledBack,
            (_, _) => EndingKind::Partly,
        }
    }

    /// A stack of the target was changed, also if CloudFormation undid that itself.
    fn was_touched(&self, target: usize) -> bool {
        let state = &self.state.targets[target];
        let changed = |d: &DeployState| d.changed || (d.stack.is_some() && d.stack != d.prior);
        state.status == TargetStatus::RolledBack || state.steps.iter().any(|s| changed(&s.forward))
    }

    fn next_commands(&self, kind: EndingKind, cause: Option<&Cause>) -> Vec<String> {
        let run = &self.plan.run;
        let status = format!("landfall status {run}");
        let mut next = match kind {
            EndingKind::Succeeded => Vec::new(),
            EndingKind::RolledBack | EndingKind::Failed => vec![format!("landfall retry {run} --failed"), status],
            EndingKind::Partly => vec![format!("landfall retry {run} --failed"), status],
            EndingKind::NeedsHuman => vec![status, format!("landfall retry {run} --failed")],
            // What has failed is not taken up again by itself, also when only a guard stood in its way.
            EndingKind::Blocked if counts(self.state).failed > 0 => {
                vec![format!("landfall retry {run} --failed"), status]
            }
            EndingKind::Blocked | EndingKind::StillRunning | EndingKind::Interrupted => {
                vec![format!("landfall resume {run}"), status]
            }
        };
        let approve = cause.filter(|c| c.kind == CauseKind::Approval).and_then(|c| c.hint.clone());
        if let Some(approve) = approve.filter(|a| a.starts_with("landfall ")) {
            next.insert(0, approve);
        }
        if kind == EndingKind::NeedsHuman {
            self.stuck_commands(&mut next);
        }
        next
    }

    /// The exact command for every stack that hangs.
    fn stuck_commands(&self, next: &mut Vec<String>) {
        let mut commands = Vec::new();
        for (state, planned) in self.state.targets.iter().zip(&self.plan.targets) {
            if state.status != TargetStatus::Stuck {
                continue;
            }
            for (step, planned_step) in state.steps.iter().zip(&planned.steps) {
                let odd = [&step.back, &step.forward].into_iter().find(|d| d.phase == Phase::Failed);
                let (Some(odd), Some(change)) = (odd, planned_step.change(crate::run::Way::Forward)) else { continue };
                let verb = match odd.status.as_deref() {
                    Some("UPDATE_ROLLBACK_FAILED") => "continue-update-rollback",
                    Some("CREATE_FAILED" | "UPDATE_FAILED") => "rollback-stack",
                    _ => "describe-stack-events",
                };
                commands.push(format!(
                    "aws cloudformation {verb} --stack-name {} --region {}",
                    change.stack, planned.region
                ));
            }
        }
        commands.truncate(3);
        next.splice(0..0, commands);
    }
}

/// How many targets are how.
pub fn counts(state: &State) -> Counts {
    let mut counts = Counts::default();
    for target in &state.targets {
        match target.status {
            TargetStatus::Passed => {
                counts.passed += 1;
                counts.unchanged += usize::from(!target.steps.iter().any(|s| s.forward.changed));
            }
            TargetStatus::RolledBack => counts.rolled_back += 1,
            TargetStatus::Failed => counts.failed += 1,
            TargetStatus::Stuck => counts.stuck += 1,
            TargetStatus::Cancelled => counts.cancelled += 1,
            TargetStatus::Skipped => counts.skipped += 1,
            TargetStatus::Pending | TargetStatus::Running | TargetStatus::RollingBack => counts.open += 1,
        }
    }
    counts
}
