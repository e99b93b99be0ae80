//! `samconfig.toml` and `samconfig.yaml` as the SAM CLI reads them.
//!
//! `UPDATE=1 cargo test -p landfall-deploy --test project_samconfig` writes the expected texts anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base::{AccountId, Diagnostic, Region, Sources, StackName};
use indexmap::IndexMap;
use landfall_deploy::expression::{Trigger, evaluate};
use landfall_deploy::project::samconfig::*;
use landfall_deploy::project::*;
use proptest::prelude::*;
use std::path::{Path, PathBuf};

fn rendered(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    diagnostics.iter().map(|d| d.render(sources)).collect::<Vec<_>>().join("\n")
}

fn read(path: &str, text: &str) -> (Samconfig, Vec<Diagnostic>, Sources) {
    let mut sources = Sources::new();
    let file = sources.add(path, text);
    let format = if path.ends_with(".toml") { Format::Toml } else { Format::Yaml };
    let (samconfig, diagnostics) = read_samconfig(file, text, format);
    (samconfig, diagnostics, sources)
}

#[track_caller]
fn good(path: &str, text: &str, environment: &str) -> Pipeline {
    let (samconfig, mut diagnostics, sources) = read(path, text);
    let (pipeline, more) = pipeline_from_samconfig(&samconfig, environment, &SamProject::default());
    diagnostics.extend(more);
    assert!(diagnostics.is_empty(), "{}", rendered(&diagnostics, &sources));
    pipeline
}

