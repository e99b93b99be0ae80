//! Runs, stages, targets, steps, people.

use super::Legal;
use crate::plan::Plan;
use crate::run::{
    ApprovalState, Bake, Cause, Ending, EndingKind, Fact, Phase, StageState, StageStatus, State, StepState, StepStatus,
    TargetState, TargetStatus,
};
use jiff::Timestamp;

pub(super) fn run_started(state: &mut State, at: Timestamp) -> Legal {
    if state.started_at.is_some() {
        return Err("the run has started already".into());
    }
    state.started_at = Some(at);
    Ok(())
}

/// What was under way is in doubt. What only this process's predecessor knew is forgotten.
pub(super) fn resumed(plan: &Plan, state: &mut State) -> Legal {
    if state.started_at.is_none() {
        return Err("the run has not started".into());
    }
    if let Some(ended) = &state.ended
        && !ended.kind.is_resumable()
    {
        return Err("the run is over".into());
    }
    let blocked = state.ended.take().is_some_and(|e| e.kind == EndingKind::Blocked);
    state.stopping = None;
    state.lock_lost = None;
    state.lease_until = None;
    state.tries.clear();
    state.budgets.clear();
    state.performing = 0;
    state.flights.retain(|id, _| id.verb.is_mutation());
    state.flights.values_mut().for_each(|flight| flight.doubt = true);
    for target in &mut state.targets {
        target.caller = None;
        target.alarms = None;
        target.steps.iter_mut().for_each(forget_looks);
    }
    if blocked {
        reopen_blocked(plan, state);
    }
    Ok(())
}

fn forget_looks(step: &mut StepState) {
    for deploy in [&mut step.forward, &mut step.back] {
        deploy.next_poll = None;
        deploy.polls = 0;
    }
    if let Some(bake) = &mut step.bake {
        bake.extensions = 0;
    }
}

/// A stage that was held up by its gates gets another chance; what failed stays failed.
fn reopen_blocked(plan: &Plan, state: &mut State) {
    let Some(index) = state.stages.iter().position(|s| s.status == StageStatus::Failed) else { return };
    let stage = &mut state.stages[index];
    stage.status = if stage.started_at.is_some() { StageStatus::Running } else { StageStatus::Pending };
    stage.cause = None;
    stage.ended_at = None;
    let waves = stage.waves;
    reopen_cancelled(plan, state, index);
    let queue = plan.stages[index].waves.iter().take(waves).flatten().copied();
    let queue = queue.filter(|t| state.targets[*t].status == TargetStatus::Pending).collect();
    state.stages[index].queue = queue;
}

fn reopen_cancelled(plan: &Plan, state: &mut State, from: usize) {
    for (target, planned) in state.targets.iter_mut().zip(&plan.targets) {
        if planned.stage >= from && target.status == TargetStatus::Cancelled {
            target.status = TargetStatus::Pending;
            target.cause = None;
            target.ended_at = None;
        }
    }
}

