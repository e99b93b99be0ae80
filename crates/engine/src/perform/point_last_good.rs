//! Writes down which release is good in a target. Safe to repeat: it writes the same value under the target's own key, and
//! the run's lock keeps other runs away.

use super::Performer;
use crate::ports::Answer;
use crate::store::Releases;
use deploy::release::GoodTarget;
use deploy::run::Outcome;

pub(super) async fn perform(on: &Performer<'_>, good: &GoodTarget) -> Answer<Outcome> {
    Releases::new(on.ports.store.clone(), &on.plan.pipeline).point(good).await?;
    Ok(Outcome::Done)
}
