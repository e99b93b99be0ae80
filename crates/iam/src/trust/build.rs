//! Trust policies for the roles that pipelines use. Each lets in exactly one stage of one project.

use super::Issuer;
use serde_json::{Map, Value, json};

/// How GitHub writes the repository into a token's subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectForm {
    /// `repo:OWNER/REPO:…`: repositories made before 15 July 2026 and not renamed or transferred since.
    Classic,
    /// `repo:OWNER@ID/REPO@ID:…`: all others.
    Immutable,
    /// Both, while a repository changes over.
    Both,
}

/// The numbers of a GitHub owner and repository, which survive renaming.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitHubIds {
    /// Owner id.
    pub owner: String,
    /// Repository id.
    pub repository: String,
}

/// What a GitHub job must run for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GitHubPlace {
    /// A deployment environment, with its reviewers.
    Environment(String),
    /// A branch.
    Branch(String),
    /// A tag.
    Tag(String),
    /// A pull request; only for previews.
    PullRequest,
}

/// Phases of an HCP Terraform run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunPhase {
    /// Runs code of pull requests.
    Plan,
    /// Changes things.
    Apply,
}

/// A stage of a project as its CI system names it in tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CiIdentity {
    /// GitHub Actions.
    GitHub {
        /// Issuer without `https://`, `token.actions.githubusercontent.com` unless the enterprise has its own.
        address: String,
        /// User or organization.
        owner: String,
        /// Repository.
        repository: String,
        /// Their numbers; needed for the immutable form, and pin the repository when given.
        ids: Option<GitHubIds>,
        /// Which form the repository's tokens have.
        form: SubjectForm,
        /// What the job must run for.
        place: GitHubPlace,
    },
    /// GitLab.
    GitLab {
        /// `gitlab.com` or the instance.
        address: String,
        /// `group/…/project`
        project: String,
        /// `branch` or `tag` and its name.
        reference: (String, String),
        /// As in the job's `id_tokens`; the instance's URL by default.
        audience: Option<String>,
    },
    /// Azure Pipelines with the AWS Toolkit's service connection.
    AzurePipelines {
        /// GUID of the organization.
        organization_id: String,
        /// Its name.
        organization: String,
        /// Project.
        project: String,
        /// Service connection; one for each stage, with its own approvals.
        service_connection: String,
    },
    /// Bitbucket Pipelines.
    Bitbucket {
        /// Workspace name.
        workspace: String,
        /// Its UUID without braces.
        workspace_id: String,
        /// Repository UUID without braces.
        repository_id: String,
        /// UUID of the deployment environment without braces.
        environment_id: Option<String>,
    },
    /// CircleCI.
    CircleCi {
        /// Organization id.
        organization_id: String,
        /// Project id.
        project_id: String,
        /// `github.com/OWNER/REPO` and a branch, for tokens of the second version.
        source: Option<(String, String)>,
    },
    /// Buildkite.
    Buildkite {
        /// Organization slug.
        organization: String,
        /// Pipeline slug; one for each stage, since any step of a pipeline may ask for a token.
        pipeline: String,
        /// Branch.
        branch: String,
    },
    /// HCP Terraform.
    HcpTerraform {
        /// Organization.
        organization: String,
        /// Project.
        project: String,
        /// Workspace.
        workspace: String,
        /// Phase; plan and apply get roles of their own.
        phase: RunPhase,
    },
}

/// As long as a UUID and no longer: a `*` would also cover slashes, and a fork could name its branch so that the subject
/// ends like ours.
const ANY_UUID: &str = "????????-????-????-????-????????????";

/// Text in a condition value that means itself: `$`, `*` and `?` are written as policy variables.
fn literal(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '$' | '*' | '?' => out.extend(["${", c.to_string().as_str(), "}"]),
            c => out.push(c),
        }
    }
    out
}

impl CiIdentity {
    /// The issuer's address without `https://`.
    pub fn address(&self) -> String {
        match self {
            Self::GitHub { address, .. } | Self::GitLab { address, .. } => address.clone(),
            Self::AzurePipelines { organization_id, .. } => format!("vstoken.dev.azure.com/{organization_id}"),
            Self::Bitbucket { workspace, .. } => {
                format!("api.bitbucket.org/2.0/workspaces/{workspace}/pipelines-config/identity/oidc")
            }
            Self::CircleCi { organization_id, .. } => format!("oidc.circleci.com/org/{organization_id}"),
            Self::Buildkite { .. } => "agent.buildkite.com".to_owned(),
            Self::HcpTerraform { .. } => "app.terraform.io".to_owned(),
        }
    }

