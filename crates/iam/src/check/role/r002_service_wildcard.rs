//! ROLE-002: every action of a service.

use super::{allows, is_open, is_whole_service, of_everything, on_everything, within};
use crate::check::reachable::is_about;
use crate::check::{Check, Report, ResourceFacts, RoleFacts, Rule, TrustFacts};
use crate::evaluate::NamedPolicy;
use crate::permissions::actions;
use crate::policy::{Effect, PrincipalElement, Statement};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "ROLE-002",
    severity: Severity::Warning,
    title: "every action of a service",
    why: "services gain actions all the time, among them some that delete, share or change permissions",
    check: Check::Every { role: check, trust, resource },
};

/// A trust policy only gives rights to assume, of which most callers need one.
fn trust(facts: &TrustFacts<'_>, report: &mut Report<'_>) {
    for statement in facts.document.statements.iter().filter(|s| s.effect == Effect::Allow && !s.actions.negated) {
        for (index, action) in statement.actions.values.iter().enumerate() {
            if is_open(action) || is_whole_service(action) {
                report.add(
                    statement.actions.values.path(&statement.actions_path(), index),
                    action,
                    format!("`{action}` lets the caller in by any kind of token, with tags and a source identity of its choice"),
                    "write `sts:AssumeRole` or `sts:AssumeRoleWithWebIdentity`, and `sts:TagSession` where tags are passed",
                );
            }
        }
    }
}

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
            if of_everything(statement) && !on_everything(statement) && is_open(action) {
                report.add(
                    within(policy, &statement.actions.values.path(&statement.actions_path(), index)),
                    action,
                    format!("`{action}` allows every action on its resources"),
                    "write the actions that are needed",
                );
            }
            if !is_whole_service(action) || is_refused(facts, action) {
                continue;
            }
            let path = statement.actions.values.path(&statement.actions_path(), index);
            let where_to = if on_everything(statement) { "" } else { " on its resources" };
            report.add(
                within(policy, &path),
                action,
                format!("`{action}` allows every action of `{}`{where_to}", service_of(action)),
                "write the actions that are needed",
            );
        }
    }
}

/// What a policy of a resource gives away. An account may do everything with what is its own, and a key has to be given
/// to somebody whole.
fn resource(facts: &ResourceFacts<'_>, report: &mut Report<'_>) {
    if matches!(facts.resource_type, "AWS::KMS::Key" | "AWS::KMS::ReplicaKey") {
        return;
    }
    let is_account =
        |arn: &str| arn.ends_with(":root") || arn.bytes().all(|b| b.is_ascii_digit()) || arn.contains("{{");
    for (policy, statement) in allows(&facts.policies).filter(|(_, s)| !s.actions.negated) {
        let accounts_only = |p: &PrincipalElement| {
            let others = p.service.texts.len() + p.federated.texts.len() + p.canonical_user.texts.len();
            !p.negated && !p.everyone && others == 0 && p.aws.iter().all(is_account)
        };
        if statement.principal.as_ref().is_none_or(accounts_only) {
            continue;
        }
        for (index, action) in statement.actions.values.iter().enumerate() {
            if is_open(action) || is_whole_service(action) {
                report.add(
                    within(policy, &statement.actions.values.path(&statement.actions_path(), index)),
                    action,
                    format!("`{action}` grants every action, also those that delete it or change its policy"),
                    "write the actions that the principal needs",
                );
            }
        }
    }
}

fn service_of(action: &str) -> &str {
    action.split(':').next().unwrap_or_default()
}

/// Whether denies, a boundary or service control policies leave nothing of it.
fn is_refused(facts: &RoleFacts<'_>, action: &str) -> bool {
    let denies = facts.policies.iter().any(|p| p.document.statements.iter().any(|s| s.effect == Effect::Deny));
    let capped = denies || facts.boundary.is_some() || !facts.service_control.is_empty();
    // An allow of some resources is not looked for here, so only what is refused everywhere counts.
    capped
        && actions::matching(action).iter().all(|a| is_denied_everywhere(facts, &format!("{}:{}", a.service, a.name)))
}

