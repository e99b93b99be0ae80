//! One SDK configuration per site, its credentials from `sts:AssumeRole`, renewed before they end and forgotten when
//! they have not been used for a while.

use crate::clock::{PortTime, timestamp};
use crate::failure::failure;
use crate::held::{Entered, RENEW_BEFORE, Shared};
use crate::job_token::JobToken;
use crate::service_control::Known;
use crate::web_identity::TokenRole;
use aws_config::{BehaviorVersion, Region as SdkRegion, SdkConfig, timeout::TimeoutConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future};
use aws_sdk_sts::types::Tag;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use base::{AccountId, Arn, Region};
use engine::ports::{Clock, Failure, FailureKind, Session, Site};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, UNIX_EPOCH};

/// Seconds a chained role session lasts at most, whatever the role allows (IAM user guide, role chaining).
const SESSION_SECONDS: i32 = 3600;
/// A site that was not called for so long is forgotten, with its credentials: nothing is held through a bake.
const FORGET_AFTER: SignedDuration = SignedDuration::from_secs(300);
/// How often what is to be forgotten is looked for: not with every call, which would cost a look at every site.
const SWEEP_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// How to reach AWS.
#[derive(Clone, Default)]
pub struct Settings {
    /// Sends every call to this address instead of AWS's own endpoints.
    pub endpoint: Option<String>,
    /// Profile of the shared configuration files; `None` follows `AWS_PROFILE`.
    pub profile: Option<String>,
    /// Region of calls that belong to no stage (Organizations, the first STS call); `None` follows the environment.
    pub region: Option<Region>,
    /// Fixed keys instead of the default chain, for servers on this machine.
    pub keys: Option<StaticKeys>,
    /// A role that is assumed first; all other roles are assumed from it, and calls without a role are made as it.
    pub hub: Option<Arn>,
    /// The token of a CI job that the accounts themselves trust: their roles are entered with it, and not from the caller's
    /// own credentials.
    pub token: Option<JobToken>,
    /// A role that is entered with that token first: calls without a role are made as it.
    pub first: Option<Arn>,
}

/// An access key given by the caller. Never printed.
#[derive(Clone)]
pub struct StaticKeys {
    /// Access key id.
    pub id: String,
    /// Secret access key.
    pub secret: String,
    /// Session token.
    pub token: Option<String>,
}

/// AWS, as the engine's ports see it. Cheap to clone.
#[derive(Clone)]
pub struct Aws {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    base: SdkConfig,
    clock: Arc<dyn Clock>,
    custom_endpoint: bool,
    caller: OwnCaller,
    token: Option<JobToken>,
    pub(crate) limits: Mutex<Known>,
    sites: Mutex<Sites>,
}

/// The sites that were called lately.
#[derive(Default)]
struct Sites {
    entries: HashMap<Site, Entry>,
    /// What assumes the roles of a region, one client for all of its accounts.
    assuming: HashMap<Region, aws_sdk_sts::Client>,
    /// Credentials of the roles, each for all of its regions.
    entered: Entered,
    /// When they were last looked through for what is to be forgotten.
    swept: Timestamp,
}

struct Entry {
    config: SdkConfig,
    used: Timestamp,
}

impl Aws {
    /// Reads the environment and the shared configuration files; no call is made.
    pub async fn connect(settings: &Settings, clock: Arc<dyn Clock>) -> Self {
        let http = crate::http::client();
        let base = base_config(settings, http, clock.clone()).await;
        let session = Session { name: "landfall".to_owned(), ..Session::default() };
        let sts = || aws_sdk_sts::Client::new(&base);
        let base = match (&settings.hub, &settings.first, &settings.token) {
            (Some(hub), ..) => {
                let provider = assumed(sts(), &base, hub, &session, &OwnCaller::default());
                with_credentials(base, provider)
            }
            (None, Some(role), Some(token)) => {
                let provider = by_token(sts(), role, &session, token);
                with_credentials(base, provider)
            }
            (None, ..) => base,
        };
        let custom_endpoint = base.endpoint_url().is_some();
        Self {
            inner: Arc::new(Inner {
                base,
                clock,
                custom_endpoint,
                caller: OwnCaller::default(),
                token: settings.token.clone(),
                limits: Mutex::default(),
                sites: Mutex::default(),
            }),
        }
    }

    /// The region that the environment or the settings name.
    pub fn default_region(&self) -> Option<Region> {
        self.inner.base.region().and_then(|r| Region::new(r.as_ref()).ok())
    }

    pub(crate) fn own(&self) -> SdkConfig {
        self.inner.base.clone()
    }

