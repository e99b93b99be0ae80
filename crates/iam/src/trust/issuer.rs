//! The issuers of tokens, told by the address of their identity provider.

/// Who signs a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Issuer {
    /// GitHub Actions, on github.com, GHE.com or an own server.
    GitHub,
    /// GitLab, on gitlab.com or an own server.
    GitLab,
    /// Azure Pipelines.
    AzurePipelines,
    /// Bitbucket Pipelines.
    Bitbucket,
    /// CircleCI; one issuer for each organization.
    CircleCi,
    /// Buildkite.
    Buildkite,
    /// HCP Terraform.
    HcpTerraform,
    /// Amazon Cognito identity pools, where `aud` is the tenant.
    Cognito,
    /// Sign-in for people: Google, Facebook, Amazon.
    Social,
    /// A Kubernetes cluster.
    Kubernetes,
    /// Any other.
    Other,
}

impl Issuer {
    /// The issuer behind a provider's address without `https://`, which is also the prefix of its condition keys.
    pub fn of(address: &str) -> Self {
        let host = address.split('/').next().unwrap_or_default();
        match host {
            "token.actions.githubusercontent.com" => Self::GitHub,
            h if h.starts_with("token.actions.") && h.ends_with(".ghe.com") => Self::GitHub,
            _ if address.ends_with("/_services/token") => Self::GitHub,
            "gitlab.com" => Self::GitLab,
            h if h.split('.').any(|label| label == "gitlab") => Self::GitLab,
            "vstoken.dev.azure.com" => Self::AzurePipelines,
            "api.bitbucket.org" => Self::Bitbucket,
            "oidc.circleci.com" => Self::CircleCi,
            "agent.buildkite.com" => Self::Buildkite,
            "app.terraform.io" | "app.eu.terraform.io" => Self::HcpTerraform,
            "cognito-identity.amazonaws.com" => Self::Cognito,
            "accounts.google.com" | "graph.facebook.com" | "www.amazon.com" => Self::Social,
            h if h.starts_with("oidc.eks.") || h.starts_with("oidc-eks.") => Self::Kubernetes,
            _ => Self::Other,
        }
    }

    /// The issuer whose form a subject has, for servers under a name of their own.
    pub fn by_subject(subject: &str) -> Option<Self> {
        let starts = |leads: &[&str]| leads.iter().any(|lead| subject.starts_with(lead));
        match subject {
            _ if starts(&["repo:", "job_workflow_ref:", "repository_owner:", "repository_id:"]) => Some(Self::GitHub),
            _ if starts(&["project_path:", "project_id:"]) => Some(Self::GitLab),
            _ if starts(&["system:serviceaccount:"]) => Some(Self::Kubernetes),
            _ if starts(&["organization:"]) && subject.contains(":workspace:") => Some(Self::HcpTerraform),
            _ => None,
        }
    }

    /// The address within an identity provider's ARN, or the principal itself for built-in providers.
    pub fn address(provider: &str) -> &str {
        provider.split_once(":oidc-provider/").map_or(provider, |(_, address)| address)
    }

    /// Its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::GitHub => "GitHub Actions",
            Self::GitLab => "GitLab",
            Self::AzurePipelines => "Azure Pipelines",
            Self::Bitbucket => "Bitbucket Pipelines",
            Self::CircleCi => "CircleCI",
            Self::Buildkite => "Buildkite",
            Self::HcpTerraform => "HCP Terraform",
            Self::Cognito => "Amazon Cognito",
            Self::Social => "a sign-in service",
            Self::Kubernetes => "a Kubernetes cluster",
            Self::Other => "this issuer",
        }
    }

    /// Claims beside `sub` that say by themselves which project a token is for, as AWS exposes them.
    pub fn project_claims(self) -> &'static [&'static str] {
        match self {
            Self::GitHub => &["repository", "repository_id", "job_workflow_ref"],
            Self::GitLab => &["project_id", "project_path"],
            Self::CircleCi => &["project-id"],
            Self::Buildkite => &["pipeline_id"],
            _ => &[],
        }
    }

    /// Claims that say which organization a token is for.
    pub fn tenant_claims(self) -> &'static [&'static str] {
        match self {
            Self::GitHub => &["repository_owner_id", "repository_owner", "enterprise_id"],
            Self::GitLab => &["namespace_id", "namespace_path"],
            Self::Buildkite => &["organization_id", "organization_slug"],
            _ => &[],
        }
    }

    /// Claims that whoever starts a job may set as they like.
    pub fn attacker_set_claims(self) -> &'static [&'static str] {
        match self {
            Self::GitHub => &[
                "workflow",
                "ref",
                "environment",
                "context",
                "head_ref",
                "base_ref",
                "actor",
                "event_name",
                "ref_type",
                "run_id",
            ],
            Self::GitLab => &["ref", "ref_type", "environment", "pipeline_source", "user_login"],
            _ => &["ref", "branch", "environment"],
        }
    }
}
