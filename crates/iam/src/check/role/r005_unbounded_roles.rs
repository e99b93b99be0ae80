//! ROLE-005: principals that may be made or widened without a permissions boundary.

use super::{allows, of_everything, on_everything, within};
use crate::check::reachable::{Fixed, can, can_beyond, instance, is_about};
use crate::check::{Check, Report, RoleFacts, Rule};
use crate::pattern::Pattern;
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "ROLE-005",
    severity: Severity::Error,
    title: "roles can be made or widened without a boundary",
    why: "a role without a boundary can be given any permission, also those that its maker lacks",
    check: Check::Role(check),
};

/// Actions that give permissions, and that IAM lets a condition on `iam:PermissionsBoundary` narrow.
const GIVING: &[&str] = &[
    "iam:CreateRole",
    "iam:CreateUser",
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "iam:PutUserPolicy",
    "iam:AttachUserPolicy",
];
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
/// Actions that give permissions, and that no condition on a boundary narrows.
const REWRITING: &[&str] = &["iam:CreatePolicyVersion", "iam:PutGroupPolicy", "iam:AttachGroupPolicy"];
/// Actions that take a boundary away.
const REMOVING: &[&str] = &["iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary"];

fn check(facts: &RoleFacts<'_>, report: &mut Report<'_>) {
    for (policy, statement) in allows(&facts.policies).filter(|(_, s)| !(of_everything(s) && on_everything(s))) {
        let Some(resources) = statement.resources.as_ref().filter(|r| !r.negated) else { continue };
        let by_this = |action: &str, fixed: Fixed<'_>| {
            resources.values.iter().filter(|r| may_be(r, action)).any(|r| {
                can(facts, action, &probe(r, action), fixed)
                    .is_some_and(|s| s.path == statement.path && s.policy == policy.name)
            })
        };
        // A boundary that allows everything is as good as none.
        let open = |action: &&&str| {
            is_about(statement, action)
                && [None, Some(ADMINISTRATOR)].into_iter().any(|boundary| {
                    by_this(action, &[("iam:PermissionsBoundary", boundary), ("iam:PolicyARN", Some(ADMINISTRATOR))])
                })
        };
        let giving: Vec<&str> = GIVING.iter().filter(open).copied().collect();
        let removing: Vec<&str> = REMOVING.iter().filter(open).copied().collect();
        // On everything they are ways to gain permissions, and a boundary of its own caps what it can gain.
        let scoped = |action: &&&str| !facts.unseen_boundary && can_beyond(facts, action, &[]).is_none();
        let rewriting: Vec<&str> = match facts.boundary {
            Some(_) => Vec::new(),
            None => REWRITING.iter().filter(open).filter(scoped).copied().collect(),
        };
        let path = within(policy, &statement.path);
        if !rewriting.is_empty() {
            let named = rewriting.join("`, `");
            report.add_as(
                Severity::Warning,
                path.clone(),
                &format!("{} {named}", policy.name),
                format!("`{named}` can give any permission to whoever has these policies or is in these groups, itself included"),
                "leave it to a role that nobody's policies or groups are attached to, or give this role a permissions boundary",
            );
        }
        if !giving.is_empty() {
            let named = giving.join("`, `");
            report.add(path.clone(), &format!("{} {named}", policy.name), format!("`{named}` without a boundary"), "add `\"StringEquals\": {\"iam:PermissionsBoundary\": \"arn:aws:iam::ACCOUNT:policy/BOUNDARY\"}` to the statement");
        }
        if !removing.is_empty() {
            let named = removing.join("`, `");
            report.add(
                path,
                &format!("{} {named}", policy.name),
                format!("`{named}` takes boundaries away"),
                format!(
                    "add a statement with `\"Effect\": \"Deny\", \"Action\": [\"{}\"], \"Resource\": \"*\"`",
                    removing.join("\", \"")
                ),
            );
        }
    }
}

fn kind(action: &str) -> &'static str {
    match action {
        _ if action.contains("User") => "user",
        _ if action.contains("Group") => "group",
        _ if action.contains("PolicyVersion") => "policy",
        _ => "role",
    }
}

/// Whether a resource pattern covers principals of the kind that the action is about.
fn may_be(pattern: &str, action: &str) -> bool {
    // IAM lets nobody but their service change these ("Using service-linked roles").
    let protected = ["role/aws-service-role/", "role/aws-reserved/"];
    let mut parts = pattern.splitn(6, ':').skip(4);
    let (account, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    // AWS's own policies are nobody's to change.
    account != "aws"
        && !protected.iter().any(|path| name.starts_with(path))
        && Pattern::new(&format!("arn:*:iam::*:{}/*", kind(action))).overlaps_arn(&Pattern::new(pattern))
}

/// A principal that the statement's pattern covers.
fn probe(pattern: &str, action: &str) -> String {
    if !Pattern::new(pattern).is_everything() {
        return instance(pattern);
    }
    format!("arn:aws:iam::123456789012:{}/landfall-probe", kind(action))
}

#[cfg(test)]
mod tests {
    use crate::check::samples::role;
    use serde_json::json;

    #[test]
    fn a_boundary_is_demanded() {
        let make = |condition: serde_json::Value| {
            role(
                "ROLE-005",
                json!({"Effect": "Allow", "Action": ["iam:CreateRole", "iam:PutRolePolicy"], "Resource": "arn:aws:iam::222222222222:role/app/*", "Condition": condition}),
            )
        };
        assert_eq!(
            make(json!({})),
            ["error /inline/Statement: `iam:CreateRole`, `iam:PutRolePolicy` without a boundary"]
        );
        assert_eq!(
            make(json!({"StringEqualsIfExists": {"iam:PermissionsBoundary": "arn:aws:iam::222222222222:policy/edge"}}))
                .len(),
            1
        );
        assert!(
            make(json!({"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::222222222222:policy/edge"}}))
                .is_empty()
        );
        assert_eq!(make(json!({"StringLike": {"iam:PermissionsBoundary": "*"}})).len(), 1, "any boundary is none");
        let denied = json!([
            {"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::222222222222:role/app/*"},
            {"Effect": "Deny", "Action": ["iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"], "Resource": "*",
             "Condition": {"StringNotEquals": {"iam:PermissionsBoundary": "arn:aws:iam::222222222222:policy/edge"}}},
        ]);
        assert_eq!(
            role("ROLE-005", denied),
            ["error /inline/Statement/0: `iam:DeleteRolePermissionsBoundary` takes boundaries away"]
        );
        let rewrite = |resource: &str| {
            role(
                "ROLE-005",
                json!({"Effect": "Allow", "Action": ["iam:CreatePolicyVersion", "iam:PutGroupPolicy"], "Resource": resource}),
            )
        };
        assert_eq!(
            rewrite("arn:aws:iam::222222222222:policy/team-*"),
            [
                "warning /inline/Statement: `iam:CreatePolicyVersion` can give any permission to whoever has these policies or is in these groups, itself included"
            ]
        );
        assert_eq!(rewrite("arn:aws:iam::222222222222:group/team").len(), 1);
        assert!(rewrite("*").is_empty(), "ways to gain permissions");
        assert!(rewrite("arn:aws:iam::aws:policy/team-*").is_empty(), "AWS's own");
        let linked = json!({"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::*:role/aws-service-role/connect.amazonaws.com/*"});
        assert!(role("ROLE-005", linked).is_empty(), "IAM refuses this itself");
        let some = json!({"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*", "Condition": {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}}});
        assert!(role("ROLE-005", some).is_empty(), "only a harmless policy can be attached");
    }
}
