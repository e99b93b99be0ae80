//! The store on disk.
//!
//! A value is written to a file beside its place, made durable, and then linked (for a conditional create, which fails
//! if something is there) or renamed into place: readers see all of it or nothing. Replacing and removing by ETag happen
//! under the operating system's lock on one file, which ends with the process that held it.

use crate::ports::{Answer, Condition, Failure, FailureKind, ObjectBytes, Store};
use async_trait::async_trait;
use deploy::plan::digest_of;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Temporary names within this process.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A store in a folder.
#[derive(Debug, Clone)]
pub struct DiskStore {
    root: PathBuf,
}

impl DiskStore {
    /// A store in this folder, which is made with the first write.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Keys are ours, but a pipeline's name comes from a folder's: nothing may lead out of the root.
    fn path(&self, key: &str) -> Answer<PathBuf> {
        let safe =
            !key.is_empty() && key.split('/').all(|part| !matches!(part, "" | "." | "..") && !part.contains('\\'));
        if safe {
            return Ok(self.root.join(key));
        }
        Err(Failure::new(FailureKind::Conflict, "InvalidKey", format!("`{key}` cannot be stored")))
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(&Self) -> Answer<T> + Send + 'static) -> Answer<T> {
        let store = self.clone();
        match tokio::task::spawn_blocking(move || work(&store)).await {
            Ok(answer) => answer,
            Err(gone) => Err(Failure::new(FailureKind::Unavailable, "", gone.to_string())),
        }
    }

    fn read(&self, key: &str) -> Answer<Option<ObjectBytes>> {
        let path = self.path(key)?;
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(ObjectBytes { etag: digest_of(&bytes).to_string(), bytes })),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(failure(&path, &error)),
        }
    }

    fn write(&self, key: &str, bytes: &[u8], condition: &Condition) -> Answer<String> {
        let path = self.path(key)?;
        let folder = path.parent().unwrap_or(&self.root).to_owned();
        fs::create_dir_all(&folder).map_err(|e| failure(&folder, &e))?;
        let temporary = folder.join(format!(".new-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
        let written = write_durably(&temporary, bytes).map_err(|e| failure(&temporary, &e));
        let placed = written.and_then(|()| self.place_file(key, &path, &temporary, condition));
        let _ = fs::remove_file(&temporary);
        placed?;
        sync_folder(&folder);
        Ok(digest_of(bytes).to_string())
    }

    fn place_file(&self, key: &str, path: &Path, temporary: &Path, condition: &Condition) -> Answer<()> {
        match condition {
            Condition::Absent => match fs::hard_link(temporary, path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    Err(conflict(key, "something is there already"))
                }
                other => other.map_err(|e| failure(path, &e)),
            },
            Condition::Always => {
                let _guard = self.guard()?;
                fs::rename(temporary, path).map_err(|e| failure(path, &e))
            }
            Condition::Matches(etag) => {
                let _guard = self.guard()?;
                match self.read(key)? {
                    Some(found) if found.etag == *etag => fs::rename(temporary, path).map_err(|e| failure(path, &e)),
                    _ => Err(conflict(key, "it was changed by somebody else")),
                }
            }
        }
    }

    fn remove(&self, key: &str, etag: &str) -> Answer<()> {
        let path = self.path(key)?;
        let _guard = self.guard()?;
        match self.read(key)? {
            Some(found) if found.etag == etag => fs::remove_file(&path).map_err(|e| failure(&path, &e)),
            _ => Err(conflict(key, "it was changed by somebody else")),
        }
    }

    /// Held for one replacement. The operating system takes it back when the process dies.
    fn guard(&self) -> Answer<File> {
        let path = self.root.join(".guard");
        let open = || -> io::Result<File> {
            fs::create_dir_all(&self.root)?;
            let file = File::options().create(true).truncate(false).write(true).open(&path)?;
            file.lock()?;
            Ok(file)
        };
        open().map_err(|e| failure(&path, &e))
    }

    fn keys(&self, prefix: &str) -> Answer<Vec<String>> {
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut keys = Vec::new();
        let start = if folder.is_empty() { self.root.clone() } else { self.path(folder)? };
        walk(&start, folder, &mut keys).map_err(|e| failure(&start, &e))?;
        keys.retain(|key| key.starts_with(prefix));
        keys.sort();
        Ok(keys)
    }

    fn names(&self, prefix: &str) -> Answer<Vec<String>> {
        let folder = if prefix.is_empty() { self.root.clone() } else { self.path(prefix.trim_end_matches('/'))? };
        let found = entries(&folder).map_err(|e| failure(&folder, &e))?;
        // A folder may be left behind empty by a write that failed.
        let is_folder = |entry: &fs::DirEntry| entries(&entry.path()).is_ok_and(|inside| !inside.is_empty());
        let mut names: Vec<String> =
            found.into_iter().filter(|(_, entry)| is_folder(entry)).map(|(name, _)| name).collect();
        names.sort();
        Ok(names)
    }
}

