//! Execution roles of functions, state machines and others.

use super::cfn::{CfnType, Resource};
use super::data;
use super::distinct::Distinct;
use super::error::Fault;
use super::intrinsic::{is_if, is_no_value};
use super::make::node;
use super::policies::{PolicyKind, kind};
use super::translation::Translation;
use crate::{Map, Node};
use base::Span;

/// `AWS::IAM::Role`.
pub static ROLE: CfnType = CfnType::new(
    "AWS::IAM::Role",
    &["AssumeRolePolicyDocument", "ManagedPolicyArns", "Path", "Policies", "PermissionsBoundary", "Tags"],
);

/// What a role is made of.
#[derive(Debug)]
pub struct RoleParts {
    /// The logical id of the resource that runs with the role; the role gets `Role` behind it.
    pub owner: String,
    /// Where that resource stands.
    pub span: Span,
    /// The attributes of the role.
    pub attributes: Map,
    /// Who may take the role.
    pub assume_role_policy: Node,
    /// Entries of `Policies`.
    pub policies: Vec<Node>,
    /// ARNs of managed policies it has in any case.
    pub managed_policy_arns: Vec<Node>,
    /// Policies it has in any case, each with `PolicyName` and `PolicyDocument`.
    pub policy_documents: Vec<Node>,
    /// Its path.
    pub path: Option<Node>,
    /// The ARN of its permissions boundary.
    pub permissions_boundary: Option<Node>,
    /// Its tags.
    pub tags: Vec<Node>,
}

impl RoleParts {
    /// A role that `service` may take, without policies.
    pub fn new(owner: &str, span: Span, service: &str) -> Self {
        Self {
            owner: owner.to_owned(),
            span,
            attributes: Map::new(),
            assume_role_policy: assume_role_policy(span, service),
            policies: Vec::new(),
            managed_policy_arns: Vec::new(),
            policy_documents: Vec::new(),
            path: None,
            permissions_boundary: None,
            tags: Vec::new(),
        }
    }
}

/// The document that lets a service take a role.
pub fn assume_role_policy(span: Span, service: &str) -> Node {
    node!(span, {
        "Version": "2012-10-17",
        "Statement": [{ "Action": ["sts:AssumeRole"], "Effect": "Allow", "Principal": { "Service": [service] } }],
    })
}

/// A policy with one statement that allows `action` on `resource`.
pub fn allow(span: Span, name: String, action: &str, resource: &Node) -> Node {
    node!(span, {
        "PolicyName": name,
        "PolicyDocument": { "Statement": [{ "Action": action, "Effect": "Allow", "Resource": resource }] },
    })
}

/// Makes the role.
pub fn construct(parts: RoleParts, t: &Translation<'_>) -> Result<Resource, Fault> {
    let mut role = Resource::new(&ROLE, format!("{}Role", parts.owner), parts.span)?.with_attributes(parts.attributes);
    let mut managed = parts.managed_policy_arns;
    let mut seen = Distinct::of(&managed);
    let mut documents = parts.policy_documents;
    let kinds = parts.policies.iter().map(|policy| kind(policy, false)).collect::<Result<Vec<_>, _>>()?;
    for (index, (policy, kind)) in parts.policies.into_iter().zip(kinds).enumerate() {
        let span = policy.span;
        match kind {
            PolicyKind::Statement => {
                let name = format!("{}Policy{index}", role.logical_id);
                documents.push(convert(policy, &|value| {
                    Some(node!(span, { "PolicyName": &name, "PolicyDocument": value.clone() }))
                }));
            }
            PolicyKind::Managed => {
                let arn = convert(policy, &|value| {
                    value.as_str().map(|name| Node::new(managed_policy_arn(name, t), value.span))
                });
                seen.push(&mut managed, arn);
            }
            PolicyKind::Template | PolicyKind::Unknown => {
                let message = format!("Policy at index {index} in the 'Policies' property is not valid");
                return Err(Fault::resource(&parts.owner, message).at(span));
            }
        }
    }
    role.set("AssumeRolePolicyDocument", parts.assume_role_policy);
    role.set("ManagedPolicyArns", Node::new(managed, role.span));
    role.set("Policies", Some(documents).filter(|list| !list.is_empty()).map(|list| Node::new(list, role.span)));
    role.set("Path", parts.path);
    role.set("PermissionsBoundary", parts.permissions_boundary);
    role.set("Tags", Node::new(parts.tags, role.span));
    Ok(role)
}

