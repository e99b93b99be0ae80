//! TRUST-009: a condition that no token fulfils: a wildcard as plain text, or no subject at all.

use super::token_statement::{example, token_statements};
use crate::check::{Check, Report, Rule, TrustFacts};
use crate::policy::{Comparison, Operator};
use crate::trust::Issuer;
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "TRUST-009",
    severity: Severity::Error,
    title: "condition that never holds",
    why: "`StringEquals` compares `*` as a plain character, and a subject is of the issuer's form or none, so nobody can assume the role",
    check: Check::Trust(check),
};

fn check(facts: &TrustFacts<'_>, report: &mut Report<'_>) {
    for statement in &facts.document.statements {
        for entry in statement.conditions.iter().filter(|e| literal(e.operator.comparison)) {
            for (index, text) in entry.values.iter().enumerate().filter(|(_, t)| t.replace("${*}", "").contains('*')) {
                let like = Operator { comparison: like(entry.operator.comparison), ..entry.operator };
                report.add(
                    entry.values.path(&entry.path, index),
                    &format!("{} {text}", entry.key),
                    format!("`*` in `{text}` is a plain character under `{}`", entry.operator),
                    format!("write `{like}` if a wildcard is meant, after closing the organization and the project; else the exact value"),
                );
            }
        }
    }
    for found in token_statements(facts).iter().filter(|f| matches!(f.issuer, Issuer::GitHub | Issuer::GitLab)) {
        for value in found.values("sub").iter().filter(|v| is_no_subject(found.issuer, v.text)) {
            let (text, name) = (value.text, found.issuer.name());
            report.add(
                &value.path,
                text,
                format!("`{text}` is no subject that {name} issues"),
                format!("write `{}`", example(found.issuer)),
            );
        }
    }
}

/// Whether no token's subject looks like this. Subjects may be customised, so only what no template makes is told.
fn is_no_subject(issuer: Issuer, text: &str) -> bool {
    if text.contains(['*', '?', '{']) {
        return false;
    }
    match issuer {
        Issuer::GitHub => text.strip_prefix("repo:").map_or(!text.contains(':'), |rest| !rest.contains('/')),
        // GitLab's refs are bare names.
        _ => !text.contains(':') || text.contains(":ref:refs/"),
    }
}

pub(in crate::check) fn literal(comparison: Comparison) -> bool {
    comparison.takes_variables() && !comparison.takes_wildcards()
}

pub(in crate::check) fn like(comparison: Comparison) -> Comparison {
    if comparison.is_negated() { Comparison::StringNotLike } else { Comparison::StringLike }
}

#[cfg(test)]
mod tests {
    use crate::check::samples::{github, subject, trust};
    use serde_json::json;

    #[test]
    fn wildcards_need_an_operator_that_knows_them() {
        let sub = |operator: &str| trust("TRUST-009", github(operator, "sub", json!("repo:acme/shop:*")));
        assert_eq!(
            sub("StringEquals"),
            [
                "error /Statement/Condition/StringEquals/token.actions.githubusercontent.com:sub: `*` in `repo:acme/shop:*` is a plain character under `StringEquals`"
            ]
        );
        assert_eq!(sub("StringEqualsIgnoreCase").len(), 1);
        assert!(sub("StringLike").is_empty());
        assert_eq!(trust("TRUST-009", github("StringEquals", "sub", json!("acme"))).len(), 1, "no subject at all");
        assert!(trust("TRUST-009", github("StringEquals", "sub", json!("repo:acme/shop:environment:${*}"))).is_empty());
        assert_eq!(trust("TRUST-009", github("StringEquals", "sub", json!("repo:acme"))).len(), 1, "no repository");
        let gitlab = |text: &str| trust("TRUST-009", subject("gitlab.com", "StringEquals", json!(text))).len();
        assert_eq!(gitlab("project_path:acme/shop:ref_type:branch:ref:refs/heads/main"), 1, "GitLab's refs are bare");
        assert_eq!(gitlab("project_path:acme/shop:ref_type:branch:ref:main"), 0);
    }
}
