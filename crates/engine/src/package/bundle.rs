//! A template with everything that it names: found, read, zipped and digested, nested templates within.

use super::archive::{ArchiveError, join, zip_file, zip_folder};
use super::files::{EntryKind, Files};
use base::{Diagnostic, Diagnostics, Digest, Sources, Span};
use deploy::permissions::SourceTemplate;
use deploy::plan::digest_of;
use std::collections::BTreeMap;
use template::artifact::{ArtifactKind, ArtifactRef, artifacts};
use template::{Dialect, Node, parse};

/// How deep templates may be nested; deeper means that one contains itself.
const DEEPEST: usize = 20;

/// A template and everything local that it names.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// The template as it was read.
    pub template: Node,
    /// What is worth a warning in its text.
    pub warnings: Diagnostics,
    /// What it names.
    pub parts: Vec<(ArtifactRef, Part)>,
    /// Bytes by digest, of this template and of the ones nested in it.
    pub blobs: BTreeMap<Digest, Vec<u8>>,
}

/// Something that a template names.
#[derive(Debug, Clone)]
pub enum Part {
    /// Bytes that are the same in every target.
    Object {
        /// Their digest.
        digest: Digest,
        /// How many.
        bytes: u64,
        /// The ending of the object's key, with its dot; may be empty.
        ending: String,
    },
    /// A template, which is rewritten for every target.
    Template(Box<Bundle>),
}

impl Bundle {
    /// The template with those of its nested stacks.
    pub fn source(&self) -> SourceTemplate<'_> {
        let nested = self.parts.iter().filter_map(|(artifact, part)| match part {
            Part::Template(inner) if artifact.is_nested_stack() => Some((artifact.owner.as_str(), inner.source())),
            _ => None,
        });
        SourceTemplate { template: &self.template, nested: nested.collect() }
    }
}

/// Reads a template and everything that it names. `named_at` is where its own path stands, if it stands anywhere.
///
/// # Errors
/// Everything that is wrong with the template's text and everything that is missing, all at once.
pub fn bundle(
    files: &dyn Files,
    path: &str,
    named_at: Option<Span>,
    sources: &mut Sources,
) -> Result<Bundle, Diagnostics> {
    let mut reader = Reader { files, sources, made: BTreeMap::new() };
    reader.bundle(path, named_at, 0)
}

struct Reader<'a> {
    files: &'a dyn Files,
    sources: &'a mut Sources,
    /// What was made already, by path and kind: a folder that ten functions share is zipped once.
    made: BTreeMap<(String, bool), (Digest, Vec<u8>)>,
}

