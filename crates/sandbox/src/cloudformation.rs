//! CloudFormation: stacks, change sets, and the operations that make, change and delete the resources of a template.
//!
//! A call is answered at once; what it starts is an operation with a timeline ([`operation`]) that moves when the world's
//! time does. Resources are made by the services that own them ([`provider`]), with the permissions of the stack's service
//! role or of the caller. There is no drift, no import, no hook and no registry of private types.

mod api;
pub mod change_set;
pub(crate) mod diff;
mod evaluate;
pub mod event;
mod exports;
pub mod fault;
mod include;
mod notify;
pub mod operation;
mod policy;
mod prepare;
mod provider;
mod role;
pub mod stack;
pub mod status;
mod template_url;

pub use api::call;
pub use fault::ResourceFault;
pub(crate) use provider::function_name;
pub use stack::Stack;
pub use status::{ResourceStatus, StackStatus};

use crate::identity::Principal;
use crate::world::World;
use base::{AccountId, Region};
use change_set::ChangeSet;
use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stack::Definition;
use std::collections::BTreeMap;

/// The stacks and change sets of one account in one region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Every stack there ever was, by id.
    pub stacks: BTreeMap<String, Stack>,
    /// Every change set that was not deleted, by id.
    pub change_sets: BTreeMap<String, ChangeSet>,
    /// Moments of the last reads, for the rate limit.
    reads: Vec<Timestamp>,
}

impl State {
    /// A stack by its name, if it is not deleted, or by its id.
    pub fn find(&self, name_or_id: &str) -> Option<&Stack> {
        self.stacks.get(name_or_id).or_else(|| self.stacks.values().find(|s| s.is_live() && s.name == name_or_id))
    }

    fn id_of(&self, name_or_id: &str) -> Option<String> {
        self.find(name_or_id).map(|s| s.id.clone())
    }

    /// Stacks that are not deleted.
    pub fn live(&self) -> impl Iterator<Item = &Stack> {
        self.stacks.values().filter(|s| s.is_live())
    }
}

/// A stack of an account and region, by name or id.
pub(crate) fn find<'a>(world: &'a World, account: &AccountId, region: &Region, name: &str) -> Option<&'a Stack> {
    world.region(account, region)?.cloudformation.find(name)
}

/// The same, to change.
pub(crate) fn find_mut<'a>(
    world: &'a mut World,
    account: &AccountId,
    region: &Region,
    name: &str,
) -> Option<&'a mut Stack> {
    let state = &mut world.region_mut(account, region).ok()?.cloudformation;
    let id = state.id_of(name)?;
    state.stacks.get_mut(&id)
}

/// Takes a stack out of the world, so that world and stack can be changed together. It must be put back.
pub(crate) fn take(world: &mut World, account: &AccountId, region: &Region, name: &str) -> Option<Stack> {
    let state = &mut world.region_mut(account, region).ok()?.cloudformation;
    let id = state.id_of(name)?;
    state.stacks.remove(&id)
}

/// Puts a stack into the world.
pub(crate) fn put(world: &mut World, stack: Stack) {
    note_due(world, &stack);
    let Ok(state) = world.region_mut(&stack.account, &stack.region) else { return };
    state.cloudformation.stacks.insert(stack.id.clone(), stack);
}

/// Writes down when a stack's operation goes on.
fn note_due(world: &mut World, stack: &Stack) {
    let place = (stack.account.clone(), stack.region.clone(), stack.id.clone());
    world.stacks_due.set(place, stack.operation.as_ref().map(|o| o.wake));
}

/// Writes down what is due in a world that comes from disk.
pub(crate) fn note_all_due(world: &mut World) {
    let now = world.now();
    for state in world.accounts.values().flat_map(|a| a.regions.values()).map(|r| &r.cloudformation) {
        for stack in state.stacks.values() {
            let place = (stack.account.clone(), stack.region.clone(), stack.id.clone());
            world.stacks_due.set(place, stack.operation.as_ref().map(|o| o.wake));
        }
        for set in state.change_sets.values().filter(|set| set.ready > now) {
            world.change_sets_due.set(set.id.clone(), Some(set.ready));
        }
    }
}

/// Lets the operation of a stack go on at a moment, unless it does so before.
pub(crate) fn wake(world: &mut World, account: &AccountId, region: &Region, name: &str, at: Timestamp) {
    let Some(stack) = find_mut(world, account, region, name) else { return };
    let Some(operation) = &mut stack.operation else { return };
    operation.wake = operation.wake.min(at);
    let (place, wake) = ((account.clone(), region.clone(), stack.id.clone()), operation.wake);
    world.stacks_due.set(place, Some(wake));
}

/// A stack that has nothing yet.
pub(crate) fn new_stack(
    world: &mut World,
    account: &AccountId,
    region: &Region,
    name: String,
    definition: Definition,
    caller: Principal,
    at: Timestamp,
) -> Stack {
    let unique = world.ids.uuid();
    Stack {
        id: format!("arn:{}:cloudformation:{region}:{account}:stack/{name}/{unique}", region.partition()),
        name,
        account: account.clone(),
        region: region.clone(),
        status: StackStatus::CreateInProgress,
        reason: None,
        created: at,
        updated: None,
        deleted: None,
        definition,
        last_good: None,
        resources: IndexMap::new(),
        outputs: Vec::new(),
        imports: Vec::new(),
        events: Vec::new(),
        operation: None,
        role_arn: None,
        caller,
        disable_rollback: false,
        timeout_minutes: None,
        termination_protection: false,
        policy: None,
        parent: None,
        change_set_id: None,
        tokens: IndexMap::new(),
        operations: Vec::new(),
    }
}

/// Advances every operation that has something to do by now.
pub fn tick(world: &mut World) {
    let now = world.now();
    // A change set does nothing when it is ready but to say so.
    while let Some(id) = world.change_sets_due.due(now).cloned() {
        world.change_sets_due.set(id, None);
    }
    // A move can give another stack something to do at the same moment; a stack that never settles must not hang the world.
    for _ in 0..10_000 {
        let Some((account, region, id)) = world.stacks_due.due(now).cloned() else { return };
        let Some(mut stack) = take(world, &account, &region, &id) else { return };
        operation::advance(world, &mut stack, now);
        put(world, stack);
    }
}

/// The next moment at which an operation has something to do or a change set is ready.
pub fn next_due(world: &World) -> Option<Timestamp> {
    [world.stacks_due.next(), world.change_sets_due.next()].into_iter().flatten().min()
}
