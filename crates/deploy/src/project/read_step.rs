//! Steps of a pipeline file.

use super::keys;
use super::read::{Reader, boolean, int, nodes, text, texts};
use super::shape::{self, Object};
use super::{
    ApprovalParams, Artifact, ArtifactKind, BakeParams, Capability, CommandCredentials, CommandParams, OnFailure,
    RollbackPolicy, StackParams, Step, StepKind, TemplateSource,
};
use crate::expression::Expr;
use base::{Diagnostic, Span};
use indexmap::IndexMap;
use template::{Map, Node};

/// How long a command may take when the file does not say, in minutes.
const COMMAND_TIMEOUT: u32 = 30;
/// When a question lapses when the file does not say, in hours.
const APPROVAL_EXPIRY: u32 = 24;

/// Names of the steps in the file, those included that cannot be read.
pub(super) struct Names<'m> {
    /// Name and id of each step, in file order.
    steps: Vec<(&'m str, &'m str)>,
}

impl<'m> Names<'m> {
    pub(super) fn new(body: &'m Map) -> Self {
        let named = |step: &'m Node| {
            let name = step.get("name").and_then(Node::as_str).unwrap_or_default();
            (name, step.get("id").and_then(Node::as_str).unwrap_or(name))
        };
        Self { steps: nodes(body, "steps").into_iter().map(named).collect() }
    }

    /// The id of the step with this id or name.
    pub(super) fn id(&self, word: &str) -> Option<&'m str> {
        let by_id = self.steps.iter().find(|(_, id)| *id == word);
        by_id.or_else(|| self.steps.iter().find(|(name, _)| *name == word)).map(|(_, id)| *id)
    }

    fn known(&self) -> impl Iterator<Item = &'m str> {
        self.steps.iter().map(|(_, id)| *id)
    }

    /// The ids of the steps that `node` names; unknown ones are reported.
    pub(super) fn resolve(&self, reader: &mut Reader<'_>, found: &[&Node]) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        for node in found {
            let Some(word) = node.as_str() else { continue };
            match self.id(word) {
                Some(id) if ids.iter().any(|known| known == id) => {}
                Some(id) => ids.push(id.to_owned()),
                None => {
                    let diagnostic = Diagnostic::error("PIPE-010", format!("there is no step `{word}`")).at(node.span);
                    let hint = crate::suggest::hint(word, self.known());
                    reader.out.push(diagnostic.hint(hint.unwrap_or_else(|| "name a step of this pipeline".to_owned())));
                }
            }
        }
        ids
    }
}

/// All steps that can be read.
pub(super) fn read(reader: &mut Reader<'_>, body: &Map, artifacts: &IndexMap<String, Artifact>) -> Vec<Step> {
    let names = Names::new(body);
    let mut steps = Vec::new();
    let mut before: Option<&str> = None;
    for node in nodes(body, "steps") {
        let Some(map) = node.as_map() else { continue };
        let name = text(map, "name").unwrap_or_default();
        let id = text(map, "id").unwrap_or(name);
        check_names(reader, map);
        let goes_after = match map.contains_key("goes_after") {
            true => names.resolve(reader, &nodes(map, "goes_after")),
            false => before.map(str::to_owned).into_iter().collect(),
        };
        let kind = kind(reader, body, map, node.span, artifacts);
        let span = map.get("name").map_or(node.span, |node| node.span);
        if let (Some(kind), false) = (kind, name.is_empty()) {
            steps.push(Step { id: id.to_owned(), name: name.to_owned(), goes_after, kind, span });
        }
        before = Some(id);
    }
    steps
}

/// Names may be anything that a person reads; ids stand in expressions.
fn check_names(reader: &mut Reader<'_>, map: &Map) {
    if let Some(node) = map.get("id")
        && let Some(id) = node.as_str()
    {
        let known = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if id.len() > 64 || !id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') || !id.chars().all(known) {
            let diagnostic = Diagnostic::error("PIPE-008", format!("`{id}` cannot be the id of a step")).at(node.span);
            reader.out.push(diagnostic.hint("write letters, digits, `_` and `-`, 64 at most, a letter first"));
        }
    }
    if let Some(node) = map.get("name")
        && node.as_str().is_some_and(|name| name.chars().count() > 64 || name.chars().any(char::is_control))
    {
        let diagnostic = Diagnostic::error("PIPE-008", "the name of a step is too long, or has control characters");
        reader.out.push(diagnostic.at(node.span).hint("write one line of 64 characters at most"));
    }
}

