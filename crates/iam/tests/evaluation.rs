//! The IAM User Guide's "Policy evaluation logic", case by case.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use landfall_iam::{Kind, Layer, Level, NamedPolicy, PolicySet, Principal, Request, ResourcePolicy, authorize, parse};
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::111111111111:role/team/deploy";
const BUCKET: &str = "arn:aws:s3:::artifacts/k";

fn policy(name: &str, kind: Kind, statements: Value) -> NamedPolicy {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    NamedPolicy::new(name, parse(&document, kind).accept().unwrap_or_else(|p| panic!("{p:#?}")))
}

fn identity(statements: Value) -> NamedPolicy {
    policy("deploy-inline", Kind::Identity, statements)
}

fn allow(action: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": "*"})
}

fn deny(action: &str) -> Value {
    json!({"Sid": "No", "Effect": "Deny", "Action": action, "Resource": "*"})
}

fn bucket_policy(principal: Value) -> ResourcePolicy {
    let statement =
        json!({"Effect": "Allow", "Principal": principal, "Action": "s3:*", "Resource": "arn:aws:s3:::artifacts/*"});
    ResourcePolicy::Attached(policy("bucket policy", Kind::Resource, statement))
}

fn session() -> Principal {
    Principal::role_session(ROLE, "run-1")
}

fn get(principal: Principal, owner: &str) -> Request {
    Request::new(principal, "s3:GetObject", BUCKET).owned_by(owner)
}

fn level(name: &str, policies: Vec<NamedPolicy>) -> Level {
    Level { name: name.into(), policies }
}

fn scp(statements: Value) -> NamedPolicy {
    policy("p-guard", Kind::ServiceControl, statements)
}

const HOME: &str = "111111111111";
const OTHER: &str = "222222222222";

#[test]
fn nothing_is_allowed_by_default_and_the_message_is_awss() {
    let decision = authorize(&get(session(), HOME), &PolicySet::default());
    assert_eq!(
        decision.message(),
        "User: arn:aws:sts::111111111111:assumed-role/deploy/run-1 is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::artifacts/k because no identity-based policy allows the s3:GetObject action"
    );
}

#[test]
fn an_explicit_deny_wins_in_every_layer() {
    let open = PolicySet { identity: vec![identity(allow("*"))], ..PolicySet::default() };
    assert!(authorize(&get(session(), HOME), &open).is_allowed());
    let with = |change: &dyn Fn(&mut PolicySet)| {
        let mut set = open.clone();
        change(&mut set);
        authorize(&get(session(), HOME), &set).message()
    };
    let both = |kind| policy("p", kind, json!([allow("*"), deny("s3:Get*")]));
    let tails = [
        (
            with(&|s| s.identity.push(identity(deny("s3:GetObject")))),
            "with an explicit deny in an identity-based policy",
        ),
        (with(&|s| s.boundary = Some(both(Kind::Boundary))), "with an explicit deny in a permissions boundary"),
        (with(&|s| s.session = Some(vec![both(Kind::Session)])), "with an explicit deny in a session policy"),
        (
            with(&|s| s.service_control = vec![level("root", vec![both(Kind::ServiceControl)])]),
            "with an explicit deny in a service control policy",
        ),
        (
            with(&|s| {
                let refuse = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"});
                s.resource = ResourcePolicy::Attached(policy("bucket policy", Kind::Resource, refuse));
            }),
            "with an explicit deny in a resource-based policy",
        ),
    ];
    for (message, tail) in tails {
        assert!(message.ends_with(tail), "{message}");
    }
}

