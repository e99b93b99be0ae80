//! One record of a journal: events that were written down together, with the record's number, its run and a checksum.

use base::RunId;
use deploy::run::Event;
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
    /// What happened, in order. Events that are decided or observed together share a record: it is written whole or not at
    /// all, and a write costs the same for one as for fifty.
    pub events: Vec<Event>,
}

/// The stored form, version 1.
#[derive(Serialize, Deserialize)]
struct RecordV1 {
    version: u32,
    sequence: u64,
    run: RunId,
    /// SHA-256 of the line `VERSION SEQUENCE RUN` and the events' JSON.
    checksum: String,
    events: serde_json::Value,
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
        let events = serde_json::to_value(&self.events).map_err(damaged)?;
        let checksum = checksum(self.sequence, &self.run, &events);
        let (sequence, run) = (self.sequence, self.run.clone());
        let stored = RecordV1 { version: RECORD_VERSION, sequence, run, checksum, events };
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
        if checksum(stored.sequence, &stored.run, &stored.events) != stored.checksum {
            return Err(RecordError::Damaged("the checksum does not fit".into()));
        }
        let events = serde_json::from_value(stored.events).map_err(damaged)?;
        Ok(Self { sequence: stored.sequence, run: stored.run, events })
    }
}

fn checksum(sequence: u64, run: &RunId, events: &serde_json::Value) -> String {
    hex::encode(Sha256::digest(format!("{RECORD_VERSION} {sequence} {run}\n{events}")))
}
