//! TRUST-010: an exact subject of which a part changes with every run.

use super::token_statement::{example, token_statements};
use crate::check::{Check, Report, Rule, TrustFacts};
use crate::trust::Issuer;
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "TRUST-010",
    severity: Severity::Error,
    title: "exact subject with a part that changes with every run",
    why: "Bitbucket's step and Buildkite's commit are new in every run, so a subject copied from one run never matches again",
    check: Check::Trust(check),
};

fn check(facts: &TrustFacts<'_>, report: &mut Report<'_>) {
    for found in token_statements(facts) {
        for value in found.values("sub") {
            let open = value.wild() && value.text.contains(['*', '?']);
            let part = match found.issuer {
                Issuer::Bitbucket if !open && value.text.contains("}:{") => "step",
                Issuer::Buildkite if exact_commit(value.text, value.wild()) => "commit",
                _ => continue,
            };
            report.add(
                &value.path,
                value.text,
                format!("`{}` names one {part}", value.text),
                format!("write `\"StringLike\": {{\"{}:sub\": \"{}\"}}`", found.address, example(found.issuer)),
            );
        }
    }
}

fn exact_commit(text: &str, wild: bool) -> bool {
    let Some((_, commit)) = text.split_once(":commit:") else { return false };
    let commit = commit.split(':').next().unwrap_or_default();
    let open = wild && commit.contains(['*', '?']);
    !commit.is_empty() && !open
}

#[cfg(test)]
mod tests {
    use crate::check::samples::{subject, trust};
    use serde_json::json;

    #[test]
    fn what_changes_is_left_open() {
        let bitbucket = "api.bitbucket.org/2.0/workspaces/w/pipelines-config/identity/oidc";
        assert_eq!(trust("TRUST-010", subject(bitbucket, "StringEquals", json!("{r}:{s}"))).len(), 1);
        let exact = json!("organization:acme:pipeline:shop:ref:refs/heads/main:commit:0a1b:step:s");
        assert_eq!(
            trust("TRUST-010", subject("agent.buildkite.com", "StringEquals", exact)),
            [
                "error /Statement/Condition/StringEquals/agent.buildkite.com:sub: `organization:acme:pipeline:shop:ref:refs/heads/main:commit:0a1b:step:s` names one commit"
            ]
        );
        assert!(trust("TRUST-010", subject(bitbucket, "StringLike", json!("{r}:{e}:*"))).is_empty());
        let open = json!("organization:acme:pipeline:shop:ref:refs/heads/main:commit:*");
        assert!(trust("TRUST-010", subject("agent.buildkite.com", "StringLike", open)).is_empty());
    }
}
