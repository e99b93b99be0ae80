//! Nested stacks: a resource that is a stack of its own, and how parent and child wait for each other.

use super::advance::{fail_step, set_state, step};
use super::effect::{clear_failed, complete};
use super::{Action, Begin, StepState, begin_create, begin_delete, begin_update, rollback};
use crate::cloudformation::event::STACK_TYPE;
use crate::cloudformation::provider::{self, Ask, Verb};
use crate::cloudformation::stack::{Definition, Lineage, Stack};
use crate::cloudformation::status::{ResourceStatus as R, StackStatus as S};
use crate::cloudformation::{self as cfn, diff, prepare};
use crate::world::World;
use jiff::Timestamp;
use serde_json::Value;

/// Whether a resource is a stack.
pub(super) fn is_nested(resource_type: &str) -> bool {
    resource_type == STACK_TYPE
}

/// Makes the child and lets the parent wait for it.
pub(super) fn create(world: &mut World, parent: &mut Stack, key: &str, next: &Value, at: Timestamp) {
    let failed = if step(parent, key).is_some_and(|s| s.replace) { R::UpdateFailed } else { R::CreateFailed };
    let definition = match definition(world, parent, key, next, at) {
        Ok(definition) => definition,
        Err(reason) => return fail_step(parent, key, failed, reason, at),
    };
    let suffix = world.ids.upper(12);
    let name = format!("{}-{key}-{suffix}", parent.name);
    let mut child = cfn::new_stack(world, &parent.account, &parent.region, name, definition, parent.caller.clone(), at);
    let root = parent.parent.as_ref().map_or_else(|| parent.id.clone(), |l| l.root.clone());
    child.parent = Some(Lineage { parent: parent.id.clone(), root, logical_id: key.to_owned() });
    child.role_arn.clone_from(&parent.role_arn);
    let asked = (child.id.as_str(), child.definition.body.as_str());
    if let Err(reason) = permitted(world, parent, key, Verb::Create, next, asked, at) {
        return fail_step(parent, key, failed, reason, at);
    }
    begin_create(world, &mut child, &begin(parent), at);
    let id = child.id.clone();
    cfn::put(world, child);
    if let Some(resource) = parent.resources.get_mut(key) {
        resource.physical_id.clone_from(&id);
        resource.properties = next.clone();
    }
    parent.mark(key, R::CreateInProgress, Some("Resource creation Initiated".into()), at);
    set_state(parent, key, StepState::Nested(id));
}

/// Whether whoever acts for the parent may do this to the child with this id, and use the transforms of its new template.
fn permitted(
    world: &mut World,
    parent: &Stack,
    key: &str,
    verb: Verb,
    properties: &Value,
    (id, body): (&str, &str),
    at: Timestamp,
) -> Result<(), String> {
    let (principal, tags) = (parent.acting_principal(world, at), parent.resource_tags(key));
    let ask = Ask {
        row: provider::row(STACK_TYPE),
        resource_type: STACK_TYPE,
        verb,
        account: &parent.account,
        region: &parent.region,
        stack_name: &parent.name,
        stack_id: &parent.id,
        logical_id: key,
        physical_id: if verb == Verb::Create { "" } else { id },
        properties,
        previous: None,
        tags: &tags,
        principal: &principal,
        by_role: parent.role_arn.is_some(),
        at,
    };
    let template = template::parse(base::FileId(0), body, template::Dialect::Template).0;
    provider::permit_stack(world, &ask, id, &prepare::transforms(&template)).map_err(|error| error.reason(world))
}

fn begin(parent: &Stack) -> Begin {
    let on_failure = parent.operation.as_ref().map(|o| o.on_failure).unwrap_or_default();
    let token = parent.operation.as_ref().and_then(|o| o.token.clone());
    Begin { token, on_failure, ..Begin::by(parent.caller.clone()) }
}

fn definition(world: &mut World, parent: &Stack, key: &str, next: &Value, at: Timestamp) -> Result<Definition, String> {
    let principal = parent.acting_principal(world, at);
    let mut definition = prepare::nested(world, parent, &principal, next, at).map_err(|e| e.message)?;
    for (name, value) in parent.resource_tags(key) {
        definition.tags.insert(name, value);
    }
    Ok(definition)
}

