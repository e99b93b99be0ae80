//! What the templates of a pipeline need, put into its facts, and the roles in them that would not be allowed.

use super::deployment::bucket;
use super::{PipelineFacts, Settings, boundary_arn, boundary_name};
use crate::permissions::{Derived, Expanded, of};
use base::{Diagnostic, Diagnostics, Region};
use iam::permissions::{Operation, Scope};
use std::collections::BTreeMap;
use template::Node;

/// Expanded templates by the name of their source (an artifact, or a template's path) and the region.
pub type Templates = BTreeMap<(String, Region), Expanded>;

const ALL: [Operation; 5] = [Operation::Create, Operation::Update, Operation::Delete, Operation::Read, Operation::Tag];

/// Derives the permissions of all stages from their templates. Errors say which roles lack the boundary, warnings about
/// what nothing is known.
pub fn add_needs(facts: &mut PipelineFacts, settings: &Settings, templates: &Templates) -> Diagnostics {
    let mut out = Diagnostics::new();
    let name = facts.name.clone();
    let mut say = |problem: Diagnostic| {
        if !out.contains(&problem) {
            out.push(problem);
        }
    };
    for stage in &mut facts.stages {
        let own = stage.clone();
        for target in &mut stage.targets {
            let boundary = boundary_arn(settings, &name, target.region.partition(), &target.account);
            for (stack, source) in target.sources.clone() {
                let Some(expanded) = templates.get(&(source, target.region.clone())) else { continue };
                let scope = Scope {
                    partition: target.region.partition().as_str().to_owned(),
                    region: target.region.to_string(),
                    account: target.account.to_string(),
                    stack: Some(stack),
                    artifact_bucket: Some(bucket(&own, target)),
                    boundary: Some(boundary.clone()),
                };
                let derived = of(&expanded.used(None, &[]), &ALL, &scope);
                target.needed.extend(derived.actions());
                target.nested |= resources(&expanded.template).any(|(_, kind, _)| kind == "AWS::CloudFormation::Stack");
                unknown(&derived).into_iter().for_each(&mut say);
                if own.makes_execution_role {
                    unbounded(expanded, &boundary, &boundary_name(settings, &name)).into_iter().for_each(&mut say);
                }
            }
        }
    }
    out
}

/// What templates have of which nothing is known: types, and nested templates that lie elsewhere.
fn unknown(derived: &Derived) -> Diagnostics {
    const HINT: &str = "to `aws_additional_iam_policies.yaml`";
    let types = derived.unknown.iter().map(|unknown| {
        let message = format!("nothing is known about the permissions for `{}`", unknown.resource_type);
        Diagnostic::warning("BOOT-021", message).at(unknown.span).hint(format!("add what its handlers call {HINT}"))
    });
    let templates = derived.unread.iter().map(|unread| {
        let message = format!("the template of the nested stack `{}` is not read", unread.logical_id);
        let why = match &unread.lies_at {
            Some(place) => format!("it is `{place}`, and only templates of the project are read"),
            None => "it is known only in a run".to_owned(),
        };
        let hint = format!("add the permissions for its resources {HINT}, or bring it into the project");
        Diagnostic::warning("BOOT-024", message).at(unread.span).why(why).hint(hint)
    });
    types.chain(templates).collect()
}

fn resources(template: &Node) -> impl Iterator<Item = (&str, &str, &Node)> {
    let map = template.get("Resources").and_then(Node::as_map);
    let all = map.into_iter().flat_map(template::Map::iter);
    all.filter_map(|(id, node)| Some((id, node.get("Type")?.as_str()?, node)))
}

/// Roles and users of templates without the boundary that the execution role asks for: they could not be made.
fn unbounded(expanded: &Expanded, arn: &str, name: &str) -> Diagnostics {
    let mut out = Diagnostics::new();
    let all = expanded.all();
    let all = all.iter().flat_map(|(path, template)| resources(template).map(move |resource| (path, resource)));
    for (path, (id, _, node)) in all.filter(|(_, (_, kind, _))| ["AWS::IAM::Role", "AWS::IAM::User"].contains(kind)) {
        let id = format!("{path}{id}");
        let given = node.at(&["Properties", "PermissionsBoundary"]);
        let path = arn.split_once(":policy/").map_or(name, |(_, path)| path);
        let fix = format!(
            "in a SAM template add `Globals: {{ Function: {{ PermissionsBoundary: !Sub \"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:policy/{path}\" }} }}`, else `PermissionsBoundary` with that value to the role"
        );
        let problem = match given {
            Some(given) if may_be(given, arn, name) => continue,
            Some(given) => {
                Diagnostic::error("BOOT-015", format!("role `{id}` has another permissions boundary than `{name}`"))
                    .at(given.span)
            }
            None => Diagnostic::error("BOOT-015", format!("role `{id}` has no permissions boundary")).at(node.span),
        };
        out.push(problem.why("the execution role makes roles within the pipeline's boundary only; the deployment would fail in the middle").hint(fix));
    }
    out
}

/// Whether a value can be the boundary: a parameter or an import may be anything, a text must name it.
fn may_be(given: &Node, arn: &str, name: &str) -> bool {
    if let Some(text) = given.as_str() {
        return text == arn;
    }
    let mut texts = Vec::new();
    leaves(given, &mut texts);
    let named = texts.iter().any(|t| t.contains(name));
    let open =
        ["Ref", "Fn::ImportValue", "Fn::FindInMap", "Fn::GetAtt", "Fn::If"].iter().any(|f| given.get(f).is_some());
    let refers = texts.iter().any(|t| {
        t.contains("${") && t.trim_start_matches("${").trim_end_matches('}').chars().all(char::is_alphanumeric)
    });
    named || open || refers
}

fn leaves<'n>(node: &'n Node, out: &mut Vec<&'n str>) {
    match (node.as_str(), node.as_list(), node.as_map()) {
        (Some(text), ..) => out.push(text),
        (_, Some(items), _) => items.iter().for_each(|item| leaves(item, out)),
        (.., Some(map)) => map.iter().for_each(|(_, item)| leaves(item, out)),
        _ => {}
    }
}
