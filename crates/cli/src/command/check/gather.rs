//! Finds and reads what is to be checked. Every file is read once.

use crate::args::Global;
use crate::folder::{self, Folder};
use crate::project;
use crate::trouble::Trouble;
use base::{Diagnostic, Diagnostics, FileId, Sources, Span};
use deploy::bootstrap::Settings;
use deploy::plan::{TemplateFacts, check_steps, template_of};
use deploy::project::{Pipeline, TemplateSource, read_pipeline_with};
use deploy::review::suppress::{self, Suppression};
use deploy::review::{Found, Repository};
use engine::package::{Bundle, DiskFiles, Part, bundle};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use template::Node;
use template::artifact::{ArtifactKind, artifacts};
use template::parse::{Dialect, parse};

/// What a text is.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// A template that was read while its artifacts were looked for.
    Read { template: Box<Node>, warnings: Diagnostics },
    /// A template or a policy; which of the two, its text says.
    Text,
    /// The same, in a folder in which other files lie too: what is neither is passed over.
    Perhaps,
    /// Policies that the roles of a pipeline get beside the derived ones.
    Additional,
    /// A pipeline file, which is done.
    Done,
}

/// One file.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) file: FileId,
    pub(super) content: Content,
}

/// Everything that was read.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) sources: Sources,
    pub(super) jobs: Vec<Job>,
    pub(super) found: Vec<Found>,
    pub(super) suppressions: Vec<Suppression>,
    /// The repository whose jobs deploy.
    pub(super) repository: Option<Repository>,
    /// Files that were named by themselves, and the templates nested in them.
    read: BTreeSet<PathBuf>,
    /// Nested templates may be named by several others.
    nested: BTreeSet<String>,
}

/// The names of extra policies beside a pipeline, in the order in which they are looked for.
const ADDITIONAL: [&str; 3] =
    ["aws_additional_iam_policies.json", "aws_additional_iam_policies.yaml", "aws_additional_iam_policies.yml"];
/// Where suppressions stand that cannot stand beside a resource.
const SUPPRESSIONS: &str = ".landfall/suppressions.yaml";
/// Folders in which nobody's own templates lie.
const PASSED_OVER: [&str; 5] = [".git", ".aws-sam", "node_modules", ".venv", "cdk.out"];
/// Types of resources that nest a template.
const NESTING: [&str; 2] = ["AWS::CloudFormation::Stack", "AWS::Serverless::Application"];
/// Templates nested deeper than this nest themselves.
const DEEPEST: usize = 20;
/// How files of a folder end that may be templates or policies.
const ENDINGS: [&str; 4] = ["json", "template", "yaml", "yml"];

/// The templates that a pipeline deploys, with where it names them.
fn named(pipeline: &Pipeline) -> BTreeMap<String, Option<Span>> {
    let artifacts = pipeline.artifacts.keys().map(|name| TemplateSource::Artifact(name.clone()));
    artifacts.chain(deploy::plan::sources(pipeline)).map(|source| template_of(pipeline, &source)).collect()
}

/// What the steps of a pipeline and their templates say of one another.
fn steps(pipeline: &Pipeline, facts: &BTreeMap<String, TemplateFacts>) -> Diagnostics {
    let by_step = pipeline.steps.iter().filter_map(|step| {
        let (template, _) = template_of(pipeline, &step.kind.stack()?.source);
        Some((step.id.clone(), facts.get(&template)?.clone()))
    });
    check_steps(pipeline, &by_step.collect())
}

impl Gathered {
    /// The project's pipelines, or its only template.
    pub(super) fn project(&mut self, folder: &Folder, global: &Global) -> Result<(), Trouble> {
        let names = match &global.pipeline {
            Some(name) => folder.choose(Some(name))?.into_iter().collect(),
            None => folder.pipelines(),
        };
        let mut templates = BTreeMap::new();
        let mut pipelines = Vec::new();
        let (settings, found) = project::bootstrap(folder, &mut self.sources)?;
        self.found.extend(found.into_iter().map(Found::from));
        self.repository = settings.as_ref().and_then(Repository::of);
        for name in &names {
            let file = folder.read(&Folder::pipeline_path(name), &mut self.sources)?;
            let pipeline = self.pipeline(name, file, settings.as_ref());
            templates.extend(named(&pipeline));
            pipelines.push(pipeline);
            self.additional(&folder.root.join(".landfall").join(name), &format!(".landfall/{name}"))?;
        }
        if names.is_empty() {
            templates.extend(folder.template().map(|template| (template, None)));
            if templates.is_empty() {
                let told = Diagnostic::error("CLI-010", "there is nothing to check here");
                let hint = "`landfall init` makes a pipeline; `--project` names another folder";
                return Err(Trouble::usage(told.why("the folder has no pipeline and no template").hint(hint)));
            }
        }
        let mut facts = BTreeMap::new();
        for (template, named_at) in templates {
            if let Some(known) = self.bundle(folder, &template, named_at) {
                facts.insert(template, known);
            }
        }
        for pipeline in &pipelines {
            self.found.extend(steps(pipeline, &facts).into_iter().map(Found::from));
        }
        Ok(())
    }

    /// What the project's bootstrap file says of the repository. Whether the file is right is for the whole project's check.
    pub(super) fn surroundings(&mut self, folder: &Folder) -> Result<(), Trouble> {
        let (settings, _) = project::bootstrap(folder, &mut Sources::new())?;
        self.repository = settings.as_ref().and_then(Repository::of);
        Ok(())
    }

