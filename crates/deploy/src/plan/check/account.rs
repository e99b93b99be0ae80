//! The account that answers is the one that was meant.

use super::{Context, Finding};

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for target in context.targets() {
        let Some(Ok(caller)) = context.seen(target).map(|s| &s.caller) else { continue };
        if caller.account != target.account {
            let message = format!("account {} was meant, but {} answers", target.account, caller.account);
            let finding = Finding::error("PLAN-030", target, message).why(format!("the caller is {}", caller.arn));
            found.push(finding.hint("correct the stage's account or deployment role, or use other credentials"));
        }
    }
}
