//! Structure: sections, names, keys, the shape of functions, and names that are not there.

use super::references::{Reference, ReferenceKind, references as walk};
use super::{Resource, SECTIONS, Template, members, suggestion};
use crate::intrinsic::{
    FUNCTIONS, PSEUDO_PARAMETERS, Parameters, Pseudo, Scope, Undeployed, did_you_mean, function, get_att,
};
use crate::{Map, Node, Value};
use base::{Diagnostic, Diagnostics, Span};
use indexmap::IndexMap;
use std::collections::HashSet;

/// The only version of the format there is.
const FORMAT_VERSION: &str = "2010-09-09";

pub(super) fn sections(root: &Map, problems: &mut Diagnostics) {
    for (name, entry) in root.entries() {
        if !SECTIONS.contains(&name) && name != "Fn::Transform" {
            problems.push(
                Diagnostic::error("TMPL-031", format!("unknown section `{name}`"))
                    .at(entry.key_span)
                    .why("CloudFormation refuses templates with sections it does not know")
                    .hint(suggestion(name, SECTIONS, "remove it, or move it into `Metadata`")),
            );
        }
        let takes_text = matches!(name, "AWSTemplateFormatVersion" | "Description" | "Transform");
        if SECTIONS.contains(&name) && !takes_text && entry.node.as_map().is_none() {
            problems.push(
                Diagnostic::error("TMPL-034", format!("section `{name}` is {}", entry.node.kind()))
                    .at(if entry.node.is_null() { entry.key_span } else { entry.node.span })
                    .why("a section is a mapping from names to what they mean")
                    .hint("give it members, or remove it"),
            );
        }
    }
    if let Some(version) = root.get("AWSTemplateFormatVersion")
        && version.as_str() != Some(FORMAT_VERSION)
    {
        problems.push(
            Diagnostic::error("TMPL-032", "`AWSTemplateFormatVersion` is not a version that exists")
                .at(version.span)
                .why(format!("the only version is `{FORMAT_VERSION}`; it is not the date of the template"))
                .hint(format!("write `AWSTemplateFormatVersion: \"{FORMAT_VERSION}\"`")),
        );
    }
    if let Some(description) = root.get("Description") {
        super::limits::description(description, problems);
    }
}

/// The transforms and macros that AWS hosts ("Transform reference", CloudFormation Template Reference).
const TRANSFORMS: [&str; 8] = [
    "AWS::CodeDeployBlueGreen",
    "AWS::CodeStar",
    "AWS::Include",
    "AWS::LanguageExtensions",
    "AWS::SecretsManager-2020-07-23",
    "AWS::SecretsManager-2024-09-16",
    "AWS::Serverless-2016-10-31",
    "AWS::ServiceCatalog",
];

pub(super) fn transform(name: &str, span: Span, problems: &mut Diagnostics) {
    if name.starts_with("AWS::") && !TRANSFORMS.contains(&name) {
        problems.push(
            Diagnostic::error("TMPL-043", format!("AWS has no transform `{name}`"))
                .at(span)
                .why("names that begin with `AWS::` are those of AWS's own transforms")
                .hint(suggestion(name, &TRANSFORMS, "correct the name")),
        );
    }
}

/// SAM's types are nothing without its transform. What a macro does to them is not known.
pub(super) fn serverless(template: &Template<'_>, problems: &mut Diagnostics) {
    if !template.transforms.is_empty() || template.names_may_be_made() {
        return;
    }
    for (name, resource) in template.resources.iter().filter(|(_, resource)| resource.is_serverless()) {
        problems.push(
            Diagnostic::error("TMPL-044", format!("resource `{name}` is of the SAM type `{}`", resource.kind))
                .at(resource.node.get("Type").map_or(resource.node.span, |kind| kind.span))
                .why("CloudFormation does not know the types of SAM unless the template has its transform")
                .hint("write `Transform: AWS::Serverless-2016-10-31` at the template's top"),
        );
    }
}

pub(super) fn resources_exist(root: &Map, problems: &mut Diagnostics) {
    let Some(node) = root.get("Resources") else {
        problems.push(
            Diagnostic::error("TMPL-033", "the template has no `Resources`")
                .at(root.entries().next().map(|(_, entry)| entry.key_span).unwrap_or_default())
                .why("a stack has at least one resource")
                .hint("add the section `Resources`, or check that this file is a template"),
        );
        return;
    };
    if node.as_map().is_some_and(Map::is_empty) {
        problems.push(
            Diagnostic::error("TMPL-033", "`Resources` is empty")
                .at(node.span)
                .why("a stack has at least one resource")
                .hint("add a resource; `AWS::CloudFormation::WaitConditionHandle` costs nothing"),
        );
    }
}

