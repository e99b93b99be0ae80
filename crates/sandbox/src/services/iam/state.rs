//! What an account's IAM keeps.

use base::AccountId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What an account's IAM keeps.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The account's alias.
    pub alias: Option<String>,
    /// Users by name.
    pub users: BTreeMap<String, User>,
    /// Roles by name.
    pub roles: BTreeMap<String, Role>,
    /// The account's own managed policies by ARN.
    pub policies: BTreeMap<String, ManagedPolicy>,
    /// OIDC providers by ARN.
    pub providers: BTreeMap<String, OidcProvider>,
    /// Instance profiles by name.
    pub profiles: BTreeMap<String, InstanceProfile>,
}

/// The name of the user that every account of a world starts with.
pub const ADMINISTRATOR: &str = "administrator";

impl State {
    /// An account's IAM with one user who may do everything: the one for whom an account's id is the access key id.
    pub fn with_administrator(account: &AccountId) -> Self {
        let user = User {
            name: ADMINISTRATOR.to_owned(),
            id: format!("AIDA{account}ADMIN"),
            inline: BTreeMap::new(),
            attached: BTreeSet::from(["arn:aws:iam::aws:policy/AdministratorAccess".to_owned()]),
            created: Timestamp::UNIX_EPOCH,
        };
        Self { users: BTreeMap::from([(user.name.clone(), user)]), ..Self::default() }
    }
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Name.
    pub name: String,
    /// `AIDA…`
    pub id: String,
    /// Inline policies by name.
    pub inline: BTreeMap<String, String>,
    /// ARNs of managed policies.
    pub attached: BTreeSet<String>,
    /// When it was made.
    pub created: Timestamp,
}

/// An access key as a world file gives it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessKey {
    /// `AKIA…`
    pub id: String,
    /// The secret.
    pub secret: String,
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Name, unique in the account whatever the path.
    pub name: String,
    /// `/` or `/a/b/`.
    pub path: String,
    /// `AROA…`
    pub id: String,
    /// ARN with the path.
    pub arn: String,
    /// The trust policy in IAM's own form: see [`super::trust`].
    pub trust: String,
    /// Description.
    pub description: String,
    /// Longest session in seconds, 3,600 to 43,200.
    pub max_session: u32,
    /// ARN of the permissions boundary.
    pub boundary: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Inline policies by name.
    pub inline: BTreeMap<String, String>,
    /// ARNs of managed policies.
    pub attached: BTreeSet<String>,
    /// When it was made.
    pub created: Timestamp,
}

/// A customer managed policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagedPolicy {
    /// Name.
    pub name: String,
    /// Path.
    pub path: String,
    /// `ANPA…`
    pub id: String,
    /// ARN with the path.
    pub arn: String,
    /// Description.
    pub description: String,
    /// Its versions, five at most.
    pub versions: Vec<PolicyVersion>,
    /// The number of the version in force.
    pub default_version: u32,
    /// The number that the next version gets.
    pub next_version: u32,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// When it was made.
    pub created: Timestamp,
    /// When its newest version was made.
    pub updated: Timestamp,
}

/// A version of a managed policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyVersion {
    /// `1` is `v1`.
    pub number: u32,
    /// Its text.
    pub document: String,
    /// When it was made.
    pub created: Timestamp,
}

impl ManagedPolicy {
    /// The text of the version in force.
    pub fn document(&self) -> &str {
        self.versions.iter().find(|v| v.number == self.default_version).map_or("", |v| v.document.as_str())
    }
}

/// An OpenID Connect provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcProvider {
    /// `arn:aws:iam::ACCOUNT:oidc-provider/HOST/PATH`
    pub arn: String,
    /// The issuer without `https://`.
    pub url: String,
    /// Audiences, 100 at most.
    pub clients: Vec<String>,
    /// Thumbprints; none for issuers behind a well-known authority.
    pub thumbprints: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
}

/// An instance profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceProfile {
    /// Name.
    pub name: String,
    /// Path.
    pub path: String,
    /// `AIPA…`
    pub id: String,
    /// ARN with the path.
    pub arn: String,
    /// The one role it may hold.
    pub role: Option<String>,
    /// When it was made.
    pub created: Timestamp,
}
