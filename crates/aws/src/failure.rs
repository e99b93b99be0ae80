//! From the SDK's errors to the engine's five kinds, once, by error code and never by text.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use engine::ports::{Failure, FailureKind};
use std::error::Error;

/// Codes that mean "not allowed", over all services in use.
const DENIED: [&str; 16] = [
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "NotAuthorized",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "RegionDisabledException",
    "InvalidIdentityToken",
    "IDPRejectedClaim",
    "OptInRequired",
    "InvalidToken",
];

/// Codes that mean "too many calls". Source: the SDKs' retry specification.
const THROTTLED: [&str; 12] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "SlowDown",
    "EC2ThrottledException",
];

/// Codes that mean "the thing is not there".
const NOT_FOUND: [&str; 9] = [
    "NoSuchKey",
    "NoSuchBucket",
    "NotFound",
    "404",
    "ChangeSetNotFound",
    "ResourceNotFound",
    "ResourceNotFoundException",
    "AWSOrganizationsNotInUseException",
    "OrganizationalUnitNotFoundException",
];

/// Codes of the server's own trouble.
const UNAVAILABLE: [&str; 6] =
    ["InternalError", "InternalFailure", "ServiceUnavailable", "ServiceUnavailableException", "RequestTimeout", "503"];

/// Maps an SDK error; `mutates` says whether a missing answer leaves doubt.
pub(crate) fn failure<E>(error: SdkError<E, HttpResponse>, mutates: bool) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match &error {
        SdkError::ServiceError(context) => {
            let status = context.raw().status().as_u16();
            let code = context.err().code().unwrap_or_default();
            let code = if code.is_empty() && status >= 300 { status.to_string() } else { code.to_owned() };
            let kind = kind_of(&code, status);
            let message = context.err().message().map_or_else(|| format!("the service answered {code}"), str::to_owned);
            let in_doubt = mutates && kind == FailureKind::Unavailable;
            Failure { kind, code, message: one_line(&message), in_doubt }
        }
        SdkError::ConstructionFailure(_) => from_chain(&error, FailureKind::Denied, false),
        SdkError::DispatchFailure(dispatch) => {
            if let Some(denied) = credentials_failure(dispatch.as_connector_error().and_then(|c| c.source())) {
                return denied;
            }
            let sent = !dispatch.is_user();
            let connector = dispatch.as_connector_error().and_then(|c| c.source());
            let lost = connector.map(|e| from_chain(e, FailureKind::Unavailable, mutates && sent));
            let lost = lost.map(|f| Failure { message: format!("no answer: {}", innermost(&f.message)), ..f });
            lost.unwrap_or_else(|| from_chain(&error, FailureKind::Unavailable, mutates && sent))
        }
        _ => from_chain(&error, FailureKind::Unavailable, mutates),
    }
    .or_inner(&error)
}

/// What a failure of the credentials provider was, carried through the SDK's layers as our own value.
pub(crate) fn credentials_failure(mut error: Option<&(dyn Error + 'static)>) -> Option<Failure> {
    while let Some(e) = error {
        if let Some(failure) = e.downcast_ref::<Failure>() {
            return Some(failure.clone());
        }
        error = e.source();
    }
    None
}

trait OrInner {
    fn or_inner(self, error: &(dyn Error + 'static)) -> Failure;
}

impl OrInner for Failure {
    /// An AssumeRole that failed inside the call is the failure to report, and nothing was sent.
    fn or_inner(self, error: &(dyn Error + 'static)) -> Failure {
        credentials_failure(Some(error)).unwrap_or(self)
    }
}

fn kind_of(code: &str, status: u16) -> FailureKind {
    if DENIED.contains(&code) {
        FailureKind::Denied
    } else if THROTTLED.contains(&code) || status == 429 {
        FailureKind::Throttled
    } else if NOT_FOUND.contains(&code) {
        FailureKind::NotFound
    } else if UNAVAILABLE.contains(&code) || status >= 500 {
        FailureKind::Unavailable
    } else {
        match status {
            401 | 403 => FailureKind::Denied,
            404 => FailureKind::NotFound,
            _ => FailureKind::Conflict,
        }
    }
}

fn from_chain(error: &(dyn Error + 'static), kind: FailureKind, in_doubt: bool) -> Failure {
    let mut message = String::new();
    let mut next = Some(error);
    while let Some(e) = next {
        let text = e.to_string();
        if !message.contains(&text) {
            if !message.is_empty() {
                message.push_str(": ");
            }
            message.push_str(&text);
        }
        next = e.source();
    }
    Failure { kind, code: String::new(), message: one_line(&message), in_doubt }
}

/// Connectors wrap what happened in their own layers: the last one says it.
fn innermost(chain: &str) -> &str {
    chain.rsplit_once("(SendRequest): ").or_else(|| chain.rsplit_once("(Connect): ")).map_or(chain, |(_, last)| last)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_come_from_codes_first_and_status_second() {
        for (code, status, kind) in [
            ("AccessDenied", 403, FailureKind::Denied),
            ("ExpiredToken", 400, FailureKind::Denied),
            ("Throttling", 400, FailureKind::Throttled),
            ("SlowDown", 503, FailureKind::Throttled),
            ("ChangeSetNotFound", 404, FailureKind::NotFound),
            ("ValidationError", 400, FailureKind::Conflict),
            ("AlreadyExistsException", 400, FailureKind::Conflict),
            ("PreconditionFailed", 412, FailureKind::Conflict),
            ("InternalFailure", 500, FailureKind::Unavailable),
            ("503", 503, FailureKind::Unavailable),
        ] {
            assert_eq!(kind_of(code, status), kind, "{code}");
        }
    }
}
