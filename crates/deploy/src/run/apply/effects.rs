//! Effects: started, done, failed; and what a deployment makes of an outcome.

use super::Legal;
use crate::plan::Plan;
use crate::run::stack::{self, Standing, standing};
use crate::run::state::{Budget, Flight, Tries};
use crate::run::{Cause, CauseKind, DeployState, EffectId, Outcome, Phase, Reading, State, Verb, Way};
use crate::seen::{Failure, FailureKind};
use jiff::{SignedDuration, Timestamp};

/// The key of a budget.
pub(in crate::run) fn budget_key(plan: &Plan, effect: EffectId) -> String {
    let service = effect.verb.service();
    match effect.target.and_then(|t| plan.targets.get(t)) {
        Some(target) => format!("{service}/{}/{}", target.account, target.region),
        None => service.to_owned(),
    }
}

pub(super) fn started(plan: &Plan, state: &mut State, effect: EffectId, attempt: u32, at: Timestamp) -> Legal {
    if state.flights.get(&effect).is_some_and(|flight| !flight.doubt) {
        return Err("it is under way already".into());
    }
    state.flights.insert(effect, Flight { attempt, doubt: false });
    state.performing += 1;
    if let Some(budget) = state.budgets.get_mut(&budget_key(plan, effect)) {
        budget.next = Some(later(at, budget.interval_ms));
    }
    Ok(())
}

fn later(at: Timestamp, milliseconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_millis(milliseconds)).unwrap_or(at)
}

fn landed(state: &mut State, effect: EffectId) -> Legal {
    match state.flights.remove(&effect) {
        Some(_) => state.performing = state.performing.saturating_sub(1),
        // Looks are not journaled when they start, only when they settle something.
        None if !effect.verb.is_mutation() => {}
        None => return Err("it was not started".into()),
    }
    Ok(())
}

pub(super) fn failed(plan: &Plan, state: &mut State, effect: EffectId, failure: &Failure, at: Timestamp) -> Legal {
    landed(state, effect)?;
    let old = state.tries.remove(&effect);
    let count = old.as_ref().map_or(0, |t| t.count) + 1;
    let of = |kind: FailureKind| u32::from(failure.kind == kind);
    let silent = failure.kind == FailureKind::Unavailable;
    let tries = Tries {
        count,
        denied: old.as_ref().map_or(0, |t| t.denied) + of(FailureKind::Denied),
        conflicts: old.as_ref().map_or(0, |t| t.conflicts) + of(FailureKind::Conflict),
        silent_since: silent.then(|| old.as_ref().and_then(|t| t.silent_since).unwrap_or(at)),
        next: later(at, backoff_ms(effect, failure.kind, count)),
        last: failure.clone(),
    };
    state.tries.insert(effect, tries);
    if failure.kind == FailureKind::Throttled {
        let budget = state.budgets.entry(budget_key(plan, effect)).or_default();
        budget.interval_ms = (budget.interval_ms * 2).clamp(500, 20_000);
        budget.throttled += 1;
        budget.next = Some(later(at, budget.interval_ms));
    }
    // The stack may have been taken by somebody else between our look and our request: look again, once.
    if effect.verb == Verb::CreateChangeSet
        && failure.kind == FailureKind::Conflict
        && let Some(deploy) = deploy_mut(state, effect)
    {
        deploy.phase = Phase::Prepare;
    }
    Ok(())
}

/// Doubles from a second to a cap, plus up to a quarter that depends on the effect, so that a thousand targets that
/// were refused together do not come back together.
fn backoff_ms(effect: EffectId, kind: FailureKind, count: u32) -> i64 {
    let (first, cap) = match kind {
        FailureKind::Throttled => (1_000, 60_000),
        FailureKind::Unavailable => (1_000, 30_000),
        FailureKind::Denied => (2_000, 16_000),
        FailureKind::NotFound | FailureKind::Conflict => (3_000, 30_000),
    };
    let base = (first << count.saturating_sub(1).min(10)).min(cap);
    let seed = effect.target.unwrap_or(0) * 31 + effect.step.unwrap_or(0) * 7 + effect.nth + count as usize * 13;
    base + base / 4 * (seed % 8) as i64 / 8
}

