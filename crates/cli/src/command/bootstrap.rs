//! `landfall bootstrap`: the roles, buckets and identity providers that the pipelines need, in every account they name.

mod drift;
mod gather;
mod show;

pub(crate) use drift::drift;
use gather::{Gathered, gather};

use crate::args::{BootstrapArgs, Global, StackFormat};
use crate::command::deploy::confirm;
use crate::screen;
use crate::trouble::{Exit, Trouble};
use crate::wiring::{Connection, connect_as_caller};
use base::{Diagnostic, Diagnostics, Sources};
use deploy::bootstrap::{BootstrapStack, Found, stacks};
use engine::bootstrap::{Closed, Doors, Fate, Job, Note};

/// `landfall bootstrap`
pub(crate) async fn run(global: &Global, args: &BootstrapArgs) -> Result<Exit, Trouble> {
    let project = gather::read(global)?;
    let connection = connect_as_caller(global, &project.folder, &project.first()).await?;
    let gathered = gather(project, &connection).await?;
    screen::show(&gathered.found, &gathered.sources);
    if let Some(format) = args.format {
        return write(args, format, gathered);
    }
    let doors = enter(&connection, args, &gathered).await?;
    let (wanted, gathered) = wanted(&connection, &doors, gathered).await?;
    let now = connection.ports.clock.now();
    let mut jobs: Vec<Job> = wanted
        .into_iter()
        .map(|stack| {
            let site = doors.site(&stack.account, &stack.region);
            Job::new(stack, site, now)
        })
        .collect();
    if args.remove {
        return remove(global, args, &connection, &doors, &gathered, &mut jobs).await;
    }
    deploy(global, args, &connection, &doors, &mut jobs).await
}

/// Previews, asks, executes. What was not executed is taken away again, whatever happens.
async fn deploy(
    global: &Global,
    args: &BootstrapArgs,
    connection: &Connection,
    doors: &Doors,
    jobs: &mut [Job],
) -> Result<Exit, Trouble> {
    let ports = &connection.ports;
    engine::bootstrap::preview(ports, jobs, args.dry_run, &mut tell).await;
    screen::talk(&show::plan(doors, jobs));
    let open = jobs.iter().any(|j| matches!(j.fate, Fate::New | Fate::Change));
    let failed = jobs.iter().any(|j| matches!(j.fate, Fate::Failed { .. }));
    if args.dry_run || failed {
        left(engine::bootstrap::discard(ports, jobs).await);
        return end(global, args, jobs, args.dry_run);
    }
    if open && let Err(trouble) = confirm(global, args.yes, "bootstrap?") {
        left(engine::bootstrap::discard(ports, jobs).await);
        return Err(trouble);
    }
    engine::bootstrap::execute(ports, jobs, &mut tell).await;
    left(engine::bootstrap::discard(ports, jobs).await);
    end(global, args, jobs, false)
}

async fn remove(
    global: &Global,
    args: &BootstrapArgs,
    connection: &Connection,
    doors: &Doors,
    gathered: &Gathered,
    jobs: &mut [Job],
) -> Result<Exit, Trouble> {
    let ports = &connection.ports;
    let site = |account: &base::AccountId, region: &base::Region| doors.site(account, region);
    let used = engine::bootstrap::in_use(ports, &gathered.facts, site).await.map_err(|f| {
        Trouble::new(
            Exit::Failed,
            Diagnostic::error("BOOT-032", format!("the stacks cannot be looked at: {}", f.message)),
        )
    })?;
    if !used.is_empty() {
        let message = format!("{} stacks of the pipelines are still there: `{}`", used.len(), used.join("`, `"));
        let why = "without their execution roles they can be neither changed nor deleted";
        if !args.force {
            let told = Diagnostic::error("BOOT-033", message).why(why);
            let hint = "delete them first; or give `--force`";
            return Err(Trouble::new(Exit::Blocked, told.hint(hint)));
        }
        screen::show(&[Diagnostic::warning("BOOT-033", message).why(why)], &Sources::new());
    }
    screen::talk(&show::removal(doors, jobs));
    if args.dry_run {
        return Ok(Exit::Done);
    }
    confirm(global, args.yes, "remove the bootstrap?")?;
    engine::bootstrap::remove(ports, jobs, &mut tell).await;
    end(global, args, jobs, false)
}

