//! Signature Version 4: reading it from a header or a presigned query, and checking it.
//!
//! Facts from the IAM User Guide, "Create a signed AWS API request", and the S3 API reference, "Authenticating requests".

use crate::call::AwsError;
use crate::wire::WireRequest;
use crate::wire::query::{decode_pairs, percent_encode};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// What a signature was made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// `YYYYMMDD`.
    pub date: String,
    /// The region.
    pub region: String,
    /// The service's signing name.
    pub service: String,
}

/// A request's signature, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The access key id.
    pub access_key: String,
    /// What it was made for.
    pub scope: Scope,
    /// The session token that came with it.
    pub token: Option<String>,
    signed_headers: Vec<String>,
    hex: String,
    time: String,
    presigned: bool,
}

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

impl Signature {
    /// The signature in a request's header or query; nothing if it has none that can be read.
    pub fn of(request: &WireRequest) -> Option<Self> {
        match request.header("authorization") {
            Some(header) => Self::from_header(request, header),
            None => Self::from_query(request),
        }
    }

    fn from_header(request: &WireRequest, header: &str) -> Option<Self> {
        let rest = header.strip_prefix(ALGORITHM)?;
        let field = |name: &str| {
            let mut fields = rest.split(',').map(str::trim);
            fields.find_map(|f| f.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
        };
        let token = request.header("x-amz-security-token").map(str::to_owned);
        let time = request.header("x-amz-date").unwrap_or_default().to_owned();
        Self::new(&field("Credential")?, &field("SignedHeaders")?, field("Signature")?, token, time, false)
    }

    fn from_query(request: &WireRequest) -> Option<Self> {
        if !request.query.contains("X-Amz-Signature=") {
            return None;
        }
        let field = |name: &str| request.parameter(name);
        let token = field("X-Amz-Security-Token");
        let time = field("X-Amz-Date")?;
        Self::new(
            &field("X-Amz-Credential")?,
            &field("X-Amz-SignedHeaders")?,
            field("X-Amz-Signature")?,
            token,
            time,
            true,
        )
    }

    fn new(
        credential: &str,
        headers: &str,
        hex: String,
        token: Option<String>,
        time: String,
        presigned: bool,
    ) -> Option<Self> {
        let mut parts = credential.split('/');
        let mut next = || parts.next().map(str::to_owned);
        let (access_key, date, region, service) = (next()?, next()?, next()?, next()?);
        let signed_headers = headers.split(';').map(str::to_owned).collect();
        Some(Self { access_key, scope: Scope { date, region, service }, token, signed_headers, hex, time, presigned })
    }

    /// Checks the signature with the secret. S3 signs the path as it is sent, other services encode it once more. The
    /// payload's own hash is taken from the header where there is one.
    pub fn verify(&self, request: &WireRequest, secret: &str, is_s3: bool) -> Result<(), AwsError> {
        let canonical = self.canonical_request(request, is_s3);
        let Scope { date, region, service } = &self.scope;
        let digest = hex::encode(Sha256::digest(canonical.as_bytes()));
        let to_sign = format!("{ALGORITHM}\n{}\n{date}/{region}/{service}/aws4_request\n{digest}", self.time);
        let mut key = format!("AWS4{secret}").into_bytes();
        for part in [date.as_str(), region, service, "aws4_request", &to_sign] {
            key = hmac_sha256(&key, part.as_bytes());
        }
        if hex::encode(key) == self.hex {
            return Ok(());
        }
        Err(AwsError::new(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key \
             and signing method. Consult the service documentation for details.",
        ))
    }

    fn canonical_request(&self, request: &WireRequest, is_s3: bool) -> String {
        let path = if is_s3 { request.path.clone() } else { percent_encode(&request.path, true) };
        let headers: String =
            self.signed_headers.iter().map(|name| format!("{name}:{}\n", header_value(request, name))).collect();
        let payload = match request.header("x-amz-content-sha256") {
            Some(hash) => hash.to_owned(),
            None if self.presigned && is_s3 => "UNSIGNED-PAYLOAD".to_owned(),
            None => hex::encode(Sha256::digest(&request.body)),
        };
        let query = canonical_query(&request.query);
        let names = self.signed_headers.join(";");
        format!("{}\n{path}\n{query}\n{headers}\n{names}\n{payload}", request.method)
    }
}

fn header_value(request: &WireRequest, name: &str) -> String {
    let values = request.headers.get_all(name).iter().map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    let trimmed = values.map(|v| v.split_ascii_whitespace().collect::<Vec<_>>().join(" "));
    trimmed.collect::<Vec<_>>().join(",")
}

fn canonical_query(query: &str) -> String {
    // A plus sign in a query that was signed is a literal one: clients encode spaces as %20.
    let mut pairs: Vec<(String, String)> = decode_pairs(&query.replace('+', "%2B"))
        .into_iter()
        .filter(|(name, _)| name != "X-Amz-Signature")
        .map(|(name, value)| (percent_encode(&name, false), percent_encode(&value, false)))
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn hmac_sha256(key: &[u8], data: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length, so the other arm is never taken; an empty result matches no signature.
    Hmac::<Sha256>::new_from_slice(key).map_or_else(
        |_| Vec::new(),
        |mut mac| {
            mac.update(data);
            mac.finalize().into_bytes().to_vec()
        },
    )
}