pub(super) fn done(plan: &Plan, state: &mut State, effect: EffectId, outcome: &Outcome, at: Timestamp) -> Legal {
    landed(state, effect)?;
    state.tries.remove(&effect);
    if let Some(budget) = state.budgets.get_mut(&budget_key(plan, effect)) {
        recover(budget);
    }
    match (effect.verb, outcome) {
        (Verb::PublishManifest, Outcome::Done) => state.published = true,
        (Verb::RenewLock, Outcome::LockHeld { until }) => state.lease_until = Some(*until),
        (Verb::RenewLock, Outcome::LockLost { holder }) => state.lock_lost = Some(holder.clone()),
        (Verb::CheckCaller | Verb::ReadAlarms | Verb::EnsureBucket | Verb::MirrorObject | Verb::PointLastGood, _) => {
            return target_done(plan, state, effect, outcome, at);
        }
        (Verb::RunCommand, Outcome::Command(end)) => {
            let step = effect.target.and_then(|t| state.targets.get_mut(t)?.steps.get_mut(effect.step?));
            let Some(step) = step else { return Err("there is no such step".into()) };
            step.command = Some(end.clone());
            step.runs += 1;
        }
        _ => {
            if let (Verb::ObserveStack, Some(target), Some(step)) = (effect.verb, effect.target, effect.step) {
                state.targets.get_mut(target).and_then(|t| t.looked.remove(&step));
            }
            let Some(deploy) = deploy_mut(state, effect) else { return Err("there is no such deployment".into()) };
            return deployed(deploy, effect.verb, outcome, at);
        }
    }
    Ok(())
}

fn recover(budget: &mut Budget) {
    budget.interval_ms = budget.interval_ms * 9 / 10;
    if budget.interval_ms < 50 {
        *budget = Budget { throttled: budget.throttled, ..Budget::default() };
    }
}

fn target_done(plan: &Plan, state: &mut State, effect: EffectId, outcome: &Outcome, at: Timestamp) -> Legal {
    let Some(index) = effect.target else { return Err("it names no target".into()) };
    let Some(target) = state.targets.get_mut(index) else { return Err(format!("there is no target {index}")) };
    match (effect.verb, outcome) {
        (Verb::CheckCaller, Outcome::Caller(caller)) => target.caller = Some(caller.clone()),
        (Verb::ReadAlarms, Outcome::Alarms { alarms }) => {
            target.alarms = Some(Reading { at, alarms: alarms.clone() });
        }
        (Verb::EnsureBucket, Outcome::Done | Outcome::Present) => target.bucket = true,
        (Verb::MirrorObject, Outcome::Done | Outcome::Present) => {
            let step = effect.step.and_then(|s| plan.targets.get(index)?.steps.get(s));
            let change = step.and_then(|s| s.change(effect.way));
            let Some(object) = change.and_then(|c| c.uploads().into_iter().nth(effect.nth)) else {
                return Err("there is no such object".into());
            };
            target.mirrored.insert(object.key);
        }
        (Verb::PointLastGood, Outcome::Done | Outcome::Present) => target.pointed = Some(effect.way),
        (verb, _) => return Err(format!("`{}` cannot give that", verb.words())),
    }
    Ok(())
}

fn deploy_mut(state: &mut State, effect: EffectId) -> Option<&mut DeployState> {
    let step = state.targets.get_mut(effect.target?)?.steps.get_mut(effect.step?)?;
    Some(match effect.way {
        Way::Forward => &mut step.forward,
        Way::Back => &mut step.back,
    })
}

