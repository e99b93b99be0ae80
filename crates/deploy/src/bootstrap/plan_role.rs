//! The plan role: what `landfall plan` reads for a stage, and nothing that changes anything.
//!
//! Whoever may push a branch can run code with it, before anybody has looked. So it sees neither journals, nor the code
//! of other stages, nor secrets: stacks, alarms and roles, and of the state the releases that were good.

use super::deployment::{Deployment, state_key};
use super::document::{Place, document, statement};
use super::{Access, PipelineFacts};
use serde_json::Value;

/// The role's permissions, from the stage that it looks at.
pub(super) fn permissions(of: &Deployment<'_>) -> Value {
    let stacks = of.stack_arns("");
    let mut statements = vec![statement("ReadStacks", "Allow", &["cloudformation:DescribeStacks"], &stacks)];
    statements.extend(of.alarms());
    statements.extend(of.reads());
    if of.place.settings.access == Access::Direct {
        statements.extend(releases(of.place, of.pipeline));
    }
    document(statements)
}

/// The releases that are good now, with their templates, when the state is in a bucket.
pub(super) fn releases(place: Place<'_>, pipeline: &PipelineFacts) -> Vec<Value> {
    let Some((bucket, prefix)) = &pipeline.state else { return Vec::new() };
    let key = state_key(place, bucket, &["kms:Decrypt"]);
    let bucket = format!("arn:{}:s3:::{bucket}", place.partition);
    let state = if prefix.is_empty() { bucket.clone() } else { format!("{bucket}/{prefix}") };
    let objects = [format!("{state}/artifacts/sha256/*"), format!("{state}/{}/good/*", pipeline.name)];
    let mut all = vec![
        // Without the right to list, S3 says of an object that is not there that it is forbidden.
        statement("FindState", "Allow", &["s3:ListBucket"], &[bucket]),
        statement("ReadReleases", "Allow", &["s3:GetObject"], &objects),
    ];
    all.extend(key);
    all
}
