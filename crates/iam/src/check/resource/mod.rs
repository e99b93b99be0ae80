//! Rules about resources and the policies attached to them.

pub(super) mod s001_bucket_transport;
pub(super) mod s002_cross_account_grant;
pub(super) mod s003_key_policy;
pub(super) mod s004_mutable_tags;
pub(super) mod s005_function_url;
pub(super) mod s006_invoke_permission;
pub(super) mod s007_secret_literal;
pub(super) mod s008_stateful_policies;
pub(super) mod s009_stateful_replacement;

use crate::check::closing::{demands, is_half_the_world, names_owner};
use crate::check::denied::demanded;
use crate::evaluate::NamedPolicy;
use crate::policy::{Comparison, ConditionEntry, Effect, Statement};

/// Resource types that hold data which does not come back when they are deleted.
const STATEFUL: &[&str] = &[
    "AWS::Backup::BackupVault",
    "AWS::Cognito::UserPool",
    "AWS::DocDB::DBCluster",
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::EC2::Volume",
    "AWS::ECR::Repository",
    "AWS::EFS::FileSystem",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::FSx::FileSystem",
    "AWS::KMS::Key",
    "AWS::Kinesis::Stream",
    "AWS::MemoryDB::Cluster",
    "AWS::Neptune::DBCluster",
    "AWS::OpenSearchService::Domain",
    "AWS::Elasticsearch::Domain",
    "AWS::QLDB::Ledger",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
    "AWS::Timestream::Database",
    "AWS::Timestream::Table",
];

fn is_stateful(resource_type: &str) -> bool {
    STATEFUL.contains(&resource_type)
}

/// The pointer of a place in one of several attached policies.
fn within(policy: &NamedPolicy, path: &str) -> String {
    format!("/{}{path}", policy.name.replace('~', "~0").replace('/', "~1"))
}

fn allows(policies: &[NamedPolicy]) -> impl Iterator<Item = (&NamedPolicy, &Statement)> {
    policies
        .iter()
        .flat_map(|p| p.document.statements.iter().filter(|s| s.effect == Effect::Allow).map(move |s| (p, s)))
}

/// Whether strangers are kept out of what a statement allows, by its conditions or by denies beside it.
fn is_closed(policy: &NamedPolicy, statement: &Statement) -> bool {
    demanded(&policy.document.statements, statement).is_none_or(|c| c.iter().any(keeps_strangers_out))
}

/// Whether a condition keeps callers out that are not the organization's, the account's or a named source's.
fn keeps_strangers_out(entry: &ConditionEntry) -> bool {
    const KEYS: &[&str] = &[
        "aws:PrincipalOrgID",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalArn",
        "aws:PrincipalAccount",
        "aws:userid",
        "aws:SourceArn",
        "aws:SourceAccount",
        "aws:SourceOwner",
        "aws:SourceOrgID",
        "aws:SourceOrgPaths",
        "aws:SourceVpc",
        "aws:SourceVpce",
        "aws:VpcSourceIp",
        "aws:SourceIp",
        "kms:CallerAccount",
        "s3:DataAccessPointAccount",
        "lambda:EventSourceToken",
    ];
    if !KEYS.iter().any(|k| entry.is_on(k)) {
        return false;
    }
    if entry.operator.comparison == Comparison::IpAddress {
        return !entry.operator.if_exists && !entry.values.iter().any(is_half_the_world);
    }
    demands(entry) && names_owner(entry)
}
