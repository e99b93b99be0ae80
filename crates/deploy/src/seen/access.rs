//! What AWS says of access: roles with all that limits them, identity providers, policies of the organization.
//!
//! Documents stay text here, since a document that cannot be read is a finding with a place and not a failed call.

use base::AccountId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A role, and everything in its account that says what it may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleSeen {
    /// `arn:aws:iam::ACCOUNT:role/PATH/NAME`
    pub arn: String,
    /// Name.
    pub name: String,
    /// `/` or `/app/`.
    pub path: String,
    /// `AROA…`, which is what trust policies elsewhere keep of it.
    pub id: String,
    /// The trust policy as JSON.
    pub trust: String,
    /// Seconds that a session of it may last, 3,600 to 43,200; a chained one never more than 3,600.
    pub max_session_seconds: u32,
    /// The permissions boundary. Its document is empty when it could not be read.
    pub boundary: Option<PolicySeen>,
    /// Inline policies.
    pub inline: Vec<PolicySeen>,
    /// Attached managed policies with the version in force.
    pub attached: Vec<PolicySeen>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// When it was last used, as far as IAM has noticed (within 400 days, hours late).
    pub last_used: Option<Timestamp>,
    /// What could not be read of it and why. While there is something here, a permission that seems to be missing may
    /// stand in what was not read.
    pub unread: Vec<Unread>,
}

/// A policy as it is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicySeen {
    /// Name of an inline policy, ARN of a managed one, id of one of the organization.
    pub name: String,
    /// JSON.
    pub document: String,
}

/// A read that was refused while others went through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// The action that is not allowed, such as `iam:GetPolicyVersion`.
    pub action: String,
    /// What it would have read.
    pub what: String,
    /// Why not.
    pub message: String,
}

/// An OpenID Connect provider of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityProviderSeen {
    /// ARN.
    pub arn: String,
    /// The issuer without `https://`.
    pub issuer: String,
    /// Audiences, which IAM calls client ids.
    pub audiences: Vec<String>,
    /// Thumbprints of certificates; none for issuers behind a well-known authority.
    pub thumbprints: Vec<String>,
}

/// What an organization allows at one place above an account, or at the account itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlLevelSeen {
    /// Id of the root, organizational unit or account.
    pub place: String,
    /// Service control policies that are attached there; together they must allow.
    pub policies: Vec<PolicySeen>,
}

/// The service control policies over an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceControlSeen {
    /// The account.
    pub account: AccountId,
    /// From the root down to the account. Empty when nothing limits the account: it is in no organization, is the
    /// management account, or the organization does not use service control policies.
    pub levels: Vec<ControlLevelSeen>,
}
