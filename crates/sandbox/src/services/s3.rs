//! S3: buckets and objects.

use crate::call::{Answer, AwsError, Call};
use crate::identity::Principal;
use crate::wire::WireRequest;
use crate::world::World;
use base::Region;
use serde::{Deserialize, Serialize};

/// What the service keeps.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {}

/// Carries out one call.
pub fn call(_world: &mut World, call: &Call<'_>) -> Answer {
    Err(AwsError::not_implemented(call.service, &call.operation))
}

/// The operation that a request means.
pub fn route(_request: &WireRequest) -> Option<&'static str> {
    None
}

/// Reads an object as a principal, for services that are given an object's place (templates, function code). The errors are
/// those of `GetObject`: `NoSuchBucket`, `NoSuchKey`, `AccessDenied`.
pub fn fetch(
    _world: &World,
    _principal: &Principal,
    _region: &Region,
    _bucket: &str,
    _key: &str,
    _version: Option<&str>,
) -> Result<Vec<u8>, AwsError> {
    Err(AwsError::not_implemented("s3", "GetObject"))
}
