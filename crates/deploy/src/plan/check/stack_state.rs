//! Stacks are in a state from which a deployment can go on.

use super::{Context, Finding};
use crate::run::{Standing, standing, way_out};

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for (target, _, deploy) in context.deploys() {
        let Some(stack) = context.stack(target, deploy) else { continue };
        let (name, status) = (&deploy.change.stack, stack.status.as_str());
        match standing(Some(status)) {
            Standing::Absent | Standing::Shell | Standing::Good => {}
            Standing::Busy => {
                let message = format!("stack `{name}` is in {status}: somebody is working on it");
                found.push(Finding::warning("PLAN-039", target, message).hint("the run waits for it to end"));
            }
            Standing::Dead if deploy.back.change().is_none() && !stack.termination_protection => {
                let message = format!(
                    "stack `{name}` is in {status}: it never was in a good state, and will be deleted and made again"
                );
                found.push(
                    Finding::warning("PLAN-039", target, message)
                        .hint("look at its events first if you want to know why"),
                );
            }
            Standing::Dead | Standing::Odd => {
                let message = format!("stack `{name}` is in {status}, from which only a person can bring it on");
                let reason =
                    stack.reason.clone().unwrap_or_else(|| "CloudFormation takes no update in this state".into());
                let hint = way_out(status, name.as_str(), target.region.as_str());
                found.push(Finding::error("PLAN-038", target, message).why(reason).hint(hint));
            }
        }
    }
}
