//! Whole runs against an AWS in memory: what happens, in which order, and how it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

extern crate landfall_engine as engine;

mod fakes;

use deploy::run::{CauseKind, Ending, EndingKind, Fact, Limits, Outcome, TargetStatus};
use engine::ports::{Failure, FailureKind, Store};
use engine::store::{Claim, Releases, Runs, take_lock};
use engine::{Control, DriveError, begin, drive, resume};
use fakes::plans::{PROD, PROD_WEST, STAGING, Wish, command};
use fakes::{Fake, Fault, MemoryStore, plus, start};
use std::sync::Arc;

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

struct Run {
    fake: Fake,
    store: MemoryStore,
    facts: Vec<Fact>,
}

impl Run {
    fn new() -> Self {
        Self { fake: Fake::new(), store: MemoryStore::default(), facts: Vec::new() }
    }

    fn ports(&self) -> engine::ports::Ports {
        self.fake.ports(Arc::new(self.store.clone()))
    }

    fn with(&mut self, wish: &Wish, limits: &Limits) -> Result<Ending, DriveError> {
        let plan = wish.plan();
        self.deploy(plan, wish, limits)
    }

    fn deploy(&mut self, plan: deploy::plan::Plan, wish: &Wish, limits: &Limits) -> Result<Ending, DriveError> {
        let ports = self.ports();
        let facts = &mut self.facts;
        wait(async {
            let mut session = begin(&ports, plan, &wish.blobs(), "ann@host", limits).await?;
            drive(&mut session, &ports, limits, &mut Control::none(), &mut |e, _| facts.push(e.fact.clone())).await
        })
    }

    fn ships(&mut self, wish: &Wish) -> Ending {
        self.with(wish, &Limits::default()).unwrap()
    }

    fn resumes(&mut self, run: &str) -> Ending {
        let ports = self.ports();
        let facts = &mut self.facts;
        wait(async {
            let run = base::RunId::new(run).unwrap();
            let limits = Limits::default();
            let mut session = resume(&ports, "orders", &run, Claim::by("ann@host"), &limits).await.unwrap();
            drive(&mut session, &ports, &limits, &mut Control::none(), &mut |e, _| facts.push(e.fact.clone()))
                .await
                .unwrap()
        })
    }

    fn stack(&self, account: &str) -> Option<(String, String)> {
        let world = self.fake.world();
        world.stacks.get(&format!("{account}/us-east-1/orders")).map(|s| (s.seen.status.clone(), s.template.clone()))
    }

    fn quiet(&self) {
        for account in [PROD, PROD_WEST] {
            self.fake.world().alarms.insert(format!("{account}/health"), vec![(start(), "OK")]);
        }
    }

    fn released(&mut self) -> Wish {
        self.quiet();
        let first = Wish::usual("r1", 1);
        assert_eq!(self.ships(&first).kind, EndingKind::Succeeded);
        self.fake.world().log.clear();
        self.facts.clear();
        Wish { before: Some(first.template), ..Wish::usual("r2", 2) }
    }

    fn statuses(&self, run: &str) -> Vec<TargetStatus> {
        let store: Arc<dyn Store> = Arc::new(self.store.clone());
        let run = wait(Runs::new(store, "orders").read(&base::RunId::new(run).unwrap())).unwrap();
        run.state.targets.iter().map(|t| t.status).collect()
    }
}

fn failure(kind: FailureKind, code: &str, in_doubt: bool) -> Failure {
    Failure { in_doubt, ..Failure::new(kind, code, "as told") }
}

