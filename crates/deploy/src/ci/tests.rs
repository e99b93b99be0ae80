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
        plan_role: None,
        install: Install::Download { url: "https://example.com/landfall.tar.gz".into(), sha256: "ab".repeat(32) },
        time_limit: 50,
        session_minutes: 60,
        audience: "https://gitlab.com".into(),
    }
}

const YAML: [System; 4] = [System::GitHub, System::Azure, System::GitLab, System::Bitbucket];

#[test]
fn every_workflow_is_well_formed_and_deploys_each_stage_once() {
    let source = Install::Source { repository: "https://example.com/o'r.git".into(), revision: "c0ffee".into() };
    for install in [setup().install, source, Install::Unset] {
        for plan_role in [None, Some("arn:aws:iam::111111111111:role/plan".to_owned())] {
            let setup = Setup { install: install.clone(), plan_role, ..setup() };
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
    insta::assert_snapshot!(file(System::GitHub, &one).text, @"");
}

#[test]
fn a_gitlab_job() {
    let text = file(System::GitLab, &Setup { stages: vec![stage("staging")], install: Install::Unset, ..setup() }).text;
    insta::assert_snapshot!(text, @"");
}

#[test]
fn a_jenkinsfile() {
    insta::assert_snapshot!(file(System::Jenkins, &Setup { stages: vec![stage("staging")], ..setup() }).text, @"");
}

#[test]
fn what_has_to_be_done_by_hand_is_said() {
    let open = Setup {
        stages: vec![StageEntry { role: None, ..stage("staging") }],
        install: Install::Unset,
        ..setup()
    };
    insta::assert_snapshot!(file(System::GitHub, &open).notes.join("\n"), @"");
}
