//! `landfall policy`: the permissions that CloudFormation needs for templates, each with the reason for it.

use crate::args::{Global, Output, PolicyArgs, PolicyForm, PolicyOperation};
use crate::folder::{self, Folder};
use crate::trouble::{Exit, Trouble};
use crate::{project, screen};
use base::{AccountId, Diagnostic, Region, Sources};
use deploy::permissions::{Derived, Expanded, Need, SourceTemplate, StageStack, documents, of, stage_stacks};
use deploy::project::{Stage, Targets};
use iam::permissions::{Condition, Operation, Scope};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use template::Node;
use template::artifact::{ArtifactRef, artifacts};
use template::parse::{Dialect, parse};

/// The region that templates are transformed for when none is given.
const REGION: &str = "us-east-1";
/// How deep templates may be nested; deeper means that one contains itself.
const DEEPEST: usize = 20;
/// How many reasons of one action are shown.
const REASONS: usize = 3;

/// Derives and prints.
pub(crate) fn run(global: &Global, args: &PolicyArgs) -> Result<Exit, Trouble> {
    let mut work = Work { sources: Sources::new(), operations: operations(args), derived: Derived::default() };
    let about = match &args.template {
        Some(path) => work.template(args, path)?,
        None => work.pipeline(global, args)?,
    };
    work.derived.needed.sort_by(|a, b| a.action.action.cmp(&b.action.action));
    let unknown: Vec<Diagnostic> = work.unknown();
    match (args.format, global.output) {
        (PolicyForm::Table, Output::Text) => screen::data(&table(&work, &about))?,
        (PolicyForm::Policy, Output::Text) => screen::data(&policies(&work)?)?,
        _ => screen::data(&format!("{}\n", document(&work, &about)))?,
    }
    if global.output == Output::Text {
        screen::show(&unknown, &work.sources);
    }
    Ok(Exit::Done)
}

fn operations(args: &PolicyArgs) -> Vec<Operation> {
    let given = args.operations.iter().map(|o| match o {
        PolicyOperation::Create => Operation::Create,
        PolicyOperation::Update => Operation::Update,
        PolicyOperation::Delete => Operation::Delete,
        PolicyOperation::Read => Operation::Read,
        PolicyOperation::Tag => Operation::Tag,
    });
    given.collect()
}

struct Work {
    sources: Sources,
    operations: Vec<Operation>,
    derived: Derived,
}

/// A template as it was read, with the local templates of its nested stacks by their logical ids.
struct Read {
    template: Node,
    nested: Vec<(String, Read)>,
}

impl Read {
    fn source(&self) -> SourceTemplate<'_> {
        let nested = self.nested.iter().map(|(id, inner)| (id.as_str(), inner.source())).collect();
        SourceTemplate { template: &self.template, nested }
    }
}

impl Work {
    fn template(&mut self, args: &PolicyArgs, path: &Path) -> Result<String, Trouble> {
        let mut parameters = BTreeMap::new();
        for given in &args.parameters {
            let (name, value) = given.split_once('=').ok_or_else(|| {
                let message = format!("`{given}` is not a parameter");
                Trouble::usage(Diagnostic::error("CLI-009", message).hint("write `--parameter NAME=VALUE`"))
            })?;
            parameters.insert(name.to_owned(), value.to_owned());
        }
        let scope = scope(args, None, None, args.stack_name.clone());
        let expanded = expand(path, &path.display().to_string(), &scope, &mut self.sources)?;
        let known = (!parameters.is_empty()).then_some(&parameters);
        self.add(of(&expanded.used(known, &[]), &self.operations, &scope));
        Ok(format!("`{}`{}", path.display(), place(&scope)))
    }

    fn pipeline(&mut self, global: &Global, args: &PolicyArgs) -> Result<String, Trouble> {
        let project::Project { folder, pipeline, sources, .. } = project::open(global, args.region.as_deref())?;
        self.sources = sources;
        let stage = match (&args.stage, pipeline.stages.as_slice()) {
            (None, [only]) => only,
            (Some(name), stages) if stages.iter().any(|s| s.name == *name) => {
                stages.iter().find(|s| s.name == *name).unwrap_or(&stages[0])
            }
            (_, stages) => return Err(which_stage(args.stage.as_deref(), stages)),
        };
        for (account, region) in places(stage) {
            for stack in stage_stacks(&pipeline, stage, account.as_ref(), &region) {
                self.stack(args, &folder, stage, &stack, (account.as_ref(), &region))?;
            }
        }
        Ok(format!("stage `{}` of pipeline `{}`", stage.name, pipeline.name))
    }

