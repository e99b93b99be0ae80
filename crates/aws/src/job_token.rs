//! The token of a CI job: in a file, or for the asking.

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use engine::ports::{Failure, FailureKind};
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// The audience that AWS wants of GitHub's tokens (GitHub Docs, "Configuring OpenID Connect in Amazon Web Services").
const AUDIENCE: &str = "sts.amazonaws.com";
/// How long the answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where the token of a CI job comes from. A token lives for minutes, so it is taken anew for each session.
#[derive(Clone)]
pub enum JobToken {
    /// From a file, into which the CI may write a new one.
    File(PathBuf),
    /// From the CI.
    Request(TokenRequest),
}

/// Where a job of GitHub Actions asks for its token, and the key to it. The key is a secret and is never printed.
#[derive(Clone)]
pub struct TokenRequest {
    address: String,
    key: String,
    http: SharedHttpConnector,
}

/// What GitHub answers.
#[derive(Deserialize)]
struct Answer {
    value: String,
}

impl TokenRequest {
    /// A job's `ACTIONS_ID_TOKEN_REQUEST_URL` and `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
    pub fn new(address: &str, key: &str) -> Self {
        let settings = HttpConnectorSettings::builder().connect_timeout(PATIENCE).read_timeout(PATIENCE).build();
        let connector = Connector::builder().connector_settings(settings).sleep_impl(TokioSleep::new());
        let connector = connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).build();
        Self { address: address.to_owned(), key: key.to_owned(), http: SharedHttpConnector::new(connector) }
    }

    async fn token(&self) -> Result<String, Failure> {
        let answer = self.http.call(self.request()?).await;
        let mut answer = answer.map_err(|e| Failure::new(FailureKind::Unavailable, "", format!("{NO_TOKEN}: {e}")))?;
        let status = answer.status().as_u16();
        if status != 200 {
            return Err(Failure::new(kind(status), status.to_string(), format!("{NO_TOKEN}: it answers {status}")));
        }
        // What came with it is not told: it may be the token.
        let unread = |what: &str| Failure::new(FailureKind::Unavailable, "", format!("{NO_TOKEN}: {what}"));
        let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
        let bytes = aws_smithy_types::byte_stream::ByteStream::new(body).collect().await;
        let bytes = bytes.map_err(|_| unread("the answer broke off"))?.into_bytes();
        let answer: Answer = serde_json::from_slice(&bytes).map_err(|_| unread("the answer is no token"))?;
        Ok(answer.value)
    }

    fn request(&self) -> Result<HttpRequest, Failure> {
        let wrong = |_| {
            let why = format!("{NO_TOKEN}: `ACTIONS_ID_TOKEN_REQUEST_URL` is not an address, or its key is none");
            Failure::new(FailureKind::Denied, "", why)
        };
        let between = if self.address.contains('?') { '&' } else { '?' };
        let mut request = HttpRequest::get(format!("{}{between}audience={AUDIENCE}", self.address)).map_err(wrong)?;
        let headers = request.headers_mut();
        headers.try_insert("authorization", format!("Bearer {}", self.key)).map_err(wrong)?;
        headers.try_insert("accept", "application/json; api-version=2.0").map_err(wrong)?;
        Ok(request)
    }
}

const NO_TOKEN: &str = "the CI gave the job no token";

fn kind(status: u16) -> FailureKind {
    match status {
        429 => FailureKind::Throttled,
        400..=499 => FailureKind::Denied,
        _ => FailureKind::Unavailable,
    }
}

impl JobToken {
    /// The job's token as it is now.
    pub(crate) async fn token(&self) -> Result<String, Failure> {
        match self {
            Self::File(path) => {
                let unread = |e: std::io::Error| {
                    let text = format!("the token in {} cannot be read: {e}", path.display());
                    Failure::new(FailureKind::Denied, "", text)
                };
                Ok(std::fs::read_to_string(path).map_err(unread)?.trim().to_owned())
            }
            Self::Request(request) => request.token().await,
        }
    }
}
