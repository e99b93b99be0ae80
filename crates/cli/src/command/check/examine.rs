//! Checks each file for itself, on as many threads as the machine has processors.

use super::gather::{Content, Job};
use base::{Diagnostic, Diagnostics, FileId, Source, Sources};
use deploy::review::suppress::{self, Suppression};
use deploy::review::{self, Found, Repository};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use template::Node;
use template::parse::{Dialect, parse};

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
        || ["Statement", "ResourceChange", "DetailList"].iter().any(|w| text.contains(w))
}

fn text(file: FileId, source: &Source, perhaps: bool, repository: Option<&Repository>) -> Examined {
    let (node, problems) = parse(file, &source.text, Dialect::Template);
    if review::is_policy(&node) {
        return ended(review::document(&name(&source.path), &node, repository), problems);
    }
    if review::is_authorization_details(&node) {
        return ended(review::authorization_details(&node), problems);
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
    if problems.iter().any(Diagnostic::is_error) {
        return ended((Vec::new(), Vec::new()), problems);
    }
    let (mut more, expanded) = review::sound(node, &BTreeMap::new());
    problems.append(&mut more);
    let (mut suppressions, mut wrong) = suppress::in_template(node);
    problems.append(&mut wrong);
    let reviewed = review::template(expanded.as_ref().unwrap_or(node), node, repository);
    let mut examined = ended(reviewed, problems);
    examined.suppressions.append(&mut suppressions);
    examined
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    /// The codes of what the transform says about a template with these lines in an API and in a function.
    fn codes(api: &str, function: &str) -> Vec<String> {
        let text = format!(
            "Transform: AWS::Serverless-2016-10-31\nResources:\n  Api:\n    Type: AWS::Serverless::Api\n    Properties:\n\
             {api}  Worker:\n    Type: AWS::Serverless::Function\n    Properties:\n{function}"
        );
        let (node, problems) = parse(FileId::default(), &text, Dialect::Template);
        let found = examine_template(&node, problems, None).found;
        let codes = found.iter().map(|found| found.diagnostic.code.to_string());
        codes.filter(|code| code.starts_with("SAM-")).collect()
    }

    const INCLUDE: &str = "{Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://definitions/api.yaml}}}";
    const WORKER: &str = "      Handler: app.main\n      Runtime: python3.13\n      InlineCode: pass\n";

    #[test]
    fn a_definition_in_a_snippet_is_not_called_wrong() {
        let api = format!("      StageName: live\n      Cors: \"'*'\"\n      DefinitionBody: {INCLUDE}\n");
        assert_eq!(codes(&api, WORKER), Vec::<String>::new());
        let auth = format!("{api}      Auth: {{ApiKeyRequired: true}}\n      Models: {{Order: {{type: object}}}}\n");
        assert_eq!(codes(&auth, WORKER), Vec::<String>::new());
    }

    #[test]
    fn what_stands_beside_a_snippet_is_still_looked_at() {
        let api = format!("      Cors: \"'*'\"\n      DefinitionBody: {INCLUDE}\n");
        assert_eq!(codes(&api, WORKER), ["SAM-001"], "without a `StageName`");
        let api = format!("      StageName: live\n      DefinitionBody: {INCLUDE}\n");
        assert_eq!(codes(&api, "      Handler: app.main\n      Runtime: python3.13\n"), Vec::<String>::new());
        assert_eq!(codes(&api, &format!("{WORKER}      Unknown: 1\n")), ["SAM-001"]);
    }

    #[test]
    fn properties_in_a_snippet_are_not_missed() {
        let api = "      Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://definitions/api.yaml}}\n";
        assert_eq!(codes(api, WORKER), Vec::<String>::new());
    }
}
