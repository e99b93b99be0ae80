//! `landfall status` and `landfall history`: from the journal. No credentials are needed where the state is on disk.

use crate::args::{Global, HistoryArgs, Output, StatusArgs};
use crate::command::deploy::store_trouble;
use crate::folder::Folder;
use crate::project;
use crate::trouble::{Exit, Trouble};
use crate::wiring::{connect, disk_store};
use crate::{caller, screen, watch};
use base::{Diagnostic, RunId};
use deploy::plan::Purpose;
use deploy::project::StateHome;
use engine::ports::Store;
use engine::store::{Run, Runs, StoreError, holder};
use serde_json::json;
use std::sync::Arc;

/// The runs of the project's pipeline, wherever they are kept.
pub(crate) async fn runs(global: &Global) -> Result<(Runs, Arc<dyn Store>, String), Trouble> {
    let folder = Folder::open(&global.project)?;
    if global.config_env.is_some() {
        let store = disk_store(&folder);
        let name = project::open(global, None)?.pipeline.name;
        return Ok((Runs::new(store.clone(), &name), store, name));
    }
    let (store, pipeline) = match folder.choose(global.pipeline.as_deref())? {
        Some(name) => {
            let project = project::open(global, None)?;
            match project.pipeline.state {
                StateHome::Disk => (disk_store(&folder), name),
                StateHome::Bucket { .. } => (connect(global, &folder, &project.pipeline).await?.ports.store, name),
            }
        }
        None => {
            let store = disk_store(&folder);
            let known = Runs::pipelines(&store).await.map_err(store_trouble)?;
            match known.as_slice() {
                [] => return Err(nothing()),
                [only] => (store, only.clone()),
                many => return Err(which(many)),
            }
        }
    };
    Ok((Runs::new(store.clone(), &pipeline), store, pipeline))
}

fn nothing() -> Trouble {
    Trouble::usage(Diagnostic::error("CLI-016", "there are no runs yet").hint("`landfall deploy` makes one"))
}

/// A project without a pipeline file has a pipeline for each environment that was deployed.
fn which(known: &[String]) -> Trouble {
    let told = Diagnostic::error("CLI-004", format!("the project has {} pipelines", known.len()));
    let why = format!("there are runs of `{}`", known.join("`, `"));
    Trouble::usage(told.why(why).hint("name the environment of one with `--config-env`"))
}

/// The run that is meant: the named one or the latest.
pub(crate) async fn choose(runs: &Runs, named: Option<&str>) -> Result<RunId, Trouble> {
    match named {
        None => runs.latest().await.map_err(store_trouble)?.ok_or_else(nothing),
        Some(name) => RunId::new(name).map_err(|e| {
            Trouble::usage(Diagnostic::error("CLI-017", e.to_string()).hint("`landfall history` lists the runs"))
        }),
    }
}

/// No target is left. A stage that the run does not have is most likely why.
fn nothing_chosen(run: &Run, stages: &[String]) -> Trouble {
    let known: Vec<&str> = run.plan.stages.iter().map(|stage| stage.name.as_str()).collect();
    if let Some(unknown) = stages.iter().find(|name| !known.contains(&name.as_str())) {
        let told = Diagnostic::error("CLI-018", format!("the run has no stage `{unknown}`"));
        return Trouble::usage(told.hint(format!("its stages are `{}`", known.join("`, `"))));
    }
    let told = Diagnostic::error("CLI-018", "no target of the run passes the filters");
    Trouble::usage(told.hint("loosen `--stage`, `--account`, `--ou`, `--region`, `--wave` or `--failed`"))
}