/// Names in a template have letters and digits only, 255 at most.
pub(super) fn logical_id(name: &str, span: Span, section: &str, problems: &mut Diagnostics) {
    let alphanumeric = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric());
    if alphanumeric && name.len() <= 255 {
        return;
    }
    let cleaned: String = name.chars().filter(char::is_ascii_alphanumeric).take(255).collect();
    let hint = if cleaned.is_empty() { "choose another name".to_owned() } else { format!("rename it to `{cleaned}`") };
    problems.push(
        Diagnostic::error("TMPL-035", format!("`{name}` cannot be a name in `{section}`"))
            .at(span)
            .why("names in a template have letters and digits only, 255 characters at most")
            .hint(hint),
    );
}

/// The mapping a member has to be.
pub(super) fn member_map<'a>(what: &str, name: &str, node: &'a Node, problems: &mut Diagnostics) -> Option<&'a Map> {
    let map = node.as_map();
    if map.is_none() {
        problems.push(
            Diagnostic::error("TMPL-034", format!("{what} `{name}` is {}", node.kind()))
                .at(node.span)
                .why(format!("every {what} is a mapping"))
                .hint("check the indentation of the lines below its name"),
        );
    }
    map
}

pub(super) fn known_keys(map: &Map, known: &[&str], what: &str, problems: &mut Diagnostics) {
    for (key, entry) in map.entries().filter(|(key, _)| !known.contains(key) && !key.starts_with("Fn::")) {
        problems.push(
            Diagnostic::error("TMPL-036", format!("{what} has an unknown key `{key}`"))
                .at(entry.key_span)
                .why(format!("it takes {}", list(known)))
                .hint(suggestion(key, known, "remove it, or check its indentation")),
        );
    }
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Mappings have two levels of keys, and text or lists of text below.
pub(super) fn mappings<'a>(root: &'a Map, problems: &mut Diagnostics) -> IndexMap<&'a str, &'a Node> {
    let mut result = IndexMap::new();
    for (name, span, node) in members(root, "Mappings") {
        logical_id(name, span, "Mappings", problems);
        let Some(map) = member_map("mapping", name, node, problems) else { continue };
        for (key, entry) in map.entries().filter(|(key, _)| !key.starts_with("Fn::")) {
            let Some(inner) = entry.node.as_map() else {
                problems.push(mapping_shape(name, key, &entry.node));
                continue;
            };
            let nested = inner.iter().filter(|(k, n)| !k.starts_with("Fn::") && n.as_map().is_some());
            problems.extend(nested.map(|(k, n)| mapping_shape(name, k, n)));
        }
        result.insert(name, node);
    }
    result
}

fn mapping_shape(name: &str, key: &str, node: &Node) -> Diagnostic {
    Diagnostic::error("TMPL-034", format!("key `{key}` of mapping `{name}` is {}", node.kind()))
        .at(node.span)
        .why("a mapping has two levels of keys, and below them text, numbers or lists, without functions")
        .hint("write `Mapping: {TopKey: {SecondKey: value}}`")
}

/// The functions in everything that may have some: known names, one to a mapping, arguments of the right shape.
pub(super) fn functions(template: &Template<'_>, problems: &mut Diagnostics) {
    for (_, resource) in &template.resources {
        for node in resource.expressions() {
            shape(node, problems);
        }
    }
    for output in template.outputs.values() {
        shape(output.value, problems);
    }
    for condition in template.conditions.values() {
        shape(condition, problems);
    }
}

fn shape(node: &Node, problems: &mut Diagnostics) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| shape(item, problems)),
        Value::Map(map) => {
            if let Some((name, argument)) = function(node) {
                call_shape(name, argument, node.span, problems);
            } else {
                stray_functions(map, problems);
            }
            map.iter().for_each(|(_, item)| shape(item, problems));
        }
        _ => {}
    }
}

/// A function beside other keys is not called.
fn stray_functions(map: &Map, problems: &mut Diagnostics) {
    for (key, entry) in
        map.entries().filter(|(key, _)| FUNCTIONS.contains(key) && *key != "Ref" && *key != "Fn::Transform")
    {
        problems.push(
            Diagnostic::error("TMPL-038", format!("`{key}` stands beside other keys"))
                .at(entry.key_span)
                .why("a function is the only key of its mapping")
                .hint("check the indentation"),
        );
    }
}

