//! ROLE-009: actions that read data, on every resource.

use super::r008_credentials::every_resource;
use crate::check::{Check, Report, RoleFacts, Rule};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "ROLE-009",
    severity: Severity::Warning,
    title: "data or secrets of every resource",
    why: "one leaked session is enough to read everything that the account stores",
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

fn check(facts: &RoleFacts<'_>, report: &mut Report<'_>) {
    every_resource(facts, report, READING, "reads the data of any resource");
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
        assert!(
            role("ROLE-009", json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}))
                .is_empty()
        );
        assert!(
            role("ROLE-009", json!({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"})).is_empty()
        );
    }
}
