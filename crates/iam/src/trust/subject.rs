//! How far a pattern on a token's subject reaches: one project, a whole organization, look-alikes, or anyone.
//!
//! The subject grammars are those of the vendors' guides on federation with AWS.

use super::Issuer;

/// How far a pattern reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Tokens of any organization.
    Anyone,
    /// The organization and every one whose name goes on from it: `repo:acme*` also means `acme-evil`.
    TenantsLike(String),
    /// Every project of one organization.
    WholeTenant(String),
    /// The project and every one whose name goes on from it.
    ProjectsLike(String),
    /// One project; the rest of the pattern follows.
    Project {
        /// Organization and project as written.
        project: String,
        /// What stands after them.
        rest: String,
    },
    /// A subject that starts with a claim which whoever starts the job chooses.
    AttackerChosen(String),
    /// A subject in a form this issuer does not use.
    Unknown,
}

/// The parts of a subject before what varies within a project: text, organization, text, project, text.
struct Grammar {
    lead: &'static str,
    between: &'static str,
    after: &'static str,
}

fn grammar(issuer: Issuer) -> Option<Grammar> {
    let g = |lead, between, after| Some(Grammar { lead, between, after });
    match issuer {
        Issuer::GitHub => g("repo:", "/", ":"),
        Issuer::GitLab => g("project_path:", "/", ":"),
        Issuer::AzurePipelines => g("sc://", "/", "/"),
        Issuer::CircleCi => g("org/", "/project/", "/"),
        Issuer::Buildkite => g("organization:", ":pipeline:", ":"),
        Issuer::HcpTerraform => g("organization:", ":project:", ":workspace:"),
        Issuer::Kubernetes => g("system:serviceaccount:", ":", ""),
        _ => None,
    }
}

/// How far `pattern` reaches among the subjects of `issuer`. With `wildcards` false, `*` and `?` are plain text.
pub fn reach(issuer: Issuer, pattern: &str, wildcards: bool) -> Reach {
    let mut pattern = pattern.replace("${*}", "\u{1}").replace("${?}", "\u{2}");
    if issuer == Issuer::HcpTerraform {
        // A stack's subject goes as a workspace's does.
        pattern = pattern.replace(":stack:", ":workspace:").replace(":operation:", ":run_phase:");
    }
    let pattern = pattern.as_str();
    let wild = |c: char| wildcards && (c == '*' || c == '?');
    if issuer == Issuer::Bitbucket {
        return bitbucket(pattern, wild);
    }
    let Some(grammar) = grammar(issuer) else {
        return if pattern.chars().all(wild) { Reach::Anyone } else { Reach::Unknown };
    };
    let Some(rest) = pattern.strip_prefix(grammar.lead) else { return other_lead(issuer, pattern, wild) };
    let Some((tenant, rest)) = rest.split_once(grammar.between) else {
        return match rest.find(wild) {
            Some(0) => Reach::Anyone,
            // `organization:acme:*`: the name is closed, but the next word is left to the wildcard.
            Some(at) if rest[..at].ends_with([':', '/']) => {
                Reach::WholeTenant(rest[..at].trim_end_matches([':', '/']).to_owned())
            }
            Some(at) => Reach::TenantsLike(rest[..at].to_owned()),
            None => Reach::Unknown,
        };
    };
    match tenant.find(wild) {
        Some(0) => return Reach::Anyone,
        Some(at) => return Reach::TenantsLike(tenant[..at].to_owned()),
        None => {}
    }
    project(issuer, &grammar, tenant, rest, wild)
}

fn project(issuer: Issuer, grammar: &Grammar, tenant: &str, rest: &str, wild: impl Fn(char) -> bool + Copy) -> Reach {
    let (name, after) = match rest.split_once(grammar.after).filter(|_| !grammar.after.is_empty()) {
        Some((name, after)) => (name, Some(after)),
        None => (rest, None),
    };
    let full = |name: &str| format!("{tenant}{}{name}", grammar.between);
    match (name.find(wild), after) {
        // A workspace's name is unique in its organization, whatever its project.
        (Some(_), Some(after)) if issuer == Issuer::HcpTerraform => workspace(tenant, after, wild),
        (Some(0), _) => Reach::WholeTenant(tenant.to_owned()),
        (Some(at), None) if name[..at].ends_with('/') => Reach::WholeTenant(full(name[..at].trim_end_matches('/'))),
        (Some(at), _) => Reach::ProjectsLike(full(&name[..at])),
        (None, after) => {
            if issuer == Issuer::HcpTerraform {
                return workspace(tenant, after.unwrap_or_default(), wild);
            }
            Reach::Project { project: full(name), rest: after.unwrap_or_default().to_owned() }
        }
    }
}

