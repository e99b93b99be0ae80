//! `.landfall/bootstrap.yaml` as the rest of the program sees it: checked, with defaults filled in.

use crate::project::OrganizationGuard;
use base::{AccountId, Region, Span};
use iam::trust::SubjectForm;
use indexmap::IndexMap;

/// Who the CI is, and how it gets into the accounts.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The CI system.
    pub ci: Ci,
    /// The way into the accounts.
    pub access: Access,
    /// The account of the hub roles, the central bucket and the state.
    pub cicd_account: Option<AccountId>,
    /// Its region.
    pub cicd_region: Option<Region>,
    /// `o-…`; bounds the central bucket.
    pub organization_id: Option<String>,
    /// What the hub must say to get in; not a secret.
    pub external_id: Option<String>,
    /// IAM path of all roles and policies, with a slash at both ends.
    pub role_path: String,
    /// How the names of all roles and policies start.
    pub role_prefix: String,
    /// How long a session that the CI opens lasts at most, 60 to 720 minutes. Sessions that go through a hub last an
    /// hour, whatever is written here.
    pub session_minutes: u32,
    /// How artifacts are encrypted.
    pub encryption: Encryption,
    /// Names of image repositories, made in every account and region.
    pub image_repositories: Vec<String>,
    /// Service prefixes, such as `dynamodb`, that roles of applications may use at most; empty for all that are not
    /// about identities, organizations and records.
    pub application_services: Vec<String>,
    /// Whether deployment roles may read their own and their execution role's policies, so that a missing permission
    /// is found before a deployment.
    pub preflight: bool,
    /// Whether pull requests get roles with which they may plan and nothing else.
    pub plan_role: bool,
    /// What differs in a stage, by `stage` or `pipeline/stage`.
    pub stages: IndexMap<String, StageSettings>,
    /// Where the CI is named in the file.
    pub span: Span,
}

impl Settings {
    /// Takes the CI/CD account and the organization from a pipeline where the bootstrap file does not say them.
    pub fn complete(&mut self, organization: Option<&OrganizationGuard>) {
        let Some(organization) = organization else { return };
        if self.cicd_account.is_none() {
            self.cicd_account.clone_from(&organization.cicd_account_id);
            self.cicd_region = self.cicd_region.take().or_else(|| organization.cicd_region.clone());
        }
        self.organization_id = self.organization_id.take().or_else(|| organization.id.clone());
    }
}

/// What differs in a stage.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StageSettings {
    /// Deployment environment: its name at GitHub, its UUID at Bitbucket.
    pub environment: Option<String>,
    /// Branch.
    pub branch: Option<String>,
    /// Tag.
    pub tag: Option<String>,
    /// What a stage is called at the CI: Azure service connection, Buildkite pipeline, HCP Terraform workspace.
    pub name: Option<String>,
    /// Name of the instance role of this stage's agents.
    pub agent: Option<String>,
}

/// The way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Every account trusts the CI's tokens.
    #[default]
    Direct,
    /// The CI enters roles in the CI/CD account, which enter the roles of the other accounts.
    Hub,
}

/// How artifacts are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encryption {
    /// With keys of S3.
    #[default]
    S3,
    /// With a key of the account's own.
    Kms,
}

/// The CI system. Patterns may hold `{pipeline}` and `{stage}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ci {
    /// GitHub Actions.
    GitHub {
        /// Issuer without `https://`.
        address: String,
        /// User or organization.
        owner: String,
        /// Repository.
        repository: String,
        /// Numbers of owner and repository.
        ids: Option<(String, String)>,
        /// How the repository's tokens are written.
        form: SubjectForm,
        /// Pattern of the deployment environment's name; nothing for branches.
        environment: Option<String>,
        /// Pattern of the branch, for repositories without environments.
        branch: String,
    },
    /// GitLab.
    GitLab {
        /// Host name.
        address: String,
        /// `group/project`
        project: String,
        /// Pattern of the branch.
        branch: String,
        /// Audience that the jobs ask for.
        audience: Option<String>,
    },
    /// Azure Pipelines.
    Azure {
        /// Name of the organization.
        organization: String,
        /// Its GUID.
        organization_id: String,
        /// Project.
        project: String,
        /// Pattern of the service connection's name.
        service_connection: String,
        /// Pattern of the name of the service connection of pull requests.
        plan_service_connection: String,
    },
    /// Bitbucket Pipelines.
    Bitbucket {
        /// Workspace.
        workspace: String,
        /// Its UUID without braces.
        workspace_id: String,
        /// The repository's UUID without braces.
        repository_id: String,
        /// UUID of the deployment environment of pull requests, without braces.
        plan_environment: Option<String>,
    },
    /// CircleCI.
    CircleCi {
        /// Organization id.
        organization_id: String,
        /// Project id.
        project_id: String,
        /// `github.com/OWNER/REPO`
        origin: String,
        /// Pattern of the branch.
        branch: String,
    },
    /// Buildkite.
    Buildkite {
        /// Slug of the organization.
        organization: String,
        /// Pattern of the pipeline's slug.
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
        /// Pattern of the workspace's name.
        workspace: String,
    },
    /// Machines on EC2, such as Jenkins agents, with an instance role.
    Instance {
        /// `ec2` or `jenkins`.
        word: &'static str,
        /// Pattern of the instance role's name.
        agent: String,
    },
}
