//! How each stage's job enters AWS: from the pipeline and the bootstrap file, or from a role that is given.

use super::{PlanEntry, StageEntry};
use crate::bootstrap::{Access, Ci, Settings, deployment_role, hub_role, plan_hub_role, plan_role};
use crate::project::{Pipeline, Stage, Targets};
use base::{AccountId, Arn, Partition, Region};

/// The stages of a pipeline. With a bootstrap file the roles have the names that bootstrap gives them; `role` stands for
/// the stages of which none is known.
pub fn stages(pipeline: &Pipeline, settings: Option<&Settings>, role: Option<&str>) -> Vec<StageEntry> {
    pipeline.stages.iter().map(|stage| entry(pipeline, stage, settings, role)).collect()
}

fn entry(pipeline: &Pipeline, stage: &Stage, settings: Option<&Settings>, role: Option<&str>) -> StageEntry {
    let own = settings
        .and_then(|s| s.stages.get(&format!("{}/{}", pipeline.name, stage.name)).or_else(|| s.stages.get(&stage.name)));
    let put = |pattern: &str| pattern.replace("{pipeline}", &pipeline.name).replace("{stage}", &stage.name);
    let ci = settings.map(|s| &s.ci);
    let environment = match ci {
        Some(Ci::GitHub { environment: Some(pattern), .. }) => {
            own.and_then(|o| o.environment.clone()).unwrap_or_else(|| put(pattern))
        }
        // At Bitbucket the bootstrap file has the environment's UUID, and the workflow its name.
        _ => stage.name.clone(),
    };
    let branch = match ci {
        Some(Ci::GitLab { branch, .. }) => Some(own.and_then(|o| o.branch.clone()).unwrap_or_else(|| put(branch))),
        Some(Ci::GitHub { environment: None, branch, .. }) => {
            Some(own.and_then(|o| o.branch.clone()).unwrap_or_else(|| put(branch)))
        }
        _ => own.and_then(|o| o.branch.clone()),
    };
    let connection = match ci {
        Some(Ci::Azure { service_connection, .. }) => {
            own.and_then(|o| o.name.clone()).unwrap_or_else(|| put(service_connection))
        }
        _ => format!("{}-{}", pipeline.name, stage.name),
    };
    let known = settings.and_then(|s| door(pipeline, stage, s));
    StageEntry {
        name: stage.name.clone(),
        role: role.map(str::to_owned).or(known),
        region: region(pipeline, stage, settings).map_or_else(|| "us-east-1".to_owned(), |r| r.to_string()),
        environment,
        branch,
        connection,
    }
}

/// How pull requests plan: by a role that is given, else by those that bootstrap makes, through one hub role or stage by
/// stage.
pub fn plans(pipeline: &Pipeline, settings: Option<&Settings>, given: Option<&str>) -> Vec<PlanEntry> {
    let by_plan_roles = settings.is_some_and(|s| s.plan_role);
    let put = |pattern: &str, stage: &str| pattern.replace("{pipeline}", &pipeline.name).replace("{stage}", stage);
    let entry = |stage: &Stage, role: Option<String>| PlanEntry {
        stage: None,
        role,
        region: region(pipeline, stage, settings).map_or_else(|| "us-east-1".to_owned(), |r| r.to_string()),
        connection: match settings.map(|s| &s.ci) {
            Some(Ci::Azure { plan_service_connection, .. }) if by_plan_roles => {
                put(plan_service_connection, &stage.name)
            }
            _ => format!("{}-plan", pipeline.name),
        },
        by_plan_roles,
    };
    let first = pipeline.stages.first();
    match (given, settings.filter(|s| s.plan_role)) {
        (Some(role), _) => first.map(|stage| entry(stage, Some(role.to_owned()))).into_iter().collect(),
        (None, None) => Vec::new(),
        (None, Some(settings)) if settings.access == Access::Hub => {
            let role = |stage: &Stage| opened(pipeline, stage, settings, |_| plan_hub_role(settings, &pipeline.name));
            first.map(|stage| entry(stage, role(stage))).into_iter().collect()
        }
        (None, Some(settings)) => {
            let role =
                |stage: &Stage| opened(pipeline, stage, settings, |name| plan_role(settings, &pipeline.name, name));
            let each = |stage: &Stage| PlanEntry { stage: Some(stage.name.clone()), ..entry(stage, role(stage)) };
            pipeline.stages.iter().map(each).collect()
        }
    }
}

/// The role that the job's token opens first: the stage's own, in the first account that it names, or its hub role in the
/// CI/CD account.
fn door(pipeline: &Pipeline, stage: &Stage, settings: &Settings) -> Option<String> {
    opened(pipeline, stage, settings, |name| match settings.access {
        Access::Hub => hub_role(settings, &pipeline.name, name),
        Access::Direct => deployment_role(settings, &pipeline.name, name),
    })
}

/// The ARN of the role with which a job begins, whose name follows from the stage's.
fn opened(pipeline: &Pipeline, stage: &Stage, settings: &Settings, role: impl Fn(&str) -> String) -> Option<String> {
    let home = settings
        .cicd_account
        .clone()
        .or_else(|| pipeline.organization.as_ref().and_then(|organization| organization.cicd_account_id.clone()));
    let arn = |account: &AccountId, name: &str| {
        let partition = region(pipeline, stage, Some(settings)).map_or(Partition::Aws, |r| r.partition());
        Arn::role(partition, account, name).to_string()
    };
    match (settings.access, &stage.targets) {
        (Access::Hub, _) => Some(arn(&home?, &role(&stage.name))),
        (Access::Direct, Targets::Single { account, .. }) => Some(arn(account.as_ref()?, &role(&stage.name))),
        // A service connection opens one role.
        (Access::Direct, Targets::Fleet(_)) if matches!(settings.ci, Ci::Azure { .. }) => None,
        (Access::Direct, Targets::Fleet(fleet)) => {
            let first = fleet.accounts.iter().find(|account| !fleet.exclude_accounts.contains(account));
            Some(arn(first?, &role(&stage.name)))
        }
    }
}

fn region(pipeline: &Pipeline, stage: &Stage, settings: Option<&Settings>) -> Option<Region> {
    let of_stage = match &stage.targets {
        Targets::Single { region, .. } => Some(region.clone()),
        Targets::Fleet(fleet) => fleet.regions.first().cloned(),
    };
    let home = || {
        let of_pipeline = pipeline.organization.as_ref().and_then(|o| o.cicd_region.clone());
        settings.and_then(|s| s.cicd_region.clone()).or(of_pipeline)
    };
    // The hub lives in the CI/CD account, and so do its first calls.
    let hub = settings.is_some_and(|s| s.access == Access::Hub);
    if hub { home().or(of_stage) } else { of_stage.or_else(home) }
}
