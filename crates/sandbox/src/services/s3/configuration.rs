//! What can be set on a bucket or an object: policy, versioning, tags, and configurations that are only kept.

use super::state::Versioning;
use super::{NAMESPACE, Request, access, body, document, flat};
use crate::call::{Answer, AwsError, Body, Output};
use crate::wire::xml;
use crate::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A configuration that is kept as it was sent: the noun of its operations, its subresource, the action that reads it, the
/// action that writes it, and the error when it is not there.
struct Kept {
    noun: &'static str,
    subresource: &'static str,
    reads: &'static str,
    writes: &'static str,
    missing: (&'static str, &'static str),
}

const fn kept(
    noun: &'static str,
    subresource: &'static str,
    reads: &'static str,
    writes: &'static str,
    missing: (&'static str, &'static str),
) -> Kept {
    Kept { noun, subresource, reads, writes, missing }
}

static KEPT: [Kept; 13] = [
    kept(
        "BucketEncryption",
        "encryption",
        "s3:GetEncryptionConfiguration",
        "s3:PutEncryptionConfiguration",
        ("ServerSideEncryptionConfigurationNotFoundError", "The server side encryption configuration was not found"),
    ),
    kept(
        "PublicAccessBlock",
        "publicAccessBlock",
        "s3:GetBucketPublicAccessBlock",
        "s3:PutBucketPublicAccessBlock",
        ("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found"),
    ),
    kept(
        "BucketLifecycleConfiguration",
        "lifecycle",
        "s3:GetLifecycleConfiguration",
        "s3:PutLifecycleConfiguration",
        ("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
    ),
    kept(
        "BucketOwnershipControls",
        "ownershipControls",
        "s3:GetBucketOwnershipControls",
        "s3:PutBucketOwnershipControls",
        ("OwnershipControlsNotFoundError", "The bucket ownership controls were not found"),
    ),
    kept(
        "BucketCors",
        "cors",
        "s3:GetBucketCORS",
        "s3:PutBucketCORS",
        ("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
    ),
    kept("BucketLogging", "logging", "s3:GetBucketLogging", "s3:PutBucketLogging", ("", "BucketLoggingStatus")),
    kept(
        "BucketNotificationConfiguration",
        "notification",
        "s3:GetBucketNotification",
        "s3:PutBucketNotification",
        ("", "NotificationConfiguration"),
    ),
    kept(
        "BucketReplication",
        "replication",
        "s3:GetReplicationConfiguration",
        "s3:PutReplicationConfiguration",
        ("ReplicationConfigurationNotFoundError", "The replication configuration was not found"),
    ),
    kept(
        "BucketWebsite",
        "website",
        "s3:GetBucketWebsite",
        "s3:PutBucketWebsite",
        ("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"),
    ),
    kept(
        "BucketAccelerateConfiguration",
        "accelerate",
        "s3:GetAccelerateConfiguration",
        "s3:PutAccelerateConfiguration",
        ("", "AccelerateConfiguration"),
    ),
    kept(
        "BucketRequestPayment",
        "requestPayment",
        "s3:GetBucketRequestPayment",
        "s3:PutBucketRequestPayment",
        ("", "RequestPaymentConfiguration"),
    ),
    kept(
        "ObjectLockConfiguration",
        "object-lock",
        "s3:GetBucketObjectLockConfiguration",
        "s3:PutBucketObjectLockConfiguration",
        ("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"),
    ),
    kept(
        "BucketIntelligentTieringConfiguration",
        "intelligent-tiering",
        "s3:GetIntelligentTieringConfiguration",
        "s3:PutIntelligentTieringConfiguration",
        ("NoSuchConfiguration", "The specified configuration does not exist."),
    ),
];

/// `GET` and `BucketEncryption` are `GetBucketEncryption`; nothing for a method that the subresource has not.
pub(super) fn operation_name(method: &str, noun: &str) -> Option<&'static str> {
    let verb = match method {
        "GET" => "Get",
        "PUT" => "Put",
        "DELETE" => "Delete",
        _ => return None,
    };
    // The one noun whose deletion is named otherwise.
    let noun = if verb == "Delete" { noun.trim_end_matches("LifecycleConfiguration") } else { noun };
    let noun = if verb == "Delete" && noun == "Bucket" { "BucketLifecycle" } else { noun };
    OPERATIONS.iter().find(|name| name.strip_prefix(verb) == Some(noun)).copied()
}

static OPERATIONS: [&str; 49] = [
    "GetBucketPolicy",
    "PutBucketPolicy",
    "DeleteBucketPolicy",
    "GetBucketVersioning",
    "PutBucketVersioning",
    "GetBucketTagging",
    "PutBucketTagging",
    "DeleteBucketTagging",
    "GetBucketLocation",
    "GetBucketAcl",
    "GetBucketPolicyStatus",
    "GetBucketEncryption",
    "PutBucketEncryption",
    "DeleteBucketEncryption",
    "GetBucketLifecycleConfiguration",
    "PutBucketLifecycleConfiguration",
    "DeleteBucketLifecycle",
    "GetPublicAccessBlock",
    "PutPublicAccessBlock",
    "DeletePublicAccessBlock",
    "GetBucketOwnershipControls",
    "PutBucketOwnershipControls",
    "DeleteBucketOwnershipControls",
    "GetBucketCors",
    "PutBucketCors",
    "DeleteBucketCors",
    "GetBucketLogging",
    "PutBucketLogging",
    "GetBucketNotificationConfiguration",
    "PutBucketNotificationConfiguration",
    "GetBucketReplication",
    "PutBucketReplication",
    "DeleteBucketReplication",
    "GetBucketWebsite",
    "PutBucketWebsite",
    "DeleteBucketWebsite",
    "GetBucketAccelerateConfiguration",
    "PutBucketAccelerateConfiguration",
    "GetBucketRequestPayment",
    "PutBucketRequestPayment",
    "GetObjectLockConfiguration",
    "PutObjectLockConfiguration",
    "GetBucketIntelligentTieringConfiguration",
    "PutBucketIntelligentTieringConfiguration",
    "DeleteBucketIntelligentTieringConfiguration",
    "PutBucketAcl",
    "GetObjectTagging",
    "PutObjectTagging",
    "DeleteObjectTagging",
];

fn kept_by(operation: &str) -> Option<&'static Kept> {
    let noun = ["Get", "Put", "Delete"].iter().find_map(|verb| operation.strip_prefix(verb))?;
    KEPT.iter().find(|k| k.noun == noun || (noun == "BucketLifecycle" && k.subresource == "lifecycle"))
}