    /// The audience that the identity provider must list and the policy demands.
    pub fn audience(&self) -> String {
        match self {
            Self::GitHub { .. } | Self::Buildkite { .. } => "sts.amazonaws.com".to_owned(),
            Self::GitLab { address, audience, .. } => audience.clone().unwrap_or_else(|| format!("https://{address}")),
            Self::AzurePipelines { .. } => "api://AzureADTokenExchange".to_owned(),
            Self::Bitbucket { workspace_id, .. } => format!("ari:cloud:bitbucket::workspace/{workspace_id}"),
            Self::CircleCi { organization_id, .. } => organization_id.clone(),
            Self::HcpTerraform { .. } => "aws.workload.identity".to_owned(),
        }
    }

    /// The subjects to let in, and whether they hold a wildcard for what changes with every run.
    pub fn subjects(&self) -> (Vec<String>, bool) {
        match self {
            Self::GitHub { owner, repository, ids, form, place, .. } => {
                (github_subjects(owner, repository, ids.as_ref(), *form, place), false)
            }
            Self::GitLab { project, reference: (kind, name), .. } => {
                (vec![format!("project_path:{}:ref_type:{kind}:ref:{}", literal(project), literal(name))], false)
            }
            Self::AzurePipelines { organization, project, service_connection, .. } => (
                vec![format!("sc://{}/{}/{}", literal(organization), literal(project), literal(service_connection))],
                false,
            ),
            Self::Bitbucket { repository_id, environment_id, .. } => {
                let environment = environment_id.as_ref().map_or_else(String::new, |e| format!("{{{e}}}:"));
                (vec![format!("{{{repository_id}}}:{environment}*")], true)
            }
            Self::CircleCi { organization_id, project_id, source } => {
                let start = format!("org/{organization_id}/project/{project_id}/user");
                let subject = match source {
                    Some((origin, branch)) => format!(
                        "{start}/{ANY_UUID}/vcs-origin/{}/vcs-ref/refs/heads/{}",
                        literal(origin),
                        literal(branch)
                    ),
                    None => format!("{start}/*"),
                };
                (vec![subject], true)
            }
            Self::Buildkite { organization, pipeline, branch } => (
                vec![format!(
                    "organization:{}:pipeline:{}:ref:refs/heads/{}:commit:*",
                    literal(organization),
                    literal(pipeline),
                    literal(branch)
                )],
                true,
            ),
            Self::HcpTerraform { organization, project, workspace, phase } => {
                let phase = if *phase == RunPhase::Plan { "plan" } else { "apply" };
                let (o, p, w) = (literal(organization), literal(project), literal(workspace));
                (vec![format!("organization:{o}:project:{p}:workspace:{w}:run_phase:{phase}")], false)
            }
        }
    }

    /// Conditions beside audience and subject: for a GitHub repository its number, which a look-alike cannot have.
    fn more(&self) -> Vec<(String, String)> {
        match self {
            Self::GitHub { address, ids: Some(ids), .. } => {
                vec![(format!("{address}:repository_id"), ids.repository.clone())]
            }
            _ => Vec::new(),
        }
    }
}

fn github_subjects(
    owner: &str,
    repository: &str,
    ids: Option<&GitHubIds>,
    form: SubjectForm,
    place: &GitHubPlace,
) -> Vec<String> {
    // GitHub writes a colon within a value as %3A.
    let value = |text: &str| literal(&text.replace(':', "%3A"));
    let place = match place {
        GitHubPlace::Environment(name) => format!("environment:{}", value(name)),
        GitHubPlace::Branch(name) => format!("ref:refs/heads/{}", value(name)),
        GitHubPlace::Tag(name) => format!("ref:refs/tags/{}", value(name)),
        GitHubPlace::PullRequest => "pull_request".to_owned(),
    };
    let (owner, repository) = (literal(owner), literal(repository));
    let classic = format!("repo:{owner}/{repository}:{place}");
    let immutable = ids.map(|ids| format!("repo:{owner}@{}/{repository}@{}:{place}", ids.owner, ids.repository));
    match (form, immutable) {
        (SubjectForm::Classic, _) | (_, None) => vec![classic],
        (SubjectForm::Immutable, Some(immutable)) => vec![immutable],
        (SubjectForm::Both, Some(immutable)) => vec![classic, immutable],
    }
}

/// The trust policy that lets one stage's tokens assume a role in `account`.
pub fn ci_trust(partition: &str, account: &str, ci: &CiIdentity) -> Value {
    trust_of(partition, account, ci, &ci.subjects().0)
}

