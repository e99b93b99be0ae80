//! `landfall doctor`: why is it stuck or denied, and what is safe to do. It changes nothing.

use crate::args::{DoctorArgs, Global, Output};
use crate::project::{self, Project};
use crate::trouble::{Exit, Trouble};
use crate::wiring::{Connection, connect};
use crate::{caller, screen};
use base::{Arn, Diagnostic, RunId};
use deploy::doctor::{Findings, RunStory, TrustStory, beside, ever_good, explain, said, story, trust_lines};
use deploy::plan::{PlannedTarget, Selection};
use deploy::run::{State, TargetStatus};
use deploy::seen::{FailureKind, IdentityProviderSeen, RoleSeen};
use deploy::target::Site;
use engine::package::DiskFiles;
use engine::store::{Run, Runs};
use engine::{Prepared, Request, prepare, role_through, stack_events};
use std::collections::BTreeMap;

/// Roles with which organizations reach into their accounts.
const WAYS_IN: [&str; 2] = ["OrganizationAccountAccessRole", "AWSControlTowerExecution"];

/// `landfall doctor`
pub(crate) async fn run(global: &Global, args: &DoctorArgs) -> Result<Exit, Trouble> {
    let region = args.selection.regions.first().map(String::as_str);
    let mut project = project::open(global, region)?;
    let connection = connect(global, &project.folder, &project.pipeline).await?;
    let mut found = Findings { pipeline: project.pipeline.name.clone(), ..Findings::default() };
    let run = past_run(global, &connection, &project, args, &mut found).await?;
    let prepared = look(&mut project, &connection, args, &mut found).await;
    if let Some(prepared) = &prepared {
        found.access = prepared.findings.iter().filter(|d| is_of_access(d)).cloned().collect();
        found.preflight = prepared.preflight.json();
        stacks(&connection, prepared, &mut found).await;
        trust(&connection, prepared, args, &mut found).await;
        if let Some(run) = &run {
            refusals(run, prepared, &mut found);
        }
    }
    token(&connection, prepared.as_ref(), args, &mut found).await?;
    match global.output {
        Output::Text => {
            screen::show(&found.access, &project.sources);
            screen::data(&view::doctor_text(&found))?;
        }
        Output::Json | Output::Ndjson => screen::data(&format!("{}\n", found.json()))?,
    }
    Ok(if found.is_well() { Exit::Done } else { Exit::Failed })
}

fn is_of_access(found: &Diagnostic) -> bool {
    let code = found.code.as_str();
    code.starts_with("ACCESS-") || ["PLAN-030", "PLAN-031", "PLAN-032", "PLAN-034"].contains(&code)
}

/// What the journal says of the run that is meant. Having none is nothing to complain about, unless one was named.
async fn past_run(
    global: &Global,
    connection: &Connection,
    project: &Project,
    args: &DoctorArgs,
    found: &mut Findings,
) -> Result<Option<Run>, Trouble> {
    let runs = Runs::new(connection.ports.store.clone(), &project.pipeline.name);
    let id = match &args.run {
        Some(name) => Some(RunId::new(name.as_str()).map_err(|e| {
            Trouble::usage(Diagnostic::error("CLI-017", e.to_string()).hint("`landfall history` lists the runs"))
        })?),
        None => match runs.latest().await {
            Ok(latest) => latest,
            Err(error) => {
                found.unknown.push(format!("the runs: {error}"));
                None
            }
        },
    };
    let Some(id) = id else { return Ok(None) };
    match runs.read(&id).await {
        Ok(run) => {
            let next = next(&run).iter().map(|command| screen::command(global, command)).collect();
            found.run = Some(run_story(&run, next));
            Ok(Some(run))
        }
        Err(error) if args.run.is_some() => Err(super::deploy::store_trouble(error)),
        Err(error) => {
            found.unknown.push(format!("run {id}: {error}"));
            Ok(None)
        }
    }
}

fn next(run: &Run) -> Vec<String> {
    match &run.state.ended {
        Some(ended) => ended.next.clone(),
        None => vec![format!("landfall resume {}", run.plan.run)],
    }
}