fn workspace(tenant: &str, text: &str, wild: impl Fn(char) -> bool) -> Reach {
    let (name, rest) = text.split_once(":run_phase:").unwrap_or((text, ""));
    match name.find(wild) {
        Some(0) => Reach::WholeTenant(tenant.to_owned()),
        // `workspace:shop:*` closes the name and leaves the phase open.
        Some(at) if name[..at].ends_with(':') => Reach::Project {
            project: format!("{tenant}:{}", name[..at].trim_end_matches(':')),
            rest: name[at..].to_owned(),
        },
        Some(at) => Reach::ProjectsLike(format!("{tenant}:{}", &name[..at])),
        None if name.is_empty() => Reach::WholeTenant(tenant.to_owned()),
        None => Reach::Project { project: format!("{tenant}:{name}"), rest: rest.to_owned() },
    }
}

/// Bitbucket's provider belongs to one workspace; its subject starts with the repository's UUID in braces.
fn bitbucket(pattern: &str, wild: impl Fn(char) -> bool) -> Reach {
    let (repository, rest) = pattern.split_once(':').unwrap_or((pattern, ""));
    match repository.find(wild) {
        Some(_) => Reach::WholeTenant("the workspace".to_owned()),
        None => Reach::Project { project: repository.to_owned(), rest: rest.to_owned() },
    }
}

/// Subjects of a customised form start with another claim.
fn other_lead(issuer: Issuer, pattern: &str, wild: impl Fn(char) -> bool) -> Reach {
    let first_wild = pattern.find(&wild).unwrap_or(pattern.len());
    let grammar_lead = grammar(issuer).map_or("", |g| g.lead);
    // `repo:` cut short by a wildcard, such as `re*` or `*`.
    if first_wild < pattern.len()
        && (grammar_lead.starts_with(&pattern[..first_wild]) || !pattern[..first_wild].contains(':'))
    {
        return Reach::Anyone;
    }
    let Some((claim, rest)) = pattern.split_once(':') else { return Reach::Unknown };
    if issuer.attacker_set_claims().contains(&claim) && !names_project(issuer, rest) {
        return Reach::AttackerChosen(claim.to_owned());
    }
    let value_end = rest.find(':').unwrap_or(rest.len());
    let value = &rest[..value_end];
    let (tenant, project) = (issuer.tenant_claims().contains(&claim), issuer.project_claims().contains(&claim));
    if !tenant && !project {
        return Reach::Unknown;
    }
    match value.find(&wild) {
        Some(0) => Reach::Anyone,
        Some(at) if project && value[..at].matches('/').count() >= 2 => {
            Reach::Project { project: value[..at].to_owned(), rest: rest[at..].to_owned() }
        }
        Some(at) if project && value[..at].ends_with('/') => {
            Reach::WholeTenant(value[..at].trim_end_matches('/').to_owned())
        }
        Some(at) if project && value[..at].contains('/') => Reach::ProjectsLike(value[..at].to_owned()),
        Some(at) => Reach::TenantsLike(value[..at].to_owned()),
        None if tenant && !names_project(issuer, &rest[value_end..]) => Reach::WholeTenant(value.to_owned()),
        None => {
            Reach::Project { project: value.to_owned(), rest: rest[value_end..].trim_start_matches(':').to_owned() }
        }
    }
}

