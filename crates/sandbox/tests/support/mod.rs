//! A minimal client: it signs as the SDKs do and hands requests to the world without a socket.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use hmac::{Hmac, KeyInit, Mac};
use landfall_sandbox::World;
use landfall_sandbox::dispatch::{self, Reply};
use landfall_sandbox::wire::query::percent_encode;
use landfall_sandbox::wire::xml::{self, Element};
use landfall_sandbox::wire::{WireRequest, WireResponse};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Someone with credentials, in a region.
#[derive(Clone)]
pub struct Client {
    key: String,
    secret: String,
    token: Option<String>,
    region: String,
}

/// The administrator of an account.
pub fn administrator(account: &str) -> Client {
    Client { key: account.to_owned(), secret: "any".to_owned(), token: None, region: "us-east-1".to_owned() }
}

impl Client {
    pub fn with_key(key: &str, secret: &str) -> Self {
        Self { key: key.to_owned(), secret: secret.to_owned(), token: None, region: "us-east-1".to_owned() }
    }

    pub fn in_region(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }

    /// Calls a query operation; the error is code and text.
    pub fn query(
        &self,
        world: &mut World,
        service: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Element, String> {
        let version = [("Action", action), ("Version", "2010-01-01")];
        let form = version.iter().chain(parameters).map(|(k, v)| format!("{k}={}", percent_encode(v, false)));
        let request = request("POST", "/", "", &form.collect::<Vec<_>>().join("&").into_bytes());
        let response = self.send(world, service, request);
        let root = xml::parse(&response.body).unwrap_or_else(|| panic!("no XML: {response:?}"));
        match root.child("Error") {
            Some(error) => Err(error_text(error)),
            None => Ok(root.child(&format!("{action}Result")).cloned().unwrap_or_default()),
        }
    }

    /// Calls a JSON operation; the error is code and text.
    pub fn json(&self, world: &mut World, service: &str, target: &str, input: Value) -> Result<Value, String> {
        let mut request = request("POST", "/", "", input.to_string().as_bytes());
        request.headers.insert("x-amz-target", target.parse().unwrap());
        request.headers.insert("content-type", "application/x-amz-json-1.1".parse().unwrap());
        let response = self.send(world, service, request);
        let body: Value = serde_json::from_slice(&response.body).unwrap();
        match body.get("__type") {
            Some(code) => Err(format!("{}: {}", code.as_str().unwrap(), body["message"].as_str().unwrap())),
            None => Ok(body),
        }
    }

    /// Sends an S3 request; `path` may carry a query, headers are pairs.
    pub fn s3(
        &self,
        world: &mut World,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> WireResponse {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut request = request(method, path, query, body);
        for (name, value) in headers {
            request.headers.insert(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        self.send(world, "s3", request)
    }

    /// The credentials of a role.
    pub fn assume(&self, world: &mut World, role: &str, more: &[(&str, &str)]) -> Result<Self, String> {
        let mut parameters = vec![("RoleArn", role), ("RoleSessionName", "run-1")];
        parameters.extend(more);
        let result = self.query(world, "sts", "AssumeRole", &parameters)?;
        Ok(Self::from_credentials(&result, &self.region))
    }

    pub fn from_credentials(result: &Element, region: &str) -> Self {
        let credentials = result.child("Credentials").unwrap();
        let text = |name: &str| credentials.child_text(name).unwrap().to_owned();
        Self {
            key: text("AccessKeyId"),
            secret: text("SecretAccessKey"),
            token: Some(text("SessionToken")),
            region: region.to_owned(),
        }
    }

    /// The ARN that `GetCallerIdentity` gives.
    pub fn arn(&self, world: &mut World) -> Result<String, String> {
        Ok(self.query(world, "sts", "GetCallerIdentity", &[])?.child_text("Arn").unwrap().to_owned())
    }

    fn send(&self, world: &mut World, service: &str, mut request: WireRequest) -> WireResponse {
        self.sign(&mut request, service);
        match dispatch::handle(world, &request) {
            Reply::Send(response) | Reply::SendAfter(_, response) => response,
            other => panic!("no answer: {other:?}"),
        }
    }

    /// Signs a request (IAM User Guide, "Create a signed AWS API request").
    pub fn sign(&self, request: &mut WireRequest, service: &str) {
        let (date, time) = ("20261123", "20261123T150000Z");
        let hash = hex::encode(Sha256::digest(&request.body));
        let mut set = |name: &'static str, value: &str| request.headers.insert(name, value.parse().unwrap());
        set("x-amz-date", time);
        set("x-amz-content-sha256", &hash);
        if let Some(token) = &self.token {
            set("x-amz-security-token", token);
        }
        let mut names: Vec<String> = request.headers.keys().map(|n| n.as_str().to_owned()).collect();
        names.sort();
        let headers: String = names.iter().map(|n| format!("{n}:{}\n", request.header(n).unwrap())).collect();
        let mut query: Vec<String> = request
            .query
            .split('&')
            .filter(|p| !p.is_empty())
            .map(|p| if p.contains('=') { p.to_owned() } else { format!("{p}=") })
            .collect();
        query.sort();
        let signed = names.join(";");
        let canonical =
            format!("{}\n{}\n{}\n{headers}\n{signed}\n{hash}", request.method, request.path, query.join("&"));
        let scope = format!("{date}/{}/{service}/aws4_request", self.region);
        let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex::encode(Sha256::digest(canonical)));
        let mut key = format!("AWS4{}", self.secret).into_bytes();
        for part in [date, &self.region, service, "aws4_request", &to_sign] {
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
            mac.update(part.as_bytes());
            key = mac.finalize().into_bytes().to_vec();
        }
        let signature = hex::encode(key);
        let header =
            format!("AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={signed}, Signature={signature}", self.key);
        request.headers.insert("authorization", header.parse().unwrap());
    }
}

/// A request without credentials.
pub fn request(method: &str, path: &str, query: &str, body: &[u8]) -> WireRequest {
    let mut request = WireRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        body: body.to_vec(),
        ..WireRequest::default()
    };
    request.headers.insert("host", "127.0.0.1".parse().unwrap());
    if method == "POST" && path == "/" {
        request.headers.insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
    }
    request
}

/// Sends a request without credentials.
pub fn anonymous(world: &mut World, request: &WireRequest) -> WireResponse {
    match dispatch::handle(world, request) {
        Reply::Send(response) => response,
        other => panic!("no answer: {other:?}"),
    }
}

fn error_text(error: &Element) -> String {
    format!("{}: {}", error.child_text("Code").unwrap(), error.child_text("Message").unwrap())
}

/// Status and error code of an S3 answer.
pub fn outcome(response: &WireResponse) -> String {
    let code = xml::parse(&response.body)
        .filter(|root| root.name == "Error")
        .and_then(|e| e.child_text("Code").map(str::to_owned));
    format!("{} {}", response.status, code.unwrap_or_default()).trim().to_owned()
}

pub const HUB: &str = "arn:aws:iam::999999999999:role/landfall-hub";
pub const DEPLOY: &str = "arn:aws:iam::111111111111:role/landfall-deploy";
