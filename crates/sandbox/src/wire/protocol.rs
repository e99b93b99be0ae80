//! Reading inputs and writing outputs and errors in each protocol.

use super::{WireRequest, WireResponse, cbor, query, xml};
use crate::call::{AwsError, Body, Output};
use jiff::Timestamp;
use serde_json::{Map, Number, Value, json};

/// How a request's input and its answer are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Form in, XML out. Carries the XML namespace of the service's answers.
    Query(&'static str),
    /// JSON with `X-Amz-Target`; carries `1.0` or `1.1`.
    Json(&'static str),
    /// REST with JSON bodies (Lambda, API Gateway).
    RestJson,
    /// REST with XML bodies (S3).
    RestXml,
    /// Smithy RPC v2 with CBOR (CloudWatch).
    Cbor,
}

impl Protocol {
    /// A time as this protocol's clients expect it.
    pub fn time(self, at: Timestamp) -> Value {
        match self {
            Self::Query(_) | Self::RestXml => Value::String(iso(at)),
            Self::Json(_) | Self::RestJson => epoch(at),
            Self::Cbor => json!({ cbor::TIME: epoch(at) }),
        }
    }

    /// The input of a request; the error is the service's answer to a body it cannot read.
    pub fn read_input(self, request: &WireRequest) -> Result<Value, AwsError> {
        let serialization = || AwsError::new(400, "SerializationException", "");
        match self {
            Self::Query(_) => {
                let body = String::from_utf8_lossy(&request.body);
                let mut pairs = query::decode_pairs(&request.query);
                pairs.extend(query::decode_pairs(&body));
                Ok(query::to_tree(&pairs))
            }
            Self::Json(_) => request.json().filter(Value::is_object).ok_or_else(serialization),
            Self::Cbor if request.body.is_empty() => Ok(json!({})),
            Self::Cbor => cbor::read(&request.body).filter(Value::is_object).ok_or_else(serialization),
            Self::RestJson | Self::RestXml => Ok(json!({})),
        }
    }

    /// Writes an answer.
    pub fn write_output(self, operation: &str, request_id: &str, output: Output) -> WireResponse {
        let mut response = match output.body {
            Body::Tree(tree) => self.write_tree(operation, request_id, output.status, tree),
            Body::Bytes(bytes) => bare(output.status, bytes),
            Body::Empty => bare(output.status, Vec::new()),
            Body::Length(length) => WireResponse { announced_length: Some(length), ..bare(output.status, Vec::new()) },
        };
        for (name, value) in output.headers {
            response.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(&name));
            response.headers.push((name, value));
        }
        self.with_request_id(response, request_id)
    }

    fn write_tree(self, operation: &str, request_id: &str, status: u16, tree: Value) -> WireResponse {
        match self {
            Self::Query(namespace) => {
                let mut out = format!("<{operation}Response xmlns=\"{namespace}\">");
                xml::write_element(&mut out, &format!("{operation}Result"), &tree);
                out.push_str(&format!(
                    "<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>\n"
                ));
                WireResponse::new(status, "text/xml", out)
            }
            Self::Json(version) => {
                WireResponse::new(status, &format!("application/x-amz-json-{version}"), without_nulls(tree).to_string())
            }
            Self::RestJson => WireResponse::new(status, "application/json", without_nulls(tree).to_string()),
            Self::RestXml => {
                let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
                if let Value::Object(map) = &tree {
                    xml::write_members(&mut out, map);
                }
                WireResponse::new(status, "application/xml", out)
            }
            Self::Cbor => {
                let mut out = Vec::new();
                cbor::write(&mut out, &tree);
                WireResponse::new(status, "application/cbor", out)
            }
        }
    }

    /// Writes an error.
    pub fn write_error(self, request_id: &str, host_id: &str, error: &AwsError) -> WireResponse {
        let code = self.code(&error.code);
        let response = match self {
            Self::Query(namespace) => query_error(namespace, request_id, error),
            Self::RestXml => s3_error(request_id, host_id, error),
            Self::Json(version) => {
                let body = error_tree("__type", &code, "message", error);
                WireResponse::new(self.status(error), &format!("application/x-amz-json-{version}"), body.to_string())
            }
            Self::RestJson => {
                let body = error_tree("Type", if error.is_senders() { "User" } else { "Service" }, "Message", error);
                let response = WireResponse::new(error.status, "application/json", body.to_string());
                response.with_header("x-amzn-errortype", code)
            }
            Self::Cbor => {
                let mut out = Vec::new();
                cbor::write(&mut out, &error_tree("__type", &code, "message", error));
                WireResponse::new(self.status(error), "application/cbor", out)
            }
        };
        let mut response = self.with_request_id(response, request_id);
        if let Some(query_code) = &error.query_code {
            let fault = if error.is_senders() { "Sender" } else { "Receiver" };
            response = response.with_header("x-amzn-query-error", format!("{query_code};{fault}"));
        }
        response.headers.extend(error.headers.clone());
        response
    }

    /// The spelling of the codes that every service shares: query services say `AccessDenied`, JSON services
    /// `AccessDeniedException` (each service's API reference, "Common errors").
    fn code(self, code: &str) -> String {
        let renamed = match code {
            "AccessDenied" => "AccessDeniedException",
            "ValidationError" => "ValidationException",
            "InvalidClientTokenId" => "UnrecognizedClientException",
            "ExpiredToken" => "ExpiredTokenException",
            "MissingAuthenticationToken" => "MissingAuthenticationTokenException",
            "SignatureDoesNotMatch" => "InvalidSignatureException",
            "Throttling" => "ThrottlingException",
            other => other,
        };
        match self {
            Self::Query(_) | Self::RestXml => code.to_owned(),
            Self::Json(_) | Self::RestJson | Self::Cbor => renamed.to_owned(),
        }
    }

    /// JSON services answer with 400 where query services say 403.
    fn status(self, error: &AwsError) -> u16 {
        if error.status == 403 { 400 } else { error.status }
    }

    fn with_request_id(self, response: WireResponse, request_id: &str) -> WireResponse {
        let response = match self {
            Self::RestXml => response.with_header("x-amz-request-id", request_id),
            _ => response.with_header("x-amzn-requestid", request_id),
        };
        match self {
            Self::Cbor => response.with_header("smithy-protocol", "rpc-v2-cbor"),
            _ => response,
        }
    }
}