fn run_story(run: &Run, next: Vec<String>) -> RunStory {
    let id = run.plan.run.to_string();
    let standing = match &run.state.ended {
        Some(ended) => serde_json::to_value(ended.kind).ok().and_then(|k| k.as_str().map(|k| k.replace('_', " "))),
        None => Some("not ended".to_owned()),
    };
    RunStory { id, standing: standing.unwrap_or_default(), causes: causes(run), next }
}

fn is_unwell(state: &State, target: usize) -> bool {
    let status = state.targets.get(target).map(|t| t.status);
    matches!(status, Some(TargetStatus::Failed | TargetStatus::Stuck | TargetStatus::RolledBack))
}

/// Each reason once: those of the targets, or that of the whole run.
fn causes(run: &Run) -> Vec<String> {
    let targets = run.plan.targets.iter().enumerate().filter(|(n, _)| is_unwell(&run.state, *n));
    let mut all: Vec<String> =
        targets.filter_map(|(n, _)| run.state.targets.get(n)?.cause.as_ref().map(ToString::to_string)).collect();
    if all.is_empty() {
        all.extend(run.state.ended.as_ref().and_then(|e| e.cause.as_ref()).map(ToString::to_string));
    }
    all.dedup();
    all
}

/// Plans as a deployment would, and keeps what was seen on the way. Nothing is built.
async fn look(
    project: &mut Project,
    connection: &Connection,
    args: &DoctorArgs,
    found: &mut Findings,
) -> Option<Prepared> {
    let files = DiskFiles::new(&project.folder.root);
    let selection = Selection {
        stages: args.selection.stages.clone(),
        accounts: args.selection.accounts.clone(),
        regions: args.selection.regions.clone(),
    };
    let request = Request {
        pipeline: &project.pipeline,
        files: &files,
        built: &BTreeMap::new(),
        selection: &selection,
        plan_role: false,
        overrides: &[],
        author: &caller::person(),
        trigger: caller::trigger(&project.folder.root, None),
    };
    match prepare(&connection.ports, &request, &mut project.sources).await {
        Ok(prepared) => {
            let wrong = prepared.findings.iter().filter(|d| d.is_error() && d.code.as_str().starts_with("PKG-"));
            found.unknown.extend(wrong.map(|d| format!("the template: {}", d.message)));
            Some(prepared)
        }
        Err(error) => {
            found.unknown.push(error.to_string());
            None
        }
    }
}

fn targets(prepared: &Prepared) -> impl Iterator<Item = &PlannedTarget> {
    prepared.plan.targets.iter().filter(|target| target.skip.is_none())
}

async fn stacks(connection: &Connection, prepared: &Prepared, found: &mut Findings) {
    for target in targets(prepared) {
        let Some(seen) = prepared.inventory.targets.get(&target.id) else { continue };
        if let Err(failure) = &seen.caller {
            found.unknown.push(format!("the stacks of {}: {}", target.id, failure.message));
            continue;
        }
        for (name, stack) in &seen.stacks {
            let stack = match stack {
                Ok(Some(stack)) => stack,
                Ok(None) => continue,
                Err(failure) => {
                    found.unknown.push(format!("stack {name} of {}: {}", target.id, failure.message));
                    continue;
                }
            };
            let place = (name.as_str(), target.region.as_str());
            // Whether it is well does not depend on its history, which is only read of those that are not.
            if story(&target.id, place, stack, true, None).is_none() {
                found.well.push(format!("{} {name} ({})", target.id, stack.status));
                continue;
            }
            let (events, cause) = stack_events(&connection.ports, &target.site, stack).await;
            let good = ever_good(stack, &events, seen.good.is_some());
            found.stacks.extend(story(&target.id, place, stack, good, cause));
        }
    }
}