impl Reader<'_> {
    fn bundle(&mut self, path: &str, named_at: Option<Span>, depth: usize) -> Result<Bundle, Diagnostics> {
        let located = |d: Diagnostic| match named_at {
            Some(span) => d.at(span),
            None => d,
        };
        if depth > DEEPEST {
            let told = Diagnostic::error("PKG-003", format!("templates are nested deeper than {DEEPEST}"));
            return Err(vec![located(told.why("does a template contain itself?").hint("break the circle"))]);
        }
        let bytes = self.files.read(path).map_err(|e| {
            let told = Diagnostic::error("PKG-001", format!("the template `{path}` cannot be read: {e}"));
            vec![located(told.hint("check the path; it is relative to the file that names it"))]
        })?;
        let text = String::from_utf8(bytes).map_err(|_| {
            vec![located(
                Diagnostic::error("PKG-002", format!("the template `{path}` is not UTF-8 text"))
                    .hint("save it as UTF-8"),
            )]
        })?;
        let file = self.sources.add(path, text.clone());
        let (template, mut found) = parse(file, &text, Dialect::Template);
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut bundle = Bundle { template, warnings: Vec::new(), parts: Vec::new(), blobs: BTreeMap::new() };
        for artifact in artifacts(&bundle.template) {
            match self.part(folder, &artifact, depth, &mut bundle.blobs) {
                Ok(Some(part)) => bundle.parts.push((artifact, part)),
                Ok(None) => {}
                Err(mut more) => found.append(&mut more),
            }
        }
        if found.iter().any(Diagnostic::is_error) {
            return Err(found);
        }
        bundle.warnings = found;
        Ok(bundle)
    }

    fn part(
        &mut self,
        folder: &str,
        artifact: &ArtifactRef,
        depth: usize,
        blobs: &mut BTreeMap<Digest, Vec<u8>>,
    ) -> Result<Option<Part>, Diagnostics> {
        let path = normalize(folder, &artifact.local).ok_or_else(|| vec![outside(artifact)])?;
        let kind = self.files.kind(&path).map_err(|e| vec![unreadable(artifact, &path, &e.to_string())])?;
        let Some(kind) = kind else { return Err(vec![missing(artifact, &path)]) };
        if artifact.kind == ArtifactKind::Template {
            let mut inner = self.bundle(&path, Some(artifact.span), depth + 1)?;
            blobs.append(&mut inner.blobs);
            return Ok(Some(Part::Template(Box::new(inner))));
        }
        let (digest, bytes, ending) = self.object(artifact, &path, kind)?;
        let part = Part::Object { digest: digest.clone(), bytes: bytes.len() as u64, ending };
        blobs.insert(digest, bytes);
        Ok(Some(part))
    }

    fn object(
        &mut self,
        artifact: &ArtifactRef,
        path: &str,
        kind: EntryKind,
    ) -> Result<(Digest, Vec<u8>, String), Diagnostics> {
        let ending = path.rsplit_once('/').map_or(path, |(_, name)| name);
        let ending = ending.rsplit_once('.').map_or(String::new(), |(_, e)| format!(".{e}"));
        let zip = match (artifact.kind, kind) {
            (ArtifactKind::File, EntryKind::Folder) => return Err(vec![folder_for_file(artifact, path)]),
            (ArtifactKind::Zip | ArtifactKind::FileOrZip, EntryKind::Folder) => true,
            (ArtifactKind::Zip, EntryKind::File { .. }) => ![".zip", ".jar"].contains(&ending.as_str()),
            _ => false,
        };
        let ending = if zip { ".zip".to_owned() } else { ending };
        if let Some((digest, bytes)) = self.made.get(&(path.to_owned(), zip)) {
            return Ok((digest.clone(), bytes.clone(), ending));
        }
        let bytes = match (zip, kind) {
            (true, EntryKind::Folder) => zip_folder(self.files, path),
            (true, EntryKind::File { executable }) => zip_file(self.files, path, executable),
            (false, _) => self.files.read(path).map_err(|error| ArchiveError::Read { path: path.to_owned(), error }),
        };
        let bytes = bytes.map_err(|e| vec![unreadable(artifact, path, &e.to_string())])?;
        let digest = digest_of(&bytes);
        self.made.insert((path.to_owned(), zip), (digest.clone(), bytes.clone()));
        Ok((digest, bytes, ending))
    }
}

/// A path relative to the project, without `.` and `..`; nothing when it leads out of it.
fn normalize(folder: &str, local: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    let local = local.strip_prefix("file://").unwrap_or(local);
    if local.starts_with('/') {
        return None;
    }
    let whole = join(folder, local);
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

fn name(artifact: &ArtifactRef) -> String {
    format!("`{}` of `{}`", artifact.property, artifact.owner)
}

fn missing(artifact: &ArtifactRef, path: &str) -> Diagnostic {
    Diagnostic::error("PKG-004", format!("{} names `{path}`, which is not there", name(artifact)))
        .at(artifact.span)
        .hint("correct the path, or build it first (`build` of the artifact in the pipeline)")
}

fn outside(artifact: &ArtifactRef) -> Diagnostic {
    Diagnostic::error("PKG-005", format!("{} names `{}`, outside of the project", name(artifact), artifact.local))
        .at(artifact.span)
        .why("a release is made from the project's folder only, so that it can be made again anywhere")
        .hint("move it into the project, or give the project's folder with `--project`")
}

fn unreadable(artifact: &ArtifactRef, path: &str, why: &str) -> Diagnostic {
    let named = if path.is_empty() { "the project's folder".to_owned() } else { format!("`{path}`") };
    Diagnostic::error("PKG-006", format!("{} names {named}, which cannot be packaged: {why}", name(artifact)))
        .at(artifact.span)
        .hint("make it readable, or name something else")
}

fn folder_for_file(artifact: &ArtifactRef, path: &str) -> Diagnostic {
    Diagnostic::error("PKG-007", format!("{} must name a file, and `{path}` is a folder", name(artifact)))
        .at(artifact.span)
        .hint("name the file itself")
}

#[cfg(test)]
mod tests {
    use super::normalize;

    #[test]
    fn paths_stay_in_the_project() {
        assert_eq!(normalize("", "src/").as_deref(), Some("src"));
        assert_eq!(normalize("a/b", "../c").as_deref(), Some("a/c"));
        assert_eq!(normalize("", ".").as_deref(), Some(""));
        assert_eq!(normalize("a", "../../c"), None);
        assert_eq!(normalize("", "/etc"), None);
    }
}
