//! TRUST-008: only claims that whoever starts the job may choose.

use super::token_statement::{example, token_statements};
use crate::check::{Check, Report, Rule, TrustFacts};
use crate::trust::Reach;
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "TRUST-008",
    severity: Severity::Error,
    title: "token accepted for claims that its holder chooses",
    why: "the names of workflows, branches and environments can be chosen freely in anybody's own repository",
    check: Check::Trust(check),
};

fn check(facts: &TrustFacts<'_>, report: &mut Report<'_>) {
    for found in token_statements(facts) {
        let fix = format!("add `\"StringEquals\": {{\"{}:sub\": \"{}\"}}`", found.address, example(found.issuer));
        for value in found.values("sub") {
            let text = value.text;
            if let (Reach::AttackerChosen(claim), false) = (found.reach(&value), found.tenant_is_closed()) {
                let message = format!("the subject `{text}` pins only `{claim}`, which anybody can set");
                report.add(&value.path, text, message, fix.clone());
                continue;
            }
            let first = text.split(':').next().unwrap_or_default();
            if found.issuer.attacker_set_claims().contains(&first) {
                let message = format!(
                    "the subject `{text}` starts with `{first}`, which anybody can fill with text that looks like the rest"
                );
                let fix = "put the repository first in the subject's template (`include_claim_keys`)";
                report.add_as(Severity::Warning, &value.path, text, message, fix);
            }
        }
        if !found.entries("sub").is_empty() || found.tenant_is_closed() {
            continue;
        }
        for entry in found.issuer.attacker_set_claims().iter().flat_map(|claim| found.entries(claim)) {
            report.add(
                &entry.path,
                &entry.key,
                format!("the only condition that tells tokens apart is on `{}`, which anybody can set", entry.key),
                fix.clone(),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::samples::{github, trust};
    use serde_json::json;

    #[test]
    fn something_the_holder_cannot_choose_is_pinned() {
        let path = "/Statement/Condition/StringEquals/token.actions.githubusercontent.com";
        assert_eq!(
            trust("TRUST-008", github("StringEquals", "sub", json!("environment:prod"))),
            [format!(
                "error {path}:sub: the subject `environment:prod` pins only `environment`, which anybody can set"
            )]
        );
        assert_eq!(
            trust("TRUST-008", github("StringEquals", "workflow", json!("deploy"))),
            [format!(
                "error {path}:workflow: the only condition that tells tokens apart is on `token.actions.githubusercontent.com:workflow`, which anybody can set"
            )]
        );
        assert!(
            trust("TRUST-008", github("StringEquals", "sub", json!("environment:prod:repo:acme/shop")))[0]
                .starts_with("warning")
        );
        assert!(trust("TRUST-008", github("StringEquals", "sub", json!("repo:acme/shop:environment:prod"))).is_empty());
    }
}
