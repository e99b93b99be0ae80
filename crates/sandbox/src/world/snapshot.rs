//! Worlds on disk: one JSON file for all that is known, and one file for the bytes of each object.
//!
//! A file is written beside its place, flushed and renamed, so a reader finds the old world or the new one and nothing in
//! between. The call log is a file of lines that is only added to, and no part of the world: every process that answers for
//! the world adds what it answered.

use super::World;
use crate::log::CallRecord;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

const WORLD: &str = "world.json";
const OBJECTS: &str = "objects";
/// The call log of a world that is kept in a folder: one [`CallRecord`] as JSON in each line.
pub const CALLS: &str = "calls.ndjson";

impl World {
    /// Writes the world into a folder, which is made if it is not there. Bytes that are there already are not written again.
    pub fn save(&self, folder: &Path) -> io::Result<()> {
        let objects = folder.join(OBJECTS);
        fs::create_dir_all(&objects)?;
        for (digest, bytes) in self.s3.blobs.iter() {
            let path = objects.join(digest);
            if !path.exists() {
                replace(&path, bytes)?;
            }
        }
        let text = serde_json::to_vec(self).map_err(io::Error::other)?;
        replace(&folder.join(WORLD), &text)
    }

    /// Reads the world in a folder; nothing if there is none. An object whose bytes are missing is an error.
    pub fn load(folder: &Path) -> io::Result<Option<Self>> {
        let text = match fs::read(folder.join(WORLD)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut world: Self =
            serde_json::from_slice(&text).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
        for digest in world.s3.digests() {
            let bytes = fs::read(folder.join(OBJECTS).join(&digest))?;
            if world.s3.blobs.put(&bytes) != digest {
                let message = format!("the file {OBJECTS}/{digest} is damaged");
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            }
        }
        crate::cloudformation::note_all_due(&mut world);
        crate::services::cloudwatch::note_all_due(&mut world);
        Ok(Some(world))
    }
}

/// Adds calls to the log in a folder.
pub(crate) fn add_calls(folder: &Path, calls: &[CallRecord]) -> io::Result<()> {
    let mut text = Vec::new();
    for call in calls {
        serde_json::to_writer(&mut text, call).map_err(io::Error::other)?;
        text.push(b'\n');
    }
    File::options().create(true).append(true).open(folder.join(CALLS))?.write_all(&text)
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(beside, path)
}
