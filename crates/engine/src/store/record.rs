//! One line of a journal: an event with its number, its run and a checksum.

use base::RunId;
use deploy::run::Event;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The version of the journal's form.
pub const RECORD_VERSION: u32 = 1;

/// A record, before it is written or after it was read and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// From 1, without gaps.
    pub sequence: u64,
    /// The run.
    pub run: RunId,
    /// What happened.
    pub event: Event,
}

/// The stored form, version 1.
#[derive(Serialize, Deserialize)]
struct RecordV1 {
    version: u32,
    sequence: u64,
    run: RunId,
    at: Timestamp,
    /// SHA-256 of the line `VERSION SEQUENCE RUN AT` and the event's JSON.
    checksum: String,
    event: serde_json::Value,
}

/// Why bytes are no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Not whole, or changed.
    #[error("{0}")]
    Damaged(String),
    /// Written by a newer program.
    #[error("version {0} is newer than version {RECORD_VERSION}, which this program knows; use a newer landfall")]
    Newer(u32),
}

impl Record {
    /// The stored form.
    ///
    /// # Errors
    /// When the event has no JSON form, which does not happen.
    pub fn to_bytes(&self) -> Result<Vec<u8>, RecordError> {
        let damaged = |e: serde_json::Error| RecordError::Damaged(e.to_string());
        let event = serde_json::to_value(&self.event.fact).map_err(damaged)?;
        let checksum = checksum(self.sequence, &self.run, self.event.at, &event);
        let (sequence, run, at) = (self.sequence, self.run.clone(), self.event.at);
        let stored = RecordV1 { version: RECORD_VERSION, sequence, run, at, checksum, event };
        let mut bytes = serde_json::to_vec(&stored).map_err(damaged)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads and checks the stored form.
    ///
    /// # Errors
    /// When it is damaged or of a newer version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RecordError> {
        let damaged = |e: serde_json::Error| RecordError::Damaged(e.to_string());
        let value: serde_json::Value = serde_json::from_slice(bytes).map_err(damaged)?;
        let version = value.get("version").and_then(serde_json::Value::as_u64).unwrap_or(0);
        let version = u32::try_from(version).unwrap_or(u32::MAX);
        if version > RECORD_VERSION {
            return Err(RecordError::Newer(version));
        }
        let stored: RecordV1 = serde_json::from_value(value).map_err(damaged)?;
        if checksum(stored.sequence, &stored.run, stored.at, &stored.event) != stored.checksum {
            return Err(RecordError::Damaged("the checksum does not fit".into()));
        }
        let fact = serde_json::from_value(stored.event).map_err(damaged)?;
        Ok(Self { sequence: stored.sequence, run: stored.run, event: Event { at: stored.at, fact } })
    }
}

fn checksum(sequence: u64, run: &RunId, at: Timestamp, event: &serde_json::Value) -> String {
    hex::encode(Sha256::digest(format!("{RECORD_VERSION} {sequence} {run} {at}\n{event}")))
}
