//! TRUST-013: a role that everyone, or everyone but a few, may assume.

use super::token_statement::token_statements;
use crate::check::closing::{demands, is_everyone, names_owner};
use crate::check::denied::demanded;
use crate::check::{Check, Report, Rule, TrustFacts};
use crate::pattern::Pattern;
use crate::policy::{ConditionEntry, Effect};
use crate::trust::Issuer;
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "TRUST-013",
    severity: Severity::Error,
    title: "trust in everyone",
    why: "a principal of `*` is every AWS account in the world, and `NotPrincipal` is all of them but a few",
    check: Check::Trust(check),
};

const FIX: &str = "name the account in `Principal`, and narrow it with `\"ArnEquals\": {\"aws:PrincipalArn\": \"arn:aws:iam::ACCOUNT:role/NAME\"}`";

fn check(facts: &TrustFacts<'_>, report: &mut Report<'_>) {
    guests(facts, report);
    for statement in facts.document.statements.iter().filter(|s| s.effect == Effect::Allow) {
        let Some(principal) = &statement.principal else { continue };
        let Some(conditions) = demanded(&facts.document.statements, statement) else { continue };
        let path = statement.principal_path();
        if principal.negated {
            report.add(
                path,
                &format!("{:?}", principal.aws.texts),
                "`NotPrincipal` with `Allow` trusts everyone else",
                FIX,
            );
            continue;
        }
        let wild =
            is_everyone(principal) || principal.federated.iter().chain(principal.service.iter()).any(|p| p == "*");
        if !wild {
            continue;
        }
        match conditions.iter().filter_map(bounds).max() {
            Some(Bound::Principal) => {}
            Some(Bound::Organization) => {
                report.add_as(
                    Severity::Warning,
                    path,
                    "organization",
                    "every principal of the organization is trusted",
                    FIX,
                );
            }
            None => report.add(path, "everyone", "everyone is trusted", FIX),
        }
    }
}

/// Guests of an identity pool: everyone who has its id, which stands in the code of the page or the application.
fn guests(facts: &TrustFacts<'_>, report: &mut Report<'_>) {
    for found in token_statements(facts).iter().filter(|f| f.issuer == Issuer::Cognito) {
        let kinds = found.values("amr");
        let guest = |text: &str| Pattern::new(text).matches("unauthenticated");
        let fix = "give guests a role that may do nothing which is not for everyone, and ask for `\"ForAnyValue:StringLike\": {\"cognito-identity.amazonaws.com:amr\": \"authenticated\"}` in all others";
        if let Some(value) = kinds.iter().find(|value| guest(value.text)) {
            let message = "everyone is trusted, signed in or not, who knows the identity pool";
            report.add_as(Severity::Warning, &value.path, value.text, message, fix);
        } else if kinds.is_empty() && !found.entries("aud").is_empty() && found.entries("sub").is_empty() {
            let message = "guests of the identity pool are trusted as well as those who sign in";
            report.add_as(Severity::Note, &found.statement.path, "guests", message, fix);
        }
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Bound {
    Organization,
    Principal,
}

/// What a condition on the caller closes off.
fn bounds(entry: &ConditionEntry) -> Option<Bound> {
    if !demands(entry) || !names_owner(entry) {
        return None;
    }
    match entry.key.to_ascii_lowercase().as_str() {
        "aws:principalarn" | "aws:principalaccount" | "aws:userid" | "aws:sourceaccount" | "aws:sourcearn" => {
            Some(Bound::Principal)
        }
        "aws:principalorgid" | "aws:principalorgpaths" | "aws:sourceorgid" | "sts:externalid" => {
            Some(Bound::Organization)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::check::samples::{token, trust};
    use serde_json::json;

    #[test]
    fn guests_are_told() {
        let pool = "cognito-identity.amazonaws.com";
        let ask = |kind: Option<&str>| {
            let mut condition = json!({"StringEquals": {format!("{pool}:aud"): "us-east-1:1"}});
            if let Some(kind) = kind {
                condition["ForAnyValue:StringLike"] = json!({format!("{pool}:amr"): kind});
            }
            trust("TRUST-013", token(pool, condition))
        };
        assert_eq!(
            ask(Some("unauthenticated")),
            [
                "warning /Statement/Condition/ForAnyValue:StringLike/cognito-identity.amazonaws.com:amr: everyone is trusted, signed in or not, who knows the identity pool"
            ]
        );
        assert!(ask(None)[0].starts_with("note"));
        assert!(ask(Some("authenticated")).is_empty());
    }

    #[test]
    fn principals_are_named() {
        let assume = |principal: serde_json::Value, condition: serde_json::Value| {
            trust(
                "TRUST-013",
                json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition}),
            )
        };
        assert_eq!(assume(json!("*"), json!({})), ["error /Statement/Principal: everyone is trusted"]);
        assert_eq!(assume(json!({"AWS": ["*"]}), json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}})).len(), 1);
        assert_eq!(
            assume(json!({"AWS": "*"}), json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}})),
            ["warning /Statement/Principal: every principal of the organization is trusted"]
        );
        let not = json!({"Effect": "Allow", "NotPrincipal": {"AWS": "111111111111"}, "Action": "sts:AssumeRole"});
        assert_eq!(trust("TRUST-013", not).len(), 1);
        assert_eq!(assume(json!({"AWS": "arn:aws:iam::*:root"}), json!({})).len(), 1, "every account's");
        assert_eq!(assume(json!(["*"]), json!({})).len(), 1, "a list");
        let beside = |operator: &str| {
            let all = json!({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"});
            let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Condition": {operator: {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/hub"}}});
            trust("TRUST-013", json!([all, deny])).len()
        };
        assert_eq!((beside("ArnNotEquals"), beside("ArnEquals")), (0, 1), "a deny of all others closes it");
        assert!(assume(json!({"AWS": "111111111111"}), json!({})).is_empty());
        assert!(
            assume(
                json!({"AWS": "*"}),
                json!({"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/hub"}})
            )
            .is_empty()
        );
    }
}
