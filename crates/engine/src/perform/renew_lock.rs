//! Renews the lock's lease by ETag. Safe to repeat: each renewal only moves the end of our own lease.

use super::{Performer, store_failure};
use crate::ports::Answer;
use crate::store::{LockError, renew_lock};
use deploy::run::Outcome;

pub(super) async fn perform(on: &Performer<'_>) -> Answer<Outcome> {
    let now = on.ports.clock.now();
    match renew_lock(&*on.ports.store, &on.plan.pipeline, &on.holder, now, on.lease_seconds).await {
        Ok(holder) => Ok(Outcome::LockHeld { until: holder.until }),
        Err(LockError::Held { holder, .. }) => {
            Ok(Outcome::LockLost { holder: format!("{} (run `{}`)", holder.owner, holder.run) })
        }
        Err(LockError::Store(error)) => Err(store_failure(error)),
    }
}
