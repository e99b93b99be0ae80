//! ROLE-001: every action on every resource.

use super::{allows, of_everything, on_everything, within};
use crate::check::reachable::{PROBE, can};
use crate::check::{Check, Report, RoleFacts, Rule};
use crate::policy::Effect;
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "ROLE-001",
    severity: Severity::Error,
    title: "every action on every resource",
    why: "whoever gets hold of the role, or of the pipeline that uses it, owns the account",
    check: Check::Role(check),
};

const FIX: &str = "write the actions that the templates need, with the ARNs they are about";

fn check(facts: &RoleFacts<'_>, report: &mut Report<'_>) {
    for arn in facts.managed.iter().filter(|arn| arn.ends_with(":aws:policy/AdministratorAccess")) {
        report.add("/ManagedPolicyArns", arn, "`AdministratorAccess` is attached", FIX);
    }
    if is_denied_whole(facts) {
        return;
    }
    for (policy, statement) in allows(&facts.policies).filter(|(_, s)| of_everything(s) && on_everything(s)) {
        let user = format!("arn:aws:iam::{}:user/{PROBE}", super::super::reachable::account(facts));
        let narrowed = !statement.conditions.is_empty() || can(facts, "iam:CreateUser", &user, &[]).is_none();
        let (severity, message) = if narrowed {
            (
                Severity::Warning,
                "every action on every resource is allowed, and only a condition, a boundary or a deny narrows it",
            )
        } else {
            (Severity::Error, "every action on every resource is allowed")
        };
        report.add_as(severity, within(policy, &statement.actions_path()), &policy.name, message, FIX);
    }
}

/// Whether a deny of everything leaves nothing of what is allowed.
fn is_denied_whole(facts: &RoleFacts<'_>) -> bool {
    let control = facts.service_control.iter().flat_map(|level| &level.policies);
    let statements = facts.policies.iter().chain(&facts.boundary).chain(control).flat_map(|p| &p.document.statements);
    let mut denies = statements.filter(|s| s.effect == Effect::Deny && s.conditions.is_empty());
    denies.any(|s| of_everything(s) && on_everything(s))
}

#[cfg(test)]
mod tests {
    use crate::check::samples::{document, role, role_with};
    use crate::evaluate::NamedPolicy;
    use crate::policy::Kind;
    use serde_json::json;

    #[test]
    fn stars_are_found() {
        let all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        assert_eq!(
            role("ROLE-001", all.clone()),
            ["error /inline/Statement/Action: every action on every resource is allowed"]
        );
        for (action, resource) in [("*:*", "*"), ("*:**", "**"), ("*", "arn:aws:*:*:*:*"), ("*", "arn:*:*:*:*:*")] {
            let all = json!({"Effect": "Allow", "Action": ["s3:GetObject", action], "Resource": [resource]});
            assert_eq!(role("ROLE-001", all).len(), 1, "{action} {resource}");
        }
        let denied = json!([all, {"Effect": "Deny", "Action": "*", "Resource": "*"}]);
        assert!(role("ROLE-001", denied).is_empty(), "nothing is left");
        let bounded = role_with("ROLE-001", all.clone(), |f| {
            f.boundary = Some(NamedPolicy::new(
                "edge",
                document(Kind::Boundary, json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})),
            ));
        });
        assert!(bounded[0].starts_with("warning"));
        assert_eq!(
            role_with("ROLE-001", json!([]), |f| f.managed = vec!["arn:aws:iam::aws:policy/AdministratorAccess"]).len(),
            1
        );
        assert!(role("ROLE-001", json!({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b/*"})).is_empty());
        assert!(role("ROLE-001", json!({"Effect": "Deny", "Action": "*", "Resource": "*"})).is_empty());
    }
}
