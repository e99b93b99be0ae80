//! RES-005: a function that the whole internet may call.

use crate::check::{Check, Report, ResourceFacts, Rule};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "RES-005",
    severity: Severity::Warning,
    title: "function URL without authentication",
    why: "everybody who knows the address can run the function with its role's permissions, and at your cost",
    check: Check::Resource(check),
};

fn check(facts: &ResourceFacts<'_>, report: &mut Report<'_>) {
    let (pointer, path) = match facts.resource_type {
        "AWS::Lambda::Url" => ("/AuthType", "/AuthType"),
        "AWS::Serverless::Function" => ("/FunctionUrlConfig/AuthType", "/FunctionUrlConfig/AuthType"),
        _ => return,
    };
    if facts.text(pointer) == Some("NONE") {
        report.add(
            path,
            "NONE",
            "the function's URL asks nobody who they are",
            "set `AuthType: AWS_IAM`, or put an API with an authorizer before the function",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::samples::resource;
    use serde_json::json;

    #[test]
    fn callers_are_authenticated() {
        assert_eq!(
            resource("RES-005", "AWS::Lambda::Url", json!({"AuthType": "NONE"}), None),
            ["warning /AuthType: the function's URL asks nobody who they are"]
        );
        assert_eq!(
            resource("RES-005", "AWS::Serverless::Function", json!({"FunctionUrlConfig": {"AuthType": "NONE"}}), None)
                .len(),
            1
        );
        assert!(resource("RES-005", "AWS::Lambda::Url", json!({"AuthType": "AWS_IAM"}), None).is_empty());
        assert!(resource("RES-005", "AWS::Lambda::Function", json!({}), None).is_empty());
    }
}
