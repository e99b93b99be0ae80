//! RES-006: a service that may call a function for anybody.

use super::{allows, within};
use crate::check::closing::asks;
use crate::check::denied::demanded;
use crate::check::{Check, Report, ResourceFacts, Rule};
use crate::pattern::Pattern;
use crate::policy::ConditionEntry;
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "RES-006",
    severity: Severity::Error,
    title: "function may be called by a service for anybody",
    why: "the service would also call it for other accounts, for example for their bucket's events (the confused deputy)",
    check: Check::Resource(check),
};

const FIX: &str = "set `SourceArn` to the ARN of the thing that calls, and for S3 `SourceAccount` as well";

fn check(facts: &ResourceFacts<'_>, report: &mut Report<'_>) {
    policies(facts, report);
    if facts.resource_type != "AWS::Lambda::Permission" {
        return;
    }
    let Some(principal) = facts.text("/Principal") else { return };
    let bounds = ["/SourceArn", "/SourceAccount", "/PrincipalOrgID", "/EventSourceToken"];
    if bounds.iter().any(|b| facts.has(b)) {
        // Only services say for what they call.
        let by_source = bounds[..2].iter().any(|b| facts.has(b)) && !facts.has("/PrincipalOrgID");
        if principal == "*" && by_source {
            let message = "every service may call the function for its source";
            report.add_as(Severity::Warning, "/Principal", principal, message, "name the service in `Principal`");
        }
        return;
    }
    // Open function URLs are another rule's matter.
    if principal == "*" && !facts.has("/FunctionUrlAuthType") && !facts.has("/InvokedViaFunctionUrl") {
        report.add(
            "/Principal",
            principal,
            "everyone may call the function",
            "name the principal, or set `PrincipalOrgID`",
        );
    } else if principal.contains(".amazonaws.com") {
        report.add("/Principal", principal, format!("`{principal}` may call the function for any account"), FIX);
    }
}

/// The same in a function's policy as Lambda gives it back.
fn policies(facts: &ResourceFacts<'_>, report: &mut Report<'_>) {
    let calls = |a: &str| Pattern::new(a).matches_ignoring_case("lambda:InvokeFunction") && a.contains(':');
    for (policy, statement) in allows(&facts.policies).filter(|(_, s)| s.actions.values.iter().any(calls)) {
        let Some(principal) = statement.principal.as_ref().filter(|p| !p.negated) else { continue };
        let conditions = demanded(&policy.document.statements, statement);
        if conditions.is_none_or(|c| c.iter().any(names_source)) {
            continue;
        }
        let list = format!("{}/Service", statement.principal_path());
        for (index, service) in principal.service.iter().enumerate() {
            report.add(
                within(policy, &principal.service.path(&list, index)),
                service,
                format!("`{service}` may call the function for any account"),
                FIX,
            );
        }
    }
}

fn names_source(entry: &ConditionEntry) -> bool {
    const KEYS: &[&str] = &[
        "aws:SourceArn",
        "aws:SourceAccount",
        "aws:SourceOrgID",
        "aws:SourceOrgPaths",
        "aws:PrincipalOrgID",
        "lambda:EventSourceToken",
    ];
    KEYS.iter().any(|key| entry.is_on(key)) && asks(entry)
}

#[cfg(test)]
mod tests {
    use crate::check::samples::resource;
    use serde_json::json;

    #[test]
    fn the_caller_is_named() {
        let permission = |properties| resource("RES-006", "AWS::Lambda::Permission", properties, None);
        assert_eq!(
            permission(json!({"Principal": "s3.amazonaws.com"})),
            ["error /Principal: `s3.amazonaws.com` may call the function for any account"]
        );
        assert_eq!(permission(json!({"Principal": "*"})), ["error /Principal: everyone may call the function"]);
        assert!(permission(json!({"Principal": "sns.amazonaws.com", "SourceArn": {"Ref": "Topic"}})).is_empty());
        assert!(permission(json!({"Principal": "111111111111"})).is_empty());
        assert!(permission(json!({"Principal": "*", "FunctionUrlAuthType": "NONE"})).is_empty());
        assert!(permission(json!({"Principal": "*", "InvokedViaFunctionUrl": true})).is_empty());
        assert!(permission(json!({"Principal": "alexa-appkit.amazon.com"})).is_empty());
        assert_eq!(
            permission(json!({"Principal": "*", "SourceAccount": "222222222222"})),
            ["warning /Principal: every service may call the function for its source"]
        );
        let policy = |condition: serde_json::Value| {
            let grant = json!({"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "lambda:InvokeFunction", "Resource": "*", "Condition": condition});
            resource("RES-006", "AWS::Lambda::Function", json!({}), Some(grant))
        };
        assert_eq!(
            policy(json!({})),
            ["error /policy/Statement/Principal/Service: `s3.amazonaws.com` may call the function for any account"]
        );
        assert!(policy(json!({"StringEquals": {"AWS:SourceAccount": "222222222222"}})).is_empty());
    }
}
