//! Arguments of `landfall doctor`.

use super::Selection;
use clap::Args;
use std::path::PathBuf;

/// `landfall doctor`
#[derive(Debug, Clone, Args)]
pub(crate) struct DoctorArgs {
    /// The run; the latest if absent.
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// A file with a CI system's web identity token, to compare with the trust policy. Its claims are shown, never it.
    #[arg(long, value_name = "FILE", env = "AWS_WEB_IDENTITY_TOKEN_FILE")]
    pub(crate) token: Option<PathBuf>,
    /// The role that the token is for; the deployment role of the first target if absent.
    #[arg(long, value_name = "ARN", env = "AWS_ROLE_ARN")]
    pub(crate) role: Option<String>,
    /// A role of the target accounts to read a refusing role's trust through; `OrganizationAccountAccessRole`, then
    /// `AWSControlTowerExecution` if absent.
    #[arg(long, value_name = "ROLE")]
    pub(crate) through: Vec<String>,
}
