//! Connects a command with AWS, or with a sandbox in this process: the one place that knows which it is.

use super::shell::TOKEN_REQUEST;
use super::{Programs, RealClock, SandboxTime, Shell};
use crate::args::Global;
use crate::folder::Folder;
use crate::trouble::{Exit, Trouble};
use aws::{Aws, BucketStore, JobToken, Settings, StaticKeys, TokenRequest};
use base::{AccountId, Arn, Diagnostic, FileId, Partition, Region};
use deploy::bootstrap::{Access, BOOTSTRAP_FILE, read_bootstrap};
use deploy::project::{Pipeline, StateHome};
use deploy::target::Site;
use engine::ports::{Clock, Ports, Store};
use engine::store::DiskStore;
use sandbox::{Options, Sandbox, World};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The account whose administrator a sandbox's caller is, when the pipeline names no CI/CD account.
const SANDBOX_ACCOUNT: &str = "999999999999";
/// The role that a sandbox's caller takes on, when the account has it.
const SANDBOX_HUB: &str = "landfall-hub";

/// The doors of a command, and what must live as long as they are used.
pub(crate) struct Connection {
    pub(crate) ports: Ports,
    /// The sandbox, when there is one. It keeps its world when it is dropped.
    _sandbox: Option<Sandbox>,
}

/// The folder of the sandbox that a project is tied to, if it is: `--sandbox`, else what `landfall demo` left.
fn sandbox_folder(global: &Global) -> Option<PathBuf> {
    let left = global.project.join(".landfall/sandbox");
    global.sandbox.clone().or_else(|| (global.endpoint.is_none() && left.is_dir()).then_some(left))
}

/// Connects. No call to AWS is made.
pub(crate) async fn connect(global: &Global, folder: &Folder, pipeline: &Pipeline) -> Result<Connection, Trouble> {
    let token = job_token().filter(|_| is_direct(folder));
    connect_with(global, folder, pipeline, token).await
}

/// Connects as the caller and nobody else: no token of a CI opens an administrator's role.
pub(crate) async fn connect_as_caller(
    global: &Global,
    folder: &Folder,
    pipeline: &Pipeline,
) -> Result<Connection, Trouble> {
    connect_with(global, folder, pipeline, None).await
}

/// The token of a CI job: in a file, where the AWS tools look for it, or where GitHub Actions gives one for the asking.
fn job_token() -> Option<JobToken> {
    let asked = || Some(TokenRequest::new(&set(TOKEN_REQUEST[0])?, &set(TOKEN_REQUEST[1])?));
    let file = set("AWS_WEB_IDENTITY_TOKEN_FILE").map(|path| JobToken::File(PathBuf::from(path)));
    file.or_else(|| asked().map(JobToken::Request))
}

/// The role that the environment names, for a token that is asked for. The AWS tools know tokens in files only.
fn first_role(token: Option<&JobToken>) -> Option<Arn> {
    let asks = matches!(token, Some(JobToken::Request(_))) && set("AWS_ACCESS_KEY_ID").is_none();
    set("AWS_ROLE_ARN").filter(|_| asks).and_then(|role| Arn::new(role).ok())
}

