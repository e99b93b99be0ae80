//! A stack that another pipeline or stage made is not touched.

use super::{Context, Finding};

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for (target, _, deploy) in context.deploys() {
        let Some(stack) = context.stack(target, deploy) else { continue };
        let stage = context.plan.stages.get(target.stage).map_or("", |s| s.name.as_str());
        for (tag, own) in [("landfall:pipeline", context.plan.pipeline.as_str()), ("landfall:stage", stage)] {
            if let Some(other) = stack.tags.get(tag).filter(|other| *other != own) {
                let what = tag.trim_start_matches("landfall:");
                let message = format!("stack `{}` belongs to {what} `{other}`", deploy.change.stack);
                found.push(Finding::error("PLAN-036", target, message).hint("choose another stack name"));
            }
        }
    }
}
