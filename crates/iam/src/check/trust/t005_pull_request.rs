//! TRUST-005: a production role that pull requests, or any branch, can assume.

use super::token_statement::token_statements;
use crate::check::{Check, Report, Rights, Rule, Stage, TrustFacts};
use crate::pattern::Pattern;
use crate::trust::{Issuer, Reach};
use base::Severity;

pub(in crate::check) const RULE: Rule = Rule {
    id: "TRUST-005",
    severity: Severity::Error,
    title: "production role open to pull requests or any branch",
    why: "code that nobody has reviewed would run with this role's permissions",
    check: Check::Trust(check),
};

fn check(facts: &TrustFacts<'_>, report: &mut Report<'_>) {
    // Code that nobody has reviewed may look at how things are set up.
    if facts.stage == Stage::Other || facts.rights == Rights::Reads {
        return;
    }
    for found in token_statements(facts)
        .iter()
        .filter(|f| matches!(f.issuer, Issuer::GitHub | Issuer::GitLab | Issuer::Buildkite | Issuer::Bitbucket))
    {
        let pinned_elsewhere = ["environment", "ref"].iter().any(|claim| !found.entries(claim).is_empty());
        for value in found.values("sub") {
            let Reach::Project { rest, .. } = found.reach(&value) else { continue };
            let text = value.text;
            let explicit = found.issuer == Issuer::GitHub && is_pull_request(&rest, value.wild());
            let open = value.wild() && accepts_unreviewed(found.issuer, &rest) && !pinned_elsewhere;
            if !explicit && !open {
                continue;
            }
            let enters = facts.rights == Rights::Enters;
            let severity = match facts.stage {
                Stage::Production => Severity::Error,
                _ if explicit && enters => Severity::Note,
                _ if explicit || takes_requests(found.issuer, &rest) => Severity::Warning,
                _ => Severity::Note,
            };
            let what = if explicit { "pull requests" } else { "work of any branch" };
            let stage = match facts.stage {
                Stage::Production => " into production",
                _ if enters => " in, and on into other roles: those must only read",
                _ => " in",
            };
            report.add_as(
                severity,
                &value.path,
                text,
                format!("`{text}` lets {what}{stage}"),
                "name the environment or the branch, and give previews a role of their own",
            );
        }
    }
}

/// Whether what is left after the project is for pull requests and little else.
fn is_pull_request(rest: &str, wild: bool) -> bool {
    let by_pattern = wild && Pattern::new(rest).matches("pull_request") && !accepts_branches(rest);
    rest == "pull_request" || rest.starts_with("ref:refs/pull/") || by_pattern
}

/// Whether pull requests, and whatever else nobody has reviewed, are among what it fits. GitLab's requests run as their
/// branch.
fn takes_requests(issuer: Issuer, rest: &str) -> bool {
    match issuer {
        Issuer::GitHub => Pattern::new(rest).matches("pull_request"),
        Issuer::GitLab => accepts_unreviewed(issuer, rest),
        _ => false,
    }
}

fn accepts_branches(rest: &str) -> bool {
    Pattern::new(rest).matches("ref:refs/heads/landfall-probe")
}

/// Whether what is left of the pattern after the project fits work that nobody has reviewed.
fn accepts_unreviewed(issuer: Issuer, rest: &str) -> bool {
    let pattern = Pattern::new(rest);
    let probes: &[&str] = match issuer {
        // A job on any branch may name an environment that does not exist yet, and GitHub makes it.
        Issuer::GitHub => &["pull_request", "ref:refs/heads/landfall-probe", "environment:landfall-probe"],
        Issuer::Bitbucket => &["{landfall-probe}"],
        Issuer::GitLab => &["ref_type:branch:ref:landfall-probe"],
        _ => &["ref:refs/heads/landfall-probe:commit:0:step:s"],
    };
    probes.iter().any(|probe| pattern.matches(probe))
}

#[cfg(test)]
mod tests {
    use crate::check::samples::{github, subject, trust, trust_with};
    use crate::check::{Rights, Stage};
    use serde_json::json;

    #[test]
    fn only_reviewed_code_reaches_production() {
        let sub = |value: &str| trust("TRUST-005", github("StringLike", "sub", json!(value)));
        assert_eq!(
            sub("repo:acme/shop:pull_request"),
            [
                "error /Statement/Condition/StringLike/token.actions.githubusercontent.com:sub: `repo:acme/shop:pull_request` lets pull requests into production"
            ]
        );
        assert_eq!(sub("repo:acme/shop:*").len(), 1);
        assert_eq!(sub("repo:acme/shop:ref:refs/heads/*").len(), 1);
        assert_eq!(sub("repo:acme/shop:environment:*").len(), 1);
        assert_eq!(
            trust(
                "TRUST-005",
                subject("gitlab.com", "StringLike", json!("project_path:acme/shop:ref_type:branch:ref:*"))
            )
            .len(),
            1
        );
        let preview = |stage| {
            trust_with("TRUST-005", github("StringEquals", "sub", json!("repo:acme/shop:pull_request")), |f| {
                f.stage = stage
            })
        };
        assert!(preview(Stage::Other).is_empty());
        assert!(preview(Stage::Unknown)[0].starts_with("warning"));
        let with_rights = |rights, stage| {
            trust_with("TRUST-005", github("StringEquals", "sub", json!("repo:acme/shop:pull_request")), |f| {
                (f.rights, f.stage) = (rights, stage);
            })
        };
        assert!(with_rights(Rights::Reads, Stage::Production).is_empty(), "requests may look");
        assert!(with_rights(Rights::Enters, Stage::Unknown)[0].starts_with("note"), "what it enters is judged there");
        assert!(with_rights(Rights::Enters, Stage::Production)[0].starts_with("error"));
        let unknown = |value: &str| {
            trust_with("TRUST-005", github("StringLike", "sub", json!(value)), |f| f.stage = Stage::Unknown)
        };
        assert!(unknown("repo:acme/shop:*")[0].starts_with("warning"), "pull requests are among it");
        assert!(unknown("repo:acme/shop:ref:refs/heads/*")[0].starts_with("note"), "branches of those who may push");

        for good in [
            "repo:acme/shop:environment:prod",
            "repo:acme/shop:ref:refs/heads/main",
            "repo:acme/shop:ref:refs/tags/v*",
            "repo:acme/shop:environment:prod-*",
        ] {
            assert_eq!(sub(good), [""; 0], "{good}");
        }
    }
}