#[allow(clippy::disallowed_methods, reason = "the command line is where the environment is read")]
fn set(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Whether the accounts of the project trust the CI themselves, so that its token opens each of them.
fn is_direct(folder: &Folder) -> bool {
    let text = std::fs::read_to_string(folder.root.join(BOOTSTRAP_FILE)).unwrap_or_default();
    let settings = read_bootstrap(FileId(0), &text).0;
    settings.is_some_and(|settings| settings.access == Access::Direct)
}

async fn connect_with(
    global: &Global,
    folder: &Folder,
    pipeline: &Pipeline,
    token: Option<JobToken>,
) -> Result<Connection, Trouble> {
    match sandbox_folder(global) {
        Some(world) => connect_sandbox(&world, folder, pipeline).await,
        None => {
            let profile = global.profile.clone().or_else(|| pipeline.profile.clone());
            let endpoint = global.endpoint.clone();
            let settings =
                Settings { endpoint, profile, first: first_role(token.as_ref()), token, ..Settings::default() };
            let clock: Arc<dyn Clock> = Arc::new(RealClock);
            let aws = Aws::connect(&settings, clock.clone()).await;
            Ok(Connection { ports: ports(&aws, clock, Programs::new(), folder, pipeline)?, _sandbox: None })
        }
    }
}

async fn connect_sandbox(world: &Path, folder: &Folder, pipeline: &Pipeline) -> Result<Connection, Trouble> {
    let sandbox = open_sandbox(world, 0)?;
    let home = pipeline.organization.as_ref().and_then(|o| o.cicd_account_id.clone());
    let chosen = environment_account();
    let hub = match &chosen {
        Some(_) => None,
        None => home.clone().or_else(sandbox_account).filter(|a| has_hub(&sandbox, a)),
    };
    let hub = hub.map(|a| Arn::role(Partition::Aws, &a, SANDBOX_HUB));
    let account = chosen.or(home).or_else(sandbox_account);
    let settings = Settings {
        endpoint: Some(sandbox.endpoint()),
        region: Region::new("us-east-1").ok(),
        keys: account.map(|a| StaticKeys { id: a.to_string(), secret: "sandbox".to_owned(), token: None }),
        hub,
        ..Settings::default()
    };
    let programs = Programs::new();
    let clock: Arc<dyn Clock> = Arc::new(SandboxTime { clock: sandbox.clock(), programs: programs.clone() });
    let aws = Aws::connect(&settings, clock.clone()).await;
    Ok(Connection { ports: ports(&aws, clock, programs, folder, pipeline)?, _sandbox: Some(sandbox) })
}

fn sandbox_account() -> Option<AccountId> {
    AccountId::new(SANDBOX_ACCOUNT).ok()
}

/// The account whose administrator the caller wants to be: in a sandbox, an account id is the access key of its
/// administrator. Keys of real accounts have another form and mean nothing here.
fn environment_account() -> Option<AccountId> {
    AccountId::new(&set("AWS_ACCESS_KEY_ID")?).ok()
}

fn has_hub(sandbox: &Sandbox, account: &AccountId) -> bool {
    sandbox.world().account(account).is_some_and(|a| a.iam.roles.contains_key(SANDBOX_HUB))
}

/// The file that a sandbox starts with, in its folder.
const WORLD_FILE: &str = "world.yaml";

/// Starts the sandbox that is kept in a folder. One that was never started has the organization of the folder's
/// `world.yaml`, or the demo's.
fn open_sandbox(folder: &Path, port: u16) -> Result<Sandbox, Trouble> {
    let first = folder.join(WORLD_FILE);
    let world = match World::load(folder)? {
        Some(world) => world,
        None if first.is_file() => crate::command::sandbox::read(&first)?,
        None => World::demo(),
    };
    Ok(Sandbox::start(world, Options { port, data_dir: Some(folder.to_path_buf()) })?)
}

fn ports(
    aws: &Aws,
    clock: Arc<dyn Clock>,
    programs: Programs,
    folder: &Folder,
    pipeline: &Pipeline,
) -> Result<Ports, Trouble> {
    Ok(Ports {
        identity: Arc::new(aws.clone()),
        stacks: Arc::new(aws.clone()),
        change_sets: Arc::new(aws.clone()),
        objects: Arc::new(aws.clone()),
        alarms: Arc::new(aws.clone()),
        roles: Arc::new(aws.clone()),
        store: store(aws, folder, pipeline)?,
        commands: Arc::new(Shell { root: folder.root.clone(), aws: Some(aws.clone()), programs }),
        clock,
        secrets: Arc::new(super::secrets::EnvironmentSecrets),
    })
}

/// The store of a pipeline: on disk, or in the bucket that the pipeline names.
fn store(aws: &Aws, folder: &Folder, pipeline: &Pipeline) -> Result<Arc<dyn Store>, Trouble> {
    match &pipeline.state {
        StateHome::Disk => Ok(disk_store(folder)),
        StateHome::Bucket { bucket, prefix } => {
            let guard = pipeline.organization.as_ref();
            let region =
                guard.and_then(|o| o.cicd_region.clone()).or_else(|| aws.default_region()).ok_or_else(|| {
                    let told = Diagnostic::error("CLI-012", "the region of the state bucket is not known");
                    Trouble::new(
                        Exit::Usage,
                        told.hint("set `organization.cicd_account_region` in the pipeline, or `AWS_REGION`"),
                    )
                })?;
            let account = guard.and_then(|o| o.cicd_account_id.clone());
            let site = Site { account, region, role: None, session: Default::default() };
            Ok(Arc::new(BucketStore::new(aws.clone(), site, bucket, prefix)))
        }
    }
}

/// The store on disk, which needs no credentials.
pub(crate) fn disk_store(folder: &Folder) -> Arc<dyn Store> {
    Arc::new(DiskStore::new(folder.root.join(".landfall/state")))
}