/// The trust policy that lets the tokens of any of these in, which are of one issuer; nothing where there is none.
pub fn any_trust(partition: &str, account: &str, all: &[CiIdentity]) -> Option<Value> {
    let mut subjects: Vec<String> = all.iter().flat_map(|ci| ci.subjects().0).collect();
    subjects.sort();
    subjects.dedup();
    Some(trust_of(partition, account, all.first()?, &subjects))
}

fn trust_of(partition: &str, account: &str, ci: &CiIdentity, subjects: &[String]) -> Value {
    let address = ci.address();
    let open = ci.subjects().1;
    let mut exact = Map::new();
    exact.insert(format!("{address}:aud"), json!(ci.audience()));
    for (key, value) in ci.more() {
        exact.insert(key, json!(value));
    }
    let subject = match subjects {
        [one] => json!(one),
        many => json!(many),
    };
    let mut condition = Map::new();
    let key = format!("{address}:sub");
    if open {
        condition.insert("StringEquals".to_owned(), Value::Object(exact));
        condition.insert("StringLike".to_owned(), json!({ key: subject }));
    } else {
        exact.insert(key, subject);
        condition.insert("StringEquals".to_owned(), Value::Object(exact));
    }
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "PipelineStage",
            "Effect": "Allow",
            "Principal": {"Federated": format!("arn:{partition}:iam::{account}:oidc-provider/{address}")},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": condition,
        }]
    })
}

/// How a hub role in the CI/CD account enters a target role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubTrust {
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// ARN of the hub role. It is demanded by a condition and not as principal, since IAM turns a role principal into
    /// its unique id, and a rebuilt hub would be locked out.
    pub hub_role_arn: String,
    /// Chosen for this organization; not a secret.
    pub external_id: Option<String>,
    /// Session tags that must be passed, with their values.
    pub tags: Vec<(String, String)>,
    /// Keys of session tags that may be passed with any value, such as a run's id.
    pub free_tags: Vec<String>,
    /// Whether the hub sets a source identity.
    pub source_identity: bool,
}

/// The trust policy of a target role that the hub role may assume.
pub fn hub_trust(hub: &HubTrust) -> Value {
    let account = hub.hub_role_arn.split(':').nth(4).unwrap_or_default();
    let principal = json!({"AWS": format!("arn:{}:iam::{account}:root", hub.partition)});
    let by_hub = json!({"aws:PrincipalArn": hub.hub_role_arn});
    let mut equals = Map::new();
    if let Some(id) = &hub.external_id {
        equals.insert("sts:ExternalId".to_owned(), json!(id));
    }
    for (key, value) in &hub.tags {
        equals.insert(format!("aws:RequestTag/{key}"), json!(value));
    }
    let condition = |equals: &Map<String, Value>| {
        if equals.is_empty() {
            json!({"ArnEquals": by_hub})
        } else {
            json!({"ArnEquals": by_hub, "StringEquals": equals})
        }
    };
    let mut statements = vec![json!({
        "Sid": "HubAssumes", "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition(&equals),
    })];
    if !hub.tags.is_empty() || !hub.free_tags.is_empty() {
        let keys: Vec<&str> = hub.tags.iter().map(|(k, _)| k).chain(&hub.free_tags).map(String::as_str).collect();
        let mut tagging = condition(&equals);
        tagging["ForAllValues:StringEquals"] = json!({"aws:TagKeys": keys});
        statements.push(json!({
            "Sid": "HubTagsSession", "Effect": "Allow", "Principal": principal, "Action": "sts:TagSession", "Condition": tagging,
        }));
    }
    if hub.source_identity {
        statements.push(json!({
            "Sid": "HubSetsSourceIdentity", "Effect": "Allow", "Principal": principal, "Action": "sts:SetSourceIdentity",
            "Condition": {"ArnEquals": by_hub, "StringLike": {"sts:SourceIdentity": "*"}},
        }));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// The trust policy of the hub role when the hub is a machine of ours, such as a Jenkins controller on EC2: the
/// instance profile's service, from this account only.
pub fn instance_trust(partition: &str) -> Value {
    let suffix = if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "InstanceProfile",
            "Effect": "Allow",
            "Principal": {"Service": format!("ec2.{suffix}")},
            "Action": "sts:AssumeRole",
        }]
    })
}

impl From<&CiIdentity> for Issuer {
    fn from(ci: &CiIdentity) -> Self {
        Self::of(&ci.address())
    }
}