/// Failed targets start again, under new names; a person's second try is not the machine's.
pub(super) fn retried(plan: &Plan, state: &mut State, targets: &[usize]) -> Legal {
    if state.ended.is_none() {
        return Err("the run is not over".into());
    }
    let Some(index) = targets.iter().filter_map(|t| plan.targets.get(*t)).map(|t| t.stage).min() else {
        return Err("no target to try again".into());
    };
    for target in targets {
        let Some(old) = state.targets.get_mut(*target) else { return Err(format!("there is no target {target}")) };
        if !old.status.is_over() || old.status == TargetStatus::Passed {
            return Err(format!("target {target} has not failed"));
        }
        let round = old.round + 1;
        let (bucket, mirrored) = (old.bucket, std::mem::take(&mut old.mirrored));
        let steps = vec![StepState::default(); old.steps.len()];
        *old = TargetState { round, bucket, mirrored, steps, ..Default::default() };
    }
    state.ended = None;
    state.stopping = None;
    reopen_cancelled(plan, state, index);
    state.flights.retain(|id, _| id.target.is_none_or(|t| !targets.contains(&t)));
    state.approvals.retain(|(stage, _), approval| *stage < index || approval.rejected.is_none());
    for (n, stage) in state.stages.iter_mut().enumerate().skip(index) {
        if n > index && stage.status == StageStatus::Pending {
            continue;
        }
        let pending = |t: &usize| state.targets[*t].status == TargetStatus::Pending;
        let queue = plan.stages[n].waves.iter().take(stage.waves).flatten().copied().filter(pending).collect();
        let status = if stage.started_at.is_some() { StageStatus::Running } else { StageStatus::Pending };
        let failed = plan.stages[n].waves.iter().flatten().filter(|t| is_bad(state.targets[**t].status)).count();
        *stage = StageState {
            status,
            waves: stage.waves,
            queue,
            failed,
            started_at: stage.started_at,
            ..Default::default()
        };
    }
    Ok(())
}

fn is_bad(status: TargetStatus) -> bool {
    matches!(status, TargetStatus::Failed | TargetStatus::Stuck | TargetStatus::RolledBack)
}

pub(super) fn stop(state: &mut State, by: &str) -> Legal {
    state.stopping.get_or_insert_with(|| by.to_owned());
    Ok(())
}

pub(super) fn ended(state: &mut State, ending: &Ending) -> Legal {
    if state.ended.is_some() {
        return Err("the run is over already".into());
    }
    state.ended = Some(ending.clone());
    Ok(())
}

pub(super) fn asked(
    state: &mut State,
    stage: usize,
    step: Option<&String>,
    at: Timestamp,
    expires: Option<Timestamp>,
) -> Legal {
    let fresh = ApprovalState { asked_at: at, expires, approved_by: Default::default(), rejected: None };
    state.approvals.insert((stage, step.cloned()), fresh);
    Ok(())
}

pub(super) fn approved(state: &mut State, stage: usize, step: Option<&String>, by: &str, at: Timestamp) -> Legal {
    let Some(approval) = state.approvals.get_mut(&(stage, step.cloned())) else {
        return Err("nobody was asked".into());
    };
    if approval.rejected.is_some() {
        return Err("it was rejected".into());
    }
    if approval.expires.is_some_and(|end| end < at) {
        return Err("the question has lapsed".into());
    }
    approval.approved_by.insert(by.to_owned());
    Ok(())
}

pub(super) fn rejected(
    state: &mut State,
    stage: usize,
    step: Option<&String>,
    by: &str,
    reason: Option<&String>,
    at: Timestamp,
) -> Legal {
    let Some(approval) = state.approvals.get_mut(&(stage, step.cloned())) else {
        return Err("nobody was asked".into());
    };
    if approval.expires.is_some_and(|end| end < at) {
        return Err("the question has lapsed".into());
    }
    approval.rejected = Some((by.to_owned(), reason.cloned()));
    Ok(())
}

fn stage_mut(state: &mut State, stage: usize) -> Result<&mut StageState, String> {
    state.stages.get_mut(stage).ok_or_else(|| format!("there is no stage {stage}"))
}

pub(super) fn window(state: &mut State, stage: usize, until: Option<Timestamp>, because: &str) -> Legal {
    stage_mut(state, stage)?.waiting = Some((until, because.to_owned()));
    Ok(())
}

/// A stage starts only when all stages before it have passed.
pub(super) fn stage_started(state: &mut State, stage: usize, at: Timestamp) -> Legal {
    if state.stages.iter().take(stage).any(|s| s.status != StageStatus::Passed) {
        return Err("a stage before it has not passed".into());
    }
    let stage = stage_mut(state, stage)?;
    if stage.status != StageStatus::Pending {
        return Err("the stage has started already".into());
    }
    stage.status = StageStatus::Running;
    stage.waiting = None;
    stage.started_at = Some(at);
    Ok(())
}

