//! Checks each file for itself, on as many threads as the machine has processors.

use super::gather::{Content, Job};
use base::{Diagnostic, Diagnostics, FileId, Region, Source, Sources};
use deploy::review::suppress::{self, Suppression};
use deploy::review::{self, Found, Repository};
use std::sync::atomic::{AtomicUsize, Ordering};
use template::Node;
use template::artifact::{self, S3Location, artifacts};
use template::model::Template;
use template::parse::{Dialect, parse};
use template::sam::{self, context::Context};

/// The region that templates are transformed for.
const REGION: &str = "us-east-1";
/// Templates may be nested as deep as the reader allows, and a thread's usual two megabytes are less than a program has.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// What came of one file.
#[derive(Debug, Default)]
pub(super) struct Examined {
    /// Whether it is anything that is checked.
    pub(super) counts: bool,
    pub(super) found: Vec<Found>,
    pub(super) suppressions: Vec<Suppression>,
}

/// Checks all files; the answers are in the order of the jobs.
pub(super) fn all(jobs: &[Job], sources: &Sources, repository: Option<&Repository>) -> Vec<Examined> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((index, job)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| Some((i, jobs.get(i)?)))
        {
            done.push((index, one(job, sources, repository)));
        }
        done
    };
    let mut done = std::thread::scope(|scope| {
        let spawn = |_| std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work).ok();
        let spawned: Vec<_> = (0..threads).filter_map(spawn).collect();
        let mut done: Vec<_> = spawned.into_iter().filter_map(|thread| thread.join().ok()).flatten().collect();
        // Without any thread the work is done here.
        done.extend(work());
        done
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, examined)| examined).collect()
}

fn one(job: &Job, sources: &Sources, repository: Option<&Repository>) -> Examined {
    let Some(source) = sources.get(job.file) else { return Examined::default() };
    match &job.content {
        Content::Done => Examined { counts: true, ..Examined::default() },
        Content::Read { template, warnings } => examine_template(template, warnings.clone(), repository),
        Content::Additional => {
            let (node, problems) = parse(job.file, &source.text, Dialect::Strict);
            ended(review::additional(&name(&source.path), &node), problems)
        }
        Content::Text | Content::Perhaps => {
            let perhaps = matches!(job.content, Content::Perhaps);
            if perhaps && !looks_right(&source.text) {
                return Examined::default();
            }
            text(job.file, source, perhaps, repository)
        }
    }
}

/// Whether a text may be a template, a policy or a change set, before it is read.
fn looks_right(text: &str) -> bool {
    text.contains("Resources") && text.contains("Type")
        || ["Statement", "ResourceChange"].iter().any(|w| text.contains(w))
}

fn text(file: FileId, source: &Source, perhaps: bool, repository: Option<&Repository>) -> Examined {
    let (node, problems) = parse(file, &source.text, Dialect::Template);
    if review::is_policy(&node) {
        return ended(review::document(&name(&source.path), &node, repository), problems);
    }
    if review::is_change_set(&node) {
        return ended((review::change_set(&node), Diagnostics::new()), problems);
    }
    let resources = node.get("Resources").and_then(Node::as_map);
    if perhaps && !resources.is_some_and(|map| map.iter().any(|(_, r)| r.get("Type").is_some())) {
        return Examined::default();
    }
    examine_template(&node, problems, repository)
}

/// What findings about a file of its own call it.
fn name(path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned()
}

fn ended((found, more): (Vec<Found>, Diagnostics), problems: Diagnostics) -> Examined {
    let found = problems.into_iter().chain(more).map(Found::from).chain(found).collect();
    Examined { counts: true, found, suppressions: Vec::new() }
}

fn examine_template(node: &Node, mut problems: Diagnostics, repository: Option<&Repository>) -> Examined {
    let broken = |problems: &Diagnostics| problems.iter().any(Diagnostic::is_error);
    if broken(&problems) {
        return ended((Vec::new(), Vec::new()), problems);
    }
    let (model, mut more) = Template::read(node);
    problems.append(&mut more);
    let sound = model.is_serverless() && !broken(&problems);
    let mut expanded = None;
    if sound {
        match sam::transform(packaged(node.clone()), &Context::for_region(REGION)) {
            Ok(made) => expanded = Some(made),
            Err(error) => problems.extend(error.diagnostics()),
        }
    }
    let (mut suppressions, mut wrong) = suppress::in_template(node);
    problems.append(&mut wrong);
    let reviewed = review::template(expanded.as_ref().unwrap_or(node), node, repository);
    let mut examined = ended(reviewed, problems);
    examined.suppressions.append(&mut suppressions);
    examined
}

/// The template with a place in S3 for everything local that it names: the transform takes nothing else.
fn packaged(mut node: Node) -> Node {
    if let Ok(region) = Region::new(REGION) {
        let place = S3Location { bucket: "packaged".into(), key: "artifact".into(), version: None, region };
        for artifact in artifacts(&node) {
            // What has no place is left as it is: the transform says what is wrong with it.
            let _ = artifact::place(&mut node, &artifact, &place);
        }
    }
    node
}
