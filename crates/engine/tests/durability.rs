//! The process dies at every call and at every journal record; the run that is taken up again ends as if nothing had
//! happened, and nothing was done twice.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

extern crate landfall_engine as engine;

mod fakes;

use deploy::plan::Work;
use deploy::run::{Ending, EndingKind, Limits, TargetStatus};
use engine::interrupt::{Interrupt, Moment};
use engine::ports::Store;
use engine::store::{Claim, Runs};
use engine::{Control, DriveError, begin, drive, resume};
use fakes::plans::{PROD, PROD_WEST, Wish, command};
use fakes::{Fake, MemoryStore, plus, start};
use std::collections::BTreeMap;
use std::sync::Arc;

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// A world at rest, and the run to make in it.
struct Scenario {
    name: &'static str,
    wish: Wish,
    prepare: fn(&Fake),
    expected: EndingKind,
}

/// What is compared at the end.
#[derive(Debug, PartialEq)]
struct End {
    kind: EndingKind,
    targets: Vec<TargetStatus>,
    stacks: BTreeMap<String, (String, String)>,
    log: Vec<String>,
    good: BTreeMap<String, String>,
}

fn before(scenario: &Scenario) -> (Fake, MemoryStore) {
    let (fake, store) = (Fake::new(), MemoryStore::default());
    for account in [PROD, PROD_WEST] {
        fake.world().alarms.insert(format!("{account}/health"), vec![(start(), "OK")]);
    }
    let ports = fake.ports(Arc::new(store.clone()));
    let limits = Limits::default();
    if scenario.wish.release == 2 {
        wait(async {
            let first = shorter(Wish::usual("r1", 1));
            let mut session = begin(&ports, first.plan(), &first.blobs(), "ann@host", &limits).await.unwrap();
            drive(&mut session, &ports, &limits, &mut Control::none(), &mut |_, _| {}).await.unwrap();
        });
    }
    fake.world().log.clear();
    (scenario.prepare)(&fake);
    (fake, store)
}

async fn whole(ports: &engine::ports::Ports, wish: &Wish) -> Result<Ending, DriveError> {
    let limits = Limits::default();
    let mut session = begin(ports, wish.plan(), &wish.blobs(), "ann@host", &limits).await?;
    drive(&mut session, ports, &limits, &mut Control::none(), &mut |_, _| {}).await
}

fn end(scenario: &Scenario, fake: &Fake, store: &MemoryStore, ending: &Ending) -> End {
    let port: Arc<dyn Store> = Arc::new(store.clone());
    let id = base::RunId::new(scenario.wish.run).unwrap();
    let run = wait(Runs::new(port, "orders").read(&id)).unwrap();
    let mut log = fake.log();
    log.sort();
    let all = store.0.lock().unwrap();
    let good = all.iter().filter(|(k, _)| k.contains("/good/")).map(|(key, bytes)| {
        let value: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        (key.clone(), value["release"].to_string())
    });
    End {
        kind: ending.kind,
        targets: run.state.targets.iter().map(|t| t.status).collect(),
        stacks: fake
            .world()
            .stacks
            .iter()
            .map(|(k, s)| (k.clone(), (s.seen.status.clone(), s.template.clone())))
            .collect(),
        log,
        good: good.collect(),
    }
}

/// Two stages and a bake of a minute: every kind of moment is still there, and none of them a hundred times.
fn shorter(mut wish: Wish) -> Wish {
    wish.stages.truncate(2);
    for (_, work) in &mut wish.steps {
        if let Work::Bake { seconds } = work {
            *seconds = 60;
        }
    }
    wish
}

