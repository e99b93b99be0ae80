//! Resources and their attributes.

use super::{check, members, suggestion};
use crate::intrinsic::function;
use crate::{Map, Node};
use base::{Diagnostic, Diagnostics, Severity, Span};
use indexmap::IndexMap;

/// What becomes of the real thing when its resource goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retention {
    /// It is deleted.
    Delete,
    /// It is kept, outside the stack.
    Retain,
    /// A snapshot is taken, then it is deleted.
    Snapshot,
    /// It is kept, but deleted when the creation that made it is rolled back.
    RetainExceptOnCreate,
}

/// One resource of a template.
#[derive(Debug, Clone)]
pub struct Resource<'a> {
    /// Where its logical id stands.
    pub id_span: Span,
    /// The whole resource.
    pub node: &'a Node,
    /// `Type`, such as `AWS::S3::Bucket`.
    pub kind: &'a str,
    /// `Properties`.
    pub properties: Option<&'a Node>,
    /// `DependsOn`, each with its place.
    pub depends_on: Vec<(&'a str, Span)>,
    /// `Condition`, with its place.
    pub condition: Option<(&'a str, Span)>,
    /// `DeletionPolicy`, when it is written as text.
    pub deletion_policy: Option<Retention>,
    /// `UpdateReplacePolicy`, when it is written as text.
    pub update_replace_policy: Option<Retention>,
    /// `UpdatePolicy`.
    pub update_policy: Option<&'a Node>,
    /// `CreationPolicy`.
    pub creation_policy: Option<&'a Node>,
    /// `Metadata`.
    pub metadata: Option<&'a Node>,
}

/// The keys of a resource; the last two are SAM's.
const KEYS: &[&str] = &[
    "Condition",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
    "Connectors",
    "IgnoreGlobals",
];

/// The keys of a custom resource.
const CUSTOM_KEYS: &[&str] = &[
    "Condition",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
    "Version",
];

impl<'a> Resource<'a> {
    /// One property.
    pub fn property(&self, name: &str) -> Option<&'a Node> {
        self.properties?.get(name)
    }

    /// Whether SAM turns it into other resources.
    pub fn is_serverless(&self) -> bool {
        self.kind.starts_with("AWS::Serverless::")
    }

    /// Everything in it that may have functions.
    pub fn expressions(&self) -> impl Iterator<Item = &'a Node> {
        [self.properties, self.metadata, self.update_policy, self.creation_policy].into_iter().flatten()
    }

    /// What happens to the real thing when the resource or its stack is deleted. Without a policy it is deleted, except
    /// that RDS clusters and instances outside a cluster get a snapshot ("DeletionPolicy attribute", user guide).
    pub fn on_deletion(&self) -> Retention {
        self.deletion_policy.unwrap_or_else(|| {
            let snapshots = self.kind == "AWS::RDS::DBCluster"
                || (self.kind == "AWS::RDS::DBInstance" && self.property("DBClusterIdentifier").is_none());
            if snapshots { Retention::Snapshot } else { Retention::Delete }
        })
    }
}

impl Retention {
    /// As it is written in a template.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "Delete",
            Self::Retain => "Retain",
            Self::Snapshot => "Snapshot",
            Self::RetainExceptOnCreate => "RetainExceptOnCreate",
        }
    }

    fn parse(text: &str, allowed: &[Self]) -> Option<Self> {
        allowed.iter().copied().find(|policy| policy.as_str() == text)
    }
}

pub(super) fn read<'a>(root: &'a Map, problems: &mut Diagnostics) -> IndexMap<&'a str, Resource<'a>> {
    let mut result = IndexMap::new();
    for (id, id_span, node) in members(root, "Resources") {
        check::logical_id(id, id_span, "Resources", problems);
        let Some(map) = check::member_map("resource", id, node, problems) else { continue };
        keys(id, map, problems);
        let Some(kind) = resource_type(id, id_span, map, problems) else { continue };
        result.insert(id, resource(id, id_span, node, map, kind, problems));
    }
    result
}

fn resource<'a>(
    id: &str,
    id_span: Span,
    node: &'a Node,
    map: &'a Map,
    kind: &'a str,
    problems: &mut Diagnostics,
) -> Resource<'a> {
    use Retention::{Delete, Retain, RetainExceptOnCreate, Snapshot};
    let properties = map.get("Properties").filter(|n| !n.is_null());
    if let Some(found) = properties.filter(|n| n.as_map().is_none()) {
        problems.push(attribute(id, "Properties", "a mapping", found));
    }
    Resource {
        id_span,
        node,
        kind,
        properties: properties.filter(|n| n.as_map().is_some()),
        depends_on: depends_on(id, map, problems),
        condition: condition(id, map, problems),
        deletion_policy: retention(
            id,
            map,
            "DeletionPolicy",
            &[Delete, Retain, Snapshot, RetainExceptOnCreate],
            problems,
        ),
        update_replace_policy: retention(id, map, "UpdateReplacePolicy", &[Delete, Retain, Snapshot], problems),
        update_policy: map.get("UpdatePolicy"),
        creation_policy: map.get("CreationPolicy"),
        metadata: map.get("Metadata"),
    }
}