/// `landfall status`
pub(crate) async fn status(global: &Global, args: &StatusArgs) -> Result<Exit, Trouble> {
    let (runs, store, pipeline) = runs(global).await?;
    let id = choose(&runs, args.run.as_deref()).await?;
    let run = runs.read(&id).await.map_err(store_trouble)?;
    let filter = view::Filter {
        stages: args.selection.stages.clone(),
        accounts: args.selection.accounts.clone(),
        regions: args.selection.regions.clone(),
        units: args.units.clone(),
        waves: args.waves.clone(),
        failed: args.failed,
    };
    let chosen = filter.chosen(&run.plan, &run.state);
    if chosen.is_empty() {
        return Err(nothing_chosen(&run, &args.selection.stages));
    }
    match global.output {
        Output::Text => {
            screen::data(&view::status_text(&run.plan, &run.state, &chosen))?;
            match &run.state.ended {
                Some(ending) => watch::show_ending(global, &run.plan, &run.state, ending)?,
                None => screen::data(&going_on(global, &*store, &pipeline, &id).await?)?,
            }
        }
        Output::Json | Output::Ndjson => {
            let ending = run.state.ended.as_ref();
            let document = view::run_document(&run.plan, &run.state, ending, Some(&chosen));
            screen::data(&format!("{document}\n"))?;
        }
    }
    Ok(Exit::Done)
}

/// Who is at work on a run that has not ended, and how to go on if that process is gone.
async fn going_on(global: &Global, store: &dyn Store, pipeline: &str, id: &RunId) -> Result<String, Trouble> {
    let held = holder(store, pipeline).await.map_err(store_trouble)?.filter(|h| h.run == *id);
    let resume = screen::command(global, &format!("landfall resume {id}"));
    Ok(match held {
        Some(held) if caller::is_gone(&held) => {
            format!("\n{} was at work on it, and is gone\n  next: {resume}\n", held.owner)
        }
        Some(held) => format!(
            "\n{} is at work on it; the lease ends at {} unless it is renewed\n  if that process is gone: {resume}\n",
            held.owner, held.until
        ),
        None => format!("\nno process is at work on it\n  next: {resume}\n"),
    })
}

/// `landfall history`
pub(crate) async fn history(global: &Global, args: &HistoryArgs) -> Result<Exit, Trouble> {
    let (runs, _, _) = runs(global).await?;
    let mut ids = runs.ids().await.map_err(store_trouble)?;
    ids.reverse();
    let mut documents = Vec::new();
    for id in ids.into_iter().take(args.limit) {
        match (runs.read(&id).await, global.output) {
            (Ok(run), Output::Text) => screen::data(&line(&run))?,
            (Ok(run), Output::Json | Output::Ndjson) => documents.push(document(&run)),
            // One journal that cannot be read does not hide the others.
            (Err(e @ (StoreError::Damaged { .. } | StoreError::Newer { .. })), Output::Text) => {
                screen::data(&format!("{id}  cannot be read: {e}\n"))?;
            }
            (Err(e @ (StoreError::Damaged { .. } | StoreError::Newer { .. })), _) => {
                documents.push(json!({ "version": 1, "run": id, "error": e.to_string() }));
            }
            (Err(e), _) => return Err(store_trouble(e)),
        }
    }
    match global.output {
        Output::Text => {}
        Output::Json => screen::data(&format!("{}\n", json!({ "version": 1, "runs": documents })))?,
        Output::Ndjson => {
            for document in documents {
                screen::data(&format!("{document}\n"))?;
            }
        }
    }
    Ok(Exit::Done)
}

fn result(run: &Run) -> String {
    let kind = run.state.ended.as_ref().and_then(|e| serde_json::to_value(e.kind).ok());
    kind.and_then(|k| k.as_str().map(|k| k.replace('_', " "))).unwrap_or_else(|| "unfinished".to_owned())
}

fn line(run: &Run) -> String {
    let at = run.plan.made_at.strftime("%Y-%m-%d %H:%MZ");
    let what = match run.plan.purpose {
        Purpose::Deploy => "release",
        Purpose::Rollback => "back to",
    };
    let sha = run.plan.trigger.sha.get(..12).unwrap_or(&run.plan.trigger.sha);
    let text = format!(
        "{at}  {what:<8} {:<4} {:<16} {:<22} {:<14} {sha}",
        run.plan.release,
        result(run),
        run.plan.run,
        run.plan.author
    );
    format!("{}\n", text.trim_end())
}

fn document(run: &Run) -> serde_json::Value {
    json!({
        "version": 1,
        "run": run.plan.run,
        "release": run.plan.release,
        "purpose": run.plan.purpose,
        "result": run.state.ended.as_ref().map(|e| e.kind),
        "made_at": run.plan.made_at,
        "author": run.plan.author,
        "commit": run.plan.trigger.sha,
    })
}