fn kind(
    reader: &mut Reader<'_>,
    body: &Map,
    step: &Map,
    span: Span,
    artifacts: &IndexMap<String, Artifact>,
) -> Option<StepKind> {
    let node = step.get("type")?;
    let written = node.as_str()?;
    let none = Map::new();
    let params = match step.get("params") {
        None => &none,
        Some(node) => match node.as_map() {
            Some(map) => map,
            None => {
                reader.out.push(shape::wrong_type("params", "a mapping", node));
                return None;
            }
        },
    };
    let span = step.key_span("params").or_else(|| step.key_span("type")).unwrap_or(span);
    let mut checked = |object: &Object| shape::check_object(object, params, span, &mut reader.out);
    match written {
        "sam" | "cloudformation" => {
            checked(&keys::STACK);
            let wanted = if written == "sam" { ArtifactKind::Sam } else { ArtifactKind::CloudFormation };
            let stack = stack(reader, body, params, span, wanted, artifacts)?;
            Some(if written == "sam" { StepKind::Sam(stack) } else { StepKind::CloudFormation(stack) })
        }
        "run" | "test" => {
            checked(&keys::COMMAND);
            let command = command(reader, params, span)?;
            Some(if written == "run" { StepKind::Run(command) } else { StepKind::Test(command) })
        }
        "DEVRAMPS:APPROVAL:TEST" => {
            checked(&keys::FOREIGN_TEST);
            foreign_test(reader, params, span).map(StepKind::Test)
        }
        "bake" | "DEVRAMPS:APPROVAL:BAKE" => {
            checked(&keys::BAKE);
            Some(StepKind::Bake(BakeParams { duration_minutes: reader.expr(params, "duration_minutes")?, span }))
        }
        "approval" => {
            checked(&keys::APPROVAL);
            Some(StepKind::Approval(approval(reader, params, span)))
        }
        other => {
            reader.out.push(unknown_type(other).at(node.span));
            None
        }
    }
}

fn unknown_type(found: &str) -> Diagnostic {
    let known = keys::STEP_TYPES;
    let later = |plain: &str| keys::LATER_STEP_TYPES.contains(&plain);
    let foreign = found.strip_prefix("DEVRAMPS:");
    let plain = foreign.map_or_else(|| found.to_lowercase(), |rest| rest.to_lowercase().replace(':', " "));
    if later(&plain) || foreign.is_some() || found.starts_with("CUSTOM:") {
        let instead = match plain.split(' ').next() {
            Some("terraform" | "custom") => "use a `run` step with the command itself",
            Some("lambda") => "deploy the function as part of a `sam` step",
            _ => "use a `run` step with a command of the AWS CLI",
        };
        return Diagnostic::error("PIPE-017", format!("steps of type `{found}` are not available in this version"))
            .hint(instead);
    }
    let diagnostic = Diagnostic::error("PIPE-016", format!("unknown step type `{found}`"));
    match crate::suggest::hint(found, known) {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    }
}

fn stack(
    reader: &mut Reader<'_>,
    body: &Map,
    params: &Map,
    span: Span,
    wanted: ArtifactKind,
    artifacts: &IndexMap<String, Artifact>,
) -> Option<StackParams> {
    let source = source(reader, body, params, span, wanted, artifacts);
    let on_failure = match text(params, "on_failure") {
        Some("DO_NOTHING") => Some(OnFailure::DoNothing),
        Some("DELETE") => Some(OnFailure::Delete),
        Some("ROLLBACK") => Some(OnFailure::Rollback),
        _ => None,
    };
    let disable_rollback = boolean(params, "disable_rollback").unwrap_or(false);
    if disable_rollback && on_failure.is_some() {
        let place = params.key_span("on_failure").unwrap_or(span);
        let diagnostic = Diagnostic::error("PIPE-028", "`disable_rollback` and `on_failure` cannot be used together");
        let diagnostic =
            diagnostic.at(place).why("CloudFormation takes one of them: both say what happens after a failure");
        reader.out.push(diagnostic.hint("remove `disable_rollback`; `on_failure: DO_NOTHING` keeps what was made"));
    }
    let stack = StackParams {
        source: source?,
        stack_name: reader.expr(params, "stack_name")?,
        parameter_overrides: reader.exprs(params, "parameter_overrides"),
        capabilities: capabilities(&texts(params, "capabilities")),
        tags: reader.exprs(params, "tags"),
        disable_rollback,
        on_failure,
        timeout_minutes: int(params, "timeout_minutes"),
        busy_timeout_minutes: int(params, "busy_timeout_minutes"),
        termination_protection: boolean(params, "termination_protection"),
        notification_arns: nodes(params, "notification_arns")
            .into_iter()
            .map(|node| Expr::from_node(node, reader.text, &mut reader.out))
            .collect(),
        monitoring_minutes: int(params, "monitoring_minutes").unwrap_or(0),
        allow_replacement: texts(params, "allow_replacement"),
        rollback: match text(params, "rollback") {
            Some("forbidden") => RollbackPolicy::Forbidden,
            _ => RollbackPolicy::Allowed,
        },
        fail_on_empty_changeset: boolean(params, "fail_on_empty_changeset").unwrap_or(false),
        span,
    };
    check_limits(reader, params);
    Some(stack)
}

/// Capabilities, each once, in the order of the API.
pub(super) fn capabilities(texts: &[String]) -> Vec<Capability> {
    Capability::ALL.into_iter().filter(|capability| texts.iter().any(|text| text == capability.as_str())).collect()
}

