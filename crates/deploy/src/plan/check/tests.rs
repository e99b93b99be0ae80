//! One table for all rules: what is changed in a good plan, and what is told.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::{Context, TemplateFacts, check};
use crate::permissions::SourceTemplate;
use crate::plan::*;
use crate::seen::{AlarmSeen, Caller, Failure, FailureKind, StackSeen};
use crate::target::{Session, Site};
use crate::window::Windows;
use base::{AccountId, Arn, Region, RunId, StackName};
use std::collections::BTreeMap;

struct World {
    plan: Plan,
    inventory: Inventory,
    templates: BTreeMap<String, TemplateFacts>,
}

const ACCOUNT: &str = "111111111111";

fn target(region: &str) -> PlannedTarget {
    let account = AccountId::new(ACCOUNT).unwrap();
    let region = Region::new(region).unwrap();
    let role = Some(Arn::role(region.partition(), &account, "landfall-deploy"));
    let change = StackChange {
        release: 2,
        stack: StackName::new("orders").unwrap(),
        template: TemplateRef { digest: digest_of(b"t"), bytes: 1, key: "t".into(), parameters: vec![] },
        objects: vec![],
        parameters: BTreeMap::new(),
        capabilities: vec!["CAPABILITY_NAMED_IAM".into()],
        tags: BTreeMap::new(),
        role: None,
        rollback_alarms: vec![],
        monitoring_minutes: 0,
        notification_arns: vec![],
        on_failure: None,
        disable_rollback: false,
        timeout_seconds: None,
        busy_seconds: None,
        termination_protection: None,
        allow_replacement: vec![],
        fail_on_empty: false,
        change_set: "c".into(),
        token: "t".into(),
    };
    let back = WayBack::To(Box::new(change.clone()));
    let deploy = PlannedDeploy { change, back, seen_status: Some("CREATE_COMPLETE".into()) };
    let work = Work::Deploy(Box::new(deploy));
    PlannedTarget {
        id: format!("prod/{ACCOUNT}/{region}"),
        stage: 0,
        site: Site { account: Some(account.clone()), region: region.clone(), role, session: Session::default() },
        account,
        account_name: None,
        units: Vec::new(),
        region,
        bucket: "b".into(),
        skip: None,
        steps: vec![PlannedStep { id: "deploy".into(), name: "deploy".into(), after: vec![], work }],
    }
}

fn stack(status: &str) -> StackSeen {
    StackSeen {
        id: "id".into(),
        status: status.into(),
        reason: None,
        created: "2026-01-01T00:00:00Z".parse().unwrap(),
        updated: None,
        outputs: BTreeMap::new(),
        parameters: BTreeMap::new(),
        tags: BTreeMap::from([("landfall:pipeline".to_owned(), "orders".to_owned())]),
        role: None,
        termination_protection: false,
        root: None,
        change_set: None,
    }
}

fn world() -> World {
    let targets = vec![target("us-east-1")];
    let seen = TargetSeen {
        by: targets[0].site.role.clone(),
        caller: Ok(Caller { account: AccountId::new(ACCOUNT).unwrap(), arn: "arn:x".into() }),
        stacks: BTreeMap::from([(StackName::new("orders").unwrap(), Ok(Some(stack("CREATE_COMPLETE"))))]),
        alarms: Ok(vec![AlarmSeen { name: "health".into(), state: "OK".into(), reason: None, since: None }]),
        good: None,
    };
    let stage = PlannedStage {
        name: "prod".into(),
        window: Windows::NONE.into(),
        alarms: vec!["health".into()],
        no_data_is_ok: false,
        approval: StageApproval::Never,
        waves: vec![vec![0]],
        max_concurrent: 1,
        failure_tolerance: 0,
    };
    World {
        inventory: Inventory { targets: BTreeMap::from([(targets[0].id.clone(), seen)]) },
        plan: Plan {
            version: PLAN_VERSION,
            pipeline: "orders".into(),
            purpose: Purpose::Deploy,
            run: RunId::new("r2").unwrap(),
            release: 2,
            made_at: "2026-03-07T12:00:00Z".parse().unwrap(),
            author: "ann".into(),
            trigger: PlannedTrigger::default(),
            windows: Windows::built_in(),
            stages: vec![stage],
            targets,
            overrides: vec![],
            left_out: vec![],
            narrowed: false,
        },
        templates: BTreeMap::from([("deploy".to_owned(), TemplateFacts::default())]),
    }
}

impl World {
    fn seen(&mut self) -> &mut TargetSeen {
        self.inventory.targets.values_mut().next().unwrap()
    }