/// Updates the child if there is anything to update, and lets the parent wait for it.
pub(super) fn update(world: &mut World, parent: &mut Stack, key: &str, next: Value, at: Timestamp) {
    let id = parent.resources.get(key).map(|r| r.physical_id.clone()).unwrap_or_default();
    let definition = match definition(world, parent, key, &next, at) {
        Ok(definition) => definition,
        Err(reason) => return fail_step(parent, key, R::UpdateFailed, reason, at),
    };
    let Some(mut child) = cfn::take(world, &parent.account, &parent.region, &id) else {
        return fail_step(parent, key, R::UpdateFailed, format!("Stack with id {id} does not exist"), at);
    };
    let asked = (id.as_str(), definition.body.as_str());
    if let Err(reason) = permitted(world, parent, key, Verb::Update, &next, asked, at) {
        cfn::put(world, child);
        return fail_step(parent, key, R::UpdateFailed, reason, at);
    }
    if let Some(resource) = parent.resources.get_mut(key) {
        resource.properties = next;
    }
    let changed = diff::changes(world, &child, &definition).is_ok_and(|c| !c.is_empty());
    if !child.status.can_update() {
        let reason = format!("Embedded stack {id} is in {} state and can not be updated.", child.status);
        fail_step(parent, key, R::UpdateFailed, reason, at);
    } else if changed {
        begin_update(world, &mut child, definition, &begin(parent), at);
        set_state(parent, key, StepState::Nested(id));
    } else {
        complete(world, parent, key, at);
    }
    cfn::put(world, child);
}

/// Takes the child back to what it was before the parent's update.
pub(super) fn restore(world: &mut World, parent: &mut Stack, key: &str, at: Timestamp) {
    let Some(resource) = parent.resources.get_mut(key) else { return };
    let id = resource.physical_id.clone();
    if let Some(before) = parent.last_good.as_ref().and_then(|b| b.resources.get(key)) {
        resource.properties.clone_from(&before.properties);
    }
    let Some(mut child) = cfn::take(world, &parent.account, &parent.region, &id) else {
        return complete(world, parent, key, at);
    };
    if child.status == S::UpdateRollbackFailed {
        rollback::begin_continue(world, &mut child, &begin(parent), Vec::new(), at);
    } else {
        rollback::roll_back_nested(world, &mut child, at);
    }
    let working = child.operation.is_some();
    cfn::put(world, child);
    if working {
        set_state(parent, key, StepState::Nested(id));
    } else {
        complete(world, parent, key, at);
    }
}

/// Whether the child of this logical id has been changed by the operation that the parent takes back.
pub(super) fn was_updated(world: &World, parent: &Stack, key: &str) -> bool {
    let Some(resource) = parent.resources.get(key).filter(|r| is_nested(&r.resource_type)) else { return false };
    let child = cfn::find(world, &parent.account, &parent.region, &resource.physical_id);
    child.is_some_and(|c| {
        matches!(c.status, S::UpdateCompleteCleanupInProgress | S::UpdateRollbackInProgress | S::UpdateRollbackFailed)
    })
}

/// Deletes the child and lets the parent wait for it.
pub(super) fn delete(world: &mut World, parent: &mut Stack, key: &str, id: &str, at: Timestamp) {
    let Some(mut child) = cfn::take(world, &parent.account, &parent.region, id) else {
        return complete(world, parent, key, at);
    };
    let gone = child.status == S::DeleteComplete;
    let properties = parent.resources.get(key).map(|r| r.properties.clone()).unwrap_or_default();
    let asked = permitted(world, parent, key, Verb::Delete, &properties, (id, ""), at);
    if let (false, Err(reason)) = (gone, asked) {
        cfn::put(world, child);
        return not_deleted(parent, key, reason, at);
    }
    if !gone {
        begin_delete(world, &mut child, &begin(parent), at);
    }
    cfn::put(world, child);
    if gone {
        complete(world, parent, key, at);
    } else {
        set_state(parent, key, StepState::Nested(id.to_owned()));
    }
}