/// Whether a later part of a customised subject names the project without a wildcard in it.
fn names_project(issuer: Issuer, rest: &str) -> bool {
    let mut words = rest.split(':').filter(|w| !w.is_empty());
    while let Some(word) = words.next() {
        if word == "repo" || issuer.project_claims().contains(&word) {
            return words.next().is_some_and(|value| !value.contains(['*', '?']));
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_reach_as_far_as_they_say() {
        use Issuer::{AzurePipelines, Bitbucket, Buildkite, CircleCi, GitHub, GitLab, HcpTerraform};
        let project = |p: &str, r: &str| Reach::Project { project: p.into(), rest: r.into() };
        let like = |p: &str| Reach::ProjectsLike(p.into());
        let whole = |t: &str| Reach::WholeTenant(t.into());
        let tenants = |t: &str| Reach::TenantsLike(t.into());
        let table = [
            (GitHub, "*", Reach::Anyone),
            (GitHub, "repo:*", Reach::Anyone),
            (GitHub, "re*", Reach::Anyone),
            (GitHub, "*:ref:refs/heads/main", Reach::Anyone),
            (GitHub, "repo:*/shop:ref:refs/heads/main", Reach::Anyone),
            (GitHub, "repo:acme*", tenants("acme")),
            (GitHub, "repo:acme*/shop:*", tenants("acme")),
            (GitHub, "repo:acme/*", whole("acme")),
            (GitHub, "repo:acme/*:environment:prod", whole("acme")),
            (GitHub, "repo:acme/shop*", like("acme/shop")),
            (GitHub, "repo:acme/shop-?:*", like("acme/shop-")),
            (GitHub, "repo:acme/shop:*", project("acme/shop", "*")),
            (GitHub, "repo:acme@1/shop@2:environment:prod", project("acme@1/shop@2", "environment:prod")),
            (GitHub, "repo:acme/shop", project("acme/shop", "")),
            (GitHub, "environment:prod", Reach::AttackerChosen("environment".into())),
            (GitHub, "workflow:deploy:ref:refs/heads/main", Reach::AttackerChosen("workflow".into())),
            (GitHub, "environment:prod:repo:acme/shop", Reach::Unknown),
            (GitHub, "repository_owner:acme:environment:prod", whole("acme")),
            (GitHub, "repository_id:42:ref:x", project("42", "ref:x")),
            (
                GitHub,
                "job_workflow_ref:acme/flows/.github/workflows/d.yml@refs/heads/main",
                project("acme/flows/.github/workflows/d.yml@refs/heads/main", ""),
            ),
            (GitHub, "job_workflow_ref:*", Reach::Anyone),
            (GitHub, "job_workflow_ref:acme/*", whole("acme")),
            (GitHub, "job_workflow_ref:acme/flows/.github/workflows/*", project("acme/flows/.github/workflows/", "*")),
            (GitLab, "project_path:acme/*:ref_type:branch:ref:main", whole("acme")),
            (GitLab, "project_path:acme/team/*", whole("acme/team")),
            (
                GitLab,
                "project_path:acme/shop:ref_type:branch:ref:main",
                project("acme/shop", "ref_type:branch:ref:main"),
            ),
            (GitLab, "project_path:ac*", tenants("ac")),
            (GitLab, "project_id:9:project_path:acme/shop:ref:x", project("9", "project_path:acme/shop:ref:x")),
            (AzurePipelines, "sc://acme/shop/aws", project("acme/shop", "aws")),
            (AzurePipelines, "sc://acme/*", whole("acme")),
            (CircleCi, "org/o-1/project/p-1/user/*", project("o-1/project/p-1", "user/*")),
            (CircleCi, "org/o-1/project/*", whole("o-1")),
            (CircleCi, "org/*", Reach::Anyone),
            (
                Buildkite,
                "organization:acme:pipeline:shop:ref:refs/heads/main:*",
                project("acme:pipeline:shop", "ref:refs/heads/main:*"),
            ),
            (Buildkite, "organization:acme:*", whole("acme")),
            (Buildkite, "organization:acme*", tenants("acme")),
            (HcpTerraform, "organization:acme:project:*:workspace:shop:run_phase:apply", project("acme:shop", "apply")),
            (HcpTerraform, "organization:acme:project:p:workspace:*:run_phase:*", whole("acme")),
            (HcpTerraform, "organization:acme:project:p:workspace:shop:*", project("acme:shop", "*")),
            (HcpTerraform, "organization:*:project:p:workspace:w:run_phase:apply", Reach::Anyone),
            (
                HcpTerraform,
                "organization:acme:project:p:stack:shop:deployment:prod:operation:apply",
                project("acme:shop:deployment:prod", "apply"),
            ),
            (HcpTerraform, "organization:acme:project:*:stack:*:deployment:*", whole("acme")),
            (Bitbucket, "{r}:*", project("{r}", "*")),
            (Bitbucket, "*", whole("the workspace")),
        ];
        for (issuer, pattern, expected) in table {
            assert_eq!(reach(issuer, pattern, true), expected, "{pattern}");
        }
        assert_eq!(reach(GitHub, "repo:acme/shop*", false), project("acme/shop*", ""));
    }
}
