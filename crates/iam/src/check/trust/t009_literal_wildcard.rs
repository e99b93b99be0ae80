//! TRUST-009: a condition that no token fulfils: a wildcard as plain text, or no subject at all.

use super::token_statement::{example, token_statements, without_value};
use crate::check::{Check, Report, Rule, TrustFacts};
use crate::policy::{Comparison, Effect, Operator};
use crate::trust::{Issuer, Reach, reach};
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
                report.add_as(
                    severity(statement.effect, &entry.key, text),
                    entry.values.path(&entry.path, index),
                    &format!("{} {text}", entry.key),
                    format!("`*` in `{text}` is a plain character under `{}`", entry.operator),
                    format!("write `{like}` if a wildcard is meant, after closing the organization and the project; else the exact value"),
                );
            }
        }
    }
    for found in token_statements(facts) {
        for value in found.values("sub") {
            let (text, name) = (value.text, found.issuer.name());
            let fix = format!("write `{}`", example(found.issuer));
            if let Some(key) = without_value(text) {
                let message =
                    format!("`${{{key}}}` has no value while a token is exchanged, so `{text}` matches nothing");
                report.add(&value.path, text, message, fix);
            } else if let Some(severity) = is_no_subject(found.issuer, text) {
                report.add_as(severity, &value.path, text, format!("`{text}` is no subject that {name} issues"), fix);
            }
        }
    }
}

/// How bad a literal wildcard is. Whoever turns it into a real one, where it would leave nothing open, only mends it.
fn severity(effect: Effect, key: &str, text: &str) -> Severity {
    let subject = key.strip_suffix(":sub").filter(|_| effect == Effect::Allow);
    match subject.map(|address| reach(Issuer::of(address), text, true)) {
        Some(Reach::Project { .. } | Reach::WholeTenant(_)) => Severity::Warning,
        _ => Severity::Error,
    }
}

/// Whether no token's subject looks like this. Subjects may be customised: what no template makes is an error, what only
/// a template makes a warning.
fn is_no_subject(issuer: Issuer, text: &str) -> Option<Severity> {
    // The parts of Bitbucket's are ids in braces, whatever is left open after them.
    let bare = |part: &str| !part.starts_with('{') && !part.contains(['*', '?']);
    if issuer == Issuer::Bitbucket && !text.contains("{{") && text.split(':').any(bare) {
        return Some(Severity::Error);
    }
    // HCP Terraform names the project between organization and workspace.
    let fixed = text.split(['*', '?']).next().unwrap_or_default();
    if issuer == Issuer::HcpTerraform && fixed.contains(":workspace:") && !fixed.contains(":project:") {
        return Some(Severity::Error);
    }
    if text.contains(['*', '?', '{']) {
        return None;
    }
    let (error, warning) = match issuer {
        Issuer::GitHub => match text.strip_prefix("repo:").map(|rest| rest.split_once(':').unwrap_or((rest, ""))) {
            Some((repository, rest)) => {
                let bare = rest.starts_with("refs/") || rest.starts_with("ref:") && !rest.starts_with("ref:refs/");
                // Colons within a value are `%3A`, so names and values come in pairs.
                let pairs = rest.split(':').count() % 2 == 0 || rest.split(':').any(|part| part == "pull_request");
                (!repository.contains('/') || bare, rest.is_empty() || !pairs)
            }
            // A template's parts start with the name of a claim.
            None => (text.split_once(':').is_none_or(|(claim, _)| claim.contains('/')), false),
        },
        // GitLab's refs are bare names.
        Issuer::GitLab => (!text.contains(':') || text.contains(":ref:refs/"), !text.contains(":ref:")),
        _ => (false, false),
    };
    if error { Some(Severity::Error) } else { warning.then_some(Severity::Warning) }
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
                "warning /Statement/Condition/StringEquals/token.actions.githubusercontent.com:sub: `*` in `repo:acme/shop:*` is a plain character under `StringEquals`"
            ]
        );
        assert_eq!(sub("StringEqualsIgnoreCase").len(), 1);
        assert!(sub("StringLike").is_empty());
        let open = trust("TRUST-009", github("StringEquals", "sub", json!("repo:acme*")));
        assert!(open[0].starts_with("error"), "as a wildcard it would let look-alikes in");
        let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Condition": {"StringNotEquals": {"token.actions.githubusercontent.com:sub": "repo:acme/shop:*"}}});
        assert!(trust("TRUST-009", deny)[0].starts_with("error"), "a deny that strikes everybody");
        assert_eq!(trust("TRUST-009", github("StringEquals", "sub", json!("acme"))).len(), 1, "no subject at all");
        assert!(trust("TRUST-009", github("StringEquals", "sub", json!("repo:acme/shop:environment:${*}"))).is_empty());
        assert_eq!(trust("TRUST-009", github("StringEquals", "sub", json!("repo:acme"))).len(), 1, "no repository");
        let exact = |text: &str| trust("TRUST-009", github("StringEquals", "sub", json!(text)));
        assert!(exact("repo:acme/shop")[0].starts_with("warning"), "only a template makes it");
        for wrong in ["acme/shop:ref:refs/heads/main", "repo:acme/shop:ref:main", "repo:acme/shop:refs/heads/main"] {
            assert!(exact(wrong)[0].starts_with("error"), "{wrong}");
        }
        assert_eq!(
            exact("repo:${aws:username}/shop:environment:prod"),
            [
                "error /Statement/Condition/StringEquals/token.actions.githubusercontent.com:sub: `${aws:username}` has no value while a token is exchanged, so `repo:${aws:username}/shop:environment:prod` matches nothing"
            ]
        );
        assert!(exact("repo:acme/shop:environment:blue:green")[0].starts_with("warning"), "a colon is %3A");
        let bitbucket = |text: &str| {
            let host = "api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc";
            trust("TRUST-009", subject(host, "StringLike", json!(text))).len()
        };
        assert_eq!(bitbucket("{r}:production:*"), 1, "a name where an id belongs");
        assert_eq!(bitbucket("{r}:{e}:*") + bitbucket("{r}:*"), 0);
        let terraform = |text: &str| trust("TRUST-009", subject("app.terraform.io", "StringLike", json!(text))).len();
        assert_eq!(terraform("organization:acme:workspace:shop:run_phase:*"), 1, "no project");
        assert_eq!(terraform("organization:acme:project:*:workspace:shop:run_phase:apply"), 0);
        for right in [
            "repo:acme/shop:environment:blue%3Agreen",
            "repo:acme/shop:pull_request",
            "repository_owner_id:1:repository_id:2",
            "repo:acme/shop:job_workflow_ref:acme/flows/.github/workflows/d.yml@main",
        ] {
            assert!(exact(right).is_empty(), "{right}");
        }
        let gitlab = |text: &str| trust("TRUST-009", subject("gitlab.com", "StringEquals", json!(text))).len();
        assert_eq!(gitlab("project_path:acme/shop"), 1, "no ref");
        assert_eq!(gitlab("project_path:acme/shop:ref_type:branch:ref:refs/heads/main"), 1, "GitLab's refs are bare");
        assert_eq!(gitlab("project_path:acme/shop:ref_type:branch:ref:main"), 0);
    }
}