fn bare(status: u16, body: Vec<u8>) -> WireResponse {
    WireResponse { status, headers: Vec::new(), body, announced_length: None }
}

fn query_error(namespace: &str, request_id: &str, error: &AwsError) -> WireResponse {
    let mut out = format!("<ErrorResponse xmlns=\"{namespace}\"><Error>");
    let fault = if error.is_senders() { "Sender" } else { "Receiver" };
    for (name, value) in [("Type", fault), ("Code", &error.code), ("Message", &error.message)] {
        out.push_str(&format!("<{name}>{}</{name}>", xml::escape_text(value)));
    }
    for (name, value) in &error.fields {
        out.push_str(&format!("<{name}>{}</{name}>", xml::escape_text(value)));
    }
    out.push_str(&format!("</Error><RequestId>{request_id}</RequestId></ErrorResponse>\n"));
    WireResponse::new(error.status, "text/xml", out)
}

fn s3_error(request_id: &str, host_id: &str, error: &AwsError) -> WireResponse {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
    let fixed = [("Code", error.code.as_str()), ("Message", &error.message)];
    let more = error.fields.iter().map(|(n, v)| (n.as_str(), v.as_str()));
    for (name, value) in fixed.into_iter().chain(more).chain([("RequestId", request_id), ("HostId", host_id)]) {
        out.push_str(&format!("<{name}>{}</{name}>", xml::escape_text(value)));
    }
    out.push_str("</Error>");
    WireResponse::new(error.status, "application/xml", out)
}

fn error_tree(code_name: &str, code: &str, message_name: &str, error: &AwsError) -> Value {
    let mut map = Map::new();
    map.insert(code_name.to_owned(), code.into());
    map.insert(message_name.to_owned(), error.message.clone().into());
    map.extend(error.fields.iter().map(|(n, v)| (n.clone(), v.clone().into())));
    Value::Object(map)
}

/// JSON answers leave absent members out; a null would be read as a value by some clients.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            Value::Object(map.into_iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k, without_nulls(v))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

/// `2026-11-22T10:00:00.123Z`, with milliseconds as CloudFormation and IAM write them.
pub fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// Seconds since 1970 with milliseconds.
pub fn epoch(at: Timestamp) -> Value {
    let milliseconds = at.as_millisecond();
    if milliseconds % 1000 == 0 {
        return (milliseconds / 1000).into();
    }
    Number::from_f64(milliseconds as f64 / 1000.0).map_or(Value::Null, Value::Number)
}
