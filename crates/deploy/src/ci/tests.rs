#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use base::FileId;
use template::parse::{Dialect, parse};

fn stage(name: &str) -> StageEntry {
    StageEntry {
        name: name.into(),
        role: Some(format!("arn:aws:iam::111111111111:role/landfall/landfall-orders.{name}-deploy")),
        region: "eu-west-1".into(),
        environment: name.into(),
        branch: None,
        connection: format!("orders-{name}"),
    }
}

fn setup() -> Setup {
    Setup {
        pipeline: "orders".into(),
        branch: "main".into(),
        stages: vec![stage("staging"), stage("production")],
        plans: Vec::new(),
        install: Install::Download { url: "https://example.com/landfall.tar.gz".into(), sha256: "ab".repeat(32) },
        time_limit: 50,
        session_minutes: 60,
        by_token: false,
        audience: "https://gitlab.com".into(),
    }
}

/// The plan of pull requests that go in through a hub.
fn by_hub() -> PlanEntry {
    PlanEntry {
        stage: None,
        role: Some("arn:aws:iam::999999999999:role/landfall/landfall-orders.plan".into()),
        region: "eu-west-1".into(),
        connection: "orders-plan".into(),
        by_plan_roles: true,
    }
}

const YAML: [System; 4] = [System::GitHub, System::Azure, System::GitLab, System::Bitbucket];

#[test]
fn every_workflow_is_well_formed_and_deploys_each_stage_once() {
    let source = Install::Source { repository: "https://example.com/o'r.git".into(), revision: "c0ffee".into() };
    for install in [setup().install, source, Install::Unset] {
        for plans in [Vec::new(), vec![by_hub()]] {
            let setup = Setup { install: install.clone(), plans, ..setup() };
            for system in YAML {
                let made = file(system, &setup);
                let (_, problems) = parse(FileId(0), &made.text, Dialect::Template);
                let wrong: Vec<_> = problems.iter().filter(|p| p.message.contains("YAML")).collect();
                assert!(wrong.is_empty(), "{system:?} {wrong:?}\n{}", made.text);
                for stage in &setup.stages {
                    let deploys = format!("landfall deploy --pipeline orders --stage {} --no-input --yes", stage.name);
                    assert_eq!(made.text.matches(&deploys).count(), 1, "{system:?}");
                }
                assert!(made.text.contains("landfall resume"), "{system:?}");
            }
        }
    }
}

#[test]
fn an_edited_file_is_known_from_one_that_may_be_replaced() {
    for system in [System::GitHub, System::Azure, System::GitLab, System::Jenkins, System::Bitbucket] {
        let made = file(system, &setup());
        assert!(is_unedited(&made.text), "{system:?}");
        assert!(!is_unedited(&made.text.replace("landfall check", "true")), "{system:?}");
    }
    assert!(!is_unedited("name: mine\n"));
}