/// Runs with a death in it, then takes the run up again.
fn with_death(scenario: &Scenario, moment: Moment) -> Option<End> {
    let (fake, store) = before(scenario);
    let alive = fake.ports(Arc::new(store.clone()));
    let (doomed, interrupt) = Interrupt::wrap(&alive, moment);
    let died = wait(async {
        tokio::select! {
            biased;
            () = interrupt.struck() => true,
            _ = whole(&doomed, &scenario.wish) => false,
        }
    });
    if !died {
        return None;
    }
    let id = base::RunId::new(scenario.wish.run).unwrap();
    let limits = Limits::default();
    let ending = wait(async {
        match resume(&alive, "orders", &id, Claim::by("ann@host"), &limits).await {
            Ok(mut session) => {
                drive(&mut session, &alive, &limits, &mut Control::none(), &mut |_, _| {}).await.unwrap()
            }
            // It died after the last record was written.
            Err(DriveError::Over { ending, .. }) => *ending,
            // It died before there was a run: the person deploys again.
            Err(DriveError::Store(_)) => {
                assert_eq!(fake.log(), Vec::<String>::new(), "without a run nothing was done");
                whole(&alive, &scenario.wish).await.unwrap()
            }
            Err(other) => panic!("{moment:?}: {other}"),
        }
    });
    Some(end(scenario, &fake, &store, &ending))
}

fn sweep(scenario: &Scenario) {
    let scenario = &Scenario { wish: shorter(scenario.wish.clone()), ..*scenario };
    let (fake, store) = before(scenario);
    let (ports, interrupt) = Interrupt::wrap(&fake.ports(Arc::new(store.clone())), Moment::Never);
    let ending = wait(whole(&ports, &scenario.wish)).unwrap();
    assert_eq!(ending.kind, scenario.expected, "{}: {ending:?}", scenario.name);
    let expected = end(scenario, &fake, &store, &ending);
    // Before a call is after the record of its intent, so that moment is among the records'.
    let moments = (1..=interrupt.calls()).map(Moment::AfterCall);
    let records = (1..=interrupt.records()).flat_map(|n| [Moment::BeforeRecord(n), Moment::AfterRecord(n)]);
    let mut deaths = 0;
    for moment in moments.chain(records) {
        if let Some(found) = with_death(scenario, moment) {
            deaths += 1;
            assert_eq!(found, expected, "{}: {moment:?}", scenario.name);
        }
    }
    assert!(deaths > 50, "{}: only {deaths} deaths", scenario.name);
}

#[test]
fn a_first_release_survives_every_death() {
    sweep(&Scenario {
        name: "first release",
        wish: Wish { steps: vec![("smoke", command("./smoke.sh", true))], ..Wish::usual("r1", 1) },
        prepare: |_| {},
        expected: EndingKind::Succeeded,
    });
}

#[test]
fn a_rollback_survives_every_death() {
    let before = Wish::usual("r1", 1).template;
    let wish =
        Wish { before: Some(before), steps: vec![("smoke", command("./smoke.sh", true))], ..Wish::usual("r2", 2) };
    sweep(&Scenario {
        name: "rollback",
        wish,
        prepare: |fake| {
            // The test of the second stage always fails; staging's passes at each of its tries.
            fake.world().failing_accounts.insert(PROD.into());
        },
        expected: EndingKind::RolledBack,
    });
}

#[test]
fn an_alarm_in_the_bake_survives_every_death() {
    let before = Wish::usual("r1", 1).template;
    sweep(&Scenario {
        name: "alarm",
        wish: Wish { before: Some(before), ..Wish::usual("r2", 2) },
        prepare: |fake| {
            let now = fake.world().now;
            let states = vec![(start(), "OK"), (plus(now, 180), "ALARM")];
            fake.world().alarms.insert(format!("{PROD}/health"), states);
        },
        expected: EndingKind::RolledBack,
    });
}

#[test]
fn a_dead_stack_is_cleared_once() {
    sweep(&Scenario {
        name: "dead stack",
        wish: Wish { steps: Vec::new(), objects: 0, ..Wish::usual("r1", 1) },
        prepare: |fake| fake.world().put_stack(PROD, "orders", "ROLLBACK_COMPLETE", "old"),
        expected: EndingKind::Succeeded,
    });
}
