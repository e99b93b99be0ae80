//! RES-006: a service that may call a function for anybody.

use crate::check::{Check, Report, ResourceFacts, Rule};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "RES-006",
    severity: Severity::Error,
    title: "function may be called by a service for anybody",
    why: "the service would also call it for other accounts, for example for their bucket's events (the confused deputy)",
    check: Check::Resource(check),
};

fn check(facts: &ResourceFacts<'_>, report: &mut Report<'_>) {
    if facts.resource_type != "AWS::Lambda::Permission" {
        return;
    }
    let Some(principal) = facts.text("/Principal") else { return };
    let bounds = ["/SourceArn", "/SourceAccount", "/PrincipalOrgID", "/EventSourceToken"];
    if bounds.iter().any(|b| facts.has(b)) {
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
        report.add(
            "/Principal",
            principal,
            format!("`{principal}` may call the function for any account"),
            "set `SourceArn` to the ARN of the thing that calls, and for S3 `SourceAccount` as well",
        );
    }
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
    }
}
