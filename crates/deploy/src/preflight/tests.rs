//! Roles of a small fleet against a plan: what is told, and how often.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use super::{Access, Question, Report, Templates, preflight};
use crate::permissions::SourceTemplate;
use crate::plan::*;
use crate::seen::{Caller, ControlLevelSeen, Failure, FailureKind, PolicySeen, RoleSeen, ServiceControlSeen, Unread};
use crate::target::{Session, Site};
use crate::window::Windows;
use base::{AccountId, Arn, FileId, Region, RunId, Severity, StackName};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use template::{Dialect, Node, parse};

const TEMPLATE: &str = "
Resources:
  Orders:
    Type: AWS::SQS::Queue
    Properties: { QueueName: orders-queue }
";

const HUB: &str = "arn:aws:iam::999999999999:role/hub";

fn accounts(count: usize) -> Vec<AccountId> {
    (0..count).map(|n| AccountId::new(format!("{:012}", 111_111_111_111u64 + n as u64)).unwrap()).collect()
}

fn arn(account: &AccountId, name: &str) -> Arn {
    Arn::role(base::Partition::Aws, account, name)
}

fn target(account: &AccountId, region: &str, fresh: bool) -> PlannedTarget {
    let region = Region::new(region).unwrap();
    let object = UploadedObject { digest: digest_of(b"c"), key: "objects/c.zip".into(), bytes: 1 };
    let change = StackChange {
        release: 1,
        stack: StackName::new("orders").unwrap(),
        template: TemplateRef { digest: digest_of(b"t"), bytes: 1, key: "t".into(), parameters: vec![] },
        objects: vec![object],
        parameters: BTreeMap::new(),
        capabilities: vec![],
        tags: BTreeMap::new(),
        role: Some(arn(account, "exec")),
        rollback_alarms: vec![],
        monitoring_minutes: 0,
        notification_arns: vec![],
        on_failure: None,
        disable_rollback: false,
        timeout_seconds: None,
        allow_replacement: vec![],
        fail_on_empty: false,
        busy_seconds: None,
        termination_protection: None,
        change_set: "c".into(),
        token: "t".into(),
    };
    let seen_status = (!fresh).then(|| "CREATE_COMPLETE".to_owned());
    let deploy = PlannedDeploy { change, back: WayBack::NothingBefore, seen_status };
    let session = Session {
        name: "run-1".into(),
        source_identity: "ann".into(),
        tags: BTreeMap::from([("landfall:stage".to_owned(), "prod".to_owned())]),
        external_id: Some("x-1".into()),
    };
    let site =
        Site { account: Some(account.clone()), region: region.clone(), role: Some(arn(account, "deploy")), session };
    PlannedTarget {
        id: format!("prod/{account}/{region}"),
        stage: 0,
        site,
        account: account.clone(),
        account_name: None,
        bucket: format!("landfall-{account}-{region}"),
        region,
        units: vec![],
        skip: None,
        steps: vec![PlannedStep {
            id: "deploy".into(),
            name: "deploy".into(),
            after: vec![],
            work: Work::Deploy(Box::new(deploy)),
        }],
    }
}

fn policy(name: &str, statements: &Value) -> PolicySeen {
    PolicySeen { name: name.into(), document: json!({"Version": "2012-10-17", "Statement": statements}).to_string() }
}

fn allow(actions: &Value, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": resource})
}

