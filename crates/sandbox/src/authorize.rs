//! May this principal do this? The one door to policy decisions.
//!
//! Every service asks here. The policies are gathered from the world as it stands, the decision is the `iam` crate's, and
//! the refusal is AWS's text. TLS is taken for granted: the wire is a loopback socket, so `aws:SecureTransport` is always
//! true, and policies that insist on it behave as they do in AWS.

use crate::call::{AwsError, Call};
use crate::identity::Principal;
use crate::services::iam::{Policies, named, policies_of};
use crate::world::World;
use base::{AccountId, Region};
use iam::{Context, Kind, PolicySet, ResourcePolicy};
use std::collections::BTreeMap;

/// A question for the policy engine.
#[derive(Debug, Clone, Default)]
pub struct Question<'a> {
    /// The action, for example `cloudformation:CreateStack`.
    pub action: &'a str,
    /// The ARN of what it acts on, `*` for actions without resources.
    pub resource: &'a str,
    /// Condition keys beside the global ones, which are filled in. A key may have several values.
    pub context: Vec<(String, Vec<String>)>,
    /// The policy of the resource.
    pub resource_policy: Policy<'a>,
    /// The account that owns the resource, where the ARN does not say it (S3).
    pub resource_account: Option<&'a AccountId>,
    /// The service through which the call is made, for `aws:CalledVia` and `aws:ViaAWSService`.
    pub via: Option<&'a str>,
}

/// A resource's own policy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Policy<'a> {
    /// It has none.
    #[default]
    Absent,
    /// One that adds to identity policies.
    Attached(&'a str),
    /// A role's trust policy.
    Trust(&'a str),
}

impl Call<'_> {
    /// Whether the caller may do `action` on `resource`; the error is the service's refusal.
    pub fn authorize(
        &self,
        world: &World,
        action: &str,
        resource: &str,
        context: &[(&str, &str)],
    ) -> Result<(), AwsError> {
        let context = context.iter().map(|(k, v)| ((*k).to_owned(), vec![(*v).to_owned()])).collect();
        self.ask(world, &Question { action, resource, context, ..Question::default() })
    }

    /// The same for a question with every part.
    pub fn ask(&self, world: &World, question: &Question<'_>) -> Result<(), AwsError> {
        authorize_as(world, &self.principal, &self.region, question)
    }
}

/// Whether a principal may do something, for services that act as a role or on behalf of a caller.
pub fn authorize_as(
    world: &World,
    principal: &Principal,
    region: &Region,
    question: &Question<'_>,
) -> Result<(), AwsError> {
    let decision = decide(world, principal, region, question);
    if decision.is_allowed() { Ok(()) } else { Err(AwsError::access_denied(decision.message())) }
}

/// The decision with its reasons.
pub fn decide(world: &World, principal: &Principal, region: &Region, question: &Question<'_>) -> iam::Decision {
    Asker::new(world, principal, region).decide(question)
}

/// Someone with many questions: the policies that do not depend on the question are gathered once.
#[derive(Debug)]
pub struct Asker<'a> {
    world: &'a World,
    principal: &'a Principal,
    region: &'a Region,
    set: PolicySet,
    tags: BTreeMap<String, String>,
}

impl<'a> Asker<'a> {
    /// A principal in a region, with its policies as they stand.
    pub fn new(world: &'a World, principal: &'a Principal, region: &'a Region) -> Self {
        let Policies { identity, boundary, session, tags } = policies_of(world, principal);
        let account = principal.account();
        let organization = account.and_then(|account| world.organization.of(account));
        let service_control =
            account.zip(organization).map(|(account, o)| o.service_control(account)).unwrap_or_default();
        let set = PolicySet { identity, boundary, session, service_control, ..PolicySet::default() };
        Self { world, principal, region, set, tags }
    }

    /// The decision with its reasons.
    pub fn decide(&self, question: &Question<'_>) -> iam::Decision {
        let resource = match question.resource_policy {
            Policy::Absent => ResourcePolicy::Absent,
            Policy::Attached(text) => ResourcePolicy::Attached(named(question.resource, text, Kind::Resource)),
            Policy::Trust(text) => ResourcePolicy::Trust(named(question.resource, text, Kind::Trust)),
        };
        let mut request = iam::Request::new(asker(self.principal), question.action, question.resource);
        request.resource_account = question.resource_account.map(ToString::to_string);
        request.context = context(self.world, self.principal, self.region, question);
        for (key, value) in &self.tags {
            request.context.set(&format!("aws:PrincipalTag/{key}"), value.as_str());
        }
        let set = PolicySet { resource, ..self.set.clone() };
        iam::authorize(&request, &set)
    }
}

/// The principal as the policy engine knows it.
fn asker(principal: &Principal) -> iam::Principal {
    match principal {
        Principal::Root { .. } => iam::Principal::Root { arn: principal.arn() },
        Principal::User { id, .. } => iam::Principal::user(principal.arn()).with_unique_id(id),
        Principal::Session(s) => iam::Principal::role_session(&s.role_arn, &s.name).with_unique_id(&s.role_id),
        Principal::Service { name, .. } => iam::Principal::Service(name.clone()),
        Principal::Anonymous => iam::Principal::Anonymous,
    }
}

/// The global condition keys (IAM User Guide, "AWS global condition context keys"), then the question's own.
fn context(world: &World, principal: &Principal, region: &Region, question: &Question<'_>) -> Context {
    let mut context = Context::new();
    context.set("aws:CurrentTime", world.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    context.set("aws:EpochTime", world.now().as_second().to_string());
    context.set("aws:RequestedRegion", region.as_str());
    context.set("aws:SecureTransport", "true");
    context.set("aws:SourceIp", "127.0.0.1");
    context.set("aws:ViaAWSService", if question.via.is_some() { "true" } else { "false" });
    if let Some(service) = question.via {
        for key in ["aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"] {
            context.set(key, service);
        }
    }
    if let Some((account, o)) = principal.account().and_then(|a| Some((a, world.organization.of(a)?))) {
        context.set("aws:PrincipalOrgID", o.id.as_str());
        context.set("aws:PrincipalOrgPaths", o.path_text(account));
    }
    if let Some(account) = resource_account(question) {
        context.set("aws:ResourceAccount", account.as_str());
        if let Some(o) = world.organization.of(&account) {
            context.set("aws:ResourceOrgID", o.id.as_str());
            context.set("aws:ResourceOrgPaths", o.path_text(&account));
        }
    }
    if let Principal::Session(session) = principal {
        context.set("aws:TokenIssueTime", session.issued.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        if let Some(identity) = &session.source_identity {
            context.set("aws:SourceIdentity", identity.as_str());
        }
        if let Some(federated) = &session.federated {
            context.set("aws:FederatedProvider", federated.provider.as_str());
        }
    }
    for (key, values) in &question.context {
        context.set_all(key, values.iter().map(String::as_str));
    }
    context
}

fn resource_account(question: &Question<'_>) -> Option<AccountId> {
    let from_arn = || AccountId::new(question.resource.split(':').nth(4)?).ok();
    question.resource_account.cloned().or_else(from_arn)
}
