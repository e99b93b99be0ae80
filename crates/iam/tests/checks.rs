//! All rules together: our own policies pass, findings keep their fingerprints, and nothing makes a rule panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use landfall_iam::check::{
    Finding, ResourceFacts, RoleFacts, SessionUse, Stage, TrustFacts, check_resource, check_role, check_trust,
};
use landfall_iam::policy::{settle, size};
use landfall_iam::trust::{CiIdentity, GitHubIds, GitHubPlace, HubTrust, RunPhase, SubjectForm, ci_trust, hub_trust};
use landfall_iam::{Document, Kind, NamedPolicy, parse};
use proptest::prelude::*;
use serde_json::{Value, json};

fn read(kind: Kind, value: &Value) -> Document {
    parse(value, kind).accept().unwrap_or_else(|p| panic!("{p:#?}"))
}

fn names(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|f| format!("{} {}", f.rule, f.message)).collect()
}

fn identities() -> Vec<CiIdentity> {
    let text = |t: &str| t.to_owned();
    vec![
        CiIdentity::GitHub {
            address: text("token.actions.githubusercontent.com"),
            owner: text("acme"),
            repository: text("shop"),
            ids: Some(GitHubIds { owner: text("1"), repository: text("2") }),
            form: SubjectForm::Both,
            place: GitHubPlace::Environment(text("production")),
        },
        CiIdentity::GitLab {
            address: text("gitlab.com"),
            project: text("acme/shop"),
            reference: (text("branch"), text("main")),
            audience: None,
        },
        CiIdentity::AzurePipelines {
            organization_id: text("7d"),
            organization: text("acme"),
            project: text("shop"),
            service_connection: text("aws-prod"),
        },
        CiIdentity::Bitbucket {
            workspace: text("acme"),
            workspace_id: text("w"),
            repository_id: text("r"),
            environment_id: Some(text("e")),
        },
        CiIdentity::CircleCi {
            organization_id: text("o"),
            project_id: text("p"),
            source: Some((text("github.com/acme/shop"), text("main"))),
        },
        CiIdentity::Buildkite { organization: text("acme"), pipeline: text("shop"), branch: text("main") },
        CiIdentity::HcpTerraform {
            organization: text("acme"),
            project: text("p"),
            workspace: text("shop"),
            phase: RunPhase::Apply,
        },
    ]
}

#[test]
fn the_policies_we_write_have_no_findings_in_production() {
    for ci in identities() {
        let written = ci_trust("aws", "222222222222", &ci);
        assert!(size(&written) <= Kind::Trust.size_limit());
        let document = read(Kind::Trust, &written);
        let facts = TrustFacts {
            stage: Stage::Production,
            account: Some("222222222222"),
            github_immutable: Some(true),
            ..TrustFacts::new("deploy", &document)
        };
        assert_eq!(names(&check_trust(&facts)), [""; 0], "{ci:?}");
    }
    let hub = HubTrust {
        partition: "aws".into(),
        hub_role_arn: "arn:aws:iam::111111111111:role/landfall/hub".into(),
        external_id: Some("acme".into()),
        tags: vec![("landfall:stage".into(), "prod".into())],
        free_tags: vec![],
        source_identity: true,
    };
    let document = read(Kind::Trust, &hub_trust(&hub));
    let session = SessionUse { tags: true, source_identity: true, chained: true, duration_seconds: 3_600 };
    let facts = TrustFacts { stage: Stage::Production, session: Some(session), ..TrustFacts::new("deploy", &document) };
    assert_eq!(names(&check_trust(&facts)), [""; 0]);
}

