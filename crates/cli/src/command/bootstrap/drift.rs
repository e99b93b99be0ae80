//! Before a run: is the bootstrap there, and is it what the files ask for.

use super::gather::expected;
use crate::project::Project;
use base::{AccountId, Diagnostic, Diagnostics};
use deploy::bootstrap::{Part, Settings, drifted};
use deploy::target::Site;
use engine::Prepared;
use engine::ports::{FailureKind, Ports};
use std::collections::BTreeMap;

/// What is missing or changed, for the accounts of a plan. Hub roles cannot look at their own stacks; that one came this
/// far says enough of them.
pub(crate) async fn drift(ports: &Ports, project: &Project, settings: &Settings, prepared: &Prepared) -> Diagnostics {
    let sites = sites(prepared);
    let Some(stacks) = expected(&project.folder, &project.pipeline, settings, &prepared.organization) else {
        return Diagnostics::new();
    };
    let wanted = stacks.into_iter().filter(|s| !matches!(s.part, Part::Hub(_))).filter_map(|stack| {
        let site = Site { region: stack.region.clone(), ..sites.get(&stack.account)?.clone() };
        Some((stack, site))
    });
    let mut found = Diagnostics::new();
    for (stack, answer) in engine::bootstrap::recorded(ports, wanted.collect()).await {
        let told = match answer {
            Ok(seen) => drifted(&stack, seen.as_ref()),
            Err(failure) if failure.kind == FailureKind::Denied => Some(closed(&stack.account)),
            Err(_) => None,
        };
        found.extend(told.filter(|d| !found.contains(d)));
    }
    found
}

/// One site for each account that the plan goes to.
fn sites(prepared: &Prepared) -> BTreeMap<AccountId, Site> {
    let targets = prepared.plan.targets.iter().filter(|t| t.skip.is_none());
    targets.map(|t| (t.account.clone(), prepared.inventory.site(t))).collect()
}

/// The role by which one would look is itself made by the bootstrap.
fn closed(account: &AccountId) -> Diagnostic {
    Diagnostic::warning("BOOT-034", format!("the bootstrap of account {account} cannot be looked at"))
        .why("the deployment role lets nobody in, or is not there; bootstrapping makes it")
        .hint("run `landfall bootstrap --dry-run` as an administrator")
}
