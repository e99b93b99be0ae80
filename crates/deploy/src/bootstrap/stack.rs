//! The stacks, and how they differ from those that are there.

use super::{Found, Part, PipelineFacts, Settings};
use crate::seen::StackSeen;
use base::{AccountId, Diagnostic, Diagnostics, Digest, Region};
use serde_json::Value;
use std::collections::BTreeMap;

/// A stack that bootstrapping makes.
#[derive(Debug, Clone, PartialEq)]
pub struct BootstrapStack {
    /// Its account.
    pub account: AccountId,
    /// Its region.
    pub region: Region,
    /// What it is.
    pub part: Part,
    /// Its name.
    pub name: String,
    /// The template, a CloudFormation document.
    pub template: Value,
    /// Parameters; none so far.
    pub parameters: BTreeMap<String, String>,
    /// Tags on the stack: version and digest among them.
    pub tags: BTreeMap<String, String>,
    /// The digest of what it says, whether or not an identity provider or bucket was adopted.
    pub digest: Digest,
    /// What it makes, in words.
    pub summary: Vec<String>,
}

/// All stacks: those of the CI/CD account first, then account by account. Errors among the diagnostics mean that nothing
/// may be deployed; warnings and notes say what was adopted and what the user has to do.
pub fn stacks(settings: &Settings, pipelines: &[PipelineFacts], found: &Found) -> (Vec<BootstrapStack>, Diagnostics) {
    let _ = (settings, pipelines, found);
    (Vec::new(), Diagnostics::new())
}

/// What is wrong with a stack that is there (or not): missing, made by an older version, changed templates.
pub fn drifted(expected: &BootstrapStack, seen: Option<&StackSeen>) -> Option<Diagnostic> {
    let _ = (expected, seen);
    None
}

/// What a new template changes in the rights of roles, in words.
pub fn difference_in_words(old: &Value, new: &Value) -> Vec<String> {
    let _ = (old, new);
    Vec::new()
}
