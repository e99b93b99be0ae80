//! ROLE-010: a wildcard where the operator compares it as plain text.

use super::within;
use crate::check::trust::t009_literal_wildcard::{like, literal};
use crate::check::{Check, Report, RoleFacts, Rule};
use crate::policy::{Effect, Operator};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "ROLE-010",
    severity: Severity::Error,
    title: "wildcard under an operator without wildcards",
    why: "`StringEquals` compares `*` as a plain character: an allow never applies, and a deny does not protect",
    check: Check::Role(check),
};

fn check(facts: &RoleFacts<'_>, report: &mut Report<'_>) {
    for policy in facts.policies.iter().chain(&facts.boundary) {
        for statement in &policy.document.statements {
            for entry in statement.conditions.iter().filter(|e| literal(e.operator.comparison)) {
                for (index, text) in
                    entry.values.iter().enumerate().filter(|(_, t)| t.replace("${*}", "").contains('*'))
                {
                    let right = Operator { comparison: like(entry.operator.comparison), ..entry.operator };
                    let effect = if statement.effect == Effect::Deny { "the deny" } else { "the allow" };
                    report.add(
                        within(policy, &entry.values.path(&entry.path, index)),
                        &format!("{} {text}", entry.key),
                        format!(
                            "`*` in `{text}` is a plain character under `{}`, so {effect} does not do what it says",
                            entry.operator
                        ),
                        format!("write `{right}`"),
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::samples::role;
    use serde_json::json;

    #[test]
    fn wildcards_need_an_operator_that_knows_them() {
        let with = |operator: &str| {
            role(
                "ROLE-010",
                json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {operator: {"aws:PrincipalTag/team": "red-*"}}}),
            )
        };
        assert_eq!(
            with("StringNotEquals"),
            [
                "error /inline/Statement/Condition/StringNotEquals/aws:PrincipalTag~1team: `*` in `red-*` is a plain character under `StringNotEquals`, so the deny does not do what it says"
            ]
        );
        assert!(with("StringNotLike").is_empty());
        assert!(with("ArnNotEquals").is_empty(), "ARN operators know wildcards");
    }
}
