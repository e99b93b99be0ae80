//! Sets or clears termination protection. Safe to repeat: it says how the stack is to be, and not what to change.

use super::Performer;
use crate::ports::{Answer, Site};
use deploy::run::Outcome;

pub(super) async fn perform(on: &Performer<'_>, site: &Site, stack_id: &str, protection: bool) -> Answer<Outcome> {
    on.ports.stacks.protect(site, stack_id, protection).await?;
    Ok(Outcome::Done)
}
