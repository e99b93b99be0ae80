//! Azure Pipelines: the AWS Toolkit's task gives a script the credentials of a service connection, one per stage.

use super::{Setup, StageEntry, branches, deploy, indented, plan, quoted, resume, word};
use std::fmt::Write as _;

pub(super) fn text(setup: &Setup) -> String {
    let pipeline = word(&setup.pipeline);
    let mut out = format!(
        "trigger:
  batch: true
  branches:
    include: {branches}

pr:
  branches:
    include: {branches}

pool:
  vmImage: ubuntu-24.04

stages:
  - stage: check
    displayName: Check
    jobs:
      - job: check
        timeoutInMinutes: 30
        steps:
{head}
          - script: landfall check --pipeline {pipeline}
            displayName: Check pipeline, templates and roles
",
        branches = branches(setup),
        head = indented(&head(setup), 10),
    );
    out.push_str(&plans(setup));
    let mut before = "check".to_owned();
    for stage in &setup.stages {
        let _ = write!(out, "{}", job(setup, stage, &before));
        before = identifier(&stage.name);
    }
    out
}

/// What pull requests do where they may plan. Those from forks get no service connection.
fn plans(setup: &Setup) -> String {
    if setup.plans.is_empty() {
        return String::new();
    }
    let mut out = format!(
        "
  - stage: plan
    displayName: Plan
    dependsOn: check
    condition: >-
      and(succeeded(), eq(variables['Build.Reason'], 'PullRequest'), ne(variables['System.PullRequest.IsFork'], 'True'))
    jobs:
      - job: plan
        timeoutInMinutes: 60
        steps:
{head}
",
        head = indented(&head(setup), 10),
    );
    for entry in &setup.plans {
        let name = entry.stage.as_ref().map_or_else(|| "Plan".to_owned(), |stage| format!("Plan {stage}"));
        out.push_str(&indented(&task(&name, &entry.connection, &entry.region, &plan(setup, entry)), 10));
        out.push('\n');
    }
    out
}

/// Checkout and installation.
fn head(setup: &Setup) -> String {
    format!(
        "- checkout: self
  persistCredentials: false
- script: |
{install}
    echo \"##vso[task.prependpath]$HOME/.local/bin\"
  displayName: Install Landfall",
        install = indented(&setup.install.script(), 4),
    )
}

/// A command with the credentials of a service connection.
fn task(name: &str, connection: &str, region: &str, command: &str) -> String {
    format!(
        "- task: AWSShellScript@1
  displayName: {}
  inputs:
    awsCredentials: {}
    regionName: {}
    scriptType: inline
    inlineScript: |
      {command}
    # What Landfall says for people goes to standard error.
    failOnStandardError: false
    disableAutoCwd: true
    workingDirectory: $(Build.SourcesDirectory)",
        quoted(name),
        quoted(connection),
        quoted(region),
    )
}

fn job(setup: &Setup, stage: &StageEntry, before: &str) -> String {
    let branch = stage.branch.as_deref().unwrap_or(&setup.branch);
    format!(
        "
  - stage: {id}
    displayName: {name}
    dependsOn: {before}
    lockBehavior: sequential
    condition: >-
      and(succeeded(), ne(variables['Build.Reason'], 'PullRequest'), eq(variables['Build.SourceBranch'], 'refs/heads/{branch}'))
    jobs:
      - deployment: {id}
        displayName: {name}
        environment: {environment}
        timeoutInMinutes: {timeout}
        strategy:
          runOnce:
            deploy:
              steps:
{head}
{task}
                - script: {resume}
                  displayName: How to go on
                  condition: failed()
",
        id = identifier(&stage.name),
        name = quoted(&format!("Deploy {}", stage.name)),
        branch = branch.replace('\'', "''"),
        environment = quoted(&stage.environment),
        timeout = setup.time_limit + 15,
        head = indented(&head(setup), 16),
        task = indented(&task("Deploy", &stage.connection, &stage.region, &deploy(setup, &stage.name)), 16),
        resume = quoted(&format!("echo {}", word(&resume(setup)))),
    )
}

/// Names of stages and jobs have letters, digits and underscores.
fn identifier(name: &str) -> String {
    format!("deploy_{}", name.replace(|c: char| !c.is_ascii_alphanumeric(), "_"))
}