/// The child stays: what fails is the operation, or only its cleanup.
fn not_deleted(parent: &mut Stack, key: &str, reason: String, at: Timestamp) {
    let Some(Action::Clear(n)) = step(parent, key).map(|s| s.action) else {
        return fail_step(parent, key, R::DeleteFailed, reason, at);
    };
    let Some(left) = parent.operation.as_ref().and_then(|o| o.leftovers.get(n)).cloned() else { return };
    clear_failed(parent, key, &left, reason, at);
}

/// Lets a held child finish its cleanup.
pub(super) fn release(world: &mut World, parent: &mut Stack, key: &str, at: Timestamp) {
    let id = parent.resources.get(key).map(|r| r.physical_id.clone()).unwrap_or_default();
    let held = match cfn::take(world, &parent.account, &parent.region, &id) {
        Some(mut child) => {
            let held = rollback::release_nested(&mut child, at);
            cfn::put(world, child);
            held
        }
        None => false,
    };
    set_state(parent, key, if held { StepState::Nested(id) } else { StepState::Done });
}

/// Looks at the child that a step waits for.
pub(super) fn poll(world: &mut World, parent: &mut Stack, key: &str, id: &str, at: Timestamp) {
    let Some(action) = step(parent, key).map(|s| s.action) else { return };
    let Some(child) = cfn::find(world, &parent.account, &parent.region, id) else {
        return complete(world, parent, key, at);
    };
    let (status, reason) = (child.status, child.reason.clone().unwrap_or_default());
    let outputs: Vec<(String, String)> = child.outputs.iter().map(|o| (o.key.clone(), o.value.clone())).collect();
    let settled = child.operation.is_none();
    match (action, status) {
        (
            Action::Create | Action::Update,
            S::CreateComplete | S::UpdateComplete | S::UpdateCompleteCleanupInProgress,
        )
        | (Action::Restore, S::UpdateRollbackComplete | S::UpdateComplete | S::CreateComplete) => {
            take_outputs(parent, key, outputs);
            complete(world, parent, key, at);
        }
        (Action::Release, _) if settled => set_state(parent, key, StepState::Done),
        (Action::Remove | Action::Clear(_), S::DeleteComplete) => complete(world, parent, key, at),
        (Action::Create, S::CreateFailed | S::RollbackComplete | S::RollbackFailed)
        | (Action::Update, S::CreateFailed) => {
            let text = format!("Embedded stack {id} was not successfully created: {reason}");
            fail_step(parent, key, R::CreateFailed, text, at);
        }
        (
            Action::Update,
            S::UpdateRollbackInProgress | S::UpdateFailed | S::UpdateRollbackComplete | S::UpdateRollbackFailed,
        ) => {
            let text = format!(
                "Embedded stack {id} was not successfully updated. Currently in {status} with reason: {reason}"
            );
            fail_step(parent, key, R::UpdateFailed, text, at);
        }
        (Action::Restore, S::UpdateRollbackFailed) => {
            let text = format!(
                "Embedded stack {id} was not successfully updated. Currently in {status} with reason: {reason}"
            );
            fail_step(parent, key, R::UpdateFailed, text, at);
        }
        (Action::Remove | Action::Clear(_), S::DeleteFailed) => {
            not_deleted(parent, key, format!("Embedded stack {id} was not successfully deleted: {reason}"), at);
        }
        _ => {}
    }
}

/// A parent reads its child's outputs as `Outputs.NAME`.
fn take_outputs(parent: &mut Stack, key: &str, outputs: Vec<(String, String)>) {
    if let Some(resource) = parent.resources.get_mut(key) {
        resource.attributes = outputs.into_iter().map(|(k, v)| (format!("Outputs.{k}"), Value::String(v))).collect();
    }
}

/// A nested stack is over, or has turned round: its parent looks at once.
pub(super) fn wake_parent(world: &mut World, stack: &Stack, at: Timestamp) {
    let Some(lineage) = &stack.parent else { return };
    cfn::wake(world, &stack.account, &stack.region, &lineage.parent, at);
}
