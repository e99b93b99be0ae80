//! An older release never goes over a newer one, unless going back is what was asked for.

use super::{Context, Finding};
use crate::plan::Purpose;

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    if context.plan.purpose == Purpose::Rollback {
        return;
    }
    for (target, _, deploy) in context.deploys() {
        let Some(stack) = context.stack(target, deploy) else { continue };
        let deployed = stack.tags.get("landfall:release").and_then(|r| r.parse::<u32>().ok());
        if let Some(newer) = deployed.filter(|n| *n > context.plan.release) {
            let message = format!(
                "stack `{}` has release {newer}, which is newer than {}",
                deploy.change.stack, context.plan.release
            );
            let finding = Finding::error("PLAN-037", target, message);
            found.push(
                finding
                    .why("the state does not know the release that is deployed")
                    .hint("use the state that made that release, or go back on purpose with `landfall rollback`"),
            );
        }
    }
}