/// The names in a folder; none when it is not there. What begins with a dot is not a part of any key.
fn entries(folder: &Path) -> io::Result<Vec<(String, fs::DirEntry)>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let named = entries.map(|entry| entry.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry)));
    named.filter(|entry| entry.as_ref().map_or(true, |(name, _)| !name.starts_with('.'))).collect()
}

fn walk(folder: &Path, prefix: &str, keys: &mut Vec<String>) -> io::Result<()> {
    for (name, entry) in entries(folder)? {
        let key = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), &key, keys)?;
        } else {
            keys.push(key);
        }
    }
    Ok(())
}

fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the new name durable. Not every file system can; those that cannot lose the name with the power, not the order.
fn sync_folder(folder: &Path) {
    if let Ok(handle) = File::open(folder) {
        let _ = handle.sync_all();
    }
}

fn conflict(key: &str, why: &str) -> Failure {
    Failure::new(FailureKind::Conflict, "PreconditionFailed", format!("`{key}`: {why}"))
}

fn failure(path: &Path, error: &io::Error) -> Failure {
    let kind = match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => FailureKind::Denied,
        ErrorKind::NotFound => FailureKind::NotFound,
        _ => FailureKind::Unavailable,
    };
    Failure::new(kind, "", format!("`{}`: {error}", path.display()))
}

#[async_trait]
impl Store for DiskStore {
    async fn get(&self, key: &str) -> Answer<Option<ObjectBytes>> {
        let key = key.to_owned();
        self.blocking(move |store| store.read(&key)).await
    }

    async fn put(&self, key: &str, bytes: &[u8], condition: &Condition) -> Answer<String> {
        let (key, bytes, condition) = (key.to_owned(), bytes.to_vec(), condition.clone());
        self.blocking(move |store| store.write(&key, &bytes, &condition)).await
    }

    async fn delete(&self, key: &str, etag: &str) -> Answer<()> {
        let (key, etag) = (key.to_owned(), etag.to_owned());
        self.blocking(move |store| store.remove(&key, &etag)).await
    }

    async fn list(&self, prefix: &str) -> Answer<Vec<String>> {
        let prefix = prefix.to_owned();
        self.blocking(move |store| store.keys(&prefix)).await
    }

    async fn folders(&self, prefix: &str) -> Answer<Vec<String>> {
        let prefix = prefix.to_owned();
        self.blocking(move |store| store.names(&prefix)).await
    }

    fn place(&self) -> String {
        self.root.display().to_string()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn conditions_hold() {
        let folder = tempfile::tempdir().unwrap();
        let store = DiskStore::new(folder.path().join("state"));
        run(async {
            let first = store.put("p/a.json", b"one", &Condition::Absent).await.unwrap();
            let again = store.put("p/a.json", b"two", &Condition::Absent).await.unwrap_err();
            assert_eq!(again.kind, FailureKind::Conflict);
            let second = store.put("p/a.json", b"two", &Condition::Matches(first.clone())).await.unwrap();
            assert_eq!(
                store.put("p/a.json", b"3", &Condition::Matches(first.clone())).await.unwrap_err().kind,
                FailureKind::Conflict
            );
            assert_eq!(store.delete("p/a.json", &first).await.unwrap_err().kind, FailureKind::Conflict);
            assert_eq!(store.get("p/a.json").await.unwrap().unwrap().bytes, b"two");
            store.put("p/b/c.json", b"", &Condition::Always).await.unwrap();
            assert_eq!(store.list("p/").await.unwrap(), ["p/a.json", "p/b/c.json"]);
            assert_eq!(store.list("p/a").await.unwrap(), ["p/a.json"]);
            assert_eq!(store.folders("p/").await.unwrap(), ["b"]);
            assert_eq!(store.folders("").await.unwrap(), ["p"]);
            std::fs::create_dir(folder.path().join("state/empty")).unwrap();
            assert_eq!(store.folders("").await.unwrap(), ["p"]);
            assert_eq!(store.folders("q/").await.unwrap(), Vec::<String>::new());
            store.delete("p/a.json", &second).await.unwrap();
            assert_eq!(store.get("p/a.json").await.unwrap(), None);
            assert_eq!(store.list("nothing/").await.unwrap(), Vec::<String>::new());
        });
    }

    #[test]
    fn no_key_leads_out() {
        let folder = tempfile::tempdir().unwrap();
        let store = DiskStore::new(folder.path());
        for key in ["../x", "a/../../x", "", "a//b", "/etc/x", "."] {
            assert!(run(store.put(key, b"", &Condition::Always)).is_err(), "{key}");
        }
    }

    #[test]
    fn one_of_many_creators_wins() {
        let folder = tempfile::tempdir().unwrap();
        let store = DiskStore::new(folder.path());
        let wins: usize = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..8)
                .map(|n: u8| {
                    let store = &store;
                    scope.spawn(move || store.write("one", &[n], &Condition::Absent).is_ok())
                })
                .collect();
            tries.into_iter().filter(|_| true).map(|t| usize::from(t.join().unwrap())).sum()
        });
        assert_eq!(wins, 1);
    }
}
