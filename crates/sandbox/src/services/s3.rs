//! S3: buckets and objects, as far as artifacts and state files need them.
//!
//! Absent: access points, ACLs (every bucket is bucket-owner-enforced), object lock, replication, and encryption itself:
//! encryption headers are stored and given back.

mod access;
mod address;
mod body;
mod buckets;
mod checksum;
mod configuration;
mod copy;
mod listing;
mod multipart;
mod objects;
mod preconditions;
mod state;

pub use address::route;
pub use state::{Blobs, Bucket, Object, State, Upload, Versioning};

use crate::call::{Answer, AwsError, Body, Call, Output};
use crate::identity::Principal;
use crate::wire::xml;
use crate::world::World;
use address::Address;
use base::Region;
use serde_json::Value;

/// Carries out one call.
pub fn call(world: &mut World, call: &Call<'_>) -> Answer {
    let address = Address::of(call.http);
    let request = Request { call, bucket: address.bucket.unwrap_or_default(), key: address.key };
    operation(&call.operation).ok_or_else(|| AwsError::not_implemented("s3", &call.operation))?(world, &request)
}

/// A call with the bucket and the key that it names.
struct Request<'a> {
    call: &'a Call<'a>,
    bucket: String,
    key: String,
}

impl Request<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        self.call.http.header(name).filter(|value| !value.is_empty())
    }

    fn parameter(&self, name: &str) -> Option<String> {
        self.call.http.parameter(name)
    }
}

type Operation = fn(&mut World, &Request<'_>) -> Answer;

fn operation(name: &str) -> Option<Operation> {
    Some(match name {
        "ListBuckets" => buckets::list,
        "CreateBucket" => buckets::create,
        "HeadBucket" => buckets::head,
        "DeleteBucket" => buckets::delete,
        "GetBucketLocation" => buckets::location,
        "ListObjectsV2" => listing::list_v2,
        "ListObjects" => listing::list_v1,
        "ListObjectVersions" => listing::list_versions,
        "PutObject" => objects::put,
        "GetObject" => objects::get,
        "HeadObject" => objects::head,
        "GetObjectAttributes" => objects::attributes,
        "DeleteObject" => objects::delete,
        "DeleteObjects" => objects::delete_many,
        "CopyObject" => copy::copy,
        "UploadPartCopy" => copy::copy_part,
        "CreateMultipartUpload" => multipart::create,
        "UploadPart" => multipart::upload_part,
        "CompleteMultipartUpload" => multipart::complete,
        "AbortMultipartUpload" => multipart::abort,
        "ListMultipartUploads" => multipart::list,
        "ListParts" => multipart::list_parts,
        "GetObjectTagging" | "PutObjectTagging" | "DeleteObjectTagging" => configuration::object_tagging,
        "GetBucketPolicy" => configuration::get_policy,
        "PutBucketPolicy" => configuration::put_policy,
        "DeleteBucketPolicy" => configuration::delete_policy,
        "GetBucketVersioning" => configuration::get_versioning,
        "PutBucketVersioning" => configuration::put_versioning,
        "GetBucketTagging" | "PutBucketTagging" | "DeleteBucketTagging" => configuration::bucket_tagging,
        "GetBucketAcl" => configuration::get_acl,
        other if configuration::is_stored(other) => configuration::stored,
        _ => return None,
    })
}

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// An answer that is one XML document.
fn document(root: &str, tree: &Value) -> Output {
    let mut out = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"{NAMESPACE}\">");
    if let Value::Object(map) = tree {
        xml::write_members(&mut out, map);
    }
    out.push_str(&format!("</{root}>"));
    Output { status: 200, headers: Vec::new(), body: Body::Bytes(out.into_bytes()) }
        .with_header("content-type", "application/xml")
}

/// A list whose element is repeated.
fn flat(items: Vec<Value>) -> Value {
    serde_json::json!({ "$flat": items })
}

/// Reads an object as a principal, for services that are given an object's place (templates, function code). The errors are
/// those of `GetObject`: `NoSuchBucket`, `NoSuchKey`, `AccessDenied`.
pub fn fetch(
    world: &World,
    principal: &Principal,
    region: &Region,
    bucket: &str,
    key: &str,
    version: Option<&str>,
) -> Result<Vec<u8>, AwsError> {
    let found = world.s3.buckets.get(bucket).ok_or_else(|| access::no_such_bucket(bucket))?;
    let action = if version.is_some() { "s3:GetObjectVersion" } else { "s3:GetObject" };
    access::authorize_as(world, principal, region, found, action, key, Vec::new())?;
    let object = found.find(key, version).filter(|o| !o.delete_marker);
    let object = object.ok_or_else(|| access::no_such_key(key))?;
    Ok(world.s3.blobs.get(&object.digest).to_vec())
}
