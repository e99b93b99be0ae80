//! From text to a pipeline.

use super::keys::{self, FILE, WRAPPED_FILE};
use super::{Artifact, ArtifactKind, OrganizationGuard, Pipeline, StateHome};
use super::{check, read_stage, read_step, read_windows, shape};
use crate::bootstrap::Settings;
use crate::expression::Expr;
use crate::window::Windows;
use base::{AccountId, Diagnostic, Diagnostics, FileId, Region, Span};
use indexmap::IndexMap;
use template::parse::{Dialect, parse};
use template::{Map, Node};

/// Reads the pipeline file `text`, whose pipeline is called `name` after its folder.
///
/// All problems come back at once. What could be read comes back as well: stages and steps with errors may be missing
/// from it, so nothing may be deployed when a diagnostic is an error.
pub fn read_pipeline(name: &str, file: FileId, text: &str) -> (Pipeline, Diagnostics) {
    read_pipeline_with(name, file, text, None)
}

/// Reads the pipeline of a project that has a bootstrap file: stages that name no roles have those of the bootstrap, and
/// keep their artifacts apart.
pub fn read_pipeline_with(
    name: &str,
    file: FileId,
    text: &str,
    bootstrap: Option<&Settings>,
) -> (Pipeline, Diagnostics) {
    let (root, diagnostics) = parse(file, text, Dialect::Strict);
    let convention = bootstrap.map(|settings| (name, settings));
    let mut reader = Reader { text, convention, out: diagnostics };
    let syntax_errors = reader.out.iter().any(Diagnostic::is_error);
    let pipeline = match root.as_map() {
        Some(map) => reader.file(name, map, root.span),
        None => {
            if !syntax_errors {
                let found = if root.is_null() { "it is empty".to_owned() } else { format!("it is {}", root.kind()) };
                let message = "a pipeline file is a mapping";
                let diagnostic = Diagnostic::error("PIPE-033", message).at(root.span).why(found);
                reader.out.push(
                    diagnostic.hint("write `version: 1`, `stages:` and `steps:`; `landfall init` writes a first one"),
                );
            }
            empty(name)
        }
    };
    // After a syntax error what follows is often missing only because it could not be read.
    if syntax_errors {
        reader.out.retain(|problem| !["PIPE-002", "PIPE-013", "EXPR-002"].contains(&problem.code.as_str()));
    }
    reader.out.sort_by_key(|problem| problem.span.map_or(u32::MAX, |span| span.start));
    (pipeline, reader.out)
}

fn empty(name: &str) -> Pipeline {
    Pipeline {
        name: name.to_owned(),
        version: 1,
        tracks: None,
        organization: None,
        profile: None,
        state: StateHome::Disk,
        windows: Windows::built_in(),
        artifacts: IndexMap::new(),
        stages: Vec::new(),
        steps: Vec::new(),
    }
}

/// Takes what is there and well-formed; the rest has been reported by `shape`.
pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    /// The pipeline's name and the settings that its roles follow from.
    pub(super) convention: Option<(&'t str, &'t Settings)>,
    pub(super) out: Diagnostics,
}

