//! The way back, of a stage and of a target.

use super::Decider;
use crate::plan::{WayBack, Work};
use crate::run::stack::is_undone;
use crate::run::{Call, Cause, CauseKind, Fact, Phase, StepStatus, TargetStatus, Verb, Way};

impl Decider<'_> {
    /// Brings every target of the stage to rest. What CloudFormation is doing is seen to its end first.
    pub(super) fn roll_stage_back(&mut self, stage: usize) {
        let cause = self.state.stages[stage].cause.clone();
        let cause = cause.unwrap_or_else(|| Cause::new(CauseKind::Stopped, "the stage goes back"));
        let active: Vec<usize> = self.state.stages[stage].active.iter().copied().collect();
        if active.is_empty() {
            return self.fact(Fact::StageFailed { stage });
        }
        for target in active {
            match self.state.targets[target].status {
                TargetStatus::Running => self.interrupt(target, &cause),
                TargetStatus::Passed => self.bring_to_rest(target, &cause),
                TargetStatus::RollingBack => self.roll_target_back(target),
                _ => {}
            }
        }
    }

    /// A target that was on its way: what cannot be stopped is waited for, then it goes back or is left as it is.
    fn interrupt(&mut self, target: usize, cause: &Cause) {
        match self.account_answers(target) {
            Ok(true) => {}
            Ok(false) => return,
            Err(cause) => return self.leave(Cause { kind: CauseKind::Credentials, ..cause }),
        }
        let plan = self.plan;
        let mut waits = self.is_at_work(target);
        for (index, planned) in plan.targets[target].steps.iter().enumerate() {
            let step = &self.state.targets[target].steps[index];
            let Work::Deploy(deploy) = &planned.work else { continue };
            if step.status != StepStatus::Running {
                continue;
            }
            let over = matches!(step.forward.phase, Phase::Done | Phase::Failed);
            if over || step.forward.phase.is_committed() || self.execution_in_doubt(target, index) {
                self.run_deploy(target, index, Way::Forward, &deploy.change);
                waits = true;
            }
        }
        if waits {
            return;
        }
        let failed_itself = self.state.targets[target].steps.iter().any(|s| s.cause.is_some());
        if self.state.has_moved(plan, target) || failed_itself {
            self.bring_to_rest(target, cause);
        } else {
            self.fact(Fact::TargetCancelled { target, reason: "the stage goes back".into() });
        }
    }

    /// Why a target that moved cannot go back.
    pub(super) fn no_way_back(&self, target: usize) -> Option<String> {
        let steps = self.state.targets[target].steps.iter().zip(&self.plan.targets[target].steps);
        steps.filter(|(s, _)| s.forward.changed).find_map(|(_, planned)| match &planned.work {
            Work::Deploy(deploy) => match deploy.back {
                WayBack::To(_) => None,
                WayBack::NothingBefore => Some(format!(
                    "stack `{}` has no earlier good release to go back to and stays as it is",
                    deploy.change.stack
                )),
                WayBack::Forbidden => Some(format!(
                    "release {} of stack `{}` forbids going back",
                    deploy.change.release, deploy.change.stack
                )),
            },
            _ => None,
        })
    }

    /// A failed deployment left its stack in a state that needs a person.
    pub(super) fn left_odd(&self, target: usize) -> bool {
        let steps = &self.state.targets[target].steps;
        steps.iter().filter(|s| s.forward.phase == Phase::Failed).any(|s| {
            let odd = s.forward.cause.as_ref().is_some_and(|c| c.kind == CauseKind::OddState);
            let executed = s.forward.stack.is_some() && s.forward.prior.as_ref() != s.forward.stack.as_ref();
            odd || (executed && s.forward.status.as_deref().is_some_and(|status| !is_undone(status)))
        })
    }

    /// Stacks go back in the reverse order, one after another.
    pub(super) fn roll_target_back(&mut self, target: usize) {
        match self.account_answers(target) {
            Ok(true) => {}
            Ok(false) => return,
            Err(cause) => return self.leave(Cause { kind: CauseKind::Credentials, ..cause }),
        }
        let plan = self.plan;
        for (index, planned) in plan.targets[target].steps.iter().enumerate().rev() {
            let step = &self.state.targets[target].steps[index];
            let Work::Deploy(deploy) = &planned.work else { continue };
            let (true, Some(change)) = (step.forward.changed, deploy.back.change()) else { continue };
            match step.back.phase {
                Phase::Done => {}
                Phase::Failed => {
                    let cause = step.back.cause.clone();
                    let cause = cause.unwrap_or_else(|| Cause::new(CauseKind::Deployment, "the rollback failed"));
                    return self.stuck(target, cause, deploy.change.stack.as_str());
                }
                _ => return self.run_deploy(target, index, Way::Back, change),
            }
        }
        if self.state.targets[target].pointed == Some(Way::Forward) {
            let id = self.id(target, None, Way::Back, Verb::PointLastGood, 0);
            let good = self.good_target(target, Way::Back);
            if let Err(cause) = self.want(id, None, || Call::PointLastGood(Box::new(good))) {
                self.leave(Cause { kind: CauseKind::Unreachable, ..cause });
            }
            return;
        }
        self.fact(Fact::TargetRolledBack { target });
    }

    pub(super) fn stuck(&mut self, target: usize, cause: Cause, stack: &str) {
        let planned = &self.plan.targets[target];
        let message = format!("{}: going back failed: {}", planned.id, cause.message);
        let status = self.state.targets[target].steps.iter().rev().find_map(|s| s.back.status.clone());
        let hint = crate::run::stack::way_out(status.as_deref().unwrap_or_default(), stack, planned.region.as_str());
        let hint = cause.hint.clone().unwrap_or(hint);
        self.fact(Fact::TargetStuck { target, cause: Cause { message, ..cause }.hint(hint) });
    }
}
