//! What is asked of one stack.

use super::Text;
use base::{Arn, Digest, StackName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A stack brought to one release. The same value goes forward in a run and, from a release's record, back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StackChange {
    /// The release.
    pub release: u32,
    /// The stack.
    pub stack: StackName,
    /// The packaged template.
    pub template: TemplateRef,
    /// Objects that the template names; they are in the target's bucket before the change set is made.
    pub objects: Vec<UploadedObject>,
    /// Parameters that are set.
    pub parameters: BTreeMap<String, Text>,
    /// `Capabilities`.
    pub capabilities: Vec<String>,
    /// Stack tags, those of Landfall included.
    pub tags: BTreeMap<String, Text>,
    /// The service role.
    pub role: Option<Arn>,
    /// Alarms that let CloudFormation itself roll back, 5 at most.
    pub rollback_alarms: Vec<String>,
    /// Minutes (0 to 180) that CloudFormation watches them after the operation.
    pub monitoring_minutes: u8,
    /// SNS topics, 5 at most.
    pub notification_arns: Vec<Text>,
    /// `OnStackFailure` for a new stack: `DO_NOTHING`, `ROLLBACK` or `DELETE`.
    pub on_failure: Option<String>,
    /// Leave what was made in place when the operation fails.
    pub disable_rollback: bool,
    /// Seconds the operation may take until it is given up; nothing means the run's own limit.
    pub timeout_seconds: Option<u32>,
    /// Seconds that somebody else's operation on the stack is waited for; nothing means the run's own limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy_seconds: Option<u32>,
    /// Set or clear termination protection; nothing leaves it as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub termination_protection: Option<bool>,
    /// Logical ids that may be replaced or removed although they hold data.
    pub allow_replacement: Vec<String>,
    /// A change set without changes is a failure.
    pub fail_on_empty: bool,
    /// The start of change set names: run, stage and step. The way and the round are added to it.
    pub change_set: String,
    /// The start of client tokens, likewise.
    pub token: String,
}

/// A packaged template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateRef {
    /// SHA-256 of its text; the text is in the store under this digest.
    pub digest: Digest,
    /// Its length in bytes. Above 51,200 it must come from the bucket.
    pub bytes: u64,
    /// Its key in the target's bucket.
    pub key: String,
    /// The names of its parameters.
    pub parameters: Vec<String>,
}

impl TemplateRef {
    /// The longest template that fits into a request (CloudFormation quotas).
    pub const MAX_INLINE: u64 = 51_200;

    /// Whether it must be put into the bucket first.
    pub fn needs_bucket(&self) -> bool {
        self.bytes > Self::MAX_INLINE
    }
}

/// An object of a release in a target's bucket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UploadedObject {
    /// SHA-256 of its bytes; they are in the store under this digest.
    pub digest: Digest,
    /// Its key in the target's bucket.
    pub key: String,
    /// Its length in bytes.
    pub bytes: u64,
}

impl StackChange {
    /// Everything that must be in the target's bucket: the objects, and the template when it is too long for a request.
    pub fn uploads(&self) -> Vec<UploadedObject> {
        let mut all = self.objects.clone();
        if self.template.needs_bucket() {
            let template = &self.template;
            all.push(UploadedObject {
                digest: template.digest.clone(),
                key: template.key.clone(),
                bytes: template.bytes,
            });
        }
        all
    }
}