impl Reader<'_> {
    fn file(&mut self, name: &str, root: &Map, span: Span) -> Pipeline {
        let wrapped = root.get("pipeline").and_then(Node::as_map);
        shape::check_object(if wrapped.is_some() { &WRAPPED_FILE } else { &FILE }, root, span, &mut self.out);
        let body = wrapped.unwrap_or(root);
        let mut pipeline = empty(name);
        self.check_name(name);
        pipeline.tracks = text(body, "tracks").map(str::to_owned);
        pipeline.organization = body.get("organization").and_then(Node::as_map).map(|map| self.organization(map));
        if let Some(node) = body.get("state") {
            pipeline.state = self.state(node);
        }
        pipeline.windows = read_windows::read(self, body);
        pipeline.artifacts = self.artifacts(body);
        pipeline.steps = read_step::read(self, body, &pipeline.artifacts);
        pipeline.stages = read_stage::read(self, body, &pipeline.windows);
        check::check(self, body, &pipeline);
        pipeline
    }

    fn check_name(&mut self, name: &str) {
        if !is_slug(name) {
            let message = format!("`{name}` cannot be the name of a pipeline");
            let diagnostic = Diagnostic::error("PIPE-008", message).why("the folder's name is the pipeline's name");
            self.out.push(diagnostic.hint("name the folder with lower-case letters, digits and hyphens, 64 at most"));
        }
    }

    fn organization(&mut self, map: &Map) -> OrganizationGuard {
        let id = map.get("id").and_then(|node| Some((node.as_str()?, node.span)));
        if let Some((id, span)) = id {
            let rest = id.strip_prefix("o-").unwrap_or_default();
            let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            if !(10..=32).contains(&rest.len()) || !rest.chars().all(known) {
                let message = format!("`{id}` is not the id of an organization");
                let hint = "it is `o-` and 10 to 32 lower-case letters and digits, as `aws organizations describe-organization` shows it";
                self.out.push(Diagnostic::error("PIPE-030", message).at(span).hint(hint));
            }
        }
        OrganizationGuard {
            id: id.map(|(id, _)| id.to_owned()),
            cicd_account_id: text(map, "cicd_account_id").and_then(|id| AccountId::new(id).ok()),
            cicd_region: text(map, "cicd_account_region").and_then(|region| Region::new(region).ok()),
        }
    }

    fn state(&mut self, node: &Node) -> StateHome {
        let Some(text) = node.as_str() else { return StateHome::Disk };
        if text == "disk" {
            return StateHome::Disk;
        }
        let Some(rest) = text.strip_prefix("s3://") else {
            let message = format!("`state` cannot be `{text}`");
            self.out.push(
                Diagnostic::error("PIPE-023", message).at(node.span).hint("write `disk`, or `s3://bucket/prefix`"),
            );
            return StateHome::Disk;
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        self.bucket(bucket, node.span);
        StateHome::Bucket { bucket: bucket.to_owned(), prefix: prefix.trim_matches('/').to_owned() }
    }

    /// Bucket names as "General purpose bucket naming rules" in the Amazon S3 User Guide has them.
    pub(super) fn bucket(&mut self, bucket: &str, span: Span) {
        let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        let ends = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let good = (3..=63).contains(&bucket.len())
            && bucket.chars().all(known)
            && bucket.starts_with(ends)
            && bucket.ends_with(ends)
            && !bucket.contains("..")
            && !bucket.starts_with("xn--");
        if !good {
            let message = format!("`{bucket}` cannot be the name of a bucket");
            let hint = "write 3 to 63 lower-case letters, digits, hyphens and points, a letter or digit at both ends";
            self.out.push(Diagnostic::error("PIPE-029", message).at(span).hint(hint));
        }
    }

    fn artifacts(&mut self, body: &Map) -> IndexMap<String, Artifact> {
        let mut artifacts = IndexMap::new();
        let Some(map) = body.get("artifacts").and_then(Node::as_map) else { return artifacts };
        for (name, entry) in map.entries() {
            if !is_slug(name) {
                self.bad_name("an artifact", name, entry.key_span);
            }
            let Some(artifact) = entry.node.as_map() else {
                self.out.push(shape::wrong_type(name, "a mapping", &entry.node));
                continue;
            };
            if let Some(artifact) = self.artifact(name, artifact, &entry.node, entry.key_span) {
                artifacts.insert(name.to_owned(), artifact);
            }
        }
        artifacts
    }

    fn artifact(&mut self, name: &str, map: &Map, node: &Node, span: Span) -> Option<Artifact> {
        let known = map.get("type").and_then(Node::as_str);
        let kind = match known {
            Some("sam") => ArtifactKind::Sam,
            Some("cloudformation") => ArtifactKind::CloudFormation,
            Some(other) => {
                let place = map.get("type").map_or(span, |node| node.span);
                self.out.push(unknown_artifact_type(other).at(place));
                return None;
            }
            None => {
                shape::check_object(&keys::ARTIFACT, map, node.span, &mut self.out);
                if let Some(node) = map.get("type") {
                    self.out.push(shape::wrong_type("type", "`sam` or `cloudformation`", node));
                }
                return None;
            }
        };
        shape::check_object(&keys::ARTIFACT, map, node.span, &mut self.out);
        let template = self.path(map, "template")?;
        Some(Artifact { name: name.to_owned(), kind, template, build: texts(map, "build"), span })
    }

    /// A path below the repository root, in its simplest form. A leading `/` means the root.
    pub(super) fn path(&mut self, map: &Map, key: &str) -> Option<String> {
        let node = map.get(key)?;
        let text = node.as_str().filter(|text| !text.trim().is_empty())?;
        let mut parts: Vec<&str> = Vec::new();
        for part in text.split('/') {
            match part {
                "" | "." => {}
                ".." if parts.pop().is_none() => {
                    let message = format!("`{text}` leads out of the repository");
                    self.out.push(
                        Diagnostic::error("PIPE-034", message)
                            .at(node.span)
                            .hint("write a path below the repository root"),
                    );
                    return None;
                }
                ".." => {}
                part => parts.push(part),
            }
        }
        Some(parts.join("/"))
    }

    pub(super) fn bad_name(&mut self, what: &str, name: &str, span: Span) {
        let message = format!("`{name}` cannot be the name of {what}");
        let slug: String = name
            .to_lowercase()
            .chars()
            .map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' })
            .collect();
        let slug = slug.trim_matches('-');
        let hint = if is_slug(slug) {
            format!("write lower-case letters, digits and hyphens: `{slug}`")
        } else {
            "write lower-case letters, digits and hyphens, 64 at most, a letter first".to_owned()
        };
        self.out.push(Diagnostic::error("PIPE-008", message).at(span).hint(hint));
    }

    /// The expression at a key.
    pub(super) fn expr(&mut self, map: &Map, key: &str) -> Option<Expr> {
        let node = map.get(key)?;
        Some(Expr::from_node(node, self.text, &mut self.out))
    }

    /// The expressions of a mapping at a key.
    pub(super) fn exprs(&mut self, map: &Map, key: &str) -> IndexMap<String, Expr> {
        let Some(map) = map.get(key).and_then(Node::as_map) else { return IndexMap::new() };
        map.iter().map(|(name, node)| (name.to_owned(), Expr::from_node(node, self.text, &mut self.out))).collect()
    }
}

