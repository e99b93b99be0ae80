//! `landfall check --live`: the roles that the pipeline's targets really have.

use crate::args::Global;
use crate::caller;
use crate::project;
use crate::trouble::Trouble;
use crate::wiring::{Connection, connect};
use base::{AccountId, Diagnostic, RunId};
use deploy::bootstrap::{Access, Settings};
use deploy::plan::{RunNames, Selected, Selection, select};
use deploy::project::{Pipeline, RoleName};
use deploy::review::{Found, Repository, account};
use engine::ports::{Roles, ServiceControlSeen, Site};
use iam::check::{SessionUse, Stage};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Roles that are read at one time: IAM is one endpoint for all accounts, and throttles early.
const AT_ONCE: usize = 8;

/// What reading a role and its policies takes.
const READING: [&str; 6] = [
    "iam:GetRole",
    "iam:ListRolePolicies",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
];

/// A role to look at, once for all targets that have it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Wanted {
    account: AccountId,
    name: String,
}

/// How it is reached, and what it is for.
#[derive(Debug, Clone)]
struct Way {
    site: Site,
    stage: Stage,
    session: Option<SessionUse>,
}

/// Reviews the roles of all targets of the project's pipelines. Returns the findings and the number of roles.
pub(super) fn review(global: &Global) -> Result<(Vec<Found>, usize), Trouble> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut project = project::open(global, None)?;
        let connection = connect(global, &project.folder, &project.pipeline).await?;
        let (targets, wrong) = targets(&connection, &project.pipeline).await?;
        if wrong.iter().any(Diagnostic::is_error) {
            return Err(Trouble::in_files(wrong, std::mem::take(&mut project.sources)));
        }
        let bootstrap = project.bootstrap.as_ref();
        let wanted = wanted(&project.pipeline, &targets, bootstrap);
        let looked = wanted.len();
        let control = control(&connection, &wanted).await;
        let repository = bootstrap.and_then(Repository::of).map(Arc::new);
        Ok((look(&connection, wanted, &control, repository).await, looked))
    })
}

async fn targets(connection: &Connection, pipeline: &Pipeline) -> Result<(Vec<Selected>, Vec<Diagnostic>), Trouble> {
    let facts = engine::organization(&connection.ports, pipeline).await;
    let run = RunId::new("check").map_err(std::io::Error::other)?;
    let trigger = caller::trigger(std::path::Path::new("."), None);
    let names = RunNames { pipeline: pipeline.name.clone(), run, author: caller::person(), trigger };
    Ok(select(pipeline, &facts, &Selection::default(), &names))
}

fn wanted(pipeline: &Pipeline, targets: &[Selected], bootstrap: Option<&Settings>) -> BTreeMap<Wanted, Way> {
    let mut wanted = BTreeMap::new();
    for target in targets.iter().filter(|t| t.skip.is_none()) {
        let Some(stage) = pipeline.stages.get(target.stage) else { continue };
        let production = stage.name.to_ascii_lowercase().starts_with("prod");
        let purpose = if production { Stage::Production } else { Stage::Unknown };
        let session = &target.site.session;
        let used = SessionUse {
            tags: !session.tags.is_empty(),
            source_identity: !session.source_identity.is_empty(),
            ..opened(bootstrap)
        };
        let roles = [(Some(&stage.deployment_role), Some(used)), (stage.execution_role.as_ref(), None)];
        for (role, session) in roles {
            let Some(name) = role.and_then(name) else { continue };
            let key = Wanted { account: target.account.clone(), name };
            wanted.entry(key).or_insert(Way { site: target.site.clone(), stage: purpose, session });
        }
    }
    wanted
}

/// How long a session the CI asks for, where the bootstrap file says how it gets in.
fn opened(bootstrap: Option<&Settings>) -> SessionUse {
    match bootstrap {
        Some(settings) if settings.access == Access::Direct => {
            SessionUse { duration_seconds: settings.session_minutes * 60, ..SessionUse::default() }
        }
        Some(_) => SessionUse { chained: true, ..SessionUse::default() },
        None => SessionUse::default(),
    }
}

/// The name of a role without its path, which is what IAM is asked for.
fn name(role: &RoleName) -> Option<String> {
    let text = match role {
        RoleName::Caller => return None,
        RoleName::Name(name) => name.clone(),
        RoleName::Arn(arn) => arn.to_string(),
    };
    text.rsplit('/').next().map(str::to_owned)
}

/// The service control policies over each account, where the caller may read them.
async fn control(connection: &Connection, wanted: &BTreeMap<Wanted, Way>) -> BTreeMap<AccountId, ServiceControlSeen> {
    let accounts: BTreeSet<&AccountId> = wanted.keys().map(|w| &w.account).collect();
    let mut control = BTreeMap::new();
    for account in accounts {
        match connection.ports.roles.service_control(account).await {
            Ok(seen) => control.insert(account.clone(), seen),
            // Whoever may not read them for one account may for none.
            Err(_) => break,
        };
    }
    control
}

async fn look(
    connection: &Connection,
    wanted: BTreeMap<Wanted, Way>,
    control: &BTreeMap<AccountId, ServiceControlSeen>,
    repository: Option<Arc<Repository>>,
) -> Vec<Found> {
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let mut reads = JoinSet::new();
    for (key, way) in wanted {
        let (roles, slots) = (connection.ports.roles.clone(), slots.clone());
        let control = control.get(&key.account).cloned();
        let repository = repository.clone();
        reads.spawn(async move {
            let _slot = slots.acquire().await;
            let found = one(roles.as_ref(), &key, &way, control.as_ref(), repository.as_deref()).await;
            (key, found)
        });
    }
    let mut all = BTreeMap::new();
    while let Some(read) = reads.join_next().await {
        all.extend(read.ok());
    }
    all.into_values().flatten().collect()
}

async fn one(
    roles: &dyn Roles,
    key: &Wanted,
    way: &Way,
    control: Option<&ServiceControlSeen>,
    repository: Option<&Repository>,
) -> Vec<Found> {
    let Wanted { account, name } = key;
    match roles.role(&way.site, name).await {
        Ok(Some(seen)) => {
            let around = account::Around { stage: way.stage, session: way.session, repository, control };
            account::role(account.as_str(), &seen, &around)
        }
        Ok(None) => {
            let told = Diagnostic::error("LIVE-001", format!("there is no role `{account}/{name}`"));
            vec![Found::from(told.hint("make it with `landfall bootstrap`, or correct the role in the pipeline"))]
        }
        Err(failure) => {
            let told = Diagnostic::error("LIVE-001", format!("the role `{account}/{name}` could not be read"));
            let reading = json!({
                "Effect": "Allow",
                "Action": READING,
                "Resource": [format!("arn:aws:iam::{account}:role/*"), format!("arn:aws:iam::{account}:policy/*")],
            });
            let hint = format!(
                "add `{reading}` to the role by which the check enters the account; `landfall bootstrap` does for its own, unless its file says `preflight: false`"
            );
            vec![Found::from(told.why(failure.to_string()).hint(hint))]
        }
    }
}
