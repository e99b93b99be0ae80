//! Checks each file for itself, on as many threads as the machine has processors.

use super::gather::{Content, Job};
use base::{Diagnostic, Diagnostics, FileId, Region, Source, Sources};
use deploy::review::suppress::{self, Suppression};
use deploy::review::{self, Found, Repository};
use std::sync::atomic::{AtomicUsize, Ordering};
use template::artifact::{self, S3Location, artifacts};
use template::model::Template;
use template::parse::{Dialect, parse};
use template::sam::{self, context::Context};
use template::{Map, Node, Value};

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
    let broken = |problems: &Diagnostics| problems.iter().any(Diagnostic::is_error);
    if broken(&problems) {
        return ended((Vec::new(), Vec::new()), problems);
    }
    let (model, mut more) = Template::read(node);
    problems.append(&mut more);
    let sound = model.is_serverless() && !broken(&problems);
    let mut expanded = None;
    if sound {
        let (known, complete) = included(packaged(node.clone()));
        match sam::transform(known, &Context::for_region(REGION)) {
            Ok(made) => expanded = Some(made),
            Err(error) if complete => problems.extend(error.diagnostics()),
            // What is wrong may stand right in a snippet that is not here.
            Err(_) => {}
        }
    }
    let (mut suppressions, mut wrong) = suppress::in_template(node);
    problems.append(&mut wrong);
    let reviewed = review::template(expanded.as_ref().unwrap_or(node), node, repository);
    let mut examined = ended(reviewed, problems);
    examined.suppressions.append(&mut suppressions);
    examined
}

/// The template as CloudFormation gives it to the SAM transform, as far as it is known here: snippets of `AWS::Include` are
/// put in before ("Template macros overview", CloudFormation User Guide), but they stand in objects in S3. A definition of
/// an API gets the least that makes it one. Also whether nothing else of what the transform reads is a snippet.
fn included(mut node: Node) -> (Node, bool) {
    let resources = node.as_map_mut().and_then(|map| map.get_mut("Resources")).and_then(Node::as_map_mut);
    for (_, resource) in resources.into_iter().flat_map(Map::iter_mut) {
        let version = match resource.get("Type").and_then(Node::as_str) {
            Some("AWS::Serverless::Api") => ("swagger", "2.0"),
            Some("AWS::Serverless::HttpApi") => ("openapi", "3.0.1"),
            _ => continue,
        };
        let properties = resource.as_map_mut().and_then(|map| map.get_mut("Properties")).and_then(Node::as_map_mut);
        if let Some(body) = properties.and_then(|map| map.get_mut("DefinitionBody")) {
            complete_definition(body, version);
        }
    }
    let complete = !lacks_snippets(&node);
    (node, complete)
}

/// Whether something else of what the transform reads stands in a snippet.
fn lacks_snippets(node: &Node) -> bool {
    let is_serverless = |resource: &Node| {
        resource.get("Type").and_then(Node::as_str).is_some_and(|kind| kind.starts_with("AWS::Serverless::"))
    };
    let lacks = |resources: &Map| {
        resources.contains_key(SNIPPET)
            || resources.iter().any(|(_, resource)| is_serverless(resource) && has_snippet(resource))
    };
    includes_at_top(node)
        || node.get("Globals").is_some_and(has_snippet)
        || node.get("Resources").and_then(Node::as_map).is_some_and(lacks)
}

/// The key under which a snippet is asked for.
const SNIPPET: &str = "Fn::Transform";

fn is_include(node: &Node) -> bool {
    node.get("Name").and_then(Node::as_str) == Some("AWS::Include")
}

/// Whether the template's own transforms include something.
fn includes_at_top(node: &Node) -> bool {
    let declared = node.get("Transform");
    declared.is_some_and(|one| one.as_list().unwrap_or(std::slice::from_ref(one)).iter().any(is_include))
        || node.get(SNIPPET).is_some()
}

fn has_snippet(node: &Node) -> bool {
    match &node.value {
        Value::Map(map) => map.iter().any(|(key, item)| key == SNIPPET || has_snippet(item)),
        Value::List(list) => list.iter().any(has_snippet),
        _ => false,
    }
}

/// Puts a version and an empty list of paths beside what a definition has without its snippet.
fn complete_definition(body: &mut Node, (key, version): (&str, &str)) {
    let span = body.span;
    let Some(map) = body.as_map_mut().filter(|map| map.get(SNIPPET).is_some_and(is_include)) else { return };
    map.remove(SNIPPET);
    if !map.contains_key("swagger") && !map.contains_key("openapi") {
        map.insert(key, Node::new(version, span));
    }
    if !map.contains_key("paths") {
        map.insert("paths", Node::new(Map::new(), span));
    }
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