/// Whether an operation reads, writes or deletes a configuration that is only kept.
pub(super) fn is_stored(operation: &str) -> bool {
    kept_by(operation).is_some()
}

pub(super) fn stored(world: &mut World, request: &Request<'_>) -> Answer {
    let operation = &request.call.operation;
    let Some(kept) = kept_by(operation) else { return Err(AwsError::not_implemented("s3", operation)) };
    let reads = operation.starts_with("Get");
    access::bucket(world, request, if reads { kept.reads } else { kept.writes }, "")?;
    let bucket = access::bucket_mut(world, request)?;
    if operation.starts_with("Put") {
        let payload = body::read(request.call.http)?;
        let text = String::from_utf8(payload.bytes).map_err(|_| malformed())?;
        xml::parse(text.as_bytes()).ok_or_else(malformed)?;
        bucket.configuration.insert(kept.subresource.to_owned(), text);
        return Ok(Output::status(200));
    }
    if !reads {
        bucket.configuration.remove(kept.subresource);
        return Ok(Output::status(204));
    }
    let (code, message) = kept.missing;
    match (bucket.configuration.get(kept.subresource), default_of(kept.subresource)) {
        (Some(text), _) => Ok(xml_text(text.clone())),
        (None, Some(text)) => Ok(xml_text(text.to_owned())),
        // Configurations that every bucket has: empty until they are set.
        (None, None) if code.is_empty() => Ok(document(message, &json!({}))),
        (None, None) => Err(AwsError::new(404, code, message).with_field("BucketName", &request.bucket)),
    }
}

