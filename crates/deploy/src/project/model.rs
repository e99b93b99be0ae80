//! A pipeline as the rest of the program sees it: everything checked, defaults filled in, every name resolved.

use crate::expression::Expr;
use crate::window::Windows;
use base::{AccountId, Arn, Region, Span};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// One pipeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    /// The name of its folder below `.landfall`.
    pub name: String,
    /// The version of the file's form. There is one, `1`.
    pub version: u32,
    /// The branch it follows, if the file says so.
    pub tracks: Option<String>,
    /// The organization it must run in, if the file says so.
    pub organization: Option<OrganizationGuard>,
    /// Profile of the shared AWS configuration, from a samconfig file.
    pub profile: Option<String>,
    /// Where releases, journals and locks live.
    pub state: StateHome,
    /// Built-in and own deployment windows, and freezes.
    pub windows: Windows,
    /// What is built, by name.
    pub artifacts: IndexMap<String, Artifact>,
    /// Stages in the order of promotion. `stage_defaults` are already merged into them.
    pub stages: Vec<Stage>,
    /// Steps, run in every stage that does not skip them, in file order.
    pub steps: Vec<Step>,
}

/// What the organization must be. Compared with what AWS answers before anything is changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrganizationGuard {
    /// `o-…`
    pub id: Option<String>,
    /// The account that holds artifacts and state.
    pub cicd_account_id: Option<AccountId>,
    /// Its home region.
    pub cicd_region: Option<Region>,
}

/// Where releases, journals, locks and approvals live.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum StateHome {
    /// `.landfall/state` beside the pipeline.
    #[default]
    Disk,
    /// `s3://bucket/prefix`
    Bucket {
        /// Bucket name.
        bucket: String,
        /// Key prefix without slashes at its ends; may be empty.
        prefix: String,
    },
}

/// Something that is built once and mirrored to every target.
#[derive(Debug, Clone, PartialEq)]
pub struct Artifact {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ArtifactKind,
    /// The template's path, relative to the repository root.
    pub template: String,
    /// Shell commands that build it, run in order from the repository root before it is packaged.
    pub build: Vec<String>,
    /// Where its name stands.
    pub span: Span,
}

/// What an artifact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArtifactKind {
    /// A SAM template: code is packaged, the transform is applied.
    Sam,
    /// A plain CloudFormation template: local references are packaged.
    CloudFormation,
}

/// One stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Its name: lower-case letters, digits and hyphens.
    pub name: String,
    /// Where it deploys to.
    pub targets: Targets,
    /// The name of its deployment window, one that `Pipeline::windows` knows.
    pub window: String,
    /// `vars.*` of its expressions. A value may hold expressions itself, but not of `vars` or `steps`.
    pub vars: IndexMap<String, Expr>,
    /// CloudWatch alarms, in the account and region of each target, that roll the stage back. Five at most.
    pub alarms: Vec<String>,
    /// What an alarm without data means.
    pub alarms_without_data: AlarmsWithoutData,
    /// Steps that are left out, by step id.
    pub skip: Vec<String>,
    /// The role to assume in each target account.
    pub deployment_role: RoleName,
    /// The role that looks at the stage for a pull request, by its name with path: one that bootstrap makes.
    pub plan_role: Option<String>,
    /// The role that CloudFormation uses; nothing means the deployment role's own rights.
    pub execution_role: Option<RoleName>,
    /// The bucket for packaged templates and code; nothing means `landfall-<account>-<region>`.
    pub artifact_bucket: Option<String>,
    /// The key prefix in that bucket, without slashes at its ends; may be empty.
    pub artifact_prefix: String,
    /// The external id to assume the deployment role with.
    pub external_id: Option<String>,
    /// Session tags to assume the deployment role with.
    pub session_tags: IndexMap<String, String>,
    /// Whether a person must agree before the stage changes anything.
    pub requires_approval: RequiresApproval,
    /// Where its name stands.
    pub span: Span,
}

/// A role by its name in the target account, or by its whole ARN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleName {
    /// The caller's own credentials are used; nothing is assumed.
    Caller,
    /// The role of this name (with its path, if it has one) in the target account.
    Name(String),
    /// This role. Its account is the stage's account.
    Arn(Arn),
}

