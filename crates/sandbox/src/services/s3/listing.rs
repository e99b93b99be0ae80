//! Lists of keys.

use super::state::Object;
use super::{Request, access, document, flat};
use crate::call::{Answer, AwsError};
use crate::wire::protocol::iso;
use crate::wire::query::percent_encode;
use crate::world::World;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// What a list asks for.
struct Wanted {
    prefix: String,
    delimiter: String,
    limit: usize,
    encoded: bool,
}

impl Wanted {
    fn of(request: &Request<'_>) -> Result<Self, AwsError> {
        let text = |name: &str| request.parameter(name).unwrap_or_default();
        let limit = match text("max-keys").as_str() {
            "" => 1000,
            number => number.parse::<usize>().map_err(|_| {
                AwsError::new(400, "InvalidArgument", "Provided max-keys not an integer or within integer range")
            })?,
        };
        let encoded = text("encoding-type") == "url";
        Ok(Self { prefix: text("prefix"), delimiter: text("delimiter"), limit: limit.min(1000), encoded })
    }

    fn show(&self, text: &str) -> String {
        if self.encoded { percent_encode(text, true) } else { text.to_owned() }
    }

    /// The common prefix that a key disappears into.
    fn common_prefix(&self, key: &str) -> Option<String> {
        let rest = key.get(self.prefix.len()..)?;
        let end = rest.find(self.delimiter.as_str()).filter(|_| !self.delimiter.is_empty())?;
        Some(format!("{}{}{}", self.prefix, &rest[..end], self.delimiter))
    }
}

/// One page of keys.
struct Page<'w> {
    objects: Vec<(&'w String, &'w Object)>,
    prefixes: Vec<String>,
    /// The last key or prefix of a page that another follows.
    last: Option<String>,
}

impl Page<'_> {
    fn count(&self) -> usize {
        self.objects.len() + self.prefixes.len()
    }
}

fn page<'w>(bucket: &'w super::Bucket, wanted: &Wanted, after: &str) -> Page<'w> {
    let mut page = Page { objects: Vec::new(), prefixes: Vec::new(), last: None };
    let mut reached = String::new();
    for (key, versions) in bucket.objects.range(wanted.prefix.clone()..) {
        if !key.starts_with(&wanted.prefix) {
            break;
        }
        let Some(object) = versions.last().filter(|object| !object.delete_marker) else { continue };
        let common = wanted.common_prefix(key);
        let name = common.as_ref().unwrap_or(key);
        let seen = name.as_str() <= after || common.as_ref().is_some_and(|c| page.prefixes.last() == Some(c));
        if seen {
            continue;
        }
        if page.count() >= wanted.limit {
            page.last = Some(reached);
            break;
        }
        reached.clone_from(name);
        match common {
            Some(prefix) => page.prefixes.push(prefix),
            None => page.objects.push((key, object)),
        }
    }
    page
}

fn contents(page: &Page<'_>, wanted: &Wanted) -> Value {
    let one = |(key, object): &(&String, &Object)| {
        let algorithms: Vec<Value> = object.checksums.keys().map(|a| json!(a.to_uppercase())).collect();
        json!({
            "Key": wanted.show(key),
            "LastModified": iso(object.modified),
            "ETag": format!("\"{}\"", object.etag),
            "ChecksumAlgorithm": flat(algorithms),
            "Size": object.size,
            "StorageClass": "STANDARD",
        })
    };
    flat(page.objects.iter().map(one).collect())
}

fn common_prefixes(page: &Page<'_>, wanted: &Wanted) -> Value {
    flat(page.prefixes.iter().map(|prefix| json!({"Prefix": wanted.show(prefix)})).collect())
}

pub(super) fn list_v2(world: &mut World, request: &Request<'_>) -> Answer {
    let bucket = access::bucket(world, request, "s3:ListBucket", "")?;
    let wanted = Wanted::of(request)?;
    let token = request.parameter("continuation-token");
    let start_after = request.parameter("start-after").unwrap_or_default();
    let after = match &token {
        None => start_after.clone(),
        Some(token) => {
            let bytes = STANDARD.decode(token).ok().and_then(|b| String::from_utf8(b).ok());
            bytes
                .ok_or_else(|| AwsError::new(400, "InvalidArgument", "The continuation token provided is incorrect"))?
        }
    };
    let page = page(bucket, &wanted, &after);
    let tree = json!({
        "Name": bucket.name,
        "Prefix": wanted.show(&wanted.prefix),
        "Delimiter": (!wanted.delimiter.is_empty()).then(|| wanted.show(&wanted.delimiter)),
        "MaxKeys": wanted.limit,
        "EncodingType": wanted.encoded.then_some("url"),
        "KeyCount": page.count(),
        "IsTruncated": page.last.is_some(),
        "ContinuationToken": token,
        "NextContinuationToken": page.last.as_ref().map(|last| STANDARD.encode(last)),
        "StartAfter": (!start_after.is_empty()).then(|| wanted.show(&start_after)),
        "Contents": contents(&page, &wanted),
        "CommonPrefixes": common_prefixes(&page, &wanted),
    });
    Ok(document("ListBucketResult", &tree).with_header("x-amz-bucket-region", bucket.region.as_str()))
}

