//! What a step does to the world: announcing it, calling the service that owns the resource, and completing it.

use super::advance::{fail_step, set_state, step, step_mut};
use super::{Action, Leftover, Phase, StepState, later, nested};
use crate::cloudformation::evaluate::{Blueprint, Surroundings};
use crate::cloudformation::fault;
use crate::cloudformation::provider::{self, Ask, HandlerError, Made, Verb};
use crate::cloudformation::stack::{Stack, StackResource};
use crate::cloudformation::status::ResourceStatus as R;
use crate::world::World;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// How long a service takes to answer, in seconds.
const ANSWER: u32 = 1;
const REPLACING: &str = "Requested update requires the creation of a new physical resource; hence creating one.";

/// Starts a step: evaluates the resource's properties and says that it begins, or that there is nothing to do.
pub(super) fn announce(world: &mut World, stack: &mut Stack, key: &str, at: Timestamp) {
    let Some(action) = step(stack, key).map(|s| s.action) else { return };
    match action {
        Action::Create => announce_create(world, stack, key, at),
        Action::Update => announce_update(world, stack, key, at),
        Action::Restore => announce_restore(stack, key, at),
        Action::Remove => announce_remove(stack, key, at),
        Action::Clear(n) => announce_clear(stack, key, n, at),
        Action::Release => nested::release(world, stack, key, at),
    }
}

fn announce_create(world: &World, stack: &mut Stack, key: &str, at: Timestamp) {
    let blueprint = Blueprint::of(stack);
    let Some(spec) = blueprint.resource(key) else { return set_state(stack, key, StepState::Done) };
    let evaluated = blueprint.properties(key, &Surroundings::new(world, stack));
    let resource = StackResource {
        logical_id: key.to_owned(),
        physical_id: String::new(),
        resource_type: spec.resource_type.clone(),
        status: R::CreateInProgress,
        reason: None,
        at,
        properties: evaluated.clone().unwrap_or_default(),
        attributes: Map::new(),
        depends_on: spec.depends_on.clone(),
        deletion_policy: spec.deletion_policy.clone(),
        update_replace_policy: spec.update_replace_policy.clone(),
        metadata: spec.metadata.clone(),
    };
    stack.resources.insert(key.to_owned(), resource);
    match evaluated {
        Ok(properties) => {
            stack.mark(key, R::CreateInProgress, None, at);
            begin(stack, key, properties, false, at);
        }
        Err(reason) => fail_step(stack, key, R::CreateFailed, reason, at),
    }
}

fn begin(stack: &mut Stack, key: &str, next: Value, replace: bool, at: Timestamp) {
    if let Some(step) = step_mut(stack, key) {
        step.next = Some(next);
        step.replace = replace;
        step.state = StepState::Announced(later(at, ANSWER));
    }
}

fn announce_update(world: &World, stack: &mut Stack, key: &str, at: Timestamp) {
    let blueprint = Blueprint::of(stack);
    let Some(spec) = blueprint.resource(key).cloned() else { return set_state(stack, key, StepState::Done) };
    let next = match blueprint.properties(key, &Surroundings::new(world, stack)) {
        Ok(next) => next,
        Err(reason) => return fail_step(stack, key, R::UpdateFailed, reason, at),
    };
    let tags_changed = stack.operation.as_ref().is_some_and(|o| o.tags_changed);
    let Some(resource) = stack.resources.get_mut(key) else { return };
    resource.depends_on.clone_from(&spec.depends_on);
    resource.deletion_policy.clone_from(&spec.deletion_policy);
    resource.update_replace_policy.clone_from(&spec.update_replace_policy);
    resource.metadata.clone_from(&spec.metadata);
    let type_changed = resource.resource_type != spec.resource_type;
    let row = provider::row(&spec.resource_type);
    let nested = nested::is_nested(&spec.resource_type);
    let retagged = tags_changed && row.has_tags;
    let same = !type_changed && resource.properties == next;
    if same && !nested && !retagged {
        return set_state(stack, key, StepState::Done);
    }
    let replace = type_changed || row.must_replace(&resource.properties, &next);
    if replace {
        // The new physical resource may already be of another type.
        let old = stack.resources.get(key).cloned();
        if let Some(old) = old {
            keep_leftover(stack, &old, old.update_replace_policy.as_deref());
        }
    }
    if let Some(reason) = stack.policy_denies(key, &spec.resource_type, replace) {
        return fail_step(stack, key, R::UpdateFailed, reason, at);
    }
    mark_with(stack, key, R::UpdateInProgress, replace.then(|| REPLACING.to_owned()), &next, at);
    begin(stack, key, next, replace, at);
}

