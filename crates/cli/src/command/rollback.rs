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
    let project = project::open(global, None)?;
    let connection = connect(global, &project.folder, &project.pipeline).await?;
    let name = &project.pipeline.name;
    let releases = Releases::new(connection.ports.store.clone(), name);
    let good = releases.all_good().await.map_err(store_trouble)?;
    let present = good.values().map(|g| g.release).max().unwrap_or(0);
    let to = args.to.map(|number| u32::try_from(number).unwrap_or(u32::MAX));
    let (base, number) = history(&Runs::new(connection.ports.store.clone(), name), to, present).await?;
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
        return Err(nothing_selected(&base, &selection));
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

/// No target is left. A stage that was never deployed is most likely why.
fn nothing_selected(base: &Plan, selection: &Selection) -> Trouble {
    let known: Vec<&str> = base.stages.iter().map(|stage| stage.name.as_str()).collect();
    match selection.stages.iter().find(|name| !known.contains(&name.as_str())) {
        Some(unknown) => {
            let told = Diagnostic::error("PLAN-002", format!("the last deployment had no stage `{unknown}`"));
            Trouble::usage(told.hint(format!("its stages are `{}`", known.join("`, `"))))
        }
        None => {
            let told = Diagnostic::error("PLAN-001", "nothing is selected");
            Trouble::usage(told.hint("loosen `--stage`, `--account` or `--region`"))
        }
    }
}

/// The plan of the last deployment, and the release to go back to: the named one, or the last before the present one that
/// ended well. Runs are read from the newest on, no more than needed.
async fn history(runs: &Runs, to: Option<u32>, present: u32) -> Result<(Plan, u32), Trouble> {
    let (mut base, mut number) = (None, to);
    for id in runs.ids().await.map_err(store_trouble)?.into_iter().rev() {
        let run = runs.read(&id).await.map_err(store_trouble)?;
        let well = run.state.ended.as_ref().is_some_and(|e| e.kind == EndingKind::Succeeded);
        number = number.or(Some(run.plan.release).filter(|release| well && *release < present));
        if base.is_none() && run.plan.purpose == Purpose::Deploy {
            base = Some(run.plan);
        }
        if let (Some(base), Some(number)) = (&base, number) {
            return Ok((base.clone(), number));
        }
    }
    Err(match base {
        Some(_) => nothing_before(),
        None => {
            Trouble::usage(Diagnostic::error("CLI-016", "there are no runs yet").hint("`landfall deploy` makes one"))
        }
    })
}
