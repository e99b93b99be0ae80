//! What a resource sets: the paths of its properties, and the scalars at their ends.

use super::value::{Values, is_composite};
use base::Span;
use template::{Node, Value};

/// A property that is set, at the end of its path.
#[derive(Debug, Clone)]
pub(super) struct Leaf<'n> {
    /// Such as `/VpcConfig/SubnetIds`; members of lists have the path of their list.
    pub(super) path: String,
    /// The scalar expression, or an empty list or mapping.
    pub(super) node: &'n Node,
    /// Lies in a document of the user's own making: says nothing about the resource type's properties.
    pub(super) foreign: bool,
}

impl Leaf<'_> {
    /// The last name of its path.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    pub(super) fn span(&self) -> Span {
        self.node.span
    }
}

/// Properties whose insides are documents or texts for something else than the resource.
const DOCUMENTS: &[&str] = &[
    "Body",
    "Content",
    "DashboardBody",
    "DefaultArguments",
    "Definition",
    "DefinitionString",
    "DefinitionSubstitutions",
    "EnvironmentVariables",
    "EventPattern",
    "FilterPolicy",
    "Input",
    "InputTemplate",
    "KeyPolicy",
    "Metadata",
    "Parameters",
    "ResponseParameters",
    "ResponseTemplates",
    "RequestTemplates",
    "Tags",
    "UserData",
    "Variables",
];

/// All leaves below a resource's properties and its update policy.
pub(super) fn leaves<'n>(resource: &'n Node, values: &Values<'_>) -> Vec<Leaf<'n>> {
    let mut found = Vec::new();
    if let Some(properties) = resource.get("Properties") {
        walk(properties, String::new(), false, values, &mut found);
    }
    if let Some(policy) = resource.get("UpdatePolicy") {
        walk(policy, "/UpdatePolicy".to_owned(), false, values, &mut found);
    }
    found
}

fn walk<'n>(node: &'n Node, path: String, foreign: bool, values: &Values<'_>, found: &mut Vec<Leaf<'n>>) {
    for branch in values.branches(node) {
        if !is_composite(branch) {
            if !branch.is_null() {
                found.push(Leaf { path: path.clone(), node: branch, foreign });
            }
            continue;
        }
        match &branch.value {
            Value::List(items) if !items.is_empty() => {
                items.iter().for_each(|item| walk(item, path.clone(), foreign, values, found));
            }
            Value::Map(map) if !map.is_empty() => {
                for (name, child) in map.iter() {
                    let inside = foreign || is_document(&path);
                    walk(child, format!("{path}/{name}"), inside, values, found);
                }
            }
            _ => found.push(Leaf { path: path.clone(), node: branch, foreign }),
        }
    }
}

fn is_document(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    DOCUMENTS.contains(&name) || name.ends_with("PolicyDocument") || name.ends_with("Tags")
}

/// The path of a leaf as the gates read it: what lies in a document counts as the document.
pub(super) fn gate_path(leaf: &Leaf<'_>) -> String {
    if !leaf.foreign {
        return leaf.path.clone();
    }
    let mut path = String::new();
    for name in leaf.path.split('/').skip(1) {
        path = format!("{path}/{name}");
        if is_document(&path) {
            break;
        }
    }
    path
}
