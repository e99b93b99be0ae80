//! The way into each account: the caller's own credentials, or the role of an administrator that is there.

use crate::ports::{Answer, Caller, Failure, FailureKind, Ports, Session, Site};
use base::{AccountId, Arn, Region};
use futures_util::stream::{self, StreamExt as _};
use jiff::SignedDuration;
use std::collections::BTreeMap;

/// The roles that AWS Organizations and AWS Control Tower leave in the accounts they make, in the order in which they
/// are tried.
pub const ADMINISTRATORS: [&str; 2] = ["OrganizationAccountAccessRole", "AWSControlTowerExecution"];

/// Accounts that are tried at the same time.
const AT_ONCE: usize = 16;
/// Rounds in which throttled and unanswered tries are made again; the waits are 1, 2, 4 and 8 seconds.
const ROUNDS: u32 = 5;

/// How every account is entered.
#[derive(Debug, Clone)]
pub struct Doors {
    /// Who the caller is.
    pub caller: Caller,
    /// The role for each account; nothing for the caller's own.
    pub roles: BTreeMap<AccountId, Option<Arn>>,
}

/// An account that cannot be entered.
#[derive(Debug, Clone)]
pub struct Closed {
    /// The account.
    pub account: AccountId,
    /// What was tried, and what became of it.
    pub tried: Vec<(Arn, Failure)>,
}

impl Doors {
    /// The site of an account and region.
    pub fn site(&self, account: &AccountId, region: &Region) -> Site {
        let role = self.roles.get(account).cloned().flatten();
        site(account, region, role)
    }
}

fn site(account: &AccountId, region: &Region, role: Option<Arn>) -> Site {
    let session = Session { name: "landfall-bootstrap".to_owned(), ..Session::default() };
    Site { account: Some(account.clone()), region: region.clone(), role, session }
}

/// Tries all accounts, each in the region that is given for it. Nothing is changed anywhere.
///
/// # Errors
/// The outer one when the caller's own credentials are not accepted; the inner one when accounts cannot be entered: all
/// of them.
pub async fn reach(
    ports: &Ports,
    accounts: &BTreeMap<AccountId, Region>,
    named: Option<&str>,
) -> Answer<Result<Doors, Vec<Closed>>> {
    let Some(region) = accounts.values().next() else {
        return Err(Failure::new(FailureKind::NotFound, "", "the pipelines name no account"));
    };
    let own = Site { account: None, region: region.clone(), role: None, session: Session::default() };
    let own = &own;
    let mut asked = rounds(ports, vec![()], |()| async move { ports.identity.caller(own).await }).await;
    let caller = match asked.pop() {
        Some((_, answer)) => answer?,
        None => return Err(Failure::new(FailureKind::Unavailable, "", "nobody answered")),
    };
    let (mut roles, mut closed) = (BTreeMap::new(), Vec::new());
    let mut open: Vec<(&AccountId, &Region)> = accounts.iter().filter(|(a, _)| **a != caller.account).collect();
    if accounts.contains_key(&caller.account) {
        roles.insert(caller.account.clone(), None);
    }
    for round in 0..ROUNDS {
        let tries = open
            .iter()
            .map(|(account, region)| async move { (*account, *region, enter(ports, account, region, named).await) });
        let done: Vec<_> = stream::iter(tries).buffer_unordered(AT_ONCE).collect().await;
        open = Vec::new();
        for (account, region, way) in done {
            match way {
                Ok(role) => drop(roles.insert(account.clone(), Some(role))),
                Err(tried) if round + 1 < ROUNDS && tried.iter().any(|(_, f)| may_pass(f)) => {
                    open.push((account, region));
                }
                Err(tried) => closed.push(Closed { account: account.clone(), tried }),
            }
        }
        if open.is_empty() {
            break;
        }
        open.sort();
        ports.clock.sleep_until(ports.clock.now() + SignedDuration::from_secs(1 << round)).await;
    }
    closed.sort_by(|a, b| a.account.cmp(&b.account));
    Ok(if closed.is_empty() { Ok(Doors { caller, roles }) } else { Err(closed) })
}

/// The first role that lets the caller in.
async fn enter(
    ports: &Ports,
    account: &AccountId,
    region: &Region,
    named: Option<&str>,
) -> Result<Arn, Vec<(Arn, Failure)>> {
    let mut tried = Vec::new();
    for name in ADMINISTRATORS.into_iter().chain(named.filter(|n| !ADMINISTRATORS.contains(n))) {
        let role = Arn::role(region.partition(), account, name);
        match ports.identity.caller(&site(account, region, Some(role.clone()))).await {
            Ok(caller) if caller.account == *account => return Ok(role),
            Ok(caller) => {
                let text = format!("the account {} answered", caller.account);
                tried.push((role, Failure::new(FailureKind::Conflict, "", text)));
            }
            Err(failure) => tried.push((role, failure)),
        }
    }
    Err(tried)
}

fn may_pass(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::Throttled | FailureKind::Unavailable)
}

/// Asks about all items at the same time, and again, after a wait for all, where throttling or silence may pass. The
/// answers come in the order of the items.
pub(super) async fn rounds<I: Clone, T, F: Future<Output = Answer<T>>>(
    ports: &Ports,
    items: Vec<I>,
    ask: impl Fn(I) -> F,
) -> Vec<(I, Answer<T>)> {
    let mut done: Vec<(usize, I, Answer<T>)> = Vec::new();
    let mut open: Vec<(usize, I)> = items.into_iter().enumerate().collect();
    for round in 0..ROUNDS {
        let asked = open.into_iter().map(|(at, item)| {
            let answer = ask(item.clone());
            async move { (at, item, answer.await) }
        });
        let answers: Vec<_> = stream::iter(asked).buffer_unordered(AT_ONCE).collect().await;
        let last = round + 1 == ROUNDS;
        let again = |answer: &Answer<T>| !last && answer.as_ref().is_err_and(may_pass);
        let (retry, settled): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(_, _, answer)| again(answer));
        done.extend(settled);
        open = retry.into_iter().map(|(at, item, _)| (at, item)).collect();
        if open.is_empty() {
            break;
        }
        open.sort_by_key(|(at, _)| *at);
        ports.clock.sleep_until(ports.clock.now() + SignedDuration::from_secs(1 << round)).await;
    }
    done.sort_by_key(|(at, ..)| *at);
    done.into_iter().map(|(_, item, answer)| (item, answer)).collect()
}
