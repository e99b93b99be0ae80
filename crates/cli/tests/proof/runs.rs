//! Runs of the example pipelines, in this process, by the roles that the bootstrap made and by nothing else.

use crate::doors::doors;
use crate::organization::{CENTRAL, CICD, account, region};
use aws::{BucketStore, Settings, StaticKeys};
use base::{Arn, FileId, RunId, Sources};
use deploy::bootstrap::{hub_role, plan_hub_role, read_bootstrap};
use deploy::plan::{PlannedTrigger, RunNames, Selection, plan_back};
use deploy::project::{Pipeline, read_pipeline_with};
use deploy::run::{EndingKind, Limits};
use engine::package::DiskFiles;
use engine::ports::{Ports, Session, Site};
use engine::store::{DiskStore, Releases, Runs};
use engine::{Control, Request, begin, drive, prepare};
use jiff::Timestamp;
use sandbox::identity::Principal;
use sandbox::services::{Actor, invoke};
use sandbox::{Options, Sandbox, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// What is run: a project, and a stage of one of its pipelines in some of its accounts and regions (all, if none
/// is named).
#[derive(Clone, Copy)]
pub struct Job<'a> {
    pub project: &'a Path,
    pub pipeline: &'a str,
    pub stage: &'a str,
    pub accounts: &'a [&'a str],
    pub regions: &'a [&'a str],
}

/// How a run ended.
pub struct Ran {
    /// Nothing when it could not be begun.
    pub kind: Option<EndingKind>,
    /// All that a person sees: the plan, what was found before it, and how it ended.
    pub seen: String,
    /// Why it failed, as AWS and the engine put it.
    pub why: String,
    /// The world afterwards.
    pub world: World,
}

impl Ran {
    pub fn well(self, what: &str) -> World {
        let refused: Vec<_> =
            self.world.log.iter().filter(|c| matches!(c.outcome, sandbox::Outcome::Refused(_))).collect();
        assert_eq!(self.kind, Some(EndingKind::Succeeded), "{what}: {}\n{}\n{refused:#?}", self.why, self.seen);
        self.world
    }
}

pub fn settings(project: &Path) -> deploy::bootstrap::Settings {
    let text = std::fs::read_to_string(project.join(".landfall/bootstrap.yaml")).unwrap();
    read_bootstrap(FileId(0), &text).0.unwrap()
}

pub fn pipeline(project: &Path, name: &str) -> Pipeline {
    let text = std::fs::read_to_string(project.join(format!(".landfall/{name}/pipeline.yaml"))).unwrap();
    let (pipeline, found) = read_pipeline_with(name, FileId(0), &text, Some(&settings(project)));
    assert!(found.iter().all(|d| !d.is_error()), "{found:?}");
    pipeline
}

/// The last part of a role's name with its path.
pub fn short(name: &str) -> String {
    name.rsplit('/').next().unwrap().to_owned()
}

/// A signed token of GitHub's for a subject.
pub fn token(world: &World, subject: &str) -> String {
    let now = world.now().as_second();
    world.token_issuer.sign(&json!({
        "iss": "https://token.actions.githubusercontent.com", "aud": "sts.amazonaws.com", "sub": subject,
        "iat": now, "exp": now + 300, "repository": "acme/examples", "repository_id": "2002",
        "repository_owner": "acme", "repository_owner_id": "1001",
    }))
}

/// The subject that a role of the CI/CD account trusts.
pub fn subject(world: &World, home: &str, role: &str) -> String {
    let trust = &world.account(&account(home)).unwrap().iam.roles[role].trust;
    let trust: Value = serde_json::from_str(trust).unwrap();
    find(&trust, "token.actions.githubusercontent.com:sub").expect("a subject")
}

