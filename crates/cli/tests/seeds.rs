//! Configurations as other tools' documentation prints them, deployed in the sandbox: only account ids are filled in, and
//! what the printed fragment leaves out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// A function, and an alarm of it that a stage may name.
const APPLICATION: &str = r#"AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Env: { Type: String, Default: prod }
  Replicas: { Type: Number, Default: 1 }
Resources:
  Api:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: api/
      Handler: app.handler
      Runtime: python3.13
      Environment: { Variables: { ENV: !Ref Env, REPLICAS: !Ref Replicas } }
      Events: { Get: { Type: HttpApi, Properties: { Path: /, Method: get } } }
"#;

/// The stages of a canary region and a second one, with an alarm each.
const STAGES: &str = r#"stages:
- name: staging
  account_id: "111111111111"
  region: us-east-1
  vars:
    env: staging
    replicas: 1
- name: prod-us-east-1
  account_id: "222222222222"
  region: us-east-1
  vars:
    env: prod
    replicas: 3
  auto_rollback_alarm_name: api-health-us-east-1
- name: prod-us-west-2
  account_id: "222222222222"
  region: us-west-2
  vars:
    env: prod
    replicas: 3
  auto_rollback_alarm_name: api-health-us-west-2
"#;

/// Stages that differ in the window in which they are deployed.
const WINDOWS: &str = r#"stage_defaults:
  deployment_time_window: PACIFIC_WORKING_HOURS
stages:
- name: staging
  deployment_time_window: NONE # Deploy anytime
  account_id: "111111111111"
  region: us-east-1
  vars: { env: staging, replicas: 1 }
- name: production
  account_id: "222222222222"
  region: us-east-1
  vars: { env: prod, replicas: 3 }
"#;

/// Stages that differ in their variables only.
const VARS: &str = r#"stages:
- name: staging
  account_id: "111111111111"
  region: us-east-1
  vars:
    log_level: debug
    env: staging
    replicas: 1
- name: production
  account_id: "222222222222"
  region: us-east-1
  vars:
    log_level: info
    env: prod
    replicas: 3
"#;

/// What the fragments leave out.
const STEPS: &str = r#"artifacts:
  api: { type: sam, template: template.yaml }
steps:
- name: deploy
  type: sam
  params:
    artifact: api
    stack_name: api-${{ vars.env }}
    parameter_overrides: { Env: "${{ vars.env }}", Replicas: "${{ vars.replicas }}" }
    capabilities: [CAPABILITY_IAM]
- name: bake
  type: bake
  params: { duration_minutes: 5 }
"#;

/// Parameters of `sam deploy`, as a guide to deployments across accounts prints them.
const SAMCONFIG: &str = r#"[production.deploy.parameters]
stack_name = "my-app-prod"
s3_bucket = "sam-deployments-prod"
s3_prefix = "my-app"
region = "us-east-1"
capabilities = "CAPABILITY_IAM"
role_arn = "arn:aws:iam::222222222222:role/SAMDeploymentRole"
"#;

/// An organization whose deploy roles may do what deployments do, and act themselves: no role is given to CloudFormation.
const STAGES_WORLD: &str = r#"clock: "2026-11-23T15:00:00Z"
organization: { id: o-seedseed42, root: r-sd42, management: "000000000001" }
accounts:
  - { id: "000000000001", name: management }
  - { id: "999999999999", name: cicd }
  - { id: "111111111111", name: staging }
  - { id: "222222222222", name: production }
roles:
  - accounts: ["111111111111", "222222222222"]
    name: landfall-deploy
    trust:
      Version: "2012-10-17"
      Statement:
        - Effect: Allow
          Principal: { AWS: "arn:aws:iam::999999999999:root" }
          Action: ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    inline:
      deployments:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Action: "*", Resource: "*" }]
alarms:
  - { account: "222222222222", region: us-east-1, name: api-health-us-east-1 }
  - { account: "222222222222", region: us-west-2, name: api-health-us-west-2 }
"#;

/// An organization with the bucket and the role that the parameters name.
const WORLD: &str = r#"clock: "2026-11-23T15:00:00Z"
organization: { id: o-seedseed42, root: r-sd42, management: "000000000001" }
accounts:
  - { id: "000000000001", name: management }
  - { id: "222222222222", name: production }
buckets:
  - { account: "222222222222", region: us-east-1, name: sam-deployments-prod }
