//! The durability sweep, against the sandbox and through the AWS SDK: the process dies before and after every call and
//! every journal record; the run that is taken up again ends as if nothing had happened, and the sandbox's own log shows
//! that no mutation was done twice.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stdout
)]

mod simulated;

use base::{AccountId, Arn, FileId, Region};
use deploy::project::{Pipeline, read_pipeline};
use deploy::run::{EndingKind, Limits};
use engine::interrupt::{Interrupt, Moment};
use engine::ports::Ports;
use engine::store::{Claim, Runs};
use engine::{Control, Session, begin, drive, resume};
use sandbox::services::s3::Versioning;
use sandbox::{Calls, Effect, Fault, Options, Sandbox, World};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

const PIPELINE: &str = r#"
version: 1
organization: { cicd_account_id: "999999999999" }
stage_defaults: { deployment_time_window: NONE, deployment_role: landfall-deploy, execution_role: landfall-execution }
artifacts:
  app: { type: sam, template: template.yaml }
stages:
  - { name: staging, account_id: "111111111111", region: us-east-1, vars: { env: staging } }
  - { name: prod, account_id: "222222222222", region: us-east-1, vars: { env: prod }, auto_rollback_alarm_name: api-health-us-east-1 }
steps:
  - name: deploy
    type: sam
    params: { artifact: app, stack_name: "orders-${{ vars.env }}", capabilities: [CAPABILITY_IAM] }
  - { name: smoke, type: test, params: { command: "true" } }
  - { name: bake, type: bake, params: { duration_minutes: 2 } }
"#;

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: src/, Handler: app.handler, Runtime: python3.12 }
Outputs:
  Name: { Value: !Ref Work }
";

fn pipeline() -> Pipeline {
    let (pipeline, found) = read_pipeline("orders", FileId(0), PIPELINE);
    assert!(found.is_empty(), "{found:?}");
    pipeline
}

async fn ports(sandbox: &Sandbox, state: &Path) -> Ports {
    simulated::ports(sandbox, state, Some("landfall-hub")).await
}

async fn started(ports: &Ports, release: u32) -> Session {
    let prepared = simulated::planned(ports, &pipeline(), &simulated::files(TEMPLATE, release)).await;
    let mut session = begin(ports, prepared.plan, &prepared.blobs, "ann@host", &Limits::default()).await.unwrap();
    session.seed(&prepared.inventory, prepared.seen_at);
    session
}

async fn driven(session: &mut Session, ports: &Ports) -> EndingKind {
    drive(session, ports, &Limits::default(), &mut Control::none(), &mut |_, _| {}).await.unwrap().kind
}

/// What is compared at the end.
#[derive(Debug, PartialEq)]
struct End {
    kind: EndingKind,
    stacks: Vec<(String, String, String)>,
    mutations: BTreeMap<String, usize>,
}

/// Stacks with status and release, and every mutation with how often it was carried out.
async fn end(sandbox: &Sandbox, ports: &Ports, kind: EndingKind) -> End {
    let mut stacks = Vec::new();
    for (account, stack) in [("111111111111", "orders-staging"), ("222222222222", "orders-prod")] {
        let site = deploy::target::Site {
            account: AccountId::new(account).ok(),
            region: Region::new("us-east-1").unwrap(),
            role: Arn::new(format!("arn:aws:iam::{account}:role/landfall-deploy")).ok(),
            session: deploy::target::Session { name: "after".into(), ..Default::default() },
        };
        if let Some(seen) = ports.stacks.describe(&site, stack).await.unwrap() {
            stacks.push((
                stack.to_owned(),
                seen.status,
                seen.tags.get("landfall:release").cloned().unwrap_or_default(),
            ));
        }
    }
    let mut mutations = BTreeMap::new();
    for call in sandbox.world().log.iter().filter(|c| c.changed_the_world() && c.service != "sts") {
        let named = |key: &str| call.parameters.get(key).map(ToString::to_string).unwrap_or_default();
        let keys = ["StackName", "ChangeSetName", "ClientRequestToken", "Path"].map(named).join(" ");
        *mutations.entry(format!("{} {keys} in {:?}", call.operation, call.account)).or_insert(0) += 1;
    }
    End { kind, stacks, mutations }
}

struct Scenario {
    release: u32,
    world: tempfile::TempDir,
    expected: EndingKind,
}

/// A world in which everything up to the scenario's release was deployed.
fn prepared(release: u32, alarm: bool, expected: EndingKind) -> Scenario {
    let world = tempfile::tempdir().unwrap();
    let mut start = World::demo();
    for plan in &mut start.alarm_plan {
        if alarm {
            plan.changes.iter_mut().filter_map(|c| c.after.as_mut()).for_each(|a| a.seconds = 60);
        } else {
            plan.changes.clear();
        }
    }
    let sandbox = Sandbox::start(start, Options::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for before in 1..release {
            let ports = ports(&sandbox, &world.path().join("state")).await;
            let mut session = started(&ports, before).await;
            assert_eq!(driven(&mut session, &ports).await, EndingKind::Succeeded);
        }
    });
    sandbox.world().log.clear();
    sandbox.world().save(&world.path().join("world")).unwrap();
    Scenario { release, world, expected }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).into_iter().flatten().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Runs the scenario with a death at `moment` and, if it came, a second process that goes on.