/// Why a change set that was good once is refused.
fn stale(reason: &str) -> Cause {
    Cause::new(CauseKind::Guard, format!("the change set cannot be executed any more: {reason}"))
        .hint("the stack changed after the change set was made; plan again")
}

/// The life of a deployment: in which phase which outcome leads where.
fn deployed(deploy: &mut DeployState, verb: Verb, outcome: &Outcome, at: Timestamp) -> Legal {
    let enter = |deploy: &mut DeployState, phase: Phase| {
        deploy.phase = phase;
        deploy.polls = 0;
        deploy.next_poll = None;
    };
    match (deploy.phase, verb, outcome) {
        (_, Verb::PollChangeSet | Verb::PollStack, Outcome::ChangeSetPending | Outcome::StackBusy { .. }) => {
            waits(deploy, outcome, at);
        }
        (Phase::Prepare, Verb::ObserveStack, Outcome::Stack { stack, ever_good, story }) => {
            observed(deploy, stack.as_deref(), *ever_good, story.as_deref(), at);
        }
        (Phase::Wait, Verb::PollStack, Outcome::StackSettled { .. }) => enter(deploy, Phase::Prepare),
        (Phase::Clear, Verb::DeleteStack, Outcome::Done) => {
            enter(deploy, Phase::Clearing);
            deploy.begun = Some(at);
        }
        (Phase::Clearing, Verb::PollStack, Outcome::StackSettled { stack, failed, .. }) => {
            cleared(deploy, stack.as_deref().map(|s| s.status.as_str()), failed.clone());
        }
        (Phase::Create, Verb::CreateChangeSet, Outcome::ChangeSetCreated { stack_id }) => {
            enter(deploy, Phase::Creating);
            // Looking at once would find nothing yet.
            deploy.next_poll = Some(later(at, 2_000));
            deploy.stack_id = Some(stack_id.clone());
        }
        (Phase::Creating, Verb::PollChangeSet, Outcome::ChangeSetReady { changes, executed }) => {
            deploy.changes = changes.clone();
            enter(deploy, if *executed { Phase::Executing } else { Phase::Execute });
            deploy.begun = Some(at);
        }
        (Phase::Creating, Verb::PollChangeSet, Outcome::ChangeSetEmpty) => enter(deploy, Phase::Discard),
        (Phase::Creating, Verb::PollChangeSet, Outcome::ChangeSetFailed { reason }) => {
            deploy.cause = Some(Cause::new(CauseKind::Deployment, format!("the change set failed: {reason}")));
            enter(deploy, Phase::Discard);
        }
        (Phase::Discard, Verb::DeleteChangeSet, Outcome::Done) => {
            deploy.stack = deploy.prior.clone();
            enter(deploy, if deploy.cause.is_some() { Phase::Failed } else { Phase::Done });
        }
        (Phase::Execute, Verb::DeleteChangeSet, Outcome::Done)
        | (Phase::Executing, Verb::CancelUpdate, Outcome::Done)
        | (Phase::Done, Verb::ProtectStack, Outcome::Done) => beside(deploy, verb),
        (Phase::Execute, Verb::ExecuteChangeSet, Outcome::Done | Outcome::Present) => {
            enter(deploy, Phase::Executing);
            deploy.begun = Some(at);
        }
        (Phase::Execute, Verb::ExecuteChangeSet, Outcome::ChangeSetFailed { reason }) => {
            deploy.cause = Some(stale(reason));
            enter(deploy, Phase::Discard);
        }
        (Phase::Executing, Verb::PollStack, Outcome::StackSettled { stack, failed, .. }) => {
            executed(deploy, stack.as_deref(), failed.as_ref());
        }
        (phase, verb, _) => return Err(format!("`{}` does not give that in {phase:?}", verb.words()).to_lowercase()),
    }
    Ok(())
}

/// What is done beside the way of a deployment, and leads to no other phase.
fn beside(deploy: &mut DeployState, verb: Verb) {
    match verb {
        Verb::DeleteChangeSet => deploy.discarded = true,
        Verb::ProtectStack => deploy.protected = true,
        Verb::CancelUpdate => {
            deploy.cancelled = true;
            deploy.next_poll = None;
        }
        _ => {}
    }
}