pub(super) fn list_v1(world: &mut World, request: &Request<'_>) -> Answer {
    let bucket = access::bucket(world, request, "s3:ListBucket", "")?;
    let wanted = Wanted::of(request)?;
    let marker = request.parameter("marker").unwrap_or_default();
    let page = page(bucket, &wanted, &marker);
    let tree = json!({
        "Name": bucket.name,
        "Prefix": wanted.show(&wanted.prefix),
        "Marker": wanted.show(&marker),
        "NextMarker": page.last.as_ref().filter(|_| !wanted.delimiter.is_empty()).map(|last| wanted.show(last)),
        "Delimiter": (!wanted.delimiter.is_empty()).then(|| wanted.show(&wanted.delimiter)),
        "MaxKeys": wanted.limit,
        "EncodingType": wanted.encoded.then_some("url"),
        "IsTruncated": page.last.is_some(),
        "Contents": contents(&page, &wanted),
        "CommonPrefixes": common_prefixes(&page, &wanted),
    });
    Ok(document("ListBucketResult", &tree).with_header("x-amz-bucket-region", bucket.region.as_str()))
}

/// All versions of all keys, the newest of each key first. One page only: the markers are honoured, the limit is 1,000.
pub(super) fn list_versions(world: &mut World, request: &Request<'_>) -> Answer {
    let bucket = access::bucket(world, request, "s3:ListBucketVersions", "")?;
    let wanted = Wanted::of(request)?;
    let (key_marker, version_marker) = (
        request.parameter("key-marker").unwrap_or_default(),
        request.parameter("version-id-marker").unwrap_or_default(),
    );
    let keys = bucket.objects.range(wanted.prefix.clone()..).take_while(|(key, _)| key.starts_with(&wanted.prefix));
    let all = keys
        .flat_map(|(key, versions)| versions.iter().rev().enumerate().map(move |(n, object)| (key, object, n == 0)));
    let passed = |key: &str, object: &Object, reached: &mut bool| {
        let here = key == key_marker && object.version == version_marker;
        let was = *reached;
        *reached |= here;
        !was && key <= key_marker.as_str() && !version_marker.is_empty()
            || key < key_marker.as_str()
            || version_marker.is_empty() && !key_marker.is_empty() && key == key_marker
    };
    let mut reached = false;
    let rest: Vec<_> = all.filter(|(key, object, _)| !passed(key, object, &mut reached)).collect();
    let shown = &rest[..rest.len().min(wanted.limit)];
    let value = |(key, object, latest): &(&String, &Object, bool)| {
        let mut tree = json!({
            "Key": wanted.show(key), "VersionId": object.version, "IsLatest": latest, "LastModified": iso(object.modified),
        });
        if !object.delete_marker {
            tree["ETag"] = json!(format!("\"{}\"", object.etag));
            tree["Size"] = json!(object.size);
            tree["StorageClass"] = json!("STANDARD");
        }
        tree
    };
    let split = |markers: bool| flat(shown.iter().filter(|(_, o, _)| o.delete_marker == markers).map(value).collect());
    let truncated = shown.len() < rest.len();
    let last = shown.last().filter(|_| truncated);
    let tree = json!({
        "Name": bucket.name,
        "Prefix": wanted.show(&wanted.prefix),
        "KeyMarker": key_marker,
        "VersionIdMarker": version_marker,
        "NextKeyMarker": last.map(|(key, _, _)| wanted.show(key)),
        "NextVersionIdMarker": last.map(|(_, object, _)| object.version.clone()),
        "MaxKeys": wanted.limit,
        "EncodingType": wanted.encoded.then_some("url"),
        "IsTruncated": truncated,
        "Version": split(false),
        "DeleteMarker": split(true),
    });
    Ok(document("ListVersionsResult", &tree))
}
