//! `landfall plan` and `landfall deploy`: build, plan, check, ask, run.

use crate::args::{DeployArgs, Global, Output, PlanArgs, PlanCommand};
use crate::command::bootstrap;
use crate::project::{self, Project};
use crate::trouble::{Exit, Trouble};
use crate::wiring::{Connection, connect};
use crate::{build, caller, screen, watch};
use base::Diagnostic;
use deploy::plan::{Foreseen, Guard, Override, Plan, Purpose, Selection};
use deploy::run::Limits;
use engine::package::DiskFiles;
use engine::store::{Holder, LockError, Runs, StoreError};
use engine::{DriveError, Prepared, Request, prepare};
use jiff::SignedDuration;
use std::io::{BufRead as _, Write as _};

/// `landfall plan`
pub(crate) async fn plan(global: &Global, command: &PlanCommand) -> Result<Exit, Trouble> {
    let args = &command.plan_args;
    let (mut project, connection) = open(global, args).await?;
    let prepared = prepared(&mut project, &connection, args, command.plan_role, &[]).await?;
    screen::show(&warnings(&prepared.findings), &project.sources);
    match global.output {
        Output::Text => screen::data(&view::plan_text(&prepared.plan, &prepared.foreseen))?,
        Output::Json | Output::Ndjson => {
            screen::data(&format!("{}\n", view::plan_document(&prepared.plan, &prepared.foreseen)))?;
        }
    }
    if let Some(out) = &args.out {
        let bytes = prepared.plan.to_bytes().map_err(std::io::Error::other)?;
        std::fs::write(out, bytes)?;
        screen::talk(&format!("the plan is in {}; `landfall deploy --plan` runs just this", out.display()));
    }
    Ok(if args.detailed_exitcode && changes(&prepared.foreseen) { Exit::Changes } else { Exit::Done })
}

/// Whether something would change, as far as templates tell.
fn changes(foreseen: &[Foreseen]) -> bool {
    let same = |f: &Foreseen| f.against.is_some() && f.changes.as_ref().is_some_and(Vec::is_empty);
    foreseen.is_empty() || !foreseen.iter().all(same)
}

/// `landfall deploy`
pub(crate) async fn run(global: &Global, args: &DeployArgs) -> Result<Exit, Trouble> {
    let (mut project, connection) = open(global, &args.plan_args).await?;
    let overrides = overrides(args, &project);
    let prepared = prepared(&mut project, &connection, &args.plan_args, false, &overrides).await?;
    if let Some(pinned) = &args.plan {
        same_plan(pinned, &prepared.plan)?;
    }
    screen::show(&warnings(&prepared.findings), &project.sources);
    if global.output == Output::Text {
        screen::talk(&view::plan_text(&prepared.plan, &prepared.foreseen));
    }
    confirm(global, args.yes, "deploy?")?;
    let limits = limits(&connection, args.time_limit);
    let wanted = Wanted::of(&prepared.plan);
    let begun = engine::begin(&connection.ports, prepared.plan, &prepared.blobs, &caller::owner(), &limits).await;
    let mut session = match begun {
        Err(DriveError::Lock(LockError::Held { holder, pipeline })) => {
            return match wanted.under_way(&connection, &holder).await {
                Some(plan) => Ok(under_way(global, &plan, &holder)),
                None => Err(watch::drive_trouble(DriveError::Lock(LockError::Held { holder, pipeline }))),
            };
        }
        begun => begun.map_err(watch::drive_trouble)?,
    };
    session.seed(&prepared.inventory, prepared.seen_at);
    watch::run(global, &connection, session, &limits).await
}

/// What tells whether another run is the same as the one that was to begin: a CI system may start one job twice.
struct Wanted {
    pipeline: String,
    sha: String,
    targets: Vec<String>,
}

impl Wanted {
    fn of(plan: &Plan) -> Self {
        let targets = plan.targets.iter().map(|t| t.id.clone()).collect();
        Self { pipeline: plan.pipeline.clone(), sha: plan.trigger.sha.clone(), targets }
    }

    /// The plan of the run that holds the lock, if it brings the same commit to the same targets.
    async fn under_way(&self, connection: &Connection, holder: &Holder) -> Option<Plan> {
        let runs = Runs::new(connection.ports.store.clone(), &self.pipeline);
        let plan = runs.plan(&holder.run).await.ok()?;
        let other = Self::of(&plan);
        (!self.sha.is_empty()
            && plan.purpose == Purpose::Deploy
            && self.sha == other.sha
            && self.targets == other.targets)
            .then_some(plan)
    }
}

/// The same run is at work already: nothing is begun, and that is no failure.
fn under_way(global: &Global, plan: &Plan, holder: &Holder) -> Exit {
    let text = format!("run `{}` of this commit is under way already, by {}", plan.run, holder.owner);
    let status = screen::command(global, &format!("landfall status {}", plan.run));
    let told = Diagnostic::note("RUN-012", text)
        .why(format!("commit {} is brought to the same targets; this command began nothing", plan.trigger.sha))
        .hint(format!("`{status}` shows how far it is"));
    match global.output {
        Output::Text => screen::show(&[told], &base::Sources::new()),
        Output::Json | Output::Ndjson => screen::trouble(&Trouble::new(Exit::Done, told), global.output),
    }
    Exit::Done
}

