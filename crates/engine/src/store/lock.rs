//! The lock says who is deploying. It is taken and renewed by ETag, never read and then written; what protects the run is
//! the conditional append of its journal.

use super::{StoreError, failed, read_versioned};
use crate::ports::{Condition, FailureKind, Store};
use base::RunId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

const LOCK_VERSION: u32 = 1;

/// Who holds a pipeline's lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    version: u32,
    /// The run.
    pub run: RunId,
    /// Person, machine and process.
    pub owner: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when, unless it is renewed.
    pub until: Timestamp,
}

/// Who wants the lock of a run that may have a process at work on it already.
#[derive(Clone, Copy)]
pub struct Claim<'a> {
    /// Person, machine and process.
    pub owner: &'a str,
    /// Whether the process that holds the lock is known to be gone, so that its lease need not be waited for.
    pub gone: &'a (dyn Fn(&Holder) -> bool + Sync),
}

impl<'a> Claim<'a> {
    /// A claim that respects every lease.
    pub fn by(owner: &'a str) -> Self {
        Self { owner, gone: &|_| false }
    }
}

/// Why the lock was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// Somebody else has it.
    #[error("`{pipeline}` is being deployed by {} (run `{}`) since {}; its lease ends at {} unless it is renewed", .holder.owner, .holder.run, .holder.since, .holder.until)]
    Held {
        /// The pipeline.
        pipeline: String,
        /// Who.
        holder: Box<Holder>,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn key(pipeline: &str) -> String {
    format!("{pipeline}/lock.json")
}

/// Takes the lock: when nobody has it, when its lease is over, or when this process or one that is gone has it for the same
/// run. What a dead process of another run was doing must be seen to its end by `resume`, so its lease is waited for.
///
/// # Errors
/// [`LockError::Held`] when a process that may be alive has it, also one of the same run.
pub async fn take_lock(
    store: &dyn Store,
    pipeline: &str,
    run: &RunId,
    claim: Claim<'_>,
    now: Timestamp,
    lease_seconds: i64,
) -> Result<Holder, LockError> {
    let owner = claim.owner;
    let until = now.checked_add(SignedDuration::from_secs(lease_seconds)).unwrap_or(now);
    let mine = Holder { version: LOCK_VERSION, run: run.clone(), owner: owner.to_owned(), since: now, until };
    let bytes = serde_json::to_vec_pretty(&mine).unwrap_or_default();
    let key = key(pipeline);
    loop {
        let found = store.get(&key).await.map_err(|f| failed(store, f))?;
        let condition = match &found {
            None => Condition::Absent,
            Some(object) => {
                let holder: Holder = read_versioned(&key, &object.bytes, LOCK_VERSION)?;
                let ours = holder.run == *run && (holder.owner == owner || (claim.gone)(&holder));
                if !ours && holder.until > now {
                    return Err(LockError::Held { pipeline: pipeline.to_owned(), holder: Box::new(holder) });
                }
                Condition::Matches(object.etag.clone())
            }
        };
        match store.put(&key, &bytes, &condition).await {
            Ok(_) => return Ok(mine),
            // Somebody was faster: look again, they may have it now.
            Err(failure) if failure.kind == FailureKind::Conflict => {}
            Err(failure) => return Err(failed(store, failure).into()),
        }
    }
}

/// Renews the lease. `Err` with the holder when the lock is somebody else's now.
///
/// # Errors
/// [`LockError::Held`] when the lock was lost, also to another process of the same run.
pub async fn renew_lock(
    store: &dyn Store,
    pipeline: &str,
    mine: &Holder,
    now: Timestamp,
    lease_seconds: i64,
) -> Result<Holder, LockError> {
    let key = key(pipeline);
    let held = |holder: Holder| LockError::Held { pipeline: pipeline.to_owned(), holder: Box::new(holder) };
    let Some(object) = store.get(&key).await.map_err(|f| failed(store, f))? else {
        let nobody = Holder { owner: "nobody: the lock was removed".into(), ..mine.clone() };
        return Err(held(nobody));
    };
    let found: Holder = read_versioned(&key, &object.bytes, LOCK_VERSION)?;
    if found.run != mine.run || found.owner != mine.owner {
        return Err(held(found));
    }
    let until = now.checked_add(SignedDuration::from_secs(lease_seconds)).unwrap_or(now);
    let renewed = Holder { until, ..mine.clone() };
    let bytes = serde_json::to_vec_pretty(&renewed).unwrap_or_default();
    match store.put(&key, &bytes, &Condition::Matches(object.etag)).await {
        Ok(_) => Ok(renewed),
        Err(failure) if failure.kind == FailureKind::Conflict => Err(held(found)),
        Err(failure) => Err(failed(store, failure).into()),
    }
}

/// Gives the lock back if this run and owner have it. Nothing happens when they do not.
///
/// # Errors
/// When the store fails.
pub async fn release_lock(store: &dyn Store, pipeline: &str, run: &RunId, owner: &str) -> Result<(), StoreError> {
    let key = key(pipeline);
    let Some(object) = store.get(&key).await.map_err(|f| failed(store, f))? else { return Ok(()) };
    let found: Holder = read_versioned(&key, &object.bytes, LOCK_VERSION)?;
    if found.run != *run || found.owner != owner {
        return Ok(());
    }
    match store.delete(&key, &object.etag).await {
        Err(failure) if failure.kind != FailureKind::Conflict && failure.kind != FailureKind::NotFound => {
            Err(failed(store, failure))
        }
        _ => Ok(()),
    }
}

/// Who has the lock, if anybody.
///
/// # Errors
/// When the store fails or the lock cannot be read.
pub async fn holder(store: &dyn Store, pipeline: &str) -> Result<Option<Holder>, StoreError> {
    let key = key(pipeline);
    let found = store.get(&key).await.map_err(|f| failed(store, f))?;
    found.map(|object| read_versioned(&key, &object.bytes, LOCK_VERSION)).transpose()
}