#[test]
fn a_first_release_goes_through_all_stages() {
    let mut run = Run::new();
    run.quiet();
    let wish = Wish::usual("r1", 1);
    let ending = run.ships(&wish);
    assert_eq!(
        (ending.kind, ending.kind.exit_code(), ending.counts.passed),
        (EndingKind::Succeeded, 0, 3),
        "{ending:?}"
    );
    assert_eq!(run.stack(PROD_WEST), Some(("CREATE_COMPLETE".into(), wish.template.clone())));
    let log = run.fake.log();
    assert_eq!(
        log[..4],
        [
            "create bucket landfall-111111111111-us-east-1".to_owned(),
            format!(
                "put landfall-111111111111-us-east-1/{}",
                wish.plan().targets[0].steps[0].change(deploy::run::Way::Forward).unwrap().objects[0].key
            ),
            "create change set landfall-r1-staging-deploy-f1".into(),
            "execute change set landfall-r1-staging-deploy-f1".into(),
        ]
    );
    assert_eq!(log.len(), 12);
    let store: Arc<dyn Store> = Arc::new(run.store.clone());
    let releases = Releases::new(store, "orders");
    assert_eq!(wait(releases.numbers()).unwrap(), [1]);
    assert_eq!(wait(releases.all_good()).unwrap().len(), 3);
    assert!(!run.store.keys().contains(&"orders/lock.json".to_owned()), "the lock is given back");
    // Three bakes of five minutes took their time, and each stage waited for the one before it.
    assert!(run.fake.world().now >= plus(start(), 3 * 300));
}

#[test]
fn an_alarm_in_the_bake_rolls_back_and_blocks_what_follows() {
    let mut run = Run::new();
    let second = run.released();
    let now = run.fake.world().now;
    // Fires in the middle of the second stage's bake, and is OK again half a minute later.
    let states = vec![(start(), "OK"), (plus(now, 500), "ALARM"), (plus(now, 560), "OK")];
    run.fake.world().alarms.insert(format!("{PROD}/health"), states);
    let ending = run.ships(&second);
    assert_eq!((ending.kind, ending.kind.exit_code()), (EndingKind::RolledBack, 4), "{ending:?}");
    assert_eq!(ending.cause.as_ref().unwrap().kind, CauseKind::Alarm);
    assert_eq!(run.statuses("r2"), [TargetStatus::Passed, TargetStatus::RolledBack, TargetStatus::Cancelled]);
    assert_eq!(run.stack(STAGING).unwrap().1, second.template);
    assert_eq!(run.stack(PROD), Some(("UPDATE_COMPLETE".into(), second.before.clone().unwrap())));
    assert_eq!(run.stack(PROD_WEST).unwrap().1, second.before.clone().unwrap());
    assert!(!run.fake.log().iter().any(|l| l.contains("prod-west")), "the last stage never sees it");
    assert!(run.fake.log().contains(&"execute change set landfall-r2-prod-east-deploy-b1".to_owned()));
}

#[test]
fn a_failed_test_rolls_the_stage_back() {
    let mut run = Run::new();
    let mut second = run.released();
    second.steps = vec![("smoke", command("./smoke.sh", true))];
    run.fake.world().commands.insert("./smoke.sh".into(), vec![0, 1]);
    let ending = run.ships(&second);
    assert_eq!(ending.kind, EndingKind::RolledBack, "{ending:?}");
    let cause = ending.cause.unwrap();
    assert_eq!(cause.message, "prod-east/222222222222/us-east-1: the test ended with exit code 1: last line");
    assert_eq!(run.stack(PROD).unwrap().1, second.before.unwrap());
}

#[test]
fn what_cloudformation_rolled_back_itself_stays_at_the_release_before() {
    let mut run = Run::new();
    let mut second = run.released();
    second.template = "FAIL".into();
    let ending = run.ships(&second);
    assert_eq!(ending.kind, EndingKind::RolledBack, "{ending:?}");
    let cause = ending.cause.unwrap();
    assert_eq!(cause.resource.unwrap().logical_id, "Fn");
    assert_eq!(run.statuses("r2")[0], TargetStatus::Failed);
    assert_eq!(run.stack(STAGING), Some(("UPDATE_ROLLBACK_COMPLETE".into(), second.before.unwrap())));
}

