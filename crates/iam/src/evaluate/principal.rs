//! Who asks, and whether a `Principal` element means them ("AWS JSON policy elements: Principal").

use super::Context;
use crate::policy::{Effect, PrincipalElement};

/// The caller of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// Nobody known.
    Anonymous,
    /// The root user of an account.
    Root {
        /// `arn:aws:iam::ACCOUNT:root`
        arn: String,
    },
    /// An IAM user.
    User {
        /// `arn:aws:iam::ACCOUNT:user/PATH/NAME`
        arn: String,
        /// `AIDA…`, when known.
        unique_id: Option<String>,
    },
    /// A session of an IAM role.
    Session {
        /// `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`
        arn: String,
        /// `arn:aws:iam::ACCOUNT:role/PATH/NAME`
        role_arn: String,
        /// `AROA…` of the role, when known.
        role_id: Option<String>,
    },
    /// The bearer of an identity provider's token, before a role is assumed.
    Federated {
        /// ARN of the IAM identity provider, or the domain of a built-in one.
        provider: String,
    },
    /// An AWS service, such as `cloudformation.amazonaws.com`.
    Service(String),
}

/// How closely a resource policy names the caller. Within one account this decides which other policies still narrow
/// the grant ("Permissions boundaries for IAM entities", "Evaluating effective permissions with boundaries").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grant {
    /// The account: its own identity policies must allow as well.
    Account,
    /// The role behind a session, or everyone: the boundary and session policies narrow it.
    Role,
    /// The user or the session itself: nothing narrows it but an explicit deny.
    Direct,
}