/// Credentials for a role by a token.
pub fn entered(world: &mut World, home: &str, role: &str, token: &str) -> Result<StaticKeys, String> {
    let home = account(home);
    let arn = world.account(&home).unwrap().iam.roles[role].arn.clone();
    let anonymous = Actor { principal: Principal::Anonymous, account: home, region: region("us-east-1") };
    let input = json!({ "RoleArn": arn, "RoleSessionName": "job", "WebIdentityToken": token });
    let answer = invoke(world, &anonymous, "sts", "AssumeRoleWithWebIdentity", input);
    let answer = answer.map_err(|e| format!("{e:?}"))?;
    let text = |key: &str| answer.pointer(&format!("/Credentials/{key}")).unwrap().as_str().unwrap().to_owned();
    Ok(StaticKeys { id: text("AccessKeyId"), secret: text("SecretAccessKey"), token: Some(text("SessionToken")) })
}

/// The credentials of a stage's CI job: a token whose subject the hub role trusts opens that role.
pub fn hub(world: &mut World, project: &Path, pipeline: &str, stage: &str) -> StaticKeys {
    let role = short(&hub_role(&settings(project), pipeline, stage));
    let token = token(world, &subject(world, CICD, &role));
    entered(world, CICD, &role, &token).unwrap()
}

/// The subject of every pull request of the repository.
pub const REQUEST: &str = "repo:acme@1001/examples@2002:pull_request";

/// The credentials of a pull request's CI job.
pub fn request_hub(world: &mut World, project: &Path, pipeline: &str) -> StaticKeys {
    let role = short(&plan_hub_role(&settings(project), pipeline));
    let token = token(world, REQUEST);
    entered(world, CICD, &role, &token).unwrap()
}

fn find(value: &Value, key: &str) -> Option<String> {
    match value {
        Value::Object(map) => map.iter().find_map(|(k, v)| match v {
            Value::String(text) if k == key => Some(text.clone()),
            Value::Array(all) if k == key => all.first()?.as_str().map(str::to_owned),
            other => find(other, key),
        }),
        Value::Array(all) => all.iter().find_map(|v| find(v, key)),
        _ => None,
    }
}

/// An account as the engine enters it for a stage, by one of the stage's roles.
pub fn site(pipeline: &str, stage: &str, home: &str, code: &str, kind: &str) -> Site {
    let role = Arn::new(format!("arn:aws:iam::{home}:role/landfall/landfall-{pipeline}.{stage}-{kind}")).ok();
    let tags = [("pipeline", pipeline), ("stage", stage), ("run", "r1")];
    let tags = tags.iter().map(|(k, v)| (format!("landfall:{k}"), (*v).to_owned())).collect();
    let session = Session { name: "job".into(), source_identity: "casey".into(), tags, external_id: None };
    Site { account: Some(account(home)), region: region(code), role, session }
}

