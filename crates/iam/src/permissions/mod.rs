//! From resource types and operations to the IAM actions that CloudFormation calls for them.
//!
//! The facts are the registry's handler permissions, narrowed by the properties that are set, with the ARNs that the
//! service supports. See `data/README.md` for where they come from. Absent: what running code needs, and the
//! permissions on the stack itself; those belong to the deployment role.

pub mod actions;
mod arns;
mod gaps;
mod gates;
mod naming;
mod registry;
mod statements;

pub use gaps::{Gap, gaps, gaps_with};
pub use naming::{made_names, name_property, nested_stack};
pub use registry::{TypeFacts, facts, type_names};
pub use statements::statements;

use std::collections::BTreeMap;

/// What is done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Make it, and read its attributes afterwards.
    Create,
    /// Change it in place, and read its attributes afterwards.
    Update,
    /// Remove it; also what a rollback of its creation does.
    Delete,
    /// Read it, for attributes and drift.
    Read,
    /// Set its tags.
    Tag,
}

impl Operation {
    /// Its name in reasons.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Read => "read",
            Self::Tag => "tag",
        }
    }

    /// The lists of a type's facts that it uses.
    fn lists(self) -> &'static [char] {
        match self {
            Self::Create => &['C', 'R'],
            Self::Update => &['U', 'R'],
            Self::Delete => &['D'],
            Self::Read => &['R'],
            Self::Tag => &['T'],
        }
    }
}

/// A resource as a template uses it.
#[derive(Debug, Clone, Copy, Default)]
pub struct ResourceUse<'a> {
    /// Such as `AWS::Lambda::Function`; `Custom::…` is a custom resource.
    pub resource_type: &'a str,
    /// Paths of the properties that are set, such as `/Code/S3Bucket`; for an update, of the old and the new template
    /// together. Tags on the whole stack count as `/Tags`. A CodeDeploy update policy counts as
    /// `/UpdatePolicy/CodeDeployLambdaAliasUpdate`.
    pub properties: &'a [&'a str],
    /// Its physical name, or a pattern of it; with the path for IAM. Without one, the name CloudFormation would make.
    /// For a custom resource, the ARN of its service token.
    pub name: Option<&'a str>,
    /// Names, or patterns of them, of other resources it refers to, by their place in ARNs: `("FunctionName", "shop-*")`
    /// for a permission on a function, `("RoleName", "app/*")` for a role that is passed. A place may stand there
    /// several times. A text that starts with `arn:` is taken as the whole ARN, for what lies in another account.
    pub references: &'a [(&'a str, &'a str)],
}

/// Where the resource is made. `*` stands for what is not known.
#[derive(Debug, Clone)]
pub struct Scope {
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// Region code.
    pub region: String,
    /// Account id.
    pub account: String,
    /// Name of the stack, from which CloudFormation makes the names of resources without one.
    pub stack: Option<String>,
    /// Name of the bucket with the artifacts; other buckets are not read.
    pub artifact_bucket: Option<String>,
    /// ARN of the permissions boundary that every created role must have.
    pub boundary: Option<String>,
}

impl Default for Scope {
    fn default() -> Self {
        let any = || "*".to_owned();
        Self {
            partition: "aws".to_owned(),
            region: any(),
            account: any(),
            stack: None,
            artifact_bucket: None,
            boundary: None,
        }
    }
}

/// A condition of a needed action: operator, key, value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition {
    /// Such as `StringEquals`.
    pub operator: &'static str,
    /// Such as `iam:PassedToService`.
    pub key: &'static str,
    /// The only value.
    pub value: String,
}

/// An action that an operation needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeededAction {
    /// `service:Action` as AWS spells it.
    pub action: String,
    /// ARN patterns; `*` where the service knows no resource for the action.
    pub resources: Vec<String>,
    /// All must hold.
    pub conditions: Vec<Condition>,
    /// Which operation calls it, and for which property.
    pub why: String,
    /// Whether the action stands in the service authorization reference.
    pub documented: bool,
}

/// The actions an operation on a resource needs, in order of name. `None` when nothing is known about the type, which
/// is the case for private types of the registry.
pub fn needed(resource: &ResourceUse<'_>, operation: Operation, scope: &Scope) -> Option<Vec<NeededAction>> {
    let found = needed_with_properties(resource, operation, scope)?;
    Some(found.into_iter().map(|(need, _)| need).collect())
}

/// The same, each with the path of the property that makes it necessary, where one does.
pub fn needed_with_properties<'p>(
    resource: &ResourceUse<'p>,
    operation: Operation,
    scope: &Scope,
) -> Option<Vec<(NeededAction, Option<&'p str>)>> {
    let facts = facts(registry_name(resource.resource_type))?;
    let own = facts.own_service();
    let gates = gates::Gates::of(&facts);
    let mut found: BTreeMap<String, (String, Option<&'p str>)> = BTreeMap::new();
    for letter in operation.lists() {
        for action in facts.actions(*letter) {
            if found.contains_key(&action) || !arns::serves(&facts, &action, resource) {
                continue;
            }
            if let Some(property) = gates.cause(own, (*letter, &action), resource.properties) {
                let done = if *letter == 'R' && operation != Operation::Read { "read after " } else { "" };
                let cause = property.map_or_else(String::new, |p| format!(", for `{p}`"));
                let why = format!("{done}{} of `{}`{cause}", operation.as_str(), resource.resource_type);
                found.insert(action, (why, property));
            }
        }
    }
    let need = |(action, (why, property)): (String, (String, Option<&'p str>))| {
        let entry = actions::find(&action);
        let need = NeededAction {
            resources: arns::resources((&facts, own), &action, resource, scope),
            conditions: arns::conditions(&facts, &action, scope),
            documented: entry.is_some(),
            action,
            why,
        };
        (need, property)
    };
    Some(found.into_iter().map(need).collect())
}

/// All custom resources are one type to the registry.
fn registry_name(resource_type: &str) -> &str {
    if resource_type.starts_with("Custom::") { "AWS::CloudFormation::CustomResource" } else { resource_type }
}

/// Whether anything is known about a type: the public types of AWS, and custom resources.
pub fn is_known(resource_type: &str) -> bool {
    facts(registry_name(resource_type)).is_some()
}

/// Everything that a type's handlers may call, for whatever properties: what a policy made from the registry's lists alone
/// would allow. Sorted; nothing for an unknown type.
pub fn handler_actions(resource_type: &str) -> Vec<String> {
    let Some(facts) = facts(registry_name(resource_type)) else { return Vec::new() };
    let mut all: Vec<String> = ['C', 'R', 'U', 'D', 'T'].iter().flat_map(|letter| facts.actions(*letter)).collect();
    all.sort();
    all.dedup();
    all
}

/// Patterns of the ARN of a resource itself. None where its type is not known or has no ARN.
pub fn own_arns(resource: &ResourceUse<'_>, scope: &Scope) -> Vec<String> {
    facts(registry_name(resource.resource_type)).map_or_else(Vec::new, |facts| arns::own(&facts, resource, scope))
}

/// The places in the ARNs of all actions that a type's operations may need, such as `FunctionName`: what
/// [`ResourceUse::references`] can fill.
pub fn places(resource_type: &str) -> Vec<String> {
    let Some(facts) = facts(registry_name(resource_type)) else { return Vec::new() };
    let mut places: Vec<String> = Vec::new();
    for action in ['C', 'R', 'U', 'D', 'T'].iter().flat_map(|letter| facts.actions(*letter)) {
        places.extend(arns::places(&action));
    }
    places.sort();
    places.dedup();
    places
}

#[cfg(test)]
mod tests;