fn unknown_artifact_type(found: &str) -> Diagnostic {
    let later = ["docker", "bundle", "lambda"];
    let plain = found.strip_prefix("DEVRAMPS:").unwrap_or(found).split(':').next().unwrap_or_default().to_lowercase();
    if later.contains(&plain.as_str()) {
        return Diagnostic::error("PIPE-017", format!("artifacts of type `{found}` are not available in this version"))
            .hint("`sam` packages the code of a SAM template, `cloudformation` that of a plain template");
    }
    let diagnostic = Diagnostic::error("PIPE-006", format!("unknown artifact type `{found}`"));
    match crate::suggest::hint(found, ["sam", "cloudformation"]) {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    }
}

/// Whether a pipeline, and the folder with its file, may have the name: lower-case letters, digits and hyphens between
/// them, 64 at most.
pub fn is_pipeline_name(name: &str) -> bool {
    is_slug(name)
}

/// Lower-case letters, digits and hyphens, 64 at most, a letter or digit at both ends.
pub(super) fn is_slug(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (1..=64).contains(&name.len())
        && name.bytes().all(|b| plain(b) || b == b'-')
        && name.bytes().next().is_some_and(plain)
        && name.bytes().last().is_some_and(plain)
}

/// The text at a key.
pub(super) fn text<'m>(map: &'m Map, key: &str) -> Option<&'m str> {
    map.get(key)?.as_str()
}

/// The texts at a key that may hold one or several.
pub(super) fn texts(map: &Map, key: &str) -> Vec<String> {
    let Some(node) = map.get(key) else { return Vec::new() };
    match node.as_list() {
        Some(items) => items.iter().filter_map(Node::as_str).map(str::to_owned).collect(),
        None => node.as_str().map(str::to_owned).into_iter().collect(),
    }
}

/// The nodes at a key that may hold one or several.
pub(super) fn nodes<'m>(map: &'m Map, key: &str) -> Vec<&'m Node> {
    match map.get(key) {
        Some(node) => node.as_list().map_or_else(|| vec![node], |items| items.iter().collect()),
        None => Vec::new(),
    }
}

/// The whole number at a key, if it is one that fits.
pub(super) fn int(map: &Map, key: &str) -> Option<u32> {
    map.get(key)?.as_int().and_then(|n| u32::try_from(n).ok())
}

/// The boolean at a key.
pub(super) fn boolean(map: &Map, key: &str) -> Option<bool> {
    map.get(key)?.as_bool()
}
