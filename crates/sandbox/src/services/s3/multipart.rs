//! Multipart uploads.

use super::preconditions::check_write;
use super::state::{Object, Upload, Versioning};
use super::{Request, access, body, checksum, document, flat, objects};
use crate::call::{Answer, AwsError, Output};
use crate::wire::protocol::iso;
use crate::wire::xml::{self, Element};
use crate::world::World;
use md5::{Digest, Md5};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The least size of every part but the last, in bytes (S3 User Guide, "Amazon S3 multipart upload limits").
const PART_MINIMUM: u64 = 5 * 1024 * 1024;

fn no_such_upload(id: &str) -> AwsError {
    let message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.";
    AwsError::new(404, "NoSuchUpload", message).with_field("UploadId", id)
}

fn upload_mut<'w>(world: &'w mut World, request: &Request<'_>) -> Result<&'w mut Upload, AwsError> {
    let id = request.parameter("uploadId").unwrap_or_default();
    let upload = access::bucket_mut(world, request)?.uploads.get_mut(&id).filter(|u| u.key == request.key);
    upload.ok_or_else(|| no_such_upload(&id))
}

pub(super) fn create(world: &mut World, request: &Request<'_>) -> Answer {
    access::bucket(world, request, "s3:PutObject", &request.key)?;
    let id = world.ids.mixed(64);
    let algorithm = request.header("x-amz-checksum-algorithm").map(str::to_ascii_uppercase);
    // CRC-64 is always of the full object; the others are of the parts unless the client says otherwise.
    let composite = match request.header("x-amz-checksum-type") {
        Some(kind) => kind == "COMPOSITE",
        None => algorithm.as_deref().is_some_and(|a| a != "CRC64NVME"),
    };
    let upload = Upload {
        key: request.key.clone(),
        initiated: world.now(),
        headers: objects::kept_headers(request),
        algorithm: algorithm.clone(),
        composite,
        tags: objects::header_tags(request),
        parts: BTreeMap::new(),
    };
    let bucket = access::bucket_mut(world, request)?;
    bucket.uploads.insert(id.clone(), upload);
    let tree = json!({"Bucket": bucket.name, "Key": request.key, "UploadId": id});
    let mut output =
        document("InitiateMultipartUploadResult", &tree).with_header("x-amz-server-side-encryption", "AES256");
    if let Some(algorithm) = algorithm {
        let kind = if composite { "COMPOSITE" } else { "FULL_OBJECT" };
        output = output.with_header("x-amz-checksum-algorithm", algorithm).with_header("x-amz-checksum-type", kind);
    }
    Ok(output)
}

pub(super) fn upload_part(world: &mut World, request: &Request<'_>) -> Answer {
    access::bucket(world, request, "s3:PutObject", &request.key)?;
    let payload = body::read(request.call.http)?;
    let part = keep_part(world, request, &payload.bytes, payload.checksums)?;
    let mut output = Output::status(200).with_header("etag", format!("\"{}\"", part.etag));
    output.headers.extend(part.checksums.iter().map(|(a, v)| (format!("x-amz-checksum-{a}"), v.clone())));
    Ok(output.with_header("x-amz-server-side-encryption", "AES256"))
}

