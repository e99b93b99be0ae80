//! Roles and what limits them, read through the SDK from the sandbox: everything there, some of it denied, all of it
//! denied, and how many calls that takes; and the session of a role that is entered already.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use async_trait::async_trait;
use base::{AccountId, Arn, Partition, Region};
use engine::ports::{Clock, FailureKind, Identity, Roles, Session, Site};
use landfall_aws::{Aws, Settings, StaticKeys};
use sandbox::{Options, Sandbox, SandboxClock, World};
use std::sync::Arc;

const WORLD: &str = r#"
clock: "2026-11-23T15:00:00Z"
organization: { id: o-acme, root: r-acme, management: "000000000001", delegated: ["999999999999"] }
units: [{ id: ou-acme-work, name: work }]
accounts:
  - { id: "000000000001", name: management }
  - { id: "999999999999", name: cicd }
  - { id: "111111111111", name: staging, unit: ou-acme-work }
  - { id: "222222222222", name: production, unit: ou-acme-work }
service_control_policies:
  - name: stay
    targets: [ou-acme-work]
    document: { Version: "2012-10-17", Statement: [{ Sid: Stay, Effect: Deny, Action: "organizations:LeaveOrganization", Resource: "*" }] }
providers:
  - { accounts: ["111111111111"], url: "https://token.actions.githubusercontent.com", clients: [sts.amazonaws.com, other] }
policies:
  - accounts: ["111111111111"]
    name: edge
    path: /landfall/
    document: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "s3:*", Resource: "*" }] }
