//! Credentials of a role that all regions of its account share: they are good everywhere, so that a fleet enters each account
//! once and not once for each region.

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use base::Arn;
use engine::ports::{Clock, Session};
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, UNIX_EPOCH};
use tokio::sync::Mutex;

/// Credentials are renewed this long before they end.
pub(crate) const RENEW_BEFORE: Duration = Duration::from_secs(600);
/// How long another region's answer is waited for. STS is asked in the region of the call: where it does not answer, only the
/// targets of that region have to suffer.
const WAIT_FOR_ANOTHER: Duration = Duration::from_secs(2);

type Held = Mutex<Option<Credentials>>;

/// The roles that were entered. They are forgotten with the last site that uses them.
#[derive(Default)]
pub(crate) struct Entered(HashMap<(Arn, Session), Weak<Held>>);

impl Entered {
    /// What has been entered as this role in this session, and will be.
    pub(crate) fn of(&mut self, role: &Arn, session: &Session) -> Arc<Held> {
        let key = (role.clone(), session.clone());
        if let Some(held) = self.0.get(&key).and_then(Weak::upgrade) {
            return held;
        }
        let held = Arc::<Held>::default();
        self.0.insert(key, Arc::downgrade(&held));
        held
    }

    /// Drops what nobody uses any more.
    pub(crate) fn sweep(&mut self) {
        self.0.retain(|_, held| held.strong_count() > 0);
    }
}

/// Gives what another region was given, or asks for itself.
pub(crate) struct Shared {
    pub(crate) held: Arc<Held>,
    pub(crate) provider: SharedCredentialsProvider,
    pub(crate) clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.provider.fmt(f)
    }
}

impl ProvideCredentials for Shared {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

impl Shared {
    async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let Ok(mut held) = tokio::time::timeout(WAIT_FOR_ANOTHER, self.held.lock()).await else {
            return self.provider.provide_credentials().await;
        };
        match held.as_ref().filter(|credentials| self.is_fresh(credentials)) {
            Some(credentials) => Ok(credentials.clone()),
            None => Ok(held.insert(self.provider.provide_credentials().await?).clone()),
        }
    }

    fn is_fresh(&self, credentials: &Credentials) -> bool {
        let now = u64::try_from(self.clock.now().as_second()).unwrap_or(0);
        credentials.expiry().is_some_and(|ends| ends > UNIX_EPOCH + Duration::from_secs(now) + RENEW_BEFORE)
    }
}
