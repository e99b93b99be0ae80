//! The capabilities that a template demands are given.

use super::{Context, Finding, TemplateFacts};

pub(super) const WHY: &str =
    "CloudFormation refuses templates that make identities or run macros unless that is acknowledged";

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for (target, step, deploy) in context.deploys() {
        let Some(facts) = context.templates.get(&step.id) else { continue };
        let given: Vec<&str> = deploy.change.capabilities.iter().map(String::as_str).collect();
        if let Some((message, hint)) = missing(&step.id, &given, facts) {
            found.push(Finding::error("PLAN-040", target, message).why(WHY).hint(hint));
        }
    }
}

/// What to say when capabilities are not given, and what to do about it.
pub(super) fn missing(step: &str, given: &[&str], facts: &TemplateFacts) -> Option<(String, String)> {
    // Whoever may give names may also give none.
    let has = |c: &str| given.contains(&c) || c == "CAPABILITY_IAM" && given.contains(&"CAPABILITY_NAMED_IAM");
    let missing: Vec<&str> = facts.capabilities.iter().map(String::as_str).filter(|c| !has(c)).collect();
    let message = format!("step `{step}` needs {}", missing.join(" and "));
    let hint = format!("add `capabilities: [{}]` to the step's params", missing.join(", "));
    (!missing.is_empty()).then_some((message, hint))
}