#[test]
fn within_one_account_either_side_grants_and_what_narrows_depends_on_who_is_named() {
    let boundary = policy("boundary", Kind::Boundary, allow("ec2:*"));
    let scoped = policy("session", Kind::Session, allow("ec2:*"));
    let user = Principal::user("arn:aws:iam::111111111111:user/ann");
    let session_arn = "arn:aws:sts::111111111111:assumed-role/deploy/run-1";
    // principal element, caller, identity allows, boundary, session policy, refused by
    let table = [
        (json!({"AWS": ROLE}), session(), false, false, false, None),
        (json!({"AWS": ROLE}), session(), false, true, false, Some(Layer::Boundary)),
        (json!({"AWS": ROLE}), session(), false, false, true, Some(Layer::Session)),
        (json!({"AWS": session_arn}), session(), false, true, true, None),
        (json!({"AWS": "arn:aws:iam::111111111111:user/ann"}), user.clone(), false, true, false, None),
        (json!({"AWS": HOME}), session(), false, false, false, Some(Layer::Identity)),
        (json!({"AWS": "arn:aws:iam::111111111111:root"}), session(), true, false, false, None),
        (json!({"AWS": "arn:aws:iam::111111111111:root"}), session(), true, true, false, Some(Layer::Boundary)),
        (json!("*"), session(), false, false, false, None),
        (json!("*"), session(), false, true, false, Some(Layer::Boundary)),
        (json!({"AWS": OTHER}), session(), false, false, false, Some(Layer::Identity)),
        (json!({"AWS": OTHER}), session(), true, false, false, None),
    ];
    for (principal, caller, granted, bounded, narrowed, refused) in table {
        let set = PolicySet {
            identity: if granted { vec![identity(allow("s3:*"))] } else { vec![] },
            boundary: bounded.then(|| boundary.clone()),
            session: narrowed.then(|| vec![scoped.clone()]),
            resource: bucket_policy(principal.clone()),
            ..PolicySet::default()
        };
        assert_eq!(
            authorize(&get(caller, HOME), &set).refused_by,
            refused,
            "{principal} {granted} {bounded} {narrowed}"
        );
    }
}

#[test]
fn across_accounts_both_sides_must_allow() {
    let table = [
        (true, Some(json!({"AWS": ROLE})), None),
        (true, Some(json!({"AWS": HOME})), None),
        (true, Some(json!("*")), None),
        (true, None, Some(Layer::Resource)),
        (true, Some(json!({"AWS": OTHER})), Some(Layer::Resource)),
        (false, Some(json!({"AWS": ROLE})), Some(Layer::Identity)),
        (false, Some(json!({"AWS": "arn:aws:sts::111111111111:assumed-role/deploy/run-1"})), Some(Layer::Identity)),
        (false, None, Some(Layer::Identity)),
    ];
    for (granted, principal, refused) in table {
        let set = PolicySet {
            identity: if granted { vec![identity(allow("s3:*"))] } else { vec![] },
            resource: principal.clone().map(bucket_policy).unwrap_or_default(),
            ..PolicySet::default()
        };
        assert_eq!(authorize(&get(session(), OTHER), &set).refused_by, refused, "{granted} {principal:?}");
    }
}

#[test]
fn every_level_of_the_organization_must_allow_but_not_every_policy_of_a_level() {
    let full = scp(allow("*"));
    let guard = scp(deny("organizations:*"));
    let only_s3 = scp(allow("s3:*"));
    let only_ec2 = scp(allow("ec2:*"));
    let table = [
        (vec![vec![full.clone(), guard.clone()], vec![full.clone()]], true),
        (vec![vec![full.clone(), guard.clone()], vec![only_s3.clone()]], true),
        (vec![vec![full.clone()], vec![only_s3.clone(), only_ec2.clone()]], true),
        (vec![vec![full.clone()], vec![only_ec2.clone()], vec![full.clone()]], false),
        (vec![vec![full.clone()], vec![guard.clone()]], false),
        (vec![vec![full.clone()], vec![]], false),
        (vec![], true),
    ];
    for (levels, allowed) in table {
        let set = PolicySet {
            identity: vec![identity(allow("*"))],
            service_control: levels.iter().map(|p| level("ou", p.clone())).collect(),
            ..PolicySet::default()
        };
        let decision = authorize(&get(session(), HOME), &set);
        assert_eq!(decision.is_allowed(), allowed, "{levels:#?}");
        if !allowed {
            assert!(decision.message().ends_with("because no service control policy allows the s3:GetObject action"));
        }
    }
}

#[test]
fn service_control_policies_bind_resource_grants_and_roots_but_not_services_nor_service_linked_roles() {
    let set = PolicySet {
        identity: vec![identity(allow("*"))],
        service_control: vec![level("root", vec![scp(json!([allow("*"), deny("s3:*")]))])],
        resource: bucket_policy(json!({"AWS": [ROLE, HOME], "Service": "delivery.logs.amazonaws.com"})),
        ..PolicySet::default()
    };
    let linked = Principal::role_session(
        "arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
        "s",
    );
    let table = [
        (session(), Some(Layer::ServiceControl)),
        (Principal::Root { arn: "arn:aws:iam::111111111111:root".into() }, Some(Layer::ServiceControl)),
        (Principal::Service("delivery.logs.amazonaws.com".into()), None),
        (Principal::Service("sns.amazonaws.com".into()), Some(Layer::Resource)),
        (linked, None),
    ];
    for (principal, refused) in table {
        assert_eq!(authorize(&get(principal.clone(), HOME), &set).refused_by, refused, "{principal:?}");
    }
}

