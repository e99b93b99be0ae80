//! ROLE-007: everything but something is allowed.

use super::{allows, within};
use crate::check::{Check, Report, ResourceFacts, RoleFacts, Rule, TrustFacts};
use crate::evaluate::NamedPolicy;
use crate::policy::{Effect, Statement};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "ROLE-007",
    severity: Severity::Warning,
    title: "`Allow` with `NotAction` or `NotResource`",
    why: "whatever is not on the list is allowed, also what AWS adds next year",
    check: Check::Every { role, trust, resource },
};

fn role(facts: &RoleFacts<'_>, report: &mut Report<'_>) {
    attached(&facts.policies, report);
}

fn resource(facts: &ResourceFacts<'_>, report: &mut Report<'_>) {
    attached(&facts.policies, report);
}

fn trust(facts: &TrustFacts<'_>, report: &mut Report<'_>) {
    for statement in facts.document.statements.iter().filter(|s| s.effect == Effect::Allow) {
        look(statement, &|path| path, report);
    }
}

fn attached(policies: &[NamedPolicy], report: &mut Report<'_>) {
    for (policy, statement) in allows(policies) {
        look(statement, &|path| within(policy, &path), report);
    }
}

fn look(statement: &Statement, place: &dyn Fn(String) -> String, report: &mut Report<'_>) {
    if statement.actions.negated {
        let listed = statement.actions.values.texts.join("`, `");
        report.add(
            place(statement.actions_path()),
            &listed,
            format!("every action but `{listed}` is allowed"),
            "write `Action` with what is needed, or `Deny` the actions in a statement of their own",
        );
    }
    if let Some(resources) = statement.resources.as_ref().filter(|r| r.negated) {
        let listed = resources.values.texts.join("`, `");
        report.add(
            place(statement.resources_path()),
            &listed,
            format!("every resource but `{listed}` is allowed"),
            "write `Resource` with what is needed, or `Deny` the resources in a statement of their own",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::samples::{resource, role, trust};
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
        let open = json!({"Effect": "Allow", "Principal": {"AWS": "222222222222"}, "NotAction": "sts:TagSession"});
        assert_eq!(trust("ROLE-007", open).len(), 1);
        let bucket = json!({"Effect": "Allow", "Principal": {"AWS": "222222222222"}, "NotAction": "s3:DeleteBucket", "Resource": "*"});
        assert_eq!(resource("ROLE-007", "AWS::S3::Bucket", json!({}), Some(bucket)).len(), 1);
        assert!(role("ROLE-007", json!({"Effect": "Deny", "NotAction": "s3:*", "NotResource": "*"})).is_empty());
        assert!(
            role("ROLE-007", json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}))
                .is_empty()
        );
    }
}
