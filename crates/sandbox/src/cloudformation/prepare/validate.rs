//! The checks of a template that CloudFormation makes before it makes anything else.

use crate::call::AwsError;
use crate::cloudformation::{diff, provider};
use base::{Diagnostic, FileId, Sources};
use std::collections::BTreeSet;
use template::intrinsic::PSEUDO_PARAMETERS;
use template::{Dialect, Node, write};

/// The sections of a template.
const SECTIONS: [&str; 12] = [
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

/// Reads a template's text.
pub(crate) fn parse_checked(text: &str) -> Result<Node, AwsError> {
    let (node, problems) = template::parse(FileId(0), text, Dialect::Template);
    if let Some(problem) = problems.iter().find(|p| p.is_error()) {
        return Err(AwsError::validation(format_error(text, problem)));
    }
    if node.as_map().is_none() {
        return Err(AwsError::validation("Template format error: unsupported structure."));
    }
    Ok(node)
}

fn format_error(text: &str, problem: &Diagnostic) -> String {
    if text.trim_start().starts_with('{') {
        return format!("Template format error: JSON not well-formed. ({})", problem.message);
    }
    let mut sources = Sources::new();
    sources.add("template", text);
    let place = problem.span.and_then(|s| sources.place(s));
    let place = place.map(|p| format!(" (line {}, column {})", p.line, p.column)).unwrap_or_default();
    format!("Template format error: YAML not well-formed.{place}")
}

/// Checks a template without transforms, or what they made.
pub(crate) fn check(template: &Node) -> Result<(), AwsError> {
    let refuse = |text: String| Err(AwsError::validation(text));
    let sections = template.as_map().map(|m| m.keys().filter(|k| !SECTIONS.contains(k)).collect::<Vec<_>>());
    if let Some(wrong) = sections.filter(|w| !w.is_empty()) {
        return refuse(format!("Invalid template property or properties [{}]", wrong.join(", ")));
    }
    let resources = template.get("Resources").and_then(Node::as_map);
    let Some(resources) = resources.filter(|r| !r.is_empty()) else {
        return refuse("Template format error: At least one Resources member must be defined.".into());
    };
    for (section, most) in [("Resources", 500), ("Parameters", 200), ("Outputs", 200), ("Mappings", 200)] {
        let count = template.get(section).and_then(Node::as_map).map_or(0, |m| m.len());
        if count > most {
            let name = section.to_lowercase();
            return refuse(format!(
                "Template format error: Number of {name}, {count}, is greater than maximum allowed, {most}"
            ));
        }
    }
    let mut wrong = Vec::new();
    for (id, resource) in resources.iter() {
        if !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return refuse(format!("Template format error: Resource name {id} is non alphanumeric."));
        }
        match resource.get("Type").and_then(Node::as_str) {
            None => {
                return refuse(format!(
                    "Template format error: [/Resources/{id}] Every Resources object must contain a Type member."
                ));
            }
            Some(kind) if !provider::is_known(kind) => wrong.push(kind),
            Some(_) => {}
        }
    }
    if !wrong.is_empty() {
        return refuse(format!("Template format error: Unrecognized resource types: [{}]", wrong.join(", ")));
    }
    check_references(template)
}

fn check_references(template: &Node) -> Result<(), AwsError> {
    let names = |section: &str| {
        let map = template.get(section).and_then(Node::as_map);
        map.into_iter().flat_map(|m| m.keys()).map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let (resources, parameters) = (names("Resources"), names("Parameters"));
    for section in ["Resources", "Outputs"] {
        let Some(node) = template.get(section) else { continue };
        let mut unknown = Vec::new();
        for reference in diff::references(&write::to_json(node)) {
            let (target, attribute) = reference.split_once('.').map_or((reference.as_str(), false), |(t, _)| (t, true));
            let known = resources.contains(target)
                || (!attribute && (parameters.contains(target) || PSEUDO_PARAMETERS.contains(&target)));
            if !known && attribute {
                return Err(AwsError::validation(format!(
                    "Template error: instance of Fn::GetAtt references undefined resource {target}"
                )));
            }
            if !known && !unknown.contains(&reference) {
                unknown.push(reference.clone());
            }
        }
        if !unknown.is_empty() {
            return Err(AwsError::validation(format!(
                "Template format error: Unresolved resource dependencies [{}] in the {section} block of the template",
                unknown.join(", ")
            )));
        }
    }
    check_depends_on(template, &resources)
}

fn check_depends_on(template: &Node, resources: &BTreeSet<String>) -> Result<(), AwsError> {
    for (_, resource) in template.get("Resources").and_then(Node::as_map).into_iter().flat_map(|m| m.iter()) {
        let Some(depends) = resource.get("DependsOn") else { continue };
        let list = depends.as_list().map_or_else(|| vec![depends], |l| l.iter().collect());
        let unknown: Vec<&str> =
            list.into_iter().filter_map(Node::as_str).filter(|d| !resources.contains(*d)).collect();
        if !unknown.is_empty() {
            return Err(AwsError::validation(format!(
                "Template format error: Unresolved resource dependencies [{}] in the Resources block of the template",
                unknown.join(", ")
            )));
        }
    }
    Ok(())
}
