//! What the stacks are made from: what pipelines say about their stages, and what is in AWS already.

use super::Settings;
use crate::expression::{OrganizationScope, Outputs, Scope, StageScope, Trigger, Value, evaluate};
use crate::plan::source_name;
use crate::project::{Pipeline, RoleName, StackParams, Stage, StateHome, Targets};
use base::{AccountId, Diagnostic, Diagnostics, Region};
use iam::permissions::NeededAction;
use indexmap::IndexMap;
use std::collections::{BTreeMap, BTreeSet};

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
    /// Whether it is known that its templates name no code of their own and fit into a call, so that nothing is uploaded.
    pub no_uploads: bool,
    /// Whether it is known that its templates have no transform.
    pub no_transforms: bool,
    /// Whether its alarms are read.
    pub alarms: bool,
    /// Whether it sets termination protection of its stacks.
    pub sets_protection: bool,
    /// Whether its accounts come from organizational units, so that the organization is read.
    pub asks_organization: bool,
    /// Whether a root of the organization is among them.
    pub asks_root: bool,
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
    /// What each of them is made from: the name of an artifact, or a template's path.
    pub sources: Vec<(String, String)>,
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
/// need none. The needed permissions are left empty. Stages without a place are left out, with a warning.
pub fn pipeline_facts(
    pipeline: &Pipeline,
    settings: &Settings,
    places: &BTreeMap<String, Vec<(AccountId, Region)>>,
) -> (PipelineFacts, Diagnostics) {
    let mut found = Diagnostics::new();
    let stages = pipeline.stages.iter().filter_map(|s| stage(pipeline, settings, s, places, &mut found)).collect();
    let state = match &pipeline.state {
        StateHome::Disk => None,
        StateHome::Bucket { bucket, prefix } => Some((bucket.clone(), prefix.clone())),
    };
    (PipelineFacts { name: pipeline.name.clone(), stages, state, additional: Vec::new() }, found)
}

fn stage(
    pipeline: &Pipeline,
    settings: &Settings,
    stage: &Stage,
    places: &BTreeMap<String, Vec<(AccountId, Region)>>,
    found: &mut Diagnostics,
) -> Option<StageFacts> {
    let mut sites = places.get(&stage.name).cloned().unwrap_or_default();
    if let Targets::Single { account: Some(account), region } = &stage.targets {
        sites = vec![(account.clone(), region.clone())];
    }
    if sites.is_empty() {
        let message = format!("stage `{}` has no accounts, so that no roles are made for it", stage.name);
        found.push(Diagnostic::warning("BOOT-019", message).at(stage.span).hint("check its `targets`"));
        return None;
    }
    let ours = |role: &RoleName, name: String| match role {
        RoleName::Name(given) if *given == name => Some(name),
        _ => None,
    };
    let deployment_role = ours(&stage.deployment_role, super::deployment_role(settings, &pipeline.name, &stage.name));
    let made = super::execution_role(settings, &pipeline.name, &stage.name);
    let (execution_role, makes_execution_role) = match &stage.execution_role {
        Some(RoleName::Name(name)) => (Some(name.clone()), *name == made),
        Some(RoleName::Arn(arn)) => (Some(arn.to_string()), false),
        Some(RoleName::Caller) | None => (None, false),
    };
    let targets = sites.into_iter().map(|(account, region)| {
        let sources = stack_names(pipeline, stage, &account, &region, found);
        let stacks = super::document::sorted(sources.iter().map(|(name, _)| name.clone()));
        TargetFacts { account, region, stacks, sources, nested: false, needed: Vec::new() }
    });
    Some(StageFacts {
        name: stage.name.clone(),
        deployment_role,
        execution_role,
        makes_execution_role,
        external_id: stage.external_id.clone(),
        session_tags: stage.session_tags.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
        artifact_bucket: stage.artifact_bucket.clone(),
        artifact_prefix: stage.artifact_prefix.clone(),
        no_uploads: false,
        no_transforms: false,
        alarms: !stage.alarms.is_empty(),
        sets_protection: stacks_of(pipeline, stage).any(|p| p.termination_protection.is_some()),
        asks_root: matches!(&stage.targets, Targets::Fleet(f) if f.organizational_units.iter().any(|u| u.starts_with("r-"))),
        asks_organization: matches!(&stage.targets, Targets::Fleet(f) if !f.organizational_units.is_empty()),
        targets: targets.collect(),
    })
}

fn stacks_of<'p>(pipeline: &'p Pipeline, stage: &'p Stage) -> impl Iterator<Item = &'p StackParams> {
    pipeline.steps.iter().filter(|s| !stage.skip.contains(&s.id)).filter_map(|s| s.kind.stack())
}

/// The names of a target's stacks with what they are made from. What only a run knows, such as its branch, stands as `*`.
fn stack_names(
    pipeline: &Pipeline,
    stage: &Stage,
    account: &AccountId,
    region: &Region,
    found: &mut Diagnostics,
) -> Vec<(String, String)> {
    let any = || "*".to_owned();
    let guard = pipeline.organization.as_ref();
    let pending = || pipeline.steps.iter().map(|s| (s.id.clone(), Outputs::Pending)).collect::<IndexMap<_, _>>();
    let mut scope = Scope {
        pipeline: pipeline.name.clone(),
        stage: Some(StageScope {
            name: stage.name.clone(),
            account_id: Some(account.clone()),
            region: region.clone(),
            artifacts: pipeline.artifacts.keys().map(|name| (name.clone(), Outputs::Pending)).collect(),
        }),
        trigger: Trigger { sha: any(), branch: any(), tag: any() },
        organization: guard.map(|o| OrganizationScope {
            id: o.id.clone(),
            cicd_account_id: o.cicd_account_id.clone(),
            cicd_region: o.cicd_region.clone(),
        }),
        steps: pending(),
        ..Scope::default()
    };
    let vars = stage.vars.iter().filter_map(|(name, e)| Some((name.clone(), evaluate(e, &scope).ok()?))).collect();
    scope.vars = vars;
    let mut names = BTreeSet::new();
    for params in stacks_of(pipeline, stage) {
        let name = evaluate(&params.stack_name, &scope).ok().filter(Value::is_known).map(|v| v.to_string());
        let letters = |n: &String| n.starts_with(|c: char| c.is_ascii_alphabetic());
        match name.filter(letters) {
            Some(name) => drop(names.insert((name, source_name(&params.source).to_owned()))),
            None => {
                let message = format!(
                    "the stack name of stage `{}` does not start with a text that is known before a run",
                    stage.name
                );
                let span = params.stack_name.span().unwrap_or(params.span);
                let problem = Diagnostic::error("BOOT-020", message)
                    .at(span)
                    .why("the deployment role is limited to the stacks of its stage by their names")
                    .hint("start the name with the pipeline's or stage's name");
                if !found.contains(&problem) {
                    found.push(problem);
                }
            }
        }
    }
    names.into_iter().collect()
}
