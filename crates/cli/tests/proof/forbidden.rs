//! What nobody may do, as data: each act is refused to one who has no business with it, and works for the one whose
//! business it is. Everything goes over the wire.

use crate::organization::{CENTRAL, CICD, MANAGEMENT, PRODUCTION, STAGING, account, bootstrapped, region};
use crate::releases::Release;
use crate::runs::{Home, Job, hub, over_the_wire, request_hub, run, site};
use aws::StaticKeys;
use base::Arn;
use engine::ports::{Answer, ChangeSetRequest, Condition, FailureKind, ObjectAt, Ports, Session, Site, TemplateSource};
use sandbox::World;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Who does it.
#[derive(Debug, Clone, Copy)]
pub enum Who {
    /// The CI job of a pipeline's stage, as the deployment role in an account.
    Job(&'static str, &'static str, &'static str),
    /// The CI job of a pipeline's stage, as its hub role.
    Hub(&'static str, &'static str),
    /// The CI job of a pull request, as the plan role of a pipeline's stage in an account.
    Request(&'static str, &'static str, &'static str),
    /// The CI job of a pull request, as the hub role of the pipeline's plan roles.
    RequestHub(&'static str),
    /// An administrator of an account.
    Administrator(&'static str),
    /// An administrator of an account of another organization.
    Stranger,
}

/// What is done.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    /// Takes on a role of an account.
    Enter(&'static str, &'static str, &'static str, &'static str),
    /// Looks at a stack.
    Describe(&'static str),
    /// Makes a change set for a stack, with an execution role or none.
    Change(&'static str, Option<&'static str>),
    /// Deletes a stack.
    Delete(&'static str),
    /// Switches a stack's protection off.
    Unprotect(&'static str),
    /// Reads a role.
    Role(&'static str),
    /// Reads an object.
    Get(&'static str, &'static str),
    /// Writes an object.
    Put(&'static str, &'static str),
}

/// The account of another organization.
const STRANGER: &str = "999900000013";
const ORDERS: Who = Who::Job("orders", "staging", STAGING);
const INVOICES: Who = Who::Job("invoices", "staging", STAGING);
const REQUEST: Who = Who::Request("orders", "staging", STAGING);
const REQUEST_HUB: Who = Who::RequestHub("orders");
const ORDERS_HUB: Who = Who::Hub("orders", "staging");
const LOCK: &str = "state/orders/orders/lock.json";
const JOURNAL: &str = "state/orders/orders/runs/r1/journal/00000001.json";
const CODE: &str = "orders/staging/code.zip";
const ROOT: Who = Who::Administrator(STAGING);
const STAGING_BUCKET: &str = "landfall-300000000003-eu-west-1";
const PRODUCTION_BUCKET: &str = "landfall-400000000004-eu-west-1";

/// A forbidden act: what, who is refused, and the same by the one who may.
pub struct Case {
    pub what: &'static str,
    act: Act,
    refused: Who,
    rightful: (Who, Act),
}

const fn case(what: &'static str, act: Act, refused: Who, rightful: Who) -> Case {
    Case { what, act, refused, rightful: (rightful, act) }
}

const fn instead(what: &'static str, act: Act, refused: Who, rightful: Who, right: Act) -> Case {
    Case { what, act, refused, rightful: (rightful, right) }
}

const OWN: Option<&str> = Some("landfall/landfall-orders.staging-exec");
const THEIRS: Option<&str> = Some("landfall/landfall-invoices.staging-exec");

/// All of them.
pub const CASES: &[Case] = &[
    case(
        "entering another pipeline",
        Act::Enter("invoices", "staging", STAGING, "deploy"),
        Who::Hub("orders", "staging"),
        Who::Hub("invoices", "staging"),
    ),
    case(
        "entering another stage",
        Act::Enter("orders", "production", PRODUCTION[0], "deploy"),
        Who::Hub("orders", "staging"),
        Who::Hub("orders", "production"),
    ),
    instead(
        "entering an execution role",
        Act::Enter("orders", "staging", STAGING, "exec"),
        Who::Hub("orders", "staging"),
        Who::Hub("orders", "staging"),
        Act::Enter("orders", "staging", STAGING, "deploy"),
    ),
    case(
        "entering a deployment role from the account itself",
        Act::Enter("orders", "staging", STAGING, "deploy"),
        ROOT,
        Who::Hub("orders", "staging"),
    ),
    case(
        "entering from another organization",
        Act::Enter("orders", "staging", STAGING, "deploy"),
        Who::Stranger,
        Who::Hub("orders", "staging"),
    ),
    instead(
        "another pipeline's stack",
        Act::Change("invoices-staging", OWN),
        ORDERS,
        INVOICES,
        Act::Change("invoices-staging", THEIRS),
    ),
    case("looking at another pipeline's stack", Act::Describe("invoices-staging"), ORDERS, INVOICES),
    case("deleting another pipeline's stack", Act::Delete("invoices-staging"), ORDERS, INVOICES),
    instead(
        "another stage's stack",
        Act::Change("orders-production", OWN),
        ORDERS,
        ORDERS,
        Act::Change("orders-staging", OWN),
    ),
    instead(
        "a stack of another name",
        Act::Change("orders-staging2", OWN),
        ORDERS,
        ORDERS,
        Act::Change("orders-staging", OWN),
    ),
    instead(
        "changing the bootstrap stack",
        Act::Change("landfall-bootstrap-roles-orders", OWN),
        ORDERS,
        ROOT,
        Act::Change("landfall-bootstrap-roles-orders", None),
    ),
    instead(
        "deleting the bootstrap stack",
        Act::Delete("landfall-bootstrap-roles-orders"),
        ORDERS,
        ORDERS,
        Act::Delete("orders-staging"),
    ),
    case("switching the bootstrap's protection off", Act::Unprotect("landfall-bootstrap-roles-orders"), ORDERS, ROOT),
    case("switching its own stack's protection off", Act::Unprotect("orders-staging"), ORDERS, ROOT),
    instead(
        "a stack without the execution role",
        Act::Change("orders-staging", None),
        ORDERS,
        ORDERS,
        Act::Change("orders-staging", OWN),
    ),
    instead(
        "passing another pipeline's execution role",
        Act::Change("orders-staging", THEIRS),
        ORDERS,
        ORDERS,
        Act::Change("orders-staging", OWN),
    ),
    instead(
        "passing an administrator's role",
        Act::Change("orders-staging", Some("OrganizationAccountAccessRole")),
        ORDERS,
        ORDERS,
        Act::Change("orders-staging", OWN),
    ),
    instead(
        "passing the deployment role",
        Act::Change("orders-staging", Some("landfall/landfall-orders.staging-deploy")),
        ORDERS,
        ORDERS,
        Act::Change("orders-staging", OWN),
    ),
    instead(
        "reading an administrator's role",
        Act::Role("OrganizationAccountAccessRole"),
        ORDERS,
        ORDERS,
        Act::Role("landfall-orders.staging-exec"),
    ),
    instead(
        "reading another pipeline's role",
        Act::Role("landfall-invoices.staging-exec"),
        ORDERS,
        INVOICES,
        Act::Role("landfall-invoices.staging-exec"),
    ),
    case(
        "reading another pipeline's artifacts",
        Act::Get(STAGING_BUCKET, "invoices/staging/code.zip"),
        ORDERS,
        INVOICES,
    ),
    case(
        "replacing another pipeline's artifacts",
        Act::Put(STAGING_BUCKET, "invoices/staging/code.zip"),
        ORDERS,
        INVOICES,
    ),
    case(
        "reading another account's artifacts",
        Act::Get(PRODUCTION_BUCKET, "orders/production/code.zip"),
        ORDERS,
        Who::Job("orders", "production", PRODUCTION[0]),
    ),
    case(
        "replacing another account's artifacts",
        Act::Put(PRODUCTION_BUCKET, "orders/production/code.zip"),
        ORDERS,
        Who::Job("orders", "production", PRODUCTION[0]),
    ),
    case(
        "reading artifacts from another account of the organization",
        Act::Get(STAGING_BUCKET, "orders/staging/code.zip"),
        Who::Administrator(PRODUCTION[0]),
        ORDERS,
    ),
    case(
        "reading the central bucket from another organization",
        Act::Get(CENTRAL, "state/invoices/lock"),
        Who::Stranger,
        Who::Hub("invoices", "staging"),
    ),
    case(
        "writing another pipeline's state",
        Act::Put(CENTRAL, "state/invoices/lock"),
        Who::Hub("orders", "staging"),
        Who::Hub("invoices", "staging"),
    ),
    case(
        "reading another pipeline's state",
        Act::Get(CENTRAL, "state/invoices/lock"),
        Who::Hub("orders", "staging"),
        Who::Hub("invoices", "staging"),
    ),
    case(
        "writing the central state from a target account",
        Act::Put(CENTRAL, "state/orders/lock"),
        ORDERS,
        Who::Hub("orders", "staging"),
    ),
    case("deploying a pull request", Act::Change("orders-staging", OWN), REQUEST, ORDERS),
    case("a pull request that deletes a stack", Act::Delete("orders-staging"), REQUEST, ORDERS),
    case("a pull request that looks at another pipeline", Act::Describe("invoices-staging"), REQUEST, INVOICES),
    case("a pull request that uploads code", Act::Put(STAGING_BUCKET, CODE), REQUEST, ORDERS),
    case("a pull request that reads code", Act::Get(STAGING_BUCKET, CODE), REQUEST, ORDERS),
    instead(
        "a pull request that reads an administrator's role",
        Act::Role("OrganizationAccountAccessRole"),
        REQUEST,
        REQUEST,
        Act::Role("landfall-orders.staging-exec"),
    ),
    case(
        "a pull request that goes on to deploy",
        Act::Enter("orders", "staging", STAGING, "deploy"),
        REQUEST_HUB,
        ORDERS_HUB,
    ),
    case(
        "a pull request of another pipeline",
        Act::Enter("invoices", "staging", STAGING, "plan"),
        REQUEST_HUB,
        Who::RequestHub("invoices"),
    ),
    case(
        "entering a plan role without a pull request",
        Act::Enter("orders", "staging", STAGING, "plan"),
        ORDERS_HUB,
        REQUEST_HUB,
    ),
    case("a pull request that writes the state", Act::Put(CENTRAL, LOCK), REQUEST_HUB, ORDERS_HUB),
    case("a pull request that reads a journal", Act::Get(CENTRAL, JOURNAL), REQUEST_HUB, ORDERS_HUB),
    case(
        "writing the central bucket from another organization",
        Act::Put(CENTRAL, "state/orders/lock"),
        Who::Stranger,
        Who::Hub("orders", "staging"),
    ),
];

/// A world in which the stacks of two pipelines are there, and an account of another organization.
pub fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let (release, folder) = (Release::first(), tempfile::tempdir().unwrap());
        let mut world = bootstrapped().0.clone();
        for pipeline in ["orders", "invoices"] {
            let project = release.folder();
            let job = Job { project: &project, pipeline, stage: "staging", accounts: &[], regions: &[] };
            world = run(world, Home::Disk(folder.path()), job).well(pipeline);
        }
        let mut stranger = world.account(&account(MANAGEMENT)).unwrap().clone();
        stranger.id = account(STRANGER);
        world.accounts.insert(account(STRANGER), stranger);
        for (who, bucket, key) in [
            (ROOT, STAGING_BUCKET, "invoices/staging/code.zip"),
            (ROOT, STAGING_BUCKET, "orders/staging/code.zip"),
            (Who::Administrator(PRODUCTION[0]), PRODUCTION_BUCKET, "orders/production/code.zip"),
            (Who::Hub("invoices", "staging"), CENTRAL, "state/invoices/lock"),
            (ORDERS_HUB, CENTRAL, JOURNAL),
        ] {
            let (put, after) = attempt_in(world, who, Act::Put(bucket, key));
            put.unwrap();
            world = after;
        }
        world
    })
}

fn plain(home: &str) -> Site {
    Site { account: Some(account(home)), region: region("eu-west-1"), role: None, session: Session::default() }
}

/// What came of an act in a world of its own.
fn attempt(who: Who, act: Act) -> Answer<()> {
    attempt_in(world().clone(), who, act).0
}

fn attempt_in(world: World, who: Who, act: Act) -> (Answer<()>, World) {
    let release = Release::first();
    let folder = tempfile::tempdir().unwrap();
    let project = release.folder();
    let administrator = |id: &str| StaticKeys { id: id.to_owned(), secret: "any".into(), token: None };
    let keys = |world: &mut World| match who {
        Who::Job(pipeline, stage, _) | Who::Hub(pipeline, stage) => hub(world, &project, pipeline, stage),
        Who::Request(pipeline, ..) | Who::RequestHub(pipeline) => request_hub(world, &project, pipeline),
        Who::Administrator(id) => administrator(id),
        Who::Stranger => administrator(STRANGER),
    };
    let place = match who {
        Who::Job(pipeline, stage, home) => site(pipeline, stage, home, "eu-west-1", "deploy"),
        Who::Request(pipeline, stage, home) => site(pipeline, stage, home, "eu-west-1", "plan"),
        Who::Hub(..) | Who::RequestHub(_) => plain(CICD),
        Who::Administrator(id) => plain(id),
        Who::Stranger => plain(STRANGER),
    };
    over_the_wire(world, Home::Disk(folder.path()), keys, async |ports| done(ports, &place, act).await)
}

async fn done(ports: &Ports, place: &Site, act: Act) -> Answer<()> {
    match act {
        Act::Enter(pipeline, stage, home, kind) => {
            ports.identity.caller(&site(pipeline, stage, home, "eu-west-1", kind)).await.map(drop)
        }
        Act::Describe(stack) => ports.stacks.describe(place, stack).await.map(drop),
        Act::Change(stack, role) => {
            let role = role.map(|r| format!("arn:aws:iam::{}:role/{r}", place.account.as_ref().unwrap()));
            ports.change_sets.create(place, &change_set(stack, role.as_deref())).await.map(drop)
        }
        Act::Delete(stack) => ports.stacks.delete(place, stack, "t", None).await,
        Act::Unprotect(stack) => ports.stacks.protect(place, stack, false).await,
        Act::Role(name) => ports.roles.role(place, name).await.map(drop),
        Act::Get(bucket, key) => ports.objects.get(place, &at(bucket, key)).await.map(drop),
        Act::Put(bucket, key) => {
            ports.objects.put(place, &at(bucket, key), b"x".to_vec(), &Condition::Always).await.map(drop)
        }
    }
}

fn at(bucket: &str, key: &str) -> ObjectAt {
    ObjectAt { bucket: bucket.into(), key: key.into(), owner: None }
}

fn change_set(stack: &str, role: Option<&str>) -> ChangeSetRequest {
    change_set_of(stack, role, &json!({ "Resources": { "T": { "Type": "AWS::SNS::Topic" } } }))
}

/// A change set of a template.
pub fn change_set_of(stack: &str, role: Option<&str>, template: &serde_json::Value) -> ChangeSetRequest {
    ChangeSetRequest {
        stack: stack.into(),
        name: "forbidden".into(),
        create: !matches!(stack, "orders-staging" | "invoices-staging" | "landfall-bootstrap-roles-orders"),
        template: TemplateSource::Body(template.to_string()),
        parameters: BTreeMap::new(),
        capabilities: vec!["CAPABILITY_NAMED_IAM".into()],
        tags: BTreeMap::new(),
        role: role.and_then(|r| Arn::new(r).ok()),
        rollback_alarms: Vec::new(),
        monitoring_minutes: 0,
        notification_arns: Vec::new(),
        on_failure: None,
        token: "t".into(),
        description: String::new(),
    }
}

/// What is wrong with a case: the act went through, or the rightful one did not.
pub fn wrong(case: &Case) -> Option<String> {
    match attempt(case.refused, case.act) {
        Err(failure) if failure.kind == FailureKind::Denied => {}
        other => return Some(format!("{}: {:?} was not refused: {other:?}", case.what, case.refused)),
    }
    match attempt(case.rightful.0, case.rightful.1) {
        Ok(()) => None,
        Err(failure) => Some(format!("{}: {:?} may not either: {failure:?}", case.what, case.rightful.0)),
    }
}
