//! What expressions can name.

use super::Value;
use base::{AccountId, Region};
use indexmap::IndexMap;

/// Everything that an expression can name, for one target of one stage.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// `pipeline.name`
    pub pipeline: String,
    /// `stage.*`; nothing outside a stage.
    pub stage: Option<StageScope>,
    /// `vars.*`
    pub vars: IndexMap<String, Value>,
    /// `trigger.*`
    pub trigger: Trigger,
    /// `organization.*`; nothing when the pipeline file does not say.
    pub organization: Option<OrganizationScope>,
    /// Names of steps that have an id of another name, each with that id: `steps["Deploy it"]` means `steps.deploy`.
    pub step_names: IndexMap<String, String>,
    /// `steps.<id>.*`: the steps of this target, by id.
    pub steps: IndexMap<String, Outputs>,
    /// `stages.<stage>.steps.<id>.*`: the steps of earlier stages.
    pub stages: IndexMap<String, IndexMap<String, Outputs>>,
}

/// The outputs of a step.
#[derive(Debug, Clone, PartialEq)]
pub enum Outputs {
    /// It has not run; which outputs it will have is not known.
    Pending,
    /// What it gave.
    Known(IndexMap<String, Value>),
    /// It does not run in this stage. `default(…)` says what to use instead.
    Skipped,
}

/// `stage.*`
#[derive(Debug, Clone)]
pub struct StageScope {
    /// `stage.name`
    pub name: String,
    /// `stage.account_id`; nothing while the account is not known.
    pub account_id: Option<AccountId>,
    /// `stage.region`
    pub region: Region,
    /// `stage.artifacts["name"].*`: `s3_url`, `s3_bucket`, `s3_key`, `digest`; `Pending` before it is built.
    pub artifacts: IndexMap<String, Outputs>,
}

/// `trigger.*`. What is not known is empty, as in a build without a tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trigger {
    /// `trigger.sha`
    pub sha: String,
    /// `trigger.branch`
    pub branch: String,
    /// `trigger.tag`
    pub tag: String,
}

/// `organization.*`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationScope {
    /// `organization.id`
    pub id: Option<String>,
    /// `organization.cicd_account_id`
    pub cicd_account_id: Option<AccountId>,
    /// `organization.cicd_account_region`
    pub cicd_region: Option<Region>,
}
