//! GitLab: an id token per job, one resource group for all deployments of a pipeline.

use super::{ROLE_IS_MISSING, Setup, StageEntry, deploy, indented, quoted, resume, word};

pub(super) fn text(setup: &Setup) -> String {
    let names: Vec<String> = setup.stages.iter().map(|s| quoted(&s.name)).collect();
    let pipeline = word(&setup.pipeline);
    let mut out = format!(
        "stages: [check, {names}]

.landfall:
  image: {image}
  before_script:
    - |
{install}
    - export PATH=\"$HOME/.local/bin:$PATH\"

# Enters AWS with the job's own token; no key is stored anywhere.
.landfall-aws:
  extends: .landfall
  id_tokens:
    LANDFALL_ID_TOKEN:
      aud: {audience}
  before_script:
    - !reference [.landfall, before_script]
    - export AWS_WEB_IDENTITY_TOKEN_FILE=\"$(mktemp)\"
    - printf '%s' \"$LANDFALL_ID_TOKEN\" > \"$AWS_WEB_IDENTITY_TOKEN_FILE\"
    - export AWS_ROLE_SESSION_NAME=\"landfall-$CI_PIPELINE_ID\"

check:
  extends: .landfall
  stage: check
  script:
    - landfall check --pipeline {pipeline}
",
        names = names.join(", "),
        image = setup.install.image(),
        install = indented(&setup.install.script(), 6),
        audience = quoted(&setup.audience),
    );
    out.push_str(&plan(setup).unwrap_or_default());
    for stage in &setup.stages {
        out.push_str(&job(setup, stage));
    }
    out
}

/// What merge requests do where a role may plan.
fn plan(setup: &Setup) -> Option<String> {
    let entry = setup.plans.first()?;
    Some(format!(
        "
plan:
  extends: .landfall-aws
  stage: check
  needs: [check]
  rules:
    - if: $CI_PIPELINE_SOURCE == \"merge_request_event\"
  variables:
    AWS_ROLE_ARN: {}
    AWS_REGION: {}
  script:
    - {}
",
        quoted(entry.role.as_deref().unwrap_or(ROLE_IS_MISSING)),
        quoted(&entry.region),
        super::plan(setup, entry),
    ))
}

fn job(setup: &Setup, stage: &StageEntry) -> String {
    let branch = stage.branch.as_deref().unwrap_or(&setup.branch);
    format!(
        "
{name}:
  extends: .landfall-aws
  stage: {stage}
  environment:
    name: {environment}
  resource_group: {group}
  interruptible: false
  timeout: {timeout} minutes
  rules:
    - if: $CI_COMMIT_BRANCH == {branch} && $CI_COMMIT_REF_PROTECTED == \"true\"
  variables:
    AWS_ROLE_ARN: {role}
    AWS_REGION: {region}
  script:
    - {deploy}
  after_script:
    - |
      if [ \"$CI_JOB_STATUS\" != success ]; then
        echo {resume}
      fi
",
        name = quoted(&format!("deploy {}", stage.name)),
        stage = quoted(&stage.name),
        environment = quoted(&stage.environment),
        group = quoted(&format!("landfall-{}", setup.pipeline)),
        timeout = setup.time_limit + 15,
        branch = quoted(branch),
        role = quoted(stage.role.as_deref().unwrap_or(ROLE_IS_MISSING)),
        region = quoted(&stage.region),
        deploy = deploy(setup, &stage.name),
        resume = word(&resume(setup)),
    )
}
