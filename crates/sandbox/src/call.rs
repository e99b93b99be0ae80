//! One call of one operation, whatever protocol brought it, and what a service gives back.
//!
//! Services see a call as an operation name and a JSON tree (`input`), and answer with a JSON tree. The wire module turns
//! query forms, JSON and CBOR into that form and back, so a service is written once and answers every protocol it has.

use crate::identity::Principal;
use crate::wire::{Protocol, WireRequest};
use base::{AccountId, Region};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// A call whose sender is known, as a service sees it.
#[derive(Debug)]
pub struct Call<'a> {
    /// The service's name in this crate's registry, for example `cloudformation`.
    pub service: &'static str,
    /// The operation, for example `CreateChangeSet`.
    pub operation: String,
    /// The input as a tree. Query lists are arrays, query maps are objects; every query leaf is a string.
    pub input: Value,
    /// Who calls.
    pub principal: Principal,
    /// The account whose credentials signed the call.
    pub account: AccountId,
    /// The region in the credential's scope.
    pub region: Region,
    /// The id given back in the answer.
    pub request_id: String,
    /// The protocol that the answer must have.
    pub protocol: Protocol,
    /// The request as it came, for services that speak REST.
    pub http: &'a WireRequest,
}

static NULL: Value = Value::Null;

impl Call<'_> {
    /// A member of the input, or null.
    pub fn get(&self, name: &str) -> &Value {
        self.input.get(name).unwrap_or(&NULL)
    }

    /// A text member that is present and not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).as_str().filter(|t| !t.is_empty())
    }

    /// A text member that must be there.
    pub fn require(&self, name: &str) -> Result<&str, AwsError> {
        self.text(name).ok_or_else(|| AwsError::missing_parameter(name))
    }

    /// A boolean member: true, or the text `true`.
    pub fn flag(&self, name: &str) -> Option<bool> {
        as_flag(self.get(name))
    }

    /// An integer member: a number, or digits in a text.
    pub fn integer(&self, name: &str) -> Option<i64> {
        as_integer(self.get(name))
    }

    /// A list member; a missing or empty one is no items.
    pub fn list(&self, name: &str) -> &[Value] {
        self.get(name).as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// The texts of a list member.
    pub fn texts(&self, name: &str) -> Vec<String> {
        self.list(name).iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// A list of `{Key, Value}` pairs, as tags are sent.
    pub fn pairs(&self, name: &str) -> Vec<(String, String)> {
        pairs(self.list(name))
    }

    /// A time in the form that the answer's protocol wants.
    pub fn time(&self, at: Timestamp) -> Value {
        self.protocol.time(at)
    }
}

/// Reads a boolean from JSON or from a query leaf.
pub fn as_flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(b) => Some(*b),
        Value::String(text) => text.to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

/// Reads an integer from JSON or from a query leaf.
pub fn as_integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(n) => n.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Reads `[{Key, Value}]`.
pub fn pairs(list: &[Value]) -> Vec<(String, String)> {
    let text = |item: &Value, name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
    list.iter().filter_map(|item| Some((text(item, "Key")?, text(item, "Value").unwrap_or_default()))).collect()
}

/// What a service answers when all went well.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// The HTTP status.
    pub status: u16,
    /// Headers beside those of the protocol.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

/// The body of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// A tree that the wire module writes in the call's protocol.
    Tree(Value),
    /// Bytes that are sent as they are.
    Bytes(Vec<u8>),
    /// Nothing, with no content type: answers to HEAD and 204.
    Empty,
    /// Nothing, but with the length that the body would have had: answers to HEAD.
    Length(u64),
}

impl Output {
    /// Status 200 and a tree.
    pub fn tree(value: Value) -> Self {
        Self { status: 200, headers: Vec::new(), body: Body::Tree(value) }
    }

    /// Status 200 and an empty structure: what most deleting operations answer.
    pub fn nothing() -> Self {
        Self::tree(Value::Object(Map::new()))
    }

    /// A status without a body.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::Empty }
    }

    /// The same with another status.
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same with one more header.
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

impl From<Value> for Output {
    fn from(value: Value) -> Self {
        Self::tree(value)
    }
}

/// What a service call gives.
pub type Answer = Result<Output, AwsError>;

/// An error as AWS reports it: a code, a text and an HTTP status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct AwsError {
    /// The error code, for example `ValidationError`.
    pub code: String,
    /// The text for people.
    pub message: String,
    /// The HTTP status.
    pub status: u16,
    /// The code that a client of the service's old query protocol expects, where it differs (`x-amzn-query-error`).
    pub query_code: Option<&'static str>,
    /// More members of the error, written beside code and message.
    pub fields: Vec<(String, String)>,
    /// Headers that go with the error.
    pub headers: Vec<(String, String)>,
}

impl AwsError {
    /// An error with its parts.
    pub fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            status,
            query_code: None,
            fields: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// `ValidationError` with status 400, as CloudFormation, IAM and STS report a bad input. The JSON protocols write it as
    /// `ValidationException`.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationError", message)
    }

    /// A required member is missing, in the words of AWS's common validation.
    pub fn missing_parameter(name: &str) -> Self {
        let mut lower = name.to_owned();
        if let Some(first) = lower.get_mut(0..1) {
            first.make_ascii_lowercase();
        }
        Self::validation(format!(
            "1 validation error detected: Value null at '{lower}' failed to satisfy constraint: Member must not be null"
        ))
    }

    /// `AccessDenied` with status 403. The JSON protocols write it as `AccessDeniedException`.
    pub fn access_denied(message: impl Into<String>) -> Self {
        Self::new(403, "AccessDenied", message)
    }

    /// An operation that AWS has and this sandbox has not: `501 NotImplemented`, so that nobody takes it for AWS's word.
    pub fn not_implemented(service: &str, operation: &str) -> Self {
        Self::new(
            501,
            "NotImplemented",
            format!(
                "the sandbox does not simulate {service}:{operation}; see the list of operations in its documentation"
            ),
        )
    }

    /// The same with another member.
    pub fn with_field(mut self, name: &str, value: impl Into<String>) -> Self {
        self.fields.push((name.to_owned(), value.into()));
        self
    }

    /// The same with a header.
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same with the code of the old query protocol.
    pub fn with_query_code(mut self, code: &'static str) -> Self {
        self.query_code = Some(code);
        self
    }

    /// Whether the sender is at fault, as the query protocol's `Type` says.
    pub fn is_senders(&self) -> bool {
        self.status < 500
    }
}
