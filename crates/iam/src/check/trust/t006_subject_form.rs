//! TRUST-006: GitHub subjects in the form that the repository does not issue.

use super::token_statement::token_statements;
use crate::check::{Check, Report, Rule, TrustFacts};
use crate::trust::Issuer;
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "TRUST-006",
    severity: Severity::Error,
    title: "subject in a form that the repository does not issue",
    why: "repositories made, renamed or transferred after 15 July 2026 put ids into their subjects (`repo:OWNER@ID/REPO@ID:…`); a pattern of the other form never matches",
    check: Check::Trust(check),
};

fn check(facts: &TrustFacts<'_>, report: &mut Report<'_>) {
    let Some(immutable) = facts.github_immutable else { return };
    for found in token_statements(facts).iter().filter(|f| f.issuer == Issuer::GitHub) {
        let values = found.values("sub");
        let repositories: Vec<_> = values.iter().filter_map(|v| Some((v, repository(v.text)?))).collect();
        if repositories.is_empty() || repositories.iter().any(|(_, r)| r.contains('@') == immutable || r.contains('*'))
        {
            continue;
        }
        for (value, _) in repositories {
            let (message, fix) = if immutable {
                (
                    "is the classic form, and this repository's tokens carry ids",
                    "write `repo:OWNER@OWNER-ID/REPO@REPO-ID:…`; `gh api repos/OWNER/REPO --jq '.owner.id, .id'` prints the ids",
                )
            } else {
                ("carries ids, and this repository's tokens are of the classic form", "write `repo:OWNER/REPO:…`")
            };
            report.add(&value.path, value.text, format!("`{}` {message}", value.text), fix);
        }
    }
}

fn repository(subject: &str) -> Option<&str> {
    subject.strip_prefix("repo:").map(|rest| rest.split(':').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use crate::check::samples::{github, trust_with};
    use serde_json::{Value, json};

    #[test]
    fn the_form_must_be_the_repositorys() {
        let sub = |value: Value, immutable| {
            trust_with("TRUST-006", github("StringEquals", "sub", value), |f| f.github_immutable = immutable)
        };
        let classic = json!("repo:acme/shop:environment:prod");
        let immutable = json!("repo:acme@1/shop@2:environment:prod");
        assert_eq!(
            sub(classic.clone(), Some(true)),
            [
                "error /Statement/Condition/StringEquals/token.actions.githubusercontent.com:sub: `repo:acme/shop:environment:prod` is the classic form, and this repository's tokens carry ids"
            ]
        );
        assert_eq!(sub(immutable.clone(), Some(false)).len(), 1);
        assert!(sub(classic.clone(), Some(false)).is_empty());
        assert!(sub(immutable.clone(), Some(true)).is_empty());
        assert!(sub(classic.clone(), None).is_empty());
        assert!(sub(json!([classic, immutable]), Some(true)).is_empty(), "both forms while changing over");
    }
}