/// Enters all accounts, or tells all that cannot be entered. Nothing has been changed by then.
async fn enter(connection: &Connection, args: &BootstrapArgs, gathered: &Gathered) -> Result<Doors, Trouble> {
    let accounts = gathered.places.iter().filter_map(|(a, r)| Some((a.clone(), r.first()?.clone()))).collect();
    let named = args.target_account_role_name.as_deref();
    match engine::bootstrap::reach(&connection.ports, &accounts, named).await {
        Ok(Ok(doors)) => Ok(doors),
        Ok(Err(closed)) => Err(shut(&closed, named)),
        Err(failure) => {
            let told = Diagnostic::error("BOOT-030", format!("the caller's own credentials fail: {}", failure.message));
            Err(Trouble::new(Exit::Failed, told.hint("sign in to the management account, or to a delegated one")))
        }
    }
}

fn shut(closed: &[Closed], named: Option<&str>) -> Trouble {
    let told = closed.iter().map(|closed| {
        let why: Vec<String> = closed
            .tried
            .iter()
            .map(|(role, failure)| format!("{}: {}", role.resource().trim_start_matches("role/"), failure.message))
            .collect();
        let hint = match named {
            Some(_) => "check that the role trusts the account that you are signed in to",
            None => "name an administrator's role of the account with `--target-account-role-name`",
        };
        let message = format!("account {} cannot be entered", closed.account);
        Diagnostic::error("BOOT-030", message).why(why.join("; ")).hint(hint)
    });
    Trouble { exit: Exit::Failed, diagnostics: told.collect(), sources: Sources::new() }
}

/// The stacks as they should be, given what is in the accounts already.
async fn wanted(
    connection: &Connection,
    doors: &Doors,
    gathered: Gathered,
) -> Result<(Vec<BootstrapStack>, Gathered), Trouble> {
    let seen = engine::bootstrap::look(&connection.ports, doors, &gathered.places).await;
    if !seen.failures.is_empty() {
        let told = seen.failures.iter().map(|(place, failure)| {
            Diagnostic::error("BOOT-031", format!("{place} cannot be looked at: {}", failure.message))
                .hint("an administrator's role is needed")
        });
        return Err(Trouble { exit: Exit::Failed, diagnostics: told.collect(), sources: gathered.sources });
    }
    let (wanted, found) = stacks(&gathered.settings, &gathered.facts, &seen.found);
    told(found, &gathered.sources)?;
    Ok((wanted, gathered))
}

/// Shows what is to be said, or stops at errors.
fn told(found: Diagnostics, sources: &Sources) -> Result<(), Trouble> {
    if found.iter().any(Diagnostic::is_error) {
        return Err(Trouble::in_files(found, sources.clone()));
    }
    screen::show(&found, sources);
    Ok(())
}

/// Writes the stacks as files instead of deploying them. What is in the accounts is not looked at.
fn write(args: &BootstrapArgs, format: StackFormat, gathered: Gathered) -> Result<Exit, Trouble> {
    let (wanted, found) = stacks(&gathered.settings, &gathered.facts, &Found::default());
    told(found, &gathered.sources)?;
    let out = args.out.clone().unwrap_or_else(|| std::path::PathBuf::from("landfall-bootstrap"));
    let files = show::files(&wanted, format);
    for (path, text) in &files {
        let path = out.join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, text)?;
    }
    screen::talk(&format!("{} files are in {}", files.len(), out.display()));
    Ok(Exit::Done)
}

fn tell(note: &Note) {
    screen::talk(&format!("{}/{} {}: {}", note.account, note.region, note.stack, note.text));
}

fn left(behind: Vec<(String, engine::ports::Failure)>) {
    for (place, failure) in behind {
        screen::talk(&format!("{place}: the change set could not be taken away: {}", failure.message));
    }
}

fn end(global: &Global, args: &BootstrapArgs, jobs: &[Job], dry: bool) -> Result<Exit, Trouble> {
    let next = screen::command(global, &show::again(args));
    let ending = show::Ending::of(jobs, dry, next);
    if global.output == crate::args::Output::Text {
        screen::data(&ending.text())?;
    } else {
        screen::data(&format!("{}\n", ending.document(jobs)))?;
    }
    Ok(ending.exit())
}