#[test]
fn an_empty_change_set_is_a_success() {
    let mut run = Run::new();
    let mut second = run.released();
    second.template = second.before.clone().unwrap();
    let mut plan = second.plan();
    // The content is the same, so the tags are those of the release that is there.
    for target in &mut plan.targets {
        if let deploy::plan::Work::Deploy(d) = &mut target.steps[0].work {
            d.change.tags.insert("landfall:release".into(), "1".into());
        }
    }
    let ending = run.deploy(plan, &second, &Limits::default()).unwrap();
    assert_eq!(
        (ending.kind, ending.counts.passed, ending.counts.unchanged),
        (EndingKind::Succeeded, 3, 3),
        "{ending:?}"
    );
    assert!(run.fake.log().iter().filter(|l| l.starts_with("execute")).count() == 0);
    assert_eq!(run.fake.log().iter().filter(|l| l.starts_with("delete change set")).count(), 3);
}

#[test]
fn a_rollback_that_fails_is_stuck_and_names_the_command() {
    let mut run = Run::new();
    let mut second = run.released();
    second.before = Some("STUCK".into());
    let now = run.fake.world().now;
    run.fake.world().alarms.insert(format!("{PROD}/health"), vec![(start(), "OK"), (plus(now, 500), "ALARM")]);
    let ending = run.ships(&second);
    assert_eq!((ending.kind, ending.kind.exit_code()), (EndingKind::NeedsHuman, 1), "{ending:?}");
    assert_eq!(run.statuses("r2")[1], TargetStatus::Stuck);
    assert_eq!(ending.next[0], "aws cloudformation continue-update-rollback --stack-name orders --region us-east-1");
}

#[test]
fn a_first_release_has_nothing_to_go_back_to() {
    let mut run = Run::new();
    run.fake.world().alarms.insert(format!("{PROD}/health"), vec![(plus(start(), 500), "ALARM")]);
    let ending = run.ships(&Wish::usual("r1", 1));
    assert_eq!(ending.kind, EndingKind::NeedsHuman, "{ending:?}");
    assert!(ending.cause.unwrap().message.contains("no earlier good release"));
    assert_eq!(run.stack(PROD).unwrap().0, "CREATE_COMPLETE");
}

#[test]
fn a_firing_alarm_keeps_the_stage_from_starting_and_resume_looks_again() {
    let mut run = Run::new();
    let second = run.released();
    run.fake.world().alarms.insert(format!("{PROD}/health"), vec![(start(), "ALARM")]);
    let ending = run.ships(&second);
    assert_eq!((ending.kind, ending.kind.exit_code()), (EndingKind::Blocked, 5), "{ending:?}");
    assert_eq!(run.stack(PROD).unwrap().1, second.before.clone().unwrap(), "nothing was changed there");
    run.quiet();
    let ending = run.resumes("r2");
    assert_eq!((ending.kind, ending.counts.passed), (EndingKind::Succeeded, 3), "{ending:?}");
}

#[test]
fn an_alarm_without_data_extends_the_bake_and_then_waits_for_a_person() {
    let mut run = Run::new();
    let second = run.released();
    run.fake.world().alarms.insert(format!("{PROD}/health"), vec![(start(), "INSUFFICIENT_DATA")]);
    let ending = run.ships(&second);
    assert_eq!(ending.kind, EndingKind::Blocked, "{ending:?}");
    assert_eq!(ending.cause.as_ref().unwrap().kind, CauseKind::Inconclusive);
    let extended = |f: &&Fact| matches!(f, Fact::BakeSet { extended: Some(_), .. });
    assert_eq!(run.facts.iter().filter(extended).count(), 1);
    // A person takes it as passed.
    let ports = run.ports();
    let id = base::RunId::new("r2").unwrap();
    let word =
        engine::Approval { stage: "prod-east", step: Some("bake"), by: "bob", reason: Some("no traffic at night") };
    wait(engine::approve(&ports, "orders", &id, &word)).unwrap();
    assert_eq!(run.resumes("r2").kind, EndingKind::Succeeded);
}

