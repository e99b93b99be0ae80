//! Who acts for a stack: its service role, or whoever asked for the operation.

use super::stack::Stack;
use crate::identity::{Principal, Session, SessionPolicies};
use crate::world::World;
use base::{AccountId, Arn};
use jiff::Timestamp;

/// Whether a role exists.
pub(super) fn exists(world: &World, arn: &str) -> bool {
    role_id(world, arn).is_some()
}

fn parts(arn: &str) -> Option<(AccountId, String)> {
    let arn = Arn::new(arn).ok()?;
    let path = arn.resource().strip_prefix("role/")?;
    let name = path.rsplit('/').next()?.to_owned();
    Some((AccountId::new(arn.account()).ok()?, name))
}

fn role_id(world: &World, arn: &str) -> Option<String> {
    let (account, name) = parts(arn)?;
    world.account(&account)?.iam.roles.get(&name).map(|r| r.id.clone())
}

impl Stack {
    /// Who acts: a session of the service role that CloudFormation made, or the caller of the operation.
    pub(crate) fn acting_principal(&self, world: &World, at: Timestamp) -> Principal {
        let Some(arn) = &self.role_arn else { return self.caller.clone() };
        let Some((account, role_name)) = parts(arn) else { return self.caller.clone() };
        Principal::Session(Box::new(Session {
            account,
            role_name,
            role_arn: arn.clone(),
            role_id: role_id(world, arn).unwrap_or_default(),
            name: "AWSCloudFormation".into(),
            policies: SessionPolicies::default(),
            tags: std::collections::BTreeMap::new(),
            transitive_tags: Vec::new(),
            source_identity: None,
            federated: None,
            issued: at,
            expires: super::operation::later(at, 3600),
        }))
    }
}