fn call_shape(name: &str, argument: &Node, span: Span, problems: &mut Diagnostics) {
    let takes = match name {
        "Fn::GetAtt" if get_att(argument).is_none() && !is_computed_attribute(argument) => {
            "a resource and an attribute"
        }
        "Ref" if argument.as_str().is_none() && function(argument).is_none() => "the name of a parameter or resource",
        "Fn::If" if argument.as_list().is_none_or(|list| list.len() != 3) => "a condition's name and two values",
        "Fn::Join" | "Fn::Split" | "Fn::Select" if argument.as_list().is_none_or(|list| list.len() != 2) => {
            "a list of two members"
        }
        "Fn::FindInMap" if argument.as_list().is_none_or(|list| !(3..=4).contains(&list.len())) => {
            "the name of a mapping and two keys"
        }
        "Fn::Equals" if argument.as_list().is_none_or(|list| list.len() != 2) => "a list of two values",
        "Fn::Not" if argument.as_list().is_none_or(|list| list.len() != 1) => "a list of one condition",
        "Fn::And" | "Fn::Or" if argument.as_list().is_none_or(|list| !(2..=10).contains(&list.len())) => {
            "a list of two to ten conditions"
        }
        "Fn::Sub" if !is_sub(argument) => "text, or a list of text and a mapping of variables",
        _ if name == "Ref" || FUNCTIONS.contains(&name) || name.starts_with("Fn::ForEach::") => return,
        _ => {
            problems.push(
                Diagnostic::error("TMPL-038", format!("unknown function `{name}`"))
                    .at(span)
                    .why("CloudFormation refuses functions it does not know")
                    .hint(suggestion(name, FUNCTIONS, "remove it")),
            );
            return;
        }
    };
    problems.push(
        Diagnostic::error("TMPL-038", format!("`{name}` takes {takes}"))
            .at(if argument.is_null() { span } else { argument.span })
            .why(format!("it has {} here", described(argument)))
            .hint("see the function's page in the CloudFormation template reference"),
    );
}

fn described(node: &Node) -> String {
    match &node.value {
        Value::List(items) => format!("a list of {}", items.len()),
        _ => node.kind().to_owned(),
    }
}

fn is_computed_attribute(argument: &Node) -> bool {
    matches!(argument.as_list(), Some([resource, attribute]) if [resource, attribute].iter().all(|n| n.as_str().is_some() || function(n).is_some()))
}

fn is_sub(argument: &Node) -> bool {
    argument.as_str().is_some()
        || matches!(argument.as_list(), Some([text, variables]) if text.as_str().is_some() && variables.as_map().is_some())
}

/// What `Conditions` holds: functions that give a truth, none of which needs itself.
pub(super) fn conditions(template: &Template<'_>, problems: &mut Diagnostics) {
    let (parameters, pseudo) = (Parameters::new(), Pseudo::default());
    let scope = Scope::new(template.node, &parameters, &pseudo, &Undeployed);
    let mut found = Diagnostics::new();
    for (name, node) in &template.conditions {
        let function = function(node).map(|(name, _)| name);
        let known = matches!(function, Some("Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" | "Fn::Transform"));
        if known || node.as_map().is_some_and(|map| map.len() == 1 && map.contains_key("Condition")) {
            scope.condition(name, node.span, &mut found);
            continue;
        }
        problems.push(
            Diagnostic::error("TMPL-038", format!("condition `{name}` has no truth"))
                .at(node.span)
                .why(format!("it is {}", function.map_or(node.kind().to_owned(), |name| format!("a call of `{name}`"))))
                .hint("use `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not` or `Condition`"),
        );
    }
    // The other faults are those of names and shapes, and reported as such.
    problems.extend(found.into_iter().filter(|problem| problem.code.as_str() == "TMPL-022"));
}

