//! Stack events: what happened to a stack and its resources, kept for ever, read newest first.

use super::status::{ResourceStatus, StackStatus};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One line of a stack's history.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StackEvent {
    /// Unique within the stack.
    pub id: String,
    /// Logical id; the stack's own events carry the stack's name.
    pub logical_id: String,
    /// Physical id, empty before there is one.
    pub physical_id: String,
    /// `AWS::CloudFormation::Stack` for the stack itself.
    pub resource_type: String,
    /// State, of a resource or of the stack.
    pub status: String,
    /// Why, where there is something to say.
    pub reason: Option<String>,
    /// The properties of a resource, as JSON text.
    pub properties: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The client's token of the operation that caused it.
    pub token: Option<String>,
    /// The operation that caused it.
    pub operation_id: Option<String>,
}

/// What an event is about.
pub(crate) enum Subject<'a> {
    /// The stack itself.
    Stack(StackStatus),
    /// One of its resources.
    Resource {
        logical_id: &'a str,
        physical_id: &'a str,
        resource_type: &'a str,
        status: ResourceStatus,
        properties: Option<String>,
    },
}

/// The type under which a stack appears in its own events.
pub const STACK_TYPE: &str = "AWS::CloudFormation::Stack";

/// `2026-11-22T02:03:04.567Z`, the form of all times on this wire.
pub fn time_text(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}
