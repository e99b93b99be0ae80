//! Wanting an effect: when it may start, and when its failures are too many.

use super::Decider;
use crate::run::apply::budget_key;
use crate::run::state::Tries;
use crate::run::{Call, Cause, CauseKind, Effect, EffectId, Verb, Way};
use crate::seen::FailureKind;
use jiff::{SignedDuration, Timestamp};

/// The name of an effect of the whole run.
pub(super) fn run_effect(verb: Verb) -> EffectId {
    EffectId { target: None, step: None, way: Way::Forward, round: 1, verb, nth: 0 }
}

/// What follows from failures.
enum Verdict {
    Again,
    Fail(Cause),
    Leave(Cause),
}

impl Decider<'_> {
    /// The name of an effect of a target, in its present round.
    pub(super) fn id(&self, target: usize, step: Option<usize>, way: Way, verb: Verb, nth: usize) -> EffectId {
        let round = self.state.targets.get(target).map_or(1, |t| t.round);
        EffectId { target: Some(target), step, way, round, verb, nth }
    }

    /// Starts an effect if it is due, not under way, and allowed; otherwise arranges to be woken for it.
    ///
    /// # Errors
    /// The cause, when it has failed for good.
    pub(super) fn want(
        &mut self,
        id: EffectId,
        due: Option<Timestamp>,
        call: impl FnOnce() -> Call,
    ) -> Result<(), Cause> {
        let flight = self.state.flights.get(&id);
        if flight.is_some_and(|f| !f.doubt) {
            return Ok(());
        }
        let mut not_before = due;
        let mut in_doubt = flight.is_some();
        let mut attempt = flight.map_or(0, |f| f.attempt) + 1;
        if let Some(tries) = self.state.tries.get(&id) {
            match self.verdict(id, tries) {
                Verdict::Again => not_before = Some(due.map_or(tries.next, |d| d.max(tries.next))),
                Verdict::Fail(cause) => return Err(cause),
                Verdict::Leave(cause) => {
                    self.leave(cause);
                    return Ok(());
                }
            }
            in_doubt |= tries.last.in_doubt;
            attempt = attempt.max(tries.count + 1);
        }
        if let Some(next) = self.budget_opens(id) {
            not_before = Some(not_before.map_or(next, |t| t.max(next)));
        }
        if let Some(time) = not_before.filter(|t| *t > self.now) {
            self.wake(time);
            return Ok(());
        }
        if self.is_full() || !self.may_change(id.verb) {
            return Ok(());
        }
        self.draw_on_budget(id);
        self.out.effects.push(Effect { id, attempt, in_doubt, call: call() });
        Ok(())
    }

    /// No further effect may be in flight.
    pub(super) fn is_full(&self) -> bool {
        self.state.performing + self.out.effects.len() >= self.limits.effects
    }

    /// Changes need a lease that is not past its half: whoever slept longer may have lost it.
    fn may_change(&self, verb: Verb) -> bool {
        let half = self.limits.lease_seconds / 2;
        !verb.is_mutation() || self.state.lease_until.is_some_and(|until| self.after(until, -half) > self.now)
    }

    fn budget_opens(&self, id: EffectId) -> Option<Timestamp> {
        if self.state.budgets.is_empty() {
            return None;
        }
        let key = budget_key(self.plan, id);
        let drawn = self.drawn.get(&key).copied();
        drawn.or_else(|| self.state.budgets.get(&key).filter(|b| b.interval_ms > 0)?.next)
    }

    fn draw_on_budget(&mut self, id: EffectId) {
        if self.state.budgets.is_empty() {
            return;
        }
        let key = budget_key(self.plan, id);
        if let Some(budget) = self.state.budgets.get(&key).filter(|b| b.interval_ms > 0) {
            let next = self.now.checked_add(SignedDuration::from_millis(budget.interval_ms)).unwrap_or(self.now);
            self.drawn.insert(key, next);
        }
    }

    fn verdict(&self, id: EffectId, tries: &Tries) -> Verdict {
        let failure = &tries.last;
        let what = id.verb.words();
        let failed = |kind: CauseKind| {
            let code = if failure.code.is_empty() { String::new() } else { format!(" ({})", failure.code) };
            Cause::new(kind, format!("could not {what}{code}: {}", failure.message))
        };
        match failure.kind {
            FailureKind::Throttled => Verdict::Again,
            FailureKind::Unavailable => {
                let silent = tries.silent_since.map_or(0, |since| self.seconds_since(since));
                if silent > self.limits.unreachable_seconds {
                    return Verdict::Leave(failed(CauseKind::Unreachable));
                }
                Verdict::Again
            }
            FailureKind::Denied if credentials_ended(&failure.code) => {
                if tries.denied > 2 {
                    let hint = "renew the credentials, then resume; what AWS was asked to do goes on meanwhile";
                    Verdict::Leave(failed(CauseKind::Credentials).hint(hint))
                } else {
                    Verdict::Again
                }
            }
            // New roles and policies are not known everywhere at once.
            FailureKind::Denied if tries.denied <= self.limits.denied_retries => Verdict::Again,
            FailureKind::Denied => Verdict::Fail(failed(CauseKind::Denied)),
            FailureKind::Conflict if passes_by_itself(&failure.code) && tries.conflicts <= 10 => Verdict::Again,
            FailureKind::Conflict if id.verb == Verb::CreateChangeSet && tries.conflicts < 2 => Verdict::Again,
            FailureKind::Conflict if matches!(id.verb, Verb::PublishManifest | Verb::PointLastGood) => {
                Verdict::Fail(failed(CauseKind::Store))
            }
            FailureKind::Conflict | FailureKind::NotFound => Verdict::Fail(failed(CauseKind::Deployment)),
        }
    }
}

/// Codes that mean the credentials themselves, not what they allow.
fn credentials_ended(code: &str) -> bool {
    matches!(
        code,
        "ExpiredToken"
            | "ExpiredTokenException"
            | "RequestExpired"
            | "InvalidClientTokenId"
            | "UnrecognizedClientException"
            | "CredentialsNotLoaded"
            | "CredentialsUnavailable"
    )
}

/// Conflicts that end without our doing anything.
fn passes_by_itself(code: &str) -> bool {
    matches!(
        code,
        "OperationInProgressException"
            | "OperationAborted"
            | "ConditionalRequestConflict"
            | "ConcurrentModificationException"
    )
}
