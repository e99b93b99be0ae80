//! Every port method against a server that we did not write. `ci/ministack.sh` starts one and names it in
//! `LANDFALL_TEST_ENDPOINT`; without it the test says that it was skipped.
//!
//! The server must know account 111111111111 with a role `landfall-deploy` that account 999999999999 may assume.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods, clippy::print_stderr)]

use base::{AccountId, Arn, Partition, Region};
use engine::ports::*;
use landfall_aws::{Aws, BucketStore, Settings, StaticKeys};
use std::collections::BTreeMap;
use std::sync::Arc;

struct RealTime;

#[async_trait::async_trait]
impl Clock for RealTime {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }
    async fn sleep_until(&self, _: jiff::Timestamp) {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

const TEMPLATE: &str =
    r#"{"Resources":{"Queue":{"Type":"AWS::SQS::Queue"}},"Outputs":{"Url":{"Value":{"Ref":"Queue"}}}}"#;

fn staging() -> AccountId {
    AccountId::new("111111111111").unwrap()
}

fn site(session: &str) -> Site {
    Site {
        account: Some(staging()),
        region: Region::new("us-east-1").unwrap(),
        role: Some(Arn::role(Partition::Aws, &staging(), "landfall-deploy")),
        session: Session {
            name: session.to_owned(),
            source_identity: "ci".to_owned(),
            tags: BTreeMap::from([("landfall:run".to_owned(), "r1".to_owned())]),
            external_id: None,
        },
    }
}

#[tokio::test]
async fn every_port_works_against_a_foreign_server() {
    let Ok(endpoint) = std::env::var("LANDFALL_TEST_ENDPOINT") else {
        eprintln!("skipped: LANDFALL_TEST_ENDPOINT names no server; ci/ministack.sh starts one");
        return;
    };
    let settings = Settings {
        endpoint: Some(endpoint),
        region: Some(Region::new("us-east-1").unwrap()),
        keys: Some(StaticKeys { id: "999999999999".into(), secret: "test".into(), token: None }),
        profile: None,
        token: None,
        first: None,
        hub: None,
    };
    let aws = Aws::connect(&settings, Arc::new(RealTime)).await;
    identity(&aws).await;
    objects(&aws).await;
    stacks(&aws).await;
    roles(&aws).await;
    assert_eq!(aws.read(&site("alarms"), &["no-such-alarm".to_owned()]).await.unwrap(), vec![]);
}

async fn identity(aws: &Aws) {
    let seen = aws.caller(&site("identity")).await.unwrap();
    assert_eq!(seen.account, staging());
    assert!(seen.arn.contains("assumed-role/landfall-deploy/identity"), "{}", seen.arn);
    let nobody = Site { role: Some(Arn::role(Partition::Aws, &staging(), "no-such-role")), ..site("nobody") };
    let refused = aws.caller(&nobody).await.unwrap_err();
    assert!(matches!(refused.kind, FailureKind::Denied | FailureKind::NotFound), "{refused:?}");
    assert!(!refused.in_doubt, "{refused:?}");
    assert!(refused.message.contains("no-such-role"), "{refused:?}");
}

async fn roles(aws: &Aws) {
    let site = site("roles");
    let role = aws.role(&site, "landfall-deploy").await.unwrap().unwrap();
    assert_eq!(role.arn, "arn:aws:iam::111111111111:role/landfall-deploy");
    assert!(role.trust.contains("sts:AssumeRole"), "{role:?}");
    assert!(role.inline.iter().chain(&role.attached).any(|p| p.document.contains("\"Statement\"")), "{role:?}");
    assert_eq!((role.unread, role.path.as_str()), (vec![], "/"));
    assert_eq!(aws.role(&site, "no-such-role").await.unwrap(), None);
    assert!(aws.role_names(&site, "/").await.unwrap().contains(&"landfall-deploy".to_owned()));
    let providers = aws.identity_providers(&site).await.unwrap();
    assert!(providers.iter().all(|p| !p.issuer.contains("://")), "{providers:?}");
    // A server may know no organizations; then nothing is known, which is an answer too.
    if let Err(refused) = aws.service_control(&staging()).await {
        assert!(!refused.in_doubt, "{refused:?}");
    }
    assert_eq!(aws.bucket_policy(&site, "landfall-no-such-bucket").await.unwrap(), None);
}

async fn objects(aws: &Aws) {
    let site = site("objects");
    let bucket = "landfall-111111111111-us-east-1";
    Objects::ensure_bucket(aws, &site, bucket).await.unwrap();
    Objects::ensure_bucket(aws, &site, bucket).await.unwrap();
    let key = format!("objects/{}", jiff::Timestamp::now().as_nanosecond());
    let at = ObjectAt { bucket: bucket.to_owned(), key: key.clone(), owner: Some(staging()) };
    assert_eq!(Objects::head(aws, &site, &at).await.unwrap(), None);
    let etag = Objects::put(aws, &site, &at, b"one".to_vec(), &Condition::Absent).await.unwrap();
    let again = Objects::put(aws, &site, &at, b"one".to_vec(), &Condition::Absent).await.unwrap_err();
    assert_eq!((again.kind, again.in_doubt), (FailureKind::Conflict, false), "{again:?}");
    let seen = Objects::head(aws, &site, &at).await.unwrap().unwrap();
    assert_eq!(seen.size, 3);
    assert_eq!(seen.checksum_sha256.as_deref(), Some("dpLDrTVAu4A8Ags67mbNiIcSMjTqDG5xQ8Ct1z/0Me0="));
    let stale = Objects::put(aws, &site, &at, b"two".to_vec(), &Condition::Matches("\"0\"".into())).await.unwrap_err();
    assert_eq!(stale.kind, FailureKind::Conflict, "{stale:?}");
    Objects::put(aws, &site, &at, b"two".to_vec(), &Condition::Matches(etag)).await.unwrap();
    assert_eq!(Objects::get(aws, &site, &at).await.unwrap().unwrap().bytes, b"two");
    assert!(Objects::list(aws, &site, bucket, "objects/").await.unwrap().contains(&key));

    let store = BucketStore::new(aws.clone(), site, bucket, "state/");
    let etag = store.put("locks/a", b"{}", &Condition::Absent).await.unwrap_or_default();
    assert!(store.list("locks/").await.unwrap().contains(&"locks/a".to_owned()));
    store.delete("locks/a", &etag).await.unwrap();
    assert_eq!(Store::get(&store, "locks/a").await.unwrap(), None);
}

async fn stacks(aws: &Aws) {
    let site = site("stacks");
    let stack = format!("ports-{}", jiff::Timestamp::now().as_millisecond());
    assert_eq!(Stacks::describe(aws, &site, &stack).await.unwrap(), None);
    assert_eq!(ChangeSets::describe(aws, &site, &stack, "first").await.unwrap(), None);
    let request = ChangeSetRequest {
        stack: stack.clone(),
        name: "first".into(),
        create: true,
        template: TemplateSource::Body(TEMPLATE.into()),
        parameters: BTreeMap::new(),
        capabilities: vec![],
        tags: BTreeMap::from([("landfall:run".into(), "r1".into())]),
        role: None,
        rollback_alarms: vec![],
        monitoring_minutes: 0,
        notification_arns: vec![],
        on_failure: None,
        token: "token-1".into(),
        description: "first".into(),
    };
    ChangeSets::create(aws, &site, &request).await.unwrap();
    let mut seen = None;
    for _ in 0..50 {
        seen = ChangeSets::describe(aws, &site, &stack, "first").await.unwrap();
        if seen.as_ref().is_some_and(|s| s.status == "CREATE_COMPLETE") {
            break;
        }
        RealTime.sleep_until(jiff::Timestamp::UNIX_EPOCH).await;
    }
    let seen = seen.unwrap();
    assert_eq!((seen.changes[0].action.as_str(), seen.changes[0].logical_id.as_str()), ("Add", "Queue"));
    let execution = Execution {
        stack: stack.clone(),
        change_set: "first".into(),
        token: "token-2".into(),
        disable_rollback: false,
    };
    aws.execute(&site, &execution).await.unwrap();
    for _ in 0..50 {
        if Stacks::describe(aws, &site, &stack).await.unwrap().is_some_and(|s| s.status == "CREATE_COMPLETE") {
            break;
        }
        RealTime.sleep_until(jiff::Timestamp::UNIX_EPOCH).await;
    }
    let made = Stacks::describe(aws, &site, &stack).await.unwrap().unwrap();
    assert_eq!(made.status, "CREATE_COMPLETE");
    assert!(made.outputs.contains_key("Url"));
    assert!(!aws.events(&site, &stack, None).await.unwrap().is_empty());
    assert!(aws.template(&site, &stack).await.unwrap().contains("AWS::SQS::Queue"));
    Stacks::delete(aws, &site, &stack, "token-3", None).await.unwrap();
}
