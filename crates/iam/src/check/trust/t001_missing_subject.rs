//! TRUST-001: a token is let in without looking at whom it is for.

use super::token_statement::{example, token_statements};
use crate::check::{Check, Report, Rule, TrustFacts};
use crate::trust::Issuer;
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "TRUST-001",
    severity: Severity::Error,
    title: "token accepted without a condition on its subject",
    why: "the issuer signs tokens for everybody who has an account there, so without a condition on `sub` any of them can assume the role",
    check: Check::Trust(check),
};

fn check(facts: &TrustFacts<'_>, report: &mut Report<'_>) {
    for found in token_statements(facts) {
        // Cognito's tenant is the audience; so is that of sign-in services when no subject is named.
        let audience_is_tenant =
            matches!(found.issuer, Issuer::Cognito | Issuer::Social) && !found.entries("aud").is_empty();
        let attacker_set = found.issuer.attacker_set_claims().iter().any(|c| !found.entries(c).is_empty());
        if !found.entries("sub").is_empty()
            || !found.identities().is_empty()
            || found.tenant_is_closed()
            || audience_is_tenant
            || attacker_set
        {
            continue;
        }
        let (name, address) = (found.issuer.name(), &found.address);
        report.add(
            &found.statement.path,
            address,
            format!("tokens of {name} are accepted whatever their subject"),
            format!(
                "add `\"StringEquals\": {{\"{address}:sub\": \"{}\"}}` to the statement's `Condition`",
                example(found.issuer)
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::samples::{github, subject, token, trust};
    use serde_json::json;

    #[test]
    fn a_subject_or_a_project_id_is_demanded() {
        let bad = token(
            "token.actions.githubusercontent.com",
            json!({"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}),
        );
        assert_eq!(
            trust("TRUST-001", bad.clone()),
            ["error /Statement: tokens of GitHub Actions are accepted whatever their subject"]
        );
        let by_deny = json!([bad.clone(), {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringNotLike": {"token.actions.githubusercontent.com:sub": "repo:acme/shop:*"}}}]);
        assert!(trust("TRUST-001", by_deny).is_empty(), "a deny pins it");
        let elsewhere = json!([bad.clone(), {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole",
            "Condition": {"StringNotLike": {"token.actions.githubusercontent.com:sub": "repo:acme/shop:*"}}}]);
        assert_eq!(trust("TRUST-001", elsewhere).len(), 1, "a deny of another action pins nothing");
        let nobody = json!([bad.clone(), {"Effect": "Deny", "Principal": "*", "Action": "sts:*"}]);
        assert!(trust("TRUST-001", nobody).is_empty(), "nobody gets in");
        let negated = github("StringNotLike", "sub", json!("repo:evil/*"));
        assert_eq!(trust("TRUST-001", negated).len(), 1, "a negated condition pins nothing");
        assert_eq!(trust("TRUST-001", token("gitlab.com", json!({}))).len(), 1);
        assert_eq!(
            trust(
                "TRUST-001",
                token(
                    "vstoken.dev.azure.com/1",
                    json!({"StringEquals": {"vstoken.dev.azure.com/1:aud": "api://AzureADTokenExchange"}})
                )
            )
            .len(),
            1
        );

        assert!(trust("TRUST-001", github("StringEquals", "sub", json!("repo:acme/shop:environment:prod"))).is_empty());
        assert!(trust("TRUST-001", github("StringEquals", "repository_id", json!("42"))).is_empty());
        let mut symbolic = github("StringEquals", "sub", json!("repo:acme/shop:environment:prod"));
        symbolic["Principal"]["Federated"] = json!("{{Provider}}");
        assert!(trust("TRUST-001", symbolic).is_empty(), "the keys tell the issuer");
        let computed = json!({"StringEquals": {"{{Issuer}}:sub": "system:serviceaccount:shop:api"}});
        let mut unknown = token("unknown", computed);
        unknown["Principal"]["Federated"] = json!("{{Provider.Arn}}");
        assert!(trust("TRUST-001", unknown).is_empty(), "an issuer that is not known, by a key that is not known");
        assert!(trust("TRUST-001", subject("gitlab.com", "StringLike", json!("project_path:acme/shop:*"))).is_empty());
        let tags = json!({"StringEquals": {"agent.buildkite.com:aud": "sts.amazonaws.com", "aws:RequestTag/organization_id": "o", "aws:RequestTag/pipeline_slug": "p"}});
        assert!(trust("TRUST-001", token("agent.buildkite.com", tags)).is_empty());
        assert!(
            trust(
                "TRUST-001",
                token(
                    "cognito-identity.amazonaws.com",
                    json!({"StringEquals": {"cognito-identity.amazonaws.com:aud": "pool"}})
                )
            )
            .is_empty()
        );
    }
}
