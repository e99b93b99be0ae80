//! What can be said of a pipeline's steps and their templates before any account was seen.

use super::{TemplateFacts, capability, parameter};
use crate::project::Pipeline;
use base::{Diagnostic, Diagnostics};
use std::collections::BTreeMap;

/// Parameters that templates do not have, and capabilities that they demand. `templates` are by the step's id; a step
/// without one is passed over.
pub fn check_steps(pipeline: &Pipeline, templates: &BTreeMap<String, TemplateFacts>) -> Diagnostics {
    let mut found = Diagnostics::new();
    for step in &pipeline.steps {
        let (Some(stack), Some(facts)) = (step.kind.stack(), templates.get(&step.id)) else { continue };
        for name in stack.parameter_overrides.keys().filter(|name| !facts.parameters.contains_key(*name)) {
            let (message, hint) = parameter::unknown(&step.id, name, facts);
            found.push(Diagnostic::error("PLAN-041", message).at(stack.span).hint(hint));
        }
        let given: Vec<&str> = stack.capabilities.iter().map(|c| c.as_str()).collect();
        if let Some((message, hint)) = capability::missing(&step.id, &given, facts) {
            found.push(Diagnostic::error("PLAN-040", message).at(stack.span).why(capability::WHY).hint(hint));
        }
    }
    found
}
