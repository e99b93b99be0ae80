//! Deletes a change set of ours. Safe to repeat: the name is ours alone, and one that is gone counts as deleted.

use super::Performer;
use crate::ports::{Answer, FailureKind, Site};
use deploy::run::Outcome;

pub(super) async fn perform(on: &Performer<'_>, site: &Site, stack: &str, name: &str) -> Answer<Outcome> {
    match on.ports.change_sets.delete(site, stack, name).await {
        Err(failure) if failure.kind == FailureKind::NotFound => Ok(Outcome::Done),
        other => other.map(|()| Outcome::Done),
    }
}
