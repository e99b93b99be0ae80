//! The command line: one verb set for a stack, a stage and a fleet.

mod ci;
mod doctor;
mod policy;

pub(crate) use ci::{CiArgs, CiSystem};
pub(crate) use doctor::DoctorArgs;
pub(crate) use policy::{PolicyArgs, PolicyForm, PolicyOperation};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;

/// Ships software to many AWS accounts: build once, promote stage by stage, watch alarms, roll back.
#[derive(Debug, Parser)]
#[command(name = "landfall", version, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// The project's folder.
    #[arg(long, global = true, default_value = ".", value_name = "DIR")]
    pub(crate) project: PathBuf,
    /// Which pipeline of `.landfall/`; needed when there are several.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) pipeline: Option<String>,
    /// Environment of `samconfig.toml`, in a project without a pipeline file.
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "pipeline")]
    pub(crate) config_env: Option<String>,
    /// Form of standard output: text for people, one JSON document, or a stream whose last line is the result.
    #[arg(long, global = true, value_enum, default_value_t = Output::Text, value_name = "FORM")]
    pub(crate) output: Output,
    /// Colours on a terminal.
    #[arg(long, global = true, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub(crate) color: When,
    /// Never ask; exit and name the flag that answers instead.
    #[arg(long, global = true)]
    pub(crate) no_input: bool,
    /// Run against the simulated organization kept in this folder instead of AWS. It starts with the folder's
    /// `world.yaml`, or the demo's organization. An account id in `AWS_ACCESS_KEY_ID` is that account's administrator.
    #[arg(long, global = true, value_name = "DIR", env = "LANDFALL_SANDBOX")]
    pub(crate) sandbox: Option<PathBuf>,
    /// Send every AWS call to this address.
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// Profile of the shared AWS configuration.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
}

/// Form of standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    Text,
    /// One document.
    Json,
    /// A stream of events, the result last.
    Ndjson,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// On a terminal that wants them.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the main job in a simulated organization: nothing installed, no credentials, no network.
    Demo(DemoArgs),
    /// Write a pipeline from an existing SAM project.
    Init(InitArgs),
    /// Check everything that can be known offline.
    Check(CheckArgs),
    /// Print a SAM template as the CloudFormation it becomes.
    Transform(TransformArgs),
    /// Print the permissions that CloudFormation needs for a template or a stage, with the reason for each.
    Policy(PolicyArgs),
    /// Show what a run would do, per target.
    Plan(PlanCommand),
    /// Plan, ask, run.
    Deploy(DeployArgs),
    /// Make the roles, buckets and identity providers that the pipelines need, in every account they name.
    Bootstrap(BootstrapArgs),
    /// Show a run, from its journal; needs no credentials.
    Status(StatusArgs),
    /// List releases and runs; needs no credentials.
    History(HistoryArgs),
    /// Go on with a run that was interrupted.
    Resume(RunArgs),
    /// Let a run start nothing new.
    Stop(ReasonArgs),
    /// Try what failed again.
    Retry(RetryArgs),
    /// Put stages back to an earlier release.
    Rollback(RollbackArgs),
    /// Agree to what a run waits for.
    Approve(WordArgs),
    /// Refuse what a run waits for.
    Reject(WordArgs),
    /// Print or write a workflow for a CI system that deploys with Landfall.
    Ci(CiArgs),
    /// Say why something is stuck or denied, and what is safe to do.
    Doctor(DoctorArgs),
    /// Explain a message by its code, offline.
    Explain(ExplainArgs),
    /// Serve a simulated AWS organization on this machine.
    Sandbox(SandboxArgs),
    /// Print a completion script for a shell.
    Completions(CompletionsArgs),
}

/// `landfall demo`
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Folder for the demo's project and its simulated organization; it is made anew.
    #[arg(long, value_name = "DIR", default_value = "landfall-demo")]
    pub(crate) dir: PathBuf,
    /// Remove what an earlier demo left in the folder.
    #[arg(long)]
    pub(crate) force: bool,
}

/// `landfall init`
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Name of the pipeline; the project folder's name if absent.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Write to standard output instead of `.landfall/NAME/pipeline.yaml`.
    #[arg(long)]
    pub(crate) stdout: bool,
}

