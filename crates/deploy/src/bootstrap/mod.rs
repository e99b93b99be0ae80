//! The roles, policies and buckets that pipelines need in each account: settings in, CloudFormation templates out.
//!
//! There are three kinds of stacks. One for each account and region holds what all pipelines there share: the artifact
//! bucket, image repositories, and the identity provider. One for each pipeline and account holds the roles of its
//! stages. One for each pipeline in the CI/CD account holds the hub roles, where the way in is a hub. They are apart so
//! that two repositories with pipelines for the same account do not take each other's roles away.
//!
//! Absent: asking AWS what is there, and changing anything.

mod facts;
mod names;
mod settings;
mod stack;

pub use facts::{BucketSeen, Found, PipelineFacts, ProviderSeen, StageFacts, TargetFacts, pipeline_facts};
pub use names::{Part, boundary_arn, boundary_name, deployment_role, execution_role, hub_role, stack_name};
pub use settings::{Access, Ci, Encryption, Settings, StageSettings};
pub use stack::{BootstrapStack, difference_in_words, drifted, stacks};
