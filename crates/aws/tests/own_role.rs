//! A CI that enters an account directly is the deployment role already: its session is used as it is.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use async_trait::async_trait;
use base::{AccountId, Arn, Partition, Region};
use engine::ports::{Clock, FailureKind, Identity, Session, Site};
use landfall_aws::{Aws, Settings, StaticKeys};
use sandbox::{Options, Sandbox, SandboxClock, World};
use std::sync::Arc;

/// The role trusts another account's administrator and not itself.
const WORLD: &str = r#"
clock: "2026-11-23T15:00:00Z"
organization: { id: o-acme, root: r-acme, management: "000000000001" }
accounts:
  - { id: "000000000001", name: management }
  - { id: "999999999999", name: cicd }
  - { id: "111111111111", name: staging }
roles:
  - accounts: ["111111111111"]
    name: deploy
    path: /landfall/
    trust: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "arn:aws:iam::999999999999:root" }, Action: "sts:AssumeRole" }] }
    inline:
      note: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: ["sqs:ListQueues", "sts:AssumeRole"], Resource: "*" }] }
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

async fn connect(sandbox: &Sandbox, keys: StaticKeys) -> Aws {
    let settings = Settings {
        endpoint: Some(sandbox.endpoint()),
        region: Region::new("us-east-1").ok(),
        keys: Some(keys),
        profile: None,
        hub: None,
    };
    Aws::connect(&settings, Arc::new(Time(sandbox.clock()))).await
}

fn site(role: &str) -> Site {
    let account = AccountId::new("111111111111").unwrap();
    Site {
        role: Some(Arn::role(Partition::Aws, &account, role)),
        account: Some(account),
        region: Region::new("us-east-1").unwrap(),
        session: Session { name: "run".into(), ..Session::default() },
    }
}

#[tokio::test]
async fn the_session_of_a_role_is_used_for_that_role_only() {
    let (world, found) = World::from_yaml(WORLD);
    assert!(found.iter().all(|d| !d.is_error()), "{found:?}");
    let sandbox = Sandbox::start(world, Options::default()).unwrap();
    let admin = StaticKeys { id: "999999999999".to_owned(), secret: "any".into(), token: None };
    let given = connect(&sandbox, admin).await.environment(&site("landfall/deploy")).await.unwrap();
    let value = |name: &str| given.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone());
    let keys = StaticKeys {
        id: value("AWS_ACCESS_KEY_ID").unwrap(),
        secret: value("AWS_SECRET_ACCESS_KEY").unwrap(),
        token: value("AWS_SESSION_TOKEN"),
    };
    let ci = connect(&sandbox, keys).await;
    let seen = ci.caller(&site("landfall/deploy")).await.unwrap();
    assert_eq!(seen.arn, "arn:aws:sts::111111111111:assumed-role/deploy/run");
    let other = ci.caller(&site("landfall/other")).await.unwrap_err();
    assert_eq!(other.kind, FailureKind::Denied, "{other:?}");
}
