//! ROLE-002: every action of a service.

use super::{allows, of_everything, on_everything, within};
use crate::check::{Check, Report, RoleFacts, Rule};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "ROLE-002",
    severity: Severity::Warning,
    title: "every action of a service",
    why: "services gain actions all the time, among them some that delete, share or change permissions",
    check: Check::Role(check),
};

fn check(facts: &RoleFacts<'_>, report: &mut Report<'_>) {
    for arn in facts.managed.iter().filter(|arn| is_broad_managed(arn)) {
        let name = arn.rsplit('/').next().unwrap_or(arn);
        report.add(
            "/ManagedPolicyArns",
            arn,
            format!("`{name}` is attached, which allows every action of its services"),
            "replace it by the actions that are needed",
        );
    }
    for (policy, statement) in allows(&facts.policies).filter(|(_, s)| !s.actions.negated) {
        for (index, action) in statement.actions.values.iter().enumerate() {
            if of_everything(statement) && !on_everything(statement) && matches!(action, "*" | "*:*") {
                report.add_as(
                    Severity::Note,
                    within(policy, &statement.actions.values.path(&statement.actions_path(), index)),
                    action,
                    format!("`{action}` allows every action on its resources"),
                    "write the actions that are needed",
                );
            }
            let Some((service, "*")) = action.split_once(':') else { continue };
            if service == "*" {
                continue;
            }
            let severity = if on_everything(statement) { Severity::Warning } else { Severity::Note };
            let path = statement.actions.values.path(&statement.actions_path(), index);
            report.add_as(
                severity,
                within(policy, &path),
                action,
                format!("`{action}` allows every action of `{service}`"),
                "write the actions that are needed",
            );
        }
    }
}

fn is_broad_managed(arn: &str) -> bool {
    let name = arn.rsplit('/').next().unwrap_or_default();
    arn.contains(":iam::aws:policy/") && (name == "PowerUserAccess" || name.ends_with("FullAccess"))
}

#[cfg(test)]
mod tests {
    use crate::check::samples::{role, role_with};
    use serde_json::json;

    #[test]
    fn services_are_not_allowed_whole() {
        assert_eq!(
            role("ROLE-002", json!({"Effect": "Allow", "Action": ["s3:GetObject", "dynamodb:*"], "Resource": "*"})),
            ["warning /inline/Statement/Action/1: `dynamodb:*` allows every action of `dynamodb`"]
        );
        assert!(
            role("ROLE-002", json!({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}))[0]
                .starts_with("note")
        );
        assert_eq!(
            role_with("ROLE-002", json!([]), |f| f.managed = vec!["arn:aws:iam::aws:policy/AmazonS3FullAccess"]).len(),
            1
        );
        assert_eq!(
            role("ROLE-002", json!({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b/*"})),
            ["note /inline/Statement/Action: `*` allows every action on its resources"]
        );
        assert!(role("ROLE-002", json!({"Effect": "Allow", "Action": "*", "Resource": "*"})).is_empty(), "ROLE-001");
        assert!(role("ROLE-002", json!({"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"})).is_empty());
        assert!(role("ROLE-002", json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"})).is_empty());
    }
}
