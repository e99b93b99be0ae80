//! A target on its way: its steps in order, and what follows when one fails.

use super::Decider;
use crate::plan::Work;
use crate::run::{Call, Cause, CauseKind, Fact, StepStatus, TargetStatus, Verb, Way};

impl Decider<'_> {
    pub(super) fn run_target(&mut self, target: usize) {
        match self.state.targets[target].status {
            TargetStatus::Running => self.run_steps(target),
            TargetStatus::RollingBack => self.roll_target_back(target),
            _ => {}
        }
    }

    fn run_steps(&mut self, target: usize) {
        let plan = self.plan;
        let steps = &self.state.targets[target].steps;
        if let Some(cause) = steps.iter().find_map(|s| s.cause.as_ref()) {
            return self.give_up(target, &cause.clone());
        }
        match self.account_answers(target) {
            Ok(true) => {}
            Ok(false) => return,
            Err(cause) => return self.halt(plan.targets[target].stage, cause),
        }
        let steps = &self.state.targets[target].steps;
        if steps.iter().all(|s| s.status == StepStatus::Passed) {
            return self.finish_target(target);
        }
        for (index, planned) in plan.targets[target].steps.iter().enumerate() {
            match steps[index].status {
                StepStatus::Waiting
                    if self.state.stopping.is_none()
                        && planned.after.iter().all(|s| steps[*s].status == StepStatus::Passed) =>
                {
                    self.fact(Fact::StepStarted { target, step: index });
                }
                StepStatus::Running => self.run_step(target, index),
                _ => {}
            }
        }
    }

    fn run_step(&mut self, target: usize, step: usize) {
        let plan = self.plan;
        match &plan.targets[target].steps[step].work {
            Work::Deploy(deploy) => {
                let committed = self.state.targets[target].steps[step].forward.phase.is_committed();
                if self.state.stopping.is_some() && !committed && !self.execution_in_doubt(target, step) {
                    return;
                }
                self.run_deploy(target, step, Way::Forward, &deploy.change);
            }
            _ if self.state.stopping.is_some() => {}
            Work::Command(command) => self.run_command(target, step, command),
            Work::Bake { seconds } => self.run_bake(target, step, *seconds),
            Work::Approval(approval) => self.run_approval(target, step, approval),
        }
    }

    /// A request to change the stack was made and nobody knows whether it was carried out.
    pub(super) fn execution_in_doubt(&self, target: usize, step: usize) -> bool {
        [Verb::ExecuteChangeSet, Verb::DeleteStack]
            .into_iter()
            .any(|verb| self.state.flights.contains_key(&self.id(target, Some(step), Way::Forward, verb, 0)))
    }

    /// The release is good here: that is written down, then the target has passed.
    fn finish_target(&mut self, target: usize) {
        if self.has_deploys(target) && self.state.targets[target].pointed != Some(Way::Forward) {
            let id = self.id(target, None, Way::Forward, Verb::PointLastGood, 0);
            let good = self.good_target(target, Way::Forward);
            if let Err(cause) = self.want(id, None, || Call::PointLastGood(Box::new(good))) {
                self.leave(Cause { kind: CauseKind::Unreachable, ..cause });
            }
            return;
        }
        self.fact(Fact::TargetPassed { target });
    }

    pub(super) fn has_deploys(&self, target: usize) -> bool {
        self.plan.targets[target].steps.iter().any(|s| matches!(s.work, Work::Deploy(_)))
    }

    pub(super) fn fail_step(&mut self, target: usize, step: usize, cause: Cause) {
        self.fact(Fact::StepFailed { target, step, cause });
    }

    /// After a failed step: a failed gate takes the whole stage back, everything else this target only.
    fn give_up(&mut self, target: usize, cause: &Cause) {
        if self.is_at_work(target) {
            return;
        }
        let stage = self.plan.targets[target].stage;
        let steps = self.state.targets[target].steps.iter().zip(&self.plan.targets[target].steps);
        let gate = steps.filter(|(s, _)| s.cause.is_some()).any(|(_, p)| match &p.work {
            Work::Command(command) => command.gate,
            Work::Approval(_) | Work::Bake { .. } => true,
            Work::Deploy(_) => false,
        });
        if gate && self.state.has_moved(self.plan, target) {
            return self.roll_back_stage(stage, self.named(target, cause));
        }
        self.bring_to_rest(target, cause);
    }

    /// Effects of the target are in flight.
    pub(super) fn is_at_work(&self, target: usize) -> bool {
        let first = crate::run::EffectId {
            target: Some(target),
            step: None,
            way: Way::Forward,
            round: 0,
            verb: Verb::PublishManifest,
            nth: 0,
        };
        let of_target = self.state.flights.range(first..).take_while(|(id, _)| id.target == Some(target));
        of_target.into_iter().any(|(_, flight)| !flight.doubt)
    }

    /// Takes a target back if it has moved; otherwise it has failed as it is.
    pub(super) fn bring_to_rest(&mut self, target: usize, cause: &Cause) {
        if !self.state.has_moved(self.plan, target) {
            let needs_human = self.left_odd(target);
            let cause = self.named(target, cause);
            return self.fact(Fact::TargetFailed { target, cause, needs_human });
        }
        match self.no_way_back(target) {
            None => {
                let cause = self.named(target, cause);
                self.fact(Fact::RollbackStarted { target, cause });
            }
            Some(why) => {
                let mut cause = self.named(target, cause);
                cause.message = format!("{}; {why}", cause.message);
                self.fact(Fact::TargetFailed { target, cause, needs_human: true });
            }
        }
    }

    /// The cause with the target's id before it, unless it begins with a target's id (`stage/account/region`) already.
    fn named(&self, target: usize, cause: &Cause) -> Cause {
        let place = cause.message.split_once(": ").map_or("", |(place, _)| place);
        let named = place
            .split_once('/')
            .is_some_and(|(stage, rest)| !rest.contains(' ') && self.plan.stages.iter().any(|s| s.name == stage));
        let message =
            if named { cause.message.clone() } else { format!("{}: {}", self.plan.targets[target].id, cause.message) };
        Cause { message, ..cause.clone() }
    }
}
