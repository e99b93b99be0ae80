//! Capabilities: what a template may only do when the caller says so (API reference, `CreateStack`, "Capabilities").

use crate::call::AwsError;
use template::Node;

/// Types that change permissions.
const IAM_TYPES: [&str; 11] = [
    "AWS::IAM::AccessKey",
    "AWS::IAM::Group",
    "AWS::IAM::GroupPolicy",
    "AWS::IAM::InstanceProfile",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::User",
    "AWS::IAM::UserPolicy",
    "AWS::IAM::UserToGroupAddition",
];
/// Properties that give such a resource a name of its own.
const NAMES: [&str; 5] = ["GroupName", "InstanceProfileName", "ManagedPolicyName", "RoleName", "UserName"];

/// What a template takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    /// `CAPABILITY_IAM` or `CAPABILITY_NAMED_IAM`.
    pub capability: Option<&'static str>,
    /// The types that make it so, in order, each once.
    pub types: Vec<String>,
}

/// What a template takes.
pub(crate) fn needs(template: &Node) -> Needs {
    let mut needs = Needs::default();
    for (_, resource) in template.get("Resources").and_then(Node::as_map).into_iter().flat_map(|m| m.iter()) {
        let Some(kind) = resource.get("Type").and_then(Node::as_str).filter(|t| IAM_TYPES.contains(t)) else {
            continue;
        };
        let named = is_named(kind, resource);
        if !needs.types.iter().any(|t| t == kind) {
            needs.types.push(kind.to_owned());
        }
        needs.capability = Some(match needs.capability {
            Some("CAPABILITY_NAMED_IAM") => "CAPABILITY_NAMED_IAM",
            _ if named => "CAPABILITY_NAMED_IAM",
            _ => "CAPABILITY_IAM",
        });
    }
    needs
}

/// Policies have a name always; it is not a custom one.
fn is_named(kind: &str, resource: &Node) -> bool {
    let own = matches!(
        kind,
        "AWS::IAM::Group"
            | "AWS::IAM::InstanceProfile"
            | "AWS::IAM::ManagedPolicy"
            | "AWS::IAM::Role"
            | "AWS::IAM::User"
    );
    own && NAMES.iter().any(|name| resource.at(&["Properties", name]).is_some_and(|n| !n.is_null()))
}

/// Checks what the caller acknowledged.
pub(super) fn check(template: &Node, given: &[String]) -> Result<(), AwsError> {
    let Some(needed) = needs(template).capability else { return Ok(()) };
    let enough = given.iter().any(|g| g == needed || g == "CAPABILITY_NAMED_IAM");
    if enough { Ok(()) } else { Err(insufficient(needed)) }
}

/// Macros change the template after the caller has seen it.
pub(super) fn require_expansion(given: &[String]) -> Result<(), AwsError> {
    if given.iter().any(|g| g == "CAPABILITY_AUTO_EXPAND") {
        Ok(())
    } else {
        Err(insufficient("CAPABILITY_AUTO_EXPAND"))
    }
}

fn insufficient(capability: &str) -> AwsError {
    AwsError::new(400, "InsufficientCapabilitiesException", format!("Requires capabilities : [{capability}]"))
}
