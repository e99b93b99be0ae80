//! The plan: everything a run will do, as data, with nothing left to decide.
//!
//! Order, waves, names of change sets, client tokens, role ARNs, session names, buckets and digests are all in it. What
//! cannot be known before a step has run (another step's output) is kept as the expression that gives it. Secrets are
//! references. The same inputs give the same bytes, so a plan has a digest that an approval can pin.

mod back;
mod build;
mod check;
mod foresee;
mod inventory;
mod scope;
mod select;
mod stack_change;
mod text;
mod unchanged;

pub use back::plan_back;
pub use build::{Inputs, PackagedTemplate, Packages, plan, source_name};
pub(crate) use check::is_region_off;
pub use check::{Context, TemplateFacts, check, check_steps};
pub use foresee::{Before, Comparison, Foreseen, ForeseenChange, How, comparisons, foresee};
pub use inventory::{Inventory, Seen, TargetSeen};
pub use scope::{sources, stack_names, template_of};
pub use select::{
    OrganizationFacts, RunNames, Selected, Selection, default_bucket, plan_role, select, without_plan_role,
};
pub use stack_change::{StackChange, TemplateRef, UploadedObject};
pub use text::{SecretName, Text, TextPart};

use crate::target::Site;
use crate::window::Windows;
use base::{AccountId, Digest, Region, RunId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The version of the plan's form.
pub const PLAN_VERSION: u32 = 1;

/// A plan of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// [`PLAN_VERSION`].
    pub version: u32,
    /// Name of the pipeline.
    pub pipeline: String,
    /// What the run is for.
    pub purpose: Purpose,
    /// Id of the run.
    pub run: RunId,
    /// The release that targets will have afterwards.
    pub release: u32,
    /// When the plan was made.
    pub made_at: Timestamp,
    /// Who made it, for people.
    pub author: String,
    /// The commit, branch and tag that it was made from.
    pub trigger: PlannedTrigger,
    /// Windows by name, and freezes.
    pub windows: Windows,
    /// Stages in order.
    pub stages: Vec<PlannedStage>,
    /// The targets of all stages. Everything else names them by their index here.
    pub targets: Vec<PlannedTarget>,
    /// Guards that a person switched off, each with a reason.
    pub overrides: Vec<Override>,
    /// Stages of the pipeline that were not selected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// Accounts or regions were selected, so that the stages may have more targets than the plan.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub narrowed: bool,
}

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Bring a new release to all targets.
    Deploy,
    /// Bring targets back to a release that was good.
    Rollback,
}

/// Where the release comes from. What is not known is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedTrigger {
    /// Commit.
    pub sha: String,
    /// Branch.
    pub branch: String,
    /// Tag.
    pub tag: String,
}

/// A guard that a person switched off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Which.
    pub guard: Guard,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// What can be switched off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "guard", content = "name")]
pub enum Guard {
    /// One alarm, by name: it is neither a gate nor watched.
    Alarm(String),
    /// The deployment windows and freezes of one stage.
    Window(String),
    /// Permissions that the preflight finds missing.
    Preflight,
}

/// A stage of the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedStage {
    /// Its name.
    pub name: String,
    /// The window's name in [`Plan::windows`].
    pub window: String,
    /// Alarms that are read in every target, without the ignored ones.
    pub alarms: Vec<String>,
    /// An alarm without data is as good as one that is `OK`.
    pub no_data_is_ok: bool,
    /// A person must agree before the stage starts.
    pub approval: StageApproval,
    /// Indexes into [`Plan::targets`], wave by wave.
    pub waves: Vec<Vec<usize>>,
    /// How many targets are worked on at the same time, at least one.
    pub max_concurrent: usize,
    /// How many targets may fail before nothing new is started.
    pub failure_tolerance: usize,
}

/// When a person must agree to a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageApproval {
    /// Before it starts.
    Always,
    /// When a change set would replace or remove something.
    Destructive,
    /// Never.
    Never,
}

/// One account and region of one stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedTarget {
    /// `stage/account/region`, unique in the plan.
    pub id: String,
    /// Index of its stage.
    pub stage: usize,
    /// The account that must answer.
    pub account: AccountId,
    /// The account's name, when the organization told.
    pub account_name: Option<String>,
    /// Organizational units of the pipeline that the account is in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<String>,
    /// Region.
    pub region: Region,
    /// Where calls for it go, and as whom.
    pub site: Site,
    /// The bucket for code and templates, in the target's account and region.
    pub bucket: String,
    /// Why nothing is done here, for example a suspended account.
    pub skip: Option<String>,
    /// Its steps in the order of the file.
    pub steps: Vec<PlannedStep>,
}

