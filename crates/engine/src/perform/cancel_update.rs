//! Cancels an update that takes too long. Safe to repeat: only an update that is under way can be cancelled, and in doubt
//! the stack is asked first.

use super::Performer;
use crate::ports::{Answer, Site};
use deploy::run::Outcome;

pub(super) async fn perform(
    on: &Performer<'_>,
    site: &Site,
    stack_id: &str,
    token: &str,
    in_doubt: bool,
) -> Answer<Outcome> {
    if in_doubt {
        let seen = on.ports.stacks.describe(site, stack_id).await?;
        if seen.is_none_or(|s| s.status != "UPDATE_IN_PROGRESS") {
            return Ok(Outcome::Done);
        }
    }
    on.ports.stacks.cancel_update(site, stack_id, token).await?;
    Ok(Outcome::Done)
}
