//! Asks which account answers. Safe to repeat: it only reads.

use super::Performer;
use crate::ports::{Answer, Site};
use deploy::run::Outcome;

pub(super) async fn perform(on: &Performer<'_>, site: &Site) -> Answer<Outcome> {
    Ok(Outcome::Caller(on.ports.identity.caller(site).await?))
}
