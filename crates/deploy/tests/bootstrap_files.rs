//! The bootstrap file, the names that follow from it, and the stacks in other forms: words, Terraform, drift.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base::{AccountId, Diagnostic, Region, Sources};
use landfall_deploy::bootstrap::{
    BootstrapStack, Found, Part, PipelineFacts, ProviderSeen, Settings, Templates, add_needs, deployment_role,
    difference_in_words, drifted, execution_role, pipeline_facts, read_additional, read_bootstrap, stacks, terraform,
};
use landfall_deploy::permissions::SourceTemplate;
use landfall_deploy::project::{RoleName, read_pipeline, read_pipeline_with};
use landfall_deploy::seen::StackSeen;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const PIPELINE: &str = "
version: 1
artifacts: { app: { type: cloudformation, template: t.yaml } }
stages:
  - { name: staging, account_id: \"111111111111\", region: eu-west-1 }
steps:
  - { name: deploy, type: cloudformation, params: { artifact: app, stack_name: orders } }
";

fn problems(text: &str) -> String {
    let mut sources = Sources::new();
    let file = sources.add("bootstrap.yaml", text);
    let (settings, problems) = read_bootstrap(file, text);
    assert_eq!(settings.is_none(), problems.iter().any(Diagnostic::is_error));
    problems.iter().map(|d| d.render(&sources)).collect::<Vec<_>>().join("\n\n")
}

fn settings(text: &str) -> Settings {
    let mut sources = Sources::new();
    let (settings, found) = read_bootstrap(sources.add("bootstrap.yaml", text), text);
    assert!(found.is_empty(), "{found:?}");
    settings.unwrap()
}

fn facts(settings: &Settings, name: &str, text: &str) -> PipelineFacts {
    let mut sources = Sources::new();
    let (pipeline, found) = read_pipeline_with(name, sources.add("pipeline.yaml", text), text, Some(settings));
    assert!(found.is_empty(), "{:?}", found.iter().map(|d| d.render(&sources)).collect::<Vec<_>>());
    let (facts, found) = pipeline_facts(&pipeline, settings, &BTreeMap::new());
    assert!(found.is_empty(), "{found:?}");
    facts
}

fn made(settings: &Settings, found: &Found) -> (Vec<BootstrapStack>, Vec<String>) {
    let (stacks, problems) = stacks(settings, &[facts(settings, "orders", PIPELINE)], found);
    let problems = problems.iter().filter(|d| d.code.as_str() != "BOOT-022");
    (stacks, problems.map(|d| format!("{} {}", d.code, d.message)).collect())
}

#[test]
fn everything_wrong_with_a_file_is_said_at_once() {
    let heads = |text: &str| {
        let all = problems(text);
        all.lines().filter(|l| l.contains("[BOOT") || l.starts_with("  fix:")).map(str::to_owned).collect::<Vec<_>>()
    };
    let table: [(&str, &[&str]); 8] = [
        ("", &["BOOT-006"]),
        ("repo: acme/orders\n", &["BOOT-002"]),
        ("ci: gitlub\n", &["BOOT-004"]),
        ("ci: github\nrepo: orders\nacces: hub\n", &["BOOT-007", "BOOT-001"]),
        ("ci: gitlab\nrepo: acme/orders\n", &["BOOT-002", "BOOT-001"]),
        ("ci: github\nrepo: acme/orders\nowner_id: \"7\"\nsession_minutes: 900\n", &["BOOT-007", "BOOT-004"]),
        (
            "ci: jenkins\naccess: direct\nrole_path: /\ncicd_account_id: 999999999999\n",
            &["BOOT-007", "BOOT-007", "BOOT-004"],
        ),
        (
            "ci: github\nrepo: acme/orders\nsubject: both\norganization_id: acme\napplication_services: [dynamo]\n",
            &["BOOT-007", "BOOT-007", "BOOT-007"],
        ),
    ];
    for (text, codes) in table {
        let lines = heads(text);
        let found: Vec<&str> = lines.iter().filter_map(|l| Some(l.split_once('[')?.1.split_once(']')?.0)).collect();
        assert_eq!(found, codes, "{text}{}", problems(text));
        assert_eq!(lines.iter().filter(|l| l.starts_with("  fix:")).count(), codes.len(), "{}", problems(text));
    }
    insta::assert_snapshot!(problems("ci: github\nrepo: acme/orders\nacces: hub\n"), @r"
    error[BOOT-001] bootstrap.yaml:3:1: unknown key `acces` in the bootstrap file for GitHub
      3 | acces: hub
        | ^^^^^
      fix: did you mean `access`?
    ");
}

proptest! {
    #[test]
    fn no_text_panics(text in "(ci|repo|stages|access|: |[ -~\\n]){0,40}") {
        let mut sources = Sources::new();
        let _ = read_bootstrap(sources.add("bootstrap.yaml", text.as_str()), &text);
        let _ = read_additional(sources.add("more.yaml", text.as_str()), &text);
    }

    /// No two stages of any two pipelines share a role, and no name is too long.
    #[test]
    fn names_are_short_and_their_own(
        a in "[a-z][a-z0-9-]{0,40}[a-z0-9]", b in "[a-z][a-z0-9-]{0,40}[a-z0-9]",
        c in "[a-z][a-z0-9-]{0,40}[a-z0-9]", d in "[a-z][a-z0-9-]{0,40}[a-z0-9]",
    ) {
        let settings = settings("ci: github\nrepo: acme/orders\n");
        let last = |name: String| name.rsplit('/').next().unwrap().to_owned();
        let (one, other) = (last(deployment_role(&settings, &a, &b)), last(deployment_role(&settings, &c, &d)));
        prop_assert!(one.len() <= 64 && last(execution_role(&settings, &a, &b)).len() <= 64);
        prop_assert_eq!(one == other, (a == c) && (b == d));
    }
}

#[test]
fn names_with_the_same_letters_differ() {
    let settings = settings("ci: github\nrepo: acme/orders\n");
    assert_eq!(deployment_role(&settings, "a-b", "c"), "landfall/landfall-a-b.c-deploy");
    assert_eq!(deployment_role(&settings, "a", "b-c"), "landfall/landfall-a.b-c-deploy");
    let long = deployment_role(&settings, "a-pipeline-with-a-very-long-name", "production-in-frankfurt-am-main");
    assert_eq!(long, "landfall/landfall-a-pipeline-with-a-very-long-name.pr_6ab605b8bba2-deploy");
}

#[test]
fn a_bootstrap_file_gives_stages_their_roles_and_without_one_all_stays() {
    let settings = settings("ci: github\nrepo: acme/orders\naccess: hub\nexternal_id: orders-7\n");
    let mut sources = Sources::new();
    let file = sources.add("pipeline.yaml", PIPELINE);
    let (with, _) = read_pipeline_with("orders", file, PIPELINE, Some(&settings));
    let stage = &with.stages[0];
    assert_eq!(stage.deployment_role, RoleName::Name("landfall/landfall-orders.staging-deploy".into()));
    assert_eq!(stage.execution_role, Some(RoleName::Name("landfall/landfall-orders.staging-exec".into())));
    assert_eq!((stage.artifact_prefix.as_str(), stage.external_id.as_deref()), ("orders/staging", Some("orders-7")));
    let (without, _) = read_pipeline("orders", file, PIPELINE);
    let stage = &without.stages[0];
    assert_eq!(stage.deployment_role, RoleName::Name("landfall-deploy".into()));
    assert_eq!((&stage.execution_role, stage.artifact_prefix.as_str(), &stage.external_id), (&None, "", &None));
    let own = PIPELINE.replace("region: eu-west-1", "region: eu-west-1, deployment_role: mine, execution_role: theirs");
    let (named, _) = read_pipeline_with("orders", file, &own, Some(&settings));
    assert_eq!(named.stages[0].deployment_role, RoleName::Name("mine".into()));
    let (facts, _) = pipeline_facts(&named, &settings, &BTreeMap::new());
    assert_eq!(stacks(&settings, &[facts], &Found::default()).0.len(), 0, "without a CI/CD account for the hub");
}

#[test]
fn stages_that_one_token_opens_are_refused() {
    let two = PIPELINE
        .replace("stages:\n", "stages:\n  - { name: production, account_id: \"222222222222\", region: eu-west-1 }\n");
    for (text, good) in [
        ("ci: github\nrepo: acme/orders\n", true),
        ("ci: github\nrepo: acme/orders\nenvironment: aws\n", false),
        ("ci: github\nrepo: acme/orders\nbranch: main\n", false),
        ("ci: github\nrepo: acme/orders\nbranch: main\nstages: { production: { tag: release } }\n", true),
        ("ci: gitlab\nproject: acme/orders\n", true),
        ("ci: gitlab\nproject: acme/orders\nbranch: main\n", false),
        ("ci: buildkite\norganization: acme\npipeline: orders\n", false),
    ] {
        let settings = settings(text);
        let (_, problems) = stacks(&settings, &[facts(&settings, "orders", &two)], &Found::default());
        assert_eq!(problems.iter().any(|d| d.code.as_str() == "BOOT-008"), !good, "{text}");
    }
}

#[test]
fn stacks_that_two_stages_reach_are_told() {
    let settings = settings("ci: github\nrepo: acme/orders\n");
    let said = |names: &str, account: &str| {
        let stage = format!("stages:\n  - {{ name: production, account_id: \"{account}\", region: eu-west-1 }}\n");
        let two =
            PIPELINE.replace("stages:\n", &stage).replace("stack_name: orders", &format!("stack_name: \"{names}\""));
        let (_, problems) = stacks(&settings, &[facts(&settings, "orders", &two)], &Found::default());
        problems.iter().filter(|d| d.code.as_str() == "BOOT-023").count()
    };
    assert_eq!(said("orders", "111111111111"), 1);
    assert_eq!(said("orders", "222222222222"), 0);
    assert_eq!(said("orders-${{ stage.name }}", "111111111111"), 0);
    assert_eq!(said("orders-${{ trigger.branch }}", "111111111111"), 1);
    assert_eq!(said("${{ stage.name }}-${{ trigger.branch }}", "111111111111"), 0);
}

#[test]
fn a_provider_that_is_there_is_adopted_and_ours_stays() {
    let settings = settings("ci: github\nrepo: acme/orders\n");
    let account = AccountId::new("111111111111").unwrap();
    let seen = |audiences: &[&str], stack: Option<&str>| {
        let provider = ProviderSeen {
            address: "token.actions.githubusercontent.com".into(),
            audiences: audiences.iter().map(|a| (*a).to_owned()).collect(),
            stack: stack.map(str::to_owned),
        };
        Found { providers: BTreeMap::from([(account.clone(), vec![provider])]), ..Found::default() }
    };
    let has = |stacks: &[BootstrapStack]| stacks[0].template["Resources"].get("IdentityProvider").is_some();
    let (fresh, said) = made(&settings, &Found::default());
    assert!(has(&fresh) && said.is_empty());
    let (adopted, said) = made(&settings, &seen(&["sts.amazonaws.com"], None));
    assert!(!has(&adopted) && said.is_empty(), "{said:?}");
    assert_eq!(adopted[0].digest, fresh[0].digest, "an adopted provider is no drift");
    let (_, said) = made(&settings, &seen(&["https://github.com/acme"], None));
    assert_eq!(said.len(), 1);
    assert!(said[0].starts_with("BOOT-012"), "{said:?}");
    let (ours, _) = made(&settings, &seen(&["sts.amazonaws.com"], Some("eu-west-1/landfall-bootstrap")));
    assert!(has(&ours), "leaving it out would delete it");
    let trust = |stacks: &[BootstrapStack]| stacks[1].template.to_string();
    assert_eq!(trust(&fresh), trust(&adopted));
}

fn seen_of(stack: &BootstrapStack) -> StackSeen {
    let outputs = stack.template["Outputs"].as_object().unwrap();
    let outputs = outputs.iter().filter_map(|(k, v)| Some((k.clone(), v["Value"].as_str()?.to_owned()))).collect();
    StackSeen {
        id: "id".into(),
        status: "CREATE_COMPLETE".into(),
        reason: None,
        created: "2026-11-22T00:00:00Z".parse().unwrap(),
        updated: None,
        outputs,
        parameters: BTreeMap::new(),
        tags: stack.tags.clone(),
        role: None,
        termination_protection: true,
        root: None,
        change_set: None,
    }
}

#[test]
fn a_missing_or_changed_bootstrap_is_named() {
    let settings = settings("ci: github\nrepo: acme/orders\n");
    let (stacks, _) = made(&settings, &Found::default());
    let stack = &stacks[1];
    let ask = |seen: Option<&StackSeen>| drifted(stack, seen).map(|d| format!("{} {}", d.code, d.message));
    let good = seen_of(stack);
    assert_eq!(ask(Some(&good)), None);
    assert_eq!(
        ask(None).unwrap(),
        "BOOT-013 the bootstrap stack `landfall-bootstrap-roles-orders` in account 111111111111, eu-west-1 is missing"
    );
    let mut other = good.clone();
    other.outputs.insert("BootstrapDigest".into(), "0".repeat(64));
    assert!(ask(Some(&other)).unwrap().starts_with("BOOT-014"));
    for (version, words) in [("0", "older form"), ("2", "newer Landfall")] {
        let mut other = good.clone();
        other.outputs.insert("BootstrapVersion".into(), version.into());
        assert!(ask(Some(&other)).unwrap().contains(words));
    }
    let mut odd = good;
    odd.status = "REVIEW_IN_PROGRESS".into();
    assert!(ask(Some(&odd)).unwrap().starts_with("BOOT-013"));
}

const TEMPLATE: &str = "
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {}
  Queue:
    Type: AWS::SQS::Queue
";

fn with_template(settings: &Settings, text: &str) -> (PipelineFacts, Vec<String>) {
    with_templates(settings, &[("t.yaml", text)])
}

/// With the templates of the last in the one before it, as stack `Nested`.
fn with_templates(settings: &Settings, texts: &[(&str, &str)]) -> (PipelineFacts, Vec<String>) {
    let mut facts = facts(settings, "orders", PIPELINE);
    let mut sources = Sources::new();
    let nodes: Vec<_> = texts
        .iter()
        .map(|(path, text)| {
            let file = sources.add(*path, *text);
            let (node, found) = template::parse::parse(file, text, template::parse::Dialect::Template);
            assert!(found.is_empty(), "{found:?}");
            node
        })
        .collect();
    let within = nodes.iter().rev().fold(None, |inner, node| {
        Some(SourceTemplate { template: node, nested: inner.map(|inner| ("Nested", inner)).into_iter().collect() })
    });
    let region = Region::new("eu-west-1").unwrap();
    let expanded = within.unwrap().expanded("packaged", &region).unwrap();
    let templates = Templates::from([(("app".to_owned(), region), expanded)]);
    let said = add_needs(&mut facts, settings, &templates);
    (facts, said.iter().map(|d| d.render(&sources)).collect())
}

#[test]
fn nested_templates_give_permissions_and_their_roles_need_the_boundary() {
    let settings = settings("ci: github\nrepo: acme/orders\n");
    let nest = |url: &str| {
        format!(
            "Resources:\n  Nested:\n    Type: AWS::CloudFormation::Stack\n    Properties: {{ TemplateURL: {url} }}\n"
        )
    };
    let far = nest("https://elsewhere.s3.amazonaws.com/t.yaml").replace("Nested", "Far");
    let middle = format!("{}{}", nest("in/deep.yaml"), far.trim_start_matches("Resources:\n"));
    let texts = [("t.yaml", nest("in/t.yaml").as_str()), ("in/t.yaml", &middle), ("in/deep.yaml", TEMPLATE)]
        .map(|(path, text)| (path, text.to_owned()));
    let texts: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let (facts, said) = with_templates(&settings, &texts);
    let target = &facts.stages[0].targets[0];
    assert!(target.nested);
    let on = |action: &str| {
        let found = target.needed.iter().filter(|n| n.action == action);
        found.flat_map(|n| &n.resources).map(|r| r.rsplit(':').next().unwrap()).collect::<Vec<_>>()
    };
    insta::assert_debug_snapshot!((on("sqs:CreateQueue"), on("cloudformation:DeleteStack")), @r#"
    (
        [
            "orders-Nested-*",
        ],
        [
            "stack/orders-Nested-*/*",
            "stack/orders-Nested-*-Nested-*/*",
            "stack/orders-Nested-*-Far-*/*",
        ],
    )
    "#);
    insta::assert_snapshot!(said.join("\n"), @r#"
    warning[BOOT-024] in/t.yaml:5:3: the template of the nested stack `Nested/Far` is not read
      5 |   Far:
        |   ^^^
      why: it is `https://elsewhere.s3.amazonaws.com/t.yaml`, and only templates of the project are read
      fix: add the permissions for its resources to `aws_additional_iam_policies.yaml`, or bring it into the project

    error[BOOT-015] in/deep.yaml:4:5: role `Nested/Nested/Role` has no permissions boundary
      4 |     Type: AWS::IAM::Role
        |     ^^^^^^^^^^^^^^^^^^^^
      why: the execution role makes roles within the pipeline's boundary only; the deployment would fail in the middle
      fix: in a SAM template add `Globals: { Function: { PermissionsBoundary: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/landfall/landfall-orders.boundary" } }`, else `PermissionsBoundary` with that value to the role
    "#);
}

#[test]
fn templates_give_permissions_and_roles_without_the_boundary_are_found() {
    let settings = settings("ci: github\nrepo: acme/orders\n");
    let (facts, said) = with_template(&settings, TEMPLATE);
    assert!(facts.stages[0].targets[0].needed.iter().any(|n| n.action == "sqs:CreateQueue"));
    insta::assert_snapshot!(said.join("\n"), @r#"
    error[BOOT-015] t.yaml:4:5: role `Role` has no permissions boundary
      4 |     Type: AWS::IAM::Role
        |     ^^^^^^^^^^^^^^^^^^^^
      why: the execution role makes roles within the pipeline's boundary only; the deployment would fail in the middle
      fix: in a SAM template add `Globals: { Function: { PermissionsBoundary: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/landfall/landfall-orders.boundary" } }`, else `PermissionsBoundary` with that value to the role
    "#);
    let bounded = |value: &str| {
        let text =
            TEMPLATE.replace("      AssumeRole", &format!("      PermissionsBoundary: {value}\n      AssumeRole"));
        with_template(&settings, &text).1.len()
    };
    let name = "policy/landfall/landfall-orders.boundary";
    assert_eq!(bounded(&format!("!Sub \"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:{name}\"")), 0);
    assert_eq!(bounded(&format!("arn:aws:iam::111111111111:{name}")), 0);
    assert_eq!(bounded("!ImportValue boundary"), 0);
    assert_eq!(bounded("arn:aws:iam::aws:policy/AdministratorAccess"), 1);
    assert_eq!(bounded(&format!("arn:aws:iam::222222222222:{name}")), 1, "of another account");
}

#[test]
fn the_difference_is_told_in_words() {
    let settings = settings("ci: github\nrepo: acme/orders\n");
    let roles = |facts: PipelineFacts| {
        let (all, _) = stacks(&settings, &[facts], &Found::default());
        all.into_iter().find(|s| s.part == Part::Pipeline("orders".into())).unwrap().template
    };
    let queue = TEMPLATE.split("  Role").next().unwrap().to_owned() + "  Queue:\n    Type: AWS::SQS::Queue\n";
    let topic = queue.replace("SQS::Queue", "SNS::Topic").replace("Queue:", "Topic:");
    let (old, new) = (roles(with_template(&settings, &queue).0), roles(with_template(&settings, &topic).0));
    assert_eq!(difference_in_words(&old, &old), [""; 0]);
    let words = difference_in_words(&old, &new);
    assert!(words.iter().all(|w| w.starts_with("the execution role of orders/staging may")), "{words:#?}");
    assert!(words.iter().any(|w| w.contains("may now also") && w.contains("`sns:CreateTopic`")), "{words:#?}");
    assert!(words.iter().any(|w| w.contains("may no longer") && w.contains("`sqs:CreateQueue`")), "{words:#?}");
    let small = json!({"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {
        "RoleName": "landfall-orders.staging-deploy",
        "Tags": [{"Key": "landfall:pipeline", "Value": "orders"}, {"Key": "landfall:stage", "Value": "staging"}],
        "AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::999999999999:root"}}]},
        "Policies": [{"PolicyName": "deploy", "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}}}],
    }}}});
    let words = difference_in_words(&json!({"Resources": {}}), &small);
    insta::assert_snapshot!(words.join("\n"), @r"
    `arn:aws:iam::999999999999:root` may now also `sts:AssumeRole` on `the deployment role of orders/staging`
    the deployment role of orders/staging may now also `s3:GetObject` on `*`, if aws:SecureTransport Bool `true`
    new: `landfall-orders.staging-deploy` (AWS::IAM::Role)
    ");
}

#[test]
fn terraform_has_everything_that_the_stacks_have() {
    let text = "ci: github\nrepo: acme/orders\naccess: hub\ncicd_account_id: \"999999999999\"\ncicd_account_region: eu-west-1\nencryption: kms\nimage_repositories: [orders]\norganization_id: o-a1b2c3d4e5\n";
    let settings = settings(text);
    let (stacks, _) = made(&settings, &Found::default());
    let files = terraform(&stacks);
    assert_eq!(files.keys().collect::<Vec<_>>(), ["111111111111/main.tf.json", "999999999999/main.tf.json"]);
    for (account, kinds) in [("111111111111", 0), ("999999999999", 1)] {
        let module: Value = serde_json::from_str(&files[&format!("{account}/main.tf.json")]).unwrap();
        assert_eq!(module["provider"]["aws"][0]["allowed_account_ids"][0], account);
        let count = |kind: &str| module["resource"][kind].as_object().map_or(0, serde_json::Map::len);
        let in_stacks = |kind: &str| {
            let here = stacks.iter().filter(|s| s.account.as_str() == account);
            here.flat_map(|s| s.template["Resources"].as_object().unwrap().values())
                .filter(|r| r["Type"] == kind)
                .count()
        };
        for (ours, theirs) in [
            ("AWS::IAM::Role", "aws_iam_role"),
            ("AWS::IAM::ManagedPolicy", "aws_iam_policy"),
            ("AWS::S3::Bucket", "aws_s3_bucket_versioning"),
            ("AWS::S3::BucketPolicy", "aws_s3_bucket_policy"),
            ("AWS::KMS::Key", "aws_kms_key"),
            ("AWS::ECR::Repository", "aws_ecr_repository_policy"),
            ("AWS::IAM::OIDCProvider", "aws_iam_openid_connect_provider"),
        ] {
            assert_eq!(count(theirs), in_stacks(ours), "{account} {theirs}");
        }
        assert_eq!(count("aws_iam_openid_connect_provider"), kinds);
    }
    assert!(
        files["111111111111/main.tf.json"].contains("${aws_iam_policy.bootstrap_roles_orders_eu_west_1_boundary.arn}")
    );
    let central = &files["999999999999/main.tf.json"];
    assert!(central.contains("$${aws:PrincipalTag/landfall:pipeline}"), "a policy variable is not Terraform's");
}

#[test]
fn additional_policies_are_read_strictly() {
    let read = |text: &str| {
        let mut sources = Sources::new();
        let (statements, found) = read_additional(sources.add("more.yaml", text), text);
        (statements.len(), found.iter().map(|d| d.code.to_string()).collect::<Vec<_>>())
    };
    let good = "{ Effect: Allow, Action: \"ssm:GetParameter\", Resource: \"arn:aws:ssm:eu-west-1:111111111111:parameter/orders/*\" }";
    assert_eq!(read(good), (1, vec![]));
    assert_eq!(read(&format!("- {good}\n- Version: \"2012-10-17\"\n  Statement: [{good}, {good}]\n")), (3, vec![]));
    assert_eq!(read(&good.replace("Action", "Actions")).1, ["BOOT-016"]);
    assert_eq!(read("just text").1, ["BOOT-016"]);
    assert!(read("{ Effect: Allow, Action: \"*\", Resource: \"*\" }").1.contains(&"ROLE-001".to_owned()));
    assert!(
        read("{ Effect: Allowed, Action: \"s3:GetObject\", Resource: \"*\" }")
            .1
            .iter()
            .any(|c| c.starts_with("POLICY"))
    );
}