pub(super) fn wave_started(plan: &Plan, state: &mut State, index: usize, wave: usize) -> Legal {
    let targets = plan.stages.get(index).and_then(|s| s.waves.get(wave)).ok_or("there is no such wave")?;
    let pending = targets.iter().copied().filter(|t| state.targets[*t].status == TargetStatus::Pending).collect();
    let stage = stage_mut(state, index)?;
    if stage.status != StageStatus::Running
        || stage.waves != wave
        || !stage.queue.is_empty()
        || !stage.active.is_empty()
    {
        return Err("the wave before it is not over".into());
    }
    stage.waves += 1;
    stage.queue = pending;
    Ok(())
}

pub(super) fn stage_halted(state: &mut State, stage: usize, cause: &Cause) -> Legal {
    let stage = stage_mut(state, stage)?;
    if matches!(stage.status, StageStatus::Passed | StageStatus::Failed) {
        return Err("the stage is over".into());
    }
    stage.cause.get_or_insert_with(|| cause.clone());
    stage.queue.clear();
    Ok(())
}

/// Every target that runs, or that was changed, is to be brought to rest.
pub(super) fn stage_rolling_back(plan: &Plan, state: &mut State, index: usize, cause: &Cause) -> Legal {
    let members = &plan.stages.get(index).ok_or("there is no such stage")?.waves;
    let to_rest: Vec<usize> = members
        .iter()
        .flatten()
        .copied()
        .filter(|t| match state.targets[*t].status {
            TargetStatus::Running | TargetStatus::RollingBack => true,
            TargetStatus::Passed => state.has_moved(plan, *t),
            _ => false,
        })
        .collect();
    let stage = stage_mut(state, index)?;
    if stage.status != StageStatus::Running {
        return Err("the stage is not running".into());
    }
    stage.status = StageStatus::RollingBack;
    stage.cause.get_or_insert_with(|| cause.clone());
    stage.queue.clear();
    stage.active = to_rest.into_iter().collect();
    Ok(())
}

pub(super) fn stage_passed(state: &mut State, stage: usize, at: Timestamp) -> Legal {
    let stage = stage_mut(state, stage)?;
    if stage.status != StageStatus::Running || !stage.active.is_empty() || !stage.queue.is_empty() {
        return Err("the stage has work left".into());
    }
    stage.status = StageStatus::Passed;
    stage.ended_at = Some(at);
    Ok(())
}

pub(super) fn stage_failed(plan: &Plan, state: &mut State, index: usize, at: Timestamp) -> Legal {
    let stage = stage_mut(state, index)?;
    if !stage.active.is_empty() {
        return Err("the stage has work left".into());
    }
    stage.status = StageStatus::Failed;
    stage.queue.clear();
    stage.ended_at = Some(at);
    for (target, planned) in state.targets.iter_mut().zip(&plan.targets) {
        if planned.stage >= index && target.status == TargetStatus::Pending {
            target.status = TargetStatus::Cancelled;
        }
    }
    Ok(())
}

