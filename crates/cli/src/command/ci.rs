//! `landfall ci`: a workflow that deploys with Landfall, printed or written.

use crate::args::{CiArgs, CiSystem, Global};
use crate::folder::Folder;
use crate::trouble::{Exit, Trouble};
use crate::{project, screen};
use base::{Diagnostic, Sources};
use deploy::bootstrap::{Access, BOOTSTRAP_FILE, Ci, Settings, read_bootstrap};
use deploy::ci::{CiFile, Install, Setup, System, file, is_unedited, plans, stages};
use deploy::project::StateHome;

/// Minutes of a session without a bootstrap file.
const SESSION: u32 = 60;
/// Minutes between the end of a run's waiting and the end of the session.
const MARGIN: u32 = 10;

/// Prints what would be written, or writes it.
pub(crate) fn run(global: &Global, args: &CiArgs) -> Result<Exit, Trouble> {
    let project = project::open(global, None)?;
    let settings = bootstrap(&project.folder)?;
    let install = install(args)?;
    let session_minutes = settings.as_ref().map_or(SESSION, |s| s.session_minutes);
    let setup = Setup {
        pipeline: project.pipeline.name.clone(),
        branch: args.branch.clone().or_else(|| project.pipeline.tracks.clone()).unwrap_or_else(|| "main".to_owned()),
        stages: stages(&project.pipeline, settings.as_ref(), args.role_arn.as_deref()),
        plans: plans(&project.pipeline, settings.as_ref(), args.plan_role_arn.as_deref()),
        install,
        time_limit: session_minutes.saturating_sub(MARGIN).max(1),
        session_minutes,
        by_token: args.role_arn.is_none() && settings.as_ref().is_some_and(|s| s.access == Access::Direct),
        audience: audience(settings.as_ref()),
    };
    let mut made = file(system(args.system), &setup);
    if project.pipeline.state == StateHome::Disk {
        made.notes
            .push("the pipeline keeps its journal on disk, which a CI job loses: set `state` to a bucket".to_owned());
    }
    if let Some(other) = other_ci(args.system, settings.as_ref()) {
        made.notes.push(other);
    }
    if args.write {
        write(&project.folder, &made)?;
        screen::talk(&format!("wrote {}", made.path));
    } else {
        screen::data(&made.text)?;
        screen::talk(&format!("this would be {}; `--write` writes it", made.path));
    }
    for note in &made.notes {
        screen::talk(&format!("- {note}"));
    }
    Ok(Exit::Done)
}

fn bootstrap(folder: &Folder) -> Result<Option<Settings>, Trouble> {
    if !folder.root.join(BOOTSTRAP_FILE).is_file() {
        return Ok(None);
    }
    let mut sources = Sources::new();
    let id = folder.read(BOOTSTRAP_FILE, &mut sources)?;
    let text = sources.get(id).map(|s| s.text.clone()).unwrap_or_default();
    let (settings, found) = read_bootstrap(id, &text);
    if found.iter().any(Diagnostic::is_error) {
        return Err(Trouble::in_files(found, sources));
    }
    Ok(settings)
}

fn system(system: CiSystem) -> System {
    match system {
        CiSystem::Github => System::GitHub,
        CiSystem::Azure => System::Azure,
        CiSystem::Gitlab => System::GitLab,
        CiSystem::Jenkins => System::Jenkins,
        CiSystem::Bitbucket => System::Bitbucket,
    }
}

/// Where the binary comes from. A digest or a revision is not optional: what a job runs with a role must be known.
fn install(args: &CiArgs) -> Result<Install, Trouble> {
    let hex = |text: &str, length: usize| text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit());
    let wrong = |message: String, hint: &str| Err(Trouble::usage(Diagnostic::error("CLI-027", message).hint(hint)));
    match (&args.install_from, &args.install_git) {
        (Some(url), _) if !url.starts_with("https://") => {
            wrong(format!("`{url}` is not an address that starts with `https://`"), "give the address of the binary")
        }
        (Some(url), _) => match args.sha256.as_deref() {
            Some(sha256) if hex(sha256, 64) => {
                Ok(Install::Download { url: url.clone(), sha256: sha256.to_ascii_lowercase() })
            }
            _ => wrong(
                "a binary is only taken with its SHA-256, 64 hexadecimal digits".to_owned(),
                "add `--sha256`; `sha256sum FILE` prints it",
            ),
        },
        (None, Some(repository)) => match args.rev.as_deref() {
            Some(rev) if hex(rev, 40) => {
                Ok(Install::Source { repository: repository.clone(), revision: rev.to_owned() })
            }
            _ => wrong(
                "source is only taken at one commit, 40 hexadecimal digits".to_owned(),
                "add `--rev`; `git rev-parse HEAD` prints it",
            ),
        },
        (None, None) => Ok(Install::Unset),
    }
}

fn audience(settings: Option<&Settings>) -> String {
    match settings.map(|s| &s.ci) {
        Some(Ci::GitLab { address, audience, .. }) => audience.clone().unwrap_or_else(|| format!("https://{address}")),
        _ => "https://gitlab.com".to_owned(),
    }
}

/// A bootstrap file for another CI trusts none of this one's tokens.
fn other_ci(system: CiSystem, settings: Option<&Settings>) -> Option<String> {
    let named = match &settings?.ci {
        Ci::GitHub { .. } => (system != CiSystem::Github).then_some("GitHub"),
        Ci::GitLab { .. } => (system != CiSystem::Gitlab).then_some("GitLab"),
        Ci::Azure { .. } => (system != CiSystem::Azure).then_some("Azure Pipelines"),
        Ci::Bitbucket { .. } => (system != CiSystem::Bitbucket).then_some("Bitbucket"),
        Ci::Instance { .. } => (system != CiSystem::Jenkins).then_some("machines with an instance role"),
        _ => Some("another CI system"),
    }?;
    Some(format!("`{BOOTSTRAP_FILE}` is for {named}: the roles trust none of this workflow's tokens"))
}

/// Writes the file, over one that was made the same way and never edited, and over no other.
fn write(folder: &Folder, made: &CiFile) -> Result<(), Trouble> {
    let path = folder.root.join(&made.path);
    match std::fs::read_to_string(&path) {
        Ok(there) if there != made.text && !is_unedited(&there) => {
            let told = Diagnostic::error(
                "CLI-028",
                format!("`{}` is there, and it is not as `landfall ci` made it", made.path),
            )
            .why("somebody has edited it, or wrote it")
            .hint("take what is new from the output without `--write`, or move the file away");
            return Err(Trouble::usage(told));
        }
        Ok(_) => {}
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        Err(e) => return Err(e.into()),
    }
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(&path, &made.text)?;
    Ok(())
}
