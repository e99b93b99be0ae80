//! Exports: names that are unique in an account and region, and may not change while another stack imports them.

use super::stack::{Output, Stack};
use crate::world::World;
use std::collections::BTreeMap;

/// Names of the stacks that import an export.
pub(crate) fn importers(world: &World, stack: &Stack, export: &str) -> Vec<String> {
    let Some(state) = world.region(&stack.account, &stack.region) else { return Vec::new() };
    let uses = |s: &&Stack| s.id != stack.id && s.imports.iter().any(|i| i == export);
    state.cloudformation.live().filter(uses).map(|s| s.name.clone()).collect()
}

/// All exports that a stack may import, with their values.
pub(crate) fn visible_to(world: &World, stack: &Stack) -> BTreeMap<String, String> {
    let Some(state) = world.region(&stack.account, &stack.region) else { return BTreeMap::new() };
    let others = state.cloudformation.live().filter(|s| s.id != stack.id);
    others.flat_map(|s| &s.outputs).filter_map(|o| Some((o.export.clone()?, o.value.clone()))).collect()
}

/// Why a stack may not have these outputs, if it may not.
pub(crate) fn refusal(world: &World, stack: &Stack, outputs: &[Output]) -> Option<String> {
    changed_in_use(world, stack, outputs).or_else(|| taken(world, stack, outputs))
}

fn changed_in_use(world: &World, stack: &Stack, outputs: &[Output]) -> Option<String> {
    stack.outputs.iter().find_map(|old| {
        let name = old.export.as_ref()?;
        let new = outputs.iter().find(|o| o.export.as_ref() == Some(name));
        let what = match new {
            Some(new) if new.value == old.value => return None,
            Some(_) => "updated",
            None => "deleted",
        };
        let users = importers(world, stack, name);
        let users = (!users.is_empty()).then(|| users.join(", "))?;
        Some(format!("Export {name} cannot be {what} as it is in use by {users}"))
    })
}

fn taken(world: &World, stack: &Stack, outputs: &[Output]) -> Option<String> {
    let state = world.region(&stack.account, &stack.region)?;
    outputs.iter().find_map(|output| {
        let name = output.export.as_ref()?;
        let has = |s: &&Stack| s.id != stack.id && s.outputs.iter().any(|o| o.export.as_ref() == Some(name));
        let owner = state.cloudformation.live().find(has)?;
        Some(format!("Export with name {name} is already exported by stack {}", owner.name))
    })
}
