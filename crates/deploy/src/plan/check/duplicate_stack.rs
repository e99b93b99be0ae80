//! No two steps deploy to one stack.

use super::{Context, Finding};
use std::collections::BTreeMap;

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    let mut owners: BTreeMap<(&str, &str, &str), String> = BTreeMap::new();
    for (target, step, deploy) in context.deploys() {
        let stack = deploy.change.stack.as_str();
        let place = (target.account.as_str(), target.region.as_str(), stack);
        let owner = format!("step `{}` of {}", step.id, target.id);
        if let Some(first) = owners.get(&place) {
            let message = format!("stack `{stack}` is deployed by step `{}` and by {first}", step.id);
            let hint = "give each its own name, for example with ${{ stage.name }} in it";
            found.push(Finding::error("PLAN-035", target, message).hint(hint));
        } else {
            owners.insert(place, owner);
        }
    }
}
