//! The roles, policies and buckets that pipelines need in each account: settings in, CloudFormation templates out.
//!
//! There are three kinds of stacks. One for each account and region holds what all pipelines there share: the artifact
//! bucket, image repositories, and the identity provider. One for each pipeline and account holds the roles of its
//! stages. One for each pipeline in the CI/CD account holds the hub roles, where the way in is a hub. They are apart so
//! that two repositories with pipelines for the same account do not take each other's roles away.
//!
//! Absent: asking AWS what is there, and changing anything.

mod account;
mod additional;
mod boundary;
mod deployment;
mod document;
mod drift;
mod execution;
mod facts;
mod fit;
mod hub;
mod identity;
mod keys;
mod names;
mod needs;
mod plan_role;
mod read;
mod roles;
mod settings;
mod stack;
mod terraform;
mod words;

pub use additional::{ADDITIONAL_FILES, read_additional};
pub use drift::drifted;
pub use facts::{BucketSeen, Found, PipelineFacts, ProviderSeen, StageFacts, TargetFacts, pipeline_facts};
pub(crate) use keys::CIS as FILES;
pub use names::{
    Part, boundary_arn, boundary_name, deployment_role, execution_role, hub_role, plan_hub_role, plan_role, stack_name,
};
pub use needs::{Templates, add_needs};
pub use read::{BOOTSTRAP_FILE, read_bootstrap};
pub use settings::{Access, Ci, Encryption, Settings, StageSettings};
pub use stack::{BOOTSTRAP_VERSION, BootstrapStack, stacks};
pub use terraform::terraform;
pub use words::difference_in_words;
