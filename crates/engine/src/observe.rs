//! One concurrent read of AWS before planning. A failed read is kept as what it is; only throttling and silence are
//! asked again, in rounds, since they say nothing about the thing.

use crate::ports::{Answer, FailureKind, Ports};
use base::StackName;
use deploy::plan::{Inventory, OrganizationFacts, Selected, TargetSeen};
use deploy::project::{Pipeline, Targets};
use deploy::release::GoodTarget;
use deploy::target::Site;
use futures_util::stream::{self, StreamExt as _};
use jiff::SignedDuration;
use std::collections::BTreeMap;

/// Targets that are read at the same time.
const AT_ONCE: usize = 32;
/// Rounds in which throttled reads are asked again; the waits are 1, 2, 4, 8 and 16 seconds.
const ROUNDS: u32 = 5;

/// A target to look at, with the names of its stacks and alarms.
#[derive(Debug, Clone)]
pub struct Look<'a> {
    /// The target.
    pub target: &'a Selected,
    /// Where the look goes, and as whom.
    pub site: Site,
    /// Stacks.
    pub stacks: Vec<StackName>,
    /// Alarms.
    pub alarms: Vec<String>,
}

/// Asks Organizations what the pipeline's stages need. Nothing is asked for a pipeline that needs nothing of it; what
/// cannot be read stays unknown.
pub async fn organization(ports: &Ports, pipeline: &Pipeline) -> OrganizationFacts {
    let mut facts = OrganizationFacts::default();
    if pipeline.stages.iter().any(|s| matches!(&s.targets, Targets::Single { account: None, .. })) {
        facts.own_account = own_account(ports, pipeline).await;
    }
    let guarded = pipeline.organization.as_ref().is_some_and(|o| o.id.is_some());
    let fleets = pipeline.stages.iter().filter_map(|s| match &s.targets {
        Targets::Fleet(fleet) => Some(fleet),
        Targets::Single { .. } => None,
    });
    let units: Vec<&String> = fleets.flat_map(|f| &f.organizational_units).collect();
    if units.is_empty() && !guarded && pipeline.organization.is_none() {
        return facts;
    }
    if let Ok(accounts) = ports.identity.accounts().await {
        facts.accounts = Some(accounts.into_iter().map(|a| (a.id.clone(), a)).collect());
    }
    for unit in units {
        match ports.identity.accounts_under(unit).await {
            Ok(members) => drop(facts.units.insert(unit.clone(), members)),
            Err(failure) => drop(facts.unread.insert(unit.clone(), failure)),
        }
    }
    facts
}

async fn own_account(ports: &Ports, pipeline: &Pipeline) -> Option<base::AccountId> {
    let region = pipeline.stages.iter().find_map(|s| match &s.targets {
        Targets::Single { region, .. } => Some(region.clone()),
        Targets::Fleet(_) => None,
    })?;
    let site = Site { account: None, region, role: None, session: Default::default() };
    ports.identity.caller(&site).await.ok().map(|c| c.account)
}

/// Looks at all targets.
pub async fn observe(ports: &Ports, looks: &[Look<'_>], good: &BTreeMap<String, GoodTarget>) -> Inventory {
    let mut inventory = Inventory::default();
    let mut open: Vec<&Look<'_>> = looks.iter().filter(|l| l.target.skip.is_none()).collect();
    for round in 0..ROUNDS {
        let reads = open.iter().map(|look| {
            let good = good.get(&look.target.id).cloned();
            async move { (*look, target(ports, look, good).await) }
        });
        let seen: Vec<(&Look<'_>, TargetSeen)> = stream::iter(reads).buffer_unordered(AT_ONCE).collect().await;
        open = Vec::new();
        for (look, seen) in seen {
            if round + 1 < ROUNDS && ask_again(&seen) {
                open.push(look);
            }
            inventory.targets.insert(look.target.id.clone(), seen);
        }
        if open.is_empty() {
            break;
        }
        open.sort_by(|a, b| a.target.id.cmp(&b.target.id));
        let wait = SignedDuration::from_secs(1 << round);
        ports.clock.sleep_until(ports.clock.now() + wait).await;
    }
    inventory
}

async fn target(ports: &Ports, look: &Look<'_>, good: Option<GoodTarget>) -> TargetSeen {
    let site = &look.site;
    let by = site.role.clone();
    let caller = ports.identity.caller(site).await;
    let mut stacks = BTreeMap::new();
    if let Err(failure) = &caller {
        // Without a way in, every other read fails for the same reason.
        let stacks = look.stacks.iter().map(|name| (name.clone(), Err(failure.clone()))).collect();
        return TargetSeen { by, alarms: Err(failure.clone()), caller, stacks, good };
    }
    for name in &look.stacks {
        stacks.insert(name.clone(), ports.stacks.describe(site, name.as_str()).await);
    }
    let alarms = if look.alarms.is_empty() { Ok(Vec::new()) } else { ports.alarms.read(site, &look.alarms).await };
    TargetSeen { by, caller, stacks, alarms, good }
}

fn ask_again(seen: &TargetSeen) -> bool {
    fn passing<T>(answer: &Answer<T>) -> bool {
        matches!(answer, Err(f) if matches!(f.kind, FailureKind::Throttled | FailureKind::Unavailable))
    }
    passing(&seen.caller) || passing(&seen.alarms) || seen.stacks.values().any(passing)
}
