//! Workflows of CI systems that deploy with Landfall: facts in, a file's text out.
//!
//! One job per stage, in the order of promotion, each with a subject of its own, so that the token of one stage does not
//! open another. No job holds long-lived keys. Absent: reading and writing files, and asking a CI system anything.

mod azure;
mod bitbucket;
mod entry;
mod github;
mod gitlab;
mod install;
mod jenkins;
#[cfg(test)]
mod tests;

pub use entry::{plans, stages};
pub use install::Install;

use crate::plan::digest_of;

/// A CI system that a workflow can be written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// GitHub Actions.
    GitHub,
    /// Azure Pipelines, with the AWS Toolkit.
    Azure,
    /// GitLab.
    GitLab,
    /// Jenkins on machines with an instance role.
    Jenkins,
    /// Bitbucket Pipelines.
    Bitbucket,
}

/// What a workflow is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// The pipeline.
    pub pipeline: String,
    /// The branch that is deployed, where no stage has its own.
    pub branch: String,
    /// Stages in the order of promotion.
    pub stages: Vec<StageEntry>,
    /// How pull requests plan. Nothing: they are checked offline, without credentials.
    pub plans: Vec<PlanEntry>,
    /// How the binary gets there.
    pub install: Install,
    /// Minutes after which a run stops waiting, well before the session ends; it can be resumed.
    pub time_limit: u32,
    /// How long a session may last, in minutes.
    pub session_minutes: u32,
    /// Whether the accounts trust the CI's tokens themselves, so that Landfall enters each of them with one.
    pub by_token: bool,
    /// Audience of GitLab's tokens.
    pub audience: String,
}

/// A stage as a job enters AWS for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageEntry {
    /// Its name.
    pub name: String,
    /// The role that the job's token opens; nothing where the user has to say.
    pub role: Option<String>,
    /// Region of the first calls.
    pub region: String,
    /// Deployment environment.
    pub environment: String,
    /// The branch of this stage, where tokens name the branch.
    pub branch: Option<String>,
    /// Azure's service connection.
    pub connection: String,
}

/// A plan of a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanEntry {
    /// The only stage that this way in leads to; nothing where it leads to all.
    pub stage: Option<String>,
    /// The role that the job's token opens; nothing where the user has to say.
    pub role: Option<String>,
    /// Region of the first calls.
    pub region: String,
    /// Azure's service connection.
    pub connection: String,
    /// Whether the stages have plan roles, so that they are looked at by those and not by their deployment roles.
    pub by_plan_roles: bool,
}

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CiFile {
    /// Its path in the project.
    pub path: String,
    /// Its text, with a first line by which a later run knows that nobody has edited it.
    pub text: String,
    /// What else has to be done, for people.
    pub notes: Vec<String>,
}

/// The workflow of a CI system.
pub fn file(system: System, setup: &Setup) -> CiFile {
    let (path, comment, body) = match system {
        System::GitHub => (format!(".github/workflows/landfall-{}.yml", setup.pipeline), "#", github::text(setup)),
        System::Azure => (format!("azure-pipelines-{}.yml", setup.pipeline), "#", azure::text(setup)),
        System::GitLab => (".gitlab-ci.yml".to_owned(), "#", gitlab::text(setup)),
        System::Jenkins => ("Jenkinsfile".to_owned(), "//", jenkins::text(setup)),
        System::Bitbucket => ("bitbucket-pipelines.yml".to_owned(), "#", bitbucket::text(setup)),
    };
    let body = body.trim_start_matches('\n');
    let text = format!("{comment} {MARK}{}\n{body}", digest_of(body.as_bytes()));
    CiFile { path, text, notes: notes(system, setup) }
}

/// What stands where the user has to write a role.
const ROLE_IS_MISSING: &str = "ROLE_ARN_IS_MISSING";

const MARK: &str = "Made by `landfall ci`. What stood below when it was made: ";

/// Whether a text is one that [`file`] made and nobody has edited, so that it may be replaced.
pub fn is_unedited(text: &str) -> bool {
    let Some((first, body)) = text.split_once('\n') else { return false };
    first.split_once(MARK).is_some_and(|(_, digest)| digest.trim() == digest_of(body.as_bytes()).to_string())
}