/// Roles that refuse the caller, read through another role of their account.
async fn trust(connection: &Connection, prepared: &Prepared, args: &DoctorArgs, found: &mut Findings) {
    let through: Vec<String> = match args.through.as_slice() {
        [] => WAYS_IN.map(str::to_owned).to_vec(),
        given => given.to_vec(),
    };
    let caller = prepared.access.caller.as_ref().and_then(|c| c.as_ref().ok());
    let own = prepared.access.caller_role.as_ref().and_then(|r| r.as_ref().ok()?.as_ref());
    for target in targets(prepared) {
        let refused = prepared
            .inventory
            .targets
            .get(&target.id)
            .is_some_and(|seen| matches!(&seen.caller, Err(failure) if failure.kind == FailureKind::Denied));
        let (true, Some(role)) = (refused, &target.site.role) else { continue };
        if let Some(known) = found.trust.iter_mut().find(|known| known.role == role.as_str()) {
            known.targets.push(target.id.clone());
            continue;
        }
        let lines = match role_through(&connection.ports, &target.site, role, &through).await {
            Ok((other, Some(seen))) => {
                let mut lines = vec![format!("its trust policy, read through `{other}`:")];
                let who = caller.map_or("", |caller| caller.arn.as_str());
                lines.extend(trust_lines(target, &seen, who, own.map(|own| own.id.as_str())));
                lines
            }
            Ok((other, None)) => {
                vec![format!("it is not there, as `{other}` sees it"), "fix: run `landfall bootstrap`".to_owned()]
            }
            Err(failure) => vec![
                format!("its trust policy could not be read through `{}`: {}", through.join("` or `"), failure.message),
                "name a role of the account that may read it with `--through`".to_owned(),
            ],
        };
        found.trust.push(TrustStory { targets: vec![target.id.clone()], role: role.to_string(), lines });
    }
}

/// Refusals that ended a target of the run.
fn refusals(run: &Run, prepared: &Prepared, found: &mut Findings) {
    for (n, target) in run.plan.targets.iter().enumerate().filter(|(n, _)| is_unwell(&run.state, *n)) {
        let Some(cause) = run.state.targets.get(n).and_then(|t| t.cause.as_ref()) else { continue };
        let texts = [Some(cause.message.as_str()), cause.resource.as_ref().map(|r| r.reason.as_str())];
        let Some(said) = texts.into_iter().flatten().find_map(said) else { continue };
        match found.refusals.iter_mut().find(|known| known.said == said) {
            Some(known) => known.targets.push(target.id.clone()),
            None => found.refusals.push(explain(&target.id, said, &prepared.access)),
        }
    }
}

/// The token beside the trust policy of its role.
async fn token(
    connection: &Connection,
    prepared: Option<&Prepared>,
    args: &DoctorArgs,
    found: &mut Findings,
) -> Result<(), Trouble> {
    let Some(path) = &args.token else { return Ok(()) };
    let text = std::fs::read_to_string(path)?;
    let Some(token) = iam::trust::Token::unverified(&text) else {
        let told = Diagnostic::error("CLI-029", format!("`{}` holds no web identity token", path.display()));
        return Err(Trouble::usage(told.hint("give the file into which the CI system wrote the JSON web token")));
    };
    let first = prepared.and_then(|p| targets(p).find_map(|target| target.site.role.clone()));
    let role = args.role.as_ref().and_then(|arn| Arn::new(arn.as_str()).ok()).or(first);
    let (seen, providers) = match (&role, prepared) {
        (Some(role), Some(prepared)) => read_role(connection, prepared, role, found).await,
        _ => (None, None),
    };
    let now = connection.ports.clock.now().as_second();
    found.token = Some(beside(&token, seen.as_ref(), providers.as_deref(), now));
    Ok(())
}

/// A role and its account's identity providers, from a target of that account or with the caller's own credentials.
async fn read_role(
    connection: &Connection,
    prepared: &Prepared,
    role: &Arn,
    found: &mut Findings,
) -> (Option<RoleSeen>, Option<Vec<IdentityProviderSeen>>) {
    let ports = &connection.ports;
    let name = role.resource().rsplit('/').next().unwrap_or_default();
    let within = targets(prepared).find(|target| target.account.as_str() == role.account()).map(|t| t.site.clone());
    let own = targets(prepared).next().map(|t| Site { account: None, role: None, ..t.site.clone() });
    for site in within.into_iter().chain(own) {
        match ports.roles.role(&site, name).await {
            Ok(Some(seen)) if seen.arn.split(':').nth(4) == Some(role.account()) => {
                let providers = ports.roles.identity_providers(&site).await;
                if let Err(failure) = &providers {
                    found.unknown.push(format!("the identity providers of {}: {}", role.account(), failure.message));
                }
                return (Some(seen), providers.ok());
            }
            Ok(_) => {}
            Err(failure) => found.unknown.push(format!("role {role}: {}", failure.message)),
        }
    }
    (None, None)
}
