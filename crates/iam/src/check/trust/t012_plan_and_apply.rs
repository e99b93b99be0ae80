//! TRUST-012: one role for HCP Terraform's plan and apply.

use super::token_statement::token_statements;
use crate::check::{Check, Report, Rule, Stage, TrustFacts};
use crate::trust::{Issuer, Reach};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "TRUST-012",
    severity: Severity::Warning,
    title: "HCP Terraform's plan and apply share a role",
    why: "a plan runs the code of pull requests, which would have the permissions of apply",
    check: Check::Trust(check),
};

fn check(facts: &TrustFacts<'_>, report: &mut Report<'_>) {
    let severity = if facts.stage == Stage::Production { Severity::Error } else { Severity::Warning };
    for found in token_statements(facts).iter().filter(|f| f.issuer == Issuer::HcpTerraform) {
        let values = found.values("sub");
        let ends = |phase: &str| values.iter().find(|v| v.text.ends_with(&format!(":run_phase:{phase}")));
        if let (Some(plan), Some(_)) = (ends("plan"), ends("apply")) {
            report.add_as(
                severity,
                &plan.path,
                plan.text,
                "the role is for both plan and apply",
                "make a second role, and keep only `run_phase:apply` here",
            );
        }
        for value in values.iter().filter(|v| v.wild()) {
            let Reach::Project { rest, .. } = found.reach(value) else { continue };
            if rest.contains('*') {
                report.add_as(
                    severity,
                    &value.path,
                    value.text,
                    format!("`{}` accepts plan as well as apply", value.text),
                    "end the subject in `:run_phase:apply`, and make a second role for plan",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::samples::{subject, trust};
    use serde_json::json;

    #[test]
    fn a_role_is_for_one_phase() {
        let start = "organization:acme:project:p:workspace:shop";
        let sub = |operator: &str, value| trust("TRUST-012", subject("app.terraform.io", operator, value));
        assert_eq!(
            sub("StringLike", json!(format!("{start}:run_phase:*"))),
            [
                "error /Statement/Condition/StringLike/app.terraform.io:sub: `organization:acme:project:p:workspace:shop:run_phase:*` accepts plan as well as apply"
            ]
        );
        assert_eq!(sub("StringLike", json!(format!("{start}:*"))).len(), 1);
        assert_eq!(
            sub("StringEquals", json!([format!("{start}:run_phase:plan"), format!("{start}:run_phase:apply")])).len(),
            1
        );
        assert!(sub("StringEquals", json!(format!("{start}:run_phase:apply"))).is_empty());
        assert!(sub("StringLike", json!("organization:acme:project:*:workspace:shop:run_phase:apply")).is_empty());
    }
}