/// One step in one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// The id that outputs are named by.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Indexes of steps in the same target that must have passed.
    pub after: Vec<usize>,
    /// What it does.
    pub work: Work,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Deploys a stack.
    Deploy(Box<PlannedDeploy>),
    /// Runs a command.
    Command(Box<PlannedCommand>),
    /// Waits and watches the alarms.
    Bake {
        /// How long, in seconds.
        seconds: u32,
    },
    /// Waits for a person, once for the whole stage.
    Approval(PlannedApproval),
}

/// A stack's way forward and back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedDeploy {
    /// The change.
    pub change: StackChange,
    /// The way back: the last good release of this stack.
    pub back: WayBack,
    /// Status of the stack when the plan was made; nothing when it was not there or could not be read.
    pub seen_status: Option<String>,
}

/// How a stack gets back to what was good.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WayBack {
    /// By deploying this again.
    To(Box<StackChange>),
    /// There is no release that was good here.
    NothingBefore,
    /// The release forbids it, for example because of a migration.
    Forbidden,
}

impl PlannedDeploy {
    /// Whether it makes the stack: there is none, or one that never was good and is deleted first.
    pub fn makes_stack(&self) -> bool {
        matches!(self.seen_status.as_deref(), None | Some("REVIEW_IN_PROGRESS" | "ROLLBACK_COMPLETE"))
    }
}

impl PlannedTarget {
    /// Whether no stack of the target was ever good, so that the alarms of the stage may be yet to come.
    pub fn is_first_release(&self) -> bool {
        self.steps.iter().all(|step| match &step.work {
            Work::Deploy(deploy) => deploy.makes_stack() && deploy.back == WayBack::NothingBefore,
            _ => true,
        })
    }
}

impl WayBack {
    /// The change that goes back, if there is one.
    pub fn change(&self) -> Option<&StackChange> {
        match self {
            Self::To(change) => Some(change),
            Self::NothingBefore | Self::Forbidden => None,
        }
    }
}

/// A command of the user's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedCommand {
    /// Given to `sh -c`.
    pub shell: Text,
    /// Folder relative to the project.
    pub folder: Text,
    /// Environment.
    pub environment: std::collections::BTreeMap<String, Text>,
    /// Seconds until it is stopped.
    pub timeout_seconds: u32,
    /// How often it is started again after a failure.
    pub retries: u32,
    /// It gets the target's credentials.
    pub credentials: bool,
    /// It is a gate: when it fails, the stage is rolled back.
    pub gate: bool,
}

/// A question to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedApproval {
    /// What is asked.
    pub message: Text,
    /// Who may agree; empty means anyone.
    pub approvers: Vec<String>,
    /// How many must agree, at least one.
    pub minimum: u32,
    /// Whether the author of the run counts.
    pub allow_author: bool,
    /// Seconds after which the question lapses.
    pub expires_seconds: u64,
}

impl PlannedStep {
    /// The change of its stack in this direction, if it deploys one and there is such a way.
    pub fn change(&self, way: crate::run::Way) -> Option<&StackChange> {
        match (&self.work, way) {
            (Work::Deploy(deploy), crate::run::Way::Forward) => Some(&deploy.change),
            (Work::Deploy(deploy), crate::run::Way::Back) => deploy.back.change(),
            _ => None,
        }
    }
}

impl Plan {
    /// The stored form: JSON, always the same bytes for the same plan.
    ///
    /// # Errors
    /// None in practice: every part of a plan has a JSON form.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec_pretty(self)
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// When it is no plan, or one of a newer program.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, UnreadablePlan> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let version: Version = serde_json::from_slice(bytes).map_err(|e| UnreadablePlan::Damaged(e.to_string()))?;
        if version.version != PLAN_VERSION {
            return Err(UnreadablePlan::Version(version.version));
        }
        serde_json::from_slice(bytes).map_err(|e| UnreadablePlan::Damaged(e.to_string()))
    }

    /// SHA-256 of [`Plan::to_bytes`]. An approval is given to this.
    pub fn digest(&self) -> Digest {
        digest_of(&self.to_bytes().unwrap_or_default())
    }

    /// The stage of a target.
    pub fn stage_of(&self, target: usize) -> Option<&PlannedStage> {
        self.stages.get(self.targets.get(target)?.stage)
    }
}

/// Why a stored plan cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnreadablePlan {
    /// It was written by a newer program.
    #[error("the plan has version {0}, this program knows version {PLAN_VERSION}; use the program that made it")]
    Version(u32),
    /// It does not parse.
    #[error("the plan is damaged: {0}")]
    Damaged(String),
}

/// The SHA-256 of bytes.
pub fn digest_of(bytes: &[u8]) -> Digest {
    let text = hex::encode(Sha256::digest(bytes));
    // 64 hexadecimal digits are always a digest; the fallback is never taken.
    Digest::new(text).unwrap_or_else(|_| digest_of(b""))
}