fn parameters(pipeline: &Pipeline) -> Vec<(String, String)> {
    let stage = &pipeline.stages[0];
    let Targets::Single { account, region } = &stage.targets else { panic!("a fleet") };
    let scope = pipeline.scope(stage, account.clone(), region.clone(), &Trigger::default()).unwrap();
    let stack = pipeline.steps[0].kind.stack().unwrap();
    stack.parameter_overrides.iter().map(|(k, v)| (k.clone(), evaluate(v, &scope).unwrap().to_string())).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

#[test]
fn every_faulty_file_gets_exactly_these_messages() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faulty-samconfig");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e != "txt"));
    paths.sort();
    assert!(paths.len() > 10);
    let mut wrong = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = if path.extension().is_some_and(|e| e == "toml") { "samconfig.toml" } else { "samconfig.yaml" };
        let (samconfig, mut diagnostics, sources) = read(name, &text);
        if !diagnostics.iter().any(Diagnostic::is_error) {
            let environment =
                if text.contains("[production.") || text.contains("[prod.") { "production" } else { "default" };
            diagnostics.extend(pipeline_from_samconfig(&samconfig, environment, &SamProject::default()).1);
        }
        let found = rendered(&diagnostics, &sources);
        let expected_path = PathBuf::from(format!("{}.txt", path.display()));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&expected_path, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&expected_path).unwrap_or_default();
        if found != expected || diagnostics.is_empty() {
            wrong.push(format!("{}\nexpected:\n{expected}\nfound:\n{found}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The file of the guide on cross-account deployments, its account id filled in.
#[test]
fn the_file_of_the_guide_becomes_one_stage_in_one_account() {
    let text = r#"
[production.deploy.parameters]
stack_name = "my-app-prod"
s3_bucket = "sam-deployments-prod"
s3_prefix = "my-app"
region = "us-east-1"
capabilities = "CAPABILITY_IAM"
role_arn = "arn:aws:iam::222222222222:role/SAMDeploymentRole"
"#;
    let (_, problems, _) = read("samconfig.toml", text);
    assert_eq!(problems.iter().map(|p| (p.code.as_str(), p.is_error())).collect::<Vec<_>>(), [("SAMC-003", false)]);
    let pipeline = good("samconfig.toml", &format!("version = 0.1{text}"), "production");
    assert_eq!(pipeline.name, "my-app-prod");
    let stage = &pipeline.stages[0];
    assert_eq!(stage.name, "production");
    let account = Some(AccountId::new("222222222222").unwrap());
    assert_eq!(stage.targets, Targets::Single { account, region: Region::new("us-east-1").unwrap() });
    assert_eq!(stage.deployment_role, RoleName::Caller);
    assert!(
        matches!(&stage.execution_role, Some(RoleName::Arn(arn)) if arn.as_str().ends_with("role/SAMDeploymentRole"))
    );
    assert_eq!(
        (stage.artifact_bucket.as_deref(), stage.artifact_prefix.as_str()),
        (Some("sam-deployments-prod"), "my-app")
    );
    let stack = pipeline.steps[0].kind.stack().unwrap();
    assert_eq!(stack.stack_name.as_plain_str(), Some("my-app-prod"));
    assert_eq!(stack.capabilities, [Capability::Iam]);
    assert_eq!(pipeline.artifacts["app"].template, "template.yaml");
}

#[test]
fn commands_win_over_global_and_environments_stand_alone() {
    let text = r#"version = 0.1
[default.global.parameters]
stack_name = "sam-app"
region = "eu-west-1"
[default.build.parameters]
cached = true
[default.deploy.parameters]
region = "us-east-2"
capabilities = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
resolve_s3 = true
s3_bucket = "ignored-when-resolved"
template_file = "packaged.yaml"
confirm_changeset = true
parameter_overrides = ["A=1", "B=\"two words\""]
"#;
    let (samconfig, _, _) = read("samconfig.toml", text);
    let (deploy, problems) = samconfig.deploy("default");
    assert!(problems.is_empty());
    assert!(deploy.confirm_changeset && deploy.resolve_s3);
    let pipeline = good("samconfig.toml", text, "default");
    let stage = &pipeline.stages[0];
    assert_eq!(stage.targets, Targets::Single { account: None, region: Region::new("us-east-2").unwrap() });
    assert_eq!(stage.artifact_bucket, None);
    assert_eq!(pipeline.artifacts["app"].template, "packaged.yaml");
    let stack = pipeline.steps[0].kind.stack().unwrap();
    assert_eq!(stack.capabilities, [Capability::NamedIam, Capability::AutoExpand]);
    assert_eq!(parameters(&pipeline), pairs(&[("A", "1"), ("B", "two words")]));
}

#[test]
fn parameters_come_in_many_forms() {
    let forms = [
        (
            r#"'A=1 B="two words" C=x=y D=a\ b E="say \"hi\"" F='"#,
            vec![("A", "1"), ("B", "two words"), ("C", "x=y"), ("D", "a b"), ("E", "say \"hi\""), ("F", "")],
        ),
        (r#""ParameterKey=A,ParameterValue=1 ParameterKey=B,ParameterValue=\"x y\"""#, vec![("A", "1"), ("B", "x y")]),
        (r#"["A=1", "B=2 C=${{not_ours}}"]"#, vec![("A", "1"), ("B", "2"), ("C", "${{not_ours}}")]),
        (r#"{ A = 1.10, B = true, C = ["x", "y"] }"#, vec![("A", "1.10"), ("B", "true"), ("C", "x,y")]),
        (r#""""#, vec![]),
    ];
    for (form, expected) in forms {
        let text = format!(
            "version = 0.1\n[default.deploy.parameters]\nstack_name = \"a\"\nregion = \"us-east-1\"\nparameter_overrides = {form}\n"
        );
        assert_eq!(parameters(&good("samconfig.toml", &text, "default")), pairs(&expected), "{form}");
    }
}

#[test]
fn yaml_is_read_too_and_what_the_user_names_wins() {
    let text = "version: 0.1\nstaging:\n  deploy:\n    parameters:\n      stack_name: app\n      region: eu-central-1\n      \
                capabilities: CAPABILITY_IAM CAPABILITY_AUTO_EXPAND\n      parameter_overrides:\n        - A=1\n        - B=2\n      tags: team=orders env=staging\n";
    let pipeline = good("samconfig.yaml", text, "staging");
    assert_eq!(parameters(&pipeline), pairs(&[("A", "1"), ("B", "2")]));
    assert_eq!(pipeline.steps[0].kind.stack().unwrap().tags.len(), 2);
    let (samconfig, _, _) = read("samconfig.yaml", text);
    let project = SamProject {
        template: Some("other.yaml".to_owned()),
        stack_name: Some(StackName::new("mine").unwrap()),
        region: Some(Region::new("us-west-1").unwrap()),
        fallback_region: Some(Region::new("us-west-2").unwrap()),
        parameter_overrides: IndexMap::from_iter([("B".to_owned(), "3".to_owned())]),
    };
    let (pipeline, problems) = pipeline_from_samconfig(&samconfig, "staging", &project);
    assert!(problems.is_empty());
    assert_eq!(parameters(&pipeline), pairs(&[("A", "1"), ("B", "3")]));
    assert_eq!(pipeline.artifacts["app"].template, "other.yaml");
    assert_eq!(pipeline.name, "mine");
}

#[test]
fn without_a_file_the_command_line_is_enough() {
    let project = SamProject {
        stack_name: Some(StackName::new("mine").unwrap()),
        fallback_region: Some(Region::new("us-west-2").unwrap()),
        ..SamProject::default()
    };
    let (pipeline, problems) = pipeline_from_samconfig(&Samconfig::default(), "default", &project);
    assert!(problems.is_empty());
    assert_eq!(pipeline.stages.len(), 1);
}

const TWO: &str = r#"version = 0.1
[staging.deploy.parameters]
stack_name = "orders-staging"
region = "us-east-1"
resolve_s3 = true
capabilities = "CAPABILITY_IAM"
parameter_overrides = "Stage=staging Log=info"
[prod.deploy.parameters]
stack_name = "orders-prod"
region = "eu-west-1"
s3_bucket = "deployments-prod"
s3_prefix = "orders"
confirm_changeset = true
capabilities = "CAPABILITY_IAM"
parameter_overrides = "Stage=prod Log=info Cost=\"a: b # c\""
role_arn = "arn:aws:iam::222222222222:role/Deploy"
tags = "team=orders"
"#;

#[test]
fn a_first_pipeline_is_written_from_it() {
    let (samconfig, _, _) = read("samconfig.toml", TWO);
    let accounts = IndexMap::from_iter([("staging".to_owned(), AccountId::new("111111111111").unwrap())]);
    let text = init_pipeline(&samconfig, "template.yaml", &accounts);
    insta::assert_snapshot!(text, @r#"
    version: 1

    artifacts:
      app: { type: sam, template: template.yaml }

    stages:
      - name: staging
        account_id: "111111111111"
        region: us-east-1
        vars:
          stack_name: orders-staging
          Stage: staging
          Cost: "" # the samconfig file gives no value here
          tag_team: "" # the samconfig file gives no value here
      - name: prod
        account_id: "222222222222"
        region: eu-west-1
        execution_role: arn:aws:iam::222222222222:role/Deploy
        artifact_bucket: deployments-prod
        artifact_prefix: orders
        requires_approval: ALWAYS
        vars:
          stack_name: orders-prod
          Stage: prod
          Cost: "a: b # c"
          tag_team: orders

    steps:
      - name: deploy
        type: sam
        params:
          artifact: app
          stack_name: ${{ vars.stack_name }}
          parameter_overrides:
            Stage: ${{ vars.Stage }}
            Log: info
            Cost: ${{ vars.Cost }}
          capabilities: [CAPABILITY_IAM]
          tags:
            team: ${{ vars.tag_team }}
    "#);
    let mut sources = Sources::new();
    let file = sources.add("pipeline.yaml", text.as_str());
    let (_, diagnostics) = read_pipeline("orders", file, &text);
    assert!(diagnostics.is_empty(), "{}", rendered(&diagnostics, &sources));
}

#[test]
fn an_account_that_is_not_known_is_asked_for() {
    let (samconfig, _, _) = read("samconfig.toml", "version = 0.1\n");
    let text = init_pipeline(&samconfig, "template.yaml", &IndexMap::new());
    let mut sources = Sources::new();
    let file = sources.add("pipeline.yaml", text.as_str());
    let (_, diagnostics) = read_pipeline("orders", file, &text);
    assert_eq!(diagnostics.iter().map(|d| d.code.as_str()).collect::<Vec<_>>(), ["PIPE-004"], "{text}");
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,80}", at in 0usize..900, cut in 0usize..40, put in "[ -~\\n]{0,6}") {
        for path in ["samconfig.toml", "samconfig.yaml"] {
            let (samconfig, _, _) = read(path, &text);
            let _ = init_pipeline(&samconfig, "t.yaml", &IndexMap::new());
        }
        let at = at.min(TWO.len());
        let end = (at + cut).min(TWO.len());
        let (samconfig, diagnostics, sources) = read("samconfig.toml", &format!("{}{put}{}", &TWO[..at], &TWO[end..]));
        let _ = rendered(&diagnostics, &sources);
        let _ = pipeline_from_samconfig(&samconfig, "prod", &SamProject::default());
    }

    #[test]
    fn what_init_writes_means_what_the_samconfig_says(values in prop::collection::vec(("[A-Za-z][A-Za-z0-9]{0,6}", "[ -~äß\\n\\t]{0,12}"), 0..5)) {
        let values: IndexMap<String, String> = values.into_iter().collect();
        let list: Vec<String> = values.iter().map(|(k, v)| format!("{k} = {}", toml_text(v))).collect();
        let text = format!(
            "version = 0.1\n[default.deploy.parameters]\nstack_name = \"a\"\nregion = \"us-east-1\"\n\
             role_arn = \"arn:aws:iam::222222222222:role/D\"\nparameter_overrides = {{ {} }}\n[b.deploy.parameters]\nstack_name = \"a\"\n\
             region = \"us-east-1\"\nrole_arn = \"arn:aws:iam::222222222222:role/D\"\n", list.join(", "));
        let (samconfig, problems, _) = read("samconfig.toml", &text);
        prop_assert!(problems.is_empty());
        let written = init_pipeline(&samconfig, "template.yaml", &IndexMap::new());
        let mut sources = Sources::new();
        let file = sources.add("pipeline.yaml", written.as_str());
        let (pipeline, diagnostics) = read_pipeline("orders", file, &written);
        prop_assert!(diagnostics.is_empty(), "{}\n{}", written, rendered(&diagnostics, &sources));
        let found: Vec<(String, String)> = parameters(&pipeline);
        prop_assert_eq!(found, values.into_iter().collect::<Vec<_>>());
    }
}

fn toml_text(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
    format!("\"{escaped}\"")
}
