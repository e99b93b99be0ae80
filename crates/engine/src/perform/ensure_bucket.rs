//! Makes the target's bucket. Safe to repeat: a bucket that is ours already is left as it is.

use super::Performer;
use crate::ports::{Answer, Site};
use deploy::run::Outcome;

pub(super) async fn perform(on: &Performer<'_>, site: &Site, bucket: &str) -> Answer<Outcome> {
    on.ports.objects.ensure_bucket(site, bucket).await?;
    Ok(Outcome::Done)
}
