//! Policy documents as values: what the IAM User Guide's "IAM JSON policy elements reference" lists, and nothing inferred.

mod condition;
mod parse;
mod symbolic;
mod write;

pub use condition::{Comparison, ConditionEntry, Operator, Quantifier};
pub use parse::{Parsed, Problem, parse};
pub use symbolic::settle;

/// Where a document is used; the grammar of statements differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Attached to a user, group or role.
    Identity,
    /// Caps what identity policies grant.
    Boundary,
    /// Passed when a role is assumed.
    Session,
    /// Service control policy of an organization.
    ServiceControl,
    /// Resource control policy of an organization.
    ResourceControl,
    /// Attached to a resource.
    Resource,
    /// A role's trust policy.
    Trust,
}

impl Kind {
    /// Whether statements name principals.
    pub fn names_principals(self) -> bool {
        matches!(self, Self::Resource | Self::Trust | Self::ResourceControl)
    }

    /// Largest size in characters without white space (IAM and Organizations quotas): inline role policies count
    /// together; trust policies may be raised to 8,192 by a quota request.
    pub fn size_limit(self) -> usize {
        match self {
            Self::Identity => 10_240,
            Self::Boundary => 6_144,
            Self::Session => 2_048,
            Self::ServiceControl | Self::ResourceControl => 10_240,
            Self::Resource => 20_480,
            Self::Trust => 2_048,
        }
    }
}

/// The size of a document as quotas count it: characters without white space outside of strings.
pub fn size(document: &serde_json::Value) -> usize {
    document.to_string().chars().count()
}

/// The policy language version. Documents without one are read as 2008-10-17, in which `${…}` is plain text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// No `Version` element.
    Absent,
    /// `2008-10-17`
    V2008,
    /// `2012-10-17`
    V2012,
}

impl Version {
    /// Whether `${…}` means a policy variable.
    pub fn has_variables(self) -> bool {
        self == Self::V2012
    }
}

/// A policy document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Language version.
    pub version: Version,
    /// `Id`, used by resource policies.
    pub id: Option<String>,
    /// Statements in written order. Those that could not be read are left out and reported.
    pub statements: Vec<Statement>,
}

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Grants.
    Allow,
    /// Refuses, and wins over every grant.
    Deny,
}

impl Effect {
    /// As written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its place in the document as a JSON pointer, such as `/Statement/0`.
    pub path: String,
    /// Statement id.
    pub sid: Option<String>,
    /// Grants or refuses.
    pub effect: Effect,
    /// `Principal` or `NotPrincipal`.
    pub principal: Option<PrincipalElement>,
    /// `Action` or `NotAction`.
    pub actions: Element,
    /// `Resource` or `NotResource`; absent in trust policies.
    pub resources: Option<Element>,
    /// All must hold.
    pub conditions: Vec<ConditionEntry>,
}

/// A list of patterns, or everything but a list of patterns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Written with `Not`.
    pub negated: bool,
    /// The patterns.
    pub values: TextList,
}

/// A string or a list of strings. Which of the two was written only matters to say where a value stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextList {
    /// The texts in written order.
    pub texts: Vec<String>,
    /// Written as a bare string.
    pub bare: bool,
}

impl TextList {
    /// The texts.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(String::as_str)
    }

    /// The pointer of the text at `index` below the list's own pointer.
    pub fn path(&self, list: &str, index: usize) -> String {
        if self.bare { list.to_owned() } else { format!("{list}/{index}") }
    }
}

/// `Principal` or `NotPrincipal`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalElement {
    /// Written as `NotPrincipal`.
    pub negated: bool,
    /// Written as the bare text `*`.
    pub everyone: bool,
    /// `AWS`: accounts, users, roles, sessions, `*`.
    pub aws: TextList,
    /// `Service`.
    pub service: TextList,
    /// `Federated`: identity providers.
    pub federated: TextList,
    /// `CanonicalUser`.
    pub canonical_user: TextList,
}

impl PrincipalElement {
    /// Whether it names everyone, in either spelling.
    pub fn is_everyone(&self) -> bool {
        self.everyone || self.aws.iter().any(|p| p == "*")
    }

    /// The key under which it was written.
    pub fn key(&self) -> &'static str {
        if self.negated { "NotPrincipal" } else { "Principal" }
    }
}

impl Statement {
    /// The pointer of this statement's `Action` or `NotAction`.
    pub fn actions_path(&self) -> String {
        format!("{}/{}", self.path, if self.actions.negated { "NotAction" } else { "Action" })
    }

    /// The pointer of this statement's `Resource` or `NotResource`.
    pub fn resources_path(&self) -> String {
        let negated = self.resources.as_ref().is_some_and(|r| r.negated);
        format!("{}/{}", self.path, if negated { "NotResource" } else { "Resource" })
    }

    /// The pointer of this statement's `Principal` or `NotPrincipal`.
    pub fn principal_path(&self) -> String {
        format!("{}/{}", self.path, self.principal.as_ref().map_or("Principal", PrincipalElement::key))
    }
}
