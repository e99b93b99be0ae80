//! What S3 keeps.

use super::access;
use crate::call::AwsError;
use base::{AccountId, Region};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What S3 keeps.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Buckets by name.
    pub buckets: BTreeMap<String, Bucket>,
    /// The bytes of objects. They are kept beside the world's file, one file each.
    #[serde(skip)]
    pub blobs: Blobs,
}

/// Bytes by their SHA-256.
#[derive(Debug, Clone, Default)]
pub struct Blobs {
    by_digest: BTreeMap<String, Arc<[u8]>>,
}

impl Blobs {
    /// Keeps bytes; gives their digest in hexadecimal.
    pub fn put(&mut self, bytes: &[u8]) -> String {
        let digest = hex::encode(Sha256::digest(bytes));
        self.by_digest.entry(digest.clone()).or_insert_with(|| Arc::from(bytes));
        digest
    }

    /// The bytes of a digest; none if they are not here.
    pub fn get(&self, digest: &str) -> &[u8] {
        self.by_digest.get(digest).map(AsRef::as_ref).unwrap_or_default()
    }

    /// All bytes by digest.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.by_digest.iter().map(|(digest, bytes)| (digest.as_str(), bytes.as_ref()))
    }
}

/// Whether a bucket keeps old versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Versioning {
    /// It never did.
    #[default]
    Never,
    /// It does.
    Enabled,
    /// It did: new objects have the version `null`.
    Suspended,
}

/// A bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Its owner.
    pub account: AccountId,
    /// Its region.
    pub region: Region,
    /// When it was made.
    pub created: Timestamp,
    /// Its policy's text.
    pub policy: Option<String>,
    /// Whether it keeps old versions.
    pub versioning: Versioning,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Other configurations by subresource (`encryption`, `lifecycle`…), as the XML that was sent.
    pub configuration: BTreeMap<String, String>,
    /// The versions of each key, the newest last.
    pub objects: BTreeMap<String, Vec<Object>>,
    /// Multipart uploads in progress by id.
    pub uploads: BTreeMap<String, Upload>,
}

/// One version of an object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// `null` in buckets without versioning.
    pub version: String,
    /// Without quotes.
    pub etag: String,
    /// The digest under which its bytes are kept.
    pub digest: String,
    /// Its length in bytes.
    pub size: u64,
    /// When it was written.
    pub modified: Timestamp,
    /// Headers to give back: content type, user metadata, encryption.
    pub headers: BTreeMap<String, String>,
    /// Checksums in base64 by algorithm in lower case.
    pub checksums: BTreeMap<String, String>,
    /// Whether its checksum is one of its parts' checksums.
    pub composite: bool,
    /// The sizes of the parts it was made of; none if it was written at once.
    pub parts: Vec<u64>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Whether it says that the key is deleted.
    pub delete_marker: bool,
}

/// A multipart upload in progress.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Upload {
    /// The key it will have.
    pub key: String,
    /// When it was begun.
    pub initiated: Timestamp,
    /// Headers that the object will have.
    pub headers: BTreeMap<String, String>,
    /// The checksum algorithm in capitals.
    pub algorithm: Option<String>,
    /// Whether the checksum is made of the parts' checksums.
    pub composite: bool,
    /// Tags that the object will have.
    pub tags: BTreeMap<String, String>,
    /// Parts by number.
    pub parts: BTreeMap<u32, Object>,
}

