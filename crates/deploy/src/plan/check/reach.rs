//! Every account and region can be reached, before any of them is changed.

use super::{Context, Finding, PlannedTarget, TargetSeen};
use crate::seen::{Failure, FailureKind};
use base::Region;

/// Regions that were there before AWS made new ones opt-in (Account Management Reference Guide, "Enable or disable Regions").
const ALWAYS_ON: [&str; 17] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
];

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for target in context.targets() {
        let Some(seen) = context.seen(target) else { continue };
        let stacks = seen.stacks.values().filter_map(|s| s.as_ref().err());
        let Some(failure) = seen.caller.as_ref().err().into_iter().chain(stacks).next() else { continue };
        let region_off = is_region_off(failure, &target.region);
        if !region_off && is_for_the_preflight(target, seen) {
            continue;
        }
        let finding = if region_off {
            let message = format!("region {} is not enabled in account {}", target.region, target.account);
            Finding::error("PLAN-032", target, message)
                .why(failure.message.clone())
                .hint("enable the region in the account, or remove it from the stage; roles there take some minutes afterwards")
        } else {
            let role = seen.by.as_ref().map_or("the caller's own credentials".to_owned(), ToString::to_string);
            let message = match failure.kind {
                FailureKind::Denied => "access was refused",
                FailureKind::Throttled => "AWS answers only that there are too many calls",
                _ => "nothing could be read",
            };
            let hint = match failure.kind {
                FailureKind::Denied => "check the role's trust policy and permissions, or run landfall bootstrap there",
                _ => "try again; nothing was changed",
            };
            Finding::error("PLAN-031", target, message).why(format!("as {role}: {}", failure.message)).hint(hint)
        };
        found.push(finding);
    }
}

/// A role that does not let the caller in: the preflight says which side is in the way.
fn is_for_the_preflight(target: &PlannedTarget, seen: &TargetSeen) -> bool {
    target.site.role.is_some() && matches!(&seen.caller, Err(failure) if failure.kind == FailureKind::Denied)
}

/// In a region that is off, the keys of the account are not known.
pub(crate) fn is_region_off(failure: &Failure, region: &Region) -> bool {
    let unknown = [
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "OptInRequired",
        "AuthFailure",
        "RegionDisabledException",
    ];
    let off = ["OptInRequired", "RegionDisabledException"];
    off.contains(&failure.code.as_str())
        || !ALWAYS_ON.contains(&region.as_str()) && unknown.contains(&failure.code.as_str())
}
