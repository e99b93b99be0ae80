//! A template as CloudFormation sees it: parameters, mappings, conditions, resources, outputs, and how they refer to
//! one another.
//!
//! [`Template::read`] reports every structural problem at once and still gives a view of what is well formed. SAM
//! sections and resource types are allowed, since templates are read before they are expanded too. This module does not
//! know the properties of resource types.

mod capability;
mod check;
mod graph;
mod limits;
mod parameter;
mod references;
mod resource;
mod values;

use crate::intrinsic::{did_you_mean, function};
use crate::{Map, Node};
use base::{Diagnostic, Diagnostics, Span};
use indexmap::IndexMap;

pub use capability::{Capabilities, Capability};
pub use graph::{Cycle, Graph};
pub use limits::{
    MAX_BODY_INLINE, MAX_BODY_S3, MAX_MAPPINGS, MAX_OUTPUTS, MAX_PARAMETER_BYTES, MAX_PARAMETERS, MAX_RESOURCES, body,
};
pub use parameter::{Parameter, ParameterType};
pub use references::{Reference, ReferenceKind, references};
pub use resource::{Resource, Retention};
pub use values::{Bound, Violation, ViolationKind};

/// The sections a template may have. `Globals` is SAM's.
pub const SECTIONS: &[&str] = &[
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

/// The macro that turns SAM resources into CloudFormation ones.
pub const SERVERLESS: &str = "AWS::Serverless-2016-10-31";
/// The macro that adds `Fn::ForEach`, `Fn::Length` and `Fn::ToJsonString`.
pub const LANGUAGE_EXTENSIONS: &str = "AWS::LanguageExtensions";

/// A view of a template. Members that are malformed are left out and reported.
#[derive(Debug, Clone)]
pub struct Template<'a> {
    /// The document.
    pub node: &'a Node,
    /// `Description`.
    pub description: Option<&'a str>,
    /// `Parameters`, in order.
    pub parameters: IndexMap<&'a str, Parameter<'a>>,
    /// `Mappings`, in order.
    pub mappings: IndexMap<&'a str, &'a Node>,
    /// `Conditions`, in order.
    pub conditions: IndexMap<&'a str, &'a Node>,
    /// `Rules`, in order.
    pub rules: IndexMap<&'a str, &'a Node>,
    /// `Resources`, in order.
    pub resources: IndexMap<&'a str, Resource<'a>>,
    /// `Outputs`, in order.
    pub outputs: IndexMap<&'a str, Output<'a>>,
    /// The names in `Transform`, in the order they are applied.
    pub transforms: Vec<&'a str>,
}

/// One output of a stack.
#[derive(Debug, Clone, Copy)]
pub struct Output<'a> {
    /// Where its name stands.
    pub name_span: Span,
    /// Its value.
    pub value: &'a Node,
    /// `Description`.
    pub description: Option<&'a str>,
    /// `Condition`.
    pub condition: Option<&'a str>,
    /// `Export.Name`, an expression.
    pub export: Option<&'a Node>,
}

impl<'a> Template<'a> {
    /// Views a document as a template, and reports what is wrong with its structure, its references and its size, in the
    /// order of the text.
    pub fn read(node: &'a Node) -> (Self, Diagnostics) {
        let mut problems = Diagnostics::new();
        let mut template = Self::empty(node);
        let Some(root) = node.as_map() else {
            problems.push(not_a_template(node));
            return (template, problems);
        };
        check::sections(root, &mut problems);
        template.transforms = transforms(root, &mut problems);
        template.description = root.get("Description").and_then(Node::as_str);
        template.parameters = parameter::read(root, &mut problems);
        template.mappings = check::mappings(root, &mut problems);
        template.conditions = plain_section(root, "Conditions", &mut problems);
        template.rules = plain_section(root, "Rules", &mut problems);
        template.resources = resource::read(root, &mut problems);
        template.outputs = outputs(root, &mut problems);
        check::resources_exist(root, &mut problems);
        check::functions(&template, &mut problems);
        check::references(&template, &mut problems);
        check::conditions(&template, &mut problems);
        // Events and definitions of SAM resources refer both ways until they are expanded.
        let is_serverless = |id: &String| template.resources.get(id.as_str()).is_some_and(Resource::is_serverless);
        let cycles = template.graph().cycles();
        problems.extend(cycles.iter().filter(|c| !c.resources.iter().any(is_serverless)).map(Cycle::diagnostic));
        check::serverless(&template, &mut problems);
        limits::counts(&template, &mut problems);
        problems.sort_by_key(|problem| problem.span.map(|span| (span.file, span.start)));
        (template, problems)
    }

    fn empty(node: &'a Node) -> Self {
        Self {
            node,
            description: None,
            parameters: IndexMap::new(),
            mappings: IndexMap::new(),
            conditions: IndexMap::new(),
            rules: IndexMap::new(),
            resources: IndexMap::new(),
            outputs: IndexMap::new(),
            transforms: Vec::new(),
        }
    }

    /// Whether it has the SAM transform.
    pub fn is_serverless(&self) -> bool {
        self.transforms.contains(&SERVERLESS)
    }

