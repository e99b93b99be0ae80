//! The doors to the outside, as the engine needs them: small traits, five kinds of failure and text.
//!
//! Every call names its [`Site`]: which account and region, and by which role one gets there. Nothing here retries or
//! waits; the run's state machine decides on both, from the [`FailureKind`].

use async_trait::async_trait;
use base::{AccountId, Arn};
use deploy::plan::SecretName;
pub use deploy::seen::{
    AccountSeen, AlarmSeen, Caller, Change, ChangeSetSeen, CommandEnd, ControlLevelSeen, Failure, FailureKind,
    IdentityProviderSeen, OrganizationSeen, PolicySeen, RoleSeen, ServiceControlSeen, StackEvent, StackSeen, Unread,
};
pub use deploy::target::{Session, Site};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The answer of a port.
pub type Answer<T> = Result<T, Failure>;

/// Who am I there, and what is there.
#[async_trait]
pub trait Identity: Send + Sync {
    /// `sts:GetCallerIdentity` at the site, after assuming its role if it has one.
    async fn caller(&self, site: &Site) -> Answer<Caller>;
    /// `organizations:DescribeOrganization` with the caller's own credentials.
    async fn organization(&self) -> Answer<OrganizationSeen>;
    /// All accounts of the organization with their status.
    async fn accounts(&self) -> Answer<Vec<AccountSeen>>;
    /// The accounts in an organizational unit or root and in all units below it.
    async fn accounts_under(&self, unit: &str) -> Answer<Vec<AccountSeen>>;
}

/// Stacks as they are.
#[async_trait]
pub trait Stacks: Send + Sync {
    /// `DescribeStacks` by name or id; `None` when there is no such stack.
    async fn describe(&self, site: &Site, stack: &str) -> Answer<Option<StackSeen>>;
    /// `DescribeStackEvents`, newest first, back to the first event that is not newer than `since`.
    async fn events(&self, site: &Site, stack: &str, since: Option<Timestamp>) -> Answer<Vec<StackEvent>>;
    /// `DeleteStack`. Repeating it with the same token is safe.
    async fn delete(&self, site: &Site, stack: &str, token: &str, role: Option<&Arn>) -> Answer<()>;
    /// `ContinueUpdateRollback`, skipping only what a person named.
    async fn continue_rollback(&self, site: &Site, stack: &str, token: &str, skip: &[String]) -> Answer<()>;
    /// `CancelUpdateStack`.
    async fn cancel_update(&self, site: &Site, stack: &str, token: &str) -> Answer<()>;
    /// `UpdateTerminationProtection`.
    async fn protect(&self, site: &Site, stack: &str, on: bool) -> Answer<()>;
    /// `GetTemplate` with `TemplateStage=Original`, as text.
    async fn template(&self, site: &Site, stack: &str) -> Answer<String>;
}

/// Change sets.
#[async_trait]
pub trait ChangeSets: Send + Sync {
    /// `CreateChangeSet` of a name that the plan fixed. `Conflict` with code `AlreadyExistsException` means it is there.
    async fn create(&self, site: &Site, request: &ChangeSetRequest) -> Answer<ChangeSetId>;
    /// `DescribeChangeSet` with all pages; `None` when it or its stack is not there.
    async fn describe(&self, site: &Site, stack: &str, name: &str) -> Answer<Option<ChangeSetSeen>>;
    /// `ExecuteChangeSet`. Repeating it with the same token is safe.
    async fn execute(&self, site: &Site, execution: &Execution) -> Answer<()>;
    /// `DeleteChangeSet`; nothing happens when it is not there.
    async fn delete(&self, site: &Site, stack: &str, name: &str) -> Answer<()>;
}

/// What to ask of `CreateChangeSet`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeSetRequest {
    /// Stack name, or the id of one that exists.
    pub stack: String,
    /// Name of the change set, fixed by the plan: up to 128 letters, digits and hyphens.
    pub name: String,
    /// `CREATE` for a stack that is not there or is in `REVIEW_IN_PROGRESS`, else `UPDATE`.
    pub create: bool,
    /// The template.
    pub template: TemplateSource,
    /// Parameters; `None` keeps the previous value.
    pub parameters: BTreeMap<String, Option<String>>,
    /// Capabilities, as configured.
    pub capabilities: Vec<String>,
    /// Tags on the stack, at most 50.
    pub tags: BTreeMap<String, String>,
    /// The service role.
    pub role: Option<Arn>,
    /// Names of alarms that roll the operation back, at most 5. An empty list must be sent as one: a stack keeps the
    /// alarms of its last operation when the request does not name any, and a rollback must not be stopped by them.
    pub rollback_alarms: Vec<String>,
    /// Minutes of monitoring after the operation, 0 to 180.
    pub monitoring_minutes: u8,
    /// SNS topics.
    pub notification_arns: Vec<String>,
    /// `OnStackFailure` for a new stack: `DO_NOTHING`, `ROLLBACK` or `DELETE`; nothing leaves CloudFormation's default.
    pub on_failure: Option<String>,
    /// `ClientToken`.
    pub token: String,
    /// Said of it in the console.
    pub description: String,
}

