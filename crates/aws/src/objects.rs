//! S3 objects with conditional writes and checksums.

use crate::clients::Aws;
use crate::failure::failure;
use async_trait::async_trait;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, ChecksumAlgorithm, ChecksumMode, CreateBucketConfiguration,
    PublicAccessBlockConfiguration, VersioningConfiguration,
};
use base64::Engine as _;
use engine::ports::{Answer, Condition, Failure, FailureKind, ObjectAt, ObjectBytes, ObjectSeen, Objects, Site};

#[async_trait]
impl Objects for Aws {
    async fn ensure_bucket(&self, site: &Site, bucket: &str) -> Answer<()> {
        let client = self.s3(site);
        let owner = site.account.as_ref().map(ToString::to_string);
        // Versioning is what is set last: a bucket of ours that has it was made to the end. One whose maker was killed in
        // between gets the rest. Buckets that the user chose are left as they are.
        let ours = site.account.as_ref().is_some_and(|a| bucket == format!("landfall-{a}-{}", site.region));
        if ours {
            let asked = client.get_bucket_versioning().bucket(bucket).set_expected_bucket_owner(owner.clone());
            match asked.send().await.map_err(|e| failure(e, false)) {
                Ok(seen) if seen.status() == Some(&BucketVersioningStatus::Enabled) => return Ok(()),
                Ok(_) => return self.set_bucket(&client, bucket).await,
                Err(e) if e.kind == FailureKind::NotFound => return self.make_bucket(&client, site, bucket).await,
                // A role that may not ask may still see that the bucket is there.
                Err(e) if e.kind == FailureKind::Denied => {}
                Err(e) => return Err(explain_bucket(e, bucket, site)),
            }
        }
        match client.head_bucket().bucket(bucket).set_expected_bucket_owner(owner).send().await {
            Ok(_) => return Ok(()),
            Err(e) => {
                let failure = failure(e, false);
                if failure.kind != FailureKind::NotFound {
                    return Err(explain_bucket(failure, bucket, site));
                }
            }
        }
        self.make_bucket(&client, site, bucket).await
    }

    async fn head(&self, site: &Site, at: &ObjectAt) -> Answer<Option<ObjectSeen>> {
        let call = self.s3(site).head_object().bucket(&at.bucket).key(&at.key).checksum_mode(ChecksumMode::Enabled);
        match call.set_expected_bucket_owner(owner(at)).send().await {
            Ok(seen) => Ok(Some(ObjectSeen {
                size: u64::try_from(seen.content_length().unwrap_or(0)).unwrap_or(0),
                checksum_sha256: seen.checksum_sha256().map(str::to_owned),
                etag: seen.e_tag().unwrap_or_default().to_owned(),
            })),
            Err(e) => absent(failure(e, false)),
        }
    }

    async fn get(&self, site: &Site, at: &ObjectAt) -> Answer<Option<ObjectBytes>> {
        let call = self.s3(site).get_object().bucket(&at.bucket).key(&at.key).set_expected_bucket_owner(owner(at));
        let seen = match call.send().await {
            Ok(seen) => seen,
            Err(e) => return absent(failure(e, false)),
        };
        let etag = seen.e_tag().unwrap_or_default().to_owned();
        let cut_off = |e: aws_sdk_s3::primitives::ByteStreamError| {
            Failure::new(FailureKind::Unavailable, "", format!("s3://{}/{} broke off: {e}", at.bucket, at.key))
        };
        let bytes = seen.body.collect().await.map_err(cut_off)?.to_vec();
        Ok(Some(ObjectBytes { bytes, etag }))
    }

    async fn put(&self, site: &Site, at: &ObjectAt, bytes: Vec<u8>, condition: &Condition) -> Answer<String> {
        let digest = sha2_256(&bytes);
        let call = self
            .s3(site)
            .put_object()
            .bucket(&at.bucket)
            .key(&at.key)
            .set_expected_bucket_owner(owner(at))
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .checksum_sha256(base64::engine::general_purpose::STANDARD.encode(digest))
            .body(ByteStream::from(bytes));
        let call = match condition {
            Condition::Always => call,
            Condition::Absent => call.if_none_match("*"),
            Condition::Matches(etag) => call.if_match(etag),
        };
        let stored = call.send().await.map_err(|e| condition_failed(failure(e, true)))?;
        Ok(stored.e_tag().unwrap_or_default().to_owned())
    }

