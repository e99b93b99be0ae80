//! The capabilities that a template demands are given.

use super::{Context, Finding};

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for (target, step, deploy) in context.deploys() {
        let Some(facts) = context.templates.get(&step.id) else { continue };
        let given = &deploy.change.capabilities;
        // Whoever may give names may also give none.
        let has = |c: &String| {
            given.contains(c) || c == "CAPABILITY_IAM" && given.iter().any(|g| g == "CAPABILITY_NAMED_IAM")
        };
        let missing: Vec<&str> = facts.capabilities.iter().filter(|c| !has(c)).map(String::as_str).collect();
        if !missing.is_empty() {
            let message = format!("step `{}` needs {}", step.id, missing.join(" and "));
            let why = "CloudFormation refuses templates that make identities or run macros unless that is acknowledged";
            let hint = format!("add `capabilities: [{}]` to the step's params", missing.join(", "));
            found.push(Finding::error("PLAN-040", target, message).why(why).hint(hint));
        }
    }
}
