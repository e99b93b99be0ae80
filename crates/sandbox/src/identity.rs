//! Who calls: the principals that credentials stand for.

use base::{AccountId, Partition};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A principal, as policies and CloudTrail know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Principal {
    /// An account's administrator: `arn:aws:iam::ACCOUNT:root`. Only service control policies limit it.
    Root {
        /// Its account.
        account: AccountId,
    },
    /// An IAM user.
    User {
        /// Its account.
        account: AccountId,
        /// Its name, with which its policies are found.
        name: String,
        /// `AIDA…`.
        id: String,
    },
    /// A role that someone assumed.
    Session(Box<Session>),
    /// An AWS service that acts by itself, for example `cloudformation.amazonaws.com`.
    Service {
        /// The service's name in a policy.
        name: String,
        /// The account on whose behalf it acts.
        account: AccountId,
    },
    /// Nobody: an unsigned request.
    Anonymous,
}

/// A session of a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The role's account.
    pub account: AccountId,
    /// The role's name without its path.
    pub role_name: String,
    /// The role's ARN, with its path.
    pub role_arn: String,
    /// `AROA…`. A role that is deleted and made again has another one, and its old sessions are worth nothing.
    pub role_id: String,
    /// `RoleSessionName`.
    pub name: String,
    /// The session policies given when the role was assumed: inline, and the ARNs of managed ones.
    pub policies: SessionPolicies,
    /// Session tags, `aws:PrincipalTag/…` in policies. They win over the role's own tags.
    pub tags: BTreeMap<String, String>,
    /// Keys of the tags that go on into chained sessions.
    pub transitive_tags: Vec<String>,
    /// `aws:SourceIdentity`.
    pub source_identity: Option<String>,
    /// The token's issuer and claims, for a session made from a web identity.
    pub federated: Option<Federated>,
    /// When the role was assumed.
    pub issued: Timestamp,
    /// When the credentials end.
    pub expires: Timestamp,
}

/// Session policies: absent ones do not limit anything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionPolicies {
    /// The text of the inline policy.
    pub inline: Option<String>,
    /// ARNs of managed policies.
    pub managed: Vec<String>,
}

/// Where a web identity came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Federated {
    /// The OIDC provider's ARN, `aws:FederatedProvider`.
    pub provider: String,
    /// The token's `sub`.
    pub subject: String,
}

impl Principal {
    /// The account it belongs to; nobody belongs to none.
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Root { account } | Self::User { account, .. } | Self::Service { account, .. } => Some(account),
            Self::Session(session) => Some(&session.account),
            Self::Anonymous => None,
        }
    }

    /// The ARN that `GetCallerIdentity` gives and that error texts name.
    pub fn arn(&self) -> String {
        let aws = Partition::Aws;
        match self {
            Self::Root { account } => format!("arn:{aws}:iam::{account}:root"),
            Self::User { account, name, .. } => format!("arn:{aws}:iam::{account}:user/{name}"),
            Self::Session(s) => format!("arn:{aws}:sts::{}:assumed-role/{}/{}", s.account, s.role_name, s.name),
            Self::Service { name, .. } => name.clone(),
            Self::Anonymous => "anonymous".to_owned(),
        }
    }

    /// `aws:userid`, the `UserId` of `GetCallerIdentity`.
    pub fn user_id(&self) -> String {
        match self {
            Self::Root { account } => account.to_string(),
            Self::User { id, .. } => id.clone(),
            Self::Session(session) => format!("{}:{}", session.role_id, session.name),
            Self::Service { name, .. } => name.clone(),
            Self::Anonymous => "anonymous".to_owned(),
        }
    }

    /// The session, if it is one.
    pub fn session(&self) -> Option<&Session> {
        match self {
            Self::Session(session) => Some(session),
            _ => None,
        }
    }
}

/// A secret and whom it stands for.
#[derive(Clone, Serialize, Deserialize)]
pub struct Credential {
    /// The secret access key.
    pub secret: String,
    /// The session token; long-lived keys have none.
    pub token: Option<String>,
    /// Whom it stands for.
    pub principal: Principal,
    /// When it ends; long-lived keys do not.
    pub expires: Option<Timestamp>,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential").field("principal", &self.principal).finish_non_exhaustive()
    }
}
