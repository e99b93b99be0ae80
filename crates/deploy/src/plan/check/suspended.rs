//! Suspended accounts are left out, and that is said.

use super::{Context, Finding};

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for target in &context.plan.targets {
        if let Some(reason) = &target.skip {
            let finding = Finding::warning("PLAN-034", target, format!("is left out: {reason}"));
            found.push(finding.hint("exclude it with `exclude_accounts`, or make it active again"));
        }
    }
}
