//! Credentials for a role by the token of a CI job, for accounts that trust the CI itself.

use crate::clock::timestamp;
use crate::failure::failure;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, error::CredentialsError, future};
use base::Arn;
use engine::ports::{Failure, FailureKind, Session};
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

/// A role that is entered with the token in a file. The file is read for each session, since the CI may write a new one.
///
/// Such a session has no tags and no source identity but those in the token: `AssumeRoleWithWebIdentity` takes none (STS API
/// Reference).
pub(crate) struct TokenRole {
    pub(crate) sts: aws_sdk_sts::Client,
    pub(crate) role: Arn,
    pub(crate) session: Session,
    pub(crate) token: PathBuf,
}

impl std::fmt::Debug for TokenRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenRole({})", self.role)
    }
}

impl ProvideCredentials for TokenRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.enter())
    }
}

impl TokenRole {
    async fn enter(&self) -> Result<Credentials, CredentialsError> {
        self.by_token().await.map_err(|mut inner| {
            inner.message = format!("entering {} with the job's token failed: {}", self.role, inner.message);
            CredentialsError::provider_error(inner)
        })
    }

    async fn by_token(&self) -> Result<Credentials, Failure> {
        let unread = |e: std::io::Error| {
            Failure::new(FailureKind::Denied, "", format!("the token in {} cannot be read: {e}", self.token.display()))
        };
        let token = std::fs::read_to_string(&self.token).map_err(unread)?;
        let call = self.sts.assume_role_with_web_identity().role_arn(self.role.as_str());
        let call = call.role_session_name(&self.session.name).web_identity_token(token.trim());
        let answer = call.send().await.map_err(|e| failure(e, false))?;
        let none = || Failure::new(FailureKind::Unavailable, "", "STS gave no credentials");
        let given = answer.credentials().ok_or_else(none)?;
        let ends = u64::try_from(timestamp(given.expiration()).as_second()).unwrap_or(0);
        Ok(Credentials::builder()
            .access_key_id(given.access_key_id())
            .secret_access_key(given.secret_access_key())
            .session_token(given.session_token())
            .expiry(UNIX_EPOCH + Duration::from_secs(ends))
            .account_id(self.role.account().to_owned())
            .provider_name("AssumeRoleWithWebIdentity")
            .build())
    }
}