    fn stack(
        &mut self,
        args: &PolicyArgs,
        folder: &Folder,
        stage: &Stage,
        stack: &StageStack,
        (account, region): (Option<&AccountId>, &Region),
    ) -> Result<(), Trouble> {
        let mut scope = scope(args, account, Some(region), stack.name.clone());
        if scope.artifact_bucket.is_none() {
            let own = || format!("landfall-{}-{region}", scope.account);
            scope.artifact_bucket = Some(stage.artifact_bucket.clone().unwrap_or_else(own));
        }
        let path = folder.root.join(&stack.template);
        let expanded = expand(&path, &stack.template, &scope, &mut self.sources)?;
        self.add(of(&expanded.used(Some(&stack.parameters), &stack.open), &self.operations, &scope));
        Ok(())
    }

    fn add(&mut self, found: Derived) {
        self.derived.needed.extend(found.needed.into_iter().filter(|n| n.action.documented));
        self.derived.unknown.extend(found.unknown);
        self.derived.unread.extend(found.unread);
    }

    /// What is not among the permissions, each once: a stage has many accounts.
    fn unknown(&self) -> Vec<Diagnostic> {
        let mut seen = BTreeSet::new();
        let types = self.derived.unknown.iter().map(|u| {
            Diagnostic::warning("CLI-023", format!("nothing is known about the type `{}`", u.resource_type))
                .at(u.span)
                .why(format!("so the permissions of `{}` are not among these", u.logical_id))
                .hint("add them by hand, in `aws_additional_iam_policies.yaml`")
        });
        let templates = self.derived.unread.iter().map(|u| {
            let message = format!("the template of the nested stack `{}` is not read", u.logical_id);
            let place = u.lies_at.as_deref().map_or_else(String::new, |place| format!(": it is `{place}`"));
            Diagnostic::warning("CLI-030", message)
                .at(u.span)
                .why(format!("so the permissions of its resources are not among these{place}"))
                .hint("bring it into the project, or add them by hand, in `aws_additional_iam_policies.yaml`")
        });
        types.chain(templates).filter(|told| seen.insert((told.message.clone(), told.why.clone()))).collect()
    }
}

/// The accounts and regions of a stage; no account where the organization knows it.
fn places(stage: &Stage) -> Vec<(Option<AccountId>, Region)> {
    match &stage.targets {
        Targets::Single { account, region } => vec![(account.clone(), region.clone())],
        Targets::Fleet(fleet) => fleet.regions.iter().map(|region| (None, region.clone())).collect(),
    }
}

fn which_stage(named: Option<&str>, stages: &[Stage]) -> Trouble {
    let known: Vec<&str> = stages.iter().map(|s| s.name.as_str()).collect();
    let told = match named {
        Some(name) => Diagnostic::error("CLI-024", format!("the pipeline has no stage `{name}`")),
        None => Diagnostic::error("CLI-024", format!("the pipeline has {} stages", stages.len()))
            .why("each stage has a role of its own"),
    };
    Trouble::usage(told.hint(format!("name one with `--stage`: `{}`", known.join("`, `"))))
}

fn scope(args: &PolicyArgs, account: Option<&AccountId>, region: Option<&Region>, stack: Option<String>) -> Scope {
    let any = || "*".to_owned();
    let region = args.region.clone().or_else(|| region.map(ToString::to_string));
    let known = region.as_deref().and_then(|r| Region::new(r).ok());
    Scope {
        partition: known.map_or_else(|| "aws".to_owned(), |r| r.partition().as_str().to_owned()),
        region: region.unwrap_or_else(any),
        account: args.account.clone().or_else(|| account.map(ToString::to_string)).unwrap_or_else(any),
        stack: args.stack_name.clone().or(stack),
        artifact_bucket: args.bucket.clone(),
        boundary: args.boundary.clone(),
    }
}

fn place(scope: &Scope) -> String {
    let stack = scope.stack.as_ref().map_or_else(String::new, |s| format!(" as stack `{s}`"));
    let known = |word: &str, text: &str| if text == "*" { String::new() } else { format!(" in {word}{text}") };
    format!("{stack}{}{}", known("account ", &scope.account), known("", &scope.region))
}

/// Reads and transforms a template, and those of its nested stacks. What is local counts as if it were in the bucket.
fn expand(path: &Path, shown: &str, scope: &Scope, sources: &mut Sources) -> Result<Expanded, Trouble> {
    let read = read(path, shown, sources, 0)?;
    let region = Region::new(scope.region.clone()).or_else(|_| Region::new(REGION)).map_err(std::io::Error::other)?;
    let bucket = scope.artifact_bucket.as_deref().unwrap_or("*");
    read.source().expanded(bucket, &region).map_err(|e| Trouble::in_files(e.diagnostics(), sources.clone()))
}

