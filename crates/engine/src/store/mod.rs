//! What a run remembers: journals, releases, pointers, the lock and blobs, over the one [`Store`](crate::ports::Store) port.
//!
//! Keys, below the store's own place:
//! ```text
//! artifacts/sha256/DIGEST                    blobs, for all pipelines
//! PIPELINE/lock.json                         who is deploying
//! PIPELINE/releases/000001.json              manifests; a number only grows
//! PIPELINE/good/STAGE/ACCOUNT/REGION.json    the release that was last good there
//! PIPELINE/runs/RUN/plan.json                the plan
//! PIPELINE/runs/RUN/journal/00000001.json    one record per event
//! ```

mod blobs;
mod disk;
mod journal;
mod lock;
mod record;
mod releases;
mod runs;

pub use blobs::{blob_key, get_blob, put_blob};
pub use disk::DiskStore;
pub use journal::{Journal, JournalError};
pub use lock::{Claim, Holder, LockError, holder, release_lock, renew_lock, take_lock};
pub use record::{RECORD_VERSION, Record, RecordError};
pub use releases::{Releases, good_key};
pub(crate) use runs::plan_key;
pub use runs::{Run, Runs};

use crate::ports::Failure;

/// Why something could not be read from the store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store did not answer, or refused.
    #[error("the state at {place} cannot be used: {failure}")]
    Failed {
        /// Where the store is.
        place: String,
        /// How it failed.
        failure: Failure,
    },
    /// What is there is not what it should be.
    #[error("`{key}` is damaged: {why}")]
    Damaged {
        /// Its key.
        key: String,
        /// Why.
        why: String,
    },
    /// It was written by a newer program.
    #[error("`{key}` has version {found}, this program knows version {known}; use a newer landfall")]
    Newer {
        /// Its key.
        key: String,
        /// The version it has.
        found: u32,
        /// The version that this program knows.
        known: u32,
    },
    /// It is not there.
    #[error("there is no {what}")]
    Missing {
        /// What was looked for, for people.
        what: String,
    },
}

pub(crate) fn failed(store: &dyn crate::ports::Store, failure: Failure) -> StoreError {
    StoreError::Failed { place: store.place(), failure }
}

/// Reads a JSON value with a `version` that must not be newer than `known`.
pub(crate) fn read_versioned<T: serde::de::DeserializeOwned>(
    key: &str,
    bytes: &[u8],
    known: u32,
) -> Result<T, StoreError> {
    #[derive(serde::Deserialize)]
    struct Version {
        version: u32,
    }
    let damaged = |e: serde_json::Error| StoreError::Damaged { key: key.to_owned(), why: e.to_string() };
    let found = serde_json::from_slice::<Version>(bytes).map_err(damaged)?.version;
    if found > known {
        return Err(StoreError::Newer { key: key.to_owned(), found, known });
    }
    serde_json::from_slice(bytes).map_err(damaged)
}