/// Limits of a stack, from "CloudFormation quotas" and `CreateChangeSet` in the API Reference.
fn check_limits(reader: &mut Reader<'_>, params: &Map) {
    let limits = [
        ("parameter_overrides", 200, "a template has at most 200 parameters"),
        ("tags", 46, "a stack has at most 50 tags, and four are Landfall's own"),
        ("notification_arns", 5, "a stack has at most 5 topics"),
    ];
    for (key, most, why) in limits {
        let Some(node) = params.get(key) else { continue };
        let count = node.as_map().map_or_else(|| nodes(params, key).len(), Map::len);
        if count > most {
            let place = params.key_span(key).unwrap_or(node.span);
            let diagnostic = Diagnostic::error("PIPE-032", format!("`{key}` has {count} entries")).at(place).why(why);
            reader.out.push(diagnostic.hint(format!("keep {most} of them at most")));
        }
    }
    for (key, entry) in params.get("tags").and_then(Node::as_map).into_iter().flat_map(Map::entries) {
        if key.starts_with("aws:") || key.starts_with("landfall:") || key.is_empty() || key.chars().count() > 128 {
            let diagnostic = Diagnostic::error("PIPE-035", format!("`{key}` cannot be the key of a tag"));
            let why = "keys have 1 to 128 characters, `aws:` belongs to AWS and `landfall:` to Landfall";
            reader.out.push(diagnostic.at(entry.key_span).why(why).hint("choose another key"));
        }
    }
}

fn source(
    reader: &mut Reader<'_>,
    body: &Map,
    params: &Map,
    span: Span,
    wanted: ArtifactKind,
    artifacts: &IndexMap<String, Artifact>,
) -> Option<TemplateSource> {
    let problem = |message: &str| Diagnostic::error("PIPE-019", message).at(span);
    match (params.get("artifact"), params.contains_key("template")) {
        (Some(_), true) => {
            reader.out.push(
                problem("a stack is made from `artifact` or from `template`, not from both").hint("remove one of them"),
            );
            None
        }
        (None, true) => reader.path(params, "template").map(TemplateSource::Template),
        (None, false) => {
            let name = artifacts.keys().next().map_or("app", String::as_str);
            reader.out.push(problem("a stack needs `artifact` or `template`").hint(format!("add `artifact: {name}`")));
            None
        }
        (Some(node), false) => {
            let name = node.as_str()?;
            let written = body.get("artifacts").and_then(Node::as_map);
            if !written.is_some_and(|map| map.contains_key(name)) {
                let diagnostic = Diagnostic::error("PIPE-012", format!("there is no artifact `{name}`")).at(node.span);
                let hint = crate::suggest::hint(name, written.into_iter().flat_map(Map::keys));
                let none = || format!("add `artifacts: {{ {name}: {{ type: sam, template: template.yaml }} }}`");
                reader.out.push(diagnostic.hint(hint.unwrap_or_else(none)));
                return None;
            }
            let artifact = artifacts.get(name)?;
            if artifact.kind == ArtifactKind::Sam && wanted == ArtifactKind::CloudFormation {
                let message = format!("`{name}` is a SAM artifact, this step deploys plain CloudFormation");
                reader
                    .out
                    .push(Diagnostic::error("PIPE-012", message).at(node.span).hint("write `type: sam` in the step"));
            }
            Some(TemplateSource::Artifact(name.to_owned()))
        }
    }
}

fn command(reader: &mut Reader<'_>, params: &Map, span: Span) -> Option<CommandParams> {
    Some(CommandParams {
        command: reader.expr(params, "command")?,
        working_directory: reader.expr(params, "working_directory"),
        env: reader.exprs(params, "env"),
        timeout_minutes: int(params, "timeout_minutes").unwrap_or(COMMAND_TIMEOUT),
        retries: int(params, "retries").unwrap_or(0),
        credentials: match text(params, "credentials") {
            Some("target") => CommandCredentials::Target,
            _ => CommandCredentials::None,
        },
        span,
    })
}

fn foreign_test(reader: &mut Reader<'_>, params: &Map, span: Span) -> Option<CommandParams> {
    Some(CommandParams {
        command: reader.expr(params, "testCommand")?,
        working_directory: reader.expr(params, "workingDirectory"),
        env: reader.exprs(params, "environmentVariables"),
        timeout_minutes: int(params, "timeout").unwrap_or(COMMAND_TIMEOUT),
        retries: 0,
        credentials: CommandCredentials::None,
        span,
    })
}

fn approval(reader: &mut Reader<'_>, params: &Map, span: Span) -> ApprovalParams {
    let approvers = texts(params, "approvers");
    let minimum = int(params, "minimum").unwrap_or(1);
    if !approvers.is_empty() && (approvers.len() as u64) < u64::from(minimum) {
        let place = params.get("minimum").map_or(span, |node| node.span);
        let named = approvers.len();
        let message = format!("{minimum} must agree, and `approvers` names {named}");
        reader
            .out
            .push(Diagnostic::error("PIPE-036", message).at(place).hint("name more approvers, or lower `minimum`"));
    }
    ApprovalParams {
        message: reader.expr(params, "message"),
        approvers,
        minimum,
        allow_author: boolean(params, "allow_author").unwrap_or(false),
        expires_after_hours: int(params, "expires_after_hours").unwrap_or(APPROVAL_EXPIRY),
        span,
    }
}
