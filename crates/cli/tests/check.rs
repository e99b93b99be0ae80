//! `landfall check` as a command: every rule is reached, and the forms of its report, its exit codes and suppressions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use iam::check::RULES;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use template::parse::{Dialect, parse};

const CATALOGUE: &str = include_str!("check/catalogue.yaml");
/// A repository whose tokens carry ids.
const BOOTSTRAP: &str = "ci: github\nrepo: acme/young\nowner_id: \"1\"\nrepo_id: \"2\"\n";
/// Rules about sessions, which only the roles of an account have; `deploy`'s tests of the review show them.
const LIVE: [&str; 2] = ["TRUST-016", "TRUST-017"];

fn landfall(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_landfall"));
    command.args(arguments).current_dir(folder).env_clear().env("NO_COLOR", "1").output().unwrap()
}

fn report(folder: &Path, arguments: &[&str]) -> Value {
    let all = [&["check", "--format", "json", "--fail-on", "never"], arguments].concat();
    let output = landfall(folder, &all);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn diagnostics(report: &Value) -> &[Value] {
    report["diagnostics"].as_array().unwrap()
}

#[test]
fn every_rule_is_reached_and_keeps_quiet() {
    let (tree, problems) = parse(base::FileId(0), CATALOGUE, Dialect::Strict);
    assert_eq!(problems, []);
    let cases = template::write::to_json(&tree);
    let cases = cases.as_object().unwrap();
    let known: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    let shown: BTreeSet<&str> = cases.keys().map(String::as_str).chain(LIVE).collect();
    assert_eq!(shown, known);

    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join(".landfall")).unwrap();
    fs::write(folder.path().join(".landfall/bootstrap.yaml"), BOOTSTRAP).unwrap();
    fs::create_dir(folder.path().join("files")).unwrap();
    for (code, sides) in cases {
        for side in ["bad", "good"] {
            let mut document = sides[side].clone();
            if document.get("Statement").is_some() {
                document["Version"] = "2012-10-17".into();
            }
            assert!(document.is_object(), "{code} {side}");
            fs::write(folder.path().join(format!("files/{code}.{side}.json")), document.to_string()).unwrap();
        }
    }
    let report = report(folder.path(), &["files"]);
    assert_eq!(report["checked"], 2 * cases.len());
    for code in cases.keys() {
        let has = |side: &str| {
            let path = format!("files/{code}.{side}.json");
            diagnostics(&report).iter().any(|d| d["place"]["path"] == path.as_str() && d["code"] == code.as_str())
        };
        assert!(has("bad"), "{code} finds nothing in its bad sample");
        assert!(!has("good"), "{code} finds something in its good sample");
    }
    let malformed: Vec<&Value> =
        diagnostics(&report).iter().filter(|d| !known.contains(d["code"].as_str().unwrap_or_default())).collect();
    assert!(malformed.is_empty(), "{malformed:#?}");
}

/// A template with one error, one warning and a place for a suppression.
fn template(suppression: &str) -> String {
    format!(
        "Resources:
  Deploy:
    Type: AWS::IAM::Role
    Metadata: {{ Landfall: {{ Suppress: [{suppression}] }} }}
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: {{ Effect: Allow, Principal: {{ Service: lambda.amazonaws.com }}, Action: 'sts:AssumeRole' }}
      Policies:
        - PolicyName: all
          PolicyDocument:
            Version: '2012-10-17'
            Statement: {{ Effect: Allow, Action: '*', Resource: '*' }}
  Url: {{ Type: AWS::Lambda::Url, Properties: {{ AuthType: NONE, TargetFunctionArn: f }} }}
"
    )
}

