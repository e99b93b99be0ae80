//! Runs under random trouble, and large ones: whatever happens, the invariants hold.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

extern crate landfall_engine as engine;

mod fakes;

use deploy::plan::{Inventory, Plan, PlannedTarget, TargetSeen, Work};
use deploy::run::{EndingKind, Event, Fact, Limits, StageStatus, State, Way};
use deploy::seen::Caller;
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

/// What a fleet of this size costs.
#[derive(Debug)]
struct Cost {
    calls: u64,
    looks_at_stacks: u32,
    records: u64,
    seconds: i64,
}

/// What the plan saw of targets that have nothing yet.
fn seen(plan: &Plan) -> Inventory {
    let nothing = |target: &PlannedTarget| {
        let stacks = target.steps.iter().filter_map(|s| Some((s.change(Way::Forward)?.stack.clone(), Ok(None))));
        let caller = Caller { account: target.account.clone(), arn: format!("arn:aws:iam::{}:root", target.account) };
        TargetSeen {
            by: target.site.role.clone(),
            caller: Ok(caller),
            stacks: stacks.collect(),
            alarms: Ok(Vec::new()),
            good: None,
        }
    };
    Inventory { targets: plan.targets.iter().map(|t| (t.id.clone(), nothing(t))).collect() }
}

fn fleet(size: usize) -> Cost {
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
    let began = ports.clock.now();
    let ending = wait(async {
        let inventory = seen(&plan);
        let mut session = begin(&ports, plan, &wish.blobs(), "ann@host", &limits).await.unwrap();
        session.seed(&inventory, began);
        drive(&mut session, &ports, &limits, &mut Control::none(), &mut |_, _| {}).await.unwrap()
    });
    assert_eq!((ending.kind, ending.counts.passed), (EndingKind::Succeeded, size));
    let looks_at_stacks = fake.world().counts["describe"];
    Cost {
        calls: interrupt.calls(),
        looks_at_stacks,
        records: interrupt.records(),
        seconds: ports.clock.now().duration_since(began).as_secs(),
    }
}

#[test]
fn the_cost_of_a_fleet_grows_with_its_size() {
    let (small, large) = (fleet(100), fleet(400));
    assert!(large.calls < small.calls * 4 + small.calls / 20, "{small:?} for 100 targets, {large:?} for 400");
    assert!(large.records < 400 * 8, "{large:?}");
    // However long the fleet takes, the plan's look at a stack is not repeated: one at the end is all.
    assert!(large.seconds > 300, "{large:?}");
    assert_eq!((small.looks_at_stacks, large.looks_at_stacks), (100, 400), "{small:?} {large:?}");
}
