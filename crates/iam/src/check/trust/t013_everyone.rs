//! TRUST-013: a role that everyone, or everyone but a few, may assume.

use crate::check::closing::{demands, is_everyone, names_owner};
use crate::check::denied::demanded;
use crate::check::{Check, Report, Rule, TrustFacts};
use crate::policy::{ConditionEntry, Effect};
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
    use crate::check::samples::trust;
    use serde_json::json;

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
