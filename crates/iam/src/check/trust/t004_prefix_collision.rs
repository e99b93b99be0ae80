//! TRUST-004: a wildcard right after a name, which also means longer names.

use super::token_statement::{example, token_statements};
use crate::check::{Check, Report, Rule, Stage, TrustFacts};
use crate::trust::{Issuer, Reach};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "TRUST-004",
    severity: Severity::Error,
    title: "wildcard right after a name also accepts look-alikes",
    why: "`acme*` also matches `acme-evil`, which anybody may register, and `main*` matches a branch that anybody with write access may push",
    check: Check::Trust(check),
};

fn check(facts: &TrustFacts<'_>, report: &mut Report<'_>) {
    for found in token_statements(facts) {
        for value in found.identities().iter().filter(|v| v.wild()) {
            let text = value.text;
            if found.project_is_closed(Some(value.entry)) {
                continue;
            }
            let (severity, message) = match found.reach(value) {
                // Whoever makes namespaces or accounts in a cluster is trusted with it; strangers make none.
                Reach::TenantsLike(name) if found.issuer == Issuer::Kubernetes => (
                    Severity::Warning,
                    format!("`{text}` also accepts namespaces whose names only start with `{name}`"),
                ),
                Reach::ProjectsLike(name) if found.issuer == Issuer::Kubernetes => (
                    Severity::Note,
                    format!("`{text}` also accepts service accounts whose names only start with `{name}`"),
                ),
                Reach::TenantsLike(name) if !found.tenant_is_closed() => (
                    Severity::Error,
                    format!("`{text}` also accepts organizations whose names only start with `{name}`"),
                ),
                Reach::ProjectsLike(name) => {
                    (Severity::Error, format!("`{text}` also accepts projects whose names only start with `{name}`"))
                }
                Reach::Project { rest, .. } => match open_name(&rest) {
                    Some(name) => {
                        let severity =
                            if facts.stage == Stage::Production { Severity::Error } else { Severity::Warning };
                        (
                            severity,
                            format!(
                                "`{text}` also accepts every branch or environment whose name starts with `{name}`"
                            ),
                        )
                    }
                    None => continue,
                },
                _ => continue,
            };
            report.add_as(
                severity,
                &value.path,
                text,
                message,
                format!("end the name before the wildcard, as in `{}`", example(found.issuer)),
            );
        }
    }
}

/// The name of a branch or environment that a wildcard carries on. After `/` or `-` the wildcard is meant to.
fn open_name(rest: &str) -> Option<&str> {
    // Tags are made to be many: `v*` means all of them.
    if rest.contains("ref_type:tag:") {
        return None;
    }
    let at = rest.find(['*', '?'])?;
    let start = ["refs/heads/", "environment:", ":ref:"]
        .iter()
        .filter_map(|m| rest[..at].rfind(m).map(|n| n + m.len()))
        .max()?;
    let name = &rest[start..at];
    let closed = name.contains(':') || !name.ends_with(|c: char| c.is_ascii_alphanumeric());
    (!closed).then_some(name)
}

#[cfg(test)]
mod tests {
    use crate::check::samples::{github, subject, trust};
    use serde_json::json;

    #[test]
    fn names_end_before_wildcards() {
        let sub = |value: &str| trust("TRUST-004", github("StringLike", "sub", json!(value)));
        let path = "/Statement/Condition/StringLike/token.actions.githubusercontent.com:sub";
        assert_eq!(
            sub("repo:acme*"),
            [format!("error {path}: `repo:acme*` also accepts organizations whose names only start with `acme`")]
        );
        assert_eq!(
            sub("repo:acme/shop*"),
            [format!("error {path}: `repo:acme/shop*` also accepts projects whose names only start with `acme/shop`")]
        );
        assert_eq!(
            sub("repo:acme/shop:ref:refs/heads/main*"),
            [format!(
                "error {path}: `repo:acme/shop:ref:refs/heads/main*` also accepts every branch or environment whose name starts with `main`"
            )]
        );
        assert_eq!(sub("repo:acme/shop:environment:prod*").len(), 1);
        assert_eq!(
            trust(
                "TRUST-004",
                subject("gitlab.com", "StringLike", json!("project_path:acme/shop:ref_type:branch:ref:main*"))
            )
            .len(),
            1
        );

        let cluster = |value: &str| {
            let found =
                trust("TRUST-004", subject("oidc.eks.eu-west-1.amazonaws.com/id/1", "StringLike", json!(value)));
            found[0].split(' ').next().unwrap_or_default().to_owned()
        };
        assert_eq!(cluster("system:serviceaccount:shop:api-*"), "note", "its owners make the accounts");
        assert_eq!(cluster("system:serviceaccount:shop*:api"), "warning");

        for good in [
            "repo:acme/shop:*",
            "repo:acme/shop:ref:refs/heads/release/*",
            "repo:acme/shop:ref:refs/heads/*",
            "repo:acme/shop:ref:refs/tags/v*",
            "repo:acme/shop:ref:refs/heads/main",
            "repo:acme/shop:environment:prod-*",
        ] {
            assert_eq!(sub(good), [""; 0], "{good}");
        }
    }
}
