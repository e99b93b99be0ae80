//! The run's memory in a bucket: the engine's store port on S3's conditional writes.

use crate::clients::Aws;
use async_trait::async_trait;
use engine::ports::{Answer, Condition, ObjectAt, ObjectBytes, Objects, Site, Store};

/// A store under `s3://bucket/prefix`.
pub struct BucketStore {
    aws: Aws,
    site: Site,
    bucket: String,
    prefix: String,
}

impl BucketStore {
    /// A store in `bucket` under `prefix` (without slashes at its ends), reached at `site`.
    pub fn new(aws: Aws, site: Site, bucket: impl Into<String>, prefix: impl AsRef<str>) -> Self {
        let prefix = prefix.as_ref().trim_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Self { aws, site, bucket: bucket.into(), prefix }
    }

    fn at(&self, key: &str) -> ObjectAt {
        ObjectAt { bucket: self.bucket.clone(), key: format!("{}{key}", self.prefix), owner: self.site.account.clone() }
    }
}

#[async_trait]
impl Store for BucketStore {
    async fn get(&self, key: &str) -> Answer<Option<ObjectBytes>> {
        Objects::get(&self.aws, &self.site, &self.at(key)).await
    }

    async fn put(&self, key: &str, bytes: &[u8], condition: &Condition) -> Answer<String> {
        Objects::put(&self.aws, &self.site, &self.at(key), bytes.to_vec(), condition).await
    }

    async fn delete(&self, key: &str, etag: &str) -> Answer<()> {
        Objects::delete(&self.aws, &self.site, &self.at(key), Some(etag)).await
    }

    async fn list(&self, prefix: &str) -> Answer<Vec<String>> {
        let full = format!("{}{prefix}", self.prefix);
        let keys = Objects::list(&self.aws, &self.site, &self.bucket, &full).await?;
        Ok(keys.into_iter().filter_map(|k| k.strip_prefix(&self.prefix).map(str::to_owned)).collect())
    }

    async fn folders(&self, prefix: &str) -> Answer<Vec<String>> {
        let full = format!("{}{prefix}", self.prefix);
        let found = Objects::folders(&self.aws, &self.site, &self.bucket, &full).await?;
        let name = |folder: &String| Some(folder.strip_prefix(&full)?.strip_suffix('/')?.to_owned());
        Ok(found.iter().filter_map(name).collect())
    }

    fn place(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.prefix)
    }
}