    /// The configuration for a site: its region, and the credentials of its role.
    pub(crate) fn at(&self, site: &Site) -> SdkConfig {
        let now = self.inner.clock.now();
        let mut sites = match self.inner.sites.lock() {
            Ok(sites) => sites,
            Err(poisoned) => poisoned.into_inner(),
        };
        if now.duration_since(sites.swept) >= SWEEP_EVERY {
            sites.entries.retain(|_, entry| now.duration_since(entry.used) < FORGET_AFTER);
            sites.entered.sweep();
            sites.swept = now;
        }
        if let Some(entry) = sites.entries.get_mut(site) {
            entry.used = now;
            return entry.config.clone();
        }
        let config = self.site_config(site, &mut sites);
        sites.entries.insert(site.clone(), Entry { config: config.clone(), used: now });
        config
    }

    fn site_config(&self, site: &Site, sites: &mut Sites) -> SdkConfig {
        let builder = self.inner.base.to_builder().region(SdkRegion::new(site.region.to_string()));
        let own = builder.build();
        let Some(role) = &site.role else { return own };
        let client = || aws_sdk_sts::Client::new(&own);
        let sts = sites.assuming.entry(site.region.clone()).or_insert_with(client).clone();
        let provider = match &self.inner.token {
            Some(token) => by_token(sts, role, &site.session, token),
            None => assumed(sts, &own, role, &site.session, &self.inner.caller),
        };
        let held = sites.entered.of(role, &site.session);
        let shared = Shared { held, provider, clock: self.inner.clock.clone() };
        with_credentials(own, SharedCredentialsProvider::new(shared))
    }

    pub(crate) fn sts(&self, site: &Site) -> aws_sdk_sts::Client {
        aws_sdk_sts::Client::new(&self.at(site))
    }

    pub(crate) fn cloudformation(&self, site: &Site) -> aws_sdk_cloudformation::Client {
        aws_sdk_cloudformation::Client::new(&self.at(site))
    }

    pub(crate) fn cloudwatch(&self, site: &Site) -> aws_sdk_cloudwatch::Client {
        aws_sdk_cloudwatch::Client::new(&self.at(site))
    }

    pub(crate) fn iam(&self, site: &Site) -> aws_sdk_iam::Client {
        aws_sdk_iam::Client::new(&self.at(site))
    }

    pub(crate) fn s3(&self, site: &Site) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.at(site)).force_path_style(self.inner.custom_endpoint);
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// Credentials of a site as environment variables for a program of the user's.
    ///
    /// # Errors
    /// When the role cannot be assumed.
    pub async fn environment(&self, site: &Site) -> Result<Vec<(String, String)>, Failure> {
        let config = self.at(site);
        let none = || Failure::new(FailureKind::Denied, "", "no credentials were found");
        let provider = config.credentials_provider().ok_or_else(none)?;
        let credentials = provider.provide_credentials().await.map_err(|e| {
            crate::failure::credentials_failure(Some(&e))
                .unwrap_or_else(|| Failure::new(FailureKind::Denied, "", e.to_string()))
        })?;
        let mut variables = vec![
            ("AWS_ACCESS_KEY_ID".to_owned(), credentials.access_key_id().to_owned()),
            ("AWS_SECRET_ACCESS_KEY".to_owned(), credentials.secret_access_key().to_owned()),
            ("AWS_REGION".to_owned(), site.region.to_string()),
            ("AWS_DEFAULT_REGION".to_owned(), site.region.to_string()),
        ];
        if let Some(token) = credentials.session_token() {
            variables.push(("AWS_SESSION_TOKEN".to_owned(), token.to_owned()));
        }
        if let Some(endpoint) = config.endpoint_url() {
            variables.push(("AWS_ENDPOINT_URL".to_owned(), endpoint.to_owned()));
        }
        Ok(variables)
    }
}

/// The credentials of a role that the present ones may assume.
fn assumed(
    sts: aws_sdk_sts::Client,
    config: &SdkConfig,
    role: &Arn,
    session: &Session,
    caller: &OwnCaller,
) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(AssumedRole {
        sts,
        own: config.credentials_provider(),
        caller: caller.clone(),
        role: role.clone(),
        session: session.clone(),
    })
}

/// The credentials of a role that the job's token opens.
fn by_token(sts: aws_sdk_sts::Client, role: &Arn, session: &Session, token: &JobToken) -> SharedCredentialsProvider {
    let (role, session, token) = (role.clone(), session.clone(), token.clone());
    SharedCredentialsProvider::new(TokenRole { sts, role, session, token })
}

/// The configuration with other credentials, which are renewed before they end.
fn with_credentials(config: SdkConfig, provider: SharedCredentialsProvider) -> SdkConfig {
    config
        .into_builder()
        .credentials_provider(provider)
        .identity_cache(aws_config::identity::IdentityCache::lazy().buffer_time(RENEW_BEFORE).build())
        .build()
}