/// Where the template's text is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TemplateSource {
    /// In the request, up to 51,200 bytes.
    Body(String),
    /// In S3, up to 1 MB: an `https` URL.
    Url(String),
}

/// Ids of what `CreateChangeSet` made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeSetId {
    /// ARN of the change set.
    pub id: String,
    /// ARN of the stack.
    pub stack_id: String,
}

/// What to ask of `ExecuteChangeSet`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// Stack name or id.
    pub stack: String,
    /// Change set name.
    pub change_set: String,
    /// `ClientRequestToken`, which every event of the operation carries.
    pub token: String,
    /// Leave what was made in place when the operation fails.
    pub disable_rollback: bool,
}

/// S3 objects, addressed by content.
#[async_trait]
pub trait Objects: Send + Sync {
    /// Makes the bucket when it is not there (private, versioned, owner enforced); does nothing when it is ours already.
    /// `Denied` when somebody else owns the name.
    async fn ensure_bucket(&self, site: &Site, bucket: &str) -> Answer<()>;
    /// `HeadObject`; `None` when it is not there.
    async fn head(&self, site: &Site, at: &ObjectAt) -> Answer<Option<ObjectSeen>>;
    /// The bytes; `None` when it is not there.
    async fn get(&self, site: &Site, at: &ObjectAt) -> Answer<Option<ObjectBytes>>;
    /// `PutObject` with a condition and a SHA-256 checksum. `Conflict` when the condition did not hold.
    async fn put(&self, site: &Site, at: &ObjectAt, bytes: Vec<u8>, condition: &Condition) -> Answer<String>;
    /// `DeleteObject`, optionally only if its ETag still matches.
    async fn delete(&self, site: &Site, at: &ObjectAt, if_match: Option<&str>) -> Answer<()>;
    /// All keys under a prefix, sorted.
    async fn list(&self, site: &Site, bucket: &str, prefix: &str) -> Answer<Vec<String>>;
    /// Keys under a prefix up to the next `/`, each once, sorted: one page for 1,000 of them, however much lies below.
    async fn folders(&self, site: &Site, bucket: &str, prefix: &str) -> Answer<Vec<String>>;
}

/// Bucket and key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ObjectAt {
    /// Bucket.
    pub bucket: String,
    /// Key.
    pub key: String,
    /// `ExpectedBucketOwner`: the call fails when another account owns the bucket.
    pub owner: Option<AccountId>,
}

/// What `HeadObject` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectSeen {
    /// Bytes.
    pub size: u64,
    /// Base64 of the SHA-256 that S3 keeps, when it was stored with one.
    pub checksum_sha256: Option<String>,
    /// ETag.
    pub etag: String,
}

/// An object's bytes and ETag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectBytes {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// ETag.
    pub etag: String,
}

/// When a write may happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Always.
    Always,
    /// Only when nothing is there (`If-None-Match: *`).
    Absent,
    /// Only when what is there has this ETag (`If-Match`).
    Matches(String),
}

/// CloudWatch alarms.
#[async_trait]
pub trait Alarms: Send + Sync {
    /// `DescribeAlarms` by name, metric and composite; names that do not exist are absent from the answer.
    async fn read(&self, site: &Site, names: &[String]) -> Answer<Vec<AlarmSeen>>;
}

/// Who may do what: roles, identity providers and the policies around them. It only reads.
///
/// IAM is the same in all regions of an account: ask once for each account, not for each site.
#[async_trait]
pub trait Roles: Send + Sync {
    /// The role with its boundary, its inline policies and the attached ones in the version that is in force; `None`
    /// when there is no such role. `Denied` when `iam:GetRole` is; of the rest, what is denied is in
    /// [`RoleSeen::unread`] and the answer is still one.
    async fn role(&self, site: &Site, name: &str) -> Answer<Option<RoleSeen>>;
    /// Names of the roles under a path such as `/` or `/app/`, sorted.
    async fn role_names(&self, site: &Site, path: &str) -> Answer<Vec<String>>;
    /// The OpenID Connect providers of the account.
    async fn identity_providers(&self, site: &Site) -> Answer<Vec<IdentityProviderSeen>>;
    /// The service control policies over an account, asked with the caller's own credentials. `Denied` is what most
    /// callers get, who are neither in the management account nor in a delegated one: it means unknown. What is
    /// learned of roots and units is remembered, so that a second account costs two calls.
    async fn service_control(&self, account: &AccountId) -> Answer<ServiceControlSeen>;
    /// The bucket's policy as JSON; `None` when it has none or is not there.
    async fn bucket_policy(&self, site: &Site, bucket: &str) -> Answer<Option<String>>;
}