#[test]
fn a_github_workflow() {
    let one = Setup { stages: vec![stage("staging")], ..setup() };
    insta::assert_snapshot!(file(System::GitHub, &one).text, @r#"
    # Made by `landfall ci`. What stood below when it was made: f698a22c0e9425d95cca644fcedb6264f672a416f1b0d4b0dd9a8b2cc6ff18f6
    name: "Landfall orders"

    on:
      pull_request:
      push:
        branches: ["main"]

    permissions: {}

    concurrency:
      # Deployments queue: two runs of one pipeline exclude each other. Pull requests do not wait for them.
      group: landfall-orders-${{ github.event_name == 'pull_request' && github.ref || 'deploy' }}
      cancel-in-progress: false

    jobs:
      check:
        name: Check
        runs-on: ubuntu-24.04
        timeout-minutes: 30
        permissions:
          contents: read
        steps:
          - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
            with:
              persist-credentials: false
          - name: Install Landfall
            run: |
              place=$(mktemp -d)
              curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --output "$place/landfall.tar.gz" https://example.com/landfall.tar.gz
              echo abababababababababababababababababababababababababababababababab"  $place/landfall.tar.gz" | sha256sum --check --strict
              mkdir -p "$HOME/.local/bin"
              tar -xzf "$place/landfall.tar.gz" -C "$HOME/.local/bin" landfall
              echo "$HOME/.local/bin" >> "$GITHUB_PATH"
          - name: Check pipeline, templates and roles
            run: landfall check --pipeline orders

      deploy-staging:
        name: "Deploy staging"
        if: github.event_name == 'push' && github.ref == 'refs/heads/main'
        needs: check
        runs-on: ubuntu-24.04
        timeout-minutes: 65
        environment: "staging"
        permissions:
          contents: read
          id-token: write # opens the role, for this job only
        steps:
          - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
            with:
              persist-credentials: false
          - name: Install Landfall
            run: |
              place=$(mktemp -d)
              curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --output "$place/landfall.tar.gz" https://example.com/landfall.tar.gz
              echo abababababababababababababababababababababababababababababababab"  $place/landfall.tar.gz" | sha256sum --check --strict
              mkdir -p "$HOME/.local/bin"
              tar -xzf "$place/landfall.tar.gz" -C "$HOME/.local/bin" landfall
              echo "$HOME/.local/bin" >> "$GITHUB_PATH"
          - uses: aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c # v6.2.3
            with:
              role-to-assume: "arn:aws:iam::111111111111:role/landfall/landfall-orders.staging-deploy"
              aws-region: "eu-west-1"
              role-session-name: "landfall-orders-staging"
              role-duration-seconds: 3600
          - name: Deploy
            run: landfall deploy --pipeline orders --stage staging --no-input --yes --time-limit 50
          - name: How to go on
            if: failure() || cancelled()
            run: |
              echo '::notice title=Landfall::The run is in the journal. See it with: landfall status --pipeline orders; go on with: landfall resume --pipeline orders'
              landfall status --pipeline orders --no-input || true
    "#);
}

#[test]
fn a_gitlab_job() {
    let text = file(System::GitLab, &Setup { stages: vec![stage("staging")], install: Install::Unset, ..setup() }).text;
    insta::assert_snapshot!(text, @r#"
    # Made by `landfall ci`. What stood below when it was made: 0219d6ac35c0c2d0f50c8da734cb90845a401fae757ade7d829e6643a674b072
    stages: [check, "staging"]

    .landfall:
      image: buildpack-deps:bookworm-curl
      before_script:
        - |
          # Set both in this file: where the binary is, and the SHA-256 that it must have.
          LANDFALL_URL=''
          LANDFALL_SHA256=''
          if [ -z "$LANDFALL_URL" ] || [ -z "$LANDFALL_SHA256" ]; then
            echo 'Set LANDFALL_URL and LANDFALL_SHA256 in this file, or make it again with landfall ci --install-from URL --sha256 DIGEST.' >&2
            exit 1
          fi
          place=$(mktemp -d)
          curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --output "$place/landfall" "$LANDFALL_URL"
          echo "$LANDFALL_SHA256""  $place/landfall" | sha256sum --check --strict
          mkdir -p "$HOME/.local/bin"
          install -m 0755 "$place/landfall" "$HOME/.local/bin/landfall"
        - export PATH="$HOME/.local/bin:$PATH"

    # Enters AWS with the job's own token; no key is stored anywhere.
    .landfall-aws:
      extends: .landfall
      id_tokens:
        LANDFALL_ID_TOKEN:
          aud: "https://gitlab.com"
      before_script:
        - !reference [.landfall, before_script]
        - export AWS_WEB_IDENTITY_TOKEN_FILE="$(mktemp)"
        - printf '%s' "$LANDFALL_ID_TOKEN" > "$AWS_WEB_IDENTITY_TOKEN_FILE"
        - export AWS_ROLE_SESSION_NAME="landfall-$CI_PIPELINE_ID"

    check:
      extends: .landfall
      stage: check
      script:
        - landfall check --pipeline orders

    "deploy staging":
      extends: .landfall-aws
      stage: "staging"
      environment:
        name: "staging"
      resource_group: "landfall-orders"
      interruptible: false
      timeout: 65 minutes
      rules:
        - if: $CI_COMMIT_BRANCH == "main" && $CI_COMMIT_REF_PROTECTED == "true"
      variables:
        AWS_ROLE_ARN: "arn:aws:iam::111111111111:role/landfall/landfall-orders.staging-deploy"
        AWS_REGION: "eu-west-1"
      script:
        - landfall deploy --pipeline orders --stage staging --no-input --yes --time-limit 50
      after_script:
        - |
          if [ "$CI_JOB_STATUS" != success ]; then
            echo 'The run is in the journal. See it with: landfall status --pipeline orders; go on with: landfall resume --pipeline orders'
          fi
    "#);
}

#[test]
fn a_jenkinsfile() {
    insta::assert_snapshot!(file(System::Jenkins, &Setup { stages: vec![stage("staging")], ..setup() }).text, @r#"
    // Made by `landfall ci`. What stood below when it was made: 3bdf5ef4cd2b3d58fda1ec0ecf043c745ec901507cd98294b356e89481f10ca1
    pipeline {
      // Agents on EC2 with the instance role. No credentials are stored in Jenkins.
      agent { label 'landfall' }
      options {
        disableConcurrentBuilds()
        timeout(time: 65, unit: 'MINUTES')
      }
      environment {
        PATH = "${env.HOME}/.local/bin:${env.PATH}"
      }
      stages {
        stage('Install') {
          steps {
            sh '''
              set -eu
              place=$(mktemp -d)
              curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --output "$place/landfall.tar.gz" https://example.com/landfall.tar.gz
              echo abababababababababababababababababababababababababababababababab"  $place/landfall.tar.gz" | sha256sum --check --strict
              mkdir -p "$HOME/.local/bin"
              tar -xzf "$place/landfall.tar.gz" -C "$HOME/.local/bin" landfall
            '''
          }
        }
        stage('Check') {
          steps {
            sh 'landfall check --pipeline orders'
          }
        }
        stage('Deploy staging') {
          when {
            branch 'main'
            not { changeRequest() }
          }
          environment {
            AWS_REGION = 'eu-west-1'
          }
          steps {
            sh 'landfall deploy --pipeline orders --stage staging --no-input --yes --time-limit 50'
          }
        }
      }
      post {
        unsuccessful {
          echo 'The run is in the journal. See it with: landfall status --pipeline orders; go on with: landfall resume --pipeline orders'
        }
      }
    }
    "#);
}

#[test]
fn what_has_to_be_done_by_hand_is_said() {
    let open =
        Setup { stages: vec![StageEntry { role: None, ..stage("staging") }], install: Install::Unset, ..setup() };
    insta::assert_snapshot!(file(System::GitHub, &open).notes.join("\n"), @r"
    the install step is empty: set LANDFALL_URL and LANDFALL_SHA256 in the file, or give `--install-from URL --sha256 DIGEST`, or `--install-git URL --rev COMMIT`
    no role is known for staging: set it where the file says ROLE_ARN_IS_MISSING, or give `--role-arn`
    make an environment in the repository's settings for each stage, with its protection rules
    pull requests are checked without credentials; `plan_role: true` in `.landfall/bootstrap.yaml` makes roles that can only read, with which they plan
    ");
}

/// Where the accounts trust GitHub themselves, Landfall takes the tokens: a stage may have many accounts.
#[test]
fn a_github_job_enters_many_accounts_with_tokens() {
    let staging = PlanEntry { stage: Some("staging".into()), ..by_hub() };
    let setup = Setup {
        stages: vec![stage("staging")],
        plans: vec![staging],
        by_token: true,
        install: Install::Unset,
        ..setup()
    };
    let text = file(System::GitHub, &setup).text;
    assert!(!text.contains("configure-aws-credentials"), "{text}");
    let outline = |job: &str| {
        let lines: Vec<String> = part(&text, job).lines().map(str::to_owned).collect();
        let kept = lines.iter().filter(|l| {
            ["env:", "AWS_", "id-token", "landfall plan", "landfall deploy", "# "].iter().any(|k| l.contains(k))
        });
        kept.cloned().collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(outline("  plan:"), @r#"
    # Requests from forks get no token.
      id-token: write # opens the role, for this job only
    env:
      # Landfall enters each account with a token of the job: for what belongs to no stage, this role.
      AWS_ROLE_ARN: "arn:aws:iam::999999999999:role/landfall/landfall-orders.plan"
      AWS_REGION: "eu-west-1"
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
          # Set both in this file: where the binary is, and the SHA-256 that it must have.
        run: landfall plan --pipeline orders --plan-role --no-input
    "#);
    insta::assert_snapshot!(outline("  deploy-staging:"), @r#"
      id-token: write # opens the role, for this job only
    env:
      # Landfall enters each account with a token of the job: for what belongs to no stage, this role.
      AWS_ROLE_ARN: "arn:aws:iam::111111111111:role/landfall/landfall-orders.staging-deploy"
      AWS_REGION: "eu-west-1"
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
          # Set both in this file: where the binary is, and the SHA-256 that it must have.
        run: landfall deploy --pipeline orders --stage staging --no-input --yes --time-limit 50
    "#);
}

/// What a file has between a line and the next empty one.
fn part(text: &str, from: &str) -> String {
    let at = text.find(from).unwrap_or_else(|| panic!("no `{from}` in\n{text}"));
    let start = text[..at].rfind('\n').map_or(0, |n| n + 1);
    text[start..].split("\n\n").next().unwrap().trim_end().to_owned()
}

#[test]
fn pull_requests_plan_through_the_hub() {
    let setup = Setup { stages: vec![stage("staging")], plans: vec![by_hub()], install: Install::Unset, ..setup() };
    let github = file(System::GitHub, &setup).text;
    insta::assert_snapshot!(part(&github, "  plan:"), @r#"
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
      steps:
        - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
          with:
            persist-credentials: false
        - name: Install Landfall
          run: |
            # Set both in this file: where the binary is, and the SHA-256 that it must have.
            LANDFALL_URL=''
            LANDFALL_SHA256=''
            if [ -z "$LANDFALL_URL" ] || [ -z "$LANDFALL_SHA256" ]; then
              echo 'Set LANDFALL_URL and LANDFALL_SHA256 in this file, or make it again with landfall ci --install-from URL --sha256 DIGEST.' >&2
              exit 1
            fi
            place=$(mktemp -d)
            curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --output "$place/landfall" "$LANDFALL_URL"
            echo "$LANDFALL_SHA256""  $place/landfall" | sha256sum --check --strict
            mkdir -p "$HOME/.local/bin"
            install -m 0755 "$place/landfall" "$HOME/.local/bin/landfall"
            echo "$HOME/.local/bin" >> "$GITHUB_PATH"
        - uses: aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c # v6.2.3
          with:
            role-to-assume: "arn:aws:iam::999999999999:role/landfall/landfall-orders.plan"
            aws-region: "eu-west-1"
            role-session-name: "landfall-orders-plan"
            role-duration-seconds: 3600
        - name: Plan
          run: landfall plan --pipeline orders --plan-role --no-input
    "#);
    let azure = file(System::Azure, &setup);
    insta::assert_snapshot!(part(&azure.text, "- stage: plan"), @r###"
    - stage: plan
      displayName: Plan
      dependsOn: check
      condition: >-
        and(succeeded(), eq(variables['Build.Reason'], 'PullRequest'), ne(variables['System.PullRequest.IsFork'], 'True'))
      jobs:
        - job: plan
          timeoutInMinutes: 60
          steps:
            - checkout: self
              persistCredentials: false
            - script: |
                # Set both in this file: where the binary is, and the SHA-256 that it must have.
                LANDFALL_URL=''
                LANDFALL_SHA256=''
                if [ -z "$LANDFALL_URL" ] || [ -z "$LANDFALL_SHA256" ]; then
                  echo 'Set LANDFALL_URL and LANDFALL_SHA256 in this file, or make it again with landfall ci --install-from URL --sha256 DIGEST.' >&2
                  exit 1
                fi
                place=$(mktemp -d)
                curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --output "$place/landfall" "$LANDFALL_URL"
                echo "$LANDFALL_SHA256""  $place/landfall" | sha256sum --check --strict
                mkdir -p "$HOME/.local/bin"
                install -m 0755 "$place/landfall" "$HOME/.local/bin/landfall"
                echo "##vso[task.prependpath]$HOME/.local/bin"
              displayName: Install Landfall
            - task: AWSShellScript@1
              displayName: "Plan"
              inputs:
                awsCredentials: "orders-plan"
                regionName: "eu-west-1"
                scriptType: inline
                inlineScript: |
                  landfall plan --pipeline orders --plan-role --no-input
                # What Landfall says for people goes to standard error.
                failOnStandardError: false
                disableAutoCwd: true
                workingDirectory: $(Build.SourcesDirectory)
    "###);
    insta::assert_snapshot!(azure.notes.join("\n"), @r"
    the install step is empty: set LANDFALL_URL and LANDFALL_SHA256 in the file, or give `--install-from URL --sha256 DIGEST`, or `--install-git URL --rev COMMIT`
    install the AWS Toolkit (1.15 or newer), and make these AWS service connections with OIDC: orders-staging with the role arn:aws:iam::111111111111:role/landfall/landfall-orders.staging-deploy, orders-plan with the role arn:aws:iam::999999999999:role/landfall/landfall-orders.plan
    ");
    let bitbucket = file(System::Bitbucket, &setup).text;
    insta::assert_snapshot!(part(&bitbucket, "name: Plan"), @r#"
            name: Plan
            deployment: plan
            oidc: true
            script:
              - *install
              - export PATH="$HOME/.local/bin:$PATH"
              - export AWS_WEB_IDENTITY_TOKEN_FILE="$(mktemp)"
              - printf '%s' "$BITBUCKET_STEP_OIDC_TOKEN" > "$AWS_WEB_IDENTITY_TOKEN_FILE"
              - export AWS_ROLE_SESSION_NAME="landfall-$BITBUCKET_BUILD_NUMBER"
              - export AWS_ROLE_ARN=arn:aws:iam::999999999999:role/landfall/landfall-orders.plan
              - export AWS_REGION=eu-west-1
              - landfall plan --pipeline orders --plan-role --no-input
    branches:
      "main":
        - step:
            name: Check
            script:
              - *install
              - export PATH="$HOME/.local/bin:$PATH"
              - landfall check --pipeline orders
        - step:
            name: "Deploy staging"
            deployment: "staging"
            oidc: true
            max-time: 65
            script:
              - *install
              - export PATH="$HOME/.local/bin:$PATH"
              - export AWS_WEB_IDENTITY_TOKEN_FILE="$(mktemp)"
              - printf '%s' "$BITBUCKET_STEP_OIDC_TOKEN" > "$AWS_WEB_IDENTITY_TOKEN_FILE"
              - export AWS_ROLE_SESSION_NAME="landfall-$BITBUCKET_BUILD_NUMBER"
              - export AWS_ROLE_ARN=arn:aws:iam::111111111111:role/landfall/landfall-orders.staging-deploy
              - export AWS_REGION=eu-west-1
              - landfall deploy --pipeline orders --stage staging --no-input --yes --time-limit 50
            after-script:
              - "if [ \"$BITBUCKET_EXIT_CODE\" -ne 0 ]; then echo 'The run is in the journal. See it with: landfall status --pipeline orders; go on with: landfall resume --pipeline orders'; fi"
    "#);
}
