//! TRUST-014: a whole account trusted without saying which of its principals.

use crate::check::closing::{demands, names_principal};
use crate::check::denied::demanded;
use crate::check::{Check, Report, Rule, TrustFacts};
use crate::pattern::Pattern;
use crate::policy::{ConditionEntry, Effect, Statement};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "TRUST-014",
    severity: Severity::Error,
    title: "whole account trusted without naming the principal",
    why: "everyone in that account who may call `sts:AssumeRole` gets in, and whoever runs it decides who that is",
    check: Check::Trust(check),
};

/// Conditions that say which caller is meant.
const NARROWING: &[&str] = &[
    "aws:PrincipalArn",
    "sts:ExternalId",
    "aws:userid",
    "aws:PrincipalOrgPaths",
    "sts:RoleSessionName",
    "sts:SourceIdentity",
];

fn check(facts: &TrustFacts<'_>, report: &mut Report<'_>) {
    for statement in facts.document.statements.iter().filter(|s| s.effect == Effect::Allow && assumes(s)) {
        let Some(principal) = statement.principal.as_ref().filter(|p| !p.negated) else { continue };
        let conditions = demanded(&facts.document.statements, statement);
        if conditions.is_none_or(|c| c.iter().any(narrows)) {
            continue;
        }
        let list = format!("{}/AWS", statement.principal_path());
        for (index, entry) in principal.aws.iter().enumerate() {
            let Some(account) = account_of(entry) else { continue };
            let own = facts.account == Some(account) || account == OWN;
            let (severity, whose) = match (own, facts.account) {
                (true, _) => (Severity::Warning, "this account"),
                (false, Some(_)) => (Severity::Error, "another account"),
                // It may be the role's own.
                (false, None) => (Severity::Warning, "an account"),
            };
            report.add_as(
                severity,
                principal.aws.path(&list, index),
                entry,
                format!("every principal of {whose}, `{account}`, is trusted"),
                format!("add `\"ArnEquals\": {{\"aws:PrincipalArn\": \"arn:aws:iam::{account}:role/NAME\"}}`; for a third party, `\"StringEquals\": {{\"sts:ExternalId\": \"…\"}}`"),
            );
        }
    }
}

/// A template's own account, where it is not known yet.
const OWN: &str = "{{AWS.AccountId}}";

/// Session tags and source identities are only rights beside that of assuming.
fn assumes(statement: &Statement) -> bool {
    statement.actions.values.iter().any(|a| Pattern::new(a).matches_ignoring_case("sts:AssumeRole"))
        != statement.actions.negated
}

fn account_of(entry: &str) -> Option<&str> {
    let account = match entry.strip_suffix(":root") {
        Some(arn) => arn.rsplit(':').next().unwrap_or_default(),
        None => entry,
    };
    let symbol = account.starts_with("{{") && (entry.ends_with(":root") || account == OWN);
    (symbol || (account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()))).then_some(account)
}

fn narrows(entry: &ConditionEntry) -> bool {
    let key =
        NARROWING.iter().any(|k| entry.is_on(k)) || entry.key.to_ascii_lowercase().starts_with("aws:principaltag/");
    key && demands(entry) && names_principal(entry)
}

#[cfg(test)]
mod tests {
    use crate::check::samples::{trust, trust_with};
    use serde_json::json;

    #[test]
    fn the_principal_is_named() {
        let assume = |principal: &str, condition: serde_json::Value| {
            trust(
                "TRUST-014",
                json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole", "Condition": condition}),
            )
        };
        assert_eq!(
            assume("arn:aws:iam::111111111111:root", json!({})),
            ["error /Statement/Principal/AWS: every principal of another account, `111111111111`, is trusted"]
        );
        assert_eq!(
            assume("222222222222", json!({})),
            ["warning /Statement/Principal/AWS: every principal of this account, `222222222222`, is trusted"]
        );
        let root = json!({"Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": "sts:AssumeRole"});
        let unknown = trust_with("TRUST-014", root.clone(), |facts| facts.account = None);
        assert!(unknown[0].starts_with("warning"), "it may be its own account");
        let others = json!({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Condition": {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/hub"}}});
        assert!(trust("TRUST-014", json!([root, others])).is_empty(), "all others are denied");
        assert_eq!(assume("111111111111", json!({"StringLike": {"aws:PrincipalArn": "*"}})).len(), 1);
        assert!(assume("arn:aws:iam::111111111111:role/hub", json!({})).is_empty());
        assert!(
            assume("111111111111", json!({"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/hub"}}))
                .is_empty()
        );
        assert!(assume("111111111111", json!({"StringEquals": {"sts:ExternalId": "e"}})).is_empty());
        let every_role = json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/*"}});
        assert_eq!(assume("111111111111", every_role).len(), 1, "every role is everyone who matters");
        assert_eq!(assume("111111111111", json!({"StringLike": {"sts:ExternalId": "?*"}})).len(), 1);
    }
}