fn notes(system: System, setup: &Setup) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(note) = setup.install.note() {
        notes.push(note);
    }
    let missing: Vec<&str> = setup.stages.iter().filter(|s| s.role.is_none()).map(|s| s.name.as_str()).collect();
    if !missing.is_empty() && !matches!(system, System::Jenkins | System::Azure) {
        notes.push(format!(
            "no role is known for {}: set it where the file says ROLE_ARN_IS_MISSING, or give `--role-arn`",
            missing.join(", ")
        ));
    }
    notes.push(match system {
        System::GitHub => "make an environment in the repository's settings for each stage, with its protection rules".to_owned(),
        System::GitLab => "protect the branches that deploy: a token names its branch, and whoever may push there deploys".to_owned(),
        System::Azure => {
            let stages = setup.stages.iter().map(|s| (s.connection.as_str(), s.role.as_deref()));
            let plans = setup.plans.iter().map(|p| (p.connection.as_str(), p.role.as_deref()));
            let each = stages.chain(plans).map(|(name, role)| match role {
                Some(role) => format!("{name} with the role {role}"),
                None => name.to_owned(),
            });
            format!(
                "install the AWS Toolkit (1.15 or newer), and make these AWS service connections with OIDC: {}",
                each.collect::<Vec<_>>().join(", ")
            )
        }
        System::Bitbucket => {
            let plan = if setup.plans.iter().any(|p| p.by_plan_roles) { ", and one with the name `plan`" } else { "" };
            format!(
                "make a deployment environment with the name of each stage{plan}; its UUID belongs into `.landfall/bootstrap.yaml`"
            )
        }
        System::Jenkins => {
            "agents with the label `landfall` need the instance role; there is no schema that a Jenkinsfile could be checked against".to_owned()
        }
    });
    if setup.plans.is_empty() && system != System::Jenkins {
        let none = "pull requests are checked without credentials";
        notes.push(match system {
            System::GitLab => format!("{none}; `--plan-role-arn` lets them plan with a role of yours that can only read"),
            _ => format!("{none}; `plan_role: true` in `.landfall/bootstrap.yaml` makes roles that can only read, with which they plan"),
        });
    }
    notes
}

/// A text in double quotes, as YAML and JSON read it.
fn quoted(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

/// A text as one word of a POSIX shell.
pub fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// `landfall deploy` for a stage.
fn deploy(setup: &Setup, stage: &str) -> String {
    format!(
        "landfall deploy --pipeline {} --stage {} --no-input --yes --time-limit {}",
        word(&setup.pipeline),
        word(stage),
        setup.time_limit
    )
}

/// `landfall plan`, as pull requests do it.
fn plan(setup: &Setup, entry: &PlanEntry) -> String {
    let roles = if entry.by_plan_roles { " --plan-role" } else { "" };
    let stage = entry.stage.as_ref().map_or_else(String::new, |stage| format!(" --stage {}", word(stage)));
    format!("landfall plan --pipeline {}{roles}{stage} --no-input", word(&setup.pipeline))
}

/// What a person does when a job ended early.
fn resume(setup: &Setup) -> String {
    format!(
        "The run is in the journal. See it with: landfall status --pipeline {0}; go on with: landfall resume --pipeline {0}",
        word(&setup.pipeline)
    )
}

/// The branches that deploy something, as a list of YAML.
fn branches(setup: &Setup) -> String {
    let mut all: Vec<&str> = setup.stages.iter().map(|s| s.branch.as_deref().unwrap_or(&setup.branch)).collect();
    all.sort_unstable();
    all.dedup();
    format!("[{}]", all.into_iter().map(quoted).collect::<Vec<_>>().join(", "))
}

/// Lines with an indentation before each that is not empty.
fn indented(text: &str, by: usize) -> String {
    let pad = " ".repeat(by);
    text.lines()
        .map(|line| if line.is_empty() { String::new() } else { format!("{pad}{line}") })
        .collect::<Vec<_>>()
        .join("\n")
}