    /// The references between its resources.
    pub fn graph(&self) -> Graph<'a> {
        Graph::of(self)
    }

    /// The capabilities CloudFormation demands before it takes the template.
    pub fn capabilities(&self) -> Capabilities {
        Capabilities::of(self)
    }

    /// Checks parameter values and gives all parameters the values they have in a deployment.
    pub fn bind(&self, given: &std::collections::BTreeMap<String, String>) -> Bound {
        values::bind(self, given)
    }

    /// Whether a section has a member of the name, well formed or not.
    fn declares(&self, section: &str, name: &str) -> bool {
        self.node.get(section).and_then(Node::as_map).is_some_and(|map| map.contains_key(name))
    }

    /// Whether names can come into being that are not in the text: by macros, by SAM, by loops.
    fn names_may_be_made(&self) -> bool {
        let section_is_computed = |name: &str| {
            self.node.get(name).and_then(Node::as_map).is_some_and(|map| map.keys().any(|key| key.starts_with("Fn::")))
        };
        self.transforms.iter().any(|t| *t != SERVERLESS && *t != LANGUAGE_EXTENSIONS)
            || ["Resources", "Parameters", "Conditions", "Mappings"].into_iter().any(section_is_computed)
            || self.node.as_map().is_some_and(|map| map.contains_key("Fn::Transform"))
    }
}

fn not_a_template(node: &Node) -> Diagnostic {
    Diagnostic::error("TMPL-030", format!("a template is a mapping, and this is {}", node.kind()))
        .at(node.span)
        .why("CloudFormation reads sections such as `Resources` from it")
        .hint("start the file with `Resources:`")
}

/// `Transform`: a name, or a list of names and of mappings with `Name` and `Parameters`.
fn transforms<'a>(root: &'a Map, problems: &mut Diagnostics) -> Vec<&'a str> {
    let Some(node) = root.get("Transform") else { return Vec::new() };
    let one = std::slice::from_ref(node);
    let mut names = Vec::new();
    for item in node.as_list().unwrap_or(one) {
        match item.as_str().or_else(|| item.get("Name").and_then(Node::as_str)) {
            Some(name) => {
                check::transform(name, item.span, problems);
                names.push(name);
            }
            None => problems.push(
                Diagnostic::error("TMPL-034", format!("`Transform` has {} where a macro is named", item.kind()))
                    .at(item.span)
                    .why("a transform is the name of a macro, or a mapping with `Name` and `Parameters`")
                    .hint(format!("write for example `Transform: {SERVERLESS}`")),
            ),
        }
    }
    names
}

/// The members of a section: name, where the name stands, what it holds. Keys that a macro or a loop replaces are left
/// out; a section that is no mapping is reported by [`check::sections`].
fn members<'a>(root: &'a Map, section: &str) -> impl Iterator<Item = (&'a str, Span, &'a Node)> {
    let map = root.get(section).and_then(Node::as_map);
    map.into_iter()
        .flat_map(Map::entries)
        .filter(|(name, _)| !name.starts_with("Fn::"))
        .map(|(name, entry)| (name, entry.key_span, &entry.node))
}

fn plain_section<'a>(root: &'a Map, section: &str, problems: &mut Diagnostics) -> IndexMap<&'a str, &'a Node> {
    let mut result = IndexMap::new();
    for (name, span, node) in members(root, section) {
        check::logical_id(name, span, section, problems);
        result.insert(name, node);
    }
    result
}

const OUTPUT_KEYS: &[&str] = &["Condition", "Description", "Export", "Value"];

fn outputs<'a>(root: &'a Map, problems: &mut Diagnostics) -> IndexMap<&'a str, Output<'a>> {
    let mut result = IndexMap::new();
    for (name, name_span, node) in members(root, "Outputs") {
        check::logical_id(name, name_span, "Outputs", problems);
        let Some(map) = check::member_map("output", name, node, problems) else { continue };
        check::known_keys(map, OUTPUT_KEYS, &format!("output `{name}`"), problems);
        let Some(value) = map.get("Value").filter(|n| !n.is_null()) else {
            problems.push(
                Diagnostic::error("TMPL-037", format!("output `{name}` has no `Value`"))
                    .at(name_span)
                    .why("an output is a value that the stack returns")
                    .hint("add `Value`, for example `Value: !Ref MyResource`"),
            );
            continue;
        };
        if value.as_list().is_some() || value.as_map().is_some() && function(value).is_none() {
            problems.push(
                Diagnostic::error("TMPL-037", format!("the `Value` of output `{name}` is {}", value.kind()))
                    .at(value.span)
                    .why("the value of an output is text")
                    .hint("take one member of it, or join them with `Fn::Join`"),
            );
        }
        let export = map.get("Export").and_then(|export| export.get("Name"));
        if let (Some(node), None) = (map.get("Export"), export) {
            problems.push(
                Diagnostic::error("TMPL-037", format!("the export of output `{name}` has no `Name`"))
                    .at(node.span)
                    .why("other stacks import an output by the name of its export")
                    .hint("write `Export: {Name: …}`"),
            );
        }
        let description = map.get("Description").and_then(Node::as_str);
        let condition = map.get("Condition").and_then(Node::as_str);
        result.insert(name, Output { name_span, value, description, condition, export });
    }
    result
}

/// A hint for a name that is not there.
fn suggestion<'n>(
    name: &str,
    known: impl IntoIterator<Item = &'n (impl AsRef<str> + ?Sized + 'n)>,
    otherwise: &str,
) -> String {
    did_you_mean(name, known).unwrap_or_else(|| otherwise.to_owned())
}
