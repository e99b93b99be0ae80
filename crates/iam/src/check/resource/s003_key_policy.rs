//! RES-003: a key that everyone may use.

use super::{allows, is_closed, within};
use crate::check::closing::is_everyone;
use crate::check::{Check, Report, ResourceFacts, Rule};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "RES-003",
    severity: Severity::Error,
    title: "key policy open to everyone",
    why: "whoever may use the key can read all that it protects",
    check: Check::Resource(check),
};

fn check(facts: &ResourceFacts<'_>, report: &mut Report<'_>) {
    if !matches!(facts.resource_type, "AWS::KMS::Key" | "AWS::KMS::ReplicaKey") {
        return;
    }
    for (policy, statement) in allows(&facts.policies) {
        let open = statement.principal.as_ref().is_some_and(|p| p.negated || is_everyone(p));
        if !open || is_closed(policy, statement) {
            continue;
        }
        report.add(
            within(policy, &statement.principal_path()),
            statement.sid.as_deref().unwrap_or("open"),
            "everyone may use the key",
            "name the account (`\"AWS\": \"arn:aws:iam::ACCOUNT:root\"`), or add `\"StringEquals\": {\"kms:CallerAccount\": \"ACCOUNT\"}` or `aws:PrincipalOrgID`",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::samples::resource;
    use serde_json::{Value, json};

    #[test]
    fn keys_name_their_users() {
        let key = |principal: Value, condition: Value| {
            let grant = json!({"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*", "Condition": condition});
            resource("RES-003", "AWS::KMS::Key", json!({}), Some(grant))
        };
        assert_eq!(
            key(json!({"AWS": "*"}), json!({})),
            ["error /policy/Statement/Principal: everyone may use the key"]
        );
        assert_eq!(
            key(json!("*"), json!({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}})).len(),
            1,
            "also others use S3"
        );
        assert!(key(json!("*"), json!({"StringEquals": {"kms:CallerAccount": "222222222222"}})).is_empty());
        assert!(key(json!({"AWS": "arn:aws:iam::222222222222:root"}), json!({})).is_empty());
    }
}