#[test]
fn a_missing_alarm_fails_closed() {
    let mut run = Run::new();
    let second = run.released();
    let now = run.fake.world().now;
    // It is there when the stage starts and gone in the bake.
    run.fake.world().alarms.insert(format!("{PROD}/health"), vec![(start(), "OK")]);
    run.fake.world().alarms.remove(&format!("{PROD_WEST}/health"));
    let ending = run.ships(&second);
    assert_eq!(ending.kind, EndingKind::Blocked, "{ending:?} {now}");
    assert!(ending.cause.unwrap().message.contains("alarm `health` is missing"));
    assert_eq!(run.statuses("r2"), [TargetStatus::Passed, TargetStatus::Passed, TargetStatus::Cancelled]);
}

#[test]
fn the_wrong_account_stops_before_anything_is_changed() {
    let mut run = Run::new();
    run.quiet();
    run.fake.world().impostors.insert(STAGING.into(), "999999999999".into());
    let ending = run.ships(&Wish::usual("r1", 1));
    assert_eq!((ending.kind, ending.cause.as_ref().unwrap().kind), (EndingKind::Blocked, CauseKind::WrongAccount));
    assert_eq!(run.fake.log(), Vec::<String>::new());
}

#[test]
fn throttling_is_never_a_failure() {
    let mut run = Run::new();
    run.quiet();
    for (operation, n) in [
        ("create_change_set", 1),
        ("execute_change_set", 1),
        ("events", 2),
        ("describe", 1),
        ("alarms", 1),
        ("caller", 2),
    ] {
        for n in n..n + 6 {
            let failure = failure(FailureKind::Throttled, "Throttling", false);
            run.fake.world().faults.insert((operation, n), Fault { failure, after: false });
        }
    }
    assert_eq!(run.ships(&Wish::usual("r1", 1)).kind, EndingKind::Succeeded);
}

#[test]
fn what_was_accepted_and_then_timed_out_is_not_done_twice() {
    for operation in ["create_change_set", "execute_change_set", "put", "ensure_bucket"] {
        let mut run = Run::new();
        run.quiet();
        let failure = failure(FailureKind::Unavailable, "", true);
        run.fake.world().faults.insert((operation, 1), Fault { failure, after: true });
        assert_eq!(run.ships(&Wish::usual("r1", 1)).kind, EndingKind::Succeeded, "{operation}");
        assert_eq!(run.fake.log().len(), 12, "{operation}: {:#?}", run.fake.log());
    }
}

#[test]
fn stacks_in_odd_states() {
    // (status, ending, does it deploy)
    let table = [
        ("ROLLBACK_COMPLETE", EndingKind::Succeeded),
        ("REVIEW_IN_PROGRESS", EndingKind::Succeeded),
        ("UPDATE_ROLLBACK_COMPLETE", EndingKind::Succeeded),
        ("ROLLBACK_FAILED", EndingKind::NeedsHuman),
        ("DELETE_FAILED", EndingKind::NeedsHuman),
        ("UPDATE_ROLLBACK_FAILED", EndingKind::NeedsHuman),
    ];
    for (status, expected) in table {
        let mut run = Run::new();
        run.quiet();
        run.fake.world().put_stack(STAGING, "orders", status, "old");
        let ending = run.ships(&Wish::usual("r1", 1));
        assert_eq!(ending.kind, expected, "{status}: {ending:?}");
        let deleted = run.fake.log().iter().any(|l| l.starts_with("delete stack"));
        assert_eq!(deleted, status == "ROLLBACK_COMPLETE", "{status}");
    }
}

#[test]
fn a_stack_that_somebody_else_works_on_is_waited_for() {
    for status in ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"] {
        let mut run = Run::new();
        run.quiet();
        run.fake.world().put_stack(STAGING, "orders", status, "old");
        let end = (plus(start(), 400), "UPDATE_COMPLETE".to_owned(), "theirs".to_owned());
        run.fake.world().stacks.values_mut().next().unwrap().ends = Some(end);
        assert_eq!(run.ships(&Wish::usual("r1", 1)).kind, EndingKind::Succeeded, "{status}");
    }
    let mut run = Run::new();
    run.quiet();
    run.fake.world().put_stack(STAGING, "orders", "UPDATE_IN_PROGRESS", "old");
    let ending = run.ships(&Wish::usual("r1", 1));
    assert!(ending.cause.as_ref().unwrap().message.contains("by somebody else"), "{ending:?}");
}

