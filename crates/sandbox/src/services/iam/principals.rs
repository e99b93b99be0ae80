//! Which policies speak for a principal.

use super::{State, aws_managed};
use crate::identity::{Principal, Session};
use crate::world::World;
use iam::{Document, Kind, NamedPolicy};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The policies that speak for a principal and narrow what it may do.
#[derive(Debug, Clone, Default)]
pub struct Policies {
    /// Identity policies.
    pub identity: Vec<NamedPolicy>,
    /// The permissions boundary.
    pub boundary: Option<NamedPolicy>,
    /// Session policies; absent when the session has none.
    pub session: Option<Vec<NamedPolicy>>,
    /// `aws:PrincipalTag/…`
    pub tags: BTreeMap<String, String>,
}

/// The policies of a principal as they stand now.
pub fn policies_of(world: &World, principal: &Principal) -> Policies {
    let Some(iam) = principal.account().and_then(|id| world.account(id)).map(|account| &account.iam) else {
        return Policies::default();
    };
    match principal {
        Principal::Root { .. } => Policies { identity: everything(), ..Policies::default() },
        Principal::User { name, .. } => match iam.users.get(name) {
            Some(user) => Policies { identity: identity(iam, &user.inline, &user.attached), ..Policies::default() },
            None => Policies::default(),
        },
        Principal::Session(session) => of_session(iam, session),
        Principal::Service { .. } | Principal::Anonymous => Policies::default(),
    }
}

fn of_session(iam: &State, session: &Session) -> Policies {
    let Some(role) = iam.roles.get(&session.role_name).filter(|role| role.id == session.role_id) else {
        return Policies::default();
    };
    let mut tags = role.tags.clone();
    tags.extend(session.tags.clone());
    Policies {
        identity: identity(iam, &role.inline, &role.attached),
        boundary: role.boundary.as_deref().map(|arn| managed(iam, arn, Kind::Boundary)),
        session: session_policies(iam, session),
        tags,
    }
}

fn session_policies(iam: &State, session: &Session) -> Option<Vec<NamedPolicy>> {
    let given = &session.policies;
    if given.inline.is_none() && given.managed.is_empty() {
        return None;
    }
    let inline = given.inline.iter().map(|text| named("the session policy", text, Kind::Session));
    Some(inline.chain(given.managed.iter().map(|arn| managed(iam, arn, Kind::Session))).collect())
}

fn identity(iam: &State, inline: &BTreeMap<String, String>, attached: &BTreeSet<String>) -> Vec<NamedPolicy> {
    let inline = inline.iter().map(|(name, text)| named(name, text, Kind::Identity));
    inline.chain(attached.iter().map(|arn| managed(iam, arn, Kind::Identity))).collect()
}

fn everything() -> Vec<NamedPolicy> {
    vec![named(
        "root",
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
        Kind::Identity,
    )]
}

/// A managed policy, AWS's or the account's own. One that does not exist allows nothing.
fn managed(iam: &State, arn: &str, kind: Kind) -> NamedPolicy {
    let text = match aws_managed(arn) {
        Some(text) => text,
        None => iam.policies.get(arn).map(|policy| policy.document().to_owned()).unwrap_or_default(),
    };
    named(arn, &text, kind)
}

/// A document under a name. What cannot be read allows nothing and denies nothing.
pub(crate) fn named(name: &str, text: &str, kind: Kind) -> NamedPolicy {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    NamedPolicy::new(name, document(&value, kind))
}

fn document(value: &Value, kind: Kind) -> Document {
    iam::parse(value, kind).document
}