pub(super) fn target(plan: &Plan, state: &mut State, fact: &Fact, at: Timestamp) -> Legal {
    use TargetStatus as T;
    let (index, to, cause) = match fact {
        Fact::TargetStarted { target } => (*target, T::Running, None),
        Fact::TargetSkipped { target, reason } => (*target, T::Skipped, Some(note(reason))),
        Fact::TargetPassed { target } => (*target, T::Passed, None),
        Fact::TargetFailed { target, cause, needs_human: true } => (*target, T::Stuck, Some(cause.clone())),
        Fact::TargetFailed { target, cause, needs_human: false } => (*target, T::Failed, Some(cause.clone())),
        Fact::RollbackStarted { target, cause } => (*target, T::RollingBack, Some(cause.clone())),
        Fact::TargetRolledBack { target } => (*target, T::RolledBack, None),
        Fact::TargetStuck { target, cause } => (*target, T::Stuck, Some(cause.clone())),
        Fact::TargetCancelled { target, reason } => (*target, T::Cancelled, Some(note(reason))),
        _ => return Err("it is not about a target".into()),
    };
    let Some(target) = state.targets.get_mut(index) else { return Err(format!("there is no target {index}")) };
    let legal = matches!(
        (target.status, to),
        (T::Pending, T::Running | T::Skipped | T::Cancelled)
            | (T::Running, T::Passed | T::Failed | T::Stuck | T::RollingBack | T::Cancelled)
            | (T::Passed, T::RollingBack | T::Stuck)
            | (T::RollingBack, T::RolledBack | T::Stuck)
    );
    if !legal {
        return Err(format!("the target is {:?}", target.status).to_lowercase());
    }
    target.status = to;
    if cause.is_some() {
        target.cause = cause;
    }
    if to == T::Running {
        target.started_at = Some(at);
    }
    if to == T::RollingBack {
        let moved = target.steps.iter_mut().filter(|s| s.forward.changed);
        moved.for_each(|s| s.back.phase = Phase::Prepare);
    }
    target.ended_at = to.is_over().then_some(at);
    let Some(stage) = plan.targets.get(index).and_then(|t| state.stages.get_mut(t.stage)) else {
        return Err("the target has no stage".into());
    };
    if stage.queue.front() == Some(&index) {
        stage.queue.pop_front();
    } else {
        stage.queue.retain(|t| *t != index);
    }
    if to.is_over() {
        stage.active.remove(&index);
        stage.failed += usize::from(is_bad(to));
    } else {
        stage.active.insert(index);
    }
    Ok(())
}

fn note(reason: &str) -> Cause {
    Cause::new(crate::run::CauseKind::Stopped, reason)
}

pub(super) fn step(plan: &Plan, state: &mut State, fact: &Fact, at: Timestamp) -> Legal {
    use StepStatus as S;
    let (Fact::StepStarted { target, step }
    | Fact::StepPassed { target, step }
    | Fact::StepFailed { target, step, .. }
    | Fact::BakeSet { target, step, .. }) = fact
    else {
        return Err("it is not about a step".into());
    };
    let after = plan.targets.get(*target).and_then(|t| t.steps.get(*step)).map_or(&[][..], |s| &s.after);
    let Some(owner) = state.targets.get_mut(*target) else { return Err(format!("there is no target {target}")) };
    if owner.status != TargetStatus::Running {
        return Err("the target is not running".into());
    }
    if after.iter().any(|s| owner.steps.get(*s).is_none_or(|s| s.status != S::Passed)) {
        return Err("a step before it has not passed".into());
    }
    let Some(step) = owner.steps.get_mut(*step) else { return Err(format!("there is no step {step}")) };
    match (step.status, fact) {
        (S::Waiting, Fact::StepStarted { .. }) => {
            step.status = S::Running;
            step.started_at = Some(at);
            step.forward.phase = Phase::Prepare;
        }
        (S::Running, Fact::StepPassed { .. }) => {
            step.status = S::Passed;
            step.ended_at = Some(at);
        }
        (S::Running, Fact::StepFailed { cause, .. }) => {
            step.status = S::Failed;
            step.cause = Some(cause.clone());
            step.ended_at = Some(at);
        }
        (S::Running, Fact::BakeSet { until, extended, .. }) => {
            let extensions = step.bake.map_or(0, |b| b.extensions) + u32::from(extended.is_some());
            let since = if extended.is_some() { step.bake.map_or(at, |b| b.since) } else { at };
            step.bake = Some(Bake { since, until: *until, extensions });
        }
        (status, _) => return Err(format!("the step is {status:?}").to_lowercase()),
    }
    Ok(())
}