/// Applies `change` to a policy, or to both values of an `Fn::If`. `AWS::NoValue` stays, and so does a value for which
/// `change` has nothing.
fn convert(mut policy: Node, change: &dyn Fn(&Node) -> Option<Node>) -> Node {
    if !is_if(&policy) {
        return change(&policy).unwrap_or(policy);
    }
    let items = policy.as_map_mut().and_then(|map| map.get_mut("Fn::If")?.as_list_mut());
    for item in items.into_iter().flatten().skip(1) {
        if let Some(new) = change(item).filter(|_| !is_no_value(item)) {
            *item = new;
        }
    }
    policy
}

/// The ARN of a managed policy that is given by name; what is not a known name stays.
fn managed_policy_arn(name: &str, t: &Translation<'_>) -> String {
    if let Some(arn) = data::managed_policy(&t.context.partition, name) {
        return arn.to_owned();
    }
    if name.starts_with("arn:") {
        return name.to_owned();
    }
    let told = t.context.managed_policies.as_ref().and_then(|policies| policies.get(name));
    told.filter(|arn| !arn.is_empty()).map_or_else(|| name.to_owned(), String::clone)
}

/// A role to which events add policies. What it has already is looked up only if an event adds some.
#[derive(Debug)]
pub struct GrowingRole<'a> {
    role: &'a mut Resource,
    arns: Option<Distinct>,
    documents: Option<Distinct>,
}

impl<'a> GrowingRole<'a> {
    /// A role as it is before the first event.
    pub fn new(role: &'a mut Resource) -> Self {
        Self { role, arns: None, documents: None }
    }

    /// Adds an ARN of a managed policy that the role does not have yet.
    pub fn add_managed_policy(&mut self, arn: Node) {
        let known = self.role.get("ManagedPolicyArns").and_then(Node::as_list).unwrap_or_default();
        if self.arns.get_or_insert_with(|| Distinct::of(known)).add(&arn) {
            self.push("ManagedPolicyArns", arn);
        }
    }

    /// Adds a policy, unless the role has one with the same document.
    pub fn add_policy(&mut self, policy: Node) {
        let known = self.role.get("Policies").and_then(Node::as_list).unwrap_or_default();
        let documents = self.documents.get_or_insert_with(|| {
            let mut documents = Distinct::default();
            known.iter().for_each(|policy| _ = documents.add(document(policy)));
            documents
        });
        if documents.add(document(&policy)) {
            self.push("Policies", policy);
        }
    }

    fn push(&mut self, name: &'static str, item: Node) {
        let span = self.role.span;
        if self.role.get(name).is_none() {
            self.role.set(name, Node::new(Vec::new(), span));
        }
        if let Some(list) = self.role.properties.get_mut(name).and_then(Node::as_list_mut) {
            list.push(item);
        }
    }
}

/// The document of a policy; a policy without one stands for itself.
fn document(policy: &Node) -> &Node {
    policy.get("PolicyDocument").unwrap_or(policy)
}

/// The managed policy that lets a function or state machine write X-Ray traces; its name differs by partition.
pub fn xray_policy_name(partition: &str) -> &'static str {
    if partition == "aws" { "AWSXrayWriteOnlyAccess" } else { "AWSXRayDaemonWriteAccess" }
}

/// The policy to write what failed to a bucket.
pub fn allow_s3(span: Span, id: &str, bucket_arn: &Node) -> Node {
    let objects = super::make::join(span, "/", vec![bucket_arn.clone(), node!(span, "*")]);
    node!(span, {
        "PolicyName": format!("{id}S3Policy"),
        "PolicyDocument": {
            "Statement": [
                { "Action": "s3:PutObject", "Effect": "Allow", "Resource": objects },
                { "Action": "s3:ListBucket", "Effect": "Allow", "Resource": bucket_arn },
            ],
        },
    })
}
