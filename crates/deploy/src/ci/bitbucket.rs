//! Bitbucket Pipelines: tokens name the deployment environment, which is why each stage must have one.

use super::{PlanEntry, ROLE_IS_MISSING, Setup, StageEntry, deploy, indented, quoted, resume, word};

pub(super) fn text(setup: &Setup) -> String {
    let pipeline = word(&setup.pipeline);
    let check = format!(
        "- step:
    name: Check
    script:
      - *install
      - export PATH=\"$HOME/.local/bin:$PATH\"
      - landfall check --pipeline {pipeline}
"
    );
    let plan = setup.plans.first().map_or_else(String::new, |entry| plan(setup, entry));
    let stages: String = setup.stages.iter().map(|stage| step(setup, stage)).collect();
    format!(
        "image: {image}

definitions:
  scripts:
    - script: &install |-
{install}

pipelines:
  pull-requests:
    '**':
{requests}
  branches:
    {branch}:
{deploys}
",
        image = setup.install.image(),
        install = indented(&setup.install.script(), 8),
        requests = indented(&format!("{check}{plan}"), 6),
        branch = quoted(&setup.branch),
        deploys = indented(&format!("{check}{stages}"), 6),
    )
}

/// What pull requests do. The step's token opens every account's plan role, so that one step looks at all stages.
fn plan(setup: &Setup, entry: &PlanEntry) -> String {
    let environment = if entry.by_plan_roles { "    deployment: plan\n" } else { "" };
    format!(
        "- step:
    name: Plan
{environment}    oidc: true
    script:
{}
      - {}
",
        indented(&enter(entry.role.as_deref().unwrap_or(ROLE_IS_MISSING), &entry.region), 6),
        super::plan(setup, &PlanEntry { stage: None, ..entry.clone() }),
    )
}

fn step(setup: &Setup, stage: &StageEntry) -> String {
    format!(
        "- step:
    name: {name}
    deployment: {environment}
    oidc: true
    max-time: {time}
    script:
{enter}
      - {deploy}
    after-script:
      - {resume}
",
        name = quoted(&format!("Deploy {}", stage.name)),
        environment = quoted(&stage.environment),
        time = setup.time_limit + 15,
        enter = indented(&enter(stage.role.as_deref().unwrap_or(ROLE_IS_MISSING), &stage.region), 6),
        deploy = deploy(setup, &stage.name),
        resume = quoted(&format!("if [ \"$BITBUCKET_EXIT_CODE\" -ne 0 ]; then echo {}; fi", word(&resume(setup)))),
    )
}

/// Installation, and the way into AWS with the step's own token.
fn enter(role: &str, region: &str) -> String {
    format!(
        "- *install
- export PATH=\"$HOME/.local/bin:$PATH\"
- export AWS_WEB_IDENTITY_TOKEN_FILE=\"$(mktemp)\"
- printf '%s' \"$BITBUCKET_STEP_OIDC_TOKEN\" > \"$AWS_WEB_IDENTITY_TOKEN_FILE\"
- export AWS_ROLE_SESSION_NAME=\"landfall-$BITBUCKET_BUILD_NUMBER\"
- export AWS_ROLE_ARN={}
- export AWS_REGION={}",
        word(role),
        word(region),
    )
}