/// Where a run's journal, locks and releases are.
#[derive(Clone, Copy)]
pub enum Home<'a> {
    /// In a folder, which takes no calls.
    Disk(&'a Path),
    /// In the central bucket, under the name of a pipeline.
    Bucket(&'a str),
}

/// The doors of somebody with credentials.
pub async fn ports(sandbox: &Sandbox, keys: StaticKeys, home: Home<'_>) -> Ports {
    let settings = Settings { region: Some(region("eu-west-1")), keys: Some(keys), ..Settings::default() };
    doors(sandbox, settings, |aws| match home {
        Home::Disk(folder) => Arc::new(DiskStore::new(folder)),
        Home::Bucket(name) => {
            let account = Some(account(CICD));
            let site = Site { account, region: region("eu-west-1"), role: None, session: Session::default() };
            Arc::new(BucketStore::new(aws.clone(), site, CENTRAL, format!("state/{name}")))
        }
    })
    .await
}

/// Does something in a world, over the wire, with credentials that it gives; what came of it, and the world afterwards.
pub fn over_the_wire<T>(
    mut world: World,
    home: Home<'_>,
    keys: impl FnOnce(&mut World) -> StaticKeys,
    act: impl AsyncFnOnce(&Ports) -> T,
) -> (T, World) {
    world.log.clear();
    let keys = keys(&mut world);
    let sandbox = Sandbox::start(world, Options::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let result = runtime.block_on(async { act(&ports(&sandbox, keys, home).await).await });
    let world = std::mem::replace(&mut *sandbox.world(), World::empty(Timestamp::UNIX_EPOCH));
    (result, world)
}

/// Deploys, whatever was found before.
pub fn run(world: World, home: Home<'_>, job: Job<'_>) -> Ran {
    let keys = |world: &mut World| hub(world, job.project, job.pipeline, job.stage);
    let ((kind, seen, why), world) = over_the_wire(world, home, keys, async |ports| deployed(ports, job).await);
    Ran { kind, seen, why, world }
}

fn limits() -> Limits {
    Limits { denied_retries: 0, ..Limits::default() }
}

async fn deployed(ports: &Ports, job: Job<'_>) -> (Option<EndingKind>, String, String) {
    let pipeline = pipeline(job.project, job.pipeline);
    let files = DiskFiles::new(job.project);
    let selection = Selection {
        stages: vec![job.stage.to_owned()],
        accounts: job.accounts.iter().map(|a| (*a).to_owned()).collect(),
        regions: job.regions.iter().map(|r| (*r).to_owned()).collect(),
    };
    let request = Request {
        pipeline: &pipeline,
        files: &files,
        built: &BTreeMap::new(),
        selection: &selection,
        plan_role: false,
        overrides: &[],
        author: "ann",
        trigger: PlannedTrigger::default(),
    };
    let prepared = match prepare(ports, &request, &mut Sources::new()).await {
        Ok(prepared) => prepared,
        Err(error) => return (None, String::new(), error.to_string()),
    };
    let found: Vec<String> = prepared
        .findings
        .iter()
        .map(|d| format!("{} {} {}", d.code, d.message, d.why.as_deref().unwrap_or_default()))
        .collect();
    let refused = format!("{:?}", prepared.preflight);
    let plan = view::plan_text(&prepared.plan, &[]);
    let seen = format!("{plan}\n{}", found.join("\n"));
    if prepared.plan.targets.is_empty() {
        return (None, seen, refused);
    }
    let (kind, why) = driven(ports, prepared.plan, &prepared.blobs).await;
    (kind, format!("{seen}\n{kind:?}"), why)
}

async fn driven(ports: &Ports, plan: deploy::plan::Plan, blobs: &[Arc<[u8]>]) -> (Option<EndingKind>, String) {
    let mut session = match begin(ports, plan, blobs, "ann@host", &limits()).await {
        Ok(session) => session,
        Err(error) => return (None, error.to_string()),
    };
    let mut facts = Vec::new();
    let mut tell = |event: &deploy::run::Event, _: &deploy::run::State| {
        let text = format!("{:?}", event.fact);
        if text.contains("enied") || text.contains("uthorized") || text.contains("FAILED") {
            facts.push(text);
        }
    };
    match drive(&mut session, ports, &limits(), &mut Control::none(), &mut tell).await {
        Ok(ending) => (Some(ending.kind), format!("{:?}\n{}", ending.cause, facts.join("\n"))),
        Err(error) => (None, error.to_string()),
    }
}

/// Goes back to an earlier release, as `landfall rollback` does.
pub fn back(world: World, home: Home<'_>, job: Job<'_>, to: u32) -> Ran {
    let keys = |world: &mut World| hub(world, job.project, job.pipeline, job.stage);
    let ((kind, why), world) = over_the_wire(world, home, keys, async |ports| {
        let runs = Runs::new(ports.store.clone(), job.pipeline);
        let last = runs.ids().await.unwrap().pop().unwrap();
        let base = runs.read(&last).await.unwrap().plan;
        let releases = Releases::new(ports.store.clone(), job.pipeline);
        let (good, manifest) = (releases.all_good().await.unwrap(), releases.manifest(to).await.unwrap());
        let names = RunNames {
            pipeline: job.pipeline.to_owned(),
            run: RunId::new(format!("back-{to}")).unwrap(),
            author: "ann".into(),
            trigger: PlannedTrigger::default(),
        };
        let selection = Selection { stages: vec![job.stage.to_owned()], ..Selection::default() };
        let plan = plan_back(&base, &manifest, &good, &selection, &names, ports.clock.now());
        assert!(!plan.targets.is_empty());
        driven(ports, plan, &[]).await
    });
    Ran { kind, seen: String::new(), why, world }
}
