//! Who may touch a bucket: its region, its owner, and the policies on both sides.

use super::Request;
use super::state::Bucket;
use crate::authorize::{self, Policy, Question};
use crate::call::AwsError;
use crate::identity::Principal;
use crate::world::World;
use base::Region;

pub(super) fn no_such_bucket(name: &str) -> AwsError {
    AwsError::new(404, "NoSuchBucket", "The specified bucket does not exist").with_field("BucketName", name)
}

pub(super) fn no_such_key(key: &str) -> AwsError {
    AwsError::new(404, "NoSuchKey", "The specified key does not exist.").with_field("Key", key)
}

type Keys = Vec<(String, Vec<String>)>;

/// The bucket of a request, if it is where the request went and the caller may do this to it or to one of its objects.
pub(super) fn bucket<'w>(
    world: &'w World,
    request: &Request<'_>,
    action: &str,
    key: &str,
) -> Result<&'w Bucket, AwsError> {
    let bucket = world.s3.buckets.get(&request.bucket).ok_or_else(|| no_such_bucket(&request.bucket))?;
    check_region(bucket, request)?;
    check_owner(bucket, request.header("x-amz-expected-bucket-owner"))?;
    authorize_as(world, &request.call.principal, &request.call.region, bucket, action, key, condition_keys(request))?;
    Ok(bucket)
}

/// The same bucket to change, once [`bucket`] let the caller in.
pub(super) fn bucket_mut<'w>(world: &'w mut World, request: &Request<'_>) -> Result<&'w mut Bucket, AwsError> {
    world.s3.buckets.get_mut(&request.bucket).ok_or_else(|| no_such_bucket(&request.bucket))
}

/// A request signed for another region is sent away (S3 User Guide, "Making requests using the REST API: redirects").
fn check_region(bucket: &Bucket, request: &Request<'_>) -> Result<(), AwsError> {
    if bucket.region == request.call.region || request.call.principal == Principal::Anonymous {
        return Ok(());
    }
    let region = bucket.region.as_str();
    let message = "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future \
                   requests to this endpoint.";
    Err(AwsError::new(301, "PermanentRedirect", message)
        .with_field("Endpoint", format!("{}.s3.{region}.amazonaws.com", bucket.name))
        .with_field("Bucket", &bucket.name)
        .with_header("x-amz-bucket-region", region))
}

pub(super) fn check_owner(bucket: &Bucket, expected: Option<&str>) -> Result<(), AwsError> {
    match expected {
        Some(owner) if owner != bucket.account.as_str() => Err(AwsError::access_denied("Access Denied")),
        _ => Ok(()),
    }
}

/// Decides an action on a bucket, or on one of its objects where a key is given.
pub(super) fn authorize_as(
    world: &World,
    principal: &Principal,
    region: &Region,
    bucket: &Bucket,
    action: &str,
    key: &str,
    context: Keys,
) -> Result<(), AwsError> {
    let resource = if key.is_empty() { bucket.arn() } else { format!("{}/{key}", bucket.arn()) };
    let question = Question {
        action,
        resource: &resource,
        context,
        resource_policy: bucket.policy.as_deref().map_or(Policy::Absent, Policy::Attached),
        resource_account: Some(&bucket.account),
        via: None,
    };
    authorize::authorize_as(world, principal, region, &question).map_err(|error| match principal {
        Principal::Anonymous => AwsError::access_denied("Access Denied"),
        _ => error,
    })
}

/// S3's own condition keys (Service Authorization Reference, "Condition keys for Amazon S3").
fn condition_keys(request: &Request<'_>) -> Keys {
    let headers = [
        ("x-amz-server-side-encryption", "s3:x-amz-server-side-encryption"),
        ("x-amz-server-side-encryption-aws-kms-key-id", "s3:x-amz-server-side-encryption-aws-kms-key-id"),
        ("x-amz-acl", "s3:x-amz-acl"),
        ("x-amz-copy-source", "s3:x-amz-copy-source"),
        ("x-amz-content-sha256", "s3:x-amz-content-sha256"),
        ("if-none-match", "s3:if-none-match"),
        ("if-match", "s3:if-match"),
    ];
    let parameters = [
        ("prefix", "s3:prefix"),
        ("delimiter", "s3:delimiter"),
        ("max-keys", "s3:max-keys"),
        ("versionId", "s3:VersionId"),
    ];
    let from_headers =
        headers.iter().filter_map(|(name, key)| Some(((*key).to_owned(), vec![request.header(name)?.to_owned()])));
    let from_query =
        parameters.iter().filter_map(|(name, key)| Some(((*key).to_owned(), vec![request.parameter(name)?])));
    from_headers.chain(from_query).collect()
}

/// What a caller is told of a key that is not there: the truth only if they may list the bucket.
pub(super) fn missing_key(world: &World, request: &Request<'_>, bucket: &Bucket) -> AwsError {
    let call = request.call;
    match authorize_as(world, &call.principal, &call.region, bucket, "s3:ListBucket", "", condition_keys(request)) {
        Ok(()) => no_such_key(&request.key),
        Err(refusal) => refusal,
    }
}
