//! Releases: what a number stands for, and which release was good where.

use crate::plan::{Plan, PlannedTrigger, StackChange, Work};
use base::{AccountId, Digest, Region, RunId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The version of both stored forms.
pub const RELEASE_VERSION: u32 = 1;

/// A release's manifest. Immutable; written after everything that it names is in the store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`RELEASE_VERSION`].
    pub version: u32,
    /// Name of the pipeline.
    pub pipeline: String,
    /// The number; it only grows.
    pub release: u32,
    /// The run that made it.
    pub run: RunId,
    /// When it was planned.
    pub made_at: Timestamp,
    /// Who made it.
    pub author: String,
    /// Commit, branch and tag.
    pub trigger: PlannedTrigger,
    /// Digest of the plan.
    pub plan: Digest,
    /// Every blob that it needs, sorted.
    pub blobs: Vec<Digest>,
    /// What it means in every target.
    pub targets: Vec<ReleasedTarget>,
}

/// A release in one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReleasedTarget {
    /// `stage/account/region`
    pub id: String,
    /// Its stacks.
    pub stacks: Vec<ReleasedStack>,
}

/// A release of one stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReleasedStack {
    /// The step's id.
    pub step: String,
    /// How it is deployed.
    pub change: StackChange,
}

/// The pointer to the release that was last good in a target. Unlike the manifest it holds the parameters as they were
/// in the end, with the outputs of other steps filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GoodTarget {
    /// [`RELEASE_VERSION`].
    pub version: u32,
    /// `stage/account/region`
    pub target: String,
    /// Account.
    pub account: AccountId,
    /// Region.
    pub region: Region,
    /// The release.
    pub release: u32,
    /// The run that found it good.
    pub run: RunId,
    /// When.
    pub at: Timestamp,
    /// Its stacks.
    pub stacks: Vec<ReleasedStack>,
}

impl Manifest {
    /// The manifest of the release that a plan brings.
    pub fn of(plan: &Plan) -> Self {
        let mut blobs: Vec<Digest> = Vec::new();
        let targets = plan
            .targets
            .iter()
            .map(|target| {
                let stacks: Vec<ReleasedStack> = target
                    .steps
                    .iter()
                    .filter_map(|step| match &step.work {
                        Work::Deploy(deploy) => {
                            Some(ReleasedStack { step: step.id.clone(), change: deploy.change.clone() })
                        }
                        _ => None,
                    })
                    .collect();
                ReleasedTarget { id: target.id.clone(), stacks }
            })
            .collect::<Vec<_>>();
        for stack in targets.iter().flat_map(|t| &t.stacks) {
            blobs.push(stack.change.template.digest.clone());
            blobs.extend(stack.change.objects.iter().map(|o| o.digest.clone()));
        }
        blobs.sort();
        blobs.dedup();
        Self {
            version: RELEASE_VERSION,
            pipeline: plan.pipeline.clone(),
            release: plan.release,
            run: plan.run.clone(),
            made_at: plan.made_at,
            author: plan.author.clone(),
            trigger: plan.trigger.clone(),
            plan: plan.digest(),
            blobs,
            targets,
        }
    }
}
