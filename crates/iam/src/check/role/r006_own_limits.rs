//! ROLE-006: a role that can change its own permissions, its boundary or the stack that makes them.

use super::{allows, of_everything, on_everything};
use crate::check::reachable::{Fixed, can, instance};
use crate::check::{Check, Report, RoleFacts, Rule};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "ROLE-006",
    severity: Severity::Error,
    title: "role can edit its own limits",
    why: "limits that the limited can change are none",
    check: Check::Role(check),
};

const ON_ROLE: &[&str] = &[
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:DeleteRolePermissionsBoundary",
    "iam:UpdateRole",
    "iam:DeleteRole",
];
const ON_POLICY: &[&str] =
    &["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:DeletePolicyVersion", "iam:DeletePolicy"];
const ON_STACK: &[&str] = &[
    "cloudformation:UpdateStack",
    "cloudformation:CreateChangeSet",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:DeleteStack",
    "cloudformation:SetStackPolicy",
    "cloudformation:UpdateTerminationProtection",
];

fn check(facts: &RoleFacts<'_>, report: &mut Report<'_>) {
    if allows(&facts.policies).any(|(_, s)| of_everything(s) && on_everything(s)) && facts.boundary.is_none() {
        return;
    }
    let boundary = facts.boundary.as_ref().map(|b| b.name.as_str()).filter(|name| name.starts_with("arn:"));
    let mut things: Vec<(&str, String, &[&str])> = Vec::new();
    things.extend(facts.arn.map(|arn| ("its own role", arn.to_owned(), ON_ROLE)));
    things.extend(boundary.map(|arn| ("its own boundary", arn.to_owned(), ON_POLICY)));
    let managed = facts.policies.iter().map(|p| p.name.as_str()).filter(|name| name.starts_with("arn:"));
    things.extend(managed.map(|arn| ("its own policy", arn.to_owned(), ON_POLICY)));
    things.extend(facts.bootstrap_stacks.iter().map(|stack| ("the bootstrap stack", instance(stack), ON_STACK)));
    for (what, arn, actions) in things {
        // The role carries its boundary, so a condition that asks for that boundary does not keep it from itself.
        let fixed: Fixed<'_> = &[("iam:PermissionsBoundary", boundary)];
        let open: Vec<_> =
            actions.iter().filter_map(|action| Some((*action, can(facts, action, &arn, fixed)?))).collect();
        let Some((_, statement)) = open.first() else { continue };
        let named: Vec<&str> = open.iter().map(|(action, _)| *action).collect();
        report.add(
            format!("/{}{}", statement.policy.replace('~', "~0").replace('/', "~1"), statement.path),
            what,
            format!("the role can change {what}: `{}`", named.join("`, `")),
            format!(
                "add a statement with `\"Effect\": \"Deny\", \"Action\": [\"{}\"], \"Resource\": \"{arn}\"`",
                named.join("\", \"")
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::samples::{document, role, role_with};
    use crate::evaluate::NamedPolicy;
    use crate::policy::Kind;
    use serde_json::json;

    #[test]
    fn own_limits_are_out_of_reach() {
        let edit = json!({"Effect": "Allow", "Action": ["iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"], "Resource": "arn:aws:iam::222222222222:role/ci/*"});
        assert_eq!(
            role("ROLE-006", edit.clone()),
            [
                "error /inline/Statement: the role can change its own role: `iam:PutRolePolicy`, `iam:UpdateAssumeRolePolicy`"
            ]
        );
        let denied = json!([edit, {"Effect": "Deny", "Action": "iam:*", "Resource": "arn:aws:iam::222222222222:role/ci/deploy"}]);
        assert!(role("ROLE-006", denied).is_empty());

        let edge = "arn:aws:iam::222222222222:policy/edge";
        let bounded = |action: &str, resource: &str| {
            role_with("ROLE-006", json!({"Effect": "Allow", "Action": action, "Resource": resource}), |f| {
                let all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
                f.boundary = Some(NamedPolicy::new(edge, document(Kind::Boundary, all)));
                f.bootstrap_stacks = vec!["arn:aws:cloudformation:*:222222222222:stack/landfall-bootstrap/*"];
            })
        };
        assert_eq!(bounded("iam:CreatePolicyVersion", "*").len(), 1);
        assert_eq!(bounded("cloudformation:UpdateStack", "*").len(), 1);
        assert!(
            bounded("cloudformation:UpdateStack", "arn:aws:cloudformation:*:222222222222:stack/shop-*/*").is_empty()
        );
        let own = role_with("ROLE-006", json!([]), |f| {
            let edit = json!({"Effect": "Allow", "Action": "iam:CreatePolicyVersion", "Resource": "arn:aws:iam::*:policy/ci-*"});
            f.policies =
                vec![NamedPolicy::new("arn:aws:iam::222222222222:policy/ci-deploy", document(Kind::Identity, edit))];
        });
        assert_eq!(own.len(), 1, "a policy that may edit itself");
        assert!(bounded("iam:CreatePolicyVersion", "arn:aws:iam::222222222222:policy/app/*").is_empty());
    }
}
