//! Objects: writing, reading, deleting.

use super::preconditions::{Refusal, check_read, check_write};
use super::state::{Bucket, Object, Versioning};
use super::{Request, access, body, checksum, document, flat};
use crate::call::{Answer, AwsError, Body, Output};
use crate::wire::query::decode_pairs;
use crate::wire::xml;
use crate::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The largest object that one request may write, in bytes.
const PUT_LIMIT: usize = 5 * 1024 * 1024 * 1024;

/// Request headers that an object keeps and gives back.
const KEPT: [&str; 11] = [
    "content-type",
    "content-language",
    "content-disposition",
    "cache-control",
    "expires",
    "x-amz-storage-class",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
    "x-amz-website-redirect-location",
    "content-encoding",
];

/// The headers of a request that its object keeps.
pub(super) fn kept_headers(request: &Request<'_>) -> BTreeMap<String, String> {
    let all = request
        .call
        .http
        .headers
        .iter()
        .filter_map(|(n, v)| Some((n.as_str().to_owned(), v.to_str().ok()?.to_owned())));
    let kept = all.filter(|(name, _)| KEPT.contains(&name.as_str()) || name.starts_with("x-amz-meta-"));
    let mut headers: BTreeMap<String, String> = kept.collect();
    if let Some(encoding) = headers.remove("content-encoding") {
        let rest: Vec<&str> =
            encoding.split(',').map(str::trim).filter(|e| *e != "aws-chunked" && !e.is_empty()).collect();
        if !rest.is_empty() {
            headers.insert("content-encoding".to_owned(), rest.join(","));
        }
    }
    headers.entry("content-type".to_owned()).or_insert_with(|| "binary/octet-stream".to_owned());
    headers.entry("x-amz-server-side-encryption".to_owned()).or_insert_with(|| "AES256".to_owned());
    headers
}

/// The tags in `x-amz-tagging`, a query string.
pub(super) fn header_tags(request: &Request<'_>) -> BTreeMap<String, String> {
    request.header("x-amz-tagging").map(|text| decode_pairs(text).into_iter().collect()).unwrap_or_default()
}