/// Whether an unconditional deny, or a boundary that does not name it, refuses an action on every resource.
fn is_denied_everywhere(facts: &RoleFacts<'_>, action: &str) -> bool {
    let refuses =
        |s: &Statement| s.effect == Effect::Deny && s.conditions.is_empty() && on_everything(s) && is_about(s, action);
    let unnamed =
        |p: &NamedPolicy| !p.document.statements.iter().any(|s| s.effect == Effect::Allow && is_about(s, action));
    let control = facts.service_control.iter().flat_map(|level| &level.policies);
    facts.policies.iter().chain(&facts.boundary).chain(control).any(|p| p.document.statements.iter().any(refuses))
        || facts.boundary.as_ref().is_some_and(unnamed)
}

fn is_broad_managed(arn: &str) -> bool {
    let name = arn.rsplit('/').next().unwrap_or_default();
    arn.contains(":iam::aws:policy/") && (name == "PowerUserAccess" || name.ends_with("FullAccess"))
}

#[cfg(test)]
mod tests {
    use crate::check::samples::{resource, role, role_with, trust};
    use serde_json::json;

    #[test]
    fn services_are_not_allowed_whole() {
        assert_eq!(
            role("ROLE-002", json!({"Effect": "Allow", "Action": ["s3:GetObject", "dynamodb:*"], "Resource": "*"})),
            ["warning /inline/Statement/Action/1: `dynamodb:*` allows every action of `dynamodb`"]
        );
        assert_eq!(
            role("ROLE-002", json!({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"})),
            ["warning /inline/Statement/Action: `s3:*` allows every action of `s3` on its resources"]
        );
        for action in ["S3:**", "s3:?*", "i*:*"] {
            assert_eq!(
                role("ROLE-002", json!({"Effect": "Allow", "Action": action, "Resource": "*"})).len(),
                1,
                "{action}"
            );
        }
        let queue = |principal: serde_json::Value, action: &str| {
            let condition = json!({"StringEquals": {"aws:SourceAccount": "222222222222"}});
            let grant = json!({"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", "Condition": condition});
            resource("ROLE-002", "AWS::SQS::Queue", json!({}), Some(grant)).len()
        };
        assert_eq!(queue(json!({"Service": "sns.amazonaws.com"}), "sqs:*"), 1);
        assert_eq!(queue(json!("*"), "*"), 1);
        assert_eq!(queue(json!({"Service": "sns.amazonaws.com"}), "sqs:SendMessage"), 0);
        assert_eq!(queue(json!({"AWS": "arn:aws:iam::222222222222:root"}), "sqs:*"), 0, "its own account");
        assert_eq!(
            role_with("ROLE-002", json!([]), |f| f.managed = vec!["arn:aws:iam::aws:policy/AmazonS3FullAccess"]).len(),
            1
        );
        assert_eq!(
            role("ROLE-002", json!({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b/*"})),
            ["warning /inline/Statement/Action: `*` allows every action on its resources"]
        );
        assert!(role("ROLE-002", json!({"Effect": "Allow", "Action": "*", "Resource": "*"})).is_empty(), "ROLE-001");
        assert!(role("ROLE-002", json!({"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"})).is_empty());
        let denied = json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]);
        assert!(role("ROLE-002", denied).is_empty(), "nothing is left of it");
        let some = json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"}]);
        assert_eq!(role("ROLE-002", some).len(), 1);
        let assume = |action: &str| {
            trust("ROLE-002", json!({"Effect": "Allow", "Principal": {"AWS": "222222222222"}, "Action": action}))
        };
        assert_eq!(assume("sts:*").len() + assume("*").len(), 2);
        assert!(assume("sts:AssumeRole").is_empty());
        assert!(role("ROLE-002", json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"})).is_empty());
    }
}
