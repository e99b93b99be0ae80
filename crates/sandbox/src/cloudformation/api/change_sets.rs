//! Change sets: making, reading and deleting them.

use super::{refusals, request, show};
use crate::authorize::Question;
use crate::call::{Answer, AwsError, Call, Output};
use crate::cloudformation::change_set::{ChangeSet, ExecutionStatus, NO_CHANGES};
use crate::cloudformation::diff::{self, Change, Detail};
use crate::cloudformation::operation::OnFailure;
use crate::cloudformation::operation::later;
use crate::cloudformation::stack::{Definition, Stack};
use crate::cloudformation::status::StackStatus as S;
use crate::cloudformation::{self as cfn, prepare};
use crate::world::World;
use serde_json::{Value, json};

/// How long AWS takes to compute a change set, in seconds.
const COMPUTING: u32 = 3;
/// Changes on one page of `DescribeChangeSet`.
const PAGE: usize = 100;

/// `CreateChangeSet`.
pub(super) fn create(world: &mut World, call: &Call<'_>) -> Answer {
    let stack_name = call.require("StackName")?.to_owned();
    let name = call.require("ChangeSetName")?.to_owned();
    check_set_name(&name)?;
    let arn = request::stack_arn(call, &stack_name);
    let template_url = call.text("TemplateURL").unwrap_or_default();
    let mut context = vec![("cloudformation:ChangeSetName", name.as_str())];
    if !template_url.is_empty() {
        context.push(("cloudformation:TemplateUrl", template_url));
    }
    if let Some(role) = call.text("RoleARN") {
        context.push(("cloudformation:RoleArn", role));
    }
    call.authorize(world, "cloudformation:CreateChangeSet", &arn, &context)?;
    let found = cfn::find(world, &call.account, &call.region, &stack_name).cloned();
    authorize_tags(world, call, &arn, found.as_ref())?;
    let kind = call.text("ChangeSetType").unwrap_or("UPDATE").to_owned();
    if let Some(known) = found.as_ref().and_then(|s| same_request(world, call, s, &name)) {
        return Ok(known);
    }
    let role_arn = request::role(world, call)?;
    let stack = check_kind(world, call, &kind, &stack_name, found)?;
    if set_of(world, call, &stack.id, &name).is_some() {
        return Err(AwsError::new(
            400,
            "AlreadyExistsException",
            format!("ChangeSet {name} cannot be created due to a mismatch with existing attribute Template"),
        ));
    }
    let wanted = request::wanted(world, call, Some(&stack))?;
    authorize_transforms(world, call, &wanted.body)?;
    let site = prepare::Site::of(call, &stack.name);
    let previous = (stack.status != S::ReviewInProgress).then_some(&stack.definition);
    let prepared = match prepare::definition(world, &site, wanted, previous) {
        Err(refusal) if !refusal.late => return Err(*refusal.error),
        other => other.map_err(|r| r.error.message),
    };
    let computed = prepared.and_then(|d| diff::changes(world, &stack, &d).map(|difference| (d, difference)));
    let set = compute(world, call, &stack, name, role_arn, computed);
    let answer = json!({ "Id": set.id, "StackId": set.stack_id });
    let at = world.now();
    if stack.events.is_empty() {
        let mut stack = stack;
        cfn::operation::enter(world, &mut stack, S::ReviewInProgress, Some("User Initiated".into()), at);
        cfn::put(world, stack);
    }
    world.change_sets_due.set(set.id.clone(), Some(set.ready));
    world.region_mut(&call.account, &call.region)?.cloudformation.change_sets.insert(set.id.clone(), set);
    Ok(Output::tree(answer))
}