/// `landfall check`
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Templates, policies, pipeline files, or folders of them; the project's pipelines and their templates if absent.
    #[arg(value_name = "PATH")]
    pub(crate) files: Vec<PathBuf>,
    /// Form of the report: text, JSON, SARIF 2.1.0, or GitHub's workflow commands. Follows `--output` if absent.
    #[arg(long, value_enum, value_name = "FORM")]
    pub(crate) format: Option<CheckFormat>,
    /// Check the roles that the targets of the pipeline really have, with their trust, policies and boundaries. Reads
    /// AWS, changes nothing.
    #[arg(long, conflicts_with = "files")]
    pub(crate) live: bool,
    /// What makes the command fail.
    #[arg(long, value_enum, default_value_t = FailOn::Error, value_name = "SEVERITY")]
    pub(crate) fail_on: FailOn,
}

/// Form of the report of `landfall check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people.
    Text,
    /// One document.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
}

/// The least severity that makes `landfall check` fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Errors.
    Error,
    /// Errors and warnings.
    Warning,
    /// Nothing.
    Never,
}

/// `landfall transform`
#[derive(Debug, Args)]
pub(crate) struct TransformArgs {
    /// The SAM template; `-` reads standard input.
    #[arg(required_unless_present = "batch")]
    pub(crate) template: Option<PathBuf>,
    /// Region that the template is transformed for.
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Partition, if it does not follow from the region.
    #[arg(long, value_name = "PARTITION")]
    pub(crate) partition: Option<String>,
    /// A parameter's value.
    #[arg(long = "parameter", value_name = "NAME=VALUE")]
    pub(crate) parameters: Vec<String>,
    /// JSON file with what the transform gets from outside: parameters, managed policies, feature toggles.
    #[arg(long, value_name = "FILE")]
    pub(crate) context: Option<PathBuf>,
    /// Read one JSON object per line, `{"id", "template", "context"}`, and answer each with a line.
    #[arg(long)]
    pub(crate) batch: bool,
}

/// What a run is about.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Selection {
    /// Only these stages.
    #[arg(long = "stage", value_name = "NAME")]
    pub(crate) stages: Vec<String>,
    /// Only these accounts.
    #[arg(long = "account", value_name = "ID")]
    pub(crate) accounts: Vec<String>,
    /// Only these regions.
    #[arg(long = "region", value_name = "REGION")]
    pub(crate) regions: Vec<String>,
}

/// `landfall plan`
#[derive(Debug, Clone, Args)]
pub(crate) struct PlanCommand {
    #[command(flatten)]
    pub(crate) plan_args: PlanArgs,
    /// Look at each stage by its plan role, as the jobs of pull requests do, and not by its deployment role. Whether the
    /// deployment role may do what is planned is judged all the same.
    #[arg(long)]
    pub(crate) plan_role: bool,
}

/// What is planned.
#[derive(Debug, Clone, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Pin the plan in this file, for `deploy --plan`.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Exit with 7 when a template or parameter would change, or may.
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// Commit that is released; read from the repository if absent.
    #[arg(long, value_name = "SHA", env = "LANDFALL_COMMIT")]
    pub(crate) commit: Option<String>,
}

/// `landfall deploy`
#[derive(Debug, Clone, Args)]
pub(crate) struct DeployArgs {
    #[command(flatten)]
    pub(crate) plan_args: PlanArgs,
    /// Run the plan that this file pins; refused when it is stale.
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
    /// Do not ask. Relaxes no guard.
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Start although this alarm is firing; it is not watched either. Needs --reason.
    #[arg(long = "ignore-alarm", value_name = "ALARM", requires = "reason")]
    pub(crate) ignore_alarms: Vec<String>,
    /// Start outside of deployment windows and freezes. Needs --reason.
    #[arg(long, requires = "reason")]
    pub(crate) ignore_window: bool,
    /// Start although the preflight finds permissions missing. Needs --reason.
    #[arg(long, requires = "reason")]
    pub(crate) ignore_preflight: bool,
    /// Why a guard is overridden; recorded in the journal.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Stop waiting after so many minutes; the run can be resumed.
    #[arg(long, value_name = "MINUTES")]
    pub(crate) time_limit: Option<u32>,
}

