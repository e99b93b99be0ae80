//! ROLE-007: everything but something is allowed.

use super::{allows, within};
use crate::check::{Check, Report, RoleFacts, Rule};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "ROLE-007",
    severity: Severity::Warning,
    title: "`Allow` with `NotAction` or `NotResource`",
    why: "whatever is not on the list is allowed, also what AWS adds next year",
    check: Check::Role(check),
};

fn check(facts: &RoleFacts<'_>, report: &mut Report<'_>) {
    for (policy, statement) in allows(&facts.policies) {
        if statement.actions.negated {
            let listed = statement.actions.values.texts.join("`, `");
            report.add(
                within(policy, &statement.actions_path()),
                &listed,
                format!("every action but `{listed}` is allowed"),
                "write `Action` with what is needed, or `Deny` the actions in a statement of their own",
            );
        }
        if let Some(resources) = statement.resources.as_ref().filter(|r| r.negated) {
            let listed = resources.values.texts.join("`, `");
            report.add(
                within(policy, &statement.resources_path()),
                &listed,
                format!("every resource but `{listed}` is allowed"),
                "write `Resource` with what is needed, or `Deny` the resources in a statement of their own",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::samples::role;
    use serde_json::json;

    #[test]
    fn allow_lists_what_is_allowed() {
        assert_eq!(
            role("ROLE-007", json!({"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"})),
            ["warning /inline/Statement/NotAction: every action but `iam:*`, `sts:*` is allowed"]
        );
        assert_eq!(
            role("ROLE-007", json!({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::b/*"}))
                .len(),
            1
        );
        assert!(role("ROLE-007", json!({"Effect": "Deny", "NotAction": "s3:*", "NotResource": "*"})).is_empty());
        assert!(
            role("ROLE-007", json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}))
                .is_empty()
        );
    }
}
