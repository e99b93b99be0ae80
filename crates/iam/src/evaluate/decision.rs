//! A decision and its reasons, in AWS's own words where AWS has some ("Troubleshoot access denied error messages").

use super::{NamedPolicy, Principal, Request};
use crate::policy::Statement;
use std::fmt::Write as _;

/// The policies that have a say, in the order in which they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Resource control policies of the resource's organization.
    ResourceControl,
    /// Service control policies of the caller's organization.
    ServiceControl,
    /// The resource's own policy.
    Resource,
    /// The trust policy of a role that is to be assumed.
    Trust,
    /// The caller's policies.
    Identity,
    /// The caller's permissions boundary.
    Boundary,
    /// The policies of the caller's session.
    Session,
}

impl Layer {
    /// As AWS names it in error messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ResourceControl => "resource control policy",
            Self::ServiceControl => "service control policy",
            Self::Resource => "resource-based policy",
            Self::Trust => "role trust policy",
            Self::Identity => "identity-based policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
        }
    }

    fn with_article(self) -> String {
        let article = match self {
            Self::Identity => "an",
            Self::Trust => "the",
            _ => "a",
        };
        format!("{article} {}", self.as_str())
    }
}

/// How it came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Allowed.
    Allowed,
    /// A layer had no statement that allows.
    ImplicitlyDenied,
    /// A statement denies.
    ExplicitlyDenied,
}

/// One statement of one policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementRef {
    /// Name of the policy.
    pub policy: String,
    /// Place in the document as a JSON pointer.
    pub path: String,
    /// Index in the document.
    pub index: usize,
    /// Statement id.
    pub sid: Option<String>,
}

impl StatementRef {
    pub(crate) fn new(policy: &NamedPolicy, index: usize, statement: &Statement) -> Self {
        Self { policy: policy.name.clone(), path: statement.path.clone(), index, sid: statement.sid.clone() }
    }
}

impl std::fmt::Display for StatementRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.sid.as_deref().filter(|sid| !sid.is_empty()) {
            Some(sid) => write!(f, "statement `{sid}` of `{}`", self.policy),
            None => write!(f, "statement {} of `{}`", self.index + 1, self.policy),
        }
    }
}

/// An allow statement about the action that did not fit otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMiss {
    /// The statement.
    pub statement: StatementRef,
    /// What did not fit.
    pub because: String,
    /// The condition key that the request does not have, when it was that.
    pub absent_key: Option<String>,
}

/// What one layer, or one level of it, said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerResult {
    /// The layer.
    pub layer: Layer,
    /// The statement that allows, if one does.
    pub allowed_by: Option<StatementRef>,
    /// Statements that came close, when none allows.
    pub near_misses: Vec<NearMiss>,
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// How it came out.
    pub verdict: Verdict,
    /// The layer that refused.
    pub refused_by: Option<Layer>,
    /// The statement that denies, or, when allowed, the first that allows.
    pub statement: Option<StatementRef>,
    /// What each layer said that was asked, in order.
    pub layers: Vec<LayerResult>,
    principal: String,
    federated: bool,
    action: String,
    resource: String,
}

impl Decision {
    /// Whether the request goes through.
    pub fn is_allowed(&self) -> bool {
        self.verdict == Verdict::Allowed
    }

    /// The text of AWS's `AccessDenied` error; empty when allowed.
    pub fn message(&self) -> String {
        let Some(layer) = self.refused_by else { return String::new() };
        let action = &self.action;
        if self.federated {
            // STS tells the bearer of a token nothing about the role.
            return format!("Not authorized to perform {action}");
        }
        let head =
            format!("User: {} is not authorized to perform: {action} on resource: {}", self.principal, self.resource);
        match self.verdict {
            Verdict::ExplicitlyDenied => format!("{head} with an explicit deny in {}", layer.with_article()),
            _ => format!("{head} because no {} allows the {action} action", layer.as_str()),
        }
    }

    /// The whole story in a few lines: the outcome, the statement behind it, and what came close.
    pub fn explain(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "{} {} on {}", self.principal, self.action, self.resource);
        match (self.verdict, self.refused_by, &self.statement) {
            (Verdict::ExplicitlyDenied, Some(layer), Some(statement)) => {
                let _ = writeln!(out, "  denied by {statement}, {}", layer.with_article());
            }
            (_, Some(layer), _) => {
                let _ = writeln!(out, "  not allowed: no {} allows it", layer.as_str());
            }
            (_, None, _) => {
                let _ = writeln!(out, "  allowed");
            }
        }
        for result in &self.layers {
            match &result.allowed_by {
                Some(statement) => {
                    let _ = writeln!(out, "  {}: allowed by {statement}", result.layer.as_str());
                }
                None => {
                    let _ = writeln!(out, "  {}: no statement allows it", result.layer.as_str());
                }
            }
            for near in &result.near_misses {
                let _ = writeln!(out, "    close: {}: {}", near.statement, near.because);
            }
        }
        out
    }
}

/// Collects what happens while a request is decided.
pub(crate) struct Trace {
    decision: Decision,
}

impl Trace {
    pub(crate) fn new(request: &Request) -> Self {
        Self {
            decision: Decision {
                verdict: Verdict::ImplicitlyDenied,
                refused_by: Some(Layer::Identity),
                statement: None,
                layers: Vec::new(),
                principal: request.principal.shown().to_owned(),
                federated: matches!(request.principal, Principal::Federated { .. }),
                action: request.action.clone(),
                resource: request.resource.clone(),
            },
        }
    }

    pub(crate) fn push(&mut self, result: LayerResult) {
        self.decision.layers.push(result);
    }

    pub(crate) fn deny(&mut self, layer: Layer, statement: StatementRef) {
        self.decision.verdict = Verdict::ExplicitlyDenied;
        self.decision.refused_by = Some(layer);
        self.decision.statement = Some(statement);
    }

    pub(crate) fn refuse(&mut self, layer: Layer) {
        self.decision.verdict = Verdict::ImplicitlyDenied;
        self.decision.refused_by = Some(layer);
    }

    pub(crate) fn allow(&mut self) {
        self.decision.verdict = Verdict::Allowed;
        self.decision.refused_by = None;
        let granting = |r: &&LayerResult| {
            matches!(r.layer, Layer::Identity | Layer::Resource | Layer::Trust) && r.allowed_by.is_some()
        };
        self.decision.statement = self.decision.layers.iter().find(granting).and_then(|r| r.allowed_by.clone());
    }

    pub(crate) fn finish(self) -> Decision {
        self.decision
    }
}
