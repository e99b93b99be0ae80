//! Stages whose deployment window is closed now are named, with the time at which they can start.

use super::{Context, Finding};
use crate::plan::Guard;
use crate::window::State;
use base::Severity;

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    let plan = context.plan;
    for stage in &plan.stages {
        let ignored = plan.overrides.iter().any(|o| o.guard == Guard::Window(stage.name.clone()));
        let State::Closed(closed) = plan.windows.state_at(&stage.window, &stage.name, plan.made_at) else { continue };
        let Some(target) = stage.waves.iter().flatten().next().and_then(|t| plan.targets.get(*t)) else { continue };
        if !ignored {
            let opens = closed.opens_at.map(|t| format!("; it opens at {t}")).unwrap_or_default();
            let message = format!("stage `{}` could not start now: {}{opens}", stage.name, closed.because);
            found.push(Finding::new(Severity::Note, "PLAN-047", target, message));
        }
    }
}
