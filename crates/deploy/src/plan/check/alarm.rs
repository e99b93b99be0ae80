//! Alarms are there, can be read, and are quiet. The run looks again when a stage starts.

use super::{Context, Finding};

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for target in context.targets() {
        let Some(stage) = context.plan.stages.get(target.stage).filter(|s| !s.alarms.is_empty()) else { continue };
        let Some(seen) = context.seen(target).filter(|s| s.caller.is_ok()) else { continue };
        let alarms = match &seen.alarms {
            Ok(alarms) => alarms,
            Err(failure) => {
                let finding = Finding::error("PLAN-044", target, "the stage's alarms cannot be read");
                found.push(
                    finding.why(failure.message.clone()).hint("allow cloudwatch:DescribeAlarms to the deployment role"),
                );
                continue;
            }
        };
        // The first release of a stack may bring its alarms with it.
        let first = target.is_first_release();
        for name in &stage.alarms {
            let hint = format!("make it, correct its name, or go on with --ignore-alarm {name} --reason \"…\"");
            match alarms.iter().find(|a| a.name == *name).map(|a| a.state.as_str()) {
                None if first => found.push(
                    Finding::warning("PLAN-045", target, format!("alarm `{name}` is not there yet"))
                        .hint("the first release must bring it: the bake fails without it"),
                ),
                None => {
                    found.push(Finding::error("PLAN-045", target, format!("alarm `{name}` is not there")).hint(hint))
                }
                Some("ALARM") => found.push(
                    Finding::warning(
                        "PLAN-046",
                        target,
                        format!("alarm `{name}` is firing, so the stage will not start"),
                    )
                    .hint(format!("wait until it is OK, or go on with --ignore-alarm {name} --reason \"…\"")),
                ),
                Some(_) => {}
            }
        }
    }
}
