//! Puts one object into the target's bucket. Safe to repeat: its key is made from its digest, what is there with the right
//! checksum is left alone, and the write is conditional on nothing being there.

use super::{Performer, store_failure};
use crate::ports::{Answer, Condition, FailureKind, ObjectAt, ObjectSeen, Site};
use crate::store::get_blob;
use base::{AccountId, Digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deploy::plan::UploadedObject;
use deploy::run::Outcome;

pub(super) async fn perform(
    on: &Performer<'_>,
    site: &Site,
    bucket: String,
    owner: AccountId,
    object: &UploadedObject,
) -> Answer<Outcome> {
    let at = ObjectAt { bucket, key: object.key.clone(), owner: Some(owner) };
    let objects = &on.ports.objects;
    let condition = match objects.head(site, &at).await? {
        Some(seen) if is(&seen, &object.digest) => return Ok(Outcome::Present),
        // Somebody wrote other bytes there, or without a checksum: exactly those are replaced.
        Some(seen) => Condition::Matches(seen.etag),
        None => Condition::Absent,
    };
    let bytes = get_blob(&*on.ports.store, &object.digest).await.map_err(store_failure)?;
    match objects.put(site, &at, bytes, &condition).await {
        Ok(_) => Ok(Outcome::Done),
        Err(failure) if failure.kind == FailureKind::Conflict => match objects.head(site, &at).await? {
            Some(seen) if is(&seen, &object.digest) => Ok(Outcome::Present),
            _ => Err(failure),
        },
        Err(failure) => Err(failure),
    }
}

fn is(seen: &ObjectSeen, digest: &Digest) -> bool {
    let expected = hex::decode(digest.as_str()).map(|bytes| STANDARD.encode(bytes));
    expected.is_ok_and(|expected| seen.checksum_sha256.as_deref() == Some(expected.as_str()))
}
