//! Writes the release's manifest. Safe to repeat: it is created only if its number is free, and the same manifest under
//! the same number counts as done.

use super::Performer;
use crate::ports::Answer;
use crate::store::Releases;
use deploy::release::Manifest;
use deploy::run::Outcome;

pub(super) async fn perform(on: &Performer<'_>) -> Answer<Outcome> {
    let releases = Releases::new(on.ports.store.clone(), &on.plan.pipeline);
    releases.publish(&Manifest::of(&on.plan)).await?;
    Ok(Outcome::Done)
}