async fn base_config(settings: &Settings, http: SharedHttpClient, clock: Arc<dyn Clock>) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_attempt_timeout(Duration::from_secs(60))
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts)
        .time_source(PortTime(clock));
    if let Some(profile) = &settings.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &settings.region {
        loader = loader.region(SdkRegion::new(region.to_string()));
    }
    if let Some(keys) = &settings.keys {
        let credentials = Credentials::new(&keys.id, &keys.secret, keys.token.clone(), None, "given");
        loader = loader.credentials_provider(credentials);
    }
    if let Some(endpoint) = &settings.endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    let config = loader.load().await;
    // A simulated clock is not skew: the SDK must not correct for it.
    if settings.endpoint.is_some() { config.into_builder().disable_clock_skew_correction(true).build() } else { config }
}

/// Who the caller's own credentials are, once it was asked.
type OwnCaller = Arc<OnceLock<String>>;

/// Credentials by `sts:AssumeRole`, with a session that CloudTrail can tie to the run.
struct AssumedRole {
    sts: aws_sdk_sts::Client,
    /// The credentials that assume it.
    own: Option<SharedCredentialsProvider>,
    caller: OwnCaller,
    role: Arn,
    session: Session,
}

impl std::fmt::Debug for AssumedRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AssumedRole({})", self.role)
    }
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.assume())
    }
}

impl AssumedRole {
    /// A CI that enters the account directly has the role already, and a role may not assume itself unless its trust says
    /// so: then the caller's own credentials are the role's.
    async fn assume(&self) -> Result<Credentials, CredentialsError> {
        match self.by_sts().await {
            Err(refusal) if refusal.kind == FailureKind::Denied && self.is_the_callers().await => match &self.own {
                Some(own) => own.provide_credentials().await,
                None => Err(self.refused(refusal)),
            },
            Err(failure) => Err(self.refused(failure)),
            Ok(credentials) => Ok(credentials),
        }
    }

    /// Whether the caller is a session of this role. It is asked once for all roles, and only after a refusal.
    async fn is_the_callers(&self) -> bool {
        if self.caller.get().is_none() {
            let answer = self.sts.get_caller_identity().send().await;
            let Some(arn) = answer.ok().and_then(|a| a.arn().map(str::to_owned)) else { return false };
            drop(self.caller.set(arn));
        }
        self.caller.get().is_some_and(|arn| is_session_of(arn, &self.role))
    }

    async fn by_sts(&self) -> Result<Credentials, Failure> {
        let session = &self.session;
        let tags: Option<Vec<Tag>> =
            session.tags.iter().map(|(k, v)| Tag::builder().key(k).value(v).build().ok()).collect();
        let answer = self
            .sts
            .assume_role()
            .role_arn(self.role.as_str())
            .role_session_name(&session.name)
            .duration_seconds(SESSION_SECONDS)
            .set_source_identity(Some(session.source_identity.clone()).filter(|s| !s.is_empty()))
            .set_external_id(session.external_id.clone())
            .set_tags(tags.filter(|t| !t.is_empty()))
            .send()
            .await
            .map_err(|e| failure(e, false))?;
        given(answer.credentials(), &self.role, "AssumeRole")
    }

    fn refused(&self, mut inner: Failure) -> CredentialsError {
        inner.message = format!("assuming {} failed: {}", self.role, inner.message);
        CredentialsError::provider_error(inner)
    }
}

/// What STS gave for a role.
pub(crate) fn given(
    credentials: Option<&aws_sdk_sts::types::Credentials>,
    role: &Arn,
    operation: &'static str,
) -> Result<Credentials, Failure> {
    let none = || Failure::new(FailureKind::Unavailable, "", "STS gave no credentials");
    let given = credentials.ok_or_else(none)?;
    let ends = u64::try_from(timestamp(given.expiration()).as_second()).unwrap_or(0);
    Ok(Credentials::builder()
        .access_key_id(given.access_key_id())
        .secret_access_key(given.secret_access_key())
        .session_token(given.session_token())
        .expiry(UNIX_EPOCH + Duration::from_secs(ends))
        .account_id(role.account().to_owned())
        .provider_name(operation)
        .build())
}

/// `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION` is a session of `arn:aws:iam::ACCOUNT:role/PATH/NAME`.
fn is_session_of(caller: &str, role: &Arn) -> bool {
    let mut parts = caller.splitn(6, ':').skip(4);
    let (account, resource) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let name = resource.strip_prefix("assumed-role/").and_then(|rest| rest.split('/').next());
    account == role.account() && name.is_some() && name == role.resource().rsplit('/').next()
}

/// The account id in a text that AWS gave.
pub(crate) fn account(text: &str) -> Result<AccountId, Failure> {
    AccountId::new(text).map_err(|e| Failure::new(FailureKind::Unavailable, "", e.to_string()))
}
