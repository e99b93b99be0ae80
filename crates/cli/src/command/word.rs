//! `landfall resume`, `retry`, `stop`, `approve` and `reject`: a person's word on a run that is there.

use crate::args::{Global, ReasonArgs, RetryArgs, RunArgs, WordArgs};
use crate::command::deploy::{confirm, limits, store_trouble};
use crate::command::status::{choose, runs};
use crate::trouble::{Exit, Trouble};
use crate::wiring::{Connection, connect};
use crate::{caller, project, screen, watch};
use base::{Diagnostic, RunId};
use engine::ports::Condition;
use engine::store::{Claim, Holder, Runs, holder};
use engine::{Approval, Session};

async fn open(global: &Global, run: Option<&str>) -> Result<(Connection, String, RunId), Trouble> {
    let (runs, _, pipeline) = runs(global).await?;
    let id = choose(&runs, run).await?;
    let project = project::open_of(global, &pipeline)?;
    let connection = connect(global, &project.folder, &project.pipeline).await?;
    Ok((connection, pipeline, id))
}

/// `landfall resume`
pub(crate) async fn resume(global: &Global, args: &RunArgs) -> Result<Exit, Trouble> {
    let (connection, pipeline, id) = open(global, args.run.as_deref()).await?;
    clear_stop(&connection, &pipeline, &id).await;
    let limits = limits(&connection, args.time_limit);
    let owner = caller::owner();
    let session = engine::resume(&connection.ports, &pipeline, &id, claim(&owner, args.take_over), &limits)
        .await
        .map_err(|e| watch::drive_trouble_of(global, &id, e))?;
    watch::run(global, &connection, session, &limits).await
}

/// `landfall retry`
pub(crate) async fn retry(global: &Global, args: &RetryArgs) -> Result<Exit, Trouble> {
    let (connection, pipeline, id) = open(global, args.run.run.as_deref()).await?;
    confirm(global, args.yes, &format!("try the failed targets of run {id} again?"))?;
    clear_stop(&connection, &pipeline, &id).await;
    let limits = limits(&connection, args.run.time_limit);
    let all = |_: &deploy::plan::Plan, _: usize| true;
    let owner = caller::owner();
    let claim = claim(&owner, args.run.take_over);
    let session: Session = engine::retry(&connection.ports, &pipeline, &id, claim, &limits, all)
        .await
        .map_err(|e| watch::drive_trouble_of(global, &id, e))?;
    watch::run(global, &connection, session, &limits).await
}

/// A process that may be alive keeps its run, unless a person knows better.
fn claim(owner: &str, take_over: bool) -> Claim<'_> {
    let gone: &(dyn Fn(&Holder) -> bool + Sync) = if take_over { &|_| true } else { &caller::is_gone };
    Claim { owner, gone }
}

/// A request to stop holds for the process that it stopped, not for the one that goes on.
async fn clear_stop(connection: &Connection, pipeline: &str, id: &RunId) {
    let key = watch::stop_key(pipeline, id);
    if let Ok(Some(request)) = connection.ports.store.get(&key).await {
        let _ = connection.ports.store.delete(&key, &request.etag).await;
    }
}

/// `landfall stop`
pub(crate) async fn stop(global: &Global, args: &ReasonArgs) -> Result<Exit, Trouble> {
    let (runs, store, pipeline) = runs(global).await?;
    let id = choose(&runs, args.run.as_deref()).await?;
    let held = holder(&*store, &pipeline).await.map_err(store_trouble)?;
    if held.is_none_or(|h| h.run != id) {
        let told = Diagnostic::error("RUN-010", format!("no process is at work on run `{id}`"));
        let status = screen::command(global, &format!("landfall status {id}"));
        return Err(Trouble::usage(told.hint(format!("`{status}` shows how far it is"))));
    }
    let by = match &args.reason {
        Some(reason) => format!("{}: {reason}", caller::person()),
        None => caller::person(),
    };
    let put = store.put(&watch::stop_key(&pipeline, &id), by.as_bytes(), &Condition::Always).await;
    put.map_err(|e| Trouble::new(Exit::Failed, Diagnostic::error("RUN-003", e.message)))?;
    screen::talk(&format!("run {id} starts nothing new from now on; what runs may finish"));
    Ok(Exit::Done)
}

/// `landfall approve` and `landfall reject`
pub(crate) async fn approve(global: &Global, args: &WordArgs, agree: bool) -> Result<Exit, Trouble> {
    let (connection, pipeline, id) = open(global, args.run.as_deref()).await?;
    let runs = Runs::new(connection.ports.store.clone(), &pipeline);
    let (stage, step) = asked(&runs, &id, args.place.as_deref()).await?;
    let by = caller::person();
    let word = Approval { stage: &stage, step: step.as_deref(), by: &by, reason: args.reason.as_deref() };
    let said = if agree {
        engine::approve(&connection.ports, &pipeline, &id, &word).await
    } else {
        engine::reject(&connection.ports, &pipeline, &id, &word).await
    };
    said.map_err(watch::drive_trouble)?;
    let verb = if agree { "approved" } else { "rejected" };
    screen::talk(&format!("{verb} {} of run {id}", place(&stage, step.as_deref())));
    screen::talk(&format!("next: {}", screen::command(global, &format!("landfall resume {id}"))));
    Ok(Exit::Done)
}

/// The question that the run waits with: the named one, or the first stage or step without an answer.
async fn asked(runs: &Runs, id: &RunId, named: Option<&str>) -> Result<(String, Option<String>), Trouble> {
    let run = runs.read(id).await.map_err(store_trouble)?;
    let waiting = |stage: usize| run.state.stages.get(stage).is_some_and(|s| s.ended_at.is_none());
    let open = run.state.approvals.iter().filter(|((stage, _), a)| a.rejected.is_none() && waiting(*stage));
    let name = |stage: usize| run.plan.stages.get(stage).map(|s| s.name.clone()).unwrap_or_default();
    let open: Vec<(String, Option<String>)> = open.map(|((stage, step), _)| (name(*stage), step.clone())).collect();
    let found = open.iter().find(|(stage, step)| named.is_none_or(|named| named == place(stage, step.as_deref())));
    found.cloned().ok_or_else(|| {
        let whose = named.map_or_else(String::new, |named| format!(" on `{named}`"));
        let told = Diagnostic::error("RUN-011", format!("run `{id}` waits for nobody's word{whose}"));
        let places: Vec<String> =
            open.iter().map(|(stage, step)| format!("`{}`", place(stage, step.as_deref()))).collect();
        Trouble::usage(match places.as_slice() {
            [] => told.hint("`landfall status` shows what it does"),
            places => told.hint(format!("it waits for {}", places.join(", "))),
        })
    })
}

/// How a question is named on the command line: the stage, or stage and step.
fn place(stage: &str, step: Option<&str>) -> String {
    step.map_or_else(|| stage.to_owned(), |step| format!("{stage}/{step}"))
}
