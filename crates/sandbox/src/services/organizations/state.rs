//! What Organizations keeps.

use base::AccountId;
use iam::{Kind, Level};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

use crate::services::iam::named;

/// The policy that allows everything and is attached everywhere until someone takes it away.
pub(crate) const FULL_ACCESS: &str = "p-FullAWSAccess";

/// What the service keeps: one organization at most.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The organization.
    pub organization: Option<Organization>,
}

/// An organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Organization {
    /// `o-…`
    pub id: String,
    /// `r-…`
    pub root: String,
    /// The management account.
    pub management: AccountId,
    /// Units by id.
    pub units: BTreeMap<String, Unit>,
    /// Accounts.
    pub members: BTreeMap<AccountId, Member>,
    /// Service control policies by id.
    pub policies: BTreeMap<String, Policy>,
    /// Delegated administrators.
    pub delegated: BTreeSet<AccountId>,
    /// Accounts that `CreateAccount` made, by request id.
    pub creations: BTreeMap<String, AccountId>,
}

/// An organizational unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// `ou-…`
    pub id: String,
    /// Name, unique below its parent.
    pub name: String,
    /// The root's or another unit's id.
    pub parent: String,
}

/// An account of the organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The root's or a unit's id.
    pub parent: String,
    /// When it joined.
    pub joined: Timestamp,
    /// Whether it was made here or invited.
    pub created: bool,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// A service control policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// `p-…`
    pub id: String,
    /// Name.
    pub name: String,
    /// Description.
    pub description: String,
    /// Its text.
    pub content: String,
    /// Root, units and accounts to which it is attached.
    pub targets: BTreeSet<String>,
}

impl State {
    /// The organization that an account belongs to.
    pub fn of(&self, account: &AccountId) -> Option<&Organization> {
        self.organization.as_ref().filter(|o| o.members.contains_key(account))
    }

    pub(super) fn of_mut(&mut self, account: &AccountId) -> Option<&mut Organization> {
        self.organization.as_mut().filter(|o| o.members.contains_key(account))
    }
}

impl Organization {
    /// An organization with nothing but its management account.
    pub fn new(id: &str, root: &str, management: AccountId, now: Timestamp) -> Self {
        let content = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        let full = Policy {
            id: FULL_ACCESS.to_owned(),
            name: "FullAWSAccess".to_owned(),
            description: "Allows access to every operation".to_owned(),
            content: content.to_owned(),
            targets: BTreeSet::from([root.to_owned(), management.to_string()]),
        };
        let member = Member { parent: root.to_owned(), joined: now, created: false, tags: BTreeMap::new() };
        Self {
            id: id.to_owned(),
            root: root.to_owned(),
            members: BTreeMap::from([(management.clone(), member)]),
            management,
            units: BTreeMap::new(),
            policies: BTreeMap::from([(FULL_ACCESS.to_owned(), full)]),
            delegated: BTreeSet::new(),
            creations: BTreeMap::new(),
        }
    }

    /// Whether an id is the root's or a unit's.
    pub fn has_parent(&self, id: &str) -> bool {
        id == self.root || self.units.contains_key(id)
    }

    /// Adds a unit. Every new place has the policy that allows everything.
    pub fn add_unit(&mut self, id: String, name: String, parent: String) {
        self.attach(FULL_ACCESS, &id);
        self.units.insert(id.clone(), Unit { id, name, parent });
    }

    /// Adds an account.
    pub fn add_account(&mut self, account: AccountId, parent: String, joined: Timestamp) {
        self.attach(FULL_ACCESS, account.as_str());
        self.members.insert(account, Member { parent, joined, created: true, tags: BTreeMap::new() });
    }

    /// Attaches a policy to a place; nothing happens if there is no such policy.
    pub fn attach(&mut self, policy: &str, target: &str) {
        if let Some(policy) = self.policies.get_mut(policy) {
            policy.targets.insert(target.to_owned());
        }
    }

    /// The ids from the root down to an account, the account included.
    pub fn path(&self, account: &AccountId) -> Vec<String> {
        let mut path = vec![account.to_string()];
        let mut at = self.members.get(account).map(|m| m.parent.clone());
        while let Some(id) = at.filter(|_| path.len() < 16) {
            at = self.units.get(&id).map(|unit| unit.parent.clone());
            path.push(id);
        }
        path.reverse();
        path
    }

    /// `aws:PrincipalOrgPaths` and `aws:ResourceOrgPaths`: `o-…/r-…/ou-…/`.
    pub fn path_text(&self, account: &AccountId) -> String {
        let mut ids = self.path(account);
        ids.pop();
        ids.iter().fold(format!("{}/", self.id), |text, id| format!("{text}{id}/"))
    }

    /// The service control policies that limit an account, from the root down. The management account has no limits.
    pub fn service_control(&self, account: &AccountId) -> Vec<Level> {
        if *account == self.management {
            return Vec::new();
        }
        let level = |place: String| {
            let attached = self.policies.values().filter(|p| p.targets.contains(&place));
            Level { policies: attached.map(|p| named(&p.id, &p.content, Kind::ServiceControl)).collect(), name: place }
        };
        self.path(account).into_iter().map(level).collect()
    }

    /// The ARN of something of this organization.
    pub fn arn(&self, kind: &str, id: &str) -> String {
        format!("arn:aws:organizations::{}:{kind}/{}/{id}", self.management, self.id)
    }
}