/// Records a state with properties that the resource does not have yet.
fn mark_with(stack: &mut Stack, key: &str, status: R, reason: Option<String>, properties: &Value, at: Timestamp) {
    let Some(resource) = stack.resources.get_mut(key) else { return };
    let before = std::mem::replace(&mut resource.properties, properties.clone());
    stack.mark(key, status, reason, at);
    if let Some(resource) = stack.resources.get_mut(key) {
        resource.properties = before;
    }
}

/// Remembers a physical resource that has to go when the operation is over.
pub(super) fn keep_leftover(stack: &mut Stack, resource: &StackResource, policy: Option<&str>) {
    let leftover = Leftover {
        logical_id: resource.logical_id.clone(),
        physical_id: resource.physical_id.clone(),
        resource_type: resource.resource_type.clone(),
        properties: resource.properties.clone(),
        keep: matches!(policy, Some("Retain" | "Snapshot")),
        depends_on: resource.depends_on.clone(),
    };
    if let Some(operation) = &mut stack.operation
        && !leftover.physical_id.is_empty()
    {
        operation.leftovers.push(leftover);
    }
}

fn announce_restore(stack: &mut Stack, key: &str, at: Timestamp) {
    let skipped = stack.operation.as_ref().is_some_and(|o| o.skip.iter().any(|s| s == key));
    let Some(before) = stack.last_good.as_ref().and_then(|b| b.resources.get(key)).cloned() else {
        return set_state(stack, key, StepState::Done);
    };
    if skipped {
        if let Some(resource) = stack.resources.get_mut(key) {
            resource.properties.clone_from(&before.properties);
        }
        let reason = "Resource skipped during rollback because it was listed in ResourcesToSkip.".to_owned();
        stack.mark(key, R::UpdateComplete, Some(reason), at);
        return set_state(stack, key, StepState::Done);
    }
    mark_with(stack, key, R::UpdateInProgress, None, &before.properties, at);
    begin(stack, key, before.properties, false, at);
}

fn announce_remove(stack: &mut Stack, key: &str, at: Timestamp) {
    let Some(resource) = stack.resources.get(key) else { return set_state(stack, key, StepState::Done) };
    let Some(operation) = &stack.operation else { return };
    let gone = resource.physical_id.is_empty() || resource.status == R::DeleteComplete;
    let retained = operation.retain.iter().any(|r| r == key);
    let creating = operation.phase == Phase::Rollback;
    let policy = match resource.deletion_policy.as_deref() {
        Some("Retain") => !(creating && operation.retain_except_on_create),
        Some("RetainExceptOnCreate") => !creating,
        _ => false,
    };
    if gone {
        if resource.status != R::DeleteComplete {
            stack.mark(key, R::DeleteComplete, None, at);
        }
        set_state(stack, key, StepState::Done);
    } else if retained || policy {
        stack.mark(key, R::DeleteSkipped, None, at);
        set_state(stack, key, StepState::Done);
    } else {
        stack.mark(key, R::DeleteInProgress, None, at);
        begin(stack, key, Value::Null, false, at);
    }
}

fn announce_clear(stack: &mut Stack, key: &str, n: usize, at: Timestamp) {
    let Some(left) = stack.operation.as_ref().and_then(|o| o.leftovers.get(n)).cloned() else {
        return set_state(stack, key, StepState::Done);
    };
    let status = if left.keep { R::DeleteSkipped } else { R::DeleteInProgress };
    stack.mark_physical(&left.logical_id, &left.physical_id, &left.resource_type, (status, None), at, None);
    if left.keep {
        set_state(stack, key, StepState::Done);
    } else {
        begin(stack, key, Value::Null, false, at);
    }
}

