//! Roles belong to the partition of their region.

use super::{Context, Finding};

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for target in context.targets() {
        let partition = target.region.partition();
        let execution = target.steps.iter().filter_map(|s| s.change(crate::run::Way::Forward)?.role.as_ref());
        for role in target.site.role.iter().chain(execution) {
            let of_role = role.as_str().split(':').nth(1).unwrap_or_default();
            if of_role != partition.as_str() {
                let message = format!("role `{role}` is not in partition {partition}, where {} is", target.region);
                found.push(
                    Finding::error("PLAN-033", target, message).hint("name the role of the account in that partition"),
                );
            } else if role.account() != target.account.as_str() && !role.account().is_empty() {
                let message = format!("role `{role}` is in another account than {}", target.account);
                found.push(Finding::error("PLAN-033", target, message).hint("name a role of the target account"));
            }
        }
    }
}