/// Setting and removing tags of a stack take permissions of their own (service authorization reference for CloudFormation,
/// `TagResource`).
fn authorize_tags(world: &World, call: &Call<'_>, arn: &str, stack: Option<&Stack>) -> Result<(), AwsError> {
    let tags = call.pairs("Tags");
    let context = [("cloudformation:CreateAction", "CreateChangeSet")];
    if !tags.is_empty() {
        call.authorize(world, "cloudformation:TagResource", arn, &context)?;
    }
    let before = stack.into_iter().flat_map(|s| s.definition.tags.keys());
    if !tags.is_empty() && before.clone().any(|key| !tags.iter().any(|(k, _)| k == key)) {
        call.authorize(world, "cloudformation:UntagResource", arn, &context)?;
    }
    Ok(())
}

/// Transforms are resources of their own (CloudFormation User Guide, "Controlling access with IAM").
fn authorize_transforms(world: &World, call: &Call<'_>, body: &str) -> Result<(), AwsError> {
    let (root, _) = template::parse(base::FileId(0), body, template::Dialect::Template);
    let Some(transform) = root.get("Transform") else { return Ok(()) };
    let one = transform.as_str().map(|name| vec![name]);
    let names = one.or_else(|| Some(transform.as_list()?.iter().filter_map(template::Node::as_str).collect()));
    for name in names.unwrap_or_default() {
        let name = name.strip_prefix("AWS::").unwrap_or(name);
        let (partition, region) = (call.region.partition(), &call.region);
        let arn = format!("arn:{partition}:cloudformation:{region}:aws:transform/{name}");
        let (caller, aws) = (Some(&call.account), "cloudformation:CreateChangeSet");
        call.ask(world, &Question { action: aws, resource: &arn, resource_account: caller, ..Question::default() })?;
    }
    Ok(())
}

fn check_set_name(name: &str) -> Result<(), AwsError> {
    let good = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && name.len() <= 128;
    if good || name.starts_with("arn:") {
        return Ok(());
    }
    Err(AwsError::validation(format!(
        "1 validation error detected: Value '{name}' at 'changeSetName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
    )))
}

/// The same request again, told by its client token, gives the same change set.
fn same_request(world: &World, call: &Call<'_>, stack: &Stack, name: &str) -> Option<Output> {
    let token = call.text("ClientToken")?;
    let set = set_of(world, call, &stack.id, name)?;
    (set.client_token.as_deref() == Some(token)).then(|| Output::tree(json!({ "Id": set.id, "StackId": set.stack_id })))
}

/// The stack that the change set is for: a new one under review, or one that can be updated.
fn check_kind(
    world: &mut World,
    call: &Call<'_>,
    kind: &str,
    name: &str,
    found: Option<Stack>,
) -> Result<Stack, AwsError> {
    let at = world.now();
    match (kind, found) {
        ("CREATE", None) => {
            request::check_name(name)?;
            let mut stack = cfn::new_stack(
                world,
                &call.account,
                &call.region,
                name.to_owned(),
                Definition::default(),
                call.principal.clone(),
                at,
            );
            stack.status = S::ReviewInProgress;
            Ok(stack)
        }
        ("CREATE", Some(stack)) if stack.status == S::ReviewInProgress => Ok(stack),
        ("CREATE", Some(stack)) => Err(AwsError::validation(format!(
            "Stack [{}] already exists and cannot be created again with the changeSet [{}].",
            stack.name,
            call.text("ChangeSetName").unwrap_or_default()
        ))),
        ("UPDATE", None) => Err(AwsError::validation(format!("Stack [{name}] does not exist"))),
        ("UPDATE", Some(stack)) if stack.status.can_update() => Ok(stack),
        ("UPDATE", Some(stack)) => Err(refusals::wrong_state(&stack, "updated")),
        ("IMPORT", _) => Err(AwsError::not_implemented("cloudformation", "CreateChangeSet with ChangeSetType IMPORT")),
        (other, _) => Err(AwsError::validation(format!(
            "1 validation error detected: Value '{other}' at 'changeSetType' failed to satisfy constraint: Member must satisfy enum value set: [IMPORT, UPDATE, CREATE]"
        ))),
    }
}