#[test]
fn data_is_not_replaced_unless_it_is_said() {
    let mut run = Run::new();
    let mut second = run.released();
    second.template = "REPLACE".into();
    let ending = run.ships(&second);
    assert_eq!(
        (ending.kind, ending.cause.as_ref().unwrap().kind),
        (EndingKind::Blocked, CauseKind::Guard),
        "{ending:?}"
    );
    assert!(!run.fake.log().iter().any(|l| l.starts_with("execute")));
    let mut plan = second.plan();
    plan.run = base::RunId::new("r3").unwrap();
    for target in &mut plan.targets {
        if let deploy::plan::Work::Deploy(d) = &mut target.steps[0].work {
            d.change.allow_replacement = vec!["Table".into()];
            d.change.change_set = d.change.change_set.replace("r2", "r3");
        }
    }
    plan.release = 3;
    assert_eq!(run.deploy(plan, &second, &Limits::default()).unwrap().kind, EndingKind::Succeeded);
}

#[test]
fn two_deploys_at_once() {
    let mut run = Run::new();
    run.quiet();
    let ports = run.ports();
    let limits = Limits::default();
    let first = Wish::usual("r1", 1);
    let held = wait(begin(&ports, first.plan(), &first.blobs(), "ann@host", &limits)).unwrap();
    let second = run.with(&Wish::usual("r2", 2), &limits).unwrap_err();
    assert!(second.to_string().starts_with("`orders` is being deployed by ann@host (run `r1`)"), "{second}");
    wait(held.close(&ports)).unwrap();
    assert_eq!(run.ships(&Wish::usual("r2", 2)).kind, EndingKind::Succeeded);
}

/// A process sleeps (a closed laptop, a paused machine) with a change set ready to be executed. What happens meanwhile is
/// told by `meanwhile`.
fn sleeps_before_executing(run: &mut Run, meanwhile: impl Fn(&MemoryStore) + Send + Sync) -> Ending {
    let ports = run.ports();
    let limits = Limits::default();
    let wish = Wish::usual("r1", 1);
    let (fake, store) = (run.fake.clone(), run.store.clone());
    let mut slept = false;
    let mut tell = |event: &deploy::run::Event, _: &deploy::run::State| {
        let ready = matches!(&event.fact, Fact::EffectDone { outcome: Outcome::ChangeSetReady { .. }, .. });
        if ready && !std::mem::replace(&mut slept, true) {
            let mut world = fake.world();
            world.now = plus(world.now, 3_600);
            drop(world);
            meanwhile(&store);
        }
    };
    wait(async {
        let mut session = begin(&ports, wish.plan(), &wish.blobs(), "ann@host", &limits).await.unwrap();
        drive(&mut session, &ports, &limits, &mut Control::none(), &mut tell).await.unwrap()
    })
}

#[test]
fn a_stale_writer_stops_before_its_next_change() {
    let mut run = Run::new();
    run.quiet();
    let other = base::RunId::new("r2").unwrap();
    let ending = sleeps_before_executing(&mut run, |store| {
        let now = plus(start(), 3_700);
        let taken = take_lock(store, "orders", &other, Claim::by("bob@host"), now, 600);
        futures_util::FutureExt::now_or_never(taken).unwrap().unwrap();
    });
    let cause = ending.cause.unwrap();
    assert_eq!((ending.kind, cause.kind), (EndingKind::StillRunning, CauseKind::Lock), "{cause}");
    assert!(cause.message.contains("bob@host"), "{cause}");
    let log = run.fake.log();
    assert!(log.iter().any(|l| l.starts_with("create change set")), "{log:?}");
    assert!(!log.iter().any(|l| l.starts_with("execute change set")), "{log:?}");
}

