//! Releases and the pointers to those that were good.

use super::{StoreError, failed, read_versioned};
use crate::ports::{Condition, FailureKind, Store};
use deploy::release::{GoodTarget, Manifest, RELEASE_VERSION};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The releases of one pipeline.
pub struct Releases {
    store: Arc<dyn Store>,
    pipeline: String,
}

/// Where the pointer of a target is.
pub fn good_key(pipeline: &str, target: &str) -> String {
    format!("{pipeline}/good/{target}.json")
}

impl Releases {
    /// Those of this pipeline.
    pub fn new(store: Arc<dyn Store>, pipeline: &str) -> Self {
        Self { store, pipeline: pipeline.to_owned() }
    }

    fn key(&self, release: u32) -> String {
        format!("{}/releases/{release:06}.json", self.pipeline)
    }

    /// All numbers, rising.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn numbers(&self) -> Result<Vec<u32>, StoreError> {
        let prefix = format!("{}/releases/", self.pipeline);
        let keys = self.store.list(&prefix).await.map_err(|f| failed(&*self.store, f))?;
        let number = |key: &String| key.strip_prefix(&prefix)?.strip_suffix(".json")?.parse().ok();
        Ok(keys.iter().filter_map(number).collect())
    }

    /// The number for the next release.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn next(&self) -> Result<u32, StoreError> {
        Ok(self.numbers().await?.last().copied().unwrap_or(0) + 1)
    }

    /// A release's manifest.
    ///
    /// # Errors
    /// When the store fails, or there is no such release, or it cannot be read.
    pub async fn manifest(&self, release: u32) -> Result<Manifest, StoreError> {
        let key = self.key(release);
        let found = self.store.get(&key).await.map_err(|f| failed(&*self.store, f))?;
        let found =
            found.ok_or_else(|| StoreError::Missing { what: format!("release {release} of `{}`", self.pipeline) })?;
        read_versioned(&key, &found.bytes, RELEASE_VERSION)
    }

    /// Publishes a manifest under its number. Repeating it with the same manifest is safe.
    ///
    /// # Errors
    /// `Conflict` when the number is taken by another release.
    pub async fn publish(&self, manifest: &Manifest) -> crate::ports::Answer<()> {
        let key = self.key(manifest.release);
        let bytes = serde_json::to_vec_pretty(manifest).unwrap_or_default();
        match self.store.put(&key, &bytes, &Condition::Absent).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.kind == FailureKind::Conflict => {
                let same = self.store.get(&key).await?.is_some_and(|found| found.bytes == bytes);
                if same {
                    return Ok(());
                }
                let message = format!("release {} was made by another run in the meantime", manifest.release);
                Err(crate::ports::Failure::new(FailureKind::Conflict, "ReleaseTaken", message))
            }
            Err(failure) => Err(failure),
        }
    }

    /// The release that was last good in a target.
    ///
    /// # Errors
    /// When the store fails or the pointer cannot be read.
    pub async fn good(&self, target: &str) -> Result<Option<GoodTarget>, StoreError> {
        let key = good_key(&self.pipeline, target);
        let found = self.store.get(&key).await.map_err(|f| failed(&*self.store, f))?;
        found.map(|found| read_versioned(&key, &found.bytes, RELEASE_VERSION)).transpose()
    }

    /// The pointers of all targets, by target id.
    ///
    /// # Errors
    /// When the store fails or a pointer cannot be read.
    pub async fn all_good(&self) -> Result<BTreeMap<String, GoodTarget>, StoreError> {
        let prefix = format!("{}/good/", self.pipeline);
        let keys = self.store.list(&prefix).await.map_err(|f| failed(&*self.store, f))?;
        let mut all = BTreeMap::new();
        for key in keys {
            let Some(target) = key.strip_prefix(&prefix).and_then(|k| k.strip_suffix(".json")) else { continue };
            if let Some(good) = self.good(target).await? {
                all.insert(target.to_owned(), good);
            }
        }
        Ok(all)
    }

    /// Moves the pointer of a target. The run's own lock and journal keep others away.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn point(&self, good: &GoodTarget) -> crate::ports::Answer<()> {
        let bytes = serde_json::to_vec_pretty(good).unwrap_or_default();
        self.store.put(&good_key(&self.pipeline, &good.target), &bytes, &Condition::Always).await.map(|_| ())
    }
}