/// Names that are not there.
pub(super) fn references(template: &Template<'_>, problems: &mut Diagnostics) {
    let lookup = Names::of(template);
    for resource in template.resources.values() {
        for (name, span) in &resource.depends_on {
            if !template.declares("Resources", name) && !lookup.may_be_made(name) {
                problems.push(lookup.missing(name, *span, "resource", template.resources.keys()));
            }
        }
        if let Some((name, span)) = resource.condition {
            lookup.condition(name, span, problems);
        }
        resource.expressions().for_each(|node| walk(node, &mut |reference| lookup.check(reference, true, problems)));
    }
    for output in template.outputs.values() {
        if let Some(name) = output.condition {
            lookup.condition(name, output.name_span, problems);
        }
        for node in [Some(output.value), output.export].into_iter().flatten() {
            walk(node, &mut |reference| lookup.check(reference, true, problems));
        }
    }
    for condition in template.conditions.values() {
        walk(condition, &mut |reference| lookup.check(reference, false, problems));
    }
}

/// The names of a template, for looking up.
struct Names<'t, 'a> {
    template: &'t Template<'a>,
    /// Whether macros and loops may add names.
    computed: bool,
    /// The resources SAM makes further resources of: its own, and those with connectors.
    serverless: HashSet<&'a str>,
}

impl<'t, 'a> Names<'t, 'a> {
    fn of(template: &'t Template<'a>) -> Self {
        let makes_more = |r: &Resource<'_>| r.is_serverless() || r.node.get("Connectors").is_some();
        let serverless = template.resources.iter().filter(|(_, r)| makes_more(r));
        Self { template, computed: template.names_may_be_made(), serverless: serverless.map(|(id, _)| *id).collect() }
    }

    /// Whether a name can come from a macro or from SAM, which names what it makes after its resources.
    fn may_be_made(&self, name: &str) -> bool {
        let from_sam = |name: &str| {
            ["ServerlessRestApi", "ServerlessHttpApi", "ServerlessDeploymentApplication", "CodeDeployServiceRole"]
                .iter()
                .any(|made| name.starts_with(made))
                || (1..=name.len()).any(|end| name.get(..end).is_some_and(|prefix| self.serverless.contains(prefix)))
        };
        self.computed || (!self.serverless.is_empty() && from_sam(name))
    }

    fn check(&self, reference: Reference<'_>, resources_allowed: bool, problems: &mut Diagnostics) {
        let (name, span) = (reference.name, reference.span);
        match reference.kind {
            ReferenceKind::Ref | ReferenceKind::SubRef => self.reference(name, span, resources_allowed, problems),
            ReferenceKind::GetAtt | ReferenceKind::SubGetAtt => {
                if !resources_allowed {
                    problems.push(no_resources(name, span));
                } else if !self.template.declares("Resources", name) && !self.may_be_made(name) {
                    problems.push(self.missing(name, span, "resource", self.template.resources.keys()));
                }
            }
            ReferenceKind::Condition => self.condition(name, span, problems),
            ReferenceKind::Mapping => {
                if !self.template.declares("Mappings", name) && !self.computed {
                    problems.push(self.missing(name, span, "mapping", self.template.mappings.keys()));
                }
            }
        }
    }

    fn reference(&self, name: &str, span: Span, resources_allowed: bool, problems: &mut Diagnostics) {
        let template = self.template;
        if name.starts_with("AWS::") {
            if !PSEUDO_PARAMETERS.contains(&name) {
                problems.push(self.missing(name, span, "pseudo parameter", PSEUDO_PARAMETERS));
            }
            return;
        }
        let is_resource = template.declares("Resources", name);
        if is_resource && !resources_allowed {
            problems.push(no_resources(name, span));
        } else if !is_resource && !template.declares("Parameters", name) && !self.may_be_made(name) {
            let known = template.parameters.keys().chain(template.resources.keys());
            problems.push(self.missing(name, span, "parameter or resource", known));
        }
    }

    fn condition(&self, name: &str, span: Span, problems: &mut Diagnostics) {
        if !self.template.declares("Conditions", name) && !self.computed {
            problems.push(self.missing(name, span, "condition", self.template.conditions.keys()));
        }
    }

    fn missing<'n>(
        &self,
        name: &str,
        span: Span,
        what: &str,
        known: impl IntoIterator<Item = &'n &'n str>,
    ) -> Diagnostic {
        let hint = did_you_mean(name, known.into_iter().copied())
            .unwrap_or_else(|| "define it, or correct the name".to_owned());
        Diagnostic::error("TMPL-050", format!("`{name}` is not a {what} of this template")).at(span).hint(hint)
    }
}

fn no_resources(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("TMPL-051", format!("a condition refers to resource `{name}`"))
        .at(span)
        .why("conditions are decided before any resource exists")
        .hint("use a parameter or a mapping")
}
