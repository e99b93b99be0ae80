//! What a world file may say.

use super::{At, items, one};
use crate::cloudformation::ResourceFault;
use crate::faults::Fault;
use crate::world::AlarmPlan;
use base::{AccountId, Diagnostics, Region};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use template::Node;

/// A whole file.
#[derive(Debug, Default)]
pub(super) struct File {
    pub clock: Option<Timestamp>,
    pub seed: Option<u64>,
    pub organization: Option<At<Organization>>,
    pub units: Vec<At<Unit>>,
    pub accounts: Vec<At<Account>>,
    pub roles: Vec<At<Role>>,
    pub policies: Vec<At<ManagedPolicy>>,
    pub users: Vec<At<User>>,
    pub providers: Vec<At<Provider>>,
    pub service_control_policies: Vec<At<ServiceControlPolicy>>,
    pub buckets: Vec<At<Bucket>>,
    pub alarms: Vec<At<AlarmPlan>>,
    pub faults: Vec<At<Fault>>,
    pub resource_faults: Vec<At<ResourceFault>>,
    pub tokens: Option<Tokens>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Organization {
    /// `o-` and 10 to 32 letters and digits.
    pub id: String,
    /// `r-` and 4 to 32 letters and digits.
    pub root: String,
    pub management: AccountId,
    #[serde(default)]
    pub delegated: Vec<AccountId>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Unit {
    pub id: String,
    pub name: String,
    /// A unit's id; the root if it is absent.
    pub parent: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    pub id: AccountId,
    pub name: String,
    pub email: Option<String>,
    pub alias: Option<String>,
    /// A unit's id; the root if it is absent.
    pub unit: Option<String>,
    /// An account outside the organization.
    #[serde(default)]
    pub stranger: bool,
    #[serde(default)]
    pub suspended: bool,
    /// Opt-in regions that are switched on.
    #[serde(default)]
    pub regions: Vec<Region>,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Role {
    /// One account, or several that each get the role.
    pub accounts: Vec<AccountId>,
    pub name: String,
    #[serde(default)]
    pub path: String,
    #[serde(default)]
    pub description: String,
    pub trust: Value,
    /// Inline policies by name. `ACCOUNT` in them is replaced by the role's account.
    #[serde(default)]
    pub inline: BTreeMap<String, Value>,
    /// ARNs of managed policies.
    #[serde(default)]
    pub managed: Vec<String>,
    pub boundary: Option<String>,
    pub max_session_seconds: Option<i64>,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ManagedPolicy {
    pub accounts: Vec<AccountId>,
    pub name: String,
    #[serde(default = "slash")]
    pub path: String,
    pub document: Value,
}

fn slash() -> String {
    "/".to_owned()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct User {
    pub account: AccountId,
    pub name: String,
    #[serde(default)]
    pub inline: BTreeMap<String, Value>,
    #[serde(default)]
    pub managed: Vec<String>,
    pub access_key: Option<crate::services::iam::AccessKey>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Provider {
    pub accounts: Vec<AccountId>,
    /// The issuer with `https://`.
    pub url: String,
    pub clients: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceControlPolicy {
    pub name: String,
    #[serde(default)]
    pub description: String,
    pub document: Value,
    /// Ids of the root, of units and of accounts.
    pub targets: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bucket {
    pub account: AccountId,
    pub region: Region,
    pub name: String,
    pub policy: Option<Value>,
    #[serde(default)]
    pub versioning: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tokens {
    pub accept_unsigned: bool,
}

/// A top-level key of a world.
#[derive(Debug, Clone, Copy)]
pub(super) enum Section {
    Clock,
    Seed,
    Organization,
    Units,
    Accounts,
    Roles,
    Policies,
    Users,
    Providers,
    ServiceControlPolicies,
    Buckets,
    Alarms,
    Faults,
    ResourceFaults,
    Tokens,
}

impl Section {
    pub(super) const NAMES: [&str; 15] = [
        "clock",
        "seed",
        "organization",
        "units",
        "accounts",
        "roles",
        "policies",
        "users",
        "providers",
        "service_control_policies",
        "buckets",
        "alarms",
        "faults",
        "resource_faults",
        "tokens",
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        use Section as S;
        let all = [
            S::Clock,
            S::Seed,
            S::Organization,
            S::Units,
            S::Accounts,
            S::Roles,
            S::Policies,
            S::Users,
            S::Providers,
            S::ServiceControlPolicies,
            S::Buckets,
            S::Alarms,
            S::Faults,
            S::ResourceFaults,
            S::Tokens,
        ];
        Self::NAMES.iter().zip(all).find(|(known, _)| **known == name).map(|(_, section)| section)
    }

    pub(super) fn read(self, file: &mut File, node: &Node, diagnostics: &mut Diagnostics) {
        match self {
            Self::Clock => file.clock = one(node, diagnostics),
            Self::Seed => file.seed = one(node, diagnostics),
            Self::Organization => {
                file.organization = one(node, diagnostics).map(|item| At { span: node.span, item });
            }
            Self::Units => items(node, &mut file.units, diagnostics),
            Self::Accounts => items(node, &mut file.accounts, diagnostics),
            Self::Roles => items(node, &mut file.roles, diagnostics),
            Self::Policies => items(node, &mut file.policies, diagnostics),
            Self::Users => items(node, &mut file.users, diagnostics),
            Self::Providers => items(node, &mut file.providers, diagnostics),
            Self::ServiceControlPolicies => items(node, &mut file.service_control_policies, diagnostics),
            Self::Buckets => items(node, &mut file.buckets, diagnostics),
            Self::Alarms => items(node, &mut file.alarms, diagnostics),
            Self::Faults => items(node, &mut file.faults, diagnostics),
            Self::ResourceFaults => items(node, &mut file.resource_faults, diagnostics),
            Self::Tokens => file.tokens = one(node, diagnostics),
        }
    }
}