/// Calls the service that owns the resource.
pub(super) fn perform(world: &mut World, stack: &mut Stack, key: &str, at: Timestamp) {
    let Some(current) = step(stack, key).cloned() else { return };
    let next = current.next.unwrap_or_default();
    match current.action {
        Action::Create => perform_create(world, stack, key, &next, at),
        Action::Update if current.replace => perform_create(world, stack, key, &next, at),
        Action::Update => perform_change(world, stack, key, next, at),
        Action::Restore => perform_restore(world, stack, key, next, at),
        Action::Remove => perform_remove(world, stack, key, at),
        Action::Clear(n) => perform_clear(world, stack, key, n, at),
        Action::Release => {}
    }
}

fn perform_create(world: &mut World, stack: &mut Stack, key: &str, next: &Value, at: Timestamp) {
    let replacing = step(stack, key).is_some_and(|s| s.replace);
    let (failed, working) =
        if replacing { (R::UpdateFailed, R::UpdateInProgress) } else { (R::CreateFailed, R::CreateInProgress) };
    let Some(resource_type) = Blueprint::of(stack).resource(key).map(|s| s.resource_type.clone()) else { return };
    if nested::is_nested(&resource_type) {
        return nested::create(world, stack, key, next, at);
    }
    match call(world, stack, key, &resource_type, Verb::Create, next, None, "", at) {
        Ok(made) => {
            if let Some(resource) = stack.resources.get_mut(key) {
                resource.resource_type = resource_type.clone();
                resource.physical_id = made.physical_id;
                resource.attributes = made.attributes;
                resource.properties = next.clone();
            }
            stack.mark(key, working, Some("Resource creation Initiated".into()), at);
            let seconds = provider::row(&resource_type).seconds.create;
            set_state(stack, key, StepState::Initiated(later(at, seconds)));
        }
        Err(reason) => {
            if replacing {
                forget_leftover(stack, key);
            }
            fail_step(stack, key, failed, reason, at);
        }
    }
}

/// The replacement was not made, so what it should have replaced stays.
fn forget_leftover(stack: &mut Stack, key: &str) {
    if let Some(operation) = &mut stack.operation {
        operation.leftovers.retain(|l| l.logical_id != key);
    }
}

fn perform_change(world: &mut World, stack: &mut Stack, key: &str, next: Value, at: Timestamp) {
    let Some(resource) = stack.resources.get(key).cloned() else { return };
    if nested::is_nested(&resource.resource_type) {
        return nested::update(world, stack, key, next, at);
    }
    let (kind, old) = (resource.resource_type.as_str(), Some(&resource.properties));
    match call(world, stack, key, kind, Verb::Update, &next, old, &resource.physical_id, at) {
        Ok(made) => {
            if let Some(resource) = stack.resources.get_mut(key) {
                resource.attributes = made.attributes;
                resource.properties = next;
            }
            let seconds = provider::row(kind).seconds.update;
            set_state(stack, key, StepState::Initiated(later(at, seconds)));
        }
        Err(reason) => fail_step(stack, key, R::UpdateFailed, reason, at),
    }
}

fn perform_restore(world: &mut World, stack: &mut Stack, key: &str, next: Value, at: Timestamp) {
    let Some(before) = stack.last_good.as_ref().and_then(|b| b.resources.get(key)).cloned() else { return };
    let Some(current) = stack.resources.get(key).cloned() else { return };
    if nested::is_nested(&before.resource_type) && current.physical_id == before.physical_id {
        return nested::restore(world, stack, key, at);
    }
    let replaced = current.physical_id != before.physical_id;
    if let Some(reason) = fault::take(world, stack, key, "rollback") {
        return fail_step(stack, key, R::UpdateFailed, reason, at);
    }
    if replaced {
        // The old physical resource is still there: the update never reached its cleanup.
        forget_leftover(stack, key);
        keep_leftover(stack, &current, None);
        stack.resources.insert(key.to_owned(), StackResource { status: R::UpdateInProgress, ..before });
        return set_state(stack, key, StepState::Initiated(later(at, ANSWER)));
    }
    let (kind, old) = (current.resource_type.as_str(), Some(&current.properties));
    match call(world, stack, key, kind, Verb::Update, &next, old, &current.physical_id, at) {
        Ok(made) => {
            stack.resources.insert(
                key.to_owned(),
                StackResource { attributes: made.attributes, status: R::UpdateInProgress, ..before },
            );
            set_state(stack, key, StepState::Initiated(later(at, provider::row(kind).seconds.update)));
        }
        Err(reason) => fail_step(stack, key, R::UpdateFailed, reason, at),
    }
}