/// The operation is over: the stack's status says whether it did what was asked.
fn executed(
    deploy: &mut DeployState,
    stack: Option<&crate::seen::StackSeen>,
    failed: Option<&crate::run::FailedResource>,
) {
    let status = stack.map_or("DELETE_COMPLETE", |s| s.status.as_str()).to_owned();
    deploy.changed = stack::succeeded(&status);
    if !deploy.changed {
        let why = if deploy.cancelled { ": it took longer than the step allows, and was cancelled" } else { "" };
        let message = match stack {
            Some(_) => format!("the stack is in {status}{why}"),
            None => format!("the stack is gone{why}; somebody deleted it, or its creation was taken back"),
        };
        let cause = Cause::new(CauseKind::Deployment, message);
        deploy.cause = Some(cause.resource(failed.cloned()));
    }
    deploy.stack = stack.cloned().map(Box::new);
    deploy.status = Some(status);
    deploy.phase = if deploy.changed { Phase::Done } else { Phase::Failed };
    deploy.polls = 0;
    deploy.next_poll = None;
}

/// Looks grow apart from two seconds to fifteen.
fn waits(deploy: &mut DeployState, outcome: &Outcome, at: Timestamp) {
    deploy.polls += 1;
    let seconds = i64::from(deploy.polls).clamp(2, 15);
    deploy.next_poll = Some(later(at, seconds * 1_000));
    if let Outcome::StackBusy { status, .. } = outcome {
        deploy.status = Some(status.clone());
    }
}

fn observed(
    deploy: &mut DeployState,
    stack: Option<&crate::seen::StackSeen>,
    ever_good: bool,
    story: Option<&str>,
    at: Timestamp,
) {
    let status = stack.map(|s| s.status.as_str());
    deploy.status = status.map(str::to_owned);
    deploy.stack_id = stack.map(|s| s.id.clone());
    deploy.prior = stack.cloned().map(Box::new);
    deploy.polls = 0;
    deploy.next_poll = None;
    deploy.create = false;
    deploy.story = story.map(str::to_owned);
    let story = story.map(|s| format!(": {s}")).unwrap_or_default();
    let odd = |why: &str| {
        Cause::new(CauseKind::OddState, format!("the stack is in {}{why}{story}", status.unwrap_or("no state")))
    };
    match standing(status) {
        Standing::Absent | Standing::Shell => {
            deploy.create = true;
            deploy.prior = None;
            deploy.phase = Phase::Create;
        }
        Standing::Good => deploy.phase = Phase::Create,
        Standing::Busy => {
            deploy.begun.get_or_insert(at);
            deploy.phase = Phase::Wait;
        }
        Standing::Dead if !ever_good && stack.is_some_and(|s| !s.termination_protection) => deploy.phase = Phase::Clear,
        Standing::Dead => {
            deploy.cause = Some(odd(" and was in a good state once, so it is not deleted"));
            deploy.phase = Phase::Failed;
        }
        Standing::Odd => {
            deploy.cause = Some(odd(""));
            deploy.phase = Phase::Failed;
        }
    }
}

fn cleared(deploy: &mut DeployState, status: Option<&str>, failed: Option<crate::run::FailedResource>) {
    deploy.polls = 0;
    deploy.next_poll = None;
    deploy.status = status.map(str::to_owned);
    if standing(status) == Standing::Absent {
        deploy.create = true;
        deploy.prior = None;
        deploy.stack_id = None;
        deploy.begun = None;
        deploy.phase = Phase::Create;
    } else {
        let message = format!("the failed stack could not be deleted and is in {}", status.unwrap_or("no state"));
        deploy.cause = Some(Cause::new(CauseKind::OddState, message).resource(failed));
        deploy.phase = Phase::Failed;
    }
}