    /// A file, or everything in a folder that is a template, a policy or a pipeline.
    pub(super) fn path(&mut self, path: &Path) -> Result<(), Trouble> {
        if path.is_dir() {
            return self.inside(path, 0);
        }
        self.nested(path, 0)
    }

    /// A template with the local templates that it nests, or any other file.
    fn nested(&mut self, path: &Path, depth: usize) -> Result<(), Trouble> {
        let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if depth > DEEPEST || !self.read.insert(place) {
            return Ok(());
        }
        let file = self.file(path, Content::Text)?;
        let text = self.sources.get(file).map(|s| s.text.clone()).unwrap_or_default();
        if !NESTING.iter().any(|kind| text.contains(kind)) {
            return Ok(());
        }
        let (template, _) = parse(file, &text, Dialect::Template);
        for inner in artifacts(&template).iter().filter(|a| a.kind == ArtifactKind::Template) {
            let inner = path.parent().unwrap_or(Path::new("")).join(&inner.local);
            // One that is not there is found when the project is packaged.
            if inner.is_file() {
                self.nested(&inner, depth + 1)?;
            }
        }
        Ok(())
    }

    fn inside(&mut self, folder: &Path, depth: usize) -> Result<(), Trouble> {
        // Deeper means a loop of symbolic links.
        if depth > 64 {
            return Ok(());
        }
        let mut entries: Vec<_> = std::fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
        entries.sort();
        for path in entries {
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            if path.is_dir() {
                if !PASSED_OVER.contains(&name.as_str()) {
                    self.inside(&path, depth + 1)?;
                }
            } else if path.extension().is_some_and(|e| ENDINGS.iter().any(|known| e.eq_ignore_ascii_case(known))) {
                self.file(&path, Content::Perhaps)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, content: Content) -> Result<FileId, Trouble> {
        let shown = path.display().to_string();
        let file = folder::read(path, shown.strip_prefix("./").unwrap_or(&shown), &mut self.sources)?;
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if name == "pipeline.yaml" {
            let holder = path.parent().and_then(Path::file_name);
            let pipeline = holder.map_or_else(|| "pipeline".into(), |n| n.to_string_lossy());
            self.pipeline(&pipeline, file, None);
        } else if ADDITIONAL.contains(&name.as_str()) {
            self.jobs.push(Job { file, content: Content::Additional });
        } else {
            self.jobs.push(Job { file, content });
        }
        Ok(file)
    }

    /// Checks a pipeline and returns it, as far as it could be read.
    fn pipeline(&mut self, name: &str, file: FileId, settings: Option<&Settings>) -> Pipeline {
        let text = self.sources.get(file).map(|s| s.text.as_str()).unwrap_or_default();
        let (pipeline, found) = read_pipeline_with(name, file, text, settings);
        self.found.extend(found.into_iter().map(Found::from));
        self.jobs.push(Job { file, content: Content::Done });
        pipeline
    }

    fn additional(&mut self, folder: &Path, shown: &str) -> Result<(), Trouble> {
        let Some(name) = ADDITIONAL.iter().find(|name| folder.join(name).is_file()) else { return Ok(()) };
        let file = folder::read(&folder.join(name), &format!("{shown}/{name}"), &mut self.sources)?;
        self.jobs.push(Job { file, content: Content::Additional });
        Ok(())
    }

    /// A template of the project, with everything that it names. What is so of it, when it could be read.
    fn bundle(&mut self, folder: &Folder, path: &str, named_at: Option<Span>) -> Option<TemplateFacts> {
        let first = self.sources.len();
        match bundle(&DiskFiles::new(&folder.root), path, named_at, &mut self.sources) {
            Ok(bundle) => {
                let facts = named_at.map(|_| TemplateFacts::of(&bundle.source()));
                self.bundled(bundle);
                facts
            }
            Err(found) => {
                self.found.extend(found.into_iter().map(Found::from));
                // What it names is not all there; what it says about access can be judged all the same.
                if self.sources.len() > first {
                    let file = FileId(u32::try_from(first).unwrap_or(u32::MAX));
                    self.jobs.push(Job { file, content: Content::Text });
                }
                None
            }
        }
    }

    fn bundled(&mut self, bundle: Bundle) {
        let file = bundle.template.span.file;
        let path = self.sources.get(file).map(|s| s.path.clone()).unwrap_or_default();
        if !self.nested.insert(path) {
            return;
        }
        let content = Content::Read { template: Box::new(bundle.template), warnings: bundle.warnings };
        self.jobs.push(Job { file, content });
        for (_, part) in bundle.parts {
            if let Part::Template(inner) = part {
                self.bundled(*inner);
            }
        }
    }

    /// The project's own list of suppressions.
    pub(super) fn suppressions(&mut self, folder: &Folder) -> Result<(), Trouble> {
        if folder.root.join(SUPPRESSIONS).is_file() {
            let file = folder.read(SUPPRESSIONS, &mut self.sources)?;
            let text = self.sources.get(file).map(|s| s.text.as_str()).unwrap_or_default();
            let (node, mut problems) = parse(file, text, Dialect::Strict);
            let (list, more) = suppress::in_file(&node);
            problems.extend(more);
            self.suppressions = list;
            self.found.extend(problems.into_iter().map(Found::from));
        }
        Ok(())
    }
}