fn read(path: &Path, shown: &str, sources: &mut Sources, depth: usize) -> Result<Read, Trouble> {
    let file = folder::read(path, shown, sources)?;
    let text = sources.get(file).map(|s| s.text.clone()).unwrap_or_default();
    let (template, mut found) = parse(file, &text, Dialect::Template);
    if depth > DEEPEST {
        let told = Diagnostic::error("PKG-003", format!("templates are nested deeper than {DEEPEST}"));
        found.push(told.why("does a template contain itself?").hint("break the circle"));
    }
    if found.iter().any(Diagnostic::is_error) {
        return Err(Trouble::in_files(found, sources.clone()));
    }
    let mut nested = Vec::new();
    for artifact in artifacts(&template).into_iter().filter(ArtifactRef::is_nested_stack) {
        let inner = path.parent().unwrap_or(Path::new("")).join(&artifact.local);
        nested.push((artifact.owner, read(&inner, &inner.display().to_string(), sources, depth + 1)?));
    }
    Ok(Read { template, nested })
}

/// One action of the output: all that needs it, with the same conditions.
struct Line<'a> {
    action: &'a str,
    resources: BTreeSet<&'a str>,
    conditions: &'a [Condition],
    needs: Vec<&'a Need>,
}

fn lines(derived: &Derived) -> Vec<Line<'_>> {
    let mut found: BTreeMap<(&str, &[Condition]), Line<'_>> = BTreeMap::new();
    for need in &derived.needed {
        let key = (need.action.action.as_str(), need.action.conditions.as_slice());
        let line = found.entry(key).or_insert_with(|| Line {
            action: key.0,
            resources: BTreeSet::new(),
            conditions: key.1,
            needs: Vec::new(),
        });
        line.resources.extend(need.action.resources.iter().map(String::as_str));
        line.needs.push(need);
    }
    found.into_values().collect()
}

fn table(work: &Work, about: &str) -> String {
    let all = lines(&work.derived);
    let resources: BTreeSet<&str> = work.derived.needed.iter().map(|n| n.logical_id.as_str()).collect();
    let operations: Vec<&str> = work.operations.iter().map(|o| o.as_str()).collect();
    let mut out =
        format!("{about}: {} actions for {} resources ({})\n", all.len(), resources.len(), operations.join(", "));
    for line in &all {
        let _ = write!(out, "\n{}\n", line.action);
        for resource in &line.resources {
            let _ = writeln!(out, "  on   {resource}");
        }
        for condition in line.conditions {
            let _ = writeln!(out, "  if   {} {} {}", condition.key, condition.operator, condition.value);
        }
        for need in line.needs.iter().take(REASONS) {
            let _ = writeln!(out, "  for  {}: {}{}", need.logical_id, need.action.why, at(need, &work.sources));
        }
        if line.needs.len() > REASONS {
            let _ = writeln!(out, "       and {} more", line.needs.len() - REASONS);
        }
    }
    let _ = writeln!(out, "\n{}", documents(&work.derived.actions()).advice());
    out
}

fn at(need: &Need, sources: &Sources) -> String {
    sources.place(need.span).map_or_else(String::new, |p| format!(" ({}:{})", p.path, p.line))
}

/// The documents alone: one, or a list of them where one would be too large.
fn policies(work: &Work) -> Result<String, Trouble> {
    let made = documents(&work.derived.actions());
    let value = match made.documents.as_slice() {
        [] => json!({"Version": "2012-10-17", "Statement": []}),
        [one] => one.clone(),
        many => json!(many),
    };
    if made.documents.len() > 1 {
        screen::talk(&made.advice());
    }
    let text = serde_json::to_string_pretty(&value).map_err(std::io::Error::other)?;
    Ok(format!("{text}\n"))
}

fn document(work: &Work, about: &str) -> Value {
    let made = documents(&work.derived.actions());
    let actions: Vec<Value> = lines(&work.derived)
        .iter()
        .map(|line| {
            let conditions: Vec<Value> = line
                .conditions
                .iter()
                .map(|c| json!({"operator": c.operator, "key": c.key, "value": c.value}))
                .collect();
            let reasons: Vec<Value> = line.needs.iter().map(|need| reason(need, &work.sources)).collect();
            json!({
                "action": line.action, "resources": line.resources, "conditions": conditions, "reasons": reasons
            })
        })
        .collect();
    let unknown: Vec<Value> = work
        .derived
        .unknown
        .iter()
        .map(|u| json!({"logical_id": u.logical_id, "type": u.resource_type, "place": work.sources.place(u.span)}))
        .collect();
    let unread: Vec<Value> = work
        .derived
        .unread
        .iter()
        .map(|u| json!({"logical_id": u.logical_id, "template": u.lies_at, "place": work.sources.place(u.span)}))
        .collect();
    json!({
        "version": 1,
        "about": about,
        "operations": work.operations.iter().map(|o| o.as_str()).collect::<Vec<_>>(),
        "policies": made.documents,
        "characters": made.characters,
        "advice": made.advice(),
        "actions": actions,
        "unknown": unknown,
        "unread": unread,
    })
}

fn reason(need: &Need, sources: &Sources) -> Value {
    json!({
        "logical_id": need.logical_id,
        "type": need.resource_type,
        "why": need.action.why,
        "operations": need.operations.iter().map(|o| o.as_str()).collect::<Vec<_>>(),
        "place": sources.place(need.span),
    })
}