impl Principal {
    /// A session of the role with this ARN; the session's own ARN leaves the role's path out.
    pub fn role_session(role_arn: &str, session_name: &str) -> Self {
        let mut parts = role_arn.splitn(6, ':').skip(1);
        let partition = parts.next().unwrap_or("aws");
        let account = parts.nth(2).unwrap_or_default();
        let name = role_arn.rsplit('/').next().unwrap_or_default();
        let arn = format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session_name}");
        Self::Session { arn, role_arn: role_arn.to_owned(), role_id: None }
    }

    /// An IAM user.
    pub fn user(arn: impl Into<String>) -> Self {
        Self::User { arn: arn.into(), unique_id: None }
    }

    /// The same caller with the unique id of its user or role.
    #[must_use]
    pub fn with_unique_id(mut self, id: impl Into<String>) -> Self {
        match &mut self {
            Self::User { unique_id: slot, .. } | Self::Session { role_id: slot, .. } => *slot = Some(id.into()),
            _ => {}
        }
        self
    }

    /// The caller as error messages name it.
    pub fn shown(&self) -> &str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Root { arn } | Self::User { arn, .. } | Self::Session { arn, .. } => arn,
            Self::Federated { provider } => provider,
            Self::Service(name) => name,
        }
    }

    /// The account it belongs to; none for services, tokens and strangers.
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Root { arn } | Self::User { arn, .. } | Self::Session { arn, .. } => arn.split(':').nth(4),
            Self::Anonymous | Self::Federated { .. } | Self::Service(_) => None,
        }
    }

    pub(crate) fn is_account_member(&self) -> bool {
        self.account().is_some()
    }

    pub(crate) fn has_identity_policies(&self) -> bool {
        self.is_account_member()
    }

    /// Service-linked roles are outside the reach of service and resource control policies.
    pub(crate) fn is_service_linked(&self) -> bool {
        matches!(self, Self::Session { role_arn, .. } if role_arn.contains(":role/aws-service-role/"))
    }

    /// Adds the keys that follow from who asks ("Properties of the principal").
    pub(crate) fn describe(&self, context: &mut Context) {
        let (kind, arn) = match self {
            Self::Anonymous => ("Anonymous", None),
            Self::Root { arn } => ("Account", Some(arn)),
            Self::User { arn, .. } => ("User", Some(arn)),
            Self::Session { role_arn, .. } => ("AssumedRole", Some(role_arn)),
            Self::Federated { .. } => ("FederatedUser", None),
            Self::Service(name) => {
                context.set_default("aws:PrincipalServiceName", name.as_str());
                ("Service", None)
            }
        };
        context.set_default("aws:PrincipalType", kind);
        context
            .set_default("aws:PrincipalIsAWSService", if matches!(self, Self::Service(_)) { "true" } else { "false" });
        if let Some(arn) = arn {
            context.set_default("aws:PrincipalArn", arn.as_str());
        }
        if let Some(account) = self.account() {
            context.set_default("aws:PrincipalAccount", account);
        }
        match self {
            Self::User { arn, unique_id } => {
                context.set_default("aws:username", arn.rsplit('/').next().unwrap_or_default());
                if let Some(id) = unique_id {
                    context.set_default("aws:userid", id.as_str());
                }
            }
            Self::Session { arn, role_id: Some(id), .. } => {
                context.set_default("aws:userid", format!("{id}:{}", arn.rsplit('/').next().unwrap_or_default()));
            }
            _ => {}
        }
    }

    /// Whether a statement's principal element means this caller, and how closely.
    pub(crate) fn matches(&self, element: &PrincipalElement, effect: Effect, has_boundary: bool) -> Option<Grant> {
        if !element.negated {
            return self.named_in(element);
        }
        let spared = match effect {
            // An Allow for everyone but a list leaves out whoever is on it in any form.
            Effect::Allow => self.named_in(element).is_some(),
            // A Deny spares only callers that are on the list in every form: session, role and account. One with a
            // boundary is never spared.
            Effect::Deny => !has_boundary && self.forms().iter().all(|form| listed(element, form)),
        };
        (!spared).then_some(self.closeness_to_everyone())
    }

    fn closeness_to_everyone(&self) -> Grant {
        if matches!(self, Self::Session { .. }) { Grant::Role } else { Grant::Direct }
    }

    fn named_in(&self, element: &PrincipalElement) -> Option<Grant> {
        let everyone = element.is_everyone().then(|| self.closeness_to_everyone());
        let named = match self {
            Self::Anonymous => None,
            Self::Service(name) => element.service.iter().any(|s| s == name).then_some(Grant::Direct),
            Self::Federated { provider } => element.federated.iter().any(|f| f == provider).then_some(Grant::Direct),
            Self::Root { .. } | Self::User { .. } | Self::Session { .. } => {
                element.aws.iter().filter_map(|entry| self.named_by(entry)).max()
            }
        };
        named.max(everyone)
    }

    fn named_by(&self, entry: &str) -> Option<Grant> {
        match self {
            Self::User { arn, unique_id } if entry == arn || Some(entry) == unique_id.as_deref() => Some(Grant::Direct),
            Self::Session { arn, .. } if entry == arn => Some(Grant::Direct),
            Self::Session { role_arn, role_id, .. } if entry == role_arn || Some(entry) == role_id.as_deref() => {
                Some(Grant::Role)
            }
            Self::Root { .. } if self.is_account(entry) => Some(Grant::Direct),
            _ if self.is_account(entry) => Some(Grant::Account),
            _ => None,
        }
    }

    fn is_account(&self, entry: &str) -> bool {
        let Some(account) = self.account() else { return false };
        entry == account || entry.strip_suffix(":root").is_some_and(|rest| rest.ends_with(&format!(":iam::{account}")))
    }

    fn forms(&self) -> Vec<Form<'_>> {
        match self {
            Self::Anonymous => vec![Form::Text("*")],
            Self::Root { .. } => vec![Form::Account(self)],
            Self::User { arn, .. } => vec![Form::Text(arn), Form::Account(self)],
            Self::Session { arn, role_arn, .. } => vec![Form::Text(arn), Form::Text(role_arn), Form::Account(self)],
            Self::Federated { provider } => vec![Form::Text(provider)],
            Self::Service(name) => vec![Form::Text(name)],
        }
    }
}

enum Form<'a> {
    Text(&'a str),
    Account(&'a Principal),
}

fn listed(element: &PrincipalElement, form: &Form<'_>) -> bool {
    let mut all = element.aws.iter().chain(element.service.iter()).chain(element.federated.iter());
    element.is_everyone()
        || all.any(|entry| match form {
            Form::Text(text) => entry == *text,
            Form::Account(principal) => principal.is_account(entry),
        })
}