fn run(scenario: &Scenario, moment: Moment) -> (End, u64, u64) {
    let state = tempfile::tempdir().unwrap();
    copy(&scenario.world.path().join("state"), state.path());
    let world = World::load(&scenario.world.path().join("world")).unwrap().unwrap();
    let sandbox = Sandbox::start(world, Options::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let alive = ports(&sandbox, state.path()).await;
        let (doomed, interrupt) = Interrupt::wrap(&alive, moment);
        let first = async {
            let mut session = started(&doomed, scenario.release).await;
            driven(&mut session, &doomed).await
        };
        let kind = tokio::select! {
            biased;
            kind = first => kind,
            () = interrupt.struck() => go_on(&alive, scenario.release).await,
        };
        (end(&sandbox, &alive, kind).await, interrupt.calls(), interrupt.records())
    })
}

/// What a person does after a crash: resume; or, when the run had not been written down yet, deploy again.
async fn go_on(ports: &Ports, release: u32) -> EndingKind {
    let runs = Runs::new(ports.store.clone(), "orders");
    let latest = runs.latest().await.unwrap();
    let ours = match latest {
        Some(id) if runs.plan(&id).await.is_ok_and(|p| p.release == release) => Some(id),
        _ => None,
    };
    let mut session = match ours {
        Some(id) => {
            match resume(ports, "orders", &id, Claim { owner: "bob@host", gone: &|_| true }, &Limits::default()).await {
                Ok(session) => session,
                Err(engine::DriveError::Over { ending, .. }) => return ending.kind,
                Err(e) => panic!("{e}"),
            }
        }
        None => {
            // The lock of the dead process ends with its lease.
            ports.clock.sleep_until(ports.clock.now() + jiff::SignedDuration::from_mins(30)).await;
            started(ports, release).await
        }
    };
    driven(&mut session, ports).await
}

fn sweep(name: &str, scenario: &Scenario) {
    let (expected, calls, records) = run(scenario, Moment::Never);
    assert_eq!(expected.kind, scenario.expected, "{name}");
    let twice: Vec<_> = expected.mutations.iter().filter(|(_, n)| **n > 1).collect();
    assert!(twice.is_empty(), "{name}: done twice without any crash: {twice:?}");
    let mut moments: Vec<Moment> = Vec::new();
    moments.extend((1..=calls).flat_map(|n| [Moment::BeforeCall(n), Moment::AfterCall(n)]));
    moments.extend((1..=records).flat_map(|n| [Moment::BeforeRecord(n), Moment::AfterRecord(n)]));
    println!("{name}: {calls} calls, {records} records, {} deaths", moments.len());
    let next = AtomicUsize::new(0);
    std::thread::scope(|threads| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            threads.spawn(|| {
                while let Some(moment) = moments.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let (end, _, _) = run(scenario, *moment);
                    assert_eq!(end.kind, expected.kind, "{name}: {moment:?}");
                    assert_eq!(end.stacks, expected.stacks, "{name}: {moment:?}");
                    let twice: Vec<_> = end.mutations.iter().filter(|(_, n)| **n > 1).collect();
                    assert!(twice.is_empty(), "{name}: {moment:?}: done twice: {twice:?}");
                }
            });
        }
    });
}

#[test]
fn a_first_release_survives_every_death() {
    sweep("release 1", &prepared(1, false, EndingKind::Succeeded));
}

#[test]
fn a_release_that_is_rolled_back_survives_every_death() {
    sweep("release 2", &prepared(2, true, EndingKind::RolledBack));
}

/// Making a bucket is one effect of several calls. Whoever makes it dies before or after one of them, and the next one
/// makes it to its end: closed to the public, and versioned.
#[test]
fn a_bucket_whose_maker_died_is_made_to_its_end() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for operation in ["CreateBucket", "PutPublicAccessBlock", "PutBucketVersioning"] {
        for effect in [Effect::DropConnection, Effect::AcceptThenTimeout] {
            let case = format!("{operation} {effect:?}");
            let state = tempfile::tempdir().unwrap();
            let sandbox = Sandbox::start(World::demo(), Options::default()).unwrap();
            sandbox.world().faults.push(Fault {
                service: Some("s3".into()),
                operation: Some(operation.into()),
                account: None,
                region: None,
                calls: Calls::Nth(1),
                effect,
                seen: 0,
            });
            let bucket = "landfall-111111111111-us-east-1";
            runtime.block_on(async {
                let ports = ports(&sandbox, state.path()).await;
                let died = ports.objects.ensure_bucket(&staging(), bucket).await;
                assert!(died.is_err(), "{case}");
                ports.objects.ensure_bucket(&staging(), bucket).await.unwrap_or_else(|e| panic!("{case}: {e:?}"));
                sandbox.world().log.clear();
                ports.objects.ensure_bucket(&staging(), bucket).await.unwrap();
            });
            let world = sandbox.world();
            let made = &world.s3.buckets[bucket];
            let closed = made.configuration.values().any(|c| c.matches("true").count() == 4);
            assert!(closed && made.versioning == Versioning::Enabled, "{case}: {made:?}");
            let asked: Vec<&str> = world.log.iter().map(|c| c.operation.as_str()).collect();
            assert_eq!(asked, ["GetBucketVersioning"], "{case}: a bucket that is made is left alone");
        }
    }
}

fn staging() -> deploy::target::Site {
    deploy::target::Site {
        account: AccountId::new("111111111111").ok(),
        region: Region::new("us-east-1").unwrap(),
        role: Arn::new("arn:aws:iam::111111111111:role/landfall-deploy").ok(),
        session: deploy::target::Session { name: "bucket".into(), ..Default::default() },
    }
}