/// The SAM transform takes no notice of keys that it does not know beside `Properties`, so CloudFormation never sees them.
/// Of what CloudFormation is known to take, two are in no list of attributes: custom resources have a `Version`, and
/// public templates that are deployed have a `Description`.
fn keys(id: &str, map: &Map, problems: &mut Diagnostics) {
    let kind = map.get("Type").and_then(Node::as_str).unwrap_or_default();
    let custom = kind.starts_with("Custom::") || kind == "AWS::CloudFormation::CustomResource";
    let before = problems.len();
    check::known_keys(map, if custom { CUSTOM_KEYS } else { KEYS }, &format!("resource `{id}`"), problems);
    let description = map.entries().find(|(key, _)| *key == "Description").map(|(_, entry)| entry.key_span);
    for problem in problems.iter_mut().skip(before) {
        if kind.starts_with("AWS::Serverless::") {
            problem.severity = Severity::Warning;
            problem.why = Some("the SAM transform leaves it out: it has no effect".to_owned());
        } else if problem.span.is_some() && problem.span == description {
            problem.severity = Severity::Warning;
            problem.why =
                Some("it is no attribute of resources, and describes nothing outside of the template".to_owned());
        }
    }
}

fn attribute(id: &str, name: &str, takes: &str, found: &Node) -> Diagnostic {
    Diagnostic::error("TMPL-036", format!("`{name}` of resource `{id}` is {}", found.kind()))
        .at(found.span)
        .why(format!("it takes {takes}"))
        .hint("correct its value or its indentation")
}

fn resource_type<'a>(id: &str, id_span: Span, map: &'a Map, problems: &mut Diagnostics) -> Option<&'a str> {
    let Some(node) = map.get("Type") else {
        problems.push(
            Diagnostic::error("TMPL-036", format!("resource `{id}` has no `Type`"))
                .at(id_span)
                .why("the type says what is created")
                .hint("add a type such as `Type: AWS::S3::Bucket`"),
        );
        return None;
    };
    let Some(kind) = node.as_str() else {
        problems.push(attribute(id, "Type", "text such as `AWS::S3::Bucket`", node));
        return None;
    };
    let parts: Vec<&str> = kind.split("::").collect();
    let custom = parts.first() == Some(&"Custom") && parts.len() >= 2;
    let well_formed = (custom || (3..=4).contains(&parts.len())) && parts.iter().all(|part| !part.is_empty());
    if !well_formed {
        problems.push(
            Diagnostic::error("TMPL-036", format!("`{kind}` is not a resource type"))
                .at(node.span)
                .why("a type is `Provider::Service::Resource` or `Custom::Name`")
                .hint("correct the type"),
        );
    }
    Some(kind)
}

fn depends_on<'a>(id: &str, map: &'a Map, problems: &mut Diagnostics) -> Vec<(&'a str, Span)> {
    let Some(node) = map.get("DependsOn") else { return Vec::new() };
    let mut names = Vec::new();
    for item in node.as_list().unwrap_or(std::slice::from_ref(node)) {
        match item.as_str() {
            Some(name) => names.push((name, item.span)),
            None => {
                problems.push(attribute(id, "DependsOn", "a logical id or a list of them, without functions", item))
            }
        }
    }
    names
}

fn condition<'a>(id: &str, map: &'a Map, problems: &mut Diagnostics) -> Option<(&'a str, Span)> {
    let node = map.get("Condition")?;
    let name = node.as_str();
    if name.is_none() {
        problems.push(attribute(id, "Condition", "the name of a condition", node));
    }
    name.map(|name| (name, node.span))
}

fn retention(id: &str, map: &Map, name: &str, allowed: &[Retention], problems: &mut Diagnostics) -> Option<Retention> {
    let node = map.get(name)?;
    // `AWS::LanguageExtensions` allows functions here.
    if function(node).is_some() {
        return None;
    }
    let text = node.as_str().unwrap_or_default();
    let policy = Retention::parse(text, allowed);
    if policy.is_none() {
        let names: Vec<&str> = allowed.iter().map(|policy| policy.as_str()).collect();
        problems.push(
            Diagnostic::error("TMPL-036", format!("`{name}` of resource `{id}` is not a policy"))
                .at(node.span)
                .why(format!("it is one of {}", names.join(", ")))
                .hint(suggestion(text, &names, "choose one of them")),
        );
    }
    policy
}