fn perform_remove(world: &mut World, stack: &mut Stack, key: &str, at: Timestamp) {
    let Some(resource) = stack.resources.get(key).cloned() else { return };
    if nested::is_nested(&resource.resource_type) {
        return nested::delete(world, stack, key, &resource.physical_id, at);
    }
    let kind = resource.resource_type.as_str();
    match call(world, stack, key, kind, Verb::Delete, &resource.properties, None, &resource.physical_id, at) {
        Ok(_) => set_state(stack, key, StepState::Initiated(later(at, provider::row(kind).seconds.delete))),
        Err(reason) => fail_step(stack, key, R::DeleteFailed, reason, at),
    }
}

fn perform_clear(world: &mut World, stack: &mut Stack, key: &str, n: usize, at: Timestamp) {
    let Some(left) = stack.operation.as_ref().and_then(|o| o.leftovers.get(n)).cloned() else { return };
    if nested::is_nested(&left.resource_type) {
        return nested::delete(world, stack, key, &left.physical_id, at);
    }
    let kind = left.resource_type.as_str();
    match call(world, stack, &left.logical_id, kind, Verb::Delete, &left.properties, None, &left.physical_id, at) {
        Ok(_) => set_state(stack, key, StepState::Initiated(later(at, provider::row(kind).seconds.delete))),
        Err(reason) => clear_failed(stack, key, &left, reason, at),
    }
}

/// A leftover that cannot be deleted is reported and stays behind; the operation succeeds all the same.
pub(super) fn clear_failed(stack: &mut Stack, key: &str, left: &Leftover, reason: String, at: Timestamp) {
    let state = (R::DeleteFailed, Some(reason));
    stack.mark_physical(&left.logical_id, &left.physical_id, &left.resource_type, state, at, None);
    set_state(stack, key, StepState::Done);
}

/// A resource is ready, changed or gone.
pub(super) fn complete(_world: &mut World, stack: &mut Stack, key: &str, at: Timestamp) {
    let Some(action) = step(stack, key).map(|s| s.action) else { return };
    set_state(stack, key, StepState::Done);
    match action {
        Action::Create => stack.mark(key, R::CreateComplete, None, at),
        Action::Update | Action::Restore => stack.mark(key, R::UpdateComplete, None, at),
        Action::Remove => stack.mark(key, R::DeleteComplete, None, at),
        Action::Clear(n) => {
            let Some(left) = stack.operation.as_ref().and_then(|o| o.leftovers.get(n)).cloned() else { return };
            let state = (R::DeleteComplete, None);
            stack.mark_physical(&left.logical_id, &left.physical_id, &left.resource_type, state, at, None);
        }
        Action::Release => {}
    }
}

/// Asks the owner of a resource type to do something, after the fault plan and the permissions had their say.
#[expect(clippy::too_many_arguments, reason = "all of them are one request to one service")]
fn call(
    world: &mut World,
    stack: &Stack,
    logical_id: &str,
    resource_type: &str,
    verb: Verb,
    properties: &Value,
    previous: Option<&Value>,
    physical_id: &str,
    at: Timestamp,
) -> Result<Made, String> {
    if let Some(reason) = fault::take(world, stack, logical_id, verb.as_str()) {
        return Err(reason);
    }
    let tags = stack.resource_tags(logical_id);
    let principal = stack.acting_principal(world, at);
    let ask = Ask {
        row: provider::row(resource_type),
        resource_type,
        verb,
        account: &stack.account,
        region: &stack.region,
        stack_name: &stack.name,
        stack_id: &stack.id,
        logical_id,
        physical_id,
        properties,
        previous,
        tags: &tags,
        principal: &principal,
        by_role: stack.role_arn.is_some(),
        at,
    };
    provider::call(world, &ask).map_err(|e: HandlerError| e.reason(world))
}
