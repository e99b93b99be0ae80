//! Reads the templates that tell what a plan will change: its own, and those of the releases that are good now.

use crate::ports::Store;
use crate::store::get_blob;
use base::Digest;
use deploy::plan::{Before, Foreseen, Plan, StackChange, comparisons};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the plan will change, by stage and step. `fresh` are blobs that may not be in the store yet. A template that cannot
/// be read makes its changes unknown and nothing else: the change set of the run will show them.
pub async fn foresee(store: &dyn Store, plan: &Plan, fresh: &BTreeMap<Digest, Arc<[u8]>>) -> Vec<Foreseen> {
    let mut all = Vec::new();
    for comparison in comparisons(plan) {
        let before = match comparison.before {
            Before::Release(change) => text(store, change, fresh).await,
            Before::Nothing | Before::Unknown => None,
        };
        let after = text(store, comparison.after, fresh).await;
        all.push(deploy::plan::foresee(&comparison, before.as_deref(), after.as_deref()));
    }
    all
}

async fn text(store: &dyn Store, change: &StackChange, fresh: &BTreeMap<Digest, Arc<[u8]>>) -> Option<String> {
    let bytes = match fresh.get(&change.template.digest) {
        Some(bytes) => bytes.to_vec(),
        None => get_blob(store, &change.template.digest).await.ok()?,
    };
    String::from_utf8(bytes).ok()
}
