//! The world: all that the simulated organization is, in one value behind one lock.
//!
//! Services own their state: each has a `State` of its own in [`RegionState`] (or in [`Account`] where AWS's service is
//! global), and only its module reads and writes the inside.

mod advance;
mod agenda;
mod file;
mod snapshot;

pub use snapshot::CALLS;
pub(crate) use snapshot::add_calls;

use crate::call::AwsError;
use crate::clock::{Clock, ClockMode};
use crate::faults::Fault;
use crate::identity::Credential;
use crate::ids::Ids;
use crate::log::CallRecord;
use crate::services;
use agenda::Agenda;
use base::{AccountId, Region};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The whole world.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct World {
    /// The time.
    pub clock: Clock,
    /// Where ids come from.
    pub ids: Ids,
    /// The organization's tree and its policies.
    pub organization: services::organizations::State,
    /// Every account, of the organization or not.
    pub accounts: BTreeMap<AccountId, Account>,
    /// Every bucket: their names are one space for all accounts.
    pub s3: services::s3::State,
    /// Credentials by access key id. Twelve digits need no entry: they stand for that account's administrator.
    pub credentials: BTreeMap<String, Credential>,
    /// Signs the tokens of identity providers.
    pub token_issuer: services::sts::TokenIssuer,
    /// Failures to come.
    pub faults: Vec<Fault>,
    /// Failures of stacks' resources to come.
    #[serde(default)]
    pub resource_faults: Vec<crate::cloudformation::ResourceFault>,
    /// Whether reads of stacks are throttled as AWS throttles them.
    #[serde(default)]
    pub rate_limits: bool,
    /// What alarms will do.
    pub alarm_plan: Vec<AlarmPlan>,
    /// Every request that this process answered.
    #[serde(skip)]
    pub log: Vec<CallRecord>,
    /// When the operations of stacks go on.
    #[serde(skip)]
    pub(crate) stacks_due: Agenda<StackPlace>,
    /// When change sets, by id, are ready.
    #[serde(skip)]
    pub(crate) change_sets_due: Agenda<String>,
    /// When alarms of a region change their state.
    #[serde(skip)]
    pub(crate) alarms_due: Agenda<(AccountId, Region)>,
    /// How many entries of the alarm plan this process has taken in.
    #[serde(skip)]
    pub(crate) alarms_planned: usize,
}

/// Where a stack is: account, region and id.
pub(crate) type StackPlace = (AccountId, Region, String);

/// An account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name in the organization.
    pub name: String,
    /// The address of its root user.
    pub email: String,
    /// Whether it is suspended: nobody can act in it.
    pub suspended: bool,
    /// Opt-in regions that are switched on. Regions that need no opt-in are always on.
    pub opted_in: BTreeSet<Region>,
    /// Users, roles, policies and identity providers.
    pub iam: services::iam::State,
    /// What lives in a region.
    pub regions: BTreeMap<Region, RegionState>,
}

/// What an account has in one region: one field for each service.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RegionState {
    /// Stacks, change sets, exports.
    pub cloudformation: crate::cloudformation::State,
    /// Alarm changes to come.
    pub cloudwatch: services::cloudwatch::State,
    /// What the small services keep.
    pub resources: services::resources::State,
}

/// What one alarm will do, for the simulated CloudWatch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlarmPlan {
    /// The account that has the alarm.
    pub account: AccountId,
    /// The region that has the alarm.
    pub region: Region,
    /// The alarm's name.
    pub name: String,
    /// The state it is in until one of `changes` is due: `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    #[serde(default = "ok_state")]
    pub state: String,
    /// State changes to come.
    #[serde(default)]
    pub changes: Vec<AlarmChange>,
}

fn ok_state() -> String {
    "OK".to_owned()
}

/// One change of an alarm's state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlarmChange {
    /// The new state.
    pub state: String,
    /// At this time. Exactly one of `at` and `after` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Some seconds after a stack in the alarm's account and region reached a status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<AfterStack>,
}

/// A moment told from a stack's status.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AfterStack {
    /// The stack's name.
    pub stack: String,
    /// The status it must reach, for example `UPDATE_COMPLETE`.
    pub status: String,
    /// Seconds after that.
    #[serde(default)]
    pub seconds: u64,
    /// The first time it reaches the status is 1.
    #[serde(default = "first")]
    pub occurrence: u32,
}

fn first() -> u32 {
    1
}

impl World {
    /// A world without accounts, its clock standing still at a time.
    pub fn empty(now: Timestamp) -> Self {
        Self {
            clock: Clock::new(ClockMode::Virtual, now),
            ids: Ids::default(),
            organization: services::organizations::State::default(),
            accounts: BTreeMap::new(),
            s3: services::s3::State::default(),
            credentials: BTreeMap::new(),
            token_issuer: services::sts::TokenIssuer::default(),
            faults: Vec::new(),
            resource_faults: Vec::new(),
            rate_limits: false,
            alarm_plan: Vec::new(),
            log: Vec::new(),
            stacks_due: Agenda::default(),
            change_sets_due: Agenda::default(),
            alarms_due: Agenda::default(),
            alarms_planned: 0,
        }
    }

    /// The same world with its clock running from `now` at a multiple of real time: for clients that compare the end of
    /// their credentials with a clock of their own.
    pub fn running(mut self, now: Timestamp, factor: f64) -> Self {
        self.clock = Clock::new(ClockMode::Scaled { factor }, now);
        self
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// An account that exists.
    pub fn account(&self, id: &AccountId) -> Option<&Account> {
        self.accounts.get(id)
    }

    /// An account that exists, to change.
    pub fn account_mut(&mut self, id: &AccountId) -> Option<&mut Account> {
        self.accounts.get_mut(id)
    }

    /// What an account has in a region; nothing if the account does not exist or has nothing there.
    pub fn region(&self, account: &AccountId, region: &Region) -> Option<&RegionState> {
        self.accounts.get(account)?.regions.get(region)
    }

    /// What an account has in a region, made if it is not there yet. The error is for an account that does not exist,
    /// which no signed call can reach.
    pub fn region_mut(&mut self, account: &AccountId, region: &Region) -> Result<&mut RegionState, AwsError> {
        let account = self.accounts.get_mut(account).ok_or_else(|| {
            AwsError::new(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
        })?;
        Ok(account.regions.entry(region.clone()).or_default())
    }
}

impl Account {
    /// An account with nothing in it but its administrator.
    pub fn new(id: AccountId, name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            email: format!("{}@example.com", name.to_lowercase().replace(' ', "-")),
            name,
            suspended: false,
            opted_in: BTreeSet::new(),
            iam: services::iam::State::with_administrator(&id),
            id,
            regions: BTreeMap::new(),
        }
    }

    /// Whether calls to a region are answered: suspended accounts have none, opt-in regions must be switched on.
    /// AWS Account Management Reference Guide, "Enable or disable AWS Regions in your account".
    pub fn has_region(&self, region: &Region) -> bool {
        !is_opt_in(region) || self.opted_in.contains(region)
    }
}

/// Regions made after March 2019 are off until the account switches them on.
fn is_opt_in(region: &Region) -> bool {
    const OPT_IN: [&str; 17] = [
        "af-south-1",
        "ap-east-1",
        "ap-east-2",
        "ap-south-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-6",
        "ap-southeast-7",
        "ca-west-1",
        "eu-central-2",
        "eu-south-1",
        "eu-south-2",
        "il-central-1",
        "me-central-1",
        "me-south-1",
        "mx-central-1",
    ];
    OPT_IN.contains(&region.as_str())
}
