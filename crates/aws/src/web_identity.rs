//! Credentials for a role by the token of a CI job, for accounts that trust the CI itself.

use crate::clients::given;
use crate::failure::failure;
use crate::job_token::JobToken;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, error::CredentialsError, future};
use base::Arn;
use engine::ports::{Failure, Session};

/// A role that is entered with the token of a CI job, which is taken anew for each session.
///
/// Such a session has no tags and no source identity but those in the token: `AssumeRoleWithWebIdentity` takes none (STS API
/// Reference).
pub(crate) struct TokenRole {
    pub(crate) sts: aws_sdk_sts::Client,
    pub(crate) role: Arn,
    pub(crate) session: Session,
    pub(crate) token: JobToken,
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
        let token = self.token.token().await?;
        let call = self.sts.assume_role_with_web_identity().role_arn(self.role.as_str());
        let call = call.role_session_name(&self.session.name).web_identity_token(token);
        let answer = call.send().await.map_err(|e| failure(e, false))?;
        given(answer.credentials(), &self.role, "AssumeRoleWithWebIdentity")
    }
}