impl RoleName {
    /// The role of stages that name none, in a project without a bootstrap file.
    pub const DEFAULT: &'static str = "landfall-deploy";
}

/// Where a stage deploys to.
#[derive(Debug, Clone, PartialEq)]
pub enum Targets {
    /// One account and region.
    Single {
        /// The account; nothing (only from a samconfig file) means the account of the caller's credentials.
        account: Option<AccountId>,
        /// The region.
        region: Region,
    },
    /// Many accounts and regions, in waves.
    Fleet(Fleet),
}

/// Many accounts and regions. The accounts are those of the organizational units (and of the units below them) and the
/// named ones, without the excluded ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Fleet {
    /// `ou-…` or `r-…` ids.
    pub organizational_units: Vec<String>,
    /// Accounts by id.
    pub accounts: Vec<AccountId>,
    /// Accounts to leave out.
    pub exclude_accounts: Vec<AccountId>,
    /// Regions; every account is deployed to in each of them.
    pub regions: Vec<Region>,
    /// How many targets each wave has in total with those before it. Never empty, never falling; the last is 100 %.
    pub waves: Vec<Amount>,
    /// How many targets are deployed to at the same time.
    pub max_concurrent: Amount,
    /// How many targets may fail before nothing new is started.
    pub failure_tolerance: Amount,
    /// Whether regions are worked on one after another.
    pub region_concurrency: RegionConcurrency,
}

/// A count, or a share of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Amount {
    /// This many.
    Count(u32),
    /// 0 to 100 of a hundred.
    Percent(u8),
}

/// The order of regions in a fleet, as CloudFormation StackSets names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum RegionConcurrency {
    /// One region after another, in the order of the list.
    #[default]
    Sequential,
    /// All regions at once.
    Parallel,
}

/// What an alarm in `INSUFFICIENT_DATA` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum AlarmsWithoutData {
    /// Not good: the bake is extended, then the stage pauses.
    #[default]
    Pause,
    /// As good as `OK`.
    Ok,
}

/// When a person must agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RequiresApproval {
    /// Always.
    Always,
    /// Only when something would be replaced or removed.
    DestructiveChangesOnly,
    /// Never.
    #[default]
    Never,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The name that outputs and `goes_after` use: `id`, or the name itself when there is no `id`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The ids of the steps it waits for. In the file, no `goes_after` means the step before it; here that is resolved.
    pub goes_after: Vec<String>,
    /// What it does.
    pub kind: StepKind,
    /// Where its name stands.
    pub span: Span,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum StepKind {
    /// Deploys a SAM template as a stack.
    Sam(StackParams),
    /// Deploys a CloudFormation template as a stack.
    CloudFormation(StackParams),
    /// Runs a command; the stage fails when it fails.
    Run(CommandParams),
    /// Runs a command as a gate: exit code 0 passes, everything else rolls the stage back.
    Test(CommandParams),
    /// Waits and watches the stage's alarms.
    Bake(BakeParams),
    /// Waits for a person.
    Approval(ApprovalParams),
}

impl StepKind {
    /// The word that stands at `type`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sam(_) => "sam",
            Self::CloudFormation(_) => "cloudformation",
            Self::Run(_) => "run",
            Self::Test(_) => "test",
            Self::Bake(_) => "bake",
            Self::Approval(_) => "approval",
        }
    }

    /// The stack's settings, for the two kinds that deploy one.
    pub fn stack(&self) -> Option<&StackParams> {
        match self {
            Self::Sam(stack) | Self::CloudFormation(stack) => Some(stack),
            _ => None,
        }
    }
}

