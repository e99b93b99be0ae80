//! Where there is nothing to go back to, that is said before it matters.

use super::{Context, Finding};
use crate::plan::WayBack;
use base::Severity;

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for (target, _, deploy) in context.deploys() {
        let message = match deploy.back {
            WayBack::To(_) => continue,
            WayBack::NothingBefore => {
                format!("stack `{}` has no earlier good release to roll back to", deploy.change.stack)
            }
            WayBack::Forbidden => {
                format!("release {} of stack `{}` cannot be rolled back", deploy.change.release, deploy.change.stack)
            }
        };
        found.push(Finding::new(Severity::Note, "PLAN-048", target, message));
    }
}
