//! Roles as they were read, as the policy evaluator takes them.

use super::Access;
use crate::seen::{PolicySeen, RoleSeen};
use base::{AccountId, Arn};
use iam::{Document, Kind, Level, NamedPolicy, PolicySet, Principal};
use serde_json::Value;
use std::sync::Arc;

/// Somebody who asks, with all policies that have a say.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The session.
    pub principal: Principal,
    /// The policies.
    pub policies: PolicySet,
    /// Each policy's text by its name, to quote statements from.
    texts: Vec<(String, String)>,
}

impl Actor {
    /// A session of a role, under the service control policies of its account where those are known.
    pub fn of(role: &RoleSeen, access: &Access, session: &str) -> Self {
        let account = AccountId::new(role.arn.split(':').nth(4).unwrap_or_default()).ok();
        let control = account.and_then(|account| access.control.get(&account)?.as_ref().ok());
        let levels = control.map(|control| control.levels.as_slice()).unwrap_or_default();
        let mut texts = Vec::new();
        let mut named = |policy: &PolicySeen, kind: Kind| {
            texts.push((policy.name.clone(), policy.document.clone()));
            NamedPolicy::new(policy.name.as_str(), Arc::new(document(&policy.document, kind)))
        };
        let identity = role.inline.iter().chain(&role.attached).map(|p| named(p, Kind::Identity)).collect();
        // A boundary whose text is not known must not count as one that allows nothing.
        let boundary = role.boundary.as_ref().filter(|boundary| !boundary.document.is_empty());
        let boundary = boundary.map(|boundary| named(boundary, Kind::Boundary));
        let service_control = levels
            .iter()
            .map(|level| Level {
                name: level.place.clone(),
                policies: level.policies.iter().map(|p| named(p, Kind::ServiceControl)).collect(),
            })
            .collect();
        let policies = PolicySet { identity, boundary, service_control, ..PolicySet::default() };
        let principal = Principal::role_session(&role.arn, session).with_unique_id(role.id.as_str());
        Self { principal, policies, texts }
    }

    /// The text of a statement of one of its policies.
    pub fn statement(&self, policy: &str, path: &str) -> Option<Value> {
        let (_, text) = self.texts.iter().find(|(name, _)| name == policy)?;
        statement_text(text, path)
    }

    /// All texts in one, as a key: two actors with the same texts are answered the same.
    pub(super) fn fingerprint(&self) -> String {
        let texts: Vec<String> = self.texts.iter().map(|(name, text)| format!("{name}\n{text}")).collect();
        texts.join("\n\n")
    }
}

/// A document, whatever can be read of it.
pub(super) fn document(text: &str, kind: Kind) -> Document {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    iam::parse(&value, kind).document
}

/// The statement at a place of a document.
pub fn statement_text(document: &str, path: &str) -> Option<Value> {
    serde_json::from_str::<Value>(document).ok()?.pointer(path).cloned()
}

/// The role behind a session's ARN, without its path, which the ARN of a session does not tell.
pub(super) fn role_behind(caller: &str) -> Option<Arn> {
    let arn = Arn::new(caller).ok()?;
    let (kind, rest) = arn.resource().split_once('/')?;
    let name = (kind == "assumed-role").then(|| rest.split('/').next())??;
    let partition = caller.split(':').nth(1)?;
    Arn::new(format!("arn:{partition}:iam::{}:role/{name}", arn.account())).ok()
}
