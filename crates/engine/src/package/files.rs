//! The project's folder, as packaging needs it: read a file, list a folder. On disk, or in memory for tests.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Read access to a folder. Paths are relative to it, with `/` between their parts.
pub trait Files {
    /// The bytes of a file.
    ///
    /// # Errors
    /// When it is not there or cannot be read.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;
    /// What a path is; `None` when nothing is there. Symbolic links are followed.
    ///
    /// # Errors
    /// When it cannot be told.
    fn kind(&self, path: &str) -> io::Result<Option<EntryKind>>;
    /// What is in a folder, in any order.
    ///
    /// # Errors
    /// When it is no folder or cannot be read.
    fn list(&self, path: &str) -> io::Result<Vec<Entry>>;
}

/// Something in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name in the folder.
    pub name: String,
    /// What it is, symbolic links followed.
    pub kind: EntryKind,
}

/// What a path can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A folder.
    Folder,
    /// A file; whether its owner may execute it.
    File {
        /// The executable bit of its owner.
        executable: bool,
    },
}

/// A folder on the disk.
#[derive(Debug, Clone)]
pub struct DiskFiles {
    root: PathBuf,
}

impl DiskFiles {
    /// The folder `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }
}

fn kind_of(path: &Path) -> io::Result<EntryKind> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = std::fs::metadata(path)?;
    if metadata.is_dir() {
        Ok(EntryKind::Folder)
    } else if metadata.is_file() {
        Ok(EntryKind::File { executable: metadata.permissions().mode() & 0o100 != 0 })
    } else {
        // Reading a pipe or a device may never end.
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is neither a file nor a folder"))
    }
}

/// Whether a link in a folder leads to the folder itself or to one around it.
fn leads_back(folder: &Path, link: &Path) -> io::Result<bool> {
    Ok(folder.canonicalize()?.starts_with(link.canonicalize()?))
}

impl Files for DiskFiles {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        std::fs::read(self.root.join(path))
    }

    fn kind(&self, path: &str) -> io::Result<Option<EntryKind>> {
        match kind_of(&self.root.join(path)) {
            Ok(kind) => Ok(Some(kind)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn list(&self, path: &str) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        let folder = self.root.join(path);
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let name = entry.file_name().into_string().map_err(|name| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("the file name {} is not UTF-8", name.to_string_lossy()),
                )
            })?;
            let kind = kind_of(&entry.path()).map_err(|e| io::Error::new(e.kind(), format!("`{name}` in it: {e}")))?;
            if kind == EntryKind::Folder && entry.file_type()?.is_symlink() && leads_back(&folder, &entry.path())? {
                let why = format!("`{name}` in it is a link to a folder that it lies in");
                return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
            }
            entries.push(Entry { name, kind });
        }
        Ok(entries)
    }
}

/// A folder in memory: paths and bytes. Paths that end in `.sh` are executable.
#[derive(Debug, Clone, Default)]
pub struct MemoryFiles(pub BTreeMap<String, Vec<u8>>);

impl Files for MemoryFiles {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.0.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn kind(&self, path: &str) -> io::Result<Option<EntryKind>> {
        if self.0.contains_key(path) {
            return Ok(Some(EntryKind::File { executable: path.ends_with(".sh") }));
        }
        let folder = format!("{path}/");
        let is_folder = path.is_empty() || self.0.keys().any(|k| k.starts_with(&folder));
        Ok(is_folder.then_some(EntryKind::Folder))
    }

    fn list(&self, path: &str) -> io::Result<Vec<Entry>> {
        let folder = if path.is_empty() { String::new() } else { format!("{path}/") };
        let mut names: BTreeMap<String, EntryKind> = BTreeMap::new();
        for key in self.0.keys().filter_map(|k| k.strip_prefix(&folder)) {
            match key.split_once('/') {
                Some((name, _)) => names.insert(name.to_owned(), EntryKind::Folder),
                None => names.insert(key.to_owned(), EntryKind::File { executable: key.ends_with(".sh") }),
            };
        }
        Ok(names.into_iter().map(|(name, kind)| Entry { name, kind }).collect())
    }
}
