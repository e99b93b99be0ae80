//! What the rules are told. The caller reads it from templates, pipelines or accounts.

use super::Rights;
use crate::evaluate::{Level, NamedPolicy};
use crate::policy::Document;
use serde_json::Value;

/// What a role is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stage {
    /// Production.
    Production,
    /// Anything else that is known, such as staging or previews.
    Other,
    /// Not known.
    #[default]
    Unknown,
}

/// How sessions of a role are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SessionUse {
    /// Session tags are passed.
    pub tags: bool,
    /// A source identity is set.
    pub source_identity: bool,
    /// The caller is itself a role session, so that AWS caps the session at one hour.
    pub chained: bool,
    /// Length asked for, in seconds; zero for the default of one hour.
    pub duration_seconds: u32,
}

/// A role's trust policy and what is known around it.
#[derive(Debug, Clone, Copy)]
pub struct TrustFacts<'a> {
    /// Name of the role.
    pub name: &'a str,
    /// The trust policy.
    pub document: &'a Document,
    /// The role's account, to tell own principals from foreign ones.
    pub account: Option<&'a str>,
    /// What it is for.
    pub stage: Stage,
    /// Whether the GitHub repository issues subjects with ids in them, when known.
    pub github_immutable: Option<bool>,
    /// How it will be assumed, when known.
    pub session: Option<SessionUse>,
    /// The role's `MaxSessionDuration` in seconds, when known.
    pub max_session_seconds: Option<u32>,
    /// How far the role's rights go.
    pub rights: Rights,
}

impl<'a> TrustFacts<'a> {
    /// Facts with nothing known but the document.
    pub fn new(name: &'a str, document: &'a Document) -> Self {
        Self {
            name,
            document,
            account: None,
            stage: Stage::Unknown,
            github_immutable: None,
            session: None,
            max_session_seconds: None,
            rights: Rights::default(),
        }
    }
}

/// What a role may do.
#[derive(Debug, Clone, Default)]
pub struct RoleFacts<'a> {
    /// Name of the role.
    pub name: &'a str,
    /// Its ARN, when known.
    pub arn: Option<&'a str>,
    /// Its account, when known.
    pub account: Option<&'a str>,
    /// Inline and customer managed policies.
    pub policies: Vec<NamedPolicy>,
    /// ARNs of managed policies whose documents are not at hand, such as AWS's own.
    pub managed: Vec<&'a str>,
    /// Permissions boundary; its name is its ARN.
    pub boundary: Option<NamedPolicy>,
    /// Whether there is a boundary whose document is not at hand. What it may forbid is told as a warning only.
    pub unseen_boundary: bool,
    /// Service control policies, when known.
    pub service_control: Vec<Level>,
    /// ARN patterns of the stacks that make this role and its boundary.
    pub bootstrap_stacks: Vec<&'a str>,
}

/// What a change set says about replacing a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replacement {
    /// `True`
    Certain,
    /// `Conditional`
    Possible,
}

/// A resource of a template or an account.
#[derive(Debug, Clone, Default)]
pub struct ResourceFacts<'a> {
    /// Logical or physical name.
    pub name: &'a str,
    /// Such as `AWS::S3::Bucket`.
    pub resource_type: &'a str,
    /// Its properties; whatever is no literal text may stand as an object (`{"Ref": …}`) and counts as unknown.
    pub properties: Option<&'a Value>,
    /// Parameters of its template whose values everybody sees who may describe the stack. A property that is nothing but
    /// one of them is `{{NAME}}`.
    pub shown_parameters: &'a [&'a str],
    /// Policies attached to it by itself or by other resources (bucket policies, queue policies, key policies).
    pub policies: Vec<NamedPolicy>,
    /// Whether `policies` is all there is. When not, nothing is concluded from a missing policy.
    pub policies_complete: bool,
    /// `DeletionPolicy`, when it comes from a template; the outer option says whether it does.
    pub deletion_policy: Option<Option<&'a str>>,
    /// `UpdateReplacePolicy`, likewise.
    pub update_replace_policy: Option<Option<&'a str>>,
    /// Replacement by a change set.
    pub replacement: Option<Replacement>,
    /// The account it is in, when known.
    pub account: Option<&'a str>,
}

impl ResourceFacts<'_> {
    /// A literal text among the properties, by JSON pointer.
    pub(crate) fn text(&self, pointer: &str) -> Option<&str> {
        self.properties?.pointer(pointer)?.as_str()
    }

    /// Whether a property is set, to anything.
    pub(crate) fn has(&self, pointer: &str) -> bool {
        self.properties.is_some_and(|p| p.pointer(pointer).is_some_and(|v| !v.is_null()))
    }
}