fn role(account: &AccountId, name: &str, statements: &Value) -> RoleSeen {
    let trusted = json!([{"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}]);
    RoleSeen {
        arn: arn(account, name).to_string(),
        name: name.into(),
        path: "/".into(),
        id: "AROAX".into(),
        trust: policy("", &trusted).document,
        max_session_seconds: 3600,
        inline: vec![policy("main", statements)],
        ..RoleSeen::default()
    }
}

fn read(template: &str) -> Node {
    let (template, found) = parse(FileId(0), template, Dialect::Template);
    assert!(found.is_empty(), "{found:?}");
    template
}

struct World {
    plan: Plan,
    inventory: Inventory,
    access: Access,
}

impl World {
    /// A fleet in which everything is allowed.
    fn new(accounts: &[AccountId], fresh: bool) -> Self {
        let targets: Vec<PlannedTarget> = accounts
            .iter()
            .flat_map(|account| ["us-east-1", "eu-west-1"].map(|region| target(account, region, fresh)))
            .collect();
        let seen = |target: &PlannedTarget| TargetSeen {
            by: target.site.role.clone(),
            caller: Ok(Caller {
                account: target.account.clone(),
                arn: format!("arn:aws:sts::{}:assumed-role/deploy/run-1", target.account),
            }),
            stacks: BTreeMap::new(),
            alarms: Ok(vec![]),
            good: None,
        };
        let mut access = Access::default();
        for account in accounts {
            for name in ["deploy", "exec"] {
                let all = role(account, name, &json!([allow(&json!("*"), "*")]));
                access.roles.insert(arn(account, name), Ok(Some(all)));
            }
        }
        let stage = PlannedStage {
            name: "prod".into(),
            window: Windows::NONE.into(),
            alarms: vec![],
            no_data_is_ok: false,
            approval: StageApproval::Never,
            waves: vec![(0..targets.len()).collect()],
            max_concurrent: 1,
            failure_tolerance: 0,
        };
        Self {
            inventory: Inventory { targets: targets.iter().map(|t| (t.id.clone(), seen(t))).collect() },
            plan: Plan {
                version: PLAN_VERSION,
                pipeline: "orders".into(),
                purpose: Purpose::Deploy,
                run: RunId::new("r1").unwrap(),
                release: 1,
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
            access,
        }
    }

    fn set(&mut self, account: &AccountId, name: &str, statements: &Value) {
        self.access.roles.insert(arn(account, name), Ok(Some(role(account, name, statements))));
    }

    fn role(&mut self, account: &AccountId, name: &str) -> &mut RoleSeen {
        self.access.roles.get_mut(&arn(account, name)).unwrap().as_mut().unwrap().as_mut().unwrap()
    }

    fn report(&self) -> Report {
        self.report_of(TEMPLATE).0
    }

    /// The report, and how many times the template was asked for what it needs.
    fn report_of(&self, template: &str) -> (Report, usize) {
        self.report_of_source(&SourceTemplate::from(&read(template)))
    }

    fn report_of_source(&self, source: &SourceTemplate<'_>) -> (Report, usize) {
        let templates = Templates::new(BTreeMap::from([("deploy".to_owned(), source.clone())]));
        let report = preflight(&Question {
            plan: &self.plan,
            inventory: &self.inventory,
            access: &self.access,
            templates: &templates,
            now: "2026-03-07T12:00:00Z".parse().unwrap(),
        });
        (report, templates.asked())
    }

    fn codes(&self) -> Vec<String> {
        self.report().diagnostics().iter().map(|d| format!("{} {:?}", d.code, d.severity)).collect()
    }
}

#[test]
fn what_is_all_allowed_is_not_mentioned() {
    let world = World::new(&accounts(3), true);
    assert_eq!(world.codes(), Vec::<String>::new());
    assert!(world.report().is_clear());
}

#[test]
fn all_gaps_of_all_accounts_are_told_at_once_and_alike_ones_together() {
    let accounts = accounts(40);
    let mut world = World::new(&accounts, true);
    for account in &accounts {
        world.set(account, "exec", &json!([allow(&json!("sqs:GetQueueAttributes"), "*")]));
    }
    world.set(&accounts[0], "deploy", &json!([allow(&json!(["cloudformation:*", "s3:*"]), "*")]));
    let report = world.report();
    let sure: Vec<_> = report.refused.iter().filter(|r| !r.possible).collect();
    assert_eq!(sure.len(), 2, "{sure:#?}");
    let exec = sure.iter().find(|r| r.role.ends_with("/exec")).unwrap();
    assert_eq!((exec.accounts.len(), exec.targets.len()), (40, 80));
    assert_eq!(exec.role, "arn:aws:iam::ACCOUNT:role/exec");
    assert!(exec.add[0].to_string().contains("arn:aws:sqs:eu-west-1:ACCOUNT:orders-queue"), "{:?}", exec.add);
    let deploy = sure.iter().find(|r| r.role.ends_with("/deploy")).unwrap();
    assert_eq!(deploy.role, format!("arn:aws:iam::{}:role/deploy", accounts[0]), "one account is named");
    assert_eq!(deploy.add.len(), 1);
    assert_eq!(deploy.add[0]["Action"], json!(["iam:PassRole"]));
    assert!(!report.is_clear());
    let told = report.diagnostics();
    assert!(told.iter().any(|d| d.message.contains("and 77 more")), "{told:#?}");
    assert!(told.iter().filter(|d| d.is_error()).count() == 2, "{told:#?}");
}

#[test]
fn a_template_is_asked_once_for_all_accounts_of_a_region() {
    let asked = |count: usize| World::new(&accounts(count), true).report_of(TEMPLATE).1;
    assert_eq!((asked(3), asked(40)), (2, 2), "for each of two regions");
}

#[test]
fn a_template_that_names_an_account_is_asked_for_each() {
    let accounts = accounts(3);
    let mut world = World::new(&accounts, true);
    for account in &accounts {
        world.set(account, "exec", &json!([allow(&json!("sqs:*"), &format!("arn:aws:sqs:*:{account}:orders-queue"))]));
    }
    let template = format!(
        "{TEMPLATE}
  OnlyThere:
    Type: AWS::SQS::Queue
    Condition: There
    Properties: {{ QueueName: extra-queue }}
Conditions:
  There: !Equals [!Ref AWS::AccountId, \"{}\"]
",
        accounts[1]
    );
    let (report, asked) = world.report_of(&template);
    assert_eq!(asked, 6);
    assert!(!report.refused.is_empty());
    for refused in &report.refused {
        assert_eq!(refused.role, format!("arn:aws:iam::{}:role/exec", accounts[1]), "{refused:#?}");
    }
}

#[test]
fn the_statement_to_add_closes_the_gap() {
    let accounts = accounts(1);
    let mut world = World::new(&accounts, true);
    let mut statements = json!([allow(&json!("sqs:GetQueueAttributes"), "*")]);
    world.set(&accounts[0], "exec", &statements);
    for refused in world.report().refused {
        statements.as_array_mut().unwrap().extend(refused.add);
    }
    world.set(&accounts[0], "exec", &statements);
    assert_eq!(world.codes(), Vec::<String>::new());
}

#[test]
fn each_layer_is_named_with_its_statement() {
    let accounts = accounts(1);
    let account = &accounts[0];
    let mut world = World::new(&accounts, true);
    world.role(account, "exec").boundary = Some(policy("edge", &json!([allow(&json!("s3:*"), "*")])));
    let levels = vec![ControlLevelSeen {
        place: "r-1".into(),
        policies: vec![policy(
            "p-1",
            &json!([allow(&json!("*"), "*"), {"Sid": "Frozen", "Effect": "Deny", "Action": "cloudformation:ExecuteChangeSet", "Resource": "*"}]),
        )],
    }];
    world.access.control.insert(account.clone(), Ok(ServiceControlSeen { account: account.clone(), levels }));
    let report = world.report();
    let layers: Vec<_> = report.refused.iter().filter(|r| !r.possible).map(|r| r.layer.unwrap().as_str()).collect();
    assert_eq!(layers, ["service control policy", "permissions boundary"]);
    let denial = report.refused[0].denied_by.as_ref().unwrap();
    assert_eq!((denial.policy.as_str(), &denial.statement["Sid"]), ("p-1", &json!("Frozen")));
    assert_eq!(report.refused[1].add_to, "the permissions boundary `edge`");
    world.role(account, "exec").boundary = Some(PolicySeen { name: "edge".into(), document: String::new() });
    let unread = Unread { action: "iam:GetPolicy".into(), what: "the boundary".into(), message: "no".into() };
    world.role(account, "exec").unread.push(unread);
    let codes = world.codes();
    assert!(codes.contains(&"ACCESS-007 Warning".to_owned()) && !codes.iter().any(|c| c.contains("005")), "{codes:?}");
}

#[test]
fn conditions_that_only_the_call_will_tell_are_doubts() {
    let accounts = accounts(1);
    let mut world = World::new(&accounts, true);
    let deny = |condition: Value| json!([allow(&json!("*"), "*"), {"Effect": "Deny", "Action": "sqs:CreateQueue", "Resource": "*", "Condition": condition}]);
    world.set(&accounts[0], "exec", &deny(json!({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}})));
    assert_eq!(world.codes(), ["ACCESS-006 Warning"]);
    assert!(world.report().diagnostics()[0].why.as_ref().unwrap().contains("hangs on aws:SourceVpc"));
    // A key that is known is judged.
    world.set(&accounts[0], "exec", &deny(json!({"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}})));
    let report = world.report();
    assert_eq!(report.refused[0].targets, [format!("prod/{}/eu-west-1", accounts[0])]);
    assert!(!report.refused[0].possible);
}

#[test]
fn a_stack_that_is_there_has_doubts_where_a_new_one_has_errors() {
    let accounts = accounts(1);
    for (fresh, code) in [(true, "ACCESS-005 Error"), (false, "ACCESS-006 Warning")] {
        let mut world = World::new(&accounts, fresh);
        world.set(&accounts[0], "exec", &json!([allow(&json!("sqs:GetQueueAttributes"), "*")]));
        assert_eq!(world.codes()[0], code);
    }
}

#[test]
fn roles_that_are_missing_or_trust_nobody_are_errors_and_unread_ones_are_said() {
    let accounts = accounts(4);
    let mut world = World::new(&accounts, true);
    world.access.roles.insert(arn(&accounts[0], "exec"), Ok(None));
    world.role(&accounts[1], "exec").trust = policy("", &json!([])).document;
    let denied = || Failure::new(FailureKind::Denied, "AccessDenied", "not authorized");
    for account in &accounts[2..] {
        world.access.roles.insert(arn(account, "deploy"), Err(denied()));
        world.access.roles.insert(arn(account, "exec"), Err(denied()));
    }
    world.access.control.insert(accounts[3].clone(), Err(denied()));
    assert_eq!(
        world.codes(),
        ["ACCESS-002 Error", "ACCESS-003 Error", "ACCESS-007 Warning", "ACCESS-007 Warning", "ACCESS-008 Note"]
    );
    let told = world.report().diagnostics();
    assert!(told[2].message.starts_with(&format!("{}, {}: ", accounts[2], accounts[3])), "{}", told[2].message);
}

#[test]
fn a_role_that_refuses_says_which_side_it_is() {
    let accounts = accounts(1);
    let mut world = World::new(&accounts, true);
    for seen in world.inventory.targets.values_mut() {
        seen.caller = Err(Failure::new(FailureKind::Denied, "AccessDenied", "assuming failed"));
    }
    world.access.caller = Some(Ok(Caller {
        account: AccountId::new("999999999999").unwrap(),
        arn: "arn:aws:sts::999999999999:assumed-role/hub/ci".into(),
    }));
    let hub = |statements: &Value| RoleSeen { arn: HUB.into(), ..role(&accounts[0], "hub", statements) };
    let kind = |world: &World| {
        let report = world.report();
        (report.refused[0].kind, report.refused[0].add[0].to_string())
    };
    world.access.caller_role = Some(Ok(Some(hub(&json!([allow(&json!("sts:AssumeRole"), "*")])))));
    let (refused, add) = kind(&world);
    assert_eq!(refused, "may_not_assume");
    assert!(add.contains(r#""Action":["sts:TagSession","sts:SetSourceIdentity"]"#), "{add}");
    world.access.caller_role = Some(Ok(Some(hub(&json!([allow(&json!("sts:*"), "*")])))));
    let (refused, add) = kind(&world);
    assert_eq!(refused, "not_let_in");
    assert!(add.contains(HUB) && add.contains(r#""sts:ExternalId":"x-1""#), "{add}");
    world.access.caller_role = None;
    assert_eq!(kind(&world).0, "not_let_in");
    assert_eq!(world.codes(), ["ACCESS-001 Error"]);
}

#[test]
fn a_person_may_go_on_without_it() {
    let accounts = accounts(1);
    let mut world = World::new(&accounts, true);
    world.set(&accounts[0], "exec", &json!([]));
    world.plan.overrides = vec![Override { guard: Guard::Preflight, by: "ann".into(), reason: "hotfix".into() }];
    let report = world.report();
    assert!(report.is_clear() && report.diagnostics().iter().all(|d| d.severity != Severity::Error));
    assert!(report.diagnostics().iter().any(|d| d.severity == Severity::Warning));
}

#[test]
fn nested_templates_count_and_those_that_lie_elsewhere_are_said() {
    let accounts = accounts(20);
    let mut world = World::new(&accounts, true);
    for account in &accounts {
        let stacks = allow(&json!(["cloudformation:*", "s3:GetObject", "sns:GetTopicAttributes"]), "*");
        world.set(account, "exec", &json!([stacks]));
    }
    let own = allow(&json!("cloudformation:*"), "arn:aws:cloudformation:*:*:stack/orders/*");
    world.set(&accounts[0], "deploy", &json!([own, allow(&json!(["s3:*", "iam:PassRole"]), "*")]));
    let outer = read(
        "
Resources:
  In: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: in.yaml } }
  Far: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: 'https://b.s3.amazonaws.com/t.yaml' } }
",
    );
    let middle = read("Resources: { Deep: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: d.yaml } } }");
    let deep = read("Resources: { T: { Type: AWS::SNS::Topic } }");
    let middle = SourceTemplate { template: &middle, nested: vec![("Deep", SourceTemplate::from(&deep))] };
    let (report, asked) = world.report_of_source(&SourceTemplate { template: &outer, nested: vec![("In", middle)] });
    assert_eq!(asked, 2, "for each of two regions");
    let sure: Vec<_> = report.refused.iter().filter(|r| !r.possible).collect();
    assert_eq!((sure.len(), sure[0].accounts.len()), (1, 20));
    let add = sure[0].add[0].to_string();
    assert!(add.contains("sns:CreateTopic") && add.contains(":ACCOUNT:orders-In-*"), "{add}");
    let events = report.refused.iter().find(|r| r.possible && r.role.ends_with("/deploy")).unwrap();
    assert_eq!(events.missing.len(), 2, "in each of two regions: {events:#?}");
    assert!(events.missing.iter().all(|m| m.action == "cloudformation:DescribeStackEvents"), "{events:#?}");
    let told = report.diagnostics();
    let far = told.iter().find(|d| d.code.as_str() == "ACCESS-008").unwrap();
    assert!(far.message.ends_with("which permissions the nested stack `Far` needs is not known"), "{}", far.message);
}

#[test]
fn a_template_that_cannot_be_expanded_is_said() {
    let world = World::new(&accounts(1), true);
    let template = "
Transform: AWS::Serverless-2016-10-31
Resources: { F: { Type: AWS::Serverless::Function, Properties: { CodeUri: src } } }
";
    let told = world.report_of(template).0.diagnostics();
    assert_eq!(told.iter().map(|d| d.code.to_string()).collect::<Vec<_>>(), ["ACCESS-008"]);
    assert!(told[0].why.as_ref().unwrap().contains("Resource with id [F] is invalid"), "{told:?}");
}