roles:
  - accounts: ["222222222222"]
    name: SAMDeploymentRole
    trust:
      Version: "2012-10-17"
      Statement:
        - { Effect: Allow, Principal: { Service: cloudformation.amazonaws.com }, Action: "sts:AssumeRole" }
    inline:
      resources:
        Version: "2012-10-17"
        Statement:
          - { Effect: Allow, Action: ["lambda:*", "apigateway:*", "s3:GetObject", "iam:*Role*", "cloudformation:CreateChangeSet"], Resource: "*" }
"#;

fn project(organization: Option<&str>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "template.yaml", APPLICATION);
    write(folder.path(), "api/app.py", "def handler(event, context):\n    return {}\n");
    fs::create_dir_all(folder.path().join(".landfall/sandbox")).unwrap();
    if let Some(world) = organization {
        write(folder.path(), ".landfall/sandbox/world.yaml", world);
    }
    folder
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn landfall(folder: &Path, words: &[&str], caller: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_landfall"));
    command.args(words).arg("--project").arg(folder).arg("--no-input");
    for name in [
        "LANDFALL_SANDBOX",
        "AWS_ACCESS_KEY_ID",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "CI",
        "GITHUB_ACTIONS",
        "TF_BUILD",
    ] {
        command.env_remove(name);
    }
    if let Some(account) = caller {
        command.env("AWS_ACCESS_KEY_ID", account);
    }
    command.output().unwrap()
}

/// Runs a command that must succeed, and returns all that it says.
fn said(folder: &Path, words: &[&str], caller: Option<&str>) -> String {
    let output = landfall(folder, words, caller);
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "`landfall {}` ended with {}:\n{text}", words.join(" "), output.status);
    text
}

fn stages_work(fragment: &str, stages: &[&str]) {
    let folder = project(Some(STAGES_WORLD));
    let home = "version: 1\norganization: { cicd_account_id: \"999999999999\" }\n";
    write(folder.path(), ".landfall/api/pipeline.yaml", &format!("{home}{fragment}{STEPS}"));
    said(folder.path(), &["check"], None);
    let first = said(folder.path(), &["deploy", "--yes"], None);
    for stage in stages {
        assert!(first.contains(&format!("stage {stage} passed")), "{first}");
    }
    write(folder.path(), "api/app.py", "def handler(event, context):\n    return {\"release\": 2}\n");
    let second = said(folder.path(), &["deploy", "--yes"], None);
    assert!(second.contains("release 2"), "{second}");
    said(folder.path(), &["rollback", "--yes"], None);
    let history = said(folder.path(), &["history"], None);
    assert_eq!(history.lines().filter(|line| line.contains("succeeded")).count(), 3, "{history}");
}

#[test]
fn printed_stages_with_alarms_are_deployed_one_after_another() {
    stages_work(STAGES, &["staging", "prod-us-east-1", "prod-us-west-2"]);
}

#[test]
fn printed_stages_take_or_replace_the_default_window() {
    stages_work(WINDOWS, &["staging", "production"]);
}

#[test]
fn printed_stages_with_variables_only_are_deployed() {
    stages_work(VARS, &["staging", "production"]);
}

#[test]
fn printed_samconfig_deploys_with_its_role_into_the_callers_account() {
    let folder = project(Some(WORLD));
    write(folder.path(), "samconfig.toml", SAMCONFIG);
    let words = ["deploy", "--config-env", "production", "--yes"];
    let first = said(folder.path(), &words, Some("222222222222"));
    assert!(first.contains("stack my-app-prod (new)"), "{first}");
    assert!(first.contains("stage production passed"), "{first}");
    let again = said(folder.path(), &words, Some("222222222222"));
    assert!(again.contains("nothing to change"), "{again}");
}

#[test]
fn a_samconfig_whose_role_is_in_another_account_changes_nothing() {
    let folder = project(Some(WORLD));
    write(folder.path(), "samconfig.toml", SAMCONFIG);
    let output = landfall(folder.path(), &["deploy", "--config-env", "production", "--yes"], Some("000000000001"));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{text}");
    assert!(text.contains("222222222222") && text.contains("000000000001"), "{text}");
}

#[test]
fn a_template_with_local_code_is_checked_as_it_is_packaged() {
    let folder = project(None);
    let said = said(folder.path(), &["check"], None);
    assert!(said.contains("1 file checked, no errors"), "{said}");
}
