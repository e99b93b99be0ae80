//! Beginning a run, taking one up again, and a person's word on one that waits.

use crate::drive::{DriveError, Subscriber};
use crate::ports::{Condition, FailureKind, Ports};
use crate::store::{
    Claim, Holder, Journal, Run, Runs, StoreError, failed, holder, plan_key, put_blob, release_lock, take_lock,
};
use base::RunId;
use deploy::plan::{Inventory, Plan};
use deploy::run::{Event, Fact, Limits, Looked, Reading, State, TargetStatus, Way, apply};
use jiff::Timestamp;
use std::sync::Arc;

/// A run that this process holds the lock of.
pub struct Session {
    /// Its plan.
    pub plan: Arc<Plan>,
    /// What is so.
    pub state: State,
    pub(crate) journal: Journal,
    pub(crate) holder: Holder,
}

/// A person's word.
#[derive(Debug, Clone)]
pub struct Approval<'a> {
    /// The stage's name.
    pub stage: &'a str,
    /// The step's id; nothing for the stage itself.
    pub step: Option<&'a str>,
    /// Who.
    pub by: &'a str,
    /// Why.
    pub reason: Option<&'a str>,
}

impl Session {
    /// Append, then apply: what is not written is not so. `tell` hears of each event once it is applied.
    pub(crate) async fn record(&mut self, events: &[Event], tell: &mut Subscriber<'_>) -> Result<(), DriveError> {
        let durable: Vec<Event> = events.iter().filter(|e| e.fact.is_durable()).cloned().collect();
        if !durable.is_empty() {
            self.journal.append(&durable).await?;
        }
        for event in events {
            apply(&self.plan, &mut self.state, event)?;
            tell(event, &self.state);
        }
        Ok(())
    }

    /// Takes over what the same process has just seen for the plan: who answers where, stacks and alarms with the time of the
    /// look. Like every look it is not journaled; a process that resumes the run asks again.
    pub fn seed(&mut self, inventory: &Inventory, at: Timestamp) {
        let plan = self.plan.clone();
        for (planned, state) in plan.targets.iter().zip(&mut self.state.targets) {
            let Some(seen) = inventory.targets.get(&planned.id) else { continue };
            // A role cannot change its account; the caller's own credentials are asked again when the stage starts.
            state.caller = seen.caller.as_ref().ok().filter(|_| planned.site.role.is_some()).cloned();
            let watched = plan.stages.get(planned.stage).is_some_and(|s| !s.alarms.is_empty());
            if let Some(alarms) = seen.alarms.as_ref().ok().filter(|_| watched) {
                state.alarms = Some(Reading { at, alarms: alarms.clone() });
            }
            for (index, step) in planned.steps.iter().enumerate() {
                let stack = step.change(Way::Forward).and_then(|c| seen.stacks.get(&c.stack));
                if let Some(Ok(stack)) = stack {
                    let stack = stack.clone().map(Box::new);
                    state.looked.insert(index, Looked { at, stack });
                }
            }
        }
    }

    async fn note(&mut self, at: Timestamp, facts: impl IntoIterator<Item = Fact>) -> Result<(), DriveError> {
        let events: Vec<Event> = facts.into_iter().map(|fact| Event { at, fact }).collect();
        self.record(&events, &mut |_, _| {}).await
    }

    /// How many records the journal has.
    pub fn records(&self) -> u64 {
        self.journal.len()
    }

    /// Gives the lock back without driving the run.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn close(self, ports: &Ports) -> Result<(), StoreError> {
        release_lock(&*ports.store, &self.plan.pipeline, &self.plan.run, &self.holder.owner).await
    }
}

/// Begins a run: takes the lock, puts the blobs and the plan in place, writes the first record. Nothing outside the store
/// is changed. Killed in the middle, it leaves no run behind, or one that `resume` takes up.
///
/// # Errors
/// When somebody else deploys the pipeline, or the store fails.
pub async fn begin(
    ports: &Ports,
    plan: Plan,
    blobs: &[Arc<[u8]>],
    owner: &str,
    limits: &Limits,
) -> Result<Session, DriveError> {
    let store = &*ports.store;
    let holder =
        take_lock(store, &plan.pipeline, &plan.run, Claim::by(owner), ports.clock.now(), limits.lease_seconds).await?;
    for blob in blobs {
        put_blob(store, blob).await?;
    }
    let bytes = plan.to_bytes().unwrap_or_default();
    let key = plan_key(&plan.pipeline, &plan.run);
    match store.put(&key, &bytes, &Condition::Absent).await {
        Ok(_) => {}
        Err(failure) if failure.kind == FailureKind::Conflict => {
            return Err(DriveError::RunExists { run: plan.run.clone() });
        }
        Err(failure) => return Err(failed(store, failure).into()),
    }
    let journal = Journal::new(ports.store.clone(), &plan.pipeline, &plan.run);
    let state = State::new(&plan);
    let mut session = Session { plan: Arc::new(plan), state, journal, holder };
    let plan = session.plan.clone();
    let started = Fact::RunStarted {
        run: plan.run.clone(),
        pipeline: plan.pipeline.clone(),
        release: plan.release,
        plan: plan.digest(),
        by: owner.to_owned(),
    };
    let overridden = plan.overrides.iter().cloned().map(Fact::Overridden);
    session.note(ports.clock.now(), std::iter::once(started).chain(overridden)).await?;
    Ok(session)
}

