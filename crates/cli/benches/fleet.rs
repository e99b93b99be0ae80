//! Counts and times of whole fleets: `cargo bench -p landfall --bench fleet`. Nothing here asserts a time; it prints them.
//!
//! First the program alone, as a user runs it: `landfall` against a sandbox in another process, with the processor time and
//! the memory of the client only. Then whole deployments in one process with the sandbox and its clock, which takes no time
//! to wait and counts the AWS calls. Cost must grow with the number of targets and no faster.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stdout
)]

#[path = "fleet/organization.rs"]
mod organization;
#[path = "fleet/product.rs"]
mod product;
#[path = "../tests/simulated/mod.rs"]
mod simulated;

use base::FileId;
use deploy::project::{Pipeline, read_pipeline};
use deploy::run::Limits;
use engine::{Control, begin, drive};
use product::{Cost, Fleet};
use sandbox::{Options, Sandbox, World};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

fn pipeline(targets: usize) -> Pipeline {
    let (pipeline, found) = read_pipeline("fleet", FileId(0), &organization::pipeline(targets));
    assert!(found.iter().all(|d| !d.is_error()), "{found:?}");
    pipeline
}

fn world(targets: usize) -> World {
    let (world, found) = World::from_yaml(&organization::world(targets, "2026-11-23T15:00:00Z"));
    assert!(found.iter().all(|d| !d.is_error()), "{found:?}");
    world
}

/// A time for one target of so many.
fn each(time: Duration, targets: usize) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1_000.0 / targets as f64)
}

fn start_up() {
    let mut times: Vec<_> = (0..30)
        .map(|_| {
            let start = Instant::now();
            let done = std::process::Command::new(env!("CARGO_BIN_EXE_landfall")).arg("--version").output().unwrap();
            assert!(done.status.success());
            start.elapsed()
        })
        .collect();
    times.sort();
    let (median, slowest) = (times[times.len() / 2], times[times.len() - 1]);
    println!("start-up: median {median:.2?}, slowest {slowest:.2?} of {}", times.len());
}

fn tell(what: &str, targets: usize, cost: &Cost) {
    println!(
        "{what:<10} {targets:>5} targets: {:>7.2} s of processor, {} each, peak memory {} MB, {:.1} s in all",
        cost.cpu.as_secs_f64(),
        each(cost.cpu, targets),
        cost.peak_bytes / 1_000_000,
        cost.elapsed.as_secs_f64()
    );
}

/// The program alone.
fn alone(targets: usize, whole: bool) {
    let fleet = Fleet::new(targets);
    tell("plan", targets, &fleet.run(&["plan"]));
    if !whole {
        return;
    }
    tell("deploy", targets, &fleet.run(&["deploy", "--yes"]));
    println!("{:<10} {targets:>5} targets: {} bytes of journal each", "", fleet.journal_bytes() / targets as u64);
    tell("status", targets, &fleet.run(&["status"]));
    tell("history", targets, &fleet.run(&["history"]));
}

/// A deployment in one process with the simulated organization.
fn together(targets: usize) {
    let state = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(world(targets), Options::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let ports = simulated::ports(&sandbox, state.path(), None).await;
        let start = Instant::now();
        let prepared =
            simulated::planned(&ports, &pipeline(targets), &simulated::files(organization::TEMPLATE, 1)).await;
        let calls = sandbox.world().log.len() as f64 / targets as f64;
        println!("plan       {targets:>5} targets: {} each, {calls:.1} AWS calls each", each(start.elapsed(), targets));
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
        let all = calls.values().sum::<usize>() as f64 / targets as f64;
        println!(
            "deployment {targets:>5} targets: {} each ({:?}, {} journal records), {all:.1} AWS calls each",
            each(took, targets),
            ending.kind,
            session.records(),
        );
        for (operation, count) in calls {
            println!("    {operation:<40} {:.2} each", count as f64 / targets as f64);
        }
    });
}

fn main() {
    start_up();
    println!("\nthe program alone, against a sandbox in another process");
    for targets in [3, 100, 300, 1_000] {
        alone(targets, targets >= 100);
    }
    println!("\nin one process with the simulated organization");
    for targets in [100, 300, 1_000] {
        together(targets);
    }
}
