//! Arguments of `landfall ci`.

use clap::{Args, ValueEnum};

/// `landfall ci`
#[derive(Debug, Args)]
pub(crate) struct CiArgs {
    /// The CI system.
    #[arg(value_enum, value_name = "SYSTEM")]
    pub(crate) system: CiSystem,
    /// Write the file; one that somebody has edited stays as it is.
    #[arg(long)]
    pub(crate) write: bool,
    /// Address of the binary, or of a `.tar.gz` with it. Needs --sha256.
    #[arg(long, value_name = "URL", requires = "sha256", conflicts_with = "install_git")]
    pub(crate) install_from: Option<String>,
    /// What the file at that address must have as SHA-256.
    #[arg(long, value_name = "DIGEST", requires = "install_from")]
    pub(crate) sha256: Option<String>,
    /// Repository to build the binary from. Needs --rev.
    #[arg(long, value_name = "URL", requires = "rev")]
    pub(crate) install_git: Option<String>,
    /// The commit to build.
    #[arg(long, value_name = "COMMIT", requires = "install_git")]
    pub(crate) rev: Option<String>,
    /// Role that the jobs enter, when there is no `.landfall/bootstrap.yaml`.
    #[arg(long, value_name = "ARN")]
    pub(crate) role_arn: Option<String>,
    /// Role of yours that pull requests may plan with, when `.landfall/bootstrap.yaml` does not say `plan_role: true`;
    /// without either they are checked offline.
    #[arg(long, value_name = "ARN")]
    pub(crate) plan_role_arn: Option<String>,
    /// Branch that deploys; the one that the pipeline tracks, or `main`, if absent.
    #[arg(long, value_name = "NAME")]
    pub(crate) branch: Option<String>,
}

/// A CI system that a workflow can be written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CiSystem {
    /// GitHub Actions.
    Github,
    /// Azure Pipelines, with the AWS Toolkit.
    Azure,
    /// GitLab.
    Gitlab,
    /// Jenkins, on machines with an instance role.
    Jenkins,
    /// Bitbucket Pipelines.
    Bitbucket,
}
