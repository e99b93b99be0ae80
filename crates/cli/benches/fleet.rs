//! Counts and times of whole fleets: `cargo bench -p landfall`. Nothing here asserts a time; it prints them.
//!
//! Plans of 3, 100 and 1,000 targets; sandbox deployments of 100 and 1,000 targets with the number of AWS calls per target
//! and operation; peak memory; start-up of the binary. Cost must grow with the number of targets and no faster.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stdout
)]

#[path = "../tests/simulated/mod.rs"]
mod simulated;

use base::FileId;
use deploy::project::{Pipeline, read_pipeline};
use deploy::run::Limits;
use engine::{Control, begin, drive};
use sandbox::{Options, Sandbox, World};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Instant;

const REGIONS: [&str; 10] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "eu-west-1",
    "eu-west-2",
    "eu-central-1",
    "ap-south-1",
    "ap-southeast-1",
    "sa-east-1",
];

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: src/, Handler: app.handler, Runtime: python3.12 }
";

/// Accounts and regions that together are so many targets.
fn shape(targets: usize) -> (usize, usize) {
    if targets < 10 { (targets, 1) } else { (targets / 10, 10) }
}

fn account(n: usize) -> String {
    format!("{:012}", 300_000_000_000_u64 + n as u64)
}

fn pipeline(targets: usize) -> Pipeline {
    let (accounts, regions) = shape(targets);
    let list = (0..accounts).map(|n| format!("\"{}\"", account(n))).collect::<Vec<_>>().join(", ");
    let text = format!(
        "version: 1
stage_defaults: {{ deployment_time_window: NONE, deployment_role: landfall-deploy, execution_role: landfall-execution }}
artifacts: {{ app: {{ type: sam, template: template.yaml }} }}
stages:
  - name: everyone
    targets: {{ accounts: [{list}], regions: [{}] }}
    region_concurrency: parallel
    waves: [100%]
    max_concurrent: 50
steps:
  - name: deploy
    type: sam
    params: {{ artifact: app, stack_name: work, capabilities: [CAPABILITY_IAM] }}
",
        REGIONS[..regions].join(", ")
    );
    let (pipeline, found) = read_pipeline("fleet", FileId(0), &text);
    assert!(found.iter().all(|d| !d.is_error()), "{found:?}");
    pipeline
}

/// An organization with as many accounts, each with the demo's two roles.
fn world(targets: usize) -> World {
    let (accounts, _) = shape(targets);
    let mut text =
        String::from("clock: \"2026-11-23T15:00:00Z\"\naccounts:\n  - { id: \"999999999999\", name: hub }\n");
    for n in 0..accounts {
        let _ = writeln!(text, "  - {{ id: \"{}\", name: a{n} }}", account(n));
    }
    let list = (0..accounts).map(|n| format!("\"{}\"", account(n))).collect::<Vec<_>>().join(", ");
    let _ = write!(
        text,
        "roles:
  - accounts: [{list}]
    name: landfall-deploy
    trust: {{ Version: \"2012-10-17\", Statement: [{{ Effect: Allow, Principal: {{ AWS: \"arn:aws:iam::999999999999:root\" }}, Action: [\"sts:AssumeRole\", \"sts:TagSession\", \"sts:SetSourceIdentity\"] }}] }}
    inline: {{ all: {{ Version: \"2012-10-17\", Statement: [{{ Effect: Allow, Action: \"*\", Resource: \"*\" }}] }} }}
  - accounts: [{list}]
    name: landfall-execution
    trust: {{ Version: \"2012-10-17\", Statement: [{{ Effect: Allow, Principal: {{ Service: cloudformation.amazonaws.com }}, Action: \"sts:AssumeRole\" }}] }}
    inline: {{ all: {{ Version: \"2012-10-17\", Statement: [{{ Effect: Allow, Action: \"*\", Resource: \"*\" }}] }} }}
"
    );
    let (world, found) = World::from_yaml(&text);
    assert!(found.iter().all(|d| !d.is_error()), "{found:?}");
    world
}

fn memory(field: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with(field)).unwrap_or_default();
    let kilobytes: u64 = line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0);
    format!("{} MB", kilobytes / 1024)
}

fn fleet(targets: usize, whole: bool) {
    let state = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(world(targets), Options::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let ports = simulated::ports(&sandbox, state.path(), None).await;
        let start = Instant::now();
        let prepared = simulated::planned(&ports, &pipeline(targets), &simulated::files(TEMPLATE, 1)).await;
        let calls = sandbox.world().log.len();
        println!("plan of {targets:>5} targets: {:>8.2?}, {:.1} AWS calls per target", start.elapsed(), calls as f64 / targets as f64);
        if !whole {
            return;
        }
        sandbox.world().log.clear();
        let limits = Limits::default();
        let start = Instant::now();
        let mut session = begin(&ports, prepared.plan, &prepared.blobs, "ann@host", &limits).await.unwrap();
        session.seed(&prepared.inventory, prepared.seen_at);
        let ending = drive(&mut session, &ports, &limits, &mut Control::none(), &mut |_, _| {}).await.unwrap();
        let took = start.elapsed();
        let mut calls: BTreeMap<String, usize> = BTreeMap::new();
        for call in &sandbox.world().log {
            *calls.entry(format!("{}:{}", call.service, call.operation)).or_insert(0) += 1;
        }
        let all: usize = calls.values().sum();
        println!(
            "deployment of {targets:>5} targets: {took:>8.2?} ({:?}, {} journal records), {:.1} AWS calls per target, peak memory with the simulated organization {}",
            ending.kind, session.records(), all as f64 / targets as f64, memory("VmHWM")
        );
        for (operation, count) in calls {
            println!("    {operation:<40} {:.2} per target", count as f64 / targets as f64);
        }
    });
}

fn start_up() {
    let binary = env!("CARGO_BIN_EXE_landfall");
    let mut times: Vec<_> = (0..30)
        .map(|_| {
            let start = Instant::now();
            let done = std::process::Command::new(binary).arg("--version").output().unwrap();
            assert!(done.status.success());
            start.elapsed()
        })
        .collect();
    times.sort();
    println!(
        "start-up: median {:.2?}, slowest {:.2?} of {}",
        times[times.len() / 2],
        times[times.len() - 1],
        times.len()
    );
}

fn main() {
    start_up();
    for targets in [3, 100, 1_000] {
        fleet(targets, false);
    }
    for targets in [100, 1_000] {
        fleet(targets, true);
    }
}