fn compute(
    world: &mut World,
    call: &Call<'_>,
    stack: &Stack,
    name: String,
    role_arn: Option<String>,
    computed: Result<(Definition, diff::Difference), String>,
) -> ChangeSet {
    let unique = world.ids.uuid();
    let retry = matches!(stack.status, S::CreateFailed | S::UpdateFailed);
    let (definition, changes, failure) = match computed {
        Ok((d, difference)) if difference.is_empty() && !retry && stack.status != S::ReviewInProgress => {
            (d, Vec::new(), Some(NO_CHANGES.to_owned()))
        }
        Ok((d, difference)) => (d, difference.changes, None),
        Err(reason) => (Definition::default(), Vec::new(), Some(reason)),
    };
    let at = world.now();
    ChangeSet {
        id: format!(
            "arn:{}:cloudformation:{}:{}:changeSet/{name}/{unique}",
            call.region.partition(),
            call.region,
            call.account
        ),
        name,
        stack_id: stack.id.clone(),
        stack_name: stack.name.clone(),
        description: call.text("Description").map(str::to_owned),
        creates: stack.status == S::ReviewInProgress,
        created: at,
        ready: later(at, COMPUTING),
        execution: if failure.is_some() { ExecutionStatus::Unavailable } else { ExecutionStatus::Available },
        failure,
        definition,
        changes,
        role_arn,
        on_failure: call.text("OnStackFailure").and_then(OnFailure::parse),
        include_nested: call.flag("IncludeNestedStacks").unwrap_or(false),
        client_token: call.text("ClientToken").map(str::to_owned),
        based_on: stack.updated,
    }
}

/// A change set of a stack by its name.
fn set_of<'w>(world: &'w World, call: &Call<'_>, stack_id: &str, name: &str) -> Option<&'w ChangeSet> {
    let sets = &world.region(&call.account, &call.region)?.cloudformation.change_sets;
    sets.values().find(|c| c.stack_id == stack_id && c.name == name)
}

/// The change set that a call names, by ARN or by its name and the stack's.
pub(super) fn find<'w>(world: &'w World, call: &Call<'_>, action: &str) -> Result<&'w ChangeSet, AwsError> {
    let name = call.require("ChangeSetName")?;
    let by_arn = || world.region(&call.account, &call.region)?.cloudformation.change_sets.get(name);
    let stack = call.text("StackName");
    let arn = match (stack, by_arn()) {
        (_, Some(set)) => set.stack_id.clone(),
        (Some(stack), None) => cfn::find(world, &call.account, &call.region, stack)
            .map_or_else(|| request::stack_arn(call, stack), |s| s.id.clone()),
        (None, None) => "*".to_owned(),
    };
    let short = name.split('/').nth(1).unwrap_or(name);
    call.authorize(world, &format!("cloudformation:{action}"), &arn, &[("cloudformation:ChangeSetName", short)])?;
    if let Some(set) = by_arn() {
        return Ok(set);
    }
    if name.starts_with("arn:") {
        return Err(refusals::no_change_set(name));
    }
    let stack = stack.ok_or_else(|| {
        AwsError::validation("StackName must be specified if ChangeSetName is not specified as an ARN.")
    })?;
    let stack = cfn::find(world, &call.account, &call.region, stack)
        .ok_or_else(|| AwsError::validation(format!("Stack [{stack}] does not exist")))?;
    set_of(world, call, &stack.id, name).ok_or_else(|| refusals::no_change_set(name))
}

/// `DescribeChangeSet`.
pub(super) fn describe(world: &mut World, call: &Call<'_>) -> Answer {
    let set = find(world, call, "DescribeChangeSet")?;
    let now = world.now();
    let values = call.flag("IncludePropertyValues").unwrap_or(false);
    let ready = set.ready <= now;
    let changes: Vec<Value> = if ready { set.changes.iter().map(|c| change(c, values)).collect() } else { Vec::new() };
    let (changes, next) = show::page(call, changes, PAGE);
    let definition = &set.definition;
    Ok(Output::tree(json!({
        "ChangeSetName": set.name,
        "ChangeSetId": set.id,
        "StackId": set.stack_id,
        "StackName": set.stack_name,
        "Description": set.description,
        "Parameters": show::parameters(&definition.parameters),
        "CreationTime": call.time(set.created),
        "ExecutionStatus": set.execution_status(now),
        "Status": set.status(now),
        "StatusReason": set.failure.as_ref().filter(|_| ready),
        "NotificationARNs": definition.notification_arns,
        "RollbackConfiguration": show::rollback(&definition.rollback),
        "Capabilities": definition.capabilities,
        "Tags": show::tags(&definition.tags),
        "Changes": changes,
        "NextToken": next,
        "IncludeNestedStacks": set.include_nested,
        "OnStackFailure": set.on_failure.map(OnFailure::as_str),
    })))
}

