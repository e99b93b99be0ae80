//! Decides whether a request is allowed, as the IAM User Guide's "Policy evaluation logic" describes, and says why.
//!
//! It is our own because the evaluators that are published were not right: `awsim-iam-policy` 0.8, the best of them, was
//! asked the cases of `tests/evaluation.rs` and wants every service control policy to allow instead of one at each level,
//! lets identity policies alone reach into other accounts, takes a grant to an account for one to its principals, does
//! not find the role behind a session, never matches services, compares condition keys with case, knows no wildcards in
//! `ArnEquals` and no defaults of policy variables.
//!
//! Absent from here: what a service asks for. The caller says which action on which resource with which context keys;
//! a service that checks several actions (for example `sts:TagSession` beside `sts:AssumeRole`) asks several times.

mod condition;
mod context;
mod date;
mod decision;
mod matching;
mod principal;
mod variables;

pub use context::Context;
pub use decision::{Decision, Layer, LayerResult, NearMiss, StatementRef, Verdict};
pub use principal::Principal;

use crate::policy::{Document, Effect};
use decision::Trace;
use matching::Question;
use principal::Grant;
use std::sync::Arc;

/// One question: may this principal do this to that.
#[derive(Debug, Clone)]
pub struct Request {
    /// Who asks.
    pub principal: Principal,
    /// `service:Action`.
    pub action: String,
    /// ARN of the resource, or `*` for actions without one.
    pub resource: String,
    /// The account that owns the resource, when its ARN does not tell (S3, API Gateway). Also decides between the
    /// rules for one account and for two.
    pub resource_account: Option<String>,
    /// Condition keys of the request. Keys that follow from the principal and the resource are added by [`authorize`].
    pub context: Context,
}

impl Request {
    /// A request without condition keys of its own.
    pub fn new(principal: Principal, action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self {
            principal,
            action: action.into(),
            resource: resource.into(),
            resource_account: None,
            context: Context::new(),
        }
    }

    /// The same request with one more context key.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.context.set(key, value);
        self
    }

    /// The same request on a resource of `account`.
    #[must_use]
    pub fn owned_by(mut self, account: impl Into<String>) -> Self {
        self.resource_account = Some(account.into());
        self
    }

    /// The account that owns the resource; without any hint, the caller's own. What AWS owns, such as its managed
    /// policies, is nobody else's.
    fn owner(&self) -> Option<&str> {
        let from_arn = self.resource.split(':').nth(4).filter(|a| !a.is_empty() && *a != "aws");
        self.resource_account.as_deref().or(from_arn).or(self.principal.account())
    }
}

/// A document and what it is called in messages.
#[derive(Debug, Clone)]
pub struct NamedPolicy {
    /// Policy name or ARN.
    pub name: String,
    /// The document, shared since the same one is asked again and again.
    pub document: Arc<Document>,
}

impl NamedPolicy {
    /// A named document.
    pub fn new(name: impl Into<String>, document: impl Into<Arc<Document>>) -> Self {
        Self { name: name.into(), document: document.into() }
    }
}

/// The policies attached at one place of an organization: the root, an organizational unit or the account.
#[derive(Debug, Clone, Default)]
pub struct Level {
    /// Name of the place.
    pub name: String,
    /// The policies attached there. Together they must allow; an empty level allows nothing.
    pub policies: Vec<NamedPolicy>,
}

/// What the resource itself says.
#[derive(Debug, Clone, Default)]
pub enum ResourcePolicy {
    /// It has no policy, or its service knows none.
    #[default]
    Absent,
    /// A policy that adds to identity policies within an account (S3, SQS, SNS, Lambda, Secrets Manager, ECR).
    Attached(NamedPolicy),
    /// A policy without which nobody gets in, the account's own identities included (KMS keys).
    Governing(NamedPolicy),
    /// A role's trust policy.
    Trust(NamedPolicy),
}

impl ResourcePolicy {
    fn policy(&self) -> Option<&NamedPolicy> {
        match self {
            Self::Absent => None,
            Self::Attached(policy) | Self::Governing(policy) | Self::Trust(policy) => Some(policy),
        }
    }

    fn must_allow(&self) -> bool {
        matches!(self, Self::Governing(_) | Self::Trust(_))
    }

    fn layer(&self) -> Layer {
        if matches!(self, Self::Trust(_)) { Layer::Trust } else { Layer::Resource }
    }
}

/// Everything that has a say.
#[derive(Debug, Clone, Default)]
pub struct PolicySet {
    /// Policies of the user with its groups, or of the role.
    pub identity: Vec<NamedPolicy>,
    /// Permissions boundary of the user or role.
    pub boundary: Option<NamedPolicy>,
    /// Session policies; `None` when the session was made without any.
    pub session: Option<Vec<NamedPolicy>>,
    /// Service control policies of the caller's account, from the root down to the account; empty without an
    /// organization, and for the management account, which they never limit.
    pub service_control: Vec<Level>,
    /// Resource control policies of the resource's account, from the root down.
    pub resource_control: Vec<Level>,
    /// The resource's policy.
    pub resource: ResourcePolicy,
}

