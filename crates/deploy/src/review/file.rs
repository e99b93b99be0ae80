//! Policies that are files of their own: identity, trust or resource policies, told apart by what they say.

use super::collect::{Shelf, found};
use super::document::Policy;
use super::found::Found;
use super::repository::Repository;
use base::{Diagnostic, Diagnostics};
use iam::Kind;
use iam::check::{ResourceFacts, RoleFacts, TrustFacts, check_resource, check_role, check_trust};
use template::{Map, Node, Value};

/// Where the AWS CLI and Terraform's exports put the document in what they print.
const WRAPPED: &[&[&str]] = &[
    &["PolicyVersion", "Document"],
    &["Role", "AssumeRolePolicyDocument"],
    &["PolicyDocument"],
    &["AssumeRolePolicyDocument"],
];

/// Whether a document is a policy, or what the AWS CLI prints around one.
pub fn is_policy(node: &Node) -> bool {
    policy_in(node).is_some()
}

fn policy_in(node: &Node) -> Option<&Node> {
    let is_document = |node: &&Node| node.get("Statement").is_some() && node.get("Resources").is_none();
    let wrapped = WRAPPED.iter().filter_map(|path| node.at(path));
    std::iter::once(node).chain(wrapped).find(is_document)
}

/// Reviews a policy of a file; `name` is what findings call it, `repository` the one whose jobs deploy.
pub fn document(name: &str, node: &Node, repository: Option<&Repository>) -> (Vec<Found>, Diagnostics) {
    let mut problems = Diagnostics::new();
    let document = policy_in(node).unwrap_or(node);
    let kind = kind(document);
    let found = match Policy::of(document.clone(), kind, &mut problems) {
        Some(policy) => of_kind(name, kind, policy, repository),
        None => Vec::new(),
    };
    (found, problems)
}

/// Reviews `aws_additional_iam_policies`: a list of policies, or one, or one statement, that the roles of a pipeline get
/// beside what Landfall derives. They are judged together, since one role has them all.
pub fn additional(name: &str, node: &Node) -> (Vec<Found>, Diagnostics) {
    let mut problems = Diagnostics::new();
    let mut shelf = Shelf::default();
    let items = node.as_list().unwrap_or(std::slice::from_ref(node));
    for (index, item) in items.iter().filter(|item| !item.is_null()).enumerate() {
        let document = if item.get("Effect").is_some() { as_document(item) } else { item.clone() };
        match Policy::of(document, Kind::Identity, &mut problems) {
            Some(policy) => shelf.add(&format!("{name} {index}"), policy),
            None => problems.push(
                Diagnostic::error("POLICY-001", format!("a policy document is an object, not {}", item.kind()))
                    .at(item.span)
                    .hint("write a list of policy documents"),
            ),
        }
    }
    (role(name, &shelf), problems)
}

/// A statement by itself, as a document.
pub(super) fn as_document(statement: &Node) -> Node {
    let mut map = Map::new();
    map.insert("Version", Node::new("2012-10-17", statement.span));
    map.insert("Statement", Node::new(vec![statement.clone()], statement.span));
    Node::new(Value::Map(map), statement.span)
}

fn role(name: &str, shelf: &Shelf) -> Vec<Found> {
    let facts = RoleFacts { name, policies: shelf.named(), ..RoleFacts::default() };
    check_role(&facts).iter().map(|f| found(f, shelf.place(&f.path))).collect()
}

fn of_kind(name: &str, kind: Kind, policy: Policy, repository: Option<&Repository>) -> Vec<Found> {
    let mut shelf = Shelf::default();
    shelf.add(name, policy.clone());
    match kind {
        Kind::Trust => {
            let github_immutable = repository.and_then(|r| r.form_in(&policy.document));
            let facts = TrustFacts { github_immutable, ..TrustFacts::new(name, &policy.document) };
            check_trust(&facts).iter().map(|f| found(f, Some(policy.span(&f.path)))).collect()
        }
        Kind::Resource => {
            let facts = ResourceFacts {
                name,
                resource_type: resource_type(&policy),
                policies: shelf.named(),
                policies_complete: true,
                ..ResourceFacts::default()
            };
            check_resource(&facts).iter().map(|f| found(f, shelf.place(&f.path).or(Some(policy.node.span)))).collect()
        }
        _ => role(name, &shelf),
    }
}

fn statements(document: &Node) -> &[Node] {
    let statement = document.get("Statement");
    statement.map(|s| s.as_list().unwrap_or(std::slice::from_ref(s))).unwrap_or_default()
}

fn actions(statement: &Node) -> Vec<&str> {
    let node = statement.get("Action").or_else(|| statement.get("NotAction"));
    let items = node.map(|n| n.as_list().unwrap_or(std::slice::from_ref(n))).unwrap_or_default();
    items.iter().filter_map(Node::as_str).collect()
}

/// Statements of trust policies are about assuming the role, and name no resource.
fn kind(document: &Node) -> Kind {
    let all = statements(document);
    let named = all.iter().any(|s| s.get("Principal").is_some() || s.get("NotPrincipal").is_some());
    let assumes = |action: &str| action.to_ascii_lowercase().starts_with("sts:");
    let about_role = all.iter().all(|s| {
        s.get("Resource").is_none()
            && s.get("NotResource").is_none()
            && (s.get("NotAction").is_some() || actions(s).iter().all(|a| assumes(a) || *a == "*"))
    });
    match (named, about_role) {
        (true, true) => Kind::Trust,
        (true, false) => Kind::Resource,
        (false, _) => Kind::Identity,
    }
}

/// The type of resource that a policy is for, by the service of its actions.
fn resource_type(policy: &Policy) -> &'static str {
    const TYPES: &[(&str, &str)] = &[
        ("ecr", "AWS::ECR::Repository"),
        ("kms", "AWS::KMS::Key"),
        ("lambda", "AWS::Lambda::Function"),
        ("s3", "AWS::S3::Bucket"),
        ("secretsmanager", "AWS::SecretsManager::Secret"),
        ("sns", "AWS::SNS::Topic"),
        ("sqs", "AWS::SQS::Queue"),
    ];
    let all: Vec<&str> = statements(&policy.node).iter().flat_map(actions).collect();
    let service = all.iter().filter_map(|a| a.split_once(':')).map(|(service, _)| service.to_ascii_lowercase()).next();
    TYPES.iter().find(|(s, _)| Some(*s) == service.as_deref()).map_or("", |(_, kind)| kind)
}
