//! TRUST-011: a GitLab ref without its type.

use super::token_statement::token_statements;
use crate::check::{Check, Report, Rule, TrustFacts};
use crate::trust::Issuer;
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "TRUST-011",
    severity: Severity::Warning,
    title: "GitLab ref without `ref_type`",
    why: "a tag may be named like the protected branch, and whoever may push tags would then deploy",
    check: Check::Trust(check),
};

fn check(facts: &TrustFacts<'_>, report: &mut Report<'_>) {
    for found in
        token_statements(facts).iter().filter(|f| f.issuer == Issuer::GitLab && f.entries("ref_type").is_empty())
    {
        for value in found.values("sub") {
            let Some((_, name)) = value.text.rsplit_once(":ref:").filter(|(_, n)| !n.is_empty() && !n.starts_with('*'))
            else {
                continue;
            };
            let pinned = value.text.contains(":ref_type:branch:") || value.text.contains(":ref_type:tag:");
            if !pinned {
                report.add(
                    &value.path,
                    value.text,
                    format!("`{}` accepts a tag named `{name}` as well as the branch", value.text),
                    format!("write `…:ref_type:branch:ref:{name}`"),
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
    fn the_type_is_pinned() {
        let sub = |value: &str| trust("TRUST-011", subject("gitlab.com", "StringLike", json!(value)));
        assert_eq!(
            sub("project_path:acme/shop:ref_type:*:ref:main"),
            [
                "warning /Statement/Condition/StringLike/gitlab.com:sub: `project_path:acme/shop:ref_type:*:ref:main` accepts a tag named `main` as well as the branch"
            ]
        );
        assert_eq!(sub("project_path:acme/shop:*:ref:main").len(), 1);
        assert!(sub("project_path:acme/shop:ref_type:branch:ref:main").is_empty());
        assert!(sub("project_path:acme/shop:*").is_empty(), "another rule's matter");
    }
}
