//! Zip files that depend on nothing but the names, bytes and executable bits of their files.
//!
//! Files are sorted by path, their time is the earliest that a zip file can hold, their modes are 0644 or 0755, and
//! symbolic links are followed as `aws cloudformation package` does.

use super::files::{EntryKind, Files};
use std::io::{self, Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// The most bytes that Lambda takes unzipped, 250 MiB (Lambda quotas).
const MOST_BYTES: u64 = 250 * 1024 * 1024;
/// How deep folders may lie in one another; deeper means a loop of symbolic links.
const DEEPEST: usize = 64;
/// Folders that are beside the code and never in it: our own state, the repository's history, SAM CLI's output. Where the
/// code is the project's folder itself, its digest would otherwise change with every run.
const BESIDE: [&str; 3] = [".landfall", ".git", ".aws-sam"];

/// Why a folder cannot be zipped.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A file or folder cannot be read.
    #[error("`{}` cannot be read: {error}", if path.is_empty() { "." } else { path.as_str() })]
    Read {
        /// Which.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// A loop of links, most likely.
    #[error("`{0}` lies deeper than {DEEPEST} folders: is there a loop of symbolic links?")]
    TooDeep(String),
    /// More than Lambda takes.
    #[error("`{0}` has more than 250 MiB of files, the most that Lambda takes unzipped")]
    TooLarge(String),
    /// Writing the archive failed.
    #[error("the archive cannot be written: {0}")]
    Zip(#[from] zip::result::ZipError),
}

/// The zip file of everything in a folder.
///
/// # Errors
/// See [`ArchiveError`].
pub fn zip_folder(files: &dyn Files, folder: &str) -> Result<Vec<u8>, ArchiveError> {
    let mut paths = Vec::new();
    collect(files, folder, "", 0, &mut paths)?;
    paths.sort();
    zip_files(files, folder, &paths)
}

/// The zip file that holds one file under its own name.
///
/// # Errors
/// See [`ArchiveError`].
pub(super) fn zip_file(files: &dyn Files, path: &str, executable: bool) -> Result<Vec<u8>, ArchiveError> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    zip_files(files, folder, &[(name.to_owned(), executable)])
}

fn zip_files(files: &dyn Files, folder: &str, paths: &[(String, bool)]) -> Result<Vec<u8>, ArchiveError> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let mut total = 0u64;
    for (path, executable) in paths {
        let whole = join(folder, path);
        let bytes = files.read(&whole).map_err(|error| ArchiveError::Read { path: whole.clone(), error })?;
        total += bytes.len() as u64;
        if total > MOST_BYTES {
            return Err(ArchiveError::TooLarge(folder.to_owned()));
        }
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(if *executable { 0o755 } else { 0o644 });
        archive.start_file(path.as_str(), options)?;
        archive.write_all(&bytes).map_err(|error| ArchiveError::Read { path: whole, error })?;
    }
    Ok(archive.finish()?.into_inner())
}

fn collect(
    files: &dyn Files,
    folder: &str,
    below: &str,
    depth: usize,
    paths: &mut Vec<(String, bool)>,
) -> Result<(), ArchiveError> {
    let whole = join(folder, below);
    if depth > DEEPEST {
        return Err(ArchiveError::TooDeep(folder.to_owned()));
    }
    for entry in files.list(&whole).map_err(|error| ArchiveError::Read { path: whole.clone(), error })? {
        let path = join(below, &entry.name);
        match entry.kind {
            EntryKind::Folder if BESIDE.contains(&entry.name.as_str()) => {}
            EntryKind::Folder => collect(files, folder, &path, depth + 1, paths)?,
            EntryKind::File { executable } => paths.push((path, executable)),
        }
    }
    Ok(())
}

/// Two parts of a path; either may be empty.
pub(super) fn join(folder: &str, path: &str) -> String {
    match (folder.is_empty(), path.is_empty()) {
        (true, _) => path.to_owned(),
        (_, true) => folder.to_owned(),
        _ => format!("{folder}/{path}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::package::files::{DiskFiles, MemoryFiles};
    use std::collections::BTreeMap;

    fn memory(files: &[(&str, &str)]) -> MemoryFiles {
        MemoryFiles(files.iter().map(|(k, v)| ((*k).to_owned(), v.as_bytes().to_vec())).collect::<BTreeMap<_, _>>())
    }

    #[test]
    fn the_same_files_give_the_same_bytes_wherever_they_lie() {
        let here = memory(&[("src/app.py", "x"), ("src/lib/a.py", "y"), ("src/run.sh", "z")]);
        let there =
            memory(&[("elsewhere/code/run.sh", "z"), ("elsewhere/code/lib/a.py", "y"), ("elsewhere/code/app.py", "x")]);
        let bytes = zip_folder(&here, "src").unwrap();
        assert_eq!(bytes, zip_folder(&there, "elsewhere/code").unwrap());
        let changed = memory(&[("src/app.py", "x"), ("src/lib/a.py", "Y"), ("src/run.sh", "z")]);
        assert_ne!(bytes, zip_folder(&changed, "src").unwrap());
    }

    #[test]
    fn times_on_the_disk_do_not_matter_and_the_executable_bit_does() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tool");
        std::fs::write(&file, "x").unwrap();
        let files = DiskFiles::new(folder.path());
        let first = zip_folder(&files, "").unwrap();
        std::fs::File::open(&file).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        assert_eq!(first, zip_folder(&files, "").unwrap());
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_ne!(first, zip_folder(&files, "").unwrap());
    }

    #[test]
    fn a_loop_of_links_is_told() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).unwrap();
        std::fs::write(folder.path().join("a"), "x").unwrap();
        let told = zip_folder(&DiskFiles::new(folder.path()), "").unwrap_err();
        assert_eq!(told.to_string(), "`.` cannot be read: `again` in it is a link to a folder that it lies in");
    }

    #[test]
    fn what_lies_beside_the_code_is_not_part_of_it() {
        let code = memory(&[("app.py", "x"), ("lib/.landfallrc", "y")]);
        let beside = memory(&[
            ("app.py", "x"),
            ("lib/.landfallrc", "y"),
            (".landfall/state/orders/lock.json", "{}"),
            (".git/HEAD", "main"),
            (".aws-sam/build/template.yaml", "{}"),
        ]);
        assert_eq!(zip_folder(&code, "").unwrap(), zip_folder(&beside, "").unwrap());
    }

    #[test]
    fn a_link_to_nothing_and_what_has_no_end_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let files = DiskFiles::new(folder.path());
        let told = |files: &DiskFiles| zip_folder(files, "").unwrap_err().to_string();
        std::os::unix::fs::symlink("nowhere", folder.path().join("gone")).unwrap();
        assert!(told(&files).contains("`gone` in it"), "{}", told(&files));
        std::fs::remove_file(folder.path().join("gone")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
        assert!(told(&files).contains("`socket` in it: it is neither a file nor a folder"), "{}", told(&files));
    }
}
