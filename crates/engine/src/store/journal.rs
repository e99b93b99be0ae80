//! A run's journal: numbered records, each created only if its number is free.
//!
//! That is what keeps two processes from driving one run: the second one's append is refused by the write itself.

use super::{Record, RecordError, StoreError, failed};
use crate::ports::{Condition, FailureKind, Store};
use base::RunId;
use deploy::run::Event;
use futures_util::StreamExt as _;
use std::sync::Arc;

/// Records read at the same time.
const READ_AHEAD: usize = 32;

/// A journal that is appended to. It may hold a record only as a whole, so what is decided together is kept together.
pub struct Journal {
    store: Arc<dyn Store>,
    prefix: String,
    run: RunId,
    next: u64,
}

/// Why an append or a read failed. After a failed append nothing may be changed any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// Another process wrote this record first: it drives the run.
    #[error("record {sequence} of run `{run}` was written by another process; it drives the run now")]
    Taken {
        /// The run.
        run: RunId,
        /// The number.
        sequence: u64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Journal {
    /// The journal of a run that has none yet.
    pub fn new(store: Arc<dyn Store>, pipeline: &str, run: &RunId) -> Self {
        Self { store, prefix: prefix(pipeline, run), run: run.clone(), next: 1 }
    }

    /// How many records it has.
    pub fn len(&self) -> u64 {
        self.next - 1
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.next == 1
    }

    /// Appends one record of events. When this fails the run must end here: what is not written must not be done.
    ///
    /// # Errors
    /// [`JournalError::Taken`] when somebody else wrote this number, otherwise the store's failure.
    pub async fn append(&mut self, events: &[Event]) -> Result<(), JournalError> {
        let record = Record { sequence: self.next, run: self.run.clone(), events: events.to_vec() };
        let key = format!("{}{:08}.json", self.prefix, self.next);
        let damaged = |e: RecordError| StoreError::Damaged { key: key.clone(), why: e.to_string() };
        let bytes = record.to_bytes().map_err(damaged)?;
        match self.store.put(&key, &bytes, &Condition::Absent).await {
            Ok(_) => {}
            // An answer may be lost after the write: the record is ours if it says what we meant to write.
            Err(failure) if failure.kind == FailureKind::Conflict || failure.in_doubt => {
                let there = self.store.get(&key).await.map_err(|f| failed(&*self.store, f))?;
                match there {
                    Some(found) if failure.in_doubt && found.bytes == bytes => {}
                    Some(_) => return Err(JournalError::Taken { run: self.run.clone(), sequence: self.next }),
                    None => return Err(failed(&*self.store, failure).into()),
                }
            }
            Err(failure) => return Err(failed(&*self.store, failure).into()),
        }
        self.next += 1;
        Ok(())
    }

    /// Reads a journal. A torn last record is dropped, with its place freed for the next one if `repair`; any other
    /// damage, and any gap, is refused.
    ///
    /// # Errors
    /// When the store fails, the journal is damaged, or a newer program wrote it.
    pub async fn read(
        store: &Arc<dyn Store>,
        pipeline: &str,
        run: &RunId,
        repair: bool,
    ) -> Result<(Vec<Event>, Self), StoreError> {
        let prefix = prefix(pipeline, run);
        let keys = store.list(&prefix).await.map_err(|f| failed(&**store, f))?;
        let count = keys.len();
        let mut found = futures_util::stream::iter(keys)
            .map(|key| async move { (store.get(&key).await, key) })
            .buffered(READ_AHEAD);
        let mut journal = Self { store: store.clone(), prefix, run: run.clone(), next: 1 };
        let mut events = Vec::with_capacity(count);
        let mut read = 0;
        while let Some((bytes, key)) = found.next().await {
            read += 1;
            let last = read == count;
            let Some(object) = bytes.map_err(|f| failed(&**store, f))? else {
                return Err(StoreError::Damaged { key, why: "it vanished while it was read".into() });
            };
            match Record::from_bytes(&object.bytes) {
                Ok(record) if record.sequence == journal.next && record.run == *run => {
                    events.extend(record.events);
                    journal.next += 1;
                }
                Ok(record) => {
                    let why = format!("record {} stands where record {} should be", record.sequence, journal.next);
                    return Err(StoreError::Damaged { key, why });
                }
                Err(RecordError::Newer(found)) => {
                    return Err(StoreError::Newer { key, found, known: super::RECORD_VERSION });
                }
                Err(RecordError::Damaged(_)) if last => {
                    if repair {
                        store.delete(&key, &object.etag).await.map_err(|f| failed(&**store, f))?;
                    }
                }
                Err(RecordError::Damaged(why)) => return Err(StoreError::Damaged { key, why }),
            }
        }
        drop(found);
        Ok((events, journal))
    }
}

fn prefix(pipeline: &str, run: &RunId) -> String {
    format!("{pipeline}/runs/{run}/journal/")
}
