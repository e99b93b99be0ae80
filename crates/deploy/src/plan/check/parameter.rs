//! Parameters that are given exist, and those that must be given are.

use super::{Context, Finding, TemplateFacts};

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for (target, step, deploy) in context.deploys() {
        let Some(facts) = context.templates.get(&step.id) else { continue };
        let given = &deploy.change.parameters;
        for name in given.keys().filter(|name| !facts.parameters.contains_key(*name)) {
            let (message, hint) = unknown(&step.id, name, facts);
            found.push(Finding::error("PLAN-041", target, message).hint(hint));
        }
        let before = context.stack(target, deploy).map(|s| &s.parameters);
        for (name, _) in facts.parameters.iter().filter(|(_, required)| **required) {
            if !given.contains_key(name) && before.is_none_or(|b| !b.contains_key(name)) {
                let message = format!("step `{}` gives no value to parameter `{name}`, which has no default", step.id);
                found.push(Finding::error("PLAN-042", target, message).hint("set it in `parameter_overrides`"));
            }
        }
    }
}

/// What to say of a parameter that the template does not have, and what to do about it.
pub(super) fn unknown(step: &str, name: &str, facts: &TemplateFacts) -> (String, String) {
    let message = format!("step `{step}` sets parameter `{name}`, which its template does not have");
    let hint = match crate::suggest::nearest(name, facts.parameters.keys().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "remove it from `parameter_overrides`".to_owned(),
    };
    (message, hint)
}
