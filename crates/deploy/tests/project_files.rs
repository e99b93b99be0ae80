//! Pipeline files as a whole: good ones, and faulty ones with every message they get.
//!
//! `UPDATE=1 cargo test -p landfall-deploy --test project_files` writes the expected texts anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base::{Diagnostic, Sources};
use landfall_deploy::expression::{Scope, Trigger, Value, evaluate};
use landfall_deploy::project::*;
use proptest::prelude::*;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn files(name: &str, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == extension));
    files.sort();
    assert!(!files.is_empty());
    files
}

fn read(text: &str) -> (Pipeline, Vec<Diagnostic>, Sources) {
    let mut sources = Sources::new();
    let file = sources.add("pipeline.yaml", text);
    let (pipeline, diagnostics) = read_pipeline("orders", file, text);
    (pipeline, diagnostics, sources)
}

fn rendered(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    diagnostics.iter().map(|d| d.render(sources)).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn good(text: &str) -> Pipeline {
    let (pipeline, diagnostics, sources) = read(text);
    assert!(diagnostics.is_empty(), "{}", rendered(&diagnostics, &sources));
    pipeline
}

#[test]
fn every_faulty_file_gets_exactly_these_messages() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    for path in files("faulty", "yaml") {
        let text = std::fs::read_to_string(&path).unwrap();
        let (_, diagnostics, sources) = read(&text);
        let found = rendered(&diagnostics, &sources);
        let expected_path = path.with_extension("txt");
        if update {
            std::fs::write(&expected_path, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&expected_path).unwrap_or_default();
        if found != expected || diagnostics.is_empty() {
            wrong.push(format!("{}\nexpected:\n{expected}\nfound:\n{found}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_good_file_is_read_without_a_message() {
    for path in files("fixtures", "yaml") {
        let (_, diagnostics, sources) = read(&std::fs::read_to_string(&path).unwrap());
        assert!(diagnostics.is_empty(), "{}:\n{}", path.display(), rendered(&diagnostics, &sources));
    }
}

#[test]
fn the_example_means_what_it_says() {
    let pipeline = good(&std::fs::read_to_string(folder("fixtures/whole.yaml")).unwrap());
    let names: Vec<&str> = pipeline.stages.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(names, ["staging", "prod-us-east-1", "everyone"]);
    let windows: Vec<&str> = pipeline.stages.iter().map(|stage| stage.window.as_str()).collect();
    assert_eq!(windows, ["NONE", "PACIFIC_WORKING_HOURS", "BERLIN_OFFICE"]);
    assert_eq!(pipeline.stages[1].alarms, ["api-health-us-east-1"]);
    assert_eq!(pipeline.stages[0].deployment_role, RoleName::Name("landfall-deploy".to_owned()));
    let Targets::Fleet(fleet) = &pipeline.stages[2].targets else { panic!("not a fleet") };
    assert_eq!(fleet.waves, [Amount::Count(1), Amount::Percent(10), Amount::Percent(100)]);
    assert_eq!(fleet.failure_tolerance, Amount::Count(0));
    let steps: Vec<(&str, Vec<String>)> =
        pipeline.steps.iter().map(|s| (s.id.as_str(), s.goes_after.clone())).collect();
    assert_eq!(steps, [("deploy", vec![]), ("smoke", vec!["deploy".to_owned()]), ("bake", vec!["smoke".to_owned()])]);
    let stack = pipeline.steps[0].kind.stack().unwrap();
    let Targets::Single { account, region } = &pipeline.stages[1].targets else { panic!("a fleet") };
    let scope = pipeline.scope(&pipeline.stages[1], account.clone(), region.clone(), &Trigger::default()).unwrap();
    assert_eq!(evaluate(&stack.stack_name, &scope).unwrap(), Value::from("orders-prod"));
    assert_eq!(format!("{:?}", evaluate(&stack.parameter_overrides["Replicas"], &scope).unwrap()), "3");
}

/// The fragments of the article on multi-account deployments, as they are printed, with what they leave out around them.
#[test]
fn printed_fragments_are_read_as_they_stand() {
    let stages = r#"
stages:
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
    let steps = "steps:\n- { name: bake, type: DEVRAMPS:APPROVAL:BAKE, params: { duration_minutes: 5 } }\n\
                 - name: Integration tests\n  id: tests\n  type: DEVRAMPS:APPROVAL:TEST\n  params: { testCommand: npm test, timeout: 10 }\n";
    let pipeline = good(&format!("version: 1\n{stages}{steps}"));
    assert_eq!(pipeline.stages.len(), 3);
    assert!(matches!(&pipeline.steps[1].kind, StepKind::Test(test) if test.timeout_minutes == 10));
    let wrapped = format!("{stages}{steps}").lines().map(|line| format!("  {line}\n")).collect::<String>();
    let wrapped = good(&format!("version: \"1.0.0\"\npipeline:\n  cloud_provider: AWS\n  tracks: main\n{wrapped}"));
    assert_eq!(wrapped.tracks.as_deref(), Some("main"));
    assert_eq!(wrapped.stages.len(), 3);

    let defaults = "version: 1\nstage_defaults:\n  deployment_time_window: PACIFIC_WORKING_HOURS\n  region: us-east-1\nstages:\n\
                    - name: staging\n  deployment_time_window: NONE # Deploy anytime\n  account_id: \"111111111111\"\n\
                    - name: production\n  account_id: \"222222222222\"\n";
    let pipeline = good(&format!("{defaults}{steps}"));
    assert_eq!(pipeline.stages[1].window, "PACIFIC_WORKING_HOURS");

    let variables = r#"
organization: { cicd_account_id: "999999999999" }
stages:
- name: production
  account_id: "222222222222"
  region: us-east-1
  vars:
    log_level: info
    replicas: 3
    env: prod
steps:
- name: migrate
  type: run
  params:
    command: ./migrate.sh
    env:
      aws_account_id: ${{ stage.account_id }}
      cicd_account_id: ${{ organization.cicd_account_id }}
      environment: ${{ vars.env }}
      stripe_key: ${{ secret("STRIPE_PUBLIC_KEY") }}
      db_password: ${{ stage_secret("DB_PASSWORD") }}
"#;
    let pipeline = good(&format!("version: 1{variables}"));
    let stage = &pipeline.stages[0];
    let Targets::Single { account, region } = &stage.targets else { panic!("a fleet") };
    let scope: Scope = pipeline.scope(stage, account.clone(), region.clone(), &Trigger::default()).unwrap();
    let StepKind::Run(run) = &pipeline.steps[0].kind else { panic!("not a command") };
    let shown: Vec<String> = run.env.values().map(|e| evaluate(e, &scope).unwrap().to_string()).collect();
    assert_eq!(shown, ["222222222222", "999999999999", "prod", "[secret STRIPE_PUBLIC_KEY]", "[secret DB_PASSWORD]"]);
}

#[test]
fn numbers_keep_the_form_in_which_they_were_written() {
    let pipeline = good(
        "version: 1\nstages: [{ name: a, account_id: '012345678901', region: us-east-1, vars: { v: 1.10 } }]\n\
         steps: [{ name: d, type: cloudformation, params: { template: /t.yaml, stack_name: a, \
         parameter_overrides: { A: 1.10, B: '${{ vars.v }}', C: 'v${{ vars.v }}', D: [1, 2.50], E: true } } }]\n",
    );
    let stack = pipeline.steps[0].kind.stack().unwrap();
    assert_eq!(stack.source, TemplateSource::Template("t.yaml".to_owned()));
    let stage = &pipeline.stages[0];
    let Targets::Single { account, region } = &stage.targets else { panic!("a fleet") };
    let scope = pipeline.scope(stage, account.clone(), region.clone(), &Trigger::default()).unwrap();
    let texts: Vec<String> =
        stack.parameter_overrides.values().map(|e| evaluate(e, &scope).unwrap().to_string()).collect();
    assert_eq!(texts, ["1.10", "1.10", "v1.10", "1,2.50", "true"]);
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        let _ = read(&text);
    }

    #[test]
    fn no_damage_to_a_good_file_panics(at in 0usize..2000, cut in 0usize..60, put in "[ -~\\n]{0,8}") {
        let text = include_str!("fixtures/whole.yaml");
        let at = at.min(text.len());
        let end = (at + cut).min(text.len());
        if let (Some(head), Some(tail)) = (text.get(..at), text.get(end..)) {
            let (_, diagnostics, sources) = read(&format!("{head}{put}{tail}"));
            let _ = rendered(&diagnostics, &sources);
        }
    }
}

/// A reader of any message knows where to look, begins to read in lower case, and is told what to do.
#[test]
fn every_expected_message_has_a_place_and_a_fix() {
    let mut count = 0;
    for folder in ["faulty", "faulty-samconfig"] {
        for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|ending| ending != "txt") {
                continue;
            }
            for message in std::fs::read_to_string(&path).unwrap().trim().split("\n\n") {
                let first = message.lines().next().unwrap();
                let shown = format!("{}: {first}", path.display());
                let (head, text) = first.split_once(": ").unwrap_or_else(|| panic!("{shown}"));
                assert_eq!(head.matches(':').count(), 2, "no line and column in {shown}");
                assert!(!text.starts_with(char::is_uppercase) && !text.ends_with('.'), "not a phrase: {shown}");
                assert!(message.contains("\n  fix: "), "nothing says what to do in {shown}");
                count += 1;
            }
        }
    }
    assert!(count >= 40, "only {count} messages");
}