buckets:
  - account: "111111111111"
    region: us-east-1
    name: kept
    policy: { Version: "2012-10-17", Statement: [{ Sid: Tls, Effect: Deny, Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::kept/*", Condition: { Bool: { "aws:SecureTransport": "false" } } }] }
  - { account: "111111111111", region: us-east-1, name: open }
roles:
  - accounts: ["111111111111"]
    name: everything
    path: /landfall/
    max_session_seconds: 7200
    boundary: "arn:aws:iam::ACCOUNT:policy/landfall/edge"
    tags: { "landfall:pipeline": orders }
    trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "arn:aws:iam::999999999999:root" }, Action: "sts:AssumeRole" }] }
    managed: ["arn:aws:iam::aws:policy/AdministratorAccess"]
    inline:
      note: { Version: "2012-10-17", Statement: [{ Sid: "50percent", Effect: Allow, Action: "sqs:*", Resource: "*", Condition: { StringEquals: { "aws:RequestTag/é+": "a b%2F" } } }] }
  - accounts: ["111111111111"]
    name: some
    trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "arn:aws:iam::999999999999:root" }, Action: "sts:AssumeRole" }] }
    inline:
      little: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: ["iam:GetRole", "iam:ListRolePolicies"], Resource: "*" }] }
  - accounts: ["111111111111"]
    name: none
    trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "arn:aws:iam::999999999999:root" }, Action: "sts:AssumeRole" }] }
"#;

struct Time(SandboxClock);

#[async_trait]
impl Clock for Time {
    fn now(&self) -> jiff::Timestamp {
        self.0.now()
    }
    async fn sleep_until(&self, until: jiff::Timestamp) {
        self.0.advance_to(until);
    }
}

async fn sandbox(caller: &str) -> (Sandbox, Aws) {
    let (world, found) = World::from_yaml(WORLD);
    assert!(found.iter().all(|d| !d.is_error()), "{found:?}");
    let sandbox = Sandbox::start(world, Options::default()).unwrap();
    let aws = connect(&sandbox, StaticKeys { id: caller.to_owned(), secret: "any".into(), token: None }).await;
    (sandbox, aws)
}

async fn connect(sandbox: &Sandbox, keys: StaticKeys) -> Aws {
    let settings = Settings {
        endpoint: Some(sandbox.endpoint()),
        region: Region::new("us-east-1").ok(),
        keys: Some(keys),
        profile: None,
        token: None,
        first: None,
        hub: None,
    };
    Aws::connect(&settings, Arc::new(Time(sandbox.clock()))).await
}

fn account(id: &str) -> AccountId {
    AccountId::new(id).unwrap()
}

fn site(role: &str) -> Site {
    let staging = account("111111111111");
    let role = if role == "everything" { "landfall/everything" } else { role };
    Site {
        role: Some(Arn::role(Partition::Aws, &staging, role)),
        account: Some(staging),
        region: Region::new("us-east-1").unwrap(),
        session: Session { name: "test".into(), ..Session::default() },
    }
}

fn calls(sandbox: &Sandbox) -> usize {
    sandbox.world().log.len()
}

#[tokio::test]
async fn a_role_comes_with_all_that_limits_it() {
    let (sandbox, aws) = sandbox("111111111111").await;
    let own = Site { role: None, ..site("none") };
    let role = aws.role(&own, "everything").await.unwrap().unwrap();
    assert_eq!(role.arn, "arn:aws:iam::111111111111:role/landfall/everything");
    assert_eq!((role.name.as_str(), role.path.as_str(), role.max_session_seconds), ("everything", "/landfall/", 7200));
    assert!(role.id.starts_with("AROA"), "{}", role.id);
    assert!(role.trust.contains("arn:aws:iam::999999999999:root"), "{}", role.trust);
    assert_eq!(role.tags["landfall:pipeline"], "orders");
    let boundary = role.boundary.unwrap();
    assert_eq!(boundary.name, "arn:aws:iam::111111111111:policy/landfall/edge");
    assert!(boundary.document.contains("s3:*"), "{}", boundary.document);
    assert!(role.attached[0].document.contains("Allow"), "{:?}", role.attached);
    let inline = (role.inline[0].name.as_str(), role.inline[0].document.as_str());
    assert!(inline.0 == "note" && inline.1.contains("aws:RequestTag/é+") && inline.1.contains("a b%2F"), "{inline:?}");
    assert_eq!(role.unread, vec![]);
    // GetRole, ListRolePolicies, GetRolePolicy, ListAttachedRolePolicies, and two for each managed policy.
    assert_eq!(calls(&sandbox), 8);

    assert_eq!(aws.role(&own, "nobody").await.unwrap(), None);
    assert_eq!(aws.role_names(&own, "/").await.unwrap(), ["everything", "none", "some"]);
    assert_eq!(aws.role_names(&own, "/landfall/").await.unwrap(), ["everything"]);
    let providers = aws.identity_providers(&own).await.unwrap();
    assert_eq!(providers[0].issuer, "token.actions.githubusercontent.com");
    assert_eq!(providers[0].audiences, ["sts.amazonaws.com", "other"]);
    assert!(aws.bucket_policy(&own, "kept").await.unwrap().unwrap().contains("aws:SecureTransport"));
    assert_eq!(aws.bucket_policy(&own, "open").await.unwrap(), None);
    assert_eq!(aws.bucket_policy(&own, "missing").await.unwrap(), None);
}

#[tokio::test]
async fn what_is_denied_is_said_and_costs_one_call() {
    let (sandbox, aws) = sandbox("999999999999").await;
    let some = aws.role(&site("some"), "everything").await.unwrap().unwrap();
    let unread: Vec<(&str, &str)> = some.unread.iter().map(|u| (u.action.as_str(), u.what.as_str())).collect();
    assert_eq!(
        unread,
        [
            ("iam:GetRolePolicy", "the inline policy `note` of `everything`"),
            ("iam:ListAttachedRolePolicies", "the managed policies of `everything`"),
            ("iam:GetPolicy", "the policy `arn:aws:iam::111111111111:policy/landfall/edge`"),
        ]
    );
    assert_eq!(some.boundary.unwrap().document, "");
    let before = calls(&sandbox);
    let refused = aws.role(&site("none"), "everything").await.unwrap_err();
    assert_eq!(refused.kind, FailureKind::Denied);
    assert!(refused.message.contains("iam:GetRole"), "{refused:?}");
    assert_eq!(calls(&sandbox) - before, 2, "AssumeRole and GetRole");
    for refused in [
        aws.role_names(&site("none"), "/").await.map(drop).unwrap_err(),
        aws.identity_providers(&site("none")).await.map(drop).unwrap_err(),
        aws.bucket_policy(&site("none"), "kept").await.map(drop).unwrap_err(),
    ] {
        assert_eq!(refused.kind, FailureKind::Denied, "{refused:?}");
    }
}

#[tokio::test]
async fn service_control_policies_are_read_from_the_root_down_and_once() {
    let (sandbox, aws) = sandbox("999999999999").await;
    let over = aws.service_control(&account("111111111111")).await.unwrap();
    let places: Vec<&str> = over.levels.iter().map(|l| l.place.as_str()).collect();
    assert_eq!(places, ["r-acme", "ou-acme-work", "111111111111"]);
    assert!(over.levels.iter().all(|l| l.policies.iter().any(|p| p.name == "p-FullAWSAccess")), "{over:?}");
    assert!(over.levels[1].policies.iter().any(|p| p.document.contains("organizations:LeaveOrganization")));
    let before = calls(&sandbox);
    aws.service_control(&account("222222222222")).await.unwrap();
    assert_eq!(calls(&sandbox) - before, 2, "what is attached to the account and what is above it");
    assert_eq!(aws.service_control(&account("000000000001")).await.unwrap().levels, vec![], "never limited");
    let (_sandbox, aws) = self::sandbox("111111111111").await;
    let refused = aws.service_control(&account("222222222222")).await.unwrap_err();
    assert_eq!(refused.kind, FailureKind::Denied, "{refused:?}");
}

/// A CI that enters an account directly is the deployment role already, which need not trust itself.
#[tokio::test]
async fn the_session_of_a_role_is_used_for_that_role_only() {
    let (sandbox, admin) = sandbox("999999999999").await;
    let given = admin.environment(&site("everything")).await.unwrap();
    let value = |name: &str| given.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone());
    let keys = StaticKeys {
        id: value("AWS_ACCESS_KEY_ID").unwrap(),
        secret: value("AWS_SECRET_ACCESS_KEY").unwrap(),
        token: value("AWS_SESSION_TOKEN"),
    };
    let ci = connect(&sandbox, keys).await;
    let seen = ci.caller(&site("everything")).await.unwrap();
    assert_eq!(seen.arn, "arn:aws:sts::111111111111:assumed-role/everything/test");
    let other = ci.caller(&site("none")).await.unwrap_err();
    assert_eq!(other.kind, FailureKind::Denied, "{other:?}");
}

/// Credentials are good in every region: an account is entered once, by whichever region's STS answers.
#[tokio::test]
async fn the_regions_of_an_account_share_a_session() {
    let (sandbox, aws) = sandbox("999999999999").await;
    let at = |region: &str| Site { region: Region::new(region).unwrap(), ..site("everything") };
    let entered = || sandbox.world().log.iter().filter(|c| c.operation == "AssumeRole").count();
    let fault = r#"{"service":"sts","operation":"AssumeRole","region":"us-east-1",
        "effect":{"error":{"code":"ServiceUnavailable","message":"down","status":503}}}"#;
    sandbox.world().faults = vec![serde_json::from_str(fault).unwrap()];

    let (east, west, ireland) = (at("us-east-1"), at("us-west-2"), at("eu-west-1"));
    let (down, one, two) = tokio::join!(aws.caller(&east), aws.caller(&west), aws.caller(&ireland));
    assert_eq!(down.unwrap_err().kind, FailureKind::Unavailable);
    assert_eq!(one.unwrap().arn, two.unwrap().arn);
    assert_eq!(entered(), 2, "the one that failed, and one for the other two");
    aws.caller(&east).await.unwrap();
    assert_eq!(entered(), 2, "what another region was given is good here too");

    // Ten minutes before they end, new ones are asked for, once.
    let clock = Time(sandbox.clock());
    clock.sleep_until(clock.now() + jiff::SignedDuration::from_mins(51)).await;
    let (one, two) = tokio::join!(aws.caller(&west), aws.caller(&ireland));
    assert!(one.is_ok() && two.is_ok());
    assert_eq!(entered(), 3);

    // Another session is another entry.
    let other = Site { session: Session { name: "other".into(), ..Session::default() }, ..at("us-west-2") };
    assert!(aws.caller(&other).await.unwrap().arn.ends_with("/other"));
    assert_eq!(entered(), 4);
}
