//! Plans of pull requests: the program with the credentials of a pull request's job, through the hub, against a sandbox at
//! an address.

use crate::organization::{CICD, Desk, PRODUCTION, STAGING, account, bootstrapped};
use crate::permissions::{Permission, permissions, without};
use crate::releases::Release;
use crate::runs::{self, Home, Job, REQUEST, entered, run, subject, token};
use aws::StaticKeys;
use sandbox::{CallRecord, Options, Outcome, Sandbox, World};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

/// A stage of one account, and one account of a fleet.
const ACCOUNTS: [&str; 2] = [STAGING, PRODUCTION[0]];

/// A world in which the first release is there, with the state in the bucket.
fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let release = Release::first();
        let mut world = bootstrapped().0.clone();
        for (stage, account) in [("staging", STAGING), ("production", PRODUCTION[0])] {
            let project = release.folder();
            let job = Job { project: &project, pipeline: "orders", stage, accounts: &[account], regions: &[] };
            world = run(world, Home::Bucket("orders"), job).well(stage);
        }
        world
    })
}

/// What a plan said, without what differs from run to run, and the calls that it made.
struct Said {
    code: i32,
    text: String,
    log: Vec<CallRecord>,
}

fn planned(mut world: World, project: &Path) -> Said {
    world.log.clear();
    let keys = runs::request_hub(&mut world, project, "orders");
    let sandbox = Sandbox::start(world, Options::default()).unwrap();
    let mut command = program(project, &sandbox, &keys);
    command.args(["plan", "--plan-role", "--pipeline", "orders"]);
    let out = command.args(ACCOUNTS.iter().flat_map(|id| ["--account", id])).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&out.stderr), String::from_utf8_lossy(&out.stdout));
    // A run is called after the time of its plan.
    let run = text.split_whitespace().find(|word| word.ends_with("-r2") || word.ends_with("-r1")).unwrap_or("none");
    let text = text.replace(run.trim_matches('`'), "RUN");
    let log = sandbox.world().log.to_vec();
    Said { code: out.status.code().unwrap_or(-1), text, log }
}

fn program(project: &Path, sandbox: &Sandbox, keys: &StaticKeys) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_landfall"));
    command
        .args(["--no-input", "--endpoint", &sandbox.endpoint()])
        .current_dir(project)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("NO_COLOR", "1")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", &keys.id)
        .env("AWS_SECRET_ACCESS_KEY", &keys.secret)
        .env("AWS_SESSION_TOKEN", keys.token.as_deref().unwrap_or_default());
    command
}

/// Operations that a plan is made of. All of them read.
const READS: [&str; 16] = [
    "AssumeRole",
    "AssumeRoleWithWebIdentity",
    "DescribeAlarms",
    "DescribeStacks",
    "GetCallerIdentity",
    "GetObject",
    "GetPolicy",
    "GetPolicyVersion",
    "GetRole",
    "GetRolePolicy",
    "ListAccounts",
    "ListAccountsForParent",
    "ListAttachedRolePolicies",
    "ListObjectsV2",
    "ListOrganizationalUnitsForParent",
    "ListRolePolicies",
];
/// What is asked by everybody and told to few: service control policies.
const ASKED_IN_VAIN: [&str; 3] = ["DescribeOrganization", "ListParents", "ListPoliciesForTarget"];

/// A pull request sees the same plan as those who deploy, and each permission of its roles is needed for that.
pub fn each_permission_is_needed() -> usize {
    let release = Release::second();
    let project = release.folder();
    let whole = planned(world().clone(), &project);
    assert_eq!(whole.code, 0, "{}", whole.text);
    assert!(!whole.text.contains("ACCESS-00") || whole.text.contains("ACCESS-008"), "{}", whole.text);
    for call in &whole.log {
        let known = READS.contains(&call.operation.as_str());
        let in_vain = ASKED_IN_VAIN.contains(&call.operation.as_str());
        assert!(known || in_vain, "{} {}", call.service, call.operation);
        assert_eq!(matches!(call.outcome, Outcome::Refused(_)), in_vain, "{call:?}");
    }
    let mut all: Vec<Permission> = permissions(world(), &account(CICD), "landfall-orders.plan");
    for (stage, home) in [("staging", STAGING), ("production", PRODUCTION[0])] {
        all.extend(permissions(world(), &account(home), &format!("landfall-orders.{stage}-plan")));
    }
    // The accounts of a fleet that this plan leaves out.
    let left_out = |p: &&Permission| PRODUCTION[1..].iter().any(|id| p.resource.contains(id));
    let tried: Vec<&Permission> = all.iter().filter(|p| !left_out(p)).collect();
    let same = |p: &&&Permission| {
        let other = planned(without(world(), p), &project);
        (other.code, &other.text) == (whole.code, &whole.text)
    };
    let idle: Vec<String> = tried.iter().filter(same).map(ToString::to_string).collect();
    assert!(idle.is_empty(), "nothing needs:\n{}", idle.join("\n"));
    tried.len()
}

/// The token of a pull request opens the hub of plan roles and no other; those that deploy do not open it.
pub fn tokens_open_their_own_roles() {
    let mut world = bootstrapped().0.clone();
    let hubs: Vec<String> = world.account(&account(CICD)).unwrap().iam.roles.keys().cloned().collect();
    let hubs: Vec<String> = hubs.into_iter().filter(|name| name.starts_with("landfall-")).collect();
    let mut opened = |subject: &str| -> Vec<&str> {
        let token = token(&world, subject);
        let open = hubs.iter().filter(|name| entered(&mut world, CICD, name, &token).is_ok());
        open.map(String::as_str).collect()
    };
    let plans = ["landfall-invoices.plan", "landfall-notices.plan", "landfall-orders.plan"];
    assert_eq!(opened(REQUEST), plans);
    for wrong in [
        "repo:acme@1001/examples@2002:ref:refs/heads/pull_request",
        "repo:acme@1001/examples@2002:environment:pull_request",
        "repo:acme@1001/examples-evil@2003:pull_request",
        "repo:acme-evil@1002/examples@2002:pull_request",
        "repo:acme/examples:pull_request",
    ] {
        assert_eq!(opened(wrong), [""; 0], "{wrong}");
    }
    let staging = subject(&bootstrapped().0, CICD, "landfall-orders.staging-hub");
    assert_eq!(opened(&staging), ["landfall-orders.staging-hub"]);
}

/// Where the bootstrap makes no plan roles, a plan with them is refused and says why.
pub fn without_plan_roles_it_is_said() {
    let desk = Desk::new();
    let file = desk.project().join(".landfall/bootstrap.yaml");
    let text = std::fs::read_to_string(&file).unwrap().replace("plan_role: true\n", "");
    std::fs::write(file, text).unwrap();
    let file = desk.project().join(".landfall/orders/pipeline.yaml");
    let text = std::fs::read_to_string(&file).unwrap().split_once('\n').unwrap().1.to_owned();
    std::fs::write(file, text).unwrap();
    let said = desk.landfall("plan --plan-role --pipeline orders --stage staging");
    assert_eq!(said.code, 2, "{}", said.text);
    assert!(said.text.starts_with("error[PLAN-049]") && said.text.contains("1 problem;"), "{}", said.text);
}
