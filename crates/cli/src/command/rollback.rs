//! `landfall rollback`: brings stages back to an earlier release, as a run of its own.

use crate::args::{Global, Output, RollbackArgs};
use crate::command::deploy::{confirm, limits, store_trouble};
use crate::trouble::{Exit, Trouble};
use crate::wiring::connect;
use crate::{caller, project, screen, watch};
use base::{Diagnostic, RunId};
use deploy::plan::{Plan, PlannedTrigger, Purpose, RunNames, Selection, plan_back};
use deploy::run::EndingKind;
use engine::store::{Releases, Runs};
use std::collections::BTreeMap;

/// Plans the way back, asks, runs.
pub(crate) async fn run(global: &Global, args: &RollbackArgs) -> Result<Exit, Trouble> {
    let project = project::open(global, None, None)?;
    let connection = connect(global, &project.folder, &project.pipeline).await?;
    let name = &project.pipeline.name;
    let releases = Releases::new(connection.ports.store.clone(), name);
    let (base, earlier) = history(&Runs::new(connection.ports.store.clone(), name)).await?;
    let good = releases.all_good().await.map_err(store_trouble)?;
    let number = match args.to {
        Some(number) => u32::try_from(number).unwrap_or(u32::MAX),
        None => {
            let present = good.values().map(|g| g.release).max().unwrap_or(0);
            earlier.into_iter().find(|n| *n < present).ok_or_else(nothing_before)?
        }
    };
    let manifest = releases.manifest(number).await.map_err(store_trouble)?;
    let now = connection.ports.clock.now();
    let id = RunId::new(format!("{}-b{number}", now.strftime("%Y%m%d-%H%M%S")));
    let names = RunNames {
        pipeline: name.clone(),
        run: id.map_err(|e| Trouble::new(Exit::Failed, Diagnostic::error("CLI-017", e.to_string())))?,
        author: caller::person(),
        trigger: PlannedTrigger::default(),
    };
    let selection = Selection {
        stages: args.selection.stages.clone(),
        accounts: args.selection.accounts.clone(),
        regions: args.selection.regions.clone(),
    };
    let plan = plan_back(&base, &manifest, &good, &selection, &names, now);
    if plan.targets.is_empty() {
        let told = Diagnostic::error("PLAN-001", "nothing is selected");
        return Err(Trouble::usage(told.hint("loosen `--stage`, `--account` or `--region`")));
    }
    if global.output == Output::Text {
        let foreseen = engine::foresee(&*connection.ports.store, &plan, &BTreeMap::new()).await;
        screen::talk(&view::plan_text(&plan, &foreseen));
    }
    confirm(global, args.yes, &format!("go back to release {number}?"))?;
    let limits = limits(&connection, None);
    let session = engine::begin(&connection.ports, plan, &[], &caller::owner(), &limits).await;
    watch::run(global, &connection, session.map_err(watch::drive_trouble)?, &limits).await
}

fn nothing_before() -> Trouble {
    let told = Diagnostic::error("PLAN-022", "there is no earlier release that was good everywhere");
    Trouble::new(Exit::Usage, told.hint("`landfall history` lists all; name one with `--to`"))
}

/// The plan of the last deployment, and the releases that ended well, the newest first.
async fn history(runs: &Runs) -> Result<(Plan, Vec<u32>), Trouble> {
    let mut base = None;
    let mut well = Vec::new();
    for id in runs.ids().await.map_err(store_trouble)?.into_iter().rev() {
        let run = runs.read(&id).await.map_err(store_trouble)?;
        if run.state.ended.as_ref().is_some_and(|e| e.kind == EndingKind::Succeeded) {
            well.push(run.plan.release);
        }
        if base.is_none() && run.plan.purpose == Purpose::Deploy {
            base = Some(run.plan);
        }
    }
    match base {
        Some(base) => Ok((base, well)),
        None => Err(Trouble::usage(
            Diagnostic::error("CLI-016", "there are no runs yet").hint("`landfall deploy` makes one"),
        )),
    }
}