pub(super) fn put(world: &mut World, request: &Request<'_>) -> Answer {
    let bucket = access::bucket(world, request, "s3:PutObject", &request.key)?;
    if request.header("x-amz-tagging").is_some() {
        access::bucket(world, request, "s3:PutObjectTagging", &request.key)?;
    }
    if request.key.len() > 1024 {
        return Err(AwsError::new(400, "KeyTooLongError", "Your key is too long"));
    }
    check_write(request, bucket)?;
    let payload = body::read(request.call.http)?;
    if payload.bytes.len() > PUT_LIMIT {
        return Err(AwsError::new(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"));
    }
    let mut object = new_object(world, &payload.bytes, kept_headers(request));
    object.checksums = payload.checksums;
    object.tags = header_tags(request);
    if object.checksums.is_empty() {
        let wanted = request.header("x-amz-sdk-checksum-algorithm").unwrap_or("crc64nvme").to_ascii_lowercase();
        object.checksums.extend(checksum::of(&wanted, &payload.bytes).map(|value| (wanted, value)));
    }
    store(world, request, object)
}

/// An object of bytes written at once.
pub(super) fn new_object(world: &mut World, bytes: &[u8], headers: BTreeMap<String, String>) -> Object {
    Object {
        etag: checksum::md5_hex(bytes),
        digest: world.s3.blobs.put(bytes),
        size: bytes.len() as u64,
        modified: world.now(),
        headers,
        ..Object::default()
    }
}

/// Writes an object to the request's key, and says so.
fn store(world: &mut World, request: &Request<'_>, object: Object) -> Answer {
    let id = world.ids.mixed(32);
    let bucket = access::bucket_mut(world, request)?;
    let mut output = Output::status(200).with_header("etag", format!("\"{}\"", object.etag));
    output.headers.extend(checksum_headers(&object));
    output.headers.extend(encryption_headers(&object));
    let version = bucket.write(&request.key, object, id);
    if bucket.versioning != Versioning::Never {
        output = output.with_header("x-amz-version-id", version);
    }
    Ok(output)
}

pub(super) fn encryption_headers(object: &Object) -> Vec<(String, String)> {
    let kept = object.headers.iter().filter(|(name, _)| name.starts_with("x-amz-server-side-encryption"));
    kept.map(|(n, v)| (n.clone(), v.clone())).collect()
}

pub(super) fn checksum_headers(object: &Object) -> Vec<(String, String)> {
    let mut headers: Vec<_> =
        object.checksums.iter().map(|(a, v)| (format!("x-amz-checksum-{a}"), v.clone())).collect();
    if !headers.is_empty() {
        headers.push(("x-amz-checksum-type".to_owned(), checksum_type(object).to_owned()));
    }
    headers
}

fn checksum_type(object: &Object) -> &'static str {
    if object.composite { "COMPOSITE" } else { "FULL_OBJECT" }
}

/// The version that a read asks for.
fn readable<'w>(world: &'w World, request: &Request<'_>) -> Result<(&'w Bucket, &'w Object), AwsError> {
    let version = request.parameter("versionId");
    let action = if version.is_some() { "s3:GetObjectVersion" } else { "s3:GetObject" };
    let bucket = access::bucket(world, request, action, &request.key)?;
    let Some(object) = bucket.find(&request.key, version.as_deref()) else {
        return Err(match version {
            Some(id) => AwsError::new(404, "NoSuchVersion", "The specified version does not exist.")
                .with_field("Key", &request.key)
                .with_field("VersionId", id),
            None => access::missing_key(world, request, bucket),
        });
    };
    if object.delete_marker {
        let marker = |error: AwsError| {
            error.with_header("x-amz-delete-marker", "true").with_header("x-amz-version-id", &object.version)
        };
        return Err(marker(match version {
            Some(_) => {
                AwsError::new(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
            }
            None => access::missing_key(world, request, bucket),
        }));
    }
    Ok((bucket, object))
}

fn describe(request: &Request<'_>, bucket: &Bucket, object: &Object, mut output: Output) -> Output {
    for (name, value) in &object.headers {
        output.headers.push((name.clone(), value.clone()));
    }
    for (name, value) in request.call.http.query_pairs() {
        if let Some(header) = name.strip_prefix("response-") {
            output.headers.retain(|(n, _)| n != header);
            output.headers.push((header.to_owned(), value));
        }
    }
    if request.header("x-amz-checksum-mode").is_some_and(|m| m.eq_ignore_ascii_case("enabled")) && output.status == 200
    {
        output.headers.extend(checksum_headers(object));
    }
    if bucket.versioning != Versioning::Never {
        output.headers.push(("x-amz-version-id".to_owned(), object.version.clone()));
    }
    if !object.tags.is_empty() {
        output.headers.push(("x-amz-tagging-count".to_owned(), object.tags.len().to_string()));
    }
    let modified = object.modified.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    output
        .with_header("etag", format!("\"{}\"", object.etag))
        .with_header("last-modified", modified)
        .with_header("accept-ranges", "bytes")
}

/// The bytes that a read asks for: all, a range, or a part.
struct Slice {
    start: u64,
    end: u64,
    partial: bool,
    parts: Option<usize>,
}

fn slice(request: &Request<'_>, object: &Object) -> Result<Slice, AwsError> {
    let whole = Slice { start: 0, end: object.size, partial: false, parts: None };
    if let Some(number) = request.parameter("partNumber").and_then(|n| n.parse::<usize>().ok()) {
        let sizes = if object.parts.is_empty() { std::slice::from_ref(&object.size) } else { &object.parts };
        if number == 0 || number > sizes.len() {
            return Err(AwsError::new(416, "InvalidPartNumber", "The requested partnumber is not satisfiable"));
        }
        let start = sizes[..number - 1].iter().sum();
        let parts = (!object.parts.is_empty()).then_some(object.parts.len());
        return Ok(Slice { start, end: start + sizes[number - 1], partial: true, parts });
    }
    let Some(range) = request.header("range").and_then(|r| r.strip_prefix("bytes=")) else { return Ok(whole) };
    let Some((from, to)) = range.split_once('-') else { return Ok(whole) };
    let bounds = match (from.parse::<u64>(), to.parse::<u64>()) {
        (Ok(from), Ok(to)) if from <= to => (from, to.saturating_add(1).min(object.size)),
        (Ok(from), Err(_)) if to.is_empty() => (from, object.size),
        (Err(_), Ok(last)) if from.is_empty() => (object.size.saturating_sub(last), object.size),
        _ => return Ok(whole),
    };
    if bounds.0 >= object.size {
        return Err(AwsError::new(416, "InvalidRange", "The requested range is not satisfiable")
            .with_field("RangeRequested", format!("bytes={range}"))
            .with_field("ActualObjectSize", object.size.to_string()));
    }
    Ok(Slice { start: bounds.0, end: bounds.1, partial: true, parts: None })
}

pub(super) fn get(world: &mut World, request: &Request<'_>) -> Answer {
    read(world, request, true)
}

pub(super) fn head(world: &mut World, request: &Request<'_>) -> Answer {
    read(world, request, false)
}

fn read(world: &World, request: &Request<'_>, with_body: bool) -> Answer {
    let (bucket, object) = readable(world, request)?;
    match check_read(request, object, "") {
        Ok(()) => {}
        Err(Refusal::Failed(error)) => return Err(error),
        Err(Refusal::NotModified) => {
            return Ok(Output::status(304).with_header("etag", format!("\"{}\"", object.etag)));
        }
    }
    let slice = slice(request, object)?;
    let mut output = Output::status(if slice.partial { 206 } else { 200 });
    output = describe(request, bucket, object, output);
    if slice.partial && object.size > 0 {
        let range = format!("bytes {}-{}/{}", slice.start, slice.end - 1, object.size);
        output = output.with_header("content-range", range);
    }
    if let Some(parts) = slice.parts {
        output = output.with_header("x-amz-mp-parts-count", parts.to_string());
    }
    output.body = if with_body {
        let bytes = world.s3.blobs.get(&object.digest);
        let range =
            usize::try_from(slice.start).unwrap_or(usize::MAX)..usize::try_from(slice.end).unwrap_or(usize::MAX);
        Body::Bytes(bytes.get(range).unwrap_or_default().to_vec())
    } else {
        Body::Length(slice.end - slice.start)
    };
    Ok(output)
}

pub(super) fn attributes(world: &mut World, request: &Request<'_>) -> Answer {
    let (_, object) = readable(world, request)?;
    let wanted = request.header("x-amz-object-attributes").unwrap_or_default();
    let has = |name: &str| wanted.split(',').any(|w| w.trim() == name);
    let mut checksums: serde_json::Map<String, Value> =
        object.checksums.iter().map(|(a, v)| (format!("Checksum{}", a.to_uppercase()), json!(v))).collect();
    if !checksums.is_empty() {
        checksums.insert("ChecksumType".to_owned(), json!(checksum_type(object)));
    }
    let tree = json!({
        "ETag": has("ETag").then_some(&object.etag),
        "Checksum": (has("Checksum") && !checksums.is_empty()).then_some(checksums),
        "ObjectParts": (has("ObjectParts") && !object.parts.is_empty()).then(|| json!({"PartsCount": object.parts.len()})),
        "StorageClass": has("StorageClass").then_some("STANDARD"),
        "ObjectSize": has("ObjectSize").then_some(object.size),
    });
    Ok(document("GetObjectAttributesResponse", &tree).with_header("x-amz-version-id", &object.version))
}

/// What a delete left behind.
struct Deleted {
    version: Option<String>,
    marker: Option<String>,
}

/// Deletes a version for good, or puts a delete marker on a key, or deletes it where nothing is kept.
fn delete_one(world: &mut World, request: &Request<'_>, key: &str, version: Option<&str>) -> Result<Deleted, AwsError> {
    let action = if version.is_some() { "s3:DeleteObjectVersion" } else { "s3:DeleteObject" };
    let keeps = access::bucket(world, request, action, key)?.versioning;
    let (id, modified) = (world.ids.mixed(32), world.now());
    let bucket = access::bucket_mut(world, request)?;
    if let Some(version) = version {
        let removed = bucket.remove_version(key, version);
        let marker = removed.filter(|o| o.delete_marker).map(|o| o.version);
        return Ok(Deleted { version: Some(version.to_owned()), marker });
    }
    if keeps == Versioning::Never {
        bucket.objects.remove(key);
        return Ok(Deleted { version: None, marker: None });
    }
    let marker = bucket.write(key, Object { delete_marker: true, modified, ..Object::default() }, id);
    Ok(Deleted { version: None, marker: Some(marker) })
}

pub(super) fn delete(world: &mut World, request: &Request<'_>) -> Answer {
    if let Some(wanted) = request.header("if-match") {
        let bucket = access::bucket(world, request, "s3:DeleteObject", &request.key)?;
        let current = bucket.current(&request.key);
        if !current.is_some_and(|o| wanted == "*" || wanted.trim_matches('"') == o.etag) {
            let message = "At least one of the pre-conditions you specified did not hold";
            return Err(AwsError::new(412, "PreconditionFailed", message).with_field("Condition", "If-Match"));
        }
    }
    let deleted = delete_one(world, request, &request.key, request.parameter("versionId").as_deref())?;
    let mut output = Output::status(204);
    if deleted.marker.is_some() {
        output = output.with_header("x-amz-delete-marker", "true");
    }
    if let Some(version) = deleted.version.or(deleted.marker) {
        output = output.with_header("x-amz-version-id", version);
    }
    Ok(output)
}

pub(super) fn delete_many(world: &mut World, request: &Request<'_>) -> Answer {
    let payload = body::read(request.call.http)?;
    let malformed = || {
        AwsError::new(
            400,
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema",
        )
    };
    let list = xml::parse(&payload.bytes).ok_or_else(malformed)?;
    let quiet = list.child_text("Quiet") == Some("true");
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    if list.children_named("Object").count() > 1000 {
        return Err(malformed());
    }
    for object in list.children_named("Object") {
        let key = object.child_text("Key").ok_or_else(malformed)?;
        match delete_one(world, request, key, object.child_text("VersionId")) {
            Ok(deleted) => done.push(json!({
                "Key": key,
                "VersionId": deleted.version,
                "DeleteMarker": deleted.marker.as_ref().map(|_| true),
                "DeleteMarkerVersionId": deleted.marker,
            })),
            Err(error) if error.code == "NoSuchBucket" => return Err(error),
            Err(error) => failed.push(json!({"Key": key, "Code": error.code, "Message": error.message})),
        }
    }
    let done = if quiet { Vec::new() } else { done };
    Ok(document("DeleteResult", &json!({"Deleted": flat(done), "Error": flat(failed)})))
}