impl State {
    /// Makes a bucket. The errors are those of `CreateBucket`.
    pub fn add_bucket(
        &mut self,
        name: &str,
        account: &AccountId,
        region: &Region,
        now: Timestamp,
    ) -> Result<(), AwsError> {
        if !is_bucket_name(name) {
            return Err(AwsError::new(400, "InvalidBucketName", "The specified bucket is not valid.")
                .with_field("BucketName", name));
        }
        match self.buckets.get(name) {
            Some(taken) if taken.account != *account => {
                return Err(AwsError::new(
                    409,
                    "BucketAlreadyExists",
                    "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please \
                     select a different name and try again.",
                )
                .with_field("BucketName", name));
            }
            // Amazon S3 API reference, CreateBucket: in us-east-1 making one's own bucket again succeeds.
            Some(own) if own.region == *region && region.as_str() == "us-east-1" => return Ok(()),
            Some(_) => {
                return Err(AwsError::new(
                    409,
                    "BucketAlreadyOwnedByYou",
                    "Your previous request to create the named bucket succeeded and you already own it.",
                )
                .with_field("BucketName", name));
            }
            None => {}
        }
        let bucket = Bucket {
            name: name.to_owned(),
            account: account.clone(),
            region: region.clone(),
            created: now,
            policy: None,
            versioning: Versioning::Never,
            tags: BTreeMap::new(),
            configuration: BTreeMap::new(),
            objects: BTreeMap::new(),
            uploads: BTreeMap::new(),
        };
        self.buckets.insert(name.to_owned(), bucket);
        Ok(())
    }

    /// The digests of all bytes that an object or a part has.
    pub fn digests(&self) -> BTreeSet<String> {
        let objects = self.buckets.values().flat_map(|b| b.objects.values().flatten());
        let parts = self.buckets.values().flat_map(|b| b.uploads.values()).flat_map(|u| u.parts.values());
        objects.chain(parts).filter(|o| !o.delete_marker).map(|o| o.digest.clone()).collect()
    }

    /// Removes an empty bucket of a name.
    pub fn remove_bucket(&mut self, name: &str) -> Result<(), AwsError> {
        let bucket = self.buckets.get(name).ok_or_else(|| access::no_such_bucket(name))?;
        if !bucket.objects.is_empty() {
            let message = match bucket.versioning {
                Versioning::Never => "The bucket you tried to delete is not empty",
                _ => "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
            };
            return Err(AwsError::new(409, "BucketNotEmpty", message).with_field("BucketName", name));
        }
        self.buckets.remove(name);
        Ok(())
    }
}

/// Amazon S3 User Guide, "General purpose bucket naming rules".
fn is_bucket_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=63).contains(&name.len())
        && name.chars().all(|c| plain(c) || c == '.' || c == '-')
        && name.starts_with(plain)
        && name.ends_with(plain)
        && !name.contains("..")
        && !name.starts_with("xn--")
        && !name.ends_with("-s3alias")
        && name.parse::<std::net::Ipv4Addr>().is_err()
}

impl Bucket {
    /// The bucket's ARN.
    pub fn arn(&self) -> String {
        format!("arn:aws:s3:::{}", self.name)
    }

    /// Switches versioning on, or off again if it was ever on.
    pub fn set_versioning(&mut self, on: bool) {
        self.versioning = match (on, self.versioning) {
            (true, _) => Versioning::Enabled,
            (false, Versioning::Never) => Versioning::Never,
            (false, _) => Versioning::Suspended,
        };
    }

    /// The newest version of a key, or one of its versions; delete markers included.
    pub fn find(&self, key: &str, version: Option<&str>) -> Option<&Object> {
        let versions = self.objects.get(key)?;
        match version {
            None => versions.last(),
            Some(id) => versions.iter().find(|o| o.version == id),
        }
    }

    /// The object that a key stands for now: not one that is deleted.
    pub fn current(&self, key: &str) -> Option<&Object> {
        self.find(key, None).filter(|object| !object.delete_marker)
    }

    /// Writes a version. The id is the one it will have where the bucket keeps versions; gives the id it has.
    pub fn write(&mut self, key: &str, mut object: Object, id: String) -> String {
        let versions = self.objects.entry(key.to_owned()).or_default();
        object.version = if self.versioning == Versioning::Enabled { id } else { "null".to_owned() };
        versions.retain(|o| o.version != object.version);
        let version = object.version.clone();
        versions.push(object);
        version
    }

    /// Removes one version for good; gives it.
    pub fn remove_version(&mut self, key: &str, version: &str) -> Option<Object> {
        let versions = self.objects.get_mut(key)?;
        let at = versions.iter().position(|o| o.version == version)?;
        let removed = versions.remove(at);
        if versions.is_empty() {
            self.objects.remove(key);
        }
        Some(removed)
    }
}
