//! A stack on its way, forward or back: which effect its phase wants.

use super::Decider;
use crate::plan::{StackChange, Text};
use crate::release::{GoodTarget, RELEASE_VERSION, ReleasedStack};
use crate::run::effect::ChangeSetCall;
use crate::run::resolve::Resolver;
use crate::run::stack::{Standing, standing};
use crate::run::{Call, Cause, CauseKind, DeployState, EffectId, Fact, Outcome, Phase, Verb, Way};
use crate::seen::StackSeen;
use std::collections::BTreeMap;

/// The stack of a step, on its way.
#[derive(Clone, Copy)]
struct Deploying<'a> {
    target: usize,
    step: usize,
    way: Way,
    change: &'a StackChange,
    state: &'a DeployState,
}

impl Decider<'_> {
    pub(super) fn run_deploy(&mut self, target: usize, step: usize, way: Way, change: &StackChange) {
        let whole = self.state;
        let Some(state) = whole.deploy(target, step, way) else { return };
        let at = Deploying { target, step, way, change, state };
        let result = match state.phase {
            Phase::Idle => Ok(()),
            Phase::Prepare => self.prepare(at),
            Phase::Wait => self.wait_for_others(at),
            Phase::Clear => self.clear(at),
            Phase::Clearing | Phase::Executing => self.follow(at),
            Phase::Create => self.create(at),
            Phase::Creating => self.await_change_set(at),
            Phase::Execute => self.execute(at),
            Phase::Discard => self.discard(at),
            Phase::Done => self.deployed(at),
            Phase::Failed => {
                let cause = state.cause.clone();
                Err(cause.unwrap_or_else(|| Cause::new(CauseKind::Deployment, "the deployment failed")))
            }
        };
        match (result, way) {
            (Ok(()), _) => {}
            (Err(cause), Way::Forward) => self.fail_step(target, step, cause),
            (Err(cause), Way::Back) => self.stuck(target, cause, change.stack.as_str()),
        }
    }

    fn effect(&self, at: Deploying<'_>, verb: Verb, nth: usize) -> EffectId {
        self.id(at.target, Some(at.step), at.way, verb, nth)
    }

    /// A name that belongs to this stack, way and round alone.
    fn name(&self, at: Deploying<'_>, start: &str) -> String {
        let way = if at.way == Way::Forward { "f" } else { "b" };
        format!("{start}-{way}{}", self.state.targets[at.target].round)
    }

    fn prepare(&mut self, at: Deploying<'_>) -> Result<(), Cause> {
        let planned = &self.plan.targets[at.target];
        let have = &self.state.targets[at.target];
        let uploads = at.change.uploads();
        let missing: Vec<_> =
            uploads.into_iter().enumerate().filter(|(_, o)| !have.mirrored.contains(&o.key)).collect();
        if !missing.is_empty() && !have.bucket {
            let id = self.effect(at, Verb::EnsureBucket, 0);
            let call = || Call::EnsureBucket { site: planned.site.clone(), bucket: planned.bucket.clone() };
            return self.want(id, None, call);
        }
        for (nth, object) in &missing {
            let id = self.effect(at, Verb::MirrorObject, *nth);
            self.want(id, None, || Call::MirrorObject {
                site: planned.site.clone(),
                bucket: planned.bucket.clone(),
                owner: planned.account.clone(),
                object: object.clone(),
            })?;
        }
        if missing.is_empty() {
            let id = self.effect(at, Verb::ObserveStack, 0);
            if let Some(stack) = self.just_seen(at) {
                let outcome = Outcome::Stack { stack, ever_good: false, story: None };
                self.fact(Fact::EffectDone { effect: id, outcome });
                return Ok(());
            }
            let call = || Call::ObserveStack { site: planned.site.clone(), stack: at.change.stack.to_string() };
            return self.want(id, None, call);
        }
        Ok(())
    }

    /// The plan's own look at the stack, while it is as good as a new one: nothing of ours was done in between, and the
    /// stack is in a state that needs no story. What has become of the stack since, CloudFormation says itself: a change set
    /// that creates a stack which is there, or changes one that is gone or busy, is refused, and then the stack is looked at
    /// again. Only its tags are not guarded so; our own runs cannot write them meanwhile, since the run has the lock.
    fn just_seen(&self, at: Deploying<'_>) -> Option<Option<Box<StackSeen>>> {
        const FRESH_SECONDS: i64 = 3_600;
        let target = &self.state.targets[at.target];
        let looked = target.looked.get(&at.step).filter(|l| self.seconds_since(l.at) < FRESH_SECONDS)?;
        let quiet = target.round == 1 && at.way == Way::Forward && target.steps.iter().all(|s| s.runs == 0);
        let plain = matches!(
            standing(looked.stack.as_ref().map(|s| s.status.as_str())),
            Standing::Absent | Standing::Shell | Standing::Good
        );
        (quiet && plain).then(|| looked.stack.clone())
    }

    /// Somebody else's operation: waited for, but not for ever.
    fn wait_for_others(&mut self, at: Deploying<'_>) -> Result<(), Cause> {
        let waited = at.state.begun.map_or(0, |begun| self.seconds_since(begun));
        if waited > at.change.busy_seconds.map_or(self.limits.foreign_operation_seconds, i64::from) {
            return Err(self.busy_too_long(at, waited));
        }
        self.poll(at, None)
    }

    fn busy_too_long(&self, at: Deploying<'_>, waited: i64) -> Cause {
        let status = at.state.status.as_deref().unwrap_or("an operation");
        let who = at.state.story.as_ref().map(|s| format!(": {s}")).unwrap_or_default();
        let stack = &at.change.stack;
        let message = format!("stack `{stack}` is still in {status} by somebody else after {} min{who}", waited / 60);
        let region = &self.plan.targets[at.target].region;
        let trail = format!(
            "aws cloudtrail lookup-events --lookup-attributes AttributeKey=ResourceName,AttributeValue={stack} --region {region}"
        );
        Cause::new(CauseKind::Busy, message)
            .hint(format!("`{trail}` names the caller; try again when it is over, or set `busy_timeout_minutes`"))
    }

    fn poll(&mut self, at: Deploying<'_>, token: Option<String>) -> Result<(), Cause> {
        let planned = &self.plan.targets[at.target];
        let id = self.effect(at, Verb::PollStack, 0);
        let stack = at.state.stack_id.clone().unwrap_or_else(|| at.change.stack.to_string());
        let since = at.state.begun.unwrap_or(self.now);
        // The first look right after a request would find nothing yet.
        let due = at.state.next_poll.or_else(|| token.as_ref().map(|_| self.after(since, 2)));
        let executing = at.state.phase == Phase::Executing;
        let change_set = executing.then(|| self.name(at, &at.change.change_set));
        self.want(id, due, || Call::PollStack { site: planned.site.clone(), stack, token, change_set, since })
    }

    /// A stack that never was good, and of which no good release is known, may be deleted.
    fn clear(&mut self, at: Deploying<'_>) -> Result<(), Cause> {
        let planned = &self.plan.targets[at.target];
        let known_good = at.way == Way::Back
            || matches!(&planned.steps[at.step].work, crate::plan::Work::Deploy(d) if d.back.change().is_some());
        if known_good {
            let message =
                format!("stack `{}` is in ROLLBACK_COMPLETE, and a good release of it is known", at.change.stack);
            return Err(Cause::new(CauseKind::OddState, message).hint(
                "it was deleted and made again by somebody else; delete it yourself if nothing in it is needed",
            ));
        }
        let Some(stack_id) = at.state.stack_id.clone() else {
            return Err(Cause::new(CauseKind::OddState, "the stack has no id"));
        };
        let id = self.effect(at, Verb::DeleteStack, 0);
        let token = self.name(at, &format!("{}-delete", at.change.token));
        self.want(id, None, || Call::DeleteStack { site: planned.site.clone(), stack_id, token })
    }

    /// Our own operation, to its end.
    fn follow(&mut self, at: Deploying<'_>) -> Result<(), Cause> {
        let limit = at.change.timeout_seconds.map_or(self.limits.operation_seconds, i64::from);
        let taken = at.state.begun.map_or(0, |begun| self.seconds_since(begun));
        let ours = at.change.timeout_seconds.is_some() && at.way == Way::Forward;
        if taken > limit && ours && at.state.phase == Phase::Executing && !at.state.create {
            return self.cancel(at);
        }
        if taken > limit {
            let status = at.state.status.as_deref().unwrap_or("progress");
            let message = format!("stack `{}` is in {status} for longer than {} min", at.change.stack, limit / 60);
            self.leave(
                Cause::new(CauseKind::Deadline, message)
                    .hint("CloudFormation goes on with it; resume follows it again"),
            );
            return Ok(());
        }
        let verb = if at.state.phase == Phase::Clearing { "delete" } else { "execute" };
        let token = self.name(at, &format!("{}-{verb}", at.change.token));
        self.poll(at, Some(token))
    }

    /// An update past the step's own limit goes back to what was before it. That it cannot be cancelled any more means
    /// that it is over, or nearly.
    fn cancel(&mut self, at: Deploying<'_>) -> Result<(), Cause> {
        let token = self.name(at, &format!("{}-cancel", at.change.token));
        let executed = self.name(at, &format!("{}-execute", at.change.token));
        let stack_id = at.state.stack_id.clone().unwrap_or_else(|| at.change.stack.to_string());
        if at.state.cancelled {
            return self.poll(at, Some(token));
        }
        let id = self.effect(at, Verb::CancelUpdate, 0);
        let site = self.plan.targets[at.target].site.clone();
        match self.want(id, None, || Call::CancelUpdate { site, stack_id, token }) {
            Ok(()) => Ok(()),
            Err(_) => self.poll(at, Some(executed)),
        }
    }

    fn create(&mut self, at: Deploying<'_>) -> Result<(), Cause> {
        self.guard_stack(at.target, at.way, at.state)?;
        let id = self.effect(at, Verb::CreateChangeSet, 0);
        let flying = self.state.flights.get(&id).is_some_and(|f| !f.doubt);
        if flying {
            return Ok(());
        }
        let call = self.change_set_call(at)?;
        self.want(id, None, || Call::CreateChangeSet(Box::new(call)))
    }

    fn change_set_call(&self, at: Deploying<'_>) -> Result<ChangeSetCall, Cause> {
        let planned = &self.plan.targets[at.target];
        let resolver = Resolver::new(self.plan, self.state, at.target);
        let mut parameters: BTreeMap<String, Option<Text>> = BTreeMap::new();
        for (name, value) in &at.change.parameters {
            parameters.insert(name.clone(), Some(resolver.text(value)?));
        }
        let before = at.state.prior.as_ref().map(|s| &s.parameters);
        for name in &at.change.template.parameters {
            if !parameters.contains_key(name) && before.is_some_and(|b| b.contains_key(name)) {
                parameters.insert(name.clone(), None);
            }
        }
        let tags =
            at.change.tags.iter().map(|(k, v)| Ok((k.clone(), resolver.text(v)?))).collect::<Result<_, Cause>>()?;
        let topics = at.change.notification_arns.iter().map(|t| resolver.text(t)).collect::<Result<_, Cause>>()?;
        Ok(ChangeSetCall {
            site: planned.site.clone(),
            bucket: planned.bucket.clone(),
            change: at.change.clone(),
            create: at.state.create,
            name: self.name(at, &at.change.change_set),
            token: self.name(at, &format!("{}-create", at.change.token)),
            parameters,
            tags,
            notification_arns: topics,
            rollback_alarms: self.alarms_for_cloudformation(at),
            description: format!("Landfall run {}, release {}", self.plan.run, at.change.release),
        })
    }

    /// CloudFormation refuses alarms that are not there; on the way back a firing alarm must not stop us.
    fn alarms_for_cloudformation(&self, at: Deploying<'_>) -> Vec<String> {
        if at.way == Way::Back {
            return Vec::new();
        }
        let seen = self.state.targets[at.target].alarms.as_ref();
        let there = |name: &&String| seen.is_none_or(|r| r.alarms.iter().any(|a| a.name == **name));
        at.change.rollback_alarms.iter().filter(there).take(5).cloned().collect()
    }

    fn await_change_set(&mut self, at: Deploying<'_>) -> Result<(), Cause> {
        let planned = &self.plan.targets[at.target];
        let id = self.effect(at, Verb::PollChangeSet, 0);
        let (stack, name) = (at.change.stack.to_string(), self.name(at, &at.change.change_set));
        self.want(id, at.state.next_poll, || Call::PollChangeSet { site: planned.site.clone(), stack, name })
    }

    fn execute(&mut self, at: Deploying<'_>) -> Result<(), Cause> {
        match self.changes_allowed(at.target, at.step, at.way, at.change, at.state) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(cause) => return self.refuse(at, cause),
        }
        let planned = &self.plan.targets[at.target];
        let id = self.effect(at, Verb::ExecuteChangeSet, 0);
        let call = Call::ExecuteChangeSet {
            site: planned.site.clone(),
            stack: at.change.stack.to_string(),
            name: self.name(at, &at.change.change_set),
            token: self.name(at, &format!("{}-execute", at.change.token)),
            disable_rollback: at.change.disable_rollback && at.way == Way::Forward,
        };
        self.want(id, None, || call)
    }

    /// What is refused must not lie about in AWS, where anybody could execute it. A new change set is made when the step is
    /// tried again, since the stack or the template will be others by then.
    fn refuse(&mut self, at: Deploying<'_>, cause: Cause) -> Result<(), Cause> {
        if at.state.discarded {
            return Err(cause);
        }
        self.discard(at).map_err(|_| cause)
    }

    fn discard(&mut self, at: Deploying<'_>) -> Result<(), Cause> {
        let planned = &self.plan.targets[at.target];
        let id = self.effect(at, Verb::DeleteChangeSet, 0);
        let (stack, name) = (at.change.stack.to_string(), self.name(at, &at.change.change_set));
        self.want(id, None, || Call::DeleteChangeSet { site: planned.site.clone(), stack, name })
    }

    fn deployed(&mut self, at: Deploying<'_>) -> Result<(), Cause> {
        if at.way == Way::Back {
            return Ok(());
        }
        if at.change.fail_on_empty && !at.state.changed {
            return Err(Cause::new(
                CauseKind::Deployment,
                "the change set holds no changes, and the step says that it must",
            ));
        }
        if !self.protected(at)? {
            return Ok(());
        }
        let (target, step) = (at.target, at.step);
        self.fact(Fact::StepPassed { target, step });
        Ok(())
    }

    /// Termination protection is no part of a change set: it has a call of its own.
    fn protected(&mut self, at: Deploying<'_>) -> Result<bool, Cause> {
        let Some(on) = at.change.termination_protection.filter(|_| !at.state.protected) else { return Ok(true) };
        let Some(stack) = at.state.stack.as_ref().filter(|s| s.termination_protection != on) else { return Ok(true) };
        let id = self.effect(at, Verb::ProtectStack, 0);
        let site = self.plan.targets[at.target].site.clone();
        self.want(id, None, || Call::ProtectStack { site, stack_id: stack.id.clone(), on })?;
        Ok(false)
    }

    /// The record of what is good in a target: with the parameters as the stacks have them now.
    pub(super) fn good_target(&self, target: usize, way: Way) -> GoodTarget {
        let planned = &self.plan.targets[target];
        let mut release = self.plan.release;
        let stacks = planned.steps.iter().enumerate().filter_map(|(index, step)| {
            let state = self.state.deploy(target, index, Way::Forward)?;
            let mut change = step.change(Way::Forward)?.clone();
            if way == Way::Back && state.changed {
                change = step.change(Way::Back)?.clone();
                release = change.release;
            } else if let Some(stack) = &state.stack {
                settle_parameters(&mut change, &stack.parameters);
            }
            Some(ReleasedStack { step: step.id.clone(), change })
        });
        let stacks = stacks.collect();
        GoodTarget {
            version: RELEASE_VERSION,
            target: planned.id.clone(),
            account: planned.account.clone(),
            region: planned.region.clone(),
            release,
            run: self.plan.run.clone(),
            at: self.now,
            stacks,
        }
    }
}

/// Fills in what the stack was made with. `****` hides a `NoEcho` value: the reference stays, or the previous value is kept.
fn settle_parameters(change: &mut StackChange, seen: &BTreeMap<String, String>) {
    for (name, value) in seen {
        let secret = change.parameters.get(name).is_some_and(|p| matches!(p, Text::Secret(_)));
        if value != "****" && !secret {
            change.parameters.insert(name.clone(), Text::Plain(value.clone()));
        }
    }
}