/// `landfall bootstrap`
#[derive(Debug, Clone, Args)]
pub(crate) struct BootstrapArgs {
    /// Show the real change sets and the difference in permissions, and change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask.
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Role by which accounts are entered that have neither `OrganizationAccountAccessRole` nor `AWSControlTowerExecution`.
    #[arg(long, value_name = "NAME")]
    pub(crate) target_account_role_name: Option<String>,
    /// Write the stacks as files instead of deploying them.
    #[arg(long, value_enum, value_name = "FORM", conflicts_with_all = ["dry_run", "remove"])]
    pub(crate) format: Option<StackFormat>,
    /// Folder for the files; `landfall-bootstrap` if absent.
    #[arg(long, value_name = "DIR", requires = "format")]
    pub(crate) out: Option<PathBuf>,
    /// Take the bootstrap back.
    #[arg(long)]
    pub(crate) remove: bool,
    /// Remove the roles although stacks that need them are there.
    #[arg(long, requires = "remove")]
    pub(crate) force: bool,
}

/// Form of the files that `landfall bootstrap --format` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StackFormat {
    /// CloudFormation templates.
    Cloudformation,
    /// Terraform configuration in its JSON syntax.
    Terraform,
}

/// Which run.
#[derive(Debug, Clone, Args)]
pub(crate) struct RunArgs {
    /// The run; the latest if absent.
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// Take the run over although its last process may still be at work on it. Say so only when you know that it is gone.
    #[arg(long)]
    pub(crate) take_over: bool,
    /// Stop waiting after so many minutes; the run can be resumed.
    #[arg(long, value_name = "MINUTES")]
    pub(crate) time_limit: Option<u32>,
}

/// Which run, and why.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReasonArgs {
    /// The run; the latest if absent.
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// Why; recorded in the journal.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
}

/// A person's word on what a run waits for.
#[derive(Debug, Clone, Args)]
pub(crate) struct WordArgs {
    /// The run; the latest if absent.
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// What it waits for: STAGE, or STAGE/STEP; the first question without an answer if absent.
    #[arg(value_name = "PLACE")]
    pub(crate) place: Option<String>,
    /// Why; recorded in the journal.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
}

/// `landfall status`
#[derive(Debug, Clone, Args)]
pub(crate) struct StatusArgs {
    /// The run; the latest if absent.
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Only accounts of these organizational units, as the pipeline names them.
    #[arg(long = "ou", value_name = "ID")]
    pub(crate) units: Vec<String>,
    /// Only these waves of their stages, counted from 1.
    #[arg(long = "wave", value_name = "NUMBER")]
    pub(crate) waves: Vec<usize>,
    /// Only what failed.
    #[arg(long)]
    pub(crate) failed: bool,
}

/// `landfall history`
#[derive(Debug, Clone, Args)]
pub(crate) struct HistoryArgs {
    /// How many, newest first.
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    pub(crate) limit: usize,
}

/// `landfall retry`
#[derive(Debug, Clone, Args)]
pub(crate) struct RetryArgs {
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// Only targets that failed.
    #[arg(long)]
    pub(crate) failed: bool,
    /// Do not ask.
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// `landfall rollback`
#[derive(Debug, Clone, Args)]
pub(crate) struct RollbackArgs {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Release to go back to; each target's last good one before the present if absent.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) to: Option<u64>,
    /// Why; recorded in the journal.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Do not ask.
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// `landfall explain`
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A code such as `PIPE-004`; all codes are listed if absent.
    pub(crate) code: Option<String>,
}

/// `landfall sandbox`
#[derive(Debug, Args)]
pub(crate) struct SandboxArgs {
    /// The organization as a file; the demo's if absent.
    #[arg(long, value_name = "FILE")]
    pub(crate) world: Option<PathBuf>,
    /// Port on 127.0.0.1; 0 takes any.
    #[arg(long, default_value_t = 4599, value_name = "PORT")]
    pub(crate) port: u16,
    /// Keep the world in this folder between runs.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Seconds of the simulation that pass in each real second.
    #[arg(long, default_value_t = 60.0, value_name = "FACTOR")]
    pub(crate) speed: f64,
}

/// `landfall completions`
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    pub(crate) shell: Shell,
}
