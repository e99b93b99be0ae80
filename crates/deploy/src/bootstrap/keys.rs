//! Every key of `.landfall/bootstrap.yaml`. Which ones there are depends on the CI.

use crate::project::shape::{Key, Kind, Object, optional, required};

/// The CI systems by the word at `ci`, each with the form of its file.
pub(crate) static CIS: [(&str, &Object); 9] = [
    ("github", &GITHUB),
    ("gitlab", &GITLAB),
    ("azure", &AZURE),
    ("bitbucket", &BITBUCKET),
    ("circleci", &CIRCLECI),
    ("buildkite", &BUILDKITE),
    ("hcp_terraform", &HCP_TERRAFORM),
    ("jenkins", &JENKINS),
    ("ec2", &EC2),
];

pub(super) const WORDS: [&str; 9] =
    ["github", "gitlab", "azure", "bitbucket", "circleci", "buildkite", "hcp_terraform", "jenkins", "ec2"];

const CI: Key = required("ci", Kind::Word(&WORDS), "The CI system that deploys.");
const VERSION: Key = optional("version", Kind::Version, "The version of this form: `1`.");
const ACCESS: Key = optional(
    "access",
    Kind::Word(&["direct", "hub"]),
    "`direct`: every account trusts the CI's tokens, which is the default; `hub`: the CI enters roles of the CI/CD account, which enter the others.",
);
const ACCOUNT: Key = optional(
    "cicd_account_id",
    Kind::AccountId,
    "The account of the hub roles and of the central bucket; that of the pipelines' `organization` if left out.",
);
const REGION: Key = optional("cicd_account_region", Kind::Region, "The home region of that account.");
const ORGANIZATION: Key =
    optional("organization_id", Kind::Text, "The organization's id, `o-…`, which bounds the central bucket.");
const EXTERNAL_ID: Key = optional("external_id", Kind::Text, "What the hub must say to enter a role.");
const ROLE_PATH: Key =
    optional("role_path", Kind::Text, "IAM path of all roles and policies; `/landfall/` if left out.");
const ROLE_PREFIX: Key =
    optional("role_prefix", Kind::Text, "How the names of all roles and policies start; `landfall-` if left out.");
const SESSION: Key = optional(
    "session_minutes",
    Kind::Int(60, 720),
    "How long a session that the CI opens lasts at most; 60 if left out.",
);
const ENCRYPTION: Key =
    optional("encryption", Kind::Word(&["s3", "kms"]), "How artifacts are encrypted; `s3` if left out.");
const IMAGES: Key = optional(
    "image_repositories",
    Kind::List(&Kind::Text),
    "Names of ECR repositories, made in every account and region.",
);
const SERVICES: Key = optional(
    "application_services",
    Kind::List(&Kind::Text),
    "Service prefixes, such as `dynamodb`, that roles of applications may use at most; all if left out.",
);
const PREFLIGHT: Key = optional(
    "preflight",
    Kind::Bool,
    "Whether deployment roles may read their own permissions, to find missing ones before a run; `true` if left out.",
);
const PLAN_ROLE: Key = optional(
    "plan_role",
    Kind::Bool,
    "Whether pull requests get a role for each stage with which `landfall plan --plan-role` reads what it needs and nothing else; `false` if left out, since whoever may push a branch can run code with it.",
);
const STAGES: Key =
    optional("stages", Kind::Map(&EACH_STAGE), "What differs in a stage, by `stage` or `pipeline/stage`.");
static EACH_STAGE: Kind = Kind::Object(&STAGE);
const BRANCH: Key = optional(
    "branch",
    Kind::Text,
    "The protected branch of a stage; may hold `{pipeline}` and `{stage}`, and is `{stage}` if left out.",
);

const MEANT: &[(&str, &str)] = &[
    ("repository", "repo"),
    ("account_id", "cicd_account_id"),
    ("region", "cicd_account_region"),
    ("cicd_region", "cicd_account_region"),
    ("organization_name", "organization"),
    ("path", "role_path"),
    ("prefix", "role_prefix"),
    ("repository_id", "repo_id"),
    ("repository_owner_id", "owner_id"),
];

pub(super) static STAGE: Object = Object {
    title: "a stage",
    keys: &[
        optional("environment", Kind::Text, "GitHub: the deployment environment. Bitbucket: its UUID."),
        optional("branch", Kind::Text, "The branch that deploys to the stage."),
        optional("tag", Kind::Text, "The tag that deploys to the stage, for GitHub and GitLab."),
        optional("service_connection", Kind::Text, "Azure Pipelines: the service connection."),
        optional("pipeline", Kind::Text, "Buildkite: the pipeline's slug."),
        optional("workspace", Kind::Text, "HCP Terraform: the workspace."),
        optional("agent", Kind::Text, "Jenkins and EC2: the name of the instance role."),
    ],
    meant: &[("env", "environment"), ("instance_role", "agent"), ("environment_id", "environment")],
};