#[test]
fn a_writer_that_slept_and_still_has_the_lock_renews_it_first() {
    let mut run = Run::new();
    run.quiet();
    let ending = sleeps_before_executing(&mut run, |_| {});
    assert_eq!(ending.kind, EndingKind::Succeeded, "{ending:?}");
}

#[test]
fn no_journal_no_change() {
    let mut run = Run::new();
    run.quiet();
    let ports = run.ports();
    let limits = Limits::default();
    let wish = Wish::usual("r1", 1);
    let mut session = wait(begin(&ports, wish.plan(), &wish.blobs(), "ann@host", &limits)).unwrap();
    *run.store.1.lock().unwrap() = Some(failure(FailureKind::Unavailable, "", false));
    let error = wait(drive(&mut session, &ports, &limits, &mut Control::none(), &mut |_, _| {})).unwrap_err();
    assert!(matches!(error, DriveError::Journal(_)), "{error}");
    assert_eq!(run.fake.log(), Vec::<String>::new());
    *run.store.1.lock().unwrap() = None;
    assert_eq!(run.resumes("r1").kind, EndingKind::Succeeded);
    run.facts.clear();
}

#[test]
fn a_retry_by_a_person_starts_a_new_round() {
    let mut run = Run::new();
    let mut second = run.released();
    second.steps = vec![("smoke", command("./smoke.sh", true))];
    run.fake.world().commands.insert("./smoke.sh".into(), vec![0, 1, 0]);
    assert_eq!(run.ships(&second).kind, EndingKind::RolledBack);
    let ports = run.ports();
    let limits = Limits::default();
    let id = base::RunId::new("r2").unwrap();
    let ending = wait(async {
        let mut session =
            engine::retry(&ports, "orders", &id, Claim::by("ann@host"), &limits, |_, _| true).await.unwrap();
        drive(&mut session, &ports, &limits, &mut Control::none(), &mut |_, _| {}).await.unwrap()
    });
    assert_eq!((ending.kind, ending.counts.passed), (EndingKind::Succeeded, 3), "{ending:?}");
    assert!(run.fake.log().contains(&"execute change set landfall-r2-prod-east-deploy-f2".to_owned()));
}

#[test]
fn credentials_that_end_and_silence_leave_the_run_resumable() {
    for (kind, code) in [(FailureKind::Denied, "ExpiredToken"), (FailureKind::Unavailable, "")] {
        let mut run = Run::new();
        run.quiet();
        for n in 3..400 {
            run.fake.world().faults.insert(("events", n), Fault { failure: failure(kind, code, false), after: false });
        }
        let ending = run.ships(&Wish::usual("r1", 1));
        assert_eq!((ending.kind, ending.kind.exit_code()), (EndingKind::StillRunning, 6), "{ending:?}");
        run.fake.world().faults.clear();
        assert_eq!(run.resumes("r1").kind, EndingKind::Succeeded);
        assert_eq!(run.fake.log().len(), 12);
    }
}

#[test]
fn a_stop_lets_cloudformation_finish_and_resume_goes_on() {
    let mut run = Run::new();
    run.quiet();
    let (ports, limits, wish) = (run.ports(), Limits::default(), Wish::usual("r1", 1));
    let ending = wait(async {
        let mut session = begin(&ports, wish.plan(), &wish.blobs(), "ann@host", &limits).await.unwrap();
        let (orders, mut control) = Control::channel();
        let mut tell = |event: &deploy::run::Event, _: &deploy::run::State| {
            let executing = |f: &Fact| matches!(f, Fact::EffectDone { effect, .. } if effect.verb == deploy::run::Verb::ExecuteChangeSet);
            if executing(&event.fact) {
                orders.send(engine::Order::Stop { by: "ann".into() }).unwrap();
            }
        };
        drive(&mut session, &ports, &limits, &mut control, &mut tell).await.unwrap()
    });
    assert_eq!((ending.kind, ending.kind.exit_code()), (EndingKind::Interrupted, 130), "{ending:?}");
    assert_eq!(run.stack(STAGING).unwrap().0, "CREATE_COMPLETE", "what ran was seen to its end");
    assert_eq!(run.statuses("r1")[1], TargetStatus::Pending);
    assert_eq!(run.resumes("r1").kind, EndingKind::Succeeded);
    assert_eq!(run.fake.log().len(), 12);
}