/// What every new bucket has since January 2023 and April 2023: encryption, blocked public access, enforced ownership.
fn default_of(subresource: &str) -> Option<&'static str> {
    Some(match subresource {
        "encryption" => {
            "<ServerSideEncryptionConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Rule>\
             <ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault>\
             <BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>"
        }
        "publicAccessBlock" => {
            "<PublicAccessBlockConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><BlockPublicAcls>true</BlockPublicAcls>\
             <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>\
             <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>"
        }
        "ownershipControls" => {
            "<OwnershipControls xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Rule>\
             <ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>"
        }
        "requestPayment" => {
            "<RequestPaymentConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Payer>BucketOwner</Payer>\
             </RequestPaymentConfiguration>"
        }
        _ => return None,
    })
}

fn malformed() -> AwsError {
    AwsError::new(
        400,
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )
}

fn xml_text(text: String) -> Output {
    Output { status: 200, headers: Vec::new(), body: Body::Bytes(text.into_bytes()) }
        .with_header("content-type", "application/xml")
}

pub(super) fn get_policy(world: &mut World, request: &Request<'_>) -> Answer {
    let bucket = access::bucket(world, request, "s3:GetBucketPolicy", "")?;
    let missing = || {
        AwsError::new(404, "NoSuchBucketPolicy", "The bucket policy does not exist")
            .with_field("BucketName", &request.bucket)
    };
    let policy = bucket.policy.clone().ok_or_else(missing)?;
    let output = Output { status: 200, headers: Vec::new(), body: Body::Bytes(policy.into_bytes()) };
    Ok(output.with_header("content-type", "application/json"))
}

pub(super) fn put_policy(world: &mut World, request: &Request<'_>) -> Answer {
    access::bucket(world, request, "s3:PutBucketPolicy", "")?;
    let payload = body::read(request.call.http)?;
    let malformed = |why: &str| AwsError::new(400, "MalformedPolicy", why);
    if payload.bytes.len() > 20_480 {
        return Err(AwsError::new(400, "PolicyTooLarge", "Bucket policy exceeds the maximum allowed document size."));
    }
    let invalid = "Policies must be valid JSON and the first byte must be '{'";
    let value: Value = serde_json::from_slice(&payload.bytes).map_err(|_| malformed(invalid))?;
    let parsed = iam::parse(&value, iam::Kind::Resource).accept();
    parsed.map_err(|problems| malformed(problems.first().map_or(invalid, |p| &p.message)))?;
    check_resources(&value, &request.bucket)?;
    access::bucket_mut(world, request)?.policy = Some(value.to_string());
    Ok(Output::status(204))
}

