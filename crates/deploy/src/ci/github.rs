//! GitHub Actions: actions by their commit, tokens only where they are needed, a protected environment per stage.

use super::{PlanEntry, ROLE_IS_MISSING, Setup, StageEntry, branches, deploy, indented, plan, quoted, resume, word};
use std::fmt::Write as _;

/// `actions/checkout`, by the commit of its tag.
const CHECKOUT: &str = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1";
/// `aws-actions/configure-aws-credentials`, by the commit of its tag.
const CREDENTIALS: &str = "aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c # v6.2.3";

/// How long the sessions of plan roles last at most.
const PLAN_MINUTES: u32 = 60;

pub(super) fn text(setup: &Setup) -> String {
    let mut out = format!(
        "name: {}

on:
  pull_request:
  push:
    branches: {}

permissions: {{}}

concurrency:
  # Deployments queue: two runs of one pipeline exclude each other. Pull requests do not wait for them.
  group: landfall-{}-${{{{ github.event_name == 'pull_request' && github.ref || 'deploy' }}}}
  cancel-in-progress: false

jobs:
",
        quoted(&format!("Landfall {}", setup.pipeline)),
        branches(setup),
        setup.pipeline,
    );
    out.push_str(&check(setup));
    let mut before = "check".to_owned();
    for stage in &setup.stages {
        out.push_str(&stage_job(setup, stage, &before));
        // A stage on another branch is no promotion of this one.
        if stage.branch.is_none() {
            before = job_name(&stage.name);
        }
    }
    out
}

fn check(setup: &Setup) -> String {
    let pipeline = word(&setup.pipeline);
    let mut out = format!(
        "  check:
    name: Check
    runs-on: ubuntu-24.04
    timeout-minutes: 30
    permissions:
      contents: read
    steps:
{}
      - name: Check pipeline, templates and roles
        run: landfall check --pipeline {pipeline}
",
        head(setup)
    );
    // Landfall looks at all stages with one token.
    if let Some(entry) = setup.plans.first() {
        let entry = PlanEntry { stage: None, ..entry.clone() };
        let (env, credentials) = way_in(setup, (entry.role.as_deref(), &entry.region), "plan", PLAN_MINUTES);
        let _ = write!(
            out,
            "
  plan:
    name: Plan
    # Requests from forks get no token.
    if: github.event_name == 'pull_request' && github.event.pull_request.head.repo.full_name == github.repository
    needs: check
    runs-on: ubuntu-24.04
    timeout-minutes: 60
    permissions:
      contents: read
      id-token: write # opens the role, for this job only
{env}    steps:
{}
{credentials}      - name: Plan
        run: {}
",
            head(setup),
            plan(setup, &entry),
        );
    }
    out
}

fn stage_job(setup: &Setup, stage: &StageEntry, before: &str) -> String {
    let branch = stage.branch.as_deref().unwrap_or(&setup.branch);
    let (env, credentials) = way_in(setup, (stage.role.as_deref(), &stage.region), &stage.name, setup.session_minutes);
    format!(
        "
  {job}:
    name: {name}
    if: github.event_name == 'push' && github.ref == {reference}
    needs: {before}
    runs-on: ubuntu-24.04
    timeout-minutes: {timeout}
    environment: {environment}
    permissions:
      contents: read
      id-token: write # opens the role, for this job only
{env}    steps:
{head}
{credentials}      - name: Deploy
        run: {deploy}
      - name: How to go on
        if: failure() || cancelled()
        run: |
          echo '::notice title=Landfall::{resume}'
          landfall status --pipeline {pipeline} --no-input || true
",
        job = job_name(&stage.name),
        name = quoted(&format!("Deploy {}", stage.name)),
        reference = expression_text(&format!("refs/heads/{branch}")),
        timeout = setup.time_limit + 15,
        environment = quoted(&stage.environment),
        head = head(setup),
        deploy = deploy(setup, &stage.name),
        resume = resume(setup).replace('\'', ""),
        pipeline = word(&setup.pipeline),
    )
}

/// Checkout and installation.
fn head(setup: &Setup) -> String {
    format!(
        "      - uses: {CHECKOUT}
        with:
          persist-credentials: false
      - name: Install Landfall
        run: |
{}
          echo \"$HOME/.local/bin\" >> \"$GITHUB_PATH\"",
        indented(&setup.install.script(), 10)
    )
}

/// How a job gets into AWS: its environment, and a step. Where the accounts trust the CI themselves, Landfall takes a token
/// for each of them, so that one job reaches many.
fn way_in(setup: &Setup, (role, region): (Option<&str>, &str), stage: &str, minutes: u32) -> (String, String) {
    let (role, region) = (quoted(role.unwrap_or(ROLE_IS_MISSING)), quoted(region));
    if setup.by_token {
        let env = format!(
            "    env:
      # Landfall enters each account with a token of the job: for what belongs to no stage, this role.
      AWS_ROLE_ARN: {role}
      AWS_REGION: {region}
"
        );
        return (env, String::new());
    }
    let step = format!(
        "      - uses: {CREDENTIALS}
        with:
          role-to-assume: {role}
          aws-region: {region}
          role-session-name: {}
          role-duration-seconds: {}
",
        quoted(&session(&setup.pipeline, stage)),
        minutes * 60,
    );
    (String::new(), step)
}

/// A session name of at most 64 characters.
fn session(pipeline: &str, stage: &str) -> String {
    format!("landfall-{pipeline}-{stage}").chars().take(64).collect()
}

/// Job ids start with a letter or an underscore.
fn job_name(stage: &str) -> String {
    format!("deploy-{stage}")
}

/// A text in an expression of GitHub's.
fn expression_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
