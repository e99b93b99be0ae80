//! The wire: requests and responses as bytes, and the protocols between bytes and trees.
//!
//! Nothing here knows a service. The protocols are those of the AWS SDKs' service models: query, JSON 1.0 and 1.1,
//! REST-JSON, REST-XML (S3 only) and Smithy RPC v2 CBOR (CloudWatch).

pub mod cbor;
pub mod query;
pub mod xml;

pub mod protocol;

pub use protocol::Protocol;

use http::HeaderMap;

/// A request as it came, its path and query still encoded.
#[derive(Debug, Clone, Default)]
pub struct WireRequest {
    /// The HTTP method in capitals.
    pub method: String,
    /// The path as sent, percent-encoded.
    pub path: String,
    /// The query as sent, without the question mark.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as sent, possibly `aws-chunked`.
    pub body: Vec<u8>,
}

/// A response to send.
#[derive(Debug, Clone, PartialEq)]
pub struct WireResponse {
    /// The HTTP status.
    pub status: u16,
    /// Its headers; the server adds `content-length`.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
    /// The length to announce when the body itself is not sent: answers to HEAD.
    pub announced_length: Option<u64>,
}

impl WireRequest {
    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// The query as decoded pairs, in order.
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        query::decode_pairs(&self.query)
    }

    /// A query parameter: `Some("")` when it stands without a value, as S3's subresources do.
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.query_pairs().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The decoded parts of the path between slashes.
    pub fn segments(&self) -> Vec<String> {
        self.path.split('/').filter(|s| !s.is_empty()).map(|s| query::percent_decode(s, false)).collect()
    }

    /// The body as JSON; an empty body is an empty structure.
    pub fn json(&self) -> Option<serde_json::Value> {
        if self.body.is_empty() {
            return Some(serde_json::Value::Object(serde_json::Map::new()));
        }
        serde_json::from_slice(&self.body).ok()
    }
}

impl WireResponse {
    /// A response with a content type and a body.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.into(),
            announced_length: None,
        }
    }

    /// The same with one more header.
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}