fn change(change: &Change, values: bool) -> Value {
    let context = |text: &Option<String>| text.as_ref().filter(|_| values).cloned();
    json!({
        "Type": "Resource",
        "ResourceChange": {
            "PolicyAction": change.policy_action,
            "Action": change.action,
            "LogicalResourceId": change.logical_id,
            "PhysicalResourceId": change.physical_id,
            "ResourceType": change.resource_type,
            "Replacement": change.replacement,
            "Scope": change.scope,
            "Details": change.details.iter().map(|d| detail(d, values)).collect::<Vec<_>>(),
            "BeforeContext": context(&change.before),
            "AfterContext": context(&change.after),
        },
    })
}

fn detail(detail: &Detail, values: bool) -> Value {
    let value = |text: &Option<String>| text.as_ref().filter(|_| values).cloned();
    let kind = match (&detail.before, &detail.after) {
        (None, Some(_)) => "Add",
        (Some(_), None) => "Remove",
        _ => "Modify",
    };
    json!({
        "Target": {
            "Attribute": detail.attribute,
            "Name": detail.name,
            "RequiresRecreation": detail.recreation,
            "Path": detail.name.as_ref().filter(|_| values).map(|n| format!("/Properties/{n}")),
            "BeforeValue": value(&detail.before),
            "AfterValue": value(&detail.after),
            "AttributeChangeType": values.then_some(kind),
        },
        "Evaluation": detail.evaluation,
        "ChangeSource": detail.source,
        "CausingEntity": detail.cause,
    })
}

/// `ListChangeSets`.
pub(super) fn list(world: &mut World, call: &Call<'_>) -> Answer {
    let stack = super::named(world, call, "ListChangeSets")?;
    let now = world.now();
    let sets = world.region(&call.account, &call.region).map(|r| &r.cloudformation.change_sets);
    let own = sets.into_iter().flat_map(|s| s.values()).filter(|c| c.stack_id == stack.id);
    let one = |set: &ChangeSet| {
        json!({
            "StackId": set.stack_id,
            "StackName": set.stack_name,
            "ChangeSetId": set.id,
            "ChangeSetName": set.name,
            "ExecutionStatus": set.execution_status(now),
            "Status": set.status(now),
            "StatusReason": set.failure,
            "CreationTime": call.time(set.created),
            "Description": set.description,
            "IncludeNestedStacks": set.include_nested,
        })
    };
    let (summaries, next) = show::page(call, own.map(one).collect(), PAGE);
    Ok(Output::tree(json!({ "Summaries": summaries, "NextToken": next })))
}

/// `DeleteChangeSet`. One that does not exist is deleted already.
pub(super) fn delete(world: &mut World, call: &Call<'_>) -> Answer {
    let set = match find(world, call, "DeleteChangeSet") {
        Ok(set) => set,
        Err(e) if e.code == "ChangeSetNotFound" => return Ok(Output::nothing()),
        Err(e) => return Err(e),
    };
    if set.execution == ExecutionStatus::ExecuteInProgress {
        return Err(refusals::change_set_status(format!(
            "ChangeSet [{}] cannot be deleted while it is being executed",
            set.id
        )));
    }
    let id = set.id.clone();
    world.region_mut(&call.account, &call.region)?.cloudformation.change_sets.remove(&id);
    world.change_sets_due.set(id, None);
    Ok(Output::nothing())
}
