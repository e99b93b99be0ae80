//! How operations begin.

use super::finish::{enter, remove_steps};
use super::{Action, Kind, OnFailure, Operation, Phase, Step};
use crate::cloudformation::evaluate::Blueprint;
use crate::cloudformation::stack::{Definition, Stack};
use crate::cloudformation::status::{ResourceStatus as R, StackStatus as S};
use crate::identity::Principal;
use crate::world::World;
use indexmap::IndexMap;
use jiff::Timestamp;

/// What every operation is started with.
#[derive(Debug, Clone)]
pub(crate) struct Begin {
    /// The client's token.
    pub token: Option<String>,
    /// What is done on failure.
    pub on_failure: OnFailure,
    /// `RetainResources` of a deletion.
    pub retain: Vec<String>,
    /// `RetainExceptOnCreate`.
    pub retain_except_on_create: bool,
    /// A service role, which replaces the one that the stack has.
    pub role_arn: Option<String>,
    /// Who asks.
    pub caller: Principal,
}

impl Begin {
    /// An operation that someone asks for, with no options.
    pub(crate) fn by(caller: Principal) -> Self {
        Self {
            token: None,
            on_failure: OnFailure::Rollback,
            retain: Vec::new(),
            retain_except_on_create: false,
            role_arn: None,
            caller,
        }
    }
}

/// An operation that has no steps yet.
pub(super) fn operation(world: &mut World, kind: Kind, phase: Phase, begin: &Begin, at: Timestamp) -> Operation {
    Operation {
        id: world.ids.uuid(),
        kind,
        token: begin.token.clone(),
        phase,
        on_failure: begin.on_failure,
        steps: IndexMap::new(),
        leftovers: Vec::new(),
        skip: Vec::new(),
        retain: begin.retain.clone(),
        retain_except_on_create: begin.retain_except_on_create,
        tags_changed: false,
        failure: None,
        failed: Vec::new(),
        started: at,
        wake: at,
    }
}

/// Makes it the operation of the stack, carried out by whom it names.
pub(super) fn install(stack: &mut Stack, operation: Operation, begin: &Begin) {
    if begin.role_arn.is_some() {
        stack.role_arn.clone_from(&begin.role_arn);
    }
    stack.caller = begin.caller.clone();
    stack.disable_rollback = begin.on_failure == OnFailure::DoNothing;
    if let Some(token) = &begin.token {
        stack.tokens.insert(token.clone(), operation.kind.operation_type().to_owned());
    }
    stack.operations.insert(0, (operation.id.clone(), operation.kind.operation_type().to_owned()));
    stack.operation = Some(operation);
}

/// Starts making the resources of a stack's definition.
pub(crate) fn begin_create(world: &mut World, stack: &mut Stack, begin: &Begin, at: Timestamp) {
    let mut operation = operation(world, Kind::Create, Phase::Forward, begin, at);
    let blueprint = Blueprint::of(stack);
    operation.steps = blueprint
        .iter()
        .map(|(id, spec)| (id.to_owned(), Step::new(Action::Create, spec.depends_on.clone())))
        .collect();
    install(stack, operation, begin);
    enter(world, stack, S::CreateInProgress, Some("User Initiated".into()), at);
}

/// Starts bringing a stack to another definition.
pub(crate) fn begin_update(world: &mut World, stack: &mut Stack, definition: Definition, begin: &Begin, at: Timestamp) {
    let mut operation = operation(world, Kind::Update, Phase::Forward, begin, at);
    operation.tags_changed = stack.definition.tags != definition.tags;
    if stack.last_good.is_none() && stack.status != S::CreateFailed {
        stack.last_good = Some(Box::new(stack.baseline()));
    }
    stack.definition = definition;
    stack.updated = Some(at);
    let exists =
        |id: &str| stack.resources.get(id).is_some_and(|r| !r.physical_id.is_empty() && r.status != R::DeleteComplete);
    operation.steps = Blueprint::of(stack)
        .iter()
        .map(|(id, spec)| {
            let action = if exists(id) { Action::Update } else { Action::Create };
            (id.to_owned(), Step::new(action, spec.depends_on.clone()))
        })
        .collect();
    install(stack, operation, begin);
    enter(world, stack, S::UpdateInProgress, Some("User Initiated".into()), at);
}

/// Starts deleting a stack and all that it has.
pub(crate) fn begin_delete(world: &mut World, stack: &mut Stack, begin: &Begin, at: Timestamp) {
    let operation = operation(world, Kind::Delete, Phase::Delete, begin, at);
    install(stack, operation, begin);
    let steps = remove_steps(stack);
    if let Some(operation) = &mut stack.operation {
        operation.steps = steps;
    }
    enter(world, stack, S::DeleteInProgress, Some("User Initiated".into()), at);
}
