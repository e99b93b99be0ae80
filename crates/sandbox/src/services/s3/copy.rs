//! Copies: an object or a part made of another object, which may be another account's.

use super::preconditions::{Refusal, check_read, check_write};
use super::state::{Object, Versioning};
use super::{Request, access, checksum, document, objects};
use crate::call::{Answer, AwsError};
use crate::wire::protocol::iso;
use crate::wire::query::percent_decode;
use crate::world::World;
use serde_json::{Map, Value, json};

/// The largest object that one copy may read, in bytes.
const COPY_LIMIT: u64 = 5 * 1024 * 1024 * 1024;

/// The object that a copy reads. The caller needs leave from both sides; the source may be in another region.
fn source(world: &World, request: &Request<'_>) -> Result<Object, AwsError> {
    let text = request.header("x-amz-copy-source").unwrap_or_default();
    let (path, version) = text.split_once("?versionId=").map_or((text, None), |(p, v)| (p, Some(v)));
    let path = percent_decode(path, false);
    let invalid = || {
        AwsError::new(
            400,
            "InvalidArgument",
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
        )
    };
    let (name, key) =
        path.trim_start_matches('/').split_once('/').filter(|(_, key)| !key.is_empty()).ok_or_else(invalid)?;
    let bucket = world.s3.buckets.get(name).ok_or_else(|| access::no_such_bucket(name))?;
    access::check_owner(bucket, request.header("x-amz-source-expected-bucket-owner"))?;
    let action = if version.is_some() { "s3:GetObjectVersion" } else { "s3:GetObject" };
    let call = request.call;
    access::authorize_as(world, &call.principal, &call.region, bucket, action, key, Vec::new())?;
    let object = bucket.find(key, version).filter(|o| !o.delete_marker).ok_or_else(|| access::no_such_key(key))?;
    match check_read(request, object, "x-amz-copy-source-") {
        Ok(()) => Ok(object.clone()),
        Err(Refusal::Failed(error)) => Err(error),
        Err(Refusal::NotModified) => {
            let message = "At least one of the pre-conditions you specified did not hold";
            Err(AwsError::new(412, "PreconditionFailed", message))
        }
    }
}

pub(super) fn copy(world: &mut World, request: &Request<'_>) -> Answer {
    let target = access::bucket(world, request, "s3:PutObject", &request.key)?;
    check_write(request, target)?;
    let versioned = target.versioning != Versioning::Never;
    let source = source(world, request)?;
    if source.size > COPY_LIMIT {
        let message =
            "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120";
        return Err(AwsError::new(400, "InvalidRequest", message));
    }
    let replaces = |header: &str| request.header(header).is_some_and(|d| d.eq_ignore_ascii_case("REPLACE"));
    let bytes = world.s3.blobs.get(&source.digest).to_vec();
    let mut object = objects::new_object(world, &bytes, source.headers.clone());
    if replaces("x-amz-metadata-directive") {
        object.headers = objects::kept_headers(request);
    }
    object.tags = if replaces("x-amz-tagging-directive") { objects::header_tags(request) } else { source.tags.clone() };
    let algorithm = request.header("x-amz-checksum-algorithm").map(str::to_ascii_lowercase);
    let algorithm =
        algorithm.or_else(|| source.checksums.keys().next().cloned()).unwrap_or_else(|| "crc64nvme".to_owned());
    object.checksums.extend(checksum::of(&algorithm, &bytes).map(|value| (algorithm, value)));
    let result = result(&object);
    let headers = objects::encryption_headers(&object);
    let id = world.ids.mixed(32);
    let version = access::bucket_mut(world, request)?.write(&request.key, object, id);
    let mut output = document("CopyObjectResult", &result);
    output.headers.extend(headers);
    if source.version != "null" {
        output = output.with_header("x-amz-copy-source-version-id", &source.version);
    }
    Ok(if versioned { output.with_header("x-amz-version-id", version) } else { output })
}

fn result(object: &Object) -> Value {
    let mut tree = Map::new();
    tree.insert("ETag".to_owned(), json!(format!("\"{}\"", object.etag)));
    tree.insert("LastModified".to_owned(), json!(iso(object.modified)));
    tree.extend(object.checksums.iter().map(|(a, v)| (format!("Checksum{}", a.to_uppercase()), json!(v))));
    Value::Object(tree)
}

pub(super) fn copy_part(world: &mut World, request: &Request<'_>) -> Answer {
    access::bucket(world, request, "s3:PutObject", &request.key)?;
    let source = source(world, request)?;
    let bytes = world.s3.blobs.get(&source.digest);
    let range = match request.header("x-amz-copy-source-range").and_then(|r| r.strip_prefix("bytes=")?.split_once('-'))
    {
        None => 0..bytes.len(),
        Some((from, to)) => {
            let invalid = || {
                AwsError::new(
                    400,
                    "InvalidArgument",
                    "The x-amz-copy-source-range value must be of the form bytes=first-last",
                )
            };
            let from = from.parse::<usize>().map_err(|_| invalid())?;
            let to = to.parse::<usize>().map_err(|_| invalid())?;
            from..to.saturating_add(1)
        }
    };
    let out_of_range = || AwsError::new(416, "InvalidRange", "The requested range is not satisfiable");
    let bytes = bytes.get(range).ok_or_else(out_of_range)?.to_vec();
    let part = super::multipart::keep_part(world, request, &bytes, Default::default())?;
    Ok(document("CopyPartResult", &result(&part)))
}
