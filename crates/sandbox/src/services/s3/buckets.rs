//! Buckets themselves.

use super::{Request, access, document};
use crate::call::{Answer, AwsError, Output};
use crate::identity::Principal;
use crate::wire::protocol::iso;
use crate::wire::xml;
use crate::world::World;
use base::Region;
use serde_json::{Value, json};

fn signed(request: &Request<'_>) -> Result<(), AwsError> {
    match request.call.principal {
        Principal::Anonymous => Err(AwsError::access_denied("Access Denied")),
        _ => Ok(()),
    }
}

pub(super) fn list(world: &mut World, request: &Request<'_>) -> Answer {
    let call = request.call;
    signed(request)?;
    call.authorize(world, "s3:ListAllMyBuckets", "*", &[])?;
    let prefix = request.parameter("prefix").unwrap_or_default();
    let region = request.parameter("bucket-region");
    let own = world.s3.buckets.values().filter(|b| b.account == call.account && b.name.starts_with(&prefix));
    let own = own.filter(|b| region.as_deref().is_none_or(|r| r == b.region.as_str()));
    let buckets: Vec<Value> = own
        .map(
            |b| json!({"Name": b.name, "CreationDate": iso(b.created), "BucketRegion": b.region, "BucketArn": b.arn()}),
        )
        .collect();
    let owner = json!({"ID": canonical_id(call.account.as_str())});
    Ok(document("ListAllMyBucketsResult", &json!({"Owner": owner, "Buckets": {"Bucket": super::flat(buckets)}})))
}

/// The canonical user id of an account: 64 hexadecimal digits that say nothing.
pub(super) fn canonical_id(account: &str) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(account.as_bytes()))
}

pub(super) fn create(world: &mut World, request: &Request<'_>) -> Answer {
    let call = request.call;
    signed(request)?;
    call.authorize(world, "s3:CreateBucket", &format!("arn:aws:s3:::{}", request.bucket), &[])?;
    let region = wanted_region(request)?;
    let now = world.now();
    world.s3.add_bucket(&request.bucket, &call.account, &region, now)?;
    Ok(Output::status(200).with_header("location", format!("/{}", request.bucket)))
}

/// The region in the body. Without one it is the region of the endpoint, which must then be us-east-1.
fn wanted_region(request: &Request<'_>) -> Result<Region, AwsError> {
    let endpoint = &request.call.region;
    let malformed = || {
        AwsError::new(
            400,
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema",
        )
    };
    let constraint = match request.call.http.body.as_slice() {
        [] => None,
        body => {
            let document = xml::parse(body).ok_or_else(malformed)?;
            document.child_text("LocationConstraint").filter(|t| !t.is_empty()).map(str::to_owned)
        }
    };
    let illegal = |given: &str| {
        let message = format!(
            "The {given} location constraint is incompatible for the region specific endpoint this request was sent to."
        );
        AwsError::new(400, "IllegalLocationConstraintException", message)
    };
    match constraint {
        None if endpoint.as_str() == "us-east-1" => Ok(endpoint.clone()),
        None => Err(illegal("unspecified")),
        Some(text) if text == "EU" => Region::new("eu-west-1").map_err(|_| illegal(&text)),
        Some(text) if text == "us-east-1" => {
            Err(AwsError::new(400, "InvalidLocationConstraint", "The specified location-constraint is not valid"))
        }
        Some(text) if text == endpoint.as_str() || endpoint.as_str() == "us-east-1" => Region::new(text.clone())
            .map_err(|_| {
                AwsError::new(400, "InvalidLocationConstraint", "The specified location-constraint is not valid")
            }),
        Some(text) => Err(illegal(&text)),
    }
}

pub(super) fn head(world: &mut World, request: &Request<'_>) -> Answer {
    let bucket = access::bucket(world, request, "s3:ListBucket", "")?;
    Ok(Output::status(200)
        .with_header("x-amz-bucket-region", bucket.region.as_str())
        .with_header("x-amz-bucket-arn", bucket.arn()))
}

pub(super) fn delete(world: &mut World, request: &Request<'_>) -> Answer {
    access::bucket(world, request, "s3:DeleteBucket", "")?;
    world.s3.remove_bucket(&request.bucket)?;
    Ok(Output::status(204))
}

/// Answered whatever region the request was signed for, since it is how clients find the region.
pub(super) fn location(world: &mut World, request: &Request<'_>) -> Answer {
    let bucket = world.s3.buckets.get(&request.bucket).ok_or_else(|| access::no_such_bucket(&request.bucket))?;
    access::check_owner(bucket, request.header("x-amz-expected-bucket-owner"))?;
    let call = request.call;
    access::authorize_as(world, &call.principal, &call.region, bucket, "s3:GetBucketLocation", "", Vec::new())?;
    let region = if bucket.region.as_str() == "us-east-1" { "" } else { bucket.region.as_str() };
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint xmlns=\"{}\">{region}</LocationConstraint>",
        super::NAMESPACE
    );
    let body = crate::call::Body::Bytes(text.into_bytes());
    Ok(Output { status: 200, headers: Vec::new(), body }.with_header("content-type", "application/xml"))
}