#[test]
fn resource_control_policies_bind_everyone() {
    let org_only = json!([
        {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
         "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}
    ]);
    let set = PolicySet {
        identity: vec![identity(allow("*"))],
        resource_control: vec![level("root", vec![policy("rcp", Kind::ResourceControl, org_only)])],
        resource: bucket_policy(json!("*")),
        ..PolicySet::default()
    };
    assert!(authorize(&get(session(), OTHER).with("aws:PrincipalOrgID", "o-1"), &set).is_allowed());
    let refused = authorize(&get(session(), OTHER).with("aws:PrincipalOrgID", "o-2"), &set);
    assert!(refused.message().ends_with("with an explicit deny in a resource control policy"));
}

#[test]
fn keys_and_trust_policies_govern_their_own_account_too() {
    let key = "arn:aws:kms:us-east-1:111111111111:key/k";
    let request = Request::new(session(), "kms:Decrypt", key);
    let governed = |principal: &str| {
        let statement = json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:*", "Resource": "*"});
        PolicySet {
            identity: vec![identity(allow("kms:*"))],
            resource: ResourcePolicy::Governing(policy("key policy", Kind::Resource, statement)),
            ..PolicySet::default()
        }
    };
    assert!(authorize(&request, &governed("arn:aws:iam::111111111111:root")).is_allowed());
    assert_eq!(authorize(&request, &governed("arn:aws:iam::222222222222:root")).refused_by, Some(Layer::Resource));

    let target = "arn:aws:iam::222222222222:role/landfall-deploy";
    let assume = |trusted: Value, granted: bool| {
        let statement = json!({"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "e-1"}}});
        let set = PolicySet {
            identity: if granted {
                vec![identity(json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": target}))]
            } else {
                vec![]
            },
            resource: ResourcePolicy::Trust(policy("trust policy", Kind::Trust, statement)),
            ..PolicySet::default()
        };
        authorize(&Request::new(session(), "sts:AssumeRole", target).with("sts:ExternalId", "e-1"), &set)
    };
    assert!(assume(json!({"AWS": ROLE}), true).is_allowed());
    assert_eq!(assume(json!({"AWS": ROLE}), false).refused_by, Some(Layer::Identity));
    assert_eq!(
        assume(json!({"AWS": OTHER}), true).message(),
        "User: arn:aws:sts::111111111111:assumed-role/deploy/run-1 is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/landfall-deploy because no role trust policy allows the sts:AssumeRole action"
    );
}

#[test]
fn a_recreated_role_is_another_principal() {
    let trust = json!({"Effect": "Allow", "Principal": {"AWS": "AROAOLD"}, "Action": "sts:AssumeRole"});
    let set = PolicySet { resource: ResourcePolicy::Trust(policy("t", Kind::Trust, trust)), ..PolicySet::default() };
    let ask = |id: &str| {
        let request = Request::new(session().with_unique_id(id), "sts:AssumeRole", "arn:aws:iam::111111111111:role/x");
        authorize(&request, &set).is_allowed()
    };
    assert!(ask("AROAOLD"));
    assert!(!ask("AROANEW"));
}

#[test]
fn not_principal_denies_all_but_the_fully_listed() {
    let session_arn = "arn:aws:sts::111111111111:assumed-role/deploy/run-1";
    let root = "arn:aws:iam::111111111111:root";
    let ask = |listed: Value, bounded: bool| {
        let refuse = json!({"Effect": "Deny", "NotPrincipal": {"AWS": listed}, "Action": "s3:*", "Resource": "*"});
        let set = PolicySet {
            identity: vec![identity(allow("*"))],
            boundary: bounded.then(|| policy("b", Kind::Boundary, allow("*"))),
            resource: ResourcePolicy::Attached(policy("bucket policy", Kind::Resource, refuse)),
            ..PolicySet::default()
        };
        authorize(&get(session(), HOME), &set).is_allowed()
    };
    assert!(ask(json!([session_arn, ROLE, root]), false));
    assert!(!ask(json!([ROLE, root]), false));
    assert!(!ask(json!([session_arn, ROLE]), false));
    assert!(!ask(json!([session_arn, ROLE, root]), true));
}

#[test]
fn policy_variables_tags_and_case() {
    let set = PolicySet {
        identity: vec![identity(json!([
            {"Effect": "Allow", "Action": "S3:getobject", "Resource": "arn:aws:s3:::artifacts/${aws:PrincipalTag/team, 'shared'}/*"},
            {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::artifacts/${aws:PrincipalTag/team}/*"},
        ]))],
        ..PolicySet::default()
    };
    let ask = |action: &str, key: &str, team: Option<&str>| {
        let mut request = Request::new(session(), action, format!("arn:aws:s3:::artifacts/{key}")).owned_by(HOME);
        if let Some(team) = team {
            request = request.with("aws:principaltag/Team", team);
        }
        authorize(&request, &set).is_allowed()
    };
    assert!(ask("s3:GetObject", "red/a", Some("red")));
    assert!(!ask("s3:GetObject", "blue/a", Some("red")));
    assert!(ask("s3:GetObject", "shared/a", None));
    assert!(!ask("s3:PutObject", "shared/a", None), "a variable without value matches nothing");
    assert!(!ask("s3:GetObject", "red/a", Some("*")), "a star in a tag is no wildcard");
    assert!(!ask("s3:GetObject", "Red/a", Some("red")), "resources are compared with case");
}

#[test]
fn not_action_and_not_resource_are_everything_else() {
    let set = PolicySet {
        identity: vec![identity(json!([
            {"Effect": "Allow", "NotAction": ["iam:*", "s3:Delete*"], "Resource": "*"},
            {"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::artifacts/*"},
        ]))],
        ..PolicySet::default()
    };
    let ask = |action: &str, resource: &str| {
        authorize(&Request::new(session(), action, resource).owned_by(HOME), &set).verdict
    };
    use landfall_iam::evaluate::Verdict::{Allowed, ExplicitlyDenied, ImplicitlyDenied};
    assert_eq!(ask("s3:GetObject", BUCKET), Allowed);
    assert_eq!(ask("s3:DeleteObject", BUCKET), ImplicitlyDenied);
    assert_eq!(ask("iam:CreateUser", "arn:aws:iam::111111111111:user/x"), ImplicitlyDenied);
    assert_eq!(ask("s3:GetObject", "arn:aws:s3:::other/k"), ExplicitlyDenied);
}

#[test]
fn web_identity_tokens_meet_only_the_trust_policy() {
    let provider = "arn:aws:iam::222222222222:oidc-provider/token.actions.githubusercontent.com";
    let trust = json!({"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": "repo:o/r:environment:prod"}}});
    let set =
        PolicySet { resource: ResourcePolicy::Trust(policy("trust", Kind::Trust, trust)), ..PolicySet::default() };
    let ask = |sub: &str| {
        let principal = Principal::Federated { provider: provider.into() };
        let request = Request::new(principal, "sts:AssumeRoleWithWebIdentity", "arn:aws:iam::222222222222:role/deploy")
            .with("token.actions.githubusercontent.com:aud", "sts.amazonaws.com")
            .with("token.actions.githubusercontent.com:sub", sub);
        authorize(&request, &set)
    };
    assert!(ask("repo:o/r:environment:prod").is_allowed());
    let refused = ask("repo:o/r:environment:staging");
    assert_eq!(refused.message(), "Not authorized to perform sts:AssumeRoleWithWebIdentity");
    assert_eq!(
        refused.explain(),
        "arn:aws:iam::222222222222:oidc-provider/token.actions.githubusercontent.com sts:AssumeRoleWithWebIdentity on arn:aws:iam::222222222222:role/deploy
  not allowed: no role trust policy allows it
  role trust policy: no statement allows it
    close: statement 1 of `trust`: `StringEquals` `token.actions.githubusercontent.com:sub` wants `repo:o/r:environment:prod` and the request's is `repo:o/r:environment:staging`
"
    );
}

#[test]
fn a_hub_role_found_by_its_arn_survives_being_recreated() {
    let trust = json!({"Effect": "Allow", "Principal": {"AWS": HOME}, "Action": "sts:AssumeRole",
        "Condition": {"ArnEquals": {"aws:PrincipalArn": ROLE}}});
    let set = PolicySet {
        identity: vec![identity(allow("sts:AssumeRole"))],
        resource: ResourcePolicy::Trust(policy("trust", Kind::Trust, trust)),
        ..PolicySet::default()
    };
    let ask = |role: &str| {
        let request =
            Request::new(Principal::role_session(role, "s"), "sts:AssumeRole", "arn:aws:iam::222222222222:role/d");
        authorize(&request, &set).is_allowed()
    };
    assert!(ask(ROLE));
    assert!(!ask("arn:aws:iam::111111111111:role/other"));
}