/// A bucket's policy may speak of that bucket only.
fn check_resources(policy: &Value, bucket: &str) -> Result<(), AwsError> {
    let own = format!("arn:aws:s3:::{bucket}");
    let many = |value: &Value| match value {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    let statements = many(policy.get("Statement").unwrap_or(&Value::Null));
    let resources = statements.iter().flat_map(|s| many(s.get("Resource").unwrap_or(&Value::Null)));
    for resource in resources {
        let text = resource.as_str().unwrap_or_default();
        if text != "*" && text != own && !text.starts_with(&format!("{own}/")) && !text.starts_with("arn:aws:s3:::*") {
            return Err(AwsError::new(400, "MalformedPolicy", "Policy has invalid resource"));
        }
    }
    Ok(())
}

pub(super) fn delete_policy(world: &mut World, request: &Request<'_>) -> Answer {
    access::bucket(world, request, "s3:DeleteBucketPolicy", "")?;
    access::bucket_mut(world, request)?.policy = None;
    Ok(Output::status(204))
}

pub(super) fn get_versioning(world: &mut World, request: &Request<'_>) -> Answer {
    let bucket = access::bucket(world, request, "s3:GetBucketVersioning", "")?;
    let status = match bucket.versioning {
        Versioning::Never => None,
        Versioning::Enabled => Some("Enabled"),
        Versioning::Suspended => Some("Suspended"),
    };
    Ok(document("VersioningConfiguration", &json!({ "Status": status })))
}

pub(super) fn put_versioning(world: &mut World, request: &Request<'_>) -> Answer {
    access::bucket(world, request, "s3:PutBucketVersioning", "")?;
    let payload = body::read(request.call.http)?;
    let document = xml::parse(&payload.bytes).ok_or_else(malformed)?;
    let versioning = match document.child_text("Status") {
        Some("Enabled") => Versioning::Enabled,
        Some("Suspended") => Versioning::Suspended,
        _ => {
            let message = "The Versioning element must be specified";
            return Err(AwsError::new(400, "IllegalVersioningConfigurationException", message));
        }
    };
    access::bucket_mut(world, request)?.versioning = versioning;
    Ok(Output::status(200))
}

pub(super) fn get_acl(world: &mut World, request: &Request<'_>) -> Answer {
    let bucket = access::bucket(world, request, "s3:GetBucketAcl", "")?;
    let id = super::buckets::canonical_id(bucket.account.as_str());
    let text = format!(
        "<AccessControlPolicy xmlns=\"{NAMESPACE}\"><Owner><ID>{id}</ID></Owner><AccessControlList><Grant>\
         <Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\"><ID>{id}</ID></Grantee>\
         <Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>"
    );
    Ok(xml_text(text))
}

fn tags_document(tags: &BTreeMap<String, String>) -> Output {
    let items = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    document("Tagging", &json!({"TagSet": {"Tag": flat(items)}}))
}

fn sent_tags(request: &Request<'_>, limit: usize) -> Result<BTreeMap<String, String>, AwsError> {
    let payload = body::read(request.call.http)?;
    let root = xml::parse(&payload.bytes).ok_or_else(malformed)?;
    let set = root.child("TagSet").ok_or_else(malformed)?;
    let text = |tag: &xml::Element, name: &str| tag.child_text(name).unwrap_or_default().to_owned();
    let tags: BTreeMap<_, _> = set.children_named("Tag").map(|t| (text(t, "Key"), text(t, "Value"))).collect();
    if tags.len() > limit {
        let message = format!("Object tags cannot be greater than {limit}");
        return Err(AwsError::new(400, "BadRequest", message));
    }
    Ok(tags)
}

pub(super) fn bucket_tagging(world: &mut World, request: &Request<'_>) -> Answer {
    let reads = request.call.operation.starts_with("Get");
    access::bucket(world, request, if reads { "s3:GetBucketTagging" } else { "s3:PutBucketTagging" }, "")?;
    let bucket = access::bucket_mut(world, request)?;
    match request.call.operation.as_str() {
        "GetBucketTagging" if bucket.tags.is_empty() => {
            Err(AwsError::new(404, "NoSuchTagSet", "The TagSet does not exist")
                .with_field("BucketName", &request.bucket))
        }
        "GetBucketTagging" => Ok(tags_document(&bucket.tags)),
        "PutBucketTagging" => {
            bucket.tags = sent_tags(request, 50)?;
            Ok(Output::status(204))
        }
        _ => {
            bucket.tags.clear();
            Ok(Output::status(204))
        }
    }
}

pub(super) fn object_tagging(world: &mut World, request: &Request<'_>) -> Answer {
    let operation = request.call.operation.as_str();
    let bucket = access::bucket(world, request, &format!("s3:{operation}"), &request.key)?;
    if bucket.current(&request.key).is_none() {
        return Err(access::missing_key(world, request, bucket));
    }
    let tags = if operation == "PutObjectTagging" { sent_tags(request, 10)? } else { BTreeMap::new() };
    let bucket = access::bucket_mut(world, request)?;
    let object = bucket.objects.get_mut(&request.key).and_then(|versions| versions.last_mut());
    let object = object.ok_or_else(|| access::no_such_key(&request.key))?;
    if operation == "GetObjectTagging" {
        return Ok(tags_document(&object.tags));
    }
    object.tags = tags;
    Ok(Output::status(if operation == "PutObjectTagging" { 200 } else { 204 }))
}
