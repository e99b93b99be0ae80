//! A stack that gets nothing new keeps the tags of the release that made it what it is. Otherwise the number of a new
//! release would change every stack, and through its tags every resource in it, although nothing else did.

use super::StackChange;

/// Gives `change` the tags of `before` when they differ in nothing but the release and the run.
pub(super) fn keep_tags(mut change: StackChange, before: Option<&StackChange>) -> StackChange {
    let Some(before) = before else { return change };
    let ours = |key: &str| key == "landfall:release" || key == "landfall:run";
    let same = change.template.digest == before.template.digest
        && change.stack == before.stack
        && change.role == before.role
        && change.parameters.iter().all(|(name, value)| before.parameters.get(name) == Some(value))
        && change.tags.keys().eq(before.tags.keys())
        && change.tags.iter().all(|(key, value)| ours(key) || before.tags.get(key) == Some(value));
    if same {
        change.tags = before.tags.clone();
    }
    change
}
