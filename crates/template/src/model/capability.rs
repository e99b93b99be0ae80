//! The capabilities a caller has to acknowledge before CloudFormation takes a template.

use super::Template;
use crate::Node;

/// A capability, as in `CreateChangeSet`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// The template makes identities or grants them something.
    Iam,
    /// It also gives them names, which are unique in the account.
    NamedIam,
    /// It runs macros.
    AutoExpand,
}

/// What a template demands, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Capabilities {
    /// Resources that make identities or grants, by logical id.
    pub iam: Vec<String>,
    /// Those of them that have names of their own.
    pub named_iam: Vec<String>,
    /// The macros that run.
    pub macros: Vec<String>,
}

/// The types that need `CAPABILITY_IAM`, each with the property that names it and so needs `CAPABILITY_NAMED_IAM`. From
/// "Acknowledging IAM resources in CloudFormation templates" of the user guide.
const IAM_TYPES: &[(&str, Option<&str>)] = &[
    ("AWS::IAM::AccessKey", None),
    ("AWS::IAM::Group", Some("GroupName")),
    ("AWS::IAM::InstanceProfile", Some("InstanceProfileName")),
    ("AWS::IAM::ManagedPolicy", Some("ManagedPolicyName")),
    ("AWS::IAM::Policy", None),
    ("AWS::IAM::Role", Some("RoleName")),
    ("AWS::IAM::User", Some("UserName")),
    ("AWS::IAM::UserToGroupAddition", None),
];

impl Capability {
    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Iam => "CAPABILITY_IAM",
            Self::NamedIam => "CAPABILITY_NAMED_IAM",
            Self::AutoExpand => "CAPABILITY_AUTO_EXPAND",
        }
    }
}

impl Capabilities {
    pub(super) fn of(template: &Template<'_>) -> Self {
        let mut result = Self { macros: macros(template), ..Self::default() };
        for (id, resource) in &template.resources {
            // The roles SAM makes are not there before it ran.
            if template.is_serverless() && resource.is_serverless() {
                result.iam.push((*id).to_owned());
            }
            let Some((_, name)) = IAM_TYPES.iter().find(|(kind, _)| *kind == resource.kind) else { continue };
            result.iam.push((*id).to_owned());
            if name.is_some_and(|name| resource.property(name).is_some()) {
                result.named_iam.push((*id).to_owned());
            }
        }
        result
    }

    /// The capabilities to send. `CAPABILITY_NAMED_IAM` includes `CAPABILITY_IAM`. Templates of nested stacks are not part
    /// of this template: their capabilities have to be added.
    pub fn list(&self) -> Vec<Capability> {
        let mut list = Vec::new();
        if !self.named_iam.is_empty() {
            list.push(Capability::NamedIam);
        } else if !self.iam.is_empty() {
            list.push(Capability::Iam);
        }
        if !self.macros.is_empty() {
            list.push(Capability::AutoExpand);
        }
        list
    }

    /// What both demand together, for a stack and those nested in it.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.iam.extend(other.iam);
        self.named_iam.extend(other.named_iam);
        self.macros.extend(other.macros);
        self
    }
}

/// The macros at the top and those called by `Fn::Transform`, each once.
fn macros(template: &Template<'_>) -> Vec<String> {
    let mut names: Vec<String> = template.transforms.iter().map(|name| (*name).to_owned()).collect();
    collect(template.node, &mut names);
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

fn collect(node: &Node, names: &mut Vec<String>) {
    for item in node.as_list().unwrap_or_default() {
        collect(item, names);
    }
    for (key, item) in node.as_map().into_iter().flat_map(crate::Map::iter) {
        if key == "Fn::Transform" {
            let calls = item.as_list().unwrap_or(std::slice::from_ref(item));
            names.extend(calls.iter().filter_map(|call| call.get("Name")?.as_str()).map(str::to_owned));
        }
        collect(item, names);
    }
}