    fn stack(&mut self) -> &mut StackSeen {
        let stack = self.seen().stacks.values_mut().next().unwrap().as_mut().unwrap();
        stack.as_mut().unwrap()
    }

    fn deploy(&mut self) -> &mut PlannedDeploy {
        match &mut self.plan.targets[0].steps[0].work {
            Work::Deploy(deploy) => deploy,
            _ => panic!("a deployment comes first"),
        }
    }

    fn told(&self) -> Vec<String> {
        let context = Context { plan: &self.plan, inventory: &self.inventory, templates: &self.templates };
        check(&context).iter().map(|d| format!("{:?} {} {}", d.severity, d.code, d.message)).collect()
    }
}

fn failure(kind: FailureKind, code: &str) -> Failure {
    Failure::new(kind, code, "as AWS says")
}

#[test]
fn a_good_plan_has_nothing_to_tell() {
    assert_eq!(world().told(), Vec::<String>::new());
}

#[test]
fn every_rule_tells_its_finding() {
    type Change = fn(&mut World);
    let table: &[(Change, &str)] = &[
        (
            |w| w.seen().caller.as_mut().unwrap().account = AccountId::new("999999999999").unwrap(),
            "Error PLAN-030 prod/111111111111/us-east-1: account 111111111111 was meant, but 999999999999 answers",
        ),
        (
            |w| {
                // Of a role that refuses the preflight tells more.
                w.plan.targets[0].site.role = None;
                w.seen().caller = Err(failure(FailureKind::Denied, "AccessDenied"));
            },
            "Error PLAN-031 prod/111111111111/us-east-1: access was refused",
        ),
        (
            |w| {
                w.plan.targets[0].region = Region::new("me-south-1").unwrap();
                w.seen().caller = Err(failure(FailureKind::Denied, "InvalidClientTokenId"));
            },
            "Error PLAN-032 prod/111111111111/us-east-1: region me-south-1 is not enabled in account 111111111111",
        ),
        (
            |w| w.plan.targets[0].site.role = Some(Arn::new("arn:aws-cn:iam::111111111111:role/x").unwrap()),
            "Error PLAN-033 prod/111111111111/us-east-1: role `arn:aws-cn:iam::111111111111:role/x` is not in partition aws, where us-east-1 is",
        ),
        (
            |w| w.plan.targets[0].skip = Some("account 111111111111 is SUSPENDED".into()),
            "Warning PLAN-034 prod/111111111111/us-east-1: is left out: account 111111111111 is SUSPENDED",
        ),
        (
            |w| {
                let again = w.plan.targets[0].steps[0].clone();
                w.plan.targets[0].steps.push(PlannedStep { id: "again".into(), ..again });
            },
            "Error PLAN-035 prod/111111111111/us-east-1: stack `orders` is deployed by step `again` and by step `deploy` of prod/111111111111/us-east-1",
        ),
        (
            |w| drop(w.stack().tags.insert("landfall:pipeline".into(), "billing".into())),
            "Error PLAN-036 prod/111111111111/us-east-1: stack `orders` belongs to pipeline `billing`",
        ),
        (
            |w| drop(w.stack().tags.insert("landfall:release".into(), "7".into())),
            "Error PLAN-037 prod/111111111111/us-east-1: stack `orders` has release 7, which is newer than 2",
        ),
        (
            |w| w.stack().status = "UPDATE_ROLLBACK_FAILED".into(),
            "Error PLAN-038 prod/111111111111/us-east-1: stack `orders` is in UPDATE_ROLLBACK_FAILED, from which only a person can bring it on",
        ),
        (
            |w| w.stack().status = "UPDATE_IN_PROGRESS".into(),
            "Warning PLAN-039 prod/111111111111/us-east-1: stack `orders` is in UPDATE_IN_PROGRESS: somebody is working on it",
        ),
        (
            |w| {
                let needs = vec!["CAPABILITY_NAMED_IAM".into(), "CAPABILITY_AUTO_EXPAND".into()];
                w.templates.get_mut("deploy").unwrap().capabilities = needs;
            },
            "Error PLAN-040 prod/111111111111/us-east-1: step `deploy` needs CAPABILITY_AUTO_EXPAND",
        ),
        (
            |w| drop(w.deploy().change.parameters.insert("Replica".into(), "3".into())),
            "Error PLAN-041 prod/111111111111/us-east-1: step `deploy` sets parameter `Replica`, which its template does not have",
        ),
        (
            |w| w.templates.get_mut("deploy").unwrap().parameters = BTreeMap::from([("Size".to_owned(), true)]),
            "Error PLAN-042 prod/111111111111/us-east-1: step `deploy` gives no value to parameter `Size`, which has no default",
        ),
        (
            |w| w.deploy().change.template.bytes = 2_000_000,
            "Error PLAN-043 prod/111111111111/us-east-1: step `deploy`: the packaged template has 2000000 bytes, of 1048576 at most",
        ),
        (
            |w| w.seen().alarms = Err(failure(FailureKind::Denied, "AccessDenied")),
            "Error PLAN-044 prod/111111111111/us-east-1: the stage's alarms cannot be read",
        ),
        (|w| w.seen().alarms = Ok(vec![]), "Error PLAN-045 prod/111111111111/us-east-1: alarm `health` is not there"),
        (
            |w| w.seen().alarms.as_mut().unwrap()[0].state = "ALARM".into(),
            "Warning PLAN-046 prod/111111111111/us-east-1: alarm `health` is firing, so the stage will not start",
        ),
        (
            |w| w.deploy().back = WayBack::NothingBefore,
            "Note PLAN-048 prod/111111111111/us-east-1: stack `orders` has no earlier good release to roll back to",
        ),
    ];
    for (change, expected) in table {
        let mut world = world();
        change(&mut world);
        assert_eq!(world.told(), [*expected]);
    }
}

