//! From the text of `.landfall/bootstrap.yaml` to settings.

use super::keys::{CIS, WORDS};
use super::{Access, Ci, Encryption, Settings, StageSettings};
use crate::project::shape::{check_object, wrong_type};
use base::{AccountId, Code, Diagnostic, Diagnostics, FileId, Region, Span};
use iam::trust::SubjectForm;
use indexmap::IndexMap;
use template::parse::{Dialect, parse};
use template::{Map, Node};

/// Where the file is, from the root of the project.
pub const BOOTSTRAP_FILE: &str = ".landfall/bootstrap.yaml";

/// What the checks that pipeline files have too are called here.
const CODES: [(&str, &str); 10] = [
    ("PIPE-001", "BOOT-001"),
    ("PIPE-002", "BOOT-002"),
    ("PIPE-003", "BOOT-003"),
    ("PIPE-025", "BOOT-003"),
    ("PIPE-004", "BOOT-004"),
    ("PIPE-005", "BOOT-004"),
    ("PIPE-006", "BOOT-004"),
    ("PIPE-007", "BOOT-004"),
    ("PIPE-018", "BOOT-005"),
    ("PIPE-038", "BOOT-004"),
];

/// Reads the bootstrap file. All problems come back at once; without settings there is at least one error.
pub fn read_bootstrap(file: FileId, text: &str) -> (Option<Settings>, Diagnostics) {
    let (root, mut out) = parse(file, text, Dialect::Strict);
    let syntax_errors = out.iter().any(Diagnostic::is_error);
    let settings = match root.as_map() {
        Some(map) => settings(map, root.span, &mut out),
        None => {
            if !syntax_errors {
                let told = Diagnostic::error("BOOT-006", "the bootstrap file is a mapping").at(root.span);
                out.push(told.hint("write at least `ci: github` and `repo: OWNER/REPO`"));
            }
            None
        }
    };
    for problem in &mut out {
        if let Some((_, ours)) = CODES.iter().find(|(theirs, _)| *theirs == problem.code.as_str()) {
            problem.code = Code::new(ours);
        }
    }
    out.sort_by_key(|problem| problem.span.map_or(u32::MAX, |span| span.start));
    let good = !out.iter().any(Diagnostic::is_error);
    (settings.filter(|_| good), out)
}

fn settings(map: &Map, span: Span, out: &mut Diagnostics) -> Option<Settings> {
    let Some(word) = map.get("ci") else {
        let told = Diagnostic::error("PIPE-002", "`ci` is missing in the bootstrap file").at(span);
        out.push(told.hint(format!("add `ci: …`: one of {}", WORDS.map(|w| format!("`{w}`")).join(", "))));
        return None;
    };
    let Some((_, object)) = CIS.iter().find(|(name, _)| Some(*name) == word.as_str()) else {
        let Some(text) = word.as_str() else {
            out.push(wrong_type("ci", "the name of a CI system", word));
            return None;
        };
        let told = Diagnostic::error("PIPE-006", format!("`ci` cannot be `{text}`")).at(word.span);
        out.push(told.hint(crate::suggest::hint(text, WORDS).unwrap_or_default()));
        return None;
    };
    check_object(object, map, span, out);
    let mut reader = Reader { map, out };
    let role_path = reader.role_path();
    let ci = reader.ci(word.as_str().unwrap_or_default());
    reader.check_texts();
    let access = match (reader.text("access"), &ci) {
        (Some("direct"), Some(Ci::Instance { .. })) => {
            reader.wrong(
                "access",
                "machines with an instance role cannot enter accounts directly",
                "write `access: hub`, or remove the key",
            );
            Access::Hub
        }
        (_, Some(Ci::Instance { .. })) | (Some("hub"), _) => Access::Hub,
        _ => Access::Direct,
    };
    Some(Settings {
        access,
        cicd_account: reader.text("cicd_account_id").and_then(|id| AccountId::new(id).ok()),
        cicd_region: reader.text("cicd_account_region").and_then(|r| Region::new(r).ok()),
        organization_id: reader.owned("organization_id"),
        external_id: reader.owned("external_id"),
        role_path,
        role_prefix: reader.owned("role_prefix").unwrap_or_else(|| "landfall-".to_owned()),
        session_minutes: map
            .get("session_minutes")
            .and_then(Node::as_int)
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(60),
        encryption: if reader.text("encryption") == Some("kms") { Encryption::Kms } else { Encryption::S3 },
        image_repositories: reader.list("image_repositories"),
        application_services: reader.list("application_services"),
        preflight: map.get("preflight").and_then(Node::as_bool).unwrap_or(true),
        plan_role: reader.plan_role(ci.as_ref()),
        stages: reader.stages(),
        span: word.span,
        ci: ci?,
    })
}

struct Reader<'m, 'o> {
    map: &'m Map,
    out: &'o mut Diagnostics,
}