/// How a stack is deployed.
#[derive(Debug, Clone, PartialEq)]
pub struct StackParams {
    /// What is deployed.
    pub source: TemplateSource,
    /// The stack's name.
    pub stack_name: Expr,
    /// Template parameters. A parameter that is not here keeps its previous value, or its default in a new stack.
    pub parameter_overrides: IndexMap<String, Expr>,
    /// What the template may do.
    pub capabilities: Vec<Capability>,
    /// Stack tags, beside those that Landfall sets.
    pub tags: IndexMap<String, Expr>,
    /// Keep what was made when the deployment fails.
    pub disable_rollback: bool,
    /// What becomes of a new stack whose creation fails. Nothing means CloudFormation's own default.
    pub on_failure: Option<OnFailure>,
    /// How long the stack may take, in minutes. An update that takes longer is cancelled, so that CloudFormation rolls it
    /// back; a creation cannot be cancelled and is left to go on, and so is the run, which can be resumed.
    pub timeout_minutes: Option<u32>,
    /// How long somebody else's operation on the stack is waited for, in minutes; an hour if absent.
    pub busy_timeout_minutes: Option<u32>,
    /// Set or clear termination protection; nothing leaves it as it is.
    pub termination_protection: Option<bool>,
    /// SNS topics that get the stack's events. Five at most.
    pub notification_arns: Vec<Expr>,
    /// How long after the deployment CloudFormation itself watches the stage's alarms, 0 to 180 minutes.
    pub monitoring_minutes: u32,
    /// Logical ids that may be replaced or removed although they hold data.
    pub allow_replacement: Vec<String>,
    /// Whether a release of this stack may be rolled back.
    pub rollback: RollbackPolicy,
    /// Whether a change set without changes fails the step.
    pub fail_on_empty_changeset: bool,
    /// Where `params` stands.
    pub span: Span,
}

/// What a stack is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateSource {
    /// An artifact, by name; it is one of `Pipeline::artifacts`.
    Artifact(String),
    /// A template's path, relative to the repository root.
    Template(String),
}

/// `Capabilities` of `CreateChangeSet`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Capability {
    /// `CAPABILITY_IAM`
    #[serde(rename = "CAPABILITY_IAM")]
    Iam,
    /// `CAPABILITY_NAMED_IAM`
    #[serde(rename = "CAPABILITY_NAMED_IAM")]
    NamedIam,
    /// `CAPABILITY_AUTO_EXPAND`
    #[serde(rename = "CAPABILITY_AUTO_EXPAND")]
    AutoExpand,
}

impl Capability {
    /// All, in the order of the CloudFormation API Reference.
    pub const ALL: [Self; 3] = [Self::Iam, Self::NamedIam, Self::AutoExpand];

    /// As AWS writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Iam => "CAPABILITY_IAM",
            Self::NamedIam => "CAPABILITY_NAMED_IAM",
            Self::AutoExpand => "CAPABILITY_AUTO_EXPAND",
        }
    }

    /// From the way AWS writes it.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|capability| capability.as_str() == text)
    }
}

/// `OnStackFailure` of `CreateChangeSet`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OnFailure {
    /// Keep what was made.
    DoNothing,
    /// Undo.
    Rollback,
    /// Delete the new stack.
    Delete,
}

/// Whether a release may be rolled back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum RollbackPolicy {
    /// Yes.
    #[default]
    Allowed,
    /// No, for example after a migration that cannot be undone: roll forward only.
    Forbidden,
}

/// How a command runs.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandParams {
    /// Shell text.
    pub command: Expr,
    /// Relative to the repository root, which is also the default.
    pub working_directory: Option<Expr>,
    /// Environment variables.
    pub env: IndexMap<String, Expr>,
    /// When it is stopped, in minutes.
    pub timeout_minutes: u32,
    /// How often it is started again after a failure.
    pub retries: u32,
    /// Whether it gets credentials of the deployment role in its environment.
    pub credentials: CommandCredentials,
    /// Where `params` stands.
    pub span: Span,
}

/// Which AWS credentials a command gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum CommandCredentials {
    /// Whatever its environment has; Landfall adds nothing.
    #[default]
    None,
    /// Those of the target: the deployment role in the target account.
    Target,
}

/// How long a bake lasts.
#[derive(Debug, Clone, PartialEq)]
pub struct BakeParams {
    /// Whole minutes, at least one.
    pub duration_minutes: Expr,
    /// Where `params` stands.
    pub span: Span,
}

/// Who must agree.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovalParams {
    /// What the person is asked.
    pub message: Option<Expr>,
    /// Who may agree, by the name their identity has; empty means anyone with access to the state.
    pub approvers: Vec<String>,
    /// How many must agree.
    pub minimum: u32,
    /// Whether the one who started the run counts.
    pub allow_author: bool,
    /// When the question lapses, in hours.
    pub expires_after_hours: u32,
    /// Where `params` stands.
    pub span: Span,
}
