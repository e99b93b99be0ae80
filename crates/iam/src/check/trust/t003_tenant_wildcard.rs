//! TRUST-003: a subject pattern that leaves the organization, or the repository, open.

use super::token_statement::{TokenStatement, example, token_statements};
use crate::check::{Check, Report, Rule, Stage, TrustFacts};
use crate::trust::{Issuer, Reach};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "TRUST-003",
    severity: Severity::Error,
    title: "subject pattern open to any organization or repository",
    why: "`*` stands for any text, slashes and colons included, so every organization or repository that fits can assume the role",
    check: Check::Trust(check),
};

fn check(facts: &TrustFacts<'_>, report: &mut Report<'_>) {
    for found in token_statements(facts) {
        whole_tenant(facts, &found, report);
        for value in found.identities() {
            if found.project_is_closed(Some(value.entry)) {
                continue;
            }
            let text = value.text;
            let production = facts.stage == Stage::Production;
            let closed = found.tenant_is_closed();
            let (severity, what) = match (found.reach(&value), found.issuer) {
                (Reach::Anyone | Reach::WholeTenant(_), Issuer::Kubernetes) => {
                    (Severity::Warning, "every service account that fits, of other teams too".to_owned())
                }
                (Reach::Anyone, issuer) if !closed => {
                    (Severity::Error, format!("every organization on {}", issuer.name()))
                }
                (Reach::Anyone | Reach::WholeTenant(_), _) => {
                    (by_stage(production), "every project of the organization".to_owned())
                }
                (Reach::Project { rest, .. }, Issuer::AzurePipelines) if value.wild() && rest.contains('*') => {
                    (by_stage(production), "every service connection of the project".to_owned())
                }
                _ => continue,
            };
            let stage = if production { " for production" } else { "" };
            let message = format!("`{text}` accepts {what}{stage}");
            report.add_as(severity, &value.path, text, message, format!("write `{}`", example(found.issuer)));
        }
    }
}

/// A token that is only asked for its organization.
fn whole_tenant(facts: &TrustFacts<'_>, found: &TokenStatement<'_>, report: &mut Report<'_>) {
    let only = found.identities().is_empty() && found.tenant_is_closed() && !found.project_is_closed(None);
    if only {
        let production = facts.stage == Stage::Production;
        let stage = if production { " for production" } else { "" };
        report.add_as(
            by_stage(production),
            &found.statement.path,
            &found.address,
            format!("every project of the organization is accepted{stage}"),
            format!("add `\"StringEquals\": {{\"{}:sub\": \"{}\"}}`", found.address, example(found.issuer)),
        );
    }
}

fn by_stage(production: bool) -> Severity {
    if production { Severity::Error } else { Severity::Warning }
}

#[cfg(test)]
mod tests {
    use crate::check::samples::{HOST, github, subject, token, trust, trust_with};
    use serde_json::json;

    #[test]
    fn the_organization_and_the_repository_are_named() {
        let sub = |value: serde_json::Value| trust("TRUST-003", github("StringLike", "sub", value));
        assert_eq!(
            sub(json!("repo:*")),
            [
                "error /Statement/Condition/StringLike/token.actions.githubusercontent.com:sub: `repo:*` accepts every organization on GitHub Actions for production"
            ]
        );
        assert_eq!(sub(json!(["repo:acme/shop:environment:prod", "*"])).len(), 1, "one loose value poisons a list");
        assert_eq!(sub(json!("repo:*/shop:ref:refs/heads/main")).len(), 1);
        assert!(sub(json!("repo:acme/*:environment:prod"))[0].starts_with("error"));
        let elsewhere = trust_with("TRUST-003", github("StringLike", "sub", json!("repo:acme/*")), |_| {});
        assert!(elsewhere[0].starts_with("warning"));
        assert_eq!(
            trust("TRUST-003", subject("gitlab.com", "StringLike", json!("project_path:*:ref_type:branch:ref:main")))
                .len(),
            1
        );
        assert_eq!(
            trust(
                "TRUST-003",
                subject("app.terraform.io", "StringLike", json!("organization:acme:project:*:workspace:*:run_phase:*"))
            )
            .len(),
            1
        );

        assert_eq!(
            trust("TRUST-003", subject("vstoken.dev.azure.com/1", "StringLike", json!("sc://acme/shop/*"))).len(),
            1
        );
        assert!(
            trust(
                "TRUST-003",
                subject("oidc.eks.eu-west-1.amazonaws.com/id/1", "StringLike", json!("system:serviceaccount:shop:*"))
            )[0]
            .starts_with("warning")
        );

        let beside = |subject: &str| {
            let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Condition": {"StringNotLike": {format!("{HOST}:sub"): subject}}});
            trust("TRUST-003", json!([github("StringLike", "sub", json!("repo:*")), deny]))
        };
        assert!(beside("repo:acme/shop:*").is_empty(), "a deny closes it");
        assert_eq!(beside("repo:*/shop:*").len(), 2, "a deny that spares every organization");

        let own_server = |value: &str| trust("TRUST-003", subject("git.acme.example", "StringLike", json!(value)));
        assert_eq!(own_server("project_path:*").len(), 1, "the form of the subject tells the issuer");
        assert!(own_server("project_path:acme/shop:ref_type:branch:ref:main").is_empty());

        for variable in [format!("{HOST}:repository_owner"), "aws:RequestTag/owner".to_owned()] {
            let value = json!(format!("repo:${{{variable}}}/shop:environment:prod"));
            assert_eq!(trust("TRUST-003", github("StringEquals", "sub", value)).len(), 1, "the holder fills it in");
        }

        let claim = |name: &str, value: &str| trust("TRUST-003", github("StringLike", name, json!(value)));
        assert_eq!(claim("repository", "acme/*").len(), 1);
        assert_eq!(claim("repository_owner_id", "1").len(), 1, "nothing but the organization");
        assert_eq!(claim("job_workflow_ref", "*/.github/workflows/deploy.yml@refs/heads/main").len(), 1);
        assert!(claim("repository", "acme/shop").is_empty());

        assert!(sub(json!("repo:acme/shop:*")).is_empty());
        assert!(sub(json!("repo:acme/shop:environment:prod")).is_empty());
        assert!(
            trust("TRUST-003", github("StringEquals", "sub", json!("*"))).is_empty(),
            "no wildcard in StringEquals"
        );
        let closed = json!({"StringLike": {format!("{HOST}:sub"): "repo:*"}, "StringEquals": {format!("{HOST}:repository_id"): "42"}});
        assert!(trust("TRUST-003", token(HOST, closed)).is_empty(), "another key closes the project");
    }
}
