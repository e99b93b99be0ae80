//! TRUST-009: a wildcard where the operator compares it as plain text.

use crate::check::{Check, Report, Rule, TrustFacts};
use crate::policy::{Comparison, Operator};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "TRUST-009",
    severity: Severity::Error,
    title: "wildcard under an operator without wildcards",
    why: "`StringEquals` compares `*` as a plain character, so the condition never holds and nobody can assume the role",
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
}

pub(in crate::check) fn literal(comparison: Comparison) -> bool {
    comparison.takes_variables() && !comparison.takes_wildcards()
}

pub(in crate::check) fn like(comparison: Comparison) -> Comparison {
    if comparison.is_negated() { Comparison::StringNotLike } else { Comparison::StringLike }
}

#[cfg(test)]
mod tests {
    use crate::check::samples::{github, trust};
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
        assert!(trust("TRUST-009", github("StringEquals", "sub", json!("repo:acme/shop:environment:${*}"))).is_empty());
    }
}