/// Takes a run up where its journal ends. It is the same fold as running; what was under way is in doubt.
///
/// # Errors
/// When there is no such run, it is over, somebody else deploys the pipeline, or the journal cannot be used.
pub async fn resume(
    ports: &Ports,
    pipeline: &str,
    run: &RunId,
    claim: Claim<'_>,
    limits: &Limits,
) -> Result<Session, DriveError> {
    let mut session = open(ports, pipeline, run, claim, limits).await?;
    if session.state.started_at.is_none() {
        let plan = session.plan.clone();
        let (pipeline, by) = (plan.pipeline.clone(), claim.owner.to_owned());
        let fact = Fact::RunStarted { run: run.clone(), pipeline, release: plan.release, plan: plan.digest(), by };
        session.note(ports.clock.now(), [fact]).await?;
    }
    if let Some(ended) = session.state.ended.clone().filter(|e| !e.kind.is_resumable()) {
        session.close(ports).await?;
        return Err(DriveError::Over { run: run.clone(), ending: Box::new(ended) });
    }
    session.note(ports.clock.now(), [Fact::Resumed { by: claim.owner.to_owned() }]).await?;
    Ok(session)
}

/// Takes up a run that failed: its failed targets start again, in the same run and under new names, with the same plan.
/// `only` restricts it to some targets.
///
/// # Errors
/// Like [`resume`]; also when nothing has failed.
pub async fn retry(
    ports: &Ports,
    pipeline: &str,
    run: &RunId,
    claim: Claim<'_>,
    limits: &Limits,
    only: impl Fn(&Plan, usize) -> bool,
) -> Result<Session, DriveError> {
    let mut session = open(ports, pipeline, run, claim, limits).await?;
    let again = |status: TargetStatus| {
        matches!(
            status,
            TargetStatus::Failed | TargetStatus::RolledBack | TargetStatus::Stuck | TargetStatus::Cancelled
        )
    };
    let ended = session.state.ended.is_some();
    let states = session.state.targets.iter().enumerate();
    let targets: Vec<usize> =
        states.filter(|(n, t)| ended && again(t.status) && only(&session.plan, *n)).map(|(n, _)| n).collect();
    if targets.is_empty() {
        session.close(ports).await?;
        return Err(DriveError::NothingFailed { run: run.clone() });
    }
    let at = ports.clock.now();
    let by = claim.owner.to_owned();
    session.note(at, [Fact::Retried { by: by.clone(), targets }, Fact::Resumed { by }]).await?;
    Ok(session)
}

async fn open(
    ports: &Ports,
    pipeline: &str,
    run: &RunId,
    claim: Claim<'_>,
    limits: &Limits,
) -> Result<Session, DriveError> {
    let runs = Runs::new(ports.store.clone(), pipeline);
    runs.plan(run).await?;
    let holder = take_lock(&*ports.store, pipeline, run, claim, ports.clock.now(), limits.lease_seconds).await?;
    match runs.open(run, true).await {
        Ok(Run { plan, state, journal, .. }) => Ok(Session { plan: Arc::new(plan), state, journal, holder }),
        Err(error) => {
            // A run that cannot be driven must not keep others from theirs.
            release_lock(&*ports.store, pipeline, run, claim.owner).await?;
            Err(error.into())
        }
    }
}

/// Writes down that a person agrees. The run itself goes on with `resume`.
///
/// # Errors
/// When nobody was asked, the person may not agree, or the run is being driven right now.
pub async fn approve(ports: &Ports, pipeline: &str, run: &RunId, word: &Approval<'_>) -> Result<(), DriveError> {
    say(ports, pipeline, run, word, |plan, stage| Fact::Approved {
        stage,
        step: word.step.map(str::to_owned),
        by: word.by.to_owned(),
        reason: word.reason.map(str::to_owned),
        plan: plan.digest(),
    })
    .await
}

/// Writes down that a person does not agree.
///
/// # Errors
/// Like [`approve`].
pub async fn reject(ports: &Ports, pipeline: &str, run: &RunId, word: &Approval<'_>) -> Result<(), DriveError> {
    say(ports, pipeline, run, word, |_, stage| Fact::Rejected {
        stage,
        step: word.step.map(str::to_owned),
        by: word.by.to_owned(),
        reason: word.reason.map(str::to_owned),
    })
    .await
}

async fn say(
    ports: &Ports,
    pipeline: &str,
    run: &RunId,
    word: &Approval<'_>,
    fact: impl FnOnce(&Plan, usize) -> Fact,
) -> Result<(), DriveError> {
    let now = ports.clock.now();
    if let Some(holder) = holder(&*ports.store, pipeline).await?.filter(|h| h.run == *run && h.until > now) {
        let owner = holder.owner;
        return Err(DriveError::Refused(format!("run `{run}` is being driven by {owner} right now; stop it first")));
    }
    let Run { plan, mut state, mut journal, .. } = Runs::new(ports.store.clone(), pipeline).open(run, true).await?;
    let stage = plan.stages.iter().position(|s| s.name == word.stage);
    let stage = stage.ok_or_else(|| DriveError::Refused(format!("run `{run}` has no stage `{}`", word.stage)))?;
    let fact = fact(&plan, stage);
    if let Some(why) = deploy::run::refuses(&plan, &state, stage, word.step, word.by, &fact, now) {
        return Err(DriveError::Refused(why));
    }
    let event = Event { at: now, fact };
    apply(&plan, &mut state.clone(), &event)?;
    journal.append(std::slice::from_ref(&event)).await?;
    apply(&plan, &mut state, &event)?;
    Ok(())
}