/// Keeps a part under the number that the request names; gives it.
pub(super) fn keep_part(
    world: &mut World,
    request: &Request<'_>,
    bytes: &[u8],
    checksums: BTreeMap<String, String>,
) -> Result<Object, AwsError> {
    let number =
        request.parameter("partNumber").and_then(|n| n.parse::<u32>().ok()).filter(|n| (1..=10_000).contains(n));
    let number = number.ok_or_else(|| {
        AwsError::new(400, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
    })?;
    upload_mut(world, request)?;
    let mut part = objects::new_object(world, bytes, BTreeMap::new());
    let upload = upload_mut(world, request)?;
    part.checksums = checksums;
    let algorithm = upload.algorithm.as_deref().unwrap_or("CRC64NVME").to_ascii_lowercase();
    if !part.checksums.contains_key(&algorithm) {
        part.checksums.extend(checksum::of(&algorithm, bytes).map(|value| (algorithm, value)));
    }
    upload.parts.insert(number, part.clone());
    Ok(part)
}

pub(super) fn complete(world: &mut World, request: &Request<'_>) -> Answer {
    let bucket = access::bucket(world, request, "s3:PutObject", &request.key)?;
    check_write(request, bucket)?;
    let versioned = bucket.versioning != Versioning::Never;
    let upload = upload_mut(world, request)?.clone();
    let parts = chosen_parts(&upload, &request.call.http.body)?;
    let mut bytes = Vec::new();
    for part in &parts {
        bytes.extend_from_slice(world.s3.blobs.get(&part.digest));
    }
    let object = joined(world, &upload, &parts, &bytes);
    check_full_checksum(request, &object)?;
    let tree = completed(request, &object);
    let (id, upload_id) = (world.ids.mixed(32), request.parameter("uploadId").unwrap_or_default());
    let bucket = access::bucket_mut(world, request)?;
    bucket.uploads.remove(&upload_id);
    let version = bucket.write(&request.key, object, id);
    let output = document("CompleteMultipartUploadResult", &tree).with_header("x-amz-server-side-encryption", "AES256");
    Ok(if versioned { output.with_header("x-amz-version-id", version) } else { output })
}

fn malformed() -> AwsError {
    AwsError::new(
        400,
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )
}

/// The parts that the client lists, each as it was uploaded, in order and big enough.
fn chosen_parts(upload: &Upload, body: &[u8]) -> Result<Vec<Object>, AwsError> {
    let list = xml::parse(body).ok_or_else(malformed)?;
    let (mut parts, mut before) = (Vec::new(), 0);
    for element in list.children_named("Part") {
        let number = element.child_text("PartNumber").and_then(|n| n.parse::<u32>().ok()).ok_or_else(malformed)?;
        if number <= before {
            let message = "The list of parts was not in ascending order. Parts must be ordered by part number.";
            return Err(AwsError::new(400, "InvalidPartOrder", message));
        }
        before = number;
        let part = upload.parts.get(&number).filter(|part| same(part, element));
        parts.push(part.cloned().ok_or_else(|| {
            AwsError::new(
                400,
                "InvalidPart",
                "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified \
                 entity tag may not match the part's entity tag.",
            )
        })?);
    }
    let Some((_, all_but_last)) = parts.split_last() else { return Err(malformed()) };
    if all_but_last.iter().any(|part| part.size < PART_MINIMUM) {
        let message = "Your proposed upload is smaller than the minimum allowed size";
        return Err(AwsError::new(400, "EntityTooSmall", message));
    }
    Ok(parts)
}

fn same(part: &Object, element: &Element) -> bool {
    let etag = element.child_text("ETag").map(|text| text.trim_matches('"'));
    etag == Some(part.etag.as_str())
        && part.checksums.iter().all(|(algorithm, value)| {
            element.child_text(&format!("Checksum{}", algorithm.to_uppercase())).is_none_or(|given| given == value)
        })
}

fn joined(world: &mut World, upload: &Upload, parts: &[Object], bytes: &[u8]) -> Object {
    let mut object = objects::new_object(world, bytes, upload.headers.clone());
    let digests: Vec<u8> = parts.iter().filter_map(|part| hex::decode(&part.etag).ok()).flatten().collect();
    object.etag = format!("{}-{}", hex::encode(Md5::digest(&digests)), parts.len());
    object.parts = parts.iter().map(|part| part.size).collect();
    object.tags = upload.tags.clone();
    object.composite = upload.composite;
    let algorithm = upload.algorithm.as_deref().unwrap_or("CRC64NVME").to_ascii_lowercase();
    let value = if upload.composite {
        let of_parts: Vec<String> = parts.iter().filter_map(|part| part.checksums.get(&algorithm).cloned()).collect();
        checksum::composite(&algorithm, &of_parts)
    } else {
        checksum::of(&algorithm, bytes)
    };
    object.checksums.extend(value.map(|value| (algorithm, value)));
    object
}

/// A client may say what the whole object's checksum and size must be.
fn check_full_checksum(request: &Request<'_>, object: &Object) -> Result<(), AwsError> {
    for algorithm in checksum::KNOWN {
        let given = request.header(&format!("x-amz-checksum-{algorithm}"));
        if let (Some(given), Some(value)) = (given, object.checksums.get(algorithm))
            && given != value
        {
            let message =
                format!("The {} you specified did not match the calculated checksum.", algorithm.to_uppercase());
            return Err(AwsError::new(400, "BadDigest", message));
        }
    }
    match request.header("x-amz-mp-object-size").and_then(|n| n.parse::<u64>().ok()) {
        Some(size) if size != object.size => Err(AwsError::new(
            400,
            "InvalidRequest",
            "The provided 'x-amz-mp-object-size' header does not match what was computed.",
        )),
        _ => Ok(()),
    }
}

fn completed(request: &Request<'_>, object: &Object) -> Value {
    let mut tree = Map::new();
    let host = request.header("host").unwrap_or("localhost");
    tree.insert("Location".to_owned(), json!(format!("http://{host}/{}/{}", request.bucket, request.key)));
    tree.insert("Bucket".to_owned(), json!(request.bucket));
    tree.insert("Key".to_owned(), json!(request.key));
    tree.insert("ETag".to_owned(), json!(format!("\"{}\"", object.etag)));
    tree.extend(object.checksums.iter().map(|(a, v)| (format!("Checksum{}", a.to_uppercase()), json!(v))));
    tree.insert("ChecksumType".to_owned(), json!(if object.composite { "COMPOSITE" } else { "FULL_OBJECT" }));
    Value::Object(tree)
}

pub(super) fn abort(world: &mut World, request: &Request<'_>) -> Answer {
    access::bucket(world, request, "s3:AbortMultipartUpload", &request.key)?;
    upload_mut(world, request)?;
    let id = request.parameter("uploadId").unwrap_or_default();
    access::bucket_mut(world, request)?.uploads.remove(&id);
    Ok(Output::status(204))
}

pub(super) fn list(world: &mut World, request: &Request<'_>) -> Answer {
    let bucket = access::bucket(world, request, "s3:ListBucketMultipartUploads", "")?;
    let prefix = request.parameter("prefix").unwrap_or_default();
    let uploads = bucket.uploads.iter().filter(|(_, upload)| upload.key.starts_with(&prefix));
    let items = uploads
        .map(|(id, u)| json!({"Key": u.key, "UploadId": id, "Initiated": iso(u.initiated), "StorageClass": "STANDARD"}))
        .collect();
    let tree = json!({
        "Bucket": bucket.name, "Prefix": prefix, "KeyMarker": "", "UploadIdMarker": "", "MaxUploads": 1000,
        "IsTruncated": false, "Upload": flat(items),
    });
    Ok(document("ListMultipartUploadsResult", &tree))
}

pub(super) fn list_parts(world: &mut World, request: &Request<'_>) -> Answer {
    access::bucket(world, request, "s3:ListMultipartUploadParts", &request.key)?;
    let upload = upload_mut(world, request)?.clone();
    let after = request.parameter("part-number-marker").and_then(|n| n.parse::<u32>().ok()).unwrap_or(0);
    let limit = request.parameter("max-parts").and_then(|n| n.parse::<usize>().ok()).unwrap_or(1000).min(1000);
    let rest: Vec<_> = upload.parts.range(after.saturating_add(1)..).collect();
    let page = &rest[..rest.len().min(limit)];
    let items = page
        .iter()
        .map(|(number, part)| {
            let etag = format!("\"{}\"", part.etag);
            json!({"PartNumber": number, "ETag": etag, "Size": part.size, "LastModified": iso(part.modified)})
        })
        .collect();
    let tree = json!({
        "Bucket": request.bucket,
        "Key": request.key,
        "UploadId": request.parameter("uploadId"),
        "PartNumberMarker": after,
        "NextPartNumberMarker": page.last().map(|(number, _)| **number),
        "MaxParts": limit,
        "IsTruncated": page.len() < rest.len(),
        "StorageClass": "STANDARD",
        "Part": flat(items),
    });
    Ok(document("ListPartsResult", &tree))
}
