//! Reads alarms. Safe to repeat: it only reads.

use super::Performer;
use crate::ports::{Answer, Site};
use deploy::run::Outcome;

pub(super) async fn perform(on: &Performer<'_>, site: &Site, names: &[String]) -> Answer<Outcome> {
    Ok(Outcome::Alarms { alarms: on.ports.alarms.read(site, names).await? })
}
