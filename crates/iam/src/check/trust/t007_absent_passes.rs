//! TRUST-007: a condition on an identifying claim that also holds when the claim is absent.

use super::token_statement::{is_firm, token_statements};
use crate::check::{Check, Report, Rule, TrustFacts};
use crate::policy::{Operator, Quantifier};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "TRUST-007",
    severity: Severity::Error,
    title: "condition on an identifying claim holds when the claim is absent",
    why: "`…IfExists` and `ForAllValues:` are true when the key is missing, so they check nothing where it matters",
    check: Check::Trust(check),
};

fn check(facts: &TrustFacts<'_>, report: &mut Report<'_>) {
    for found in token_statements(facts) {
        let claims = ["sub", "aud"].iter().chain(found.issuer.project_claims()).chain(found.issuer.tenant_claims());
        for entry in claims.flat_map(|claim| found.entries(claim)).filter(|e| !is_firm(e)) {
            let quantifier = if entry.operator.quantifier == Quantifier::ForAllValues {
                Quantifier::ForAnyValue
            } else {
                entry.operator.quantifier
            };
            let list = entry.key.to_ascii_lowercase().ends_with(":aud");
            let quantifier = if list { quantifier } else { Quantifier::None };
            let firm = Operator { if_exists: false, quantifier, ..entry.operator };
            report.add(
                &entry.path,
                &format!("{} {}", entry.operator, entry.key),
                format!("`{}` on `{}` holds when the claim is absent", entry.operator, entry.key),
                format!("write `{firm}` instead of `{}`", entry.operator),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::samples::{github, trust};
    use serde_json::json;

    #[test]
    fn conditions_on_the_tenant_are_firm() {
        let sub =
            |operator: &str| trust("TRUST-007", github(operator, "sub", json!("repo:acme/shop:environment:prod")));
        assert_eq!(
            sub("ForAllValues:StringLike"),
            [
                "error /Statement/Condition/ForAllValues:StringLike/token.actions.githubusercontent.com:sub: `ForAllValues:StringLike` on `token.actions.githubusercontent.com:sub` holds when the claim is absent"
            ]
        );
        assert_eq!(sub("StringEqualsIfExists").len(), 1);
        assert_eq!(trust("TRUST-007", github("StringEqualsIfExists", "repository_id", json!("1"))).len(), 1);
        assert!(sub("StringEquals").is_empty());
        assert!(sub("ForAnyValue:StringEquals").is_empty());
    }
}
