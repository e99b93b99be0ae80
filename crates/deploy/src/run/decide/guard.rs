//! Guards on a stack, checked on what AWS says at the last moment before a change.

use super::Decider;
use crate::plan::{Purpose, StackChange, StageApproval};
use crate::run::{Cause, CauseKind, DeployState, Way};
use crate::seen::Change;

impl Decider<'_> {
    /// The stack must be this pipeline's, and not have a newer release already.
    pub(super) fn guard_stack(&self, target: usize, way: Way, state: &DeployState) -> Result<(), Cause> {
        let Some(prior) = &state.prior else { return Ok(()) };
        if let Some(other) = prior.tags.get("landfall:pipeline").filter(|p| **p != self.plan.pipeline) {
            let message = format!("the stack belongs to pipeline `{other}`");
            return Err(
                Cause::new(CauseKind::Guard, message).hint("choose another stack name, or remove that pipeline's tag")
            );
        }
        let stage = &self.plan.stages[self.plan.targets[target].stage].name;
        if let Some(other) = prior.tags.get("landfall:stage").filter(|s| *s != stage) {
            let message = format!("the stack belongs to stage `{other}` of this pipeline");
            return Err(Cause::new(CauseKind::Guard, message).hint("two stages cannot share one stack"));
        }
        let deployed = prior.tags.get("landfall:release").and_then(|r| r.parse::<u32>().ok());
        match deployed {
            Some(newer) if newer > self.plan.release && way == Way::Forward && self.plan.purpose == Purpose::Deploy => {
                let message = format!("release {newer} is deployed already, which is newer than {}", self.plan.release);
                Err(Cause::new(CauseKind::Guard, message)
                    .hint("deploy again, or use `landfall rollback` to go back on purpose"))
            }
            _ => Ok(()),
        }
    }

    /// What the change set would do to data and to things that cannot be undone.
    pub(super) fn changes_allowed(
        &mut self,
        target: usize,
        step: usize,
        way: Way,
        change: &StackChange,
        state: &DeployState,
    ) -> Result<bool, Cause> {
        if way == Way::Back {
            return Ok(true);
        }
        let lost = |c: &&Change| is_stateful(&c.resource_type) && !change.allow_replacement.contains(&c.logical_id);
        let lost: Vec<String> =
            state.changes.iter().filter(|c| is_destructive(c)).filter(lost).map(described).collect();
        if !lost.is_empty() {
            let message = format!("the change set would lose data: {}", lost.join(", "));
            return Err(Cause::new(CauseKind::Guard, message)
                .hint("name them in the step's `allow_replacement` if that is meant, or set DeletionPolicy and UpdateReplacePolicy"));
        }
        let planned = &self.plan.targets[target];
        if self.plan.stages[planned.stage].approval != StageApproval::Destructive {
            return Ok(true);
        }
        let destructive: Vec<String> = state.changes.iter().filter(|c| is_destructive(c)).map(described).collect();
        if destructive.is_empty() {
            return Ok(true);
        }
        let message = format!("{}: allow {}?", planned.id, destructive.join(", "));
        let id = planned.steps[step].id.clone();
        self.approval(planned.stage, Some(&id), &message, 1, None)
    }
}

fn is_destructive(change: &Change) -> bool {
    change.action == "Remove" || matches!(change.replacement.as_str(), "True" | "Conditional")
}

fn described(change: &Change) -> String {
    let how = match (change.action.as_str(), change.replacement.as_str()) {
        ("Remove", _) => "is removed",
        (_, "Conditional") => "may be replaced",
        _ => "is replaced",
    };
    format!("{} ({}) {how}", change.logical_id, change.resource_type)
}

/// Types whose resources hold what cannot be made again from a template.
pub(crate) fn is_stateful(resource_type: &str) -> bool {
    const STATEFUL: [&str; 34] = [
        "AWS::Backup::BackupVault",
        "AWS::Cassandra::Keyspace",
        "AWS::Cassandra::Table",
        "AWS::Cognito::UserPool",
        "AWS::DAX::Cluster",
        "AWS::DocDB::DBCluster",
        "AWS::DocDB::DBInstance",
        "AWS::DynamoDB::GlobalTable",
        "AWS::DynamoDB::Table",
        "AWS::EC2::Volume",
        "AWS::ECR::Repository",
        "AWS::EFS::FileSystem",
        "AWS::ElastiCache::CacheCluster",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::ElastiCache::ServerlessCache",
        "AWS::Elasticsearch::Domain",
        "AWS::FSx::FileSystem",
        "AWS::Glue::Database",
        "AWS::Kinesis::Stream",
        "AWS::KMS::Key",
        "AWS::Logs::LogGroup",
        "AWS::MemoryDB::Cluster",
        "AWS::MSK::Cluster",
        "AWS::Neptune::DBCluster",
        "AWS::Neptune::DBInstance",
        "AWS::OpenSearchService::Domain",
        "AWS::QLDB::Ledger",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::Redshift::Cluster",
        "AWS::S3::Bucket",
        "AWS::SecretsManager::Secret",
        "AWS::SQS::Queue",
        "AWS::Timestream::Table",
    ];
    STATEFUL.contains(&resource_type)
}