#[test]
fn a_template_with_functions_in_it_is_checked_as_far_as_it_is_known() {
    let template = json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": {"Fn::Sub": "${Bucket.Arn}/*"}},
            {"Effect": "Allow", "Action": {"Fn::If": ["IsProd", "dynamodb:GetItem", "dynamodb:*"]}, "Resource": {"Fn::GetAtt": ["Table", "Arn"]}},
        ]
    });
    let document = read(Kind::Identity, &settle(&template, &|_| None));
    let facts = RoleFacts { name: "fn", policies: vec![NamedPolicy::new("inline", document)], ..RoleFacts::default() };
    assert_eq!(
        names(&check_role(&facts)),
        ["ROLE-002 `dynamodb:*` allows every action of `dynamodb` on its resources"]
    );
}

#[test]
fn a_fingerprint_follows_the_statement_and_not_its_place() {
    let bad = json!({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"});
    let good = json!({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"});
    let of = |statements: Value, name: &str| {
        let document = read(Kind::Trust, &json!({"Version": "2012-10-17", "Statement": statements}));
        check_trust(&TrustFacts::new(name, &document)).into_iter().map(|f| (f.path, f.fingerprint)).collect::<Vec<_>>()
    };
    let first = of(json!([bad, good]), "role");
    let second = of(json!([good, bad]), "role");
    assert_eq!(first.len(), 1);
    assert_ne!(first[0].0, second[0].0);
    assert_eq!(first[0].1, second[0].1);
    assert_ne!(first[0].1, of(json!([bad]), "other")[0].1);
}

fn word() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "*",
        "",
        "s3:*",
        "iam:PassRole",
        "sts:AssumeRoleWithWebIdentity",
        "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com",
        "repo:a/b:*",
        "repo:*",
        "repo:é*",
        "project_path:a/*:ref:",
        "arn:aws:iam::111111111111:root",
        "{{X.Arn}}",
        "${aws:username}",
        "${",
        "?",
        "token.actions.githubusercontent.com:sub",
        "token.actions.githubusercontent.com:aud",
        "organization:a:project:*:workspace:b*:run_phase:",
        "arn:aws:iam::aws:policy/AdministratorAccess",
        "{r}:{s}",
        ":",
        "::::::",
        "AKIA",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => "\\PC{0,20}"]
}

fn operator() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "StringEquals",
        "StringLike",
        "ForAllValues:StringLike",
        "StringNotEquals",
        "Null",
        "Bool",
        "IpAddress",
        "NumericLessThan",
        "DateGreaterThan",
        "ArnLikeIfExists",
    ])
    .prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_document_makes_a_rule_panic(
        effect in prop::sample::select(vec!["Allow", "Deny"]),
        words in proptest::collection::vec(word(), 8),
        operators in proptest::collection::vec(operator(), 2),
        negated in any::<[bool; 3]>(),
    ) {
        let key = |name: &str, not: bool| if not { format!("Not{name}") } else { name.to_owned() };
        let mut statement = json!({"Effect": effect});
        statement[key("Action", negated[0])] = json!([words[0], words[1]]);
        statement["Condition"] = json!({operators[0].clone(): {words[2].clone(): [words[3]]}, operators[1].clone(): {words[4].clone(): words[5]}});
        let mut identity = statement.clone();
        identity[key("Resource", negated[1])] = json!(words[6]);
        let mut trust = statement;
        trust[key("Principal", negated[2])] = json!({"AWS": words[6], "Federated": words[7], "Service": words[1]});
        let document = |s: &Value, kind| parse(&json!({"Version": "2012-10-17", "Statement": [s]}), kind).document;
        let trust_document = document(&trust, Kind::Trust);
        let facts = TrustFacts { stage: Stage::Production, github_immutable: Some(negated[0]), account: Some(&words[0]), ..TrustFacts::new(&words[0], &trust_document) };
        check_trust(&facts);
        let policy = NamedPolicy::new(words[2].as_str(), document(&identity, Kind::Identity));
        check_role(&RoleFacts { name: "r", arn: Some(&words[3]), policies: vec![policy.clone()], boundary: negated[2].then_some(policy), ..RoleFacts::default() });
        let resource = NamedPolicy::new("p", document(&trust, Kind::Resource));
        for resource_type in ["AWS::S3::Bucket", "AWS::KMS::Key", "AWS::Lambda::Permission"] {
            let properties = json!({"Principal": words[0], words[1].clone(): words[2]});
            check_resource(&ResourceFacts { name: "x", resource_type, properties: Some(&properties), policies: vec![resource.clone()], policies_complete: true, ..ResourceFacts::default() });
        }
    }
}
