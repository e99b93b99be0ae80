//! Deletes a stack that never was in a good state, by its id. Safe to repeat: the id means this stack and no later one of
//! the same name, and the client token makes CloudFormation take a second request as the first.

use super::Performer;
use crate::ports::{Answer, FailureKind, Site};
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
        if seen.is_none_or(|s| s.status.starts_with("DELETE_")) {
            return Ok(Outcome::Done);
        }
    }
    match on.ports.stacks.delete(site, stack_id, token, None).await {
        Err(failure) if failure.kind == FailureKind::Conflict && failure.code == "TokenAlreadyExistsException" => {
            Ok(Outcome::Done)
        }
        other => other.map(|()| Outcome::Done),
    }
}
