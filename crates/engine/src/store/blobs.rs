//! Bytes by their digest.

use super::{StoreError, failed};
use crate::ports::{Condition, FailureKind, Store};
use base::Digest;
use deploy::plan::digest_of;

/// Where a blob is in the store.
pub fn blob_key(digest: &Digest) -> String {
    format!("artifacts/sha256/{digest}")
}

/// Stores a blob under its digest. Repeating it is safe: the key says what the bytes are, and the first write wins.
///
/// # Errors
/// When the store fails.
pub async fn put_blob(store: &dyn Store, bytes: &[u8]) -> Result<Digest, StoreError> {
    let digest = digest_of(bytes);
    match store.put(&blob_key(&digest), bytes, &Condition::Absent).await {
        Ok(_) => Ok(digest),
        Err(failure) if failure.kind == FailureKind::Conflict => Ok(digest),
        Err(failure) => Err(failed(store, failure)),
    }
}

/// Reads a blob and checks that it is what its digest says.
///
/// # Errors
/// When the store fails, or the blob is missing or damaged.
pub async fn get_blob(store: &dyn Store, digest: &Digest) -> Result<Vec<u8>, StoreError> {
    let key = blob_key(digest);
    let found = store.get(&key).await.map_err(|f| failed(store, f))?;
    let found = found.ok_or_else(|| StoreError::Missing { what: format!("blob `{key}`") })?;
    if digest_of(&found.bytes) != *digest {
        return Err(StoreError::Damaged { key, why: "its bytes do not have its digest".into() });
    }
    Ok(found.bytes)
}