/// A file: the keys of one CI, then those of all.
macro_rules! file {
    ($name:ident, $title:literal, [$($key:expr),* $(,)?]) => {
        static $name: Object = Object {
            title: $title,
            keys: &[
                VERSION, CI, $($key,)* ACCESS, ACCOUNT, REGION, ORGANIZATION, EXTERNAL_ID, ROLE_PATH, ROLE_PREFIX,
                SESSION, ENCRYPTION, IMAGES, SERVICES, PREFLIGHT, PLAN_ROLE, STAGES,
            ],
            meant: MEANT,
        };
    };
}

file!(
    GITHUB,
    "the bootstrap file for GitHub",
    [
        required("repo", Kind::Text, "`OWNER/REPO`."),
        optional("owner_id", Kind::Text, "The owner's number, as `gh api repos/OWNER/REPO --jq .owner.id` shows it."),
        optional("repo_id", Kind::Text, "The repository's number, as `gh api repos/OWNER/REPO --jq .id` shows it."),
        optional(
            "subject",
            Kind::Word(&["classic", "immutable", "both"]),
            "How tokens name the repository: `immutable` for those made, renamed or moved since 15 July 2026; that if the ids are given, else `classic`.",
        ),
        optional(
            "environment",
            Kind::Text,
            "The deployment environment of a stage; may hold `{pipeline}` and `{stage}`, and is `{stage}` if left out.",
        ),
        optional("branch", Kind::Text, "The branch of a stage, instead of an environment."),
        optional("address", Kind::Text, "The issuer without `https://`, for an enterprise with one of its own."),
    ]
);
file!(
    GITLAB,
    "the bootstrap file for GitLab",
    [
        required("project", Kind::Text, "`group/project`."),
        BRANCH,
        optional("address", Kind::Text, "The host; `gitlab.com` if left out."),
        optional("audience", Kind::Text, "`aud` of the jobs' `id_tokens`; the instance's URL if left out."),
    ]
);
file!(
    AZURE,
    "the bootstrap file for Azure Pipelines",
    [
        required("organization", Kind::Text, "The organization's name."),
        required("azure_organization_id", Kind::Text, "Its GUID, which is the end of the issuer."),
        required("project", Kind::Text, "The project."),
        optional(
            "service_connection",
            Kind::Text,
            "The service connection of a stage; `{pipeline}-{stage}` if left out.",
        ),
        optional(
            "plan_service_connection",
            Kind::Text,
            "The service connection of pull requests, with `plan_role: true`; `{pipeline}-plan` if left out, or `{pipeline}-{stage}-plan` with `access: direct`.",
        ),
    ]
);
file!(
    BITBUCKET,
    "the bootstrap file for Bitbucket",
    [
        required("workspace", Kind::Text, "The workspace."),
        required("workspace_id", Kind::Text, "Its UUID."),
        required("repository_id", Kind::Text, "The repository's UUID."),
        optional(
            "plan_environment",
            Kind::Text,
            "The UUID of the deployment environment of pull requests, with `plan_role: true`.",
        ),
    ]
);
file!(
    CIRCLECI,
    "the bootstrap file for CircleCI",
    [
        required("circleci_organization_id", Kind::Text, "The organization's id."),
        required("project_id", Kind::Text, "The project's id."),
        required("repo", Kind::Text, "Where the code is: `github.com/OWNER/REPO`."),
        BRANCH,
    ]
);
file!(
    BUILDKITE,
    "the bootstrap file for Buildkite",
    [
        required("organization", Kind::Text, "The organization's slug."),
        optional("pipeline", Kind::Text, "The Buildkite pipeline of a stage; `{pipeline}-{stage}` if left out."),
        optional("branch", Kind::Text, "The branch; `main` if left out."),
    ]
);
file!(
    HCP_TERRAFORM,
    "the bootstrap file for HCP Terraform",
    [
        required("organization", Kind::Text, "The organization."),
        required("project", Kind::Text, "The project."),
        optional("workspace", Kind::Text, "The workspace of a stage; `{pipeline}-{stage}` if left out."),
    ]
);
file!(
    JENKINS,
    "the bootstrap file for Jenkins",
    [optional("agent", Kind::Text, "The instance role of the agents; `landfall-{pipeline}-agent` if left out."),]
);
file!(
    EC2,
    "the bootstrap file for machines on EC2",
    [optional("agent", Kind::Text, "The instance role of the machines; `landfall-{pipeline}-agent` if left out."),]
);
