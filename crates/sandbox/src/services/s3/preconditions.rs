//! Conditional requests (S3 User Guide, "Add preconditions to S3 operations with conditional requests").

use super::Request;
use super::access::no_such_key;
use super::state::{Bucket, Object};
use crate::call::AwsError;
use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// What a read gives when its conditions do not all hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// 304, without a body.
    NotModified,
    /// 412.
    Failed(AwsError),
}

fn failed(condition: &str) -> AwsError {
    AwsError::new(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
        .with_field("Condition", condition)
}

fn names(list: &str, etag: &str) -> bool {
    list.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/").trim_matches('"') == etag)
}

/// Whether an object may be written: `If-None-Match: *` wants no object there, `If-Match` wants the one named.
pub(super) fn check_write(request: &Request<'_>, bucket: &Bucket) -> Result<(), AwsError> {
    let current = bucket.current(&request.key);
    match request.header("if-none-match") {
        Some("*") if current.is_some() => return Err(failed("If-None-Match")),
        Some("*") | None => {}
        Some(_) => {
            return Err(AwsError::new(
                501,
                "NotImplemented",
                "A header you provided implies functionality that is not implemented",
            )
            .with_field("Header", "If-None-Match"));
        }
    }
    match (request.header("if-match"), current) {
        (Some(_), None) => Err(no_such_key(&request.key)),
        (Some(wanted), Some(object)) if !names(wanted, &object.etag) => Err(failed("If-Match")),
        _ => Ok(()),
    }
}

/// Whether an object may be read. The header names are given, because a copy's source has its own.
pub(super) fn check_read(request: &Request<'_>, object: &Object, prefix: &str) -> Result<(), Refusal> {
    let header = |name: &str| request.header(&format!("{prefix}{name}")).map(str::to_owned);
    let time = |name: &str| header(name).and_then(|text| rfc2822::parse(&text).ok()).map(|zoned| zoned.timestamp());
    let modified = Timestamp::from_second(object.modified.as_second()).unwrap_or(object.modified);
    match header("if-match") {
        Some(wanted) if !names(&wanted, &object.etag) => return Err(Refusal::Failed(failed("If-Match"))),
        Some(_) => {}
        None if time("if-unmodified-since").is_some_and(|at| modified > at) => {
            return Err(Refusal::Failed(failed("If-Unmodified-Since")));
        }
        None => {}
    }
    match header("if-none-match") {
        Some(unwanted) if names(&unwanted, &object.etag) => Err(Refusal::NotModified),
        Some(_) => Ok(()),
        None if time("if-modified-since").is_some_and(|at| modified <= at) => Err(Refusal::NotModified),
        None => Ok(()),
    }
}