/// The run's memory: a small store of named byte strings with conditional writes. On disk or in a bucket.
#[async_trait]
pub trait Store: Send + Sync {
    /// The bytes and their ETag; `None` when there is nothing.
    async fn get(&self, key: &str) -> Answer<Option<ObjectBytes>>;
    /// Writes whole or not at all. `Conflict` when the condition did not hold. Returns the new ETag.
    async fn put(&self, key: &str, bytes: &[u8], condition: &Condition) -> Answer<String>;
    /// Removes it if its ETag still matches. `Conflict` when it does not.
    async fn delete(&self, key: &str, etag: &str) -> Answer<()>;
    /// All keys under a prefix, sorted.
    async fn list(&self, prefix: &str) -> Answer<Vec<String>>;
    /// Names of the folders right below a prefix that is empty or ends in `/`, sorted. What lies in them is not read.
    async fn folders(&self, prefix: &str) -> Answer<Vec<String>>;
    /// Where it is, for people: a path or `s3://…`.
    fn place(&self) -> String;
}

/// The user's own programs: builds and tests.
#[async_trait]
pub trait Commands: Send + Sync {
    /// Runs a command to its end or its limit, giving every line of output to `line` as it comes.
    async fn run(&self, command: &Command, line: &(dyn for<'l> Fn(&'l str) + Send + Sync)) -> Answer<CommandEnd>;
}

/// A command of the user's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Given to `sh -c`.
    pub shell: String,
    /// Folder, relative to the project.
    pub folder: String,
    /// Variables added to the environment. Secret values are here and nowhere else.
    pub environment: BTreeMap<String, String>,
    /// Credentials of this site are put in the environment; `None` for no credentials.
    pub site: Option<Site>,
    /// Seconds until it is stopped.
    pub timeout_seconds: u32,
}

/// Secrets, by name. Their values go into calls and commands and nowhere else.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// The value; `None` when there is no such secret.
    async fn read(&self, name: &SecretName) -> Answer<Option<String>>;
}

/// A home without secrets.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSecrets;

#[async_trait]
impl Secrets for NoSecrets {
    async fn read(&self, _name: &SecretName) -> Answer<Option<String>> {
        Ok(None)
    }
}

/// A home that lets nobody read its roles.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoRoles;

impl NoRoles {
    fn refused<T>(action: &str) -> Answer<T> {
        Err(Failure::new(FailureKind::Denied, "AccessDenied", format!("{action} is not allowed here")))
    }
}

#[async_trait]
impl Roles for NoRoles {
    async fn role(&self, _site: &Site, _name: &str) -> Answer<Option<RoleSeen>> {
        Self::refused("iam:GetRole")
    }
    async fn role_names(&self, _site: &Site, _path: &str) -> Answer<Vec<String>> {
        Self::refused("iam:ListRoles")
    }
    async fn identity_providers(&self, _site: &Site) -> Answer<Vec<IdentityProviderSeen>> {
        Self::refused("iam:ListOpenIDConnectProviders")
    }
    async fn service_control(&self, _account: &AccountId) -> Answer<ServiceControlSeen> {
        Self::refused("organizations:ListPoliciesForTarget")
    }
    async fn bucket_policy(&self, _site: &Site, _bucket: &str) -> Answer<Option<String>> {
        Self::refused("s3:GetBucketPolicy")
    }
}

/// Time. Only the loop sleeps.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
    /// Returns at or after `until`.
    async fn sleep_until(&self, until: Timestamp);
}

/// All doors of one run.
#[derive(Clone)]
pub struct Ports {
    /// Who am I.
    pub identity: Arc<dyn Identity>,
    /// Stacks.
    pub stacks: Arc<dyn Stacks>,
    /// Change sets.
    pub change_sets: Arc<dyn ChangeSets>,
    /// Objects.
    pub objects: Arc<dyn Objects>,
    /// Alarms.
    pub alarms: Arc<dyn Alarms>,
    /// Roles and policies.
    pub roles: Arc<dyn Roles>,
    /// Memory.
    pub store: Arc<dyn Store>,
    /// Programs.
    pub commands: Arc<dyn Commands>,
    /// Secrets.
    pub secrets: Arc<dyn Secrets>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}