/// Decides a request.
///
/// Explicit denies of any layer come first. Then each level of resource control and of service control policies must
/// allow; then identity and resource policies are combined by the rules for one account or for two; then boundary and
/// session policies narrow what identity policies granted.
pub fn authorize(request: &Request, policies: &PolicySet) -> Decision {
    decide(Question::new(request, policies.boundary.is_some()), request, policies)
}

/// The statement that allows a request, without the near misses that only a person would read.
pub(crate) fn allowed_by(request: &Request, policies: &PolicySet) -> Option<StatementRef> {
    let decision = decide(Question::new(request, policies.boundary.is_some()).quiet(), request, policies);
    if decision.is_allowed() { decision.statement } else { None }
}

fn decide(question: Question<'_>, request: &Request, policies: &PolicySet) -> Decision {
    let mut trace = Trace::new(request);
    if explicit_deny(&question, policies, &mut trace) {
        return trace.finish();
    }
    let linked = request.principal.is_service_linked();
    let limits = [
        (Layer::ResourceControl, &policies.resource_control, !linked),
        (Layer::ServiceControl, &policies.service_control, !linked && request.principal.is_account_member()),
    ];
    for (layer, levels, applies) in limits {
        if applies && !levels.iter().all(|level| question.allows(&mut trace, layer, &level.policies)) {
            trace.refuse(layer);
            return trace.finish();
        }
    }
    grant(&question, request, policies, &mut trace);
    trace.finish()
}

fn explicit_deny(question: &Question<'_>, policies: &PolicySet, trace: &mut Trace) -> bool {
    let principal = question.principal();
    let control =
        |trace: &mut Trace, layer, levels: &[Level]| levels.iter().any(|l| question.denies(trace, layer, &l.policies));
    let linked = principal.is_service_linked();
    if !linked && control(trace, Layer::ResourceControl, &policies.resource_control) {
        return true;
    }
    if !linked && principal.is_account_member() && control(trace, Layer::ServiceControl, &policies.service_control) {
        return true;
    }
    let resource = policies.resource.policy();
    if resource.is_some_and(|p| question.denies(trace, policies.resource.layer(), std::slice::from_ref(p))) {
        return true;
    }
    principal.has_identity_policies()
        && (question.denies(trace, Layer::Identity, &policies.identity)
            || question.denies(trace, Layer::Boundary, policies.boundary.as_slice())
            || question.denies(trace, Layer::Session, policies.session.as_deref().unwrap_or_default()))
}

/// What neither denies nor limits from above decided: do identity and resource policies grant it.
fn grant(question: &Question<'_>, request: &Request, policies: &PolicySet, trace: &mut Trace) {
    let by_resource = match policies.resource.policy() {
        Some(policy) => question.granted_by_resource(trace, policies.resource.layer(), policy),
        None => None,
    };
    if !request.principal.has_identity_policies() {
        return match by_resource {
            Some(_) => trace.allow(),
            None => trace.refuse(policies.resource.layer()),
        };
    }
    let same_account = request.owner() == request.principal.account();
    if by_resource.is_none() && (policies.resource.must_allow() || !same_account) {
        // The identity side is asked first, so that a person who lacks both is told of their own policy first.
        let identity = question.allows_identity(trace, &policies.identity);
        return trace.refuse(if identity || policies.resource.must_allow() {
            policies.resource.layer()
        } else {
            Layer::Identity
        });
    }
    if same_account && by_resource == Some(Grant::Direct) {
        return trace.allow();
    }
    let role_named = same_account && by_resource == Some(Grant::Role);
    if !role_named && !question.allows_identity(trace, &policies.identity) {
        return trace.refuse(Layer::Identity);
    }
    narrow(question, policies, trace);
}

/// Boundary and session policies: each must allow as well.
fn narrow(question: &Question<'_>, policies: &PolicySet, trace: &mut Trace) {
    if let Some(boundary) = &policies.boundary
        && !question.allows(trace, Layer::Boundary, std::slice::from_ref(boundary))
    {
        return trace.refuse(Layer::Boundary);
    }
    if let Some(session) = &policies.session
        && !question.allows(trace, Layer::Session, session)
    {
        return trace.refuse(Layer::Session);
    }
    trace.allow();
}

/// The statements of `effect` in a document, with their index.
fn statements(document: &Document, effect: Effect) -> impl Iterator<Item = (usize, &crate::policy::Statement)> {
    document.statements.iter().enumerate().filter(move |(_, s)| s.effect == effect)
}
