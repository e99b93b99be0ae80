//! The names that follow from a pipeline and a stage, so that no file has to say them.
//!
//! Pipelines and stages are named with lower-case letters, digits and hyphens. A point stands between the two and an
//! underscore before a digest, so that no two stages have the same name: `a-b`/`c` is `a-b.c` and `a`/`b-c` is `a.b-c`.

use super::Settings;
use base::{AccountId, Arn, Partition};
use sha2::{Digest as _, Sha256};

/// The longest name of a role (IAM and STS quotas).
const LONGEST_ROLE: usize = 64;

/// Which of the stacks of an account it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// What all pipelines of an account and region share.
    Account,
    /// The hub roles of a pipeline, in the CI/CD account.
    Hub(String),
    /// The roles of a pipeline's stages.
    Pipeline(String),
}

/// The name of a stack.
pub fn stack_name(part: &Part) -> String {
    match part {
        Part::Account => "landfall-bootstrap".to_owned(),
        Part::Hub(pipeline) => format!("landfall-bootstrap-hub-{pipeline}"),
        Part::Pipeline(pipeline) => format!("landfall-bootstrap-roles-{pipeline}"),
    }
}

/// The deployment role's name with its path, as a pipeline file would have it.
pub fn deployment_role(settings: &Settings, pipeline: &str, stage: &str) -> String {
    with_path(settings, &name(settings, pipeline, stage, "deploy"))
}

/// The execution role's name with its path.
pub fn execution_role(settings: &Settings, pipeline: &str, stage: &str) -> String {
    with_path(settings, &name(settings, pipeline, stage, "exec"))
}

/// The hub role's name with its path. Each stage has its own.
pub fn hub_role(settings: &Settings, pipeline: &str, stage: &str) -> String {
    with_path(settings, &name(settings, pipeline, stage, "hub"))
}

/// The name, with its path, of the role by which pull requests look at a stage. Each stage has its own.
pub fn plan_role(settings: &Settings, pipeline: &str, stage: &str) -> String {
    with_path(settings, &name(settings, pipeline, stage, "plan"))
}

/// The name, with its path, of the role in the CI/CD account from which pull requests enter the plan roles of all stages
/// of a pipeline. It has no hyphen after its point, as the names of stages' roles have.
pub fn plan_hub_role(settings: &Settings, pipeline: &str) -> String {
    with_path(settings, &fitted(settings, pipeline, ".plan"))
}

/// The name of the permissions boundary of the roles that a pipeline makes. It is the same in all accounts and stages,
/// so that a template can name it without a parameter.
pub fn boundary_name(settings: &Settings, pipeline: &str) -> String {
    format!("{}{pipeline}.boundary", settings.role_prefix)
}

/// ARN of the permissions boundary that every role made by a pipeline must have.
pub fn boundary_arn(settings: &Settings, pipeline: &str, partition: Partition, account: &AccountId) -> String {
    format!("arn:{partition}:iam::{account}:policy{}{}", settings.role_path, boundary_name(settings, pipeline))
}

/// ARN of a role by its name with path.
pub(super) fn role_arn(partition: Partition, account: &AccountId, name: &str) -> String {
    Arn::role(partition, account, name).to_string()
}

/// `PREFIXpipeline.stage-kind`, at most 64 characters.
pub(super) fn name(settings: &Settings, pipeline: &str, stage: &str, kind: &str) -> String {
    fitted(settings, &format!("{pipeline}.{stage}"), &format!("-{kind}"))
}

/// Prefix, whose role it is, and its kind. What is too long is cut before a digest.
fn fitted(settings: &Settings, whose: &str, kind: &str) -> String {
    let prefix = &settings.role_prefix;
    let whole = format!("{prefix}{whose}{kind}");
    if whole.len() <= LONGEST_ROLE {
        return whole;
    }
    let digest = hex::encode(Sha256::digest(whose));
    let end = format!("_{}{kind}", &digest[..12]);
    let start: String = format!("{prefix}{whose}").chars().take(LONGEST_ROLE - end.len()).collect();
    format!("{start}{end}")
}

fn with_path(settings: &Settings, name: &str) -> String {
    format!("{}{name}", settings.role_path.trim_start_matches('/'))
}