async fn open(global: &Global, args: &PlanArgs) -> Result<(Project, Connection), Trouble> {
    let region = args.selection.regions.first().map(String::as_str);
    let project = project::open(global, region)?;
    screen::show(&project.found, &project.sources);
    let connection = connect(global, &project.folder, &project.pipeline).await?;
    Ok((project, connection))
}

async fn prepared(
    project: &mut Project,
    connection: &Connection,
    args: &PlanArgs,
    plan_role: bool,
    overrides: &[Override],
) -> Result<Prepared, Trouble> {
    let built = build::build(&project.folder.root, &project.pipeline).await?;
    let files = DiskFiles::new(&project.folder.root);
    let selection = Selection {
        stages: args.selection.stages.clone(),
        accounts: args.selection.accounts.clone(),
        regions: args.selection.regions.clone(),
    };
    let author = caller::person();
    let request = Request {
        pipeline: &project.pipeline,
        files: &files,
        built: &built,
        selection: &selection,
        plan_role,
        overrides,
        author: &author,
        trigger: caller::trigger(&project.folder.root, args.commit.as_deref()),
    };
    let mut prepared = prepare(&connection.ports, &request, &mut project.sources).await.map_err(store_trouble)?;
    if let Some(settings) = &project.bootstrap {
        let drifted = bootstrap::drift(&connection.ports, project, settings, &prepared).await;
        prepared.findings.extend(drifted);
    }
    if prepared.findings.iter().any(Diagnostic::is_error) {
        return Err(Trouble::in_plan(prepared.findings, std::mem::take(&mut project.sources)));
    }
    Ok(prepared)
}

fn warnings(findings: &[Diagnostic]) -> Vec<Diagnostic> {
    findings.iter().filter(|d| !d.is_error()).cloned().collect()
}

/// A store that cannot be used, for people.
pub(crate) fn store_trouble(error: StoreError) -> Trouble {
    let exit = if matches!(error, StoreError::Missing { .. }) { Exit::Usage } else { Exit::Failed };
    Trouble::new(exit, Diagnostic::error("RUN-003", error.to_string()).hint(watch::content_hint(&error)))
}

fn overrides(args: &DeployArgs, project: &Project) -> Vec<Override> {
    let by = caller::person();
    let reason = args.reason.clone().unwrap_or_default();
    let make = |guard: Guard| Override { guard, by: by.clone(), reason: reason.clone() };
    let alarms = args.ignore_alarms.iter().cloned().map(Guard::Alarm);
    let windows = project.pipeline.stages.iter().filter(|_| args.ignore_window).map(|s| Guard::Window(s.name.clone()));
    let preflight = args.ignore_preflight.then_some(Guard::Preflight);
    alarms.chain(windows).chain(preflight).map(make).collect()
}

/// A pinned plan is run only if planning again gives the same, but for the run's own name and time.
fn same_plan(path: &std::path::Path, fresh: &Plan) -> Result<(), Trouble> {
    let bytes = std::fs::read(path)?;
    let unreadable = |e: deploy::plan::UnreadablePlan| {
        Trouble::usage(
            Diagnostic::error("PLAN-020", format!("`{}`: {e}", path.display()))
                .hint("make it anew with `landfall plan --out`"),
        )
    };
    let pinned = Plan::from_bytes(&bytes).map_err(unreadable)?;
    if essence(&pinned) == essence(fresh) {
        return Ok(());
    }
    let told = Diagnostic::error("PLAN-021", format!("the plan in `{}` is stale", path.display()));
    let why = "the project, the stacks or the releases have changed since it was made";
    Err(Trouble::new(Exit::Blocked, told.why(why).hint("look at a new plan: `landfall plan --out`")))
}

/// What a plan does, without the names that only this run has.
fn essence(plan: &Plan) -> String {
    let text =
        serde_json::to_string(&Plan { made_at: jiff::Timestamp::UNIX_EPOCH, author: String::new(), ..plan.clone() });
    text.unwrap_or_default().replace(plan.run.as_str(), "RUN")
}

/// Asks, unless `--yes` answers. Where nobody can answer, names the flag.
pub(crate) fn confirm(global: &Global, yes: bool, question: &str) -> Result<(), Trouble> {
    if yes {
        return Ok(());
    }
    if global.no_input || caller::is_ci() || !screen::is_terminal() {
        let told = Diagnostic::error("CLI-011", "a confirmation is needed and nobody is there to give it");
        return Err(Trouble::usage(told.hint("give `--yes`")));
    }
    let mut err = anstream::stderr();
    write!(err, "{question} [y/N] ")?;
    err.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Trouble::new(Exit::Interrupted, Diagnostic::note("CLI-015", "nothing was done")))
}

/// The run's limits: the default ones, and when to stop waiting.
pub(crate) fn limits(connection: &Connection, minutes: Option<u32>) -> Limits {
    let now = connection.ports.clock.now();
    let deadline = minutes.and_then(|m| now.checked_add(SignedDuration::from_mins(i64::from(m))).ok());
    Limits { deadline, ..Limits::default() }
}
