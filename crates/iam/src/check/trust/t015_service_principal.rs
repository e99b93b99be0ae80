//! TRUST-015: a service trusted for whomever it works.

use crate::check::closing::{asks, names_owner};
use crate::check::{Check, Report, Rule, TrustFacts};
use crate::policy::{ConditionEntry, Effect};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "TRUST-015",
    severity: Severity::Warning,
    title: "service trusted without saying for whom",
    why: "the service also works for other accounts, which could have it use this role (the confused deputy)",
    check: Check::Trust(check),
};

/// Services that act on what other accounts set up. Those that run the account's own code, such as Lambda and EC2, assume
/// roles only for the account that passed them and send no source.
const FOR_OTHERS: &[&str] = &[
    "backup",
    "bedrock",
    "cloudformation",
    "cloudtrail",
    "config",
    "delivery.logs",
    "logs",
    "s3",
    "sns",
    "transfer",
    "vpc-flow-logs",
];
/// Services whose guides recommend the condition, and that only take roles which the account itself passed.
const PASSED: &[&str] =
    &["codebuild", "codepipeline", "events", "firehose", "iot", "pipes", "sagemaker", "scheduler", "ssm", "states"];

fn check(facts: &TrustFacts<'_>, report: &mut Report<'_>) {
    for statement in facts.document.statements.iter().filter(|s| s.effect == Effect::Allow) {
        let Some(principal) = statement.principal.as_ref().filter(|p| !p.negated) else { continue };
        if statement.conditions.iter().any(names_source) {
            continue;
        }
        let list = format!("{}/Service", statement.principal_path());
        for (index, service) in principal.service.iter().enumerate() {
            let severity = match (is_one_of(service, FOR_OTHERS), is_one_of(service, PASSED)) {
                (true, _) => Severity::Warning,
                (_, true) => Severity::Note,
                _ => continue,
            };
            let account = facts.account.unwrap_or("ACCOUNT");
            report.add_as(
                severity,
                principal.service.path(&list, index),
                service,
                format!("`{service}` is trusted for any account that uses it"),
                format!("add `\"StringEquals\": {{\"aws:SourceAccount\": \"{account}\"}}`, and `\"ArnLike\": {{\"aws:SourceArn\": \"…\"}}` where the source is known"),
            );
        }
    }
}

fn is_one_of(service: &str, names: &[&str]) -> bool {
    let name = service.split(".amazonaws.com").next().unwrap_or_default();
    // Regional principals such as `cloudformation.eu-south-1.amazonaws.com`.
    names.iter().any(|s| name == *s || name.strip_prefix(s).is_some_and(|rest| rest.starts_with('.')))
}

fn names_source(entry: &ConditionEntry) -> bool {
    let keys = [
        "aws:SourceArn",
        "aws:SourceAccount",
        "aws:SourceOrgID",
        "aws:SourceOrgPaths",
        "aws:SourceOwner",
        "aws:PrincipalOrgID",
        "sts:ExternalId",
    ];
    // A service that works for somebody always says for whom, so `…IfExists` is as good here.
    keys.iter().any(|k| entry.is_on(k)) && asks(entry) && names_owner(entry)
}

#[cfg(test)]
mod tests {
    use crate::check::samples::trust;
    use serde_json::json;

    #[test]
    fn the_source_is_named() {
        let assume = |service: &str, condition: serde_json::Value| {
            trust(
                "TRUST-015",
                json!({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", "Condition": condition}),
            )
        };
        assert_eq!(
            assume("cloudformation.amazonaws.com", json!({})),
            [
                "warning /Statement/Principal/Service: `cloudformation.amazonaws.com` is trusted for any account that uses it"
            ]
        );
        assert_eq!(assume("cloudformation.eu-south-1.amazonaws.com", json!({})).len(), 1);
        assert!(
            assume("cloudformation.amazonaws.com", json!({"StringEquals": {"aws:SourceAccount": "222222222222"}}))
                .is_empty()
        );
        let any_account = json!({"ArnLike": {"aws:SourceArn": "arn:aws:cloudformation:*:*:stackset/*"}});
        assert_eq!(assume("cloudformation.amazonaws.com", any_account).len(), 1, "a source of any account");
        assert!(assume("states.amazonaws.com", json!({}))[0].starts_with("note"));
        assert!(assume("lambda.amazonaws.com", json!({})).is_empty());
        assert!(assume("ec2.amazonaws.com", json!({})).is_empty());
    }
}
