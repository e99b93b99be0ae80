//! RES-001: a bucket that also answers without TLS.

use super::within;
use crate::check::{Check, Report, ResourceFacts, Rule};
use crate::pattern::Pattern;
use crate::policy::{Effect, Statement};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "RES-001",
    severity: Severity::Warning,
    title: "bucket answers without TLS",
    why: "requests over plain HTTP, objects and signatures included, can be read and replayed on their way",
    check: Check::Resource(check),
};

const FIX: &str = "add to the bucket policy `{\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"s3:*\", \"Resource\": [\"BUCKET-ARN\", \"BUCKET-ARN/*\"], \"Condition\": {\"Bool\": {\"aws:SecureTransport\": \"false\"}}}`";

fn check(facts: &ResourceFacts<'_>, report: &mut Report<'_>) {
    if facts.resource_type != "AWS::S3::Bucket" || !facts.policies_complete {
        return;
    }
    let mut partly = None;
    for policy in &facts.policies {
        for statement in policy.document.statements.iter().filter(|s| refuses_plain(s)) {
            if statement.actions.values.iter().any(|a| a == "*" || a.eq_ignore_ascii_case("s3:*")) {
                return;
            }
            partly = Some(within(policy, &statement.actions_path()));
        }
    }
    match partly {
        Some(path) => report.add(path, "partly", "plain HTTP is refused for some actions only", FIX),
        None => report.add("", "none", "no statement refuses plain HTTP", FIX),
    }
}

fn refuses_plain(statement: &Statement) -> bool {
    let everyone = statement.principal.as_ref().is_some_and(|p| !p.negated && p.is_everyone());
    let condition = match statement.conditions.as_slice() {
        [one] => one.is_on("aws:SecureTransport") && one.values.iter().any(|v| v.eq_ignore_ascii_case("false")),
        _ => false,
    };
    let reads = statement.actions.values.iter().any(|a| Pattern::new(a).matches_ignoring_case("s3:GetObject"));
    statement.effect == Effect::Deny && everyone && condition && reads && !statement.actions.negated
}

#[cfg(test)]
mod tests {
    use crate::check::samples::resource;
    use serde_json::{Value, json};

    #[test]
    fn plain_http_is_refused() {
        let deny = |actions: Value| json!({"Effect": "Deny", "Principal": "*", "Action": actions, "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}});
        let bucket = |policy| resource("RES-001", "AWS::S3::Bucket", json!({}), policy);
        assert_eq!(bucket(None), ["warning : no statement refuses plain HTTP"]);
        assert_eq!(
            bucket(Some(deny(json!("s3:GetObject")))),
            ["warning /policy/Statement/Action: plain HTTP is refused for some actions only"]
        );
        assert!(bucket(Some(deny(json!("s3:*")))).is_empty());
        assert!(resource("RES-001", "AWS::SQS::Queue", json!({}), None).is_empty());
    }
}
