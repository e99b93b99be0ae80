//! Runs under random trouble, and large ones: whatever happens, the invariants hold.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

extern crate landfall_engine as engine;

mod fakes;

use deploy::plan::Work;
use deploy::run::{EndingKind, Event, Fact, Limits, StageStatus, State};
use engine::interrupt::{Interrupt, Moment};
use engine::ports::{Failure, FailureKind, Ports};
use engine::store::Claim;
use engine::{Control, begin, drive, resume};
use fakes::plans::{PROD, PROD_WEST, Wish, command};
use fakes::{Fake, Fault, MemoryStore, plus, start};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Numbers that look random and are the same every time (Knuth's multiplier).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

const OPERATIONS: [&str; 14] = [
    "caller",
    "describe",
    "events",
    "delete_stack",
    "create_change_set",
    "describe_change_set",
    "execute_change_set",
    "delete_change_set",
    "ensure_bucket",
    "head",
    "put",
    "alarms",
    "command",
    "describe",
];

fn trouble(fake: &Fake, dice: &mut Dice) {
    let mut world = fake.world();
    for _ in 0..dice.below(12) {
        let operation = OPERATIONS[dice.below(14) as usize];
        let number = 1 + dice.below(12) as u32;
        let (kind, code, in_doubt, after) = match dice.below(5) {
            0 => (FailureKind::Throttled, "Throttling", false, false),
            1 => (FailureKind::Unavailable, "", true, true),
            2 => (FailureKind::Unavailable, "", true, false),
            3 => (FailureKind::Denied, "AccessDenied", false, false),
            _ => (FailureKind::Unavailable, "InternalFailure", false, false),
        };
        let failure = Failure { in_doubt, ..Failure::new(kind, code, "trouble") };
        world.faults.insert((operation, number), Fault { failure, after });
    }
    for account in [PROD, PROD_WEST] {
        let mut states = vec![(start(), "OK")];
        if dice.below(3) == 0 {
            let at = plus(world.now, dice.below(900) as i64);
            states.push((at, ["ALARM", "INSUFFICIENT_DATA"][dice.below(2) as usize]));
        }
        world.alarms.insert(format!("{account}/health"), states);
    }
    let ends = (0..4).map(|_| i32::from(dice.below(5) == 0)).collect();
    world.commands.insert("./smoke.sh".into(), ends);
}

/// No stage starts before the one before it has passed, and nothing is done to a target outside of its stage.
fn in_order(event: &Event, state: &State) {
    if let Fact::StageStarted { stage } = &event.fact {
        assert!(state.stages[..*stage].iter().all(|s| s.status == StageStatus::Passed), "stage {stage}");
    }
    if let Fact::EffectStarted { effect, .. } = &event.fact
        && effect.verb.is_mutation()
        && let Some(target) = effect.target
    {
        assert!(!state.targets[target].status.is_over(), "{effect:?} {:?}", state.targets[target].status);
    }
}

async fn resumed(ports: &Ports, limits: &Limits) -> EndingKind {
    let id = base::RunId::new("r2").unwrap();
    let mut session = resume(ports, "orders", &id, Claim::by("ann@host"), limits).await.unwrap();
    drive(&mut session, ports, limits, &mut Control::none(), &mut in_order).await.unwrap().kind
}

#[test]
fn troubled_runs_keep_the_invariants() {
    let limits = Limits::default();
    let mut kinds: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..120 {
        let mut dice = Dice(seed * 7_919 + 1);
        let (fake, store) = (Fake::new(), MemoryStore::default());
        let ports = fake.ports(Arc::new(store));
        for account in [PROD, PROD_WEST] {
            fake.world().alarms.insert(format!("{account}/health"), vec![(start(), "OK")]);
        }
        let steps = vec![("smoke", command("./smoke.sh", true)), ("bake", Work::Bake { seconds: 60 })];
        let first = Wish { steps: Vec::new(), ..Wish::usual("r1", 1) };
        let second = Wish { before: Some(first.template.clone()), steps, ..Wish::usual("r2", 2) };
        wait(async {
            let mut session = begin(&ports, first.plan(), &first.blobs(), "ann@host", &limits).await.unwrap();
            drive(&mut session, &ports, &limits, &mut Control::none(), &mut in_order).await.unwrap();
        });
        fake.world().log.clear();
        fake.world().counts.clear();
        trouble(&fake, &mut dice);
        // Every third run dies somewhere on its way and is taken up again.
        let moment = if seed % 3 == 0 { Moment::AfterCall(8 + dice.below(60)) } else { Moment::Never };
        let (doomed, interrupt) = Interrupt::wrap(&ports, moment);
        let kind = wait(async {
            let mut session = begin(&doomed, second.plan(), &second.blobs(), "ann@host", &limits).await.unwrap();
            let (mut control, mut tell) = (Control::none(), in_order);
            let ending = tokio::select! {
                biased;
                () = interrupt.struck() => None,
                ending = drive(&mut session, &doomed, &limits, &mut control, &mut tell) => Some(ending.unwrap().kind),
            };
            let mut kind = match ending {
                Some(kind) => kind,
                None => resumed(&ports, &limits).await,
            };
            if kind.is_resumable() {
                fake.world().faults.clear();
                for states in fake.world().alarms.values_mut() {
                    *states = vec![(start(), "OK")];
                }
                kind = resumed(&ports, &limits).await;
            }
            kind
        });
        assert!(!kind.is_resumable(), "seed {seed}: {kind:?}");
        *kinds.entry(format!("{kind:?}")).or_default() += 1;
        let log = fake.log();
        let names: BTreeSet<&String> = log.iter().collect();
        assert_eq!(names.len(), log.len(), "seed {seed}: something was done twice: {log:#?}");
        let busy = fake.world().stacks.values().filter(|s| s.ends.is_some()).count();
        assert_eq!(busy, 0, "seed {seed}: a run that is over left work behind");
    }
    assert!(kinds.len() >= 2, "{kinds:?}");
}

/// Calls and records for a fleet of this size, and how long it took.
fn fleet(size: usize) -> (u64, u64, std::time::Duration) {
    let fake = Fake::new();
    let ports = fake.ports(Arc::new(MemoryStore::default()));
    let (ports, interrupt) = Interrupt::wrap(&ports, Moment::Never);
    let names: Vec<&'static str> =
        (0..size).map(|n| &*Box::leak(format!("{:012}", 100_000_000_000_u64 + n as u64).into_boxed_str())).collect();
    let waves = vec![names[..1].to_vec(), names[1..size / 10].to_vec(), names[size / 10..].to_vec()];
    let wish = Wish { stages: vec![("everyone", waves, vec![])], steps: Vec::new(), ..Wish::usual("r1", 1) };
    let mut plan = wish.plan();
    plan.stages[0].max_concurrent = 50;
    let limits = Limits::default();
    let began = std::time::Instant::now();
    let ending = wait(async {
        let mut session = begin(&ports, plan, &wish.blobs(), "ann@host", &limits).await.unwrap();
        drive(&mut session, &ports, &limits, &mut Control::none(), &mut |_, _| {}).await.unwrap()
    });
    assert_eq!((ending.kind, ending.counts.passed), (EndingKind::Succeeded, size));
    (interrupt.calls(), interrupt.records(), began.elapsed())
}

#[test]
fn the_cost_of_a_fleet_grows_with_its_size() {
    let (small, _, short) = fleet(100);
    let (large, records, long) = fleet(400);
    assert!(large < small * 4 + small / 2, "{small} calls for 100 targets, {large} for 400 ({short:?}, {long:?})");
    assert!(records < 400 * 8, "{records} journal records for 400 targets");
}
