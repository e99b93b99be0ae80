//! Reads who may do what in the targets of a plan: each role of each account once, however many regions and stages use it.
//!
//! An account that lets nobody read its IAM costs one refused call; an organization that does not tell its policies costs
//! one for all accounts together.

use crate::ports::{Answer, Failure, FailureKind, Ports, RoleSeen, ServiceControlSeen, Site};
use base::{AccountId, Arn};
use deploy::plan::{Inventory, Plan};
use deploy::preflight::{Access, roles_of};
use futures_util::stream::{self, StreamExt as _};
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};

/// Accounts whose roles are read at the same time.
const AT_ONCE: usize = 32;
/// Rounds in which throttled reads are asked again; the waits are 1, 2 and 4 seconds.
const ROUNDS: u32 = 4;

/// Reads it all.
pub async fn access(ports: &Ports, plan: &Plan, inventory: &Inventory, organization: Option<String>) -> Access {
    let mut access = Access { organization, ..Access::default() };
    // A role may read itself and its execution role, and not those of another stage.
    let mut wanted: BTreeMap<(AccountId, Option<Arn>), (Site, BTreeSet<Arn>)> = BTreeMap::new();
    for target in &plan.targets {
        let roles = roles_of(inventory, target);
        if !roles.is_empty() {
            let site = inventory.site(target);
            let entry = wanted.entry((target.account.clone(), site.role.clone()));
            entry.or_insert_with(|| (site, BTreeSet::new())).1.extend(roles);
        }
    }
    let reads = wanted.iter().map(|(_, (site, roles))| in_account(ports, site, roles));
    let read: Vec<_> = stream::iter(reads).buffer_unordered(AT_ONCE).collect().await;
    access.roles = read.into_iter().flatten().collect();
    access.control = control(ports, wanted.keys().map(|(account, _)| account).collect()).await;
    if let Some(site) = refused(plan, inventory) {
        let caller = ports.identity.caller(&Site { account: None, role: None, ..site.clone() }).await;
        access.caller_role = own_role(ports, site, caller.as_ref().ok().map(|c| c.arn.as_str())).await;
        access.caller = Some(caller);
    }
    access
}

/// A target whose role refuses the caller.
fn refused<'a>(plan: &'a Plan, inventory: &Inventory) -> Option<&'a Site> {
    let denied = |target: &&deploy::plan::PlannedTarget| {
        let caller = inventory.targets.get(&target.id).map(|seen| &seen.caller);
        matches!(caller, Some(Err(failure)) if failure.kind == FailureKind::Denied)
    };
    plan.targets.iter().filter(|target| target.site.role.is_some()).find(denied).map(|target| &target.site)
}

async fn own_role(ports: &Ports, site: &Site, caller: Option<&str>) -> Option<Answer<Option<RoleSeen>>> {
    let name = caller?.split_once(":assumed-role/")?.1.split('/').next()?;
    Some(ports.roles.role(&Site { account: None, role: None, ..site.clone() }, name).await)
}

/// The roles of one account, until one of them may not be read: then the others may not either.
async fn in_account(ports: &Ports, site: &Site, roles: &BTreeSet<Arn>) -> Vec<(Arn, Answer<Option<RoleSeen>>)> {
    let mut all = Vec::new();
    let mut closed: Option<Failure> = None;
    for role in roles {
        let name = role.resource().rsplit('/').next().unwrap_or_default();
        let answer = match &closed {
            Some(failure) => Err(failure.clone()),
            None => patiently(ports, || ports.roles.role(site, name)).await,
        };
        // A name that ends like another path's is another role.
        let answer = answer.map(|seen| seen.filter(|seen| is_same(&seen.arn, role)));
        closed = answer.as_ref().err().filter(|f| f.kind == FailureKind::Denied).cloned();
        all.push((role.clone(), answer));
    }
    all
}

/// The ARN of a session's role is known without its path.
fn is_same(seen: &str, wanted: &Arn) -> bool {
    let without_path = wanted.resource().matches('/').count() == 1;
    seen == wanted.as_str() || without_path && seen.rsplit('/').next() == wanted.resource().rsplit('/').next()
}

async fn control(ports: &Ports, accounts: BTreeSet<&AccountId>) -> BTreeMap<AccountId, Answer<ServiceControlSeen>> {
    let mut all = BTreeMap::new();
    let mut closed: Option<Failure> = None;
    // One after another: Organizations slows callers down far sooner than other services.
    for account in accounts {
        let answer = match &closed {
            Some(failure) => Err(failure.clone()),
            None => patiently(ports, || ports.roles.service_control(account)).await,
        };
        closed = answer.as_ref().err().cloned();
        all.insert(account.clone(), answer);
    }
    all
}

/// Asks again where the answer says nothing about the thing.
async fn patiently<'a, T>(
    ports: &Ports,
    ask: impl Fn() -> futures_util::future::BoxFuture<'a, Answer<T>>,
) -> Answer<T> {
    let mut round = 0;
    loop {
        let answer = ask().await;
        let passing = matches!(&answer, Err(f) if matches!(f.kind, FailureKind::Throttled | FailureKind::Unavailable));
        round += 1;
        if !passing || round >= ROUNDS {
            return answer;
        }
        let wait = SignedDuration::from_secs(1 << (round - 1));
        ports.clock.sleep_until(ports.clock.now() + wait).await;
    }
}
