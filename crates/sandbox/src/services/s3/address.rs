//! Which bucket, which key and which operation a request means.

use crate::wire::WireRequest;
use crate::wire::query::percent_decode;

/// The bucket and the key of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Address {
    /// Absent for the list of buckets.
    pub bucket: Option<String>,
    /// Empty for requests about the bucket.
    pub key: String,
}

impl Address {
    /// Reads path style (`/bucket/key`) and virtual-host style (`bucket.localhost`, `bucket.s3.REGION.amazonaws.com`).
    pub(super) fn of(request: &WireRequest) -> Self {
        let path = request.path.strip_prefix('/').unwrap_or(&request.path);
        if let Some(bucket) = request.header("host").and_then(bucket_of_host) {
            return Self { bucket: Some(bucket), key: percent_decode(path, false) };
        }
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let bucket = Some(percent_decode(bucket, false)).filter(|b| !b.is_empty());
        Self { bucket, key: percent_decode(key, false) }
    }
}

fn bucket_of_host(host: &str) -> Option<String> {
    let name = host
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(host, |(name, _)| name);
    let rest =
        [".localhost", ".localhost.localdomain", ".127.0.0.1"].iter().find_map(|suffix| name.strip_suffix(suffix));
    let front = match rest {
        Some(rest) => rest,
        None => {
            name.strip_suffix(".amazonaws.com").and_then(|rest| rest.rsplit_once(".s3").map(|(bucket, _)| bucket))?
        }
    };
    let bucket = front.strip_suffix(".s3").unwrap_or(front);
    Some(bucket.to_owned()).filter(|b| !b.is_empty() && b != "s3")
}

/// Subresources of a bucket, with the noun of their operations.
const BUCKET_PARTS: [(&str, &str); 19] = [
    ("policy", "BucketPolicy"),
    ("versioning", "BucketVersioning"),
    ("tagging", "BucketTagging"),
    ("location", "BucketLocation"),
    ("acl", "BucketAcl"),
    ("policyStatus", "BucketPolicyStatus"),
    ("encryption", "BucketEncryption"),
    ("lifecycle", "BucketLifecycleConfiguration"),
    ("publicAccessBlock", "PublicAccessBlock"),
    ("ownershipControls", "BucketOwnershipControls"),
    ("cors", "BucketCors"),
    ("logging", "BucketLogging"),
    ("notification", "BucketNotificationConfiguration"),
    ("replication", "BucketReplication"),
    ("website", "BucketWebsite"),
    ("accelerate", "BucketAccelerateConfiguration"),
    ("requestPayment", "BucketRequestPayment"),
    ("object-lock", "ObjectLockConfiguration"),
    ("intelligent-tiering", "BucketIntelligentTieringConfiguration"),
];

/// The operation that a request means; nothing if there is none.
pub fn route(request: &WireRequest) -> Option<&'static str> {
    let address = Address::of(request);
    if address.bucket.is_none() {
        return (request.method == "GET").then_some("ListBuckets");
    }
    let names: Vec<String> = request.query_pairs().into_iter().map(|(name, _)| name).collect();
    let has = |name: &str| names.iter().any(|n| n == name);
    if address.key.is_empty() { bucket_operation(request, &has) } else { object_operation(request, &has) }
}

fn bucket_operation(request: &WireRequest, has: &dyn Fn(&str) -> bool) -> Option<&'static str> {
    if let Some((_, noun)) = BUCKET_PARTS.iter().find(|(part, _)| has(part)) {
        return super::configuration::operation_name(&request.method, noun);
    }
    match request.method.as_str() {
        "POST" if has("delete") => Some("DeleteObjects"),
        "GET" if has("uploads") => Some("ListMultipartUploads"),
        "GET" if has("versions") => Some("ListObjectVersions"),
        "GET" if has("list-type") => Some("ListObjectsV2"),
        "GET" => Some("ListObjects"),
        "PUT" => Some("CreateBucket"),
        "HEAD" => Some("HeadBucket"),
        "DELETE" => Some("DeleteBucket"),
        _ => None,
    }
}

fn object_operation(request: &WireRequest, has: &dyn Fn(&str) -> bool) -> Option<&'static str> {
    let copy = request.header("x-amz-copy-source").is_some();
    match request.method.as_str() {
        "GET" if has("tagging") => Some("GetObjectTagging"),
        "PUT" if has("tagging") => Some("PutObjectTagging"),
        "DELETE" if has("tagging") => Some("DeleteObjectTagging"),
        "GET" if has("attributes") => Some("GetObjectAttributes"),
        "GET" if has("uploadId") => Some("ListParts"),
        "PUT" if has("uploadId") && copy => Some("UploadPartCopy"),
        "PUT" if has("uploadId") => Some("UploadPart"),
        "POST" if has("uploadId") => Some("CompleteMultipartUpload"),
        "DELETE" if has("uploadId") => Some("AbortMultipartUpload"),
        "POST" if has("uploads") => Some("CreateMultipartUpload"),
        "PUT" if has("acl") || has("legal-hold") || has("retention") => None,
        "PUT" if copy => Some("CopyObject"),
        "PUT" => Some("PutObject"),
        "GET" => Some("GetObject"),
        "HEAD" => Some("HeadObject"),
        "DELETE" => Some("DeleteObject"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn request(method: &str, host: &str, path: &str, query: &str) -> WireRequest {
        let mut request =
            WireRequest { method: method.into(), path: path.into(), query: query.into(), ..WireRequest::default() };
        request.headers.insert("host", host.parse().unwrap());
        request
    }

    #[test]
    fn both_styles_name_the_same_object() {
        let cases = [
            ("127.0.0.1:4599", "/b/a%20b/c", Some("b"), "a b/c"),
            ("b.localhost:4599", "/a%20b/c", Some("b"), "a b/c"),
            ("b.s3.localhost", "/k", Some("b"), "k"),
            ("my.bucket.s3.eu-west-1.amazonaws.com", "/k", Some("my.bucket"), "k"),
            ("s3.localhost:4599", "/b/k", Some("b"), "k"),
            ("localhost", "/", None, ""),
        ];
        for (host, path, bucket, key) in cases {
            let address = Address::of(&request("GET", host, path, ""));
            assert_eq!((address.bucket.as_deref(), address.key.as_str()), (bucket, key), "{host}{path}");
        }
    }

    #[test]
    fn operations_are_told_by_method_and_subresource() {
        let cases = [
            ("GET", "/", "", Some("ListBuckets")),
            ("GET", "/b", "list-type=2&prefix=x", Some("ListObjectsV2")),
            ("GET", "/b", "policy", Some("GetBucketPolicy")),
            ("PUT", "/b/", "encryption", Some("PutBucketEncryption")),
            ("DELETE", "/b", "lifecycle", Some("DeleteBucketLifecycle")),
            ("POST", "/b/k", "uploads", Some("CreateMultipartUpload")),
            ("PUT", "/b/k", "partNumber=1&uploadId=u", Some("UploadPart")),
            ("PUT", "/b/k", "acl", None),
            ("PATCH", "/b/k", "", None),
        ];
        for (method, path, query, operation) in cases {
            assert_eq!(route(&request(method, "127.0.0.1", path, query)), operation, "{method} {path}?{query}");
        }
    }
}
