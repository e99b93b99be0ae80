//! ROLE-009: actions that read data, on every resource.

use super::is_whole_service;
use super::r008_credentials::every_resource;
use crate::check::reachable::is_about;
use crate::check::{Check, Report, RoleFacts, Rule};
use crate::pattern::Pattern;
use crate::policy::Statement;
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "ROLE-009",
    severity: Severity::Warning,
    title: "data or secrets of every resource",
    why: "one leaked session is enough to read everything that the account stores, or to let others in to read it",
    check: Check::Role(check),
};

const READING: &[&str] = &[
    "s3:GetObject",
    "s3:GetObjectVersion",
    "secretsmanager:GetSecretValue",
    "secretsmanager:BatchGetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
];

/// Actions that let other accounts, or everyone, into what is stored.
const SHARING: &[&str] = &[
    "backup:PutBackupVaultAccessPolicy",
    "dynamodb:PutResourcePolicy",
    "ec2:ModifyImageAttribute",
    "ec2:ModifySnapshotAttribute",
    "ecr:SetRepositoryPolicy",
    "elasticfilesystem:PutFileSystemPolicy",
    "kms:PutKeyPolicy",
    "rds:ModifyDBClusterSnapshotAttribute",
    "rds:ModifyDBSnapshotAttribute",
    "s3:PutBucketAcl",
    "s3:PutBucketPolicy",
    "s3:PutObjectAcl",
    "secretsmanager:PutResourcePolicy",
    "sns:AddPermission",
    "sqs:AddPermission",
];

fn check(facts: &RoleFacts<'_>, report: &mut Report<'_>) {
    every_resource(facts, report, READING, is_about, "reads the data of any resource");
    every_resource(facts, report, SHARING, is_named, "lets others into any resource");
}

/// Whether a statement allows an action otherwise than with its whole service, which is told as such.
fn is_named(statement: &Statement, action: &str) -> bool {
    let mut patterns = statement.actions.values.iter().filter(|a| !is_whole_service(a));
    patterns.any(|a| Pattern::new(a).matches_ignoring_case(action))
}

#[cfg(test)]
mod tests {
    use crate::check::samples::role;
    use serde_json::json;

    #[test]
    fn reading_is_scoped() {
        assert_eq!(
            role(
                "ROLE-009",
                json!({"Effect": "Allow", "Action": ["s3:GetObject", "ssm:GetParameters"], "Resource": "*"})
            ),
            ["warning /inline/Statement: `s3:GetObject`, `ssm:GetParameters` reads the data of any resource"]
        );
        assert_eq!(
            role("ROLE-009", json!({"Effect": "Allow", "Action": "secretsmanager:Get*", "Resource": ["*"]})).len(),
            1
        );
        for all in ["arn:aws:s3:::*", "arn:aws:s3:::*/*"] {
            let statement = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": all});
            assert_eq!(role("ROLE-009", statement).len(), 1, "{all} is every object");
        }
        assert_eq!(
            role(
                "ROLE-009",
                json!({"Effect": "Allow", "Action": ["s3:PutBucketPolicy", "s3:ListBucket"], "Resource": "*"})
            ),
            ["warning /inline/Statement: `s3:PutBucketPolicy` lets others into any resource"]
        );
        let one = json!({"Effect": "Allow", "Action": "s3:PutBucketPolicy", "Resource": "arn:aws:s3:::b"});
        assert!(role("ROLE-009", one).is_empty());
        assert!(
            role("ROLE-009", json!({"Effect": "Allow", "Action": "sns:*", "Resource": "*"})).is_empty(),
            "another rule's matter"
        );
        for action in super::SHARING {
            let known = crate::permissions::actions::find(action).unwrap_or_else(|| panic!("{action}"));
            assert!(!known.resources().is_empty(), "{action}");
        }
        assert!(
            role("ROLE-009", json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}))
                .is_empty()
        );
        assert!(
            role("ROLE-009", json!({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"})).is_empty()
        );
    }
}
