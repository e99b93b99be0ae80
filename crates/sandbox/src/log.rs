//! The call log: every request that reached the world, in order. Tests read it to show what was done how often.

use base::{AccountId, Region};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
    /// Its place in the log, from 0.
    pub number: u64,
    /// The world's time.
    pub at: Timestamp,
    /// The service.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// The account whose credentials signed it.
    pub account: Option<AccountId>,
    /// The region in the credential's scope.
    pub region: Region,
    /// The ARN of the caller.
    pub principal: String,
    /// The short text members of the input that name things: never bodies, never secrets.
    pub parameters: Map<String, Value>,
    /// Whether the operation changes the world.
    pub mutation: bool,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was carried out and answered.
    Done,
    /// It was carried out, and the answer was lost on purpose.
    DoneUnanswered,
    /// It was refused with this error code.
    Refused(String),
    /// The connection was dropped on purpose and nothing was done.
    Dropped,
    /// It waits, on purpose.
    Held,
}

impl CallRecord {
    /// Whether it changed the world.
    pub fn changed_the_world(&self) -> bool {
        self.mutation && matches!(self.outcome, Outcome::Done | Outcome::DoneUnanswered)
    }
}

const NAMING: [&str; 22] = [
    "StackName",
    "StackSetName",
    "ChangeSetName",
    "ChangeSetType",
    "ClientToken",
    "ClientRequestToken",
    "OperationId",
    "RoleArn",
    "RoleARN",
    "RoleSessionName",
    "SourceIdentity",
    "ExternalId",
    "DurationSeconds",
    "RoleName",
    "PolicyArn",
    "PolicyName",
    "FunctionName",
    "Name",
    "Bucket",
    "Key",
    "AccountId",
    "TemplateURL",
];

/// The members of an input that name things.
pub fn naming_parameters(input: &Value) -> Map<String, Value> {
    let Value::Object(map) = input else { return Map::new() };
    let short = |value: &Value| value.as_str().is_some_and(|t| t.len() <= 2048) || value.is_number();
    let named = map.iter().filter(|(name, value)| NAMING.contains(&name.as_str()) && short(value));
    named.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Whether an operation changes the world, told from its verb.
pub fn is_mutation(service: &str, operation: &str) -> bool {
    const READS: [&str; 16] = [
        "Get", "List", "Describe", "Head", "Validate", "Estimate", "Detect", "Lookup", "Filter", "Query", "Scan",
        "Receive", "Simulate", "BatchGet", "Assume", "Decode",
    ];
    !(service == "sts" || READS.iter().any(|verb| operation.starts_with(verb)))
}