#[test]
fn what_fails_the_command_and_what_excuses_a_finding() {
    let never = "{ rule: ROLE-001, reason: a test account, until: 9999-12-31 }";
    let over = "{ rule: ROLE-001, reason: a test account, until: 2020-01-01 }";
    let silent = "{ rule: ROLE-001, until: 9999-12-31 }";
    let idle = "{ rule: ROLE-003, reason: a test account, until: 9999-12-31 }";
    // What the template suppresses, `--fail-on`, the exit code, and what the report says of errors and warnings.
    let table: &[(&str, &str, i32, &str)] = &[
        ("", "error", 2, "1 file checked, 1 error, 1 warning"),
        ("", "warning", 2, "1 file checked, 1 error, 1 warning"),
        ("", "never", 0, "1 file checked, 1 error, 1 warning"),
        (never, "error", 0, "1 file checked, no errors, 1 warning, 1 suppressed"),
        (never, "warning", 2, "1 file checked, no errors, 1 warning, 1 suppressed"),
        (over, "error", 2, "1 file checked, 1 error, 2 warnings"),
        (silent, "error", 2, "1 file checked, 2 errors, 1 warning"),
        (idle, "error", 2, "1 file checked, 1 error, 2 warnings"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for (suppression, fail_on, code, said) in table {
        fs::write(folder.path().join("template.yaml"), template(suppression)).unwrap();
        let output = landfall(folder.path(), &["check", "template.yaml", "--fail-on", fail_on]);
        let screen = String::from_utf8_lossy(&output.stdout).into_owned();
        let last = screen.lines().last().unwrap_or_default().to_owned();
        if (output.status.code(), last.as_str()) != (Some(*code), *said) {
            wrong.push(format!("{suppression} {fail_on}: {:?} {last}", output.status.code()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_project_lists_suppressions_of_its_policies() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join(".landfall")).unwrap();
    let all = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}"#;
    fs::write(folder.path().join("admin.json"), all).unwrap();
    let list = "suppress:\n  - { rule: ROLE-001, path: admin.json, reason: break glass, until: 9999-12-31 }\n";
    fs::write(folder.path().join(".landfall/suppressions.yaml"), list).unwrap();
    let report = report(folder.path(), &["admin.json"]);
    assert_eq!((&report["errors"], &report["warnings"]), (&0.into(), &0.into()));
    assert_eq!(diagnostics(&report)[0]["suppressed"]["reason"], "break glass");
}

#[test]
fn each_form_of_the_report_names_the_place() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("template.yaml"), template("")).unwrap();
    let shown = |form: &str| {
        let output = landfall(folder.path(), &["check", "template.yaml", "--format", form]);
        String::from_utf8(output.stdout).unwrap()
    };
    let place = |result: &Value| {
        let region = &result["locations"][0]["physicalLocation"]["region"];
        (result["ruleId"].as_str().unwrap().to_owned(), region["startLine"].as_u64().unwrap())
    };
    let sarif: Value = serde_json::from_str(&shown("sarif")).unwrap();
    let results: Vec<_> = sarif["runs"][0]["results"].as_array().unwrap().iter().map(place).collect();
    assert_eq!(results, [("ROLE-001".to_owned(), 13), ("RES-005".to_owned(), 14)]);
    let json: Value = serde_json::from_str(&shown("json")).unwrap();
    assert_eq!((diagnostics(&json)[0]["place"]["line"].as_u64(), json["errors"].as_u64()), (Some(13), Some(1)));
    let github = shown("github");
    assert!(github.starts_with("::error file=template.yaml,line=13,"), "{github}");
    // The text form tells the findings on the other stream, with the place as editors read it.
    let text = landfall(folder.path(), &["check", "template.yaml"]);
    let text = String::from_utf8_lossy(&text.stderr).into_owned();
    assert!(text.contains("template.yaml:13:") && text.contains("ROLE-001"), "{text}");
}

#[test]
fn nested_templates_are_looked_at_where_they_are_local() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("inner")).unwrap();
    let outer =
        "Resources:\n  Inner: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: inner/a.yaml } }\n";
    let middle = "Resources:\n  App: { Type: AWS::Serverless::Application, Properties: { Location: b.yaml } }\n  Outer: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: ../outer.yaml } }\nTransform: AWS::Serverless-2016-10-31\n";
    let last = "Resources:\n  Url: { Type: AWS::Lambda::Url, Properties: { AuthType: NONE, TargetFunctionArn: f } }\n";
    for (path, text) in [("outer.yaml", outer), ("inner/a.yaml", middle), ("inner/b.yaml", last)] {
        fs::write(folder.path().join(path), text).unwrap();
    }
    let report = report(folder.path(), &["outer.yaml"]);
    assert_eq!(report["checked"], 3);
    let url = diagnostics(&report).iter().find(|d| d["code"] == "RES-005").unwrap();
    assert_eq!(url["place"]["path"], "inner/b.yaml");
}
