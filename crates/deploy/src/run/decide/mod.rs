//! What to do next: a pure function of the plan, the state, the limits and the time.
//!
//! A decision is either facts to write down (then decide again), or effects to start and a time to wake up at, or the
//! end. Concurrency, waves, windows, bakes, approvals, stop rules and the timing of tries all live here.

mod bake;
mod command;
mod deployment;
mod ending;
mod gate;
mod guard;
mod rollback;
mod stage;
mod target;
mod want;

pub use ending::counts;

use super::{Cause, CauseKind, Effect, Ending, EndingKind, Fact, Limits, StageStatus, State, Verb};
use crate::plan::{Plan, Purpose};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// What to do next.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decision {
    /// Facts that follow from the state and the time. When there are any, there are no effects.
    pub facts: Vec<Fact>,
    /// Effects to start now.
    pub effects: Vec<Effect>,
    /// When to decide again if nothing else happens before.
    pub wake_at: Option<Timestamp>,
    /// The run is over, or is to be left off here.
    pub finished: Option<Ending>,
}

/// Decides.
pub fn decide(plan: &Plan, state: &State, limits: &Limits, now: Timestamp) -> Decision {
    if let Some(ending) = &state.ended {
        return Decision { finished: Some(ending.clone()), ..Decision::default() };
    }
    let mut decider = Decider::new(plan, state, limits, now);
    decider.leave_if_out_of_time();
    decider.hold_lock();
    decider.publish_or_go_on();
    decider.conclude()
}

/// A decision in the making.
struct Decider<'a> {
    plan: &'a Plan,
    state: &'a State,
    limits: &'a Limits,
    now: Timestamp,
    out: Decision,
    /// Why the run is left off, to be resumed.
    leaving: Option<Cause>,
    /// What waits for people; the run ends as blocked when nothing else is to do.
    paused: Option<Cause>,
    /// Something beside the lock and the deadline is waited for.
    waits: bool,
    /// Budgets that were drawn on by this decision.
    drawn: BTreeMap<String, Timestamp>,
}

impl<'a> Decider<'a> {
    fn new(plan: &'a Plan, state: &'a State, limits: &'a Limits, now: Timestamp) -> Self {
        let out = Decision::default();
        Self { plan, state, limits, now, out, leaving: None, paused: None, waits: false, drawn: BTreeMap::new() }
    }

    fn leave_if_out_of_time(&mut self) {
        if let Some(holder) = &self.state.lock_lost {
            self.leave(Cause::new(CauseKind::Lock, format!("the lock was taken by {holder}")));
        }
        if let Some(deadline) = self.limits.deadline {
            if self.now >= deadline {
                self.leave(Cause::new(CauseKind::Deadline, "the run's time limit came"));
            } else {
                self.out.wake_at = Some(deadline);
            }
        }
    }

    /// The lease is renewed at a third of it; nothing is changed once it is past its half (see [`want`]).
    fn hold_lock(&mut self) {
        let due = match self.state.lease_until {
            None => self.now,
            Some(until) => self.after(until, -self.limits.lease_seconds * 2 / 3),
        };
        let id = want::run_effect(Verb::RenewLock);
        if let Err(cause) = self.want(id, Some(due), || super::Call::RenewLock) {
            self.leave(cause);
        }
        self.waits = false;
    }

    fn publish_or_go_on(&mut self) {
        if self.state.published || self.plan.purpose == Purpose::Rollback {
            return self.stages();
        }
        if self.state.stopping.is_some() {
            return;
        }
        let id = want::run_effect(Verb::PublishManifest);
        if let Err(cause) = self.want(id, None, || super::Call::PublishManifest) {
            self.out.finished = Some(self.ending(EndingKind::Failed, Some(cause)));
        }
    }

    fn stages(&mut self) {
        let next = self.state.stages.iter().position(|s| s.status != StageStatus::Passed);
        match next.map(|n| (n, self.state.stages[n].status)) {
            None => self.out.finished = Some(self.final_ending()),
            Some((_, StageStatus::Failed)) => self.out.finished = Some(self.final_ending()),
            Some((n, StageStatus::Pending)) => self.open_stage(n),
            Some((n, StageStatus::Running)) => self.run_stage(n),
            Some((n, StageStatus::RollingBack)) => self.roll_stage_back(n),
            Some((_, StageStatus::Passed)) => {}
        }
    }

    /// Facts go first, alone. The end comes when nothing is in flight.
    fn conclude(mut self) -> Decision {
        if self.leaving.is_some() {
            self.out = Decision::default();
        }
        if !self.out.facts.is_empty() {
            return Decision { facts: turning_points(self.out.facts), ..Decision::default() };
        }
        let idle = self.state.performing == 0;
        let ending = if let Some(cause) = self.leaving.take() {
            Some(self.leaving_ending(cause))
        } else if self.out.finished.is_some() {
            self.out.effects.clear();
            self.out.finished.take()
        } else if self.has_work() {
            None
        } else {
            self.pausing_ending()
        };
        self.out.finished = ending.filter(|_| idle);
        self.out
    }

    /// Something is to be started or waited for, beside keeping the lock.
    fn has_work(&self) -> bool {
        let works = self.out.effects.iter().any(|e| e.id.verb != Verb::RenewLock);
        works || self.waits || (self.paused.is_none() && self.state.stopping.is_none())
    }

    fn pausing_ending(&mut self) -> Option<Ending> {
        if let Some(by) = &self.state.stopping {
            let cause = Cause::new(CauseKind::Stopped, format!("stopped by {by}"));
            return Some(self.leaving_ending(cause));
        }
        let cause = self.paused.take()?;
        Some(self.ending(EndingKind::Blocked, Some(cause)))
    }

    fn leave(&mut self, cause: Cause) {
        self.leaving.get_or_insert(cause);
    }

    fn pause(&mut self, cause: Cause) {
        self.paused.get_or_insert(cause);
    }

    fn fact(&mut self, fact: Fact) {
        self.out.facts.push(fact);
    }

    fn wake(&mut self, at: Timestamp) {
        self.waits = true;
        self.out.wake_at = Some(self.out.wake_at.map_or(at, |old| old.min(at)));
    }

    fn after(&self, at: Timestamp, seconds: i64) -> Timestamp {
        at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(at)
    }

    fn seconds_since(&self, at: Timestamp) -> i64 {
        self.now.duration_since(at).as_secs()
    }
}

/// When a stage turns back or halts, that is the news: everything else that was decided before it was known is dropped
/// and decided again.
fn turning_points(facts: Vec<Fact>) -> Vec<Fact> {
    let turns = |f: &Fact| matches!(f, Fact::StageRollingBack { .. });
    let halts = |f: &Fact| matches!(f, Fact::StageHalted { .. });
    let kept: fn(&Fact) -> bool = if facts.iter().any(turns) {
        |f| matches!(f, Fact::StageRollingBack { .. } | Fact::AlarmLatched { .. })
    } else if facts.iter().any(halts) {
        |f| matches!(f, Fact::StageHalted { .. })
    } else {
        return facts;
    };
    let mut halted = false;
    let once = |f: &Fact| !matches!(f, Fact::StageHalted { .. }) || !std::mem::replace(&mut halted, true);
    facts.into_iter().filter(kept).filter(once).collect()
}
