//! TRUST-002: a token is let in for any audience.

use super::token_statement::token_statements;
use crate::check::{Check, Report, Rule, TrustFacts};
use crate::trust::Issuer;
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "TRUST-002",
    severity: Severity::Error,
    title: "missing or loose audience",
    why: "a token that was asked for another service, and may be known to it, would open this role",
    check: Check::Trust(check),
};

fn check(facts: &TrustFacts<'_>, report: &mut Report<'_>) {
    for found in token_statements(facts) {
        let address = &found.address;
        let audience = match found.issuer {
            Issuer::GitHub | Issuer::Buildkite | Issuer::Kubernetes => "sts.amazonaws.com",
            Issuer::HcpTerraform => "aws.workload.identity",
            Issuer::AzurePipelines => "api://AzureADTokenExchange",
            _ => "AUDIENCE",
        };
        let fix = format!("write `\"StringEquals\": {{\"{address}:aud\": \"{audience}\"}}`");
        let values = found.values("aud");
        if values.is_empty() {
            // The provider's own list of client ids still applies, so this alone opens nothing to strangers.
            report.add_as(
                Severity::Warning,
                &found.statement.path,
                address,
                format!("the audience of tokens of {} is not checked", found.issuer.name()),
                fix,
            );
            continue;
        }
        for value in values.iter().filter(|v| v.wild() && v.text.contains(['*', '?'])) {
            report.add(&value.path, value.text, format!("the audience `{}` has a wildcard", value.text), fix.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::samples::{HOST, github, token, trust};
    use serde_json::json;

    #[test]
    fn one_exact_audience() {
        let none = token(HOST, json!({"StringEquals": {format!("{HOST}:sub"): "repo:a/b:environment:c"}}));
        assert_eq!(
            trust("TRUST-002", none),
            ["warning /Statement: the audience of tokens of GitHub Actions is not checked"]
        );
        let wide = token(HOST, json!({"StringLike": {format!("{HOST}:aud"): ["sts.amazonaws.com", "*"]}}));
        assert_eq!(
            trust("TRUST-002", wide),
            [
                "error /Statement/Condition/StringLike/token.actions.githubusercontent.com:aud/1: the audience `*` has a wildcard"
            ]
        );
        assert!(trust("TRUST-002", github("StringEquals", "sub", json!("repo:a/b:environment:c"))).is_empty());
        let like = token(HOST, json!({"StringLike": {format!("{HOST}:aud"): "sts.amazonaws.com"}}));
        assert!(trust("TRUST-002", like).is_empty(), "without a wildcard the operator does not matter");
        let list = token(
            "api.bitbucket.org/2.0/workspaces/w/pipelines-config/identity/oidc",
            json!({"ForAnyValue:StringEquals":
            {"api.bitbucket.org/2.0/workspaces/w/pipelines-config/identity/oidc:aud": "ari:cloud:bitbucket::workspace/1"}}),
        );
        assert!(trust("TRUST-002", list).is_empty());
    }
}