#[test]
fn an_approval_is_asked_once_for_a_stage_and_binds_to_the_plan() {
    let mut run = Run::new();
    run.quiet();
    let rule = deploy::plan::PlannedApproval {
        message: "ship it?".into(),
        approvers: vec!["bob".into(), "ann".into()],
        minimum: 1,
        allow_author: false,
        expires_seconds: 3_600,
    };
    let stages = vec![("everyone", vec![vec![STAGING, PROD]], vec![])];
    let steps = vec![("ask", deploy::plan::Work::Approval(rule))];
    let ending = run.ships(&Wish { stages, steps, ..Wish::usual("r1", 1) });
    assert_eq!((ending.kind, ending.cause.as_ref().unwrap().kind), (EndingKind::Blocked, CauseKind::Approval));
    assert_eq!(ending.next[0], "landfall approve r1 everyone/ask");
    assert_eq!(run.facts.iter().filter(|f| matches!(f, Fact::ApprovalAsked { .. })).count(), 1);
    let (ports, id) = (run.ports(), base::RunId::new("r1").unwrap());
    let says = |by| engine::Approval { stage: "everyone", step: Some("ask"), by, reason: None };
    let refused = |by| wait(engine::approve(&ports, "orders", &id, &says(by))).unwrap_err().to_string();
    assert_eq!(refused("ann"), "ann made this run, and somebody else must agree to it");
    assert_eq!(refused("eve"), "eve is not one of the approvers: bob, ann");
    wait(engine::approve(&ports, "orders", &id, &says("bob"))).unwrap();
    assert_eq!(refused("bob"), "bob has agreed already");
    assert_eq!(run.resumes("r1").kind, EndingKind::Succeeded);
}

#[test]
fn an_alarm_after_the_first_wave_takes_the_wave_back() {
    let mut run = Run::new();
    run.quiet();
    let stages = vec![("everyone", vec![vec![PROD], vec![PROD_WEST]], vec!["health"])];
    let first = Wish { stages: stages.clone(), ..Wish::usual("r1", 1) };
    assert_eq!(run.ships(&first).kind, EndingKind::Succeeded);
    let now = run.fake.world().now;
    // Quiet to the end of the bake, and firing when the second wave is about to start.
    let second = Wish {
        stages,
        steps: vec![("wait", command("true", false))],
        before: Some(first.template),
        ..Wish::usual("r2", 2)
    };
    run.fake.world().alarms.insert(format!("{PROD}/health"), vec![(start(), "OK"), (plus(now, 30), "ALARM")]);
    let ending = run.ships(&second);
    assert_eq!(
        (ending.kind, ending.cause.as_ref().unwrap().kind),
        (EndingKind::RolledBack, CauseKind::Alarm),
        "{ending:?}"
    );
    assert_eq!(run.statuses("r2"), [TargetStatus::RolledBack, TargetStatus::Cancelled]);
}

#[test]
fn a_closed_window_blocks_or_is_waited_for() {
    let mut run = Run::new();
    run.quiet();
    // Monday, 02:00 in Los Angeles.
    let wish = Wish::usual("r1", 1);
    let mut plan = wish.plan();
    plan.stages[1].window = deploy::window::Windows::PACIFIC_WORKING_HOURS.into();
    let limits = Limits { wait_for_window: false, ..Limits::default() };
    let ending = run.deploy(plan, &wish, &limits).unwrap();
    assert_eq!(
        (ending.kind, ending.cause.as_ref().unwrap().kind),
        (EndingKind::Blocked, CauseKind::Window),
        "{ending:?}"
    );
    assert_eq!(run.resumes("r1").kind, EndingKind::Succeeded);
    assert!(run.fake.world().now >= "2026-03-02T17:00:00Z".parse().unwrap(), "it waited until nine o'clock there");
}