    async fn delete(&self, site: &Site, at: &ObjectAt, if_match: Option<&str>) -> Answer<()> {
        let call = self.s3(site).delete_object().bucket(&at.bucket).key(&at.key).set_expected_bucket_owner(owner(at));
        call.set_if_match(if_match.map(str::to_owned)).send().await.map_err(|e| condition_failed(failure(e, true)))?;
        Ok(())
    }

    async fn list(&self, site: &Site, bucket: &str, prefix: &str) -> Answer<Vec<String>> {
        let mut pages = self.s3(site).list_objects_v2().bucket(bucket).prefix(prefix).into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| failure(e, false))?;
            keys.extend(page.contents().iter().filter_map(|o| o.key().map(str::to_owned)));
        }
        keys.sort();
        Ok(keys)
    }

    async fn folders(&self, site: &Site, bucket: &str, prefix: &str) -> Answer<Vec<String>> {
        let list = self.s3(site).list_objects_v2().bucket(bucket).prefix(prefix).delimiter("/");
        let mut pages = list.into_paginator().send();
        let mut folders = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| failure(e, false))?;
            folders.extend(page.common_prefixes().iter().filter_map(|p| p.prefix().map(str::to_owned)));
        }
        folders.sort();
        Ok(folders)
    }
}

impl Aws {
    async fn make_bucket(&self, client: &aws_sdk_s3::Client, site: &Site, bucket: &str) -> Answer<()> {
        // us-east-1 is the one region that must not be named (S3 API reference, CreateBucket).
        let place = (site.region.as_str() != "us-east-1").then(|| {
            let constraint = BucketLocationConstraint::from(site.region.as_str());
            CreateBucketConfiguration::builder().location_constraint(constraint).build()
        });
        if let Err(e) = client.create_bucket().bucket(bucket).set_create_bucket_configuration(place).send().await {
            let failure = failure(e, true);
            if failure.code != "BucketAlreadyOwnedByYou" {
                return Err(explain_bucket(failure, bucket, site));
            }
        }
        self.set_bucket(client, bucket).await
    }

    /// Closed to the public, then versioned. Setting it again changes nothing.
    async fn set_bucket(&self, client: &aws_sdk_s3::Client, bucket: &str) -> Answer<()> {
        let closed = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .block_public_policy(true)
            .ignore_public_acls(true)
            .restrict_public_buckets(true)
            .build();
        client
            .put_public_access_block()
            .bucket(bucket)
            .public_access_block_configuration(closed)
            .send()
            .await
            .map_err(|e| failure(e, true))?;
        let versioned = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        let call = client.put_bucket_versioning().bucket(bucket).versioning_configuration(versioned);
        call.send().await.map_err(|e| failure(e, true))?;
        Ok(())
    }
}

fn owner(at: &ObjectAt) -> Option<String> {
    at.owner.as_ref().map(ToString::to_string)
}

fn absent<T>(failure: Failure) -> Answer<Option<T>> {
    if failure.kind == FailureKind::NotFound { Ok(None) } else { Err(failure) }
}

/// A condition that did not hold is `412 PreconditionFailed`; a race of two writers is `409 ConditionalRequestConflict`.
fn condition_failed(mut failure: Failure) -> Failure {
    if matches!(failure.code.as_str(), "PreconditionFailed" | "ConditionalRequestConflict" | "412" | "409") {
        failure.kind = FailureKind::Conflict;
        failure.in_doubt = false;
    }
    failure
}

fn explain_bucket(mut failure: Failure, bucket: &str, site: &Site) -> Failure {
    match failure.code.as_str() {
        "BucketAlreadyExists" | "AccessDenied" | "403" => {
            failure.kind = FailureKind::Denied;
            failure.message = format!(
                "bucket `{bucket}` is not reachable as ours: it belongs to another account or the role may not see it ({})",
                failure.message
            );
        }
        "PermanentRedirect" | "301" => {
            failure.kind = FailureKind::Conflict;
            failure.message = format!("bucket `{bucket}` is in another region than {}", site.region);
        }
        _ => {}
    }
    failure
}

fn sha2_256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}
