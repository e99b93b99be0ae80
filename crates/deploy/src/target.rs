//! Where a call goes and as whom.

use base::{AccountId, Arn, Region};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a call goes and as whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Site {
    /// The account that must answer. `None` means the account of the caller's own credentials, whichever it is.
    pub account: Option<AccountId>,
    /// The region of the endpoint.
    pub region: Region,
    /// The role to assume; `None` means the caller's own credentials.
    pub role: Option<Arn>,
    /// How the assumed session is named and tagged. Unused without a role.
    pub session: Session,
}

/// What ties a role session to the run, for CloudTrail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Session {
    /// `RoleSessionName`, 2 to 64 characters of `[\w+=,.@-]`: run id and stage.
    pub name: String,
    /// `SourceIdentity`, same grammar; empty for none. Fixed for the whole role chain.
    pub source_identity: String,
    /// Session tags, 50 at most. The target's trust must allow `sts:TagSession`.
    pub tags: BTreeMap<String, String>,
    /// `ExternalId`, when the trust asks for one.
    pub external_id: Option<String>,
}