impl<'m> Reader<'m, '_> {
    fn text(&self, key: &str) -> Option<&'m str> {
        self.map.get(key)?.as_str()
    }

    fn owned(&self, key: &str) -> Option<String> {
        self.text(key).map(str::to_owned)
    }

    fn or(&self, key: &str, standard: &str) -> String {
        self.text(key).unwrap_or(standard).to_owned()
    }

    fn list(&self, key: &str) -> Vec<String> {
        let items = self.map.get(key).and_then(Node::as_list).unwrap_or_default();
        items.iter().filter_map(Node::as_str).map(str::to_owned).collect()
    }

    fn wrong(&mut self, key: &str, message: &str, hint: &str) {
        let span = self.map.get(key).map(|n| n.span).unwrap_or_default();
        self.out.push(Diagnostic::error("BOOT-007", message.to_owned()).at(span).hint(hint.to_owned()));
    }

    fn role_path(&mut self) -> String {
        let text = self.text("role_path").unwrap_or("landfall").trim_matches('/');
        let known = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-/".contains(c);
        if text.is_empty() || text.len() > 200 || !text.chars().all(known) || text.contains("//") {
            self.wrong(
                "role_path",
                "this cannot be the path of the roles",
                "write a path such as `/landfall/`; the root is not ours alone, and denies for it would hit every role",
            );
        }
        format!("/{text}/")
    }

    fn check_texts(&mut self) {
        let slug = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if let Some(id) = self.text("organization_id") {
            let rest = id.strip_prefix("o-").unwrap_or_default();
            if !(10..=32).contains(&rest.len()) || !rest.chars().all(slug) {
                self.wrong(
                    "organization_id",
                    &format!("`{id}` is not the id of an organization"),
                    "it is `o-` and 10 to 32 lower-case letters and digits",
                );
            }
        }
        if let Some(prefix) = self.text("role_prefix") {
            let known = |c: char| c.is_ascii_alphanumeric() || c == '-';
            if prefix.len() > 20 || !prefix.chars().all(known) || prefix.is_empty() {
                self.wrong(
                    "role_prefix",
                    &format!("`{prefix}` cannot be the start of role names"),
                    "write 1 to 20 letters, digits and hyphens",
                );
            }
        }
        if let Some(id) = self.text("external_id") {
            let known = |c: char| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c);
            if !(2..=1224).contains(&id.len()) || !id.chars().all(known) {
                self.wrong(
                    "external_id",
                    "this cannot be an external id",
                    "write 2 to 1224 letters, digits and `_+=,.@:/-`",
                );
            }
        }
        for service in self.list("application_services") {
            if !iam::permissions::actions::is_service(&service) {
                self.wrong(
                    "application_services",
                    &format!("`{service}` is not the prefix of a service's actions"),
                    "write what stands before the colon of its actions, such as `dynamodb`",
                );
            }
        }
    }

    fn ci(&mut self, word: &str) -> Option<Ci> {
        match word {
            "github" => return self.github(),
            "circleci" => return self.circleci(),
            _ => {}
        }
        Some(match word {
            "gitlab" => Ci::GitLab {
                address: address(&self.or("address", "gitlab.com")),
                project: self.owned("project")?,
                branch: self.or("branch", "{stage}"),
                audience: self.owned("audience"),
            },
            "azure" => Ci::Azure {
                organization: self.owned("organization")?,
                organization_id: self.owned("azure_organization_id")?,
                project: self.owned("project")?,
                service_connection: self.or("service_connection", "{pipeline}-{stage}"),
                // A service connection opens one role: without a hub there is one for each stage.
                plan_service_connection: match (self.owned("plan_service_connection"), self.text("access")) {
                    (Some(pattern), _) => pattern,
                    (None, Some("hub")) => "{pipeline}-plan".to_owned(),
                    (None, _) => "{pipeline}-{stage}-plan".to_owned(),
                },
            },
            "bitbucket" => Ci::Bitbucket {
                workspace: self.owned("workspace")?,
                workspace_id: uuid(self.text("workspace_id")?),
                repository_id: uuid(self.text("repository_id")?),
                plan_environment: self.text("plan_environment").map(uuid),
            },
            "buildkite" => Ci::Buildkite {
                organization: self.owned("organization")?,
                pipeline: self.or("pipeline", "{pipeline}-{stage}"),
                branch: self.or("branch", "main"),
            },
            "hcp_terraform" => Ci::HcpTerraform {
                organization: self.owned("organization")?,
                project: self.owned("project")?,
                workspace: self.or("workspace", "{pipeline}-{stage}"),
            },
            "jenkins" => Ci::Instance { word: "jenkins", agent: self.or("agent", "landfall-{pipeline}-agent") },
            _ => Ci::Instance { word: "ec2", agent: self.or("agent", "landfall-{pipeline}-agent") },
        })
    }

    fn github(&mut self) -> Option<Ci> {
        let repo = self.text("repo")?;
        let Some((owner, repository)) = repo.split_once('/').filter(|(o, r)| !o.is_empty() && is_part(r)) else {
            self.wrong("repo", &format!("`{repo}` is not a repository"), "write `OWNER/REPO`");
            return None;
        };
        let ids = match (self.owned("owner_id"), self.owned("repo_id")) {
            (Some(owner), Some(repository)) => Some((owner, repository)),
            (Some(_), None) => {
                self.wrong("owner_id", "`owner_id` without `repo_id`", "add both, or neither");
                None
            }
            (None, Some(_)) => {
                self.wrong("repo_id", "`repo_id` without `owner_id`", "add both, or neither");
                None
            }
            (None, None) => None,
        };
        let form = match self.text("subject") {
            Some("immutable") => SubjectForm::Immutable,
            Some("both") => SubjectForm::Both,
            Some(_) => SubjectForm::Classic,
            None if ids.is_some() => SubjectForm::Immutable,
            None => SubjectForm::Classic,
        };
        if ids.is_none() && form != SubjectForm::Classic {
            self.wrong(
                "subject",
                "the immutable form of a subject holds the ids of owner and repository",
                "add `owner_id` and `repo_id`, as `gh api repos/OWNER/REPO --jq '.owner.id, .id'` shows them",
            );
        }
        let branch = self.owned("branch");
        let environment = match (&branch, self.owned("environment")) {
            (Some(_), Some(_)) => {
                self.wrong(
                    "branch",
                    "a stage is entered by its environment or by its branch",
                    "remove `branch`: the environment's own rules say which branches may use it",
                );
                None
            }
            (Some(_), None) => None,
            (None, environment) => Some(environment.unwrap_or_else(|| "{stage}".to_owned())),
        };
        Some(Ci::GitHub {
            address: address(&self.or("address", "token.actions.githubusercontent.com")),
            owner: owner.to_owned(),
            repository: repository.to_owned(),
            ids,
            form,
            environment,
            branch: branch.unwrap_or_else(|| "main".to_owned()),
        })
    }

    fn circleci(&mut self) -> Option<Ci> {
        let origin = self.text("repo")?;
        if origin.split('/').count() != 3 || !origin.split('/').all(is_part) {
            self.wrong(
                "repo",
                &format!("`{origin}` is not a repository with its host"),
                "write `github.com/OWNER/REPO`",
            );
        }
        Some(Ci::CircleCi {
            organization_id: self.owned("circleci_organization_id")?,
            project_id: self.owned("project_id")?,
            origin: origin.to_owned(),
            branch: self.or("branch", "{stage}"),
        })
    }

    /// Only where the tokens of pull requests can be told from those that deploy.
    fn plan_role(&mut self, ci: Option<&Ci>) -> bool {
        let wanted = self.map.get("plan_role").and_then(Node::as_bool).unwrap_or(false);
        let (message, hint) = match ci {
            Some(Ci::GitLab { .. } | Ci::CircleCi { .. } | Ci::Buildkite { .. }) => (
                "tokens of this CI do not tell pull requests from pushes",
                "remove it: a role for pull requests would have to trust every branch",
            ),
            Some(Ci::Instance { .. }) => (
                "jobs on a machine all act as its instance role, whatever they run for",
                "remove it: agents that build pull requests must not have the role of those that deploy",
            ),
            Some(Ci::Bitbucket { plan_environment: None, .. }) => (
                "tokens of Bitbucket name no pull request, but a deployment environment",
                "make an environment for pull requests, and give its UUID as `plan_environment`",
            ),
            _ => return wanted,
        };
        if wanted {
            self.wrong("plan_role", &format!("no plan role can be made: {message}"), hint);
        }
        false
    }

    fn stages(&self) -> IndexMap<String, StageSettings> {
        let Some(map) = self.map.get("stages").and_then(Node::as_map) else { return IndexMap::new() };
        map.iter().filter_map(|(name, node)| Some((name.to_owned(), stage(node.as_map()?)))).collect()
    }
}

fn stage(map: &Map) -> StageSettings {
    let text = |key: &str| map.get(key).and_then(Node::as_str).map(str::to_owned);
    StageSettings {
        environment: text("environment").map(|e| uuid(&e)),
        branch: text("branch"),
        tag: text("tag"),
        name: text("service_connection").or_else(|| text("pipeline")).or_else(|| text("workspace")),
        agent: text("agent"),
    }
}

fn is_part(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

/// A host without what people paste with it.
fn address(text: &str) -> String {
    text.trim_start_matches("https://").trim_end_matches('/').to_owned()
}

/// UUIDs come with and without braces.
fn uuid(text: &str) -> String {
    text.trim_start_matches('{').trim_end_matches('}').to_owned()
}
