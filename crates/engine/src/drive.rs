//! The loop: decide, write down, perform, write down, tell. In that order, always.

use crate::control::{Control, Order};
use crate::perform::{Performed, Performer};
use crate::ports::Ports;
use crate::session::Session;
use crate::store::{JournalError, LockError, StoreError, release_lock};
use base::RunId;
use deploy::run::{
    Cause, CauseKind, Decision, Effect, Ending, EndingKind, Event, Fact, IllegalTransition, Limits, State, Verb, decide,
};
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use jiff::Timestamp;
use tokio::sync::mpsc;

/// Why a run could not be begun or driven on. The journal is right in every case.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// Somebody else deploys the pipeline, or the lock cannot be had.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The journal cannot be written: nothing more was changed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal says something that cannot be.
    #[error("the journal cannot be followed: {0}")]
    Illegal(#[from] IllegalTransition),
    /// A run of this id is there already.
    #[error("there is a run `{run}` already")]
    RunExists {
        /// Its id.
        run: RunId,
    },
    /// The run is over.
    #[error("run `{run}` is over")]
    Over {
        /// Its id.
        run: RunId,
        /// How it ended.
        ending: Box<Ending>,
    },
    /// There is nothing to try again.
    #[error("nothing in run `{run}` has failed")]
    NothingFailed {
        /// Its id.
        run: RunId,
    },
    /// A person's word was not accepted.
    #[error("{0}")]
    Refused(String),
    /// Nothing is under way and nothing is to come: a fault of this program.
    #[error("run `{run}` cannot go on; this is a fault of landfall, please report it with the run's journal")]
    Stalled {
        /// Its id.
        run: RunId,
    },
}

/// What hears of every event, after it was written down and applied.
pub type Subscriber<'a> = dyn FnMut(&Event, &State) + Send + 'a;

type Flight<'a> = BoxFuture<'a, Performed>;

/// Drives a run to its end, or to where it has to be left.
///
/// # Errors
/// When the journal cannot be written, which ends the run at once, or something is damaged.
pub async fn drive(
    session: &mut Session,
    ports: &Ports,
    limits: &Limits,
    control: &mut Control,
    tell: &mut Subscriber<'_>,
) -> Result<Ending, DriveError> {
    let (progress, mut lines) = mpsc::unbounded_channel();
    let performer = Performer::new(session, ports, limits, progress);
    let mut flights: FuturesUnordered<Flight<'_>> = FuturesUnordered::new();
    let mut commands = 0_usize;
    loop {
        while let Some(order) = control.take() {
            if let Some(ending) = obey(session, ports, order, tell).await? {
                return Ok(ending);
            }
        }
        let decision = decide(&session.plan, &session.state, limits, ports.clock.now());
        if !decision.facts.is_empty() {
            note(session, ports, decision.facts, tell).await?;
            continue;
        }
        if let Some(ending) = decision.finished {
            return finish(session, ports, ending, tell).await;
        }
        let wake_at = sleep_until(&decision, flights.len(), commands);
        note(session, ports, decision.effects.iter().map(intent), tell).await?;
        for effect in decision.effects {
            commands += usize::from(effect.id.verb == Verb::RunCommand);
            flights.push(performer.perform(effect));
        }
        if flights.is_empty() && wake_at.is_none() {
            return Err(DriveError::Stalled { run: session.plan.run.clone() });
        }
        tokio::select! {
            biased;
            order = control.next() => {
                if let Some(ending) = obey(session, ports, order, tell).await? {
                    return Ok(ending);
                }
            }
            Some(line) = lines.recv() => note(session, ports, [Fact::Progress(line)], tell).await?,
            Some(first) = flights.next(), if !flights.is_empty() => {
                let mut all = vec![first];
                while let Some(Some(done)) = flights.next().now_or_never() {
                    all.push(done);
                }
                // What a command printed comes before its end.
                while let Ok(line) = lines.try_recv() {
                    note(session, ports, [Fact::Progress(line)], tell).await?;
                }
                commands -= all.iter().filter(|done| done.effect.verb == Verb::RunCommand).count();
                note(session, ports, all.into_iter().map(Performed::into_fact), tell).await?;
            }
            () = sleep(ports, wake_at), if wake_at.is_some() => {}
        }
    }
}

/// Only the loop sleeps, and only when every call has been answered: then a simulated clock may jump. Commands of the
/// user's may take long; they do not hold up the others.
fn sleep_until(decision: &Decision, flights: usize, commands: usize) -> Option<Timestamp> {
    let quiet = decision.effects.iter().all(|e| e.id.verb == Verb::RunCommand) && flights == commands;
    decision.wake_at.filter(|_| quiet)
}

async fn sleep(ports: &Ports, until: Option<Timestamp>) {
    if let Some(until) = until {
        ports.clock.sleep_until(until).await;
    }
}

/// Facts that come together are written down together.
async fn note(
    session: &mut Session,
    ports: &Ports,
    facts: impl IntoIterator<Item = Fact>,
    tell: &mut Subscriber<'_>,
) -> Result<(), DriveError> {
    let at = ports.clock.now();
    let events: Vec<Event> = facts.into_iter().map(|fact| Event { at, fact }).collect();
    session.record(&events, tell).await
}

/// The intent is written before anything is done.
fn intent(effect: &Effect) -> Fact {
    Fact::EffectStarted { effect: effect.id, attempt: effect.attempt, in_doubt: effect.in_doubt }
}

async fn obey(
    session: &mut Session,
    ports: &Ports,
    order: Order,
    tell: &mut Subscriber<'_>,
) -> Result<Option<Ending>, DriveError> {
    match order {
        Order::Stop { by } => {
            if session.state.stopping.is_none() {
                note(session, ports, [Fact::StopRequested { by }], tell).await?;
            }
            Ok(None)
        }
        Order::Detach => {
            let run = &session.plan.run;
            let next = vec![format!("landfall resume {run}"), format!("landfall status {run}")];
            let cause = Cause::new(CauseKind::Stopped, "left at once; what AWS is doing goes on");
            let counts = deploy::run::counts(&session.state);
            let ending = Ending { kind: EndingKind::Interrupted, cause: Some(cause), counts, next };
            release_lock(&*ports.store, &session.plan.pipeline, run, &session.holder.owner).await?;
            Ok(Some(ending))
        }
    }
}

/// The last record, then the lock is given back.
async fn finish(
    session: &mut Session,
    ports: &Ports,
    ending: Ending,
    tell: &mut Subscriber<'_>,
) -> Result<Ending, DriveError> {
    if session.state.ended.is_none() {
        note(session, ports, [Fact::RunEnded { ending: ending.clone() }], tell).await?;
    }
    release_lock(&*ports.store, &session.plan.pipeline, &session.plan.run, &session.holder.owner).await?;
    Ok(ending)
}