/// A stack that never was good is deleted and made anew, and brings its alarms as a new one does.
#[test]
fn alarms_of_a_stack_that_never_was_good_may_be_yet_to_come() {
    let mut world = world();
    world.seen().alarms = Ok(vec![]);
    world.deploy().back = WayBack::NothingBefore;
    world.deploy().seen_status = Some("ROLLBACK_COMPLETE".into());
    assert_eq!(
        world.told(),
        [
            "Warning PLAN-045 prod/111111111111/us-east-1: alarm `health` is not there yet",
            "Note PLAN-048 prod/111111111111/us-east-1: stack `orders` has no earlier good release to roll back to",
        ]
    );
}

#[test]
fn a_closed_window_is_named_with_the_time_it_opens() {
    let mut world = world();
    world.plan.stages[0].window = Windows::PACIFIC_WORKING_HOURS.into();
    let told = world.told();
    assert!(
        told[0].starts_with("Note PLAN-047 prod/111111111111/us-east-1: stage `prod` could not start now: "),
        "{told:?}"
    );
    assert!(told[0].ends_with("it opens at 2026-03-09T16:00:00Z"), "{told:?}");
}

#[test]
fn a_fleet_shares_one_message() {
    let mut world = world();
    for n in 0..5 {
        let mut twin = target("us-east-1");
        twin.id = format!("prod/twin-{n}/us-east-1");
        twin.skip = Some("account is SUSPENDED".into());
        world.plan.targets.push(twin);
    }
    let expected = "Warning PLAN-034 prod/twin-0/us-east-1, prod/twin-1/us-east-1, prod/twin-2/us-east-1 and 2 more: is left out: account is SUSPENDED";
    assert_eq!(world.told(), [expected]);
}

#[test]
fn what_the_transform_makes_counts_and_so_do_nested_templates() {
    let read = |text: &str| template::parse(base::FileId(0), text, template::Dialect::Template).0;
    let capabilities = |source: &SourceTemplate<'_>| TemplateFacts::of(source).capabilities.join(" ");
    let function = read(
        "
Transform: AWS::Serverless-2016-10-31
Resources:
  F: { Type: AWS::Serverless::Function, Properties: { CodeUri: src/, Handler: a.b, Runtime: python3.13, AutoPublishAlias: live } }
",
    );
    let alone = SourceTemplate::from(&function);
    assert_eq!(TemplateFacts::of(&alone).resources, 4, "function, role, version and alias, though its code is local");
    assert_eq!(capabilities(&alone), "CAPABILITY_IAM", "the transform itself needs none in a change set");
    let outer = read("Resources: { In: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: in.yaml } } }");
    assert_eq!(capabilities(&SourceTemplate::from(&outer)), "");
    let nesting = SourceTemplate { template: &outer, nested: vec![("In", alone)] };
    assert_eq!(capabilities(&nesting), "CAPABILITY_IAM CAPABILITY_AUTO_EXPAND");
    let named = read("Resources: { R: { Type: AWS::IAM::Role, Properties: { RoleName: r } } }");
    let middle = SourceTemplate { template: &outer, nested: vec![("In", SourceTemplate::from(&named))] };
    assert_eq!(
        capabilities(&SourceTemplate { template: &outer, nested: vec![("In", middle)] }),
        "CAPABILITY_NAMED_IAM"
    );
}
