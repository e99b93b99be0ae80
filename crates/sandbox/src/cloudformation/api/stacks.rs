//! Making, changing and deleting stacks without a change set.

use super::{named, refusals, request};
use crate::call::{Answer, AwsError, Call, Output};
use crate::cloudformation::evaluate::Blueprint;
use crate::cloudformation::operation::{OnFailure, begin_create, begin_delete, begin_update};
use crate::cloudformation::stack::Stack;
use crate::cloudformation::status::{ResourceStatus, StackStatus as S};
use crate::cloudformation::{self as cfn, diff, exports, prepare};
use crate::world::World;
use serde_json::json;

/// `CreateStack`.
pub(super) fn create(world: &mut World, call: &Call<'_>) -> Answer {
    let name = call.require("StackName")?.to_owned();
    request::check_name(&name)?;
    let arn = request::stack_arn(call, &name);
    call.authorize(world, "cloudformation:CreateStack", &arn, &condition_keys(call))?;
    let begin = request::begin(world, call)?;
    if let Some(stack) = cfn::find(world, &call.account, &call.region, &name) {
        if request::is_repeated(stack, begin.token.as_deref(), "CREATE_STACK")? {
            return Ok(Output::tree(json!({ "StackId": stack.id })));
        }
        return Err(refusals::already_exists(&name));
    }
    let wanted = request::wanted(world, call, None)?;
    let at = world.now();
    let site = prepare::Site::of(call, &name);
    let definition = prepare::definition(world, &site, wanted, None).map_err(|r| *r.error)?;
    let mut stack = cfn::new_stack(world, &call.account, &call.region, name, definition, call.principal.clone(), at);
    Blueprint::build(&stack.definition, &stack).map_err(AwsError::validation)?;
    stack.termination_protection = call.flag("EnableTerminationProtection").unwrap_or(false);
    stack.timeout_minutes = call.integer("TimeoutInMinutes").and_then(|n| u32::try_from(n).ok());
    stack.policy = call.text("StackPolicyBody").map(str::to_owned);
    begin_create(world, &mut stack, &begin, at);
    let id = stack.id.clone();
    cfn::put(world, stack);
    Ok(Output::tree(json!({ "StackId": id })))
}

fn condition_keys<'a>(call: &'a Call<'_>) -> Vec<(&'static str, &'a str)> {
    let keys = [("cloudformation:RoleArn", "RoleARN"), ("cloudformation:TemplateUrl", "TemplateURL")];
    keys.into_iter().filter_map(|(key, member)| Some((key, call.text(member)?))).collect()
}

/// `UpdateStack`.
pub(super) fn update(world: &mut World, call: &Call<'_>) -> Answer {
    let name = call.require("StackName")?.to_owned();
    call.authorize(world, "cloudformation:UpdateStack", &request::stack_arn(call, &name), &condition_keys(call))?;
    let begin = request::begin(world, call)?;
    let stack = cfn::find(world, &call.account, &call.region, &name).cloned();
    let stack = stack.ok_or_else(|| refusals::no_stack_to_change(&name))?;
    if request::is_repeated(&stack, begin.token.as_deref(), "UPDATE_STACK")? {
        return Ok(Output::tree(json!({ "StackId": stack.id })));
    }
    if !stack.status.can_update() {
        return Err(refusals::wrong_state(&stack, "updated"));
    }
    let wanted = request::wanted(world, call, Some(&stack))?;
    let at = world.now();
    let site = prepare::Site::of(call, &stack.name);
    let definition = prepare::definition(world, &site, wanted, Some(&stack.definition)).map_err(|r| *r.error)?;
    let difference = diff::changes(world, &stack, &definition).map_err(AwsError::validation)?;
    let retry = matches!(stack.status, S::CreateFailed | S::UpdateFailed);
    if difference.is_empty() && !retry {
        return Err(refusals::no_updates());
    }
    let Some(mut stack) = cfn::take(world, &call.account, &call.region, &stack.id) else {
        return Err(refusals::no_stack_to_change(&name));
    };
    if let Some(policy) = call.text("StackPolicyBody") {
        stack.policy = Some(policy.to_owned());
    }
    begin_update(world, &mut stack, definition, &begin, at);
    let id = stack.id.clone();
    cfn::put(world, stack);
    super::execute::make_obsolete(world, call, &id, None);
    Ok(Output::tree(json!({ "StackId": id })))
}

/// `DeleteStack`. A stack that does not exist is deleted already.
pub(super) fn delete(world: &mut World, call: &Call<'_>) -> Answer {
    let name = call.require("StackName")?.to_owned();
    let found = cfn::find(world, &call.account, &call.region, &name);
    let arn = found.map_or_else(|| request::stack_arn(call, &name), |s| s.id.clone());
    call.authorize(world, "cloudformation:DeleteStack", &arn, &condition_keys(call))?;
    let Some(stack) = found.filter(|s| s.is_live()).cloned() else { return Ok(Output::nothing()) };
    let mut begin = request::begin(world, call)?;
    begin.on_failure = OnFailure::Rollback;
    if request::is_repeated(&stack, begin.token.as_deref(), "DELETE_STACK")? || stack.status == S::DeleteInProgress {
        return Ok(Output::nothing());
    }
    check_deletable(world, &stack, &begin.retain)?;
    let at = world.now();
    if let Some(mut stack) = cfn::take(world, &call.account, &call.region, &stack.id) {
        begin_delete(world, &mut stack, &begin, at);
        let id = stack.id.clone();
        cfn::put(world, stack);
        super::execute::remove_change_sets(world, call, &id, None);
    }
    Ok(Output::nothing())
}

fn check_deletable(world: &World, stack: &Stack, retain: &[String]) -> Result<(), AwsError> {
    let root = stack.parent.as_ref().map_or(Some(stack), |l| cfn::find(world, &stack.account, &stack.region, &l.root));
    if root.is_some_and(|r| r.termination_protection) {
        return Err(AwsError::validation(format!(
            "Stack [{}] cannot be deleted while TerminationProtection is enabled",
            stack.name
        )));
    }
    let in_use = stack.outputs.iter().filter_map(|o| o.export.as_ref()).find_map(|name| {
        let users = exports::importers(world, stack, name);
        (!users.is_empty()).then(|| format!("Export {name} cannot be deleted as it is in use by {}", users.join(", ")))
    });
    if let Some(reason) = in_use {
        return Err(AwsError::validation(reason));
    }
    let updating = matches!(
        stack.status,
        S::UpdateInProgress
            | S::UpdateRollbackInProgress
            | S::UpdateCompleteCleanupInProgress
            | S::UpdateRollbackCompleteCleanupInProgress
    );
    if updating {
        return Err(AwsError::validation(format!(
            "Stack [{}] cannot be deleted while in status {}",
            stack.name, stack.status
        )));
    }
    let failed = |id: &String| stack.resources.get(id).is_some_and(|r| r.status == ResourceStatus::DeleteFailed);
    let wrong: Vec<String> = retain.iter().filter(|id| !failed(id)).cloned().collect();
    if stack.status != S::DeleteFailed && !retain.is_empty() {
        return Err(AwsError::validation(format!(
            "Invalid operation on stack [{}]. Specify RetainResources only for stacks in the DELETE_FAILED state.",
            stack.id
        )));
    }
    if !wrong.is_empty() {
        return Err(AwsError::validation(format!(
            "The specified resources to retain must be in a valid state. Do not specify resources that are in a state other than DELETE_FAILED: [{}]",
            wrong.join(", ")
        )));
    }
    Ok(())
}

/// `UpdateTerminationProtection`.
pub(super) fn termination_protection(world: &mut World, call: &Call<'_>) -> Answer {
    let stack = named(world, call, "UpdateTerminationProtection")?;
    let enable = call
        .flag("EnableTerminationProtection")
        .ok_or_else(|| AwsError::missing_parameter("EnableTerminationProtection"))?;
    if stack.parent.is_some() {
        return Err(AwsError::validation(
            "UpdateTerminationProtection cannot be called on nested stacks; call it on the root stack.",
        ));
    }
    let id = stack.id.clone();
    if let Some(stack) = cfn::find_mut(world, &call.account, &call.region, &id) {
        stack.termination_protection = enable;
    }
    Ok(Output::tree(json!({ "StackId": id })))
}

/// `SetStackPolicy`.
pub(super) fn set_policy(world: &mut World, call: &Call<'_>) -> Answer {
    let id = named(world, call, "SetStackPolicy")?.id.clone();
    let body = match (call.text("StackPolicyBody"), call.text("StackPolicyURL")) {
        (Some(body), None) => body.to_owned(),
        (None, Some(url)) => cfn::template_url::object(world, &call.principal, &call.region, url)?,
        _ => {
            return Err(AwsError::validation(
                "You must specify either StackPolicyBody or StackPolicyURL, but not both.",
            ));
        }
    };
    if body.len() > 16_384 || serde_json::from_str::<serde_json::Value>(&body).is_err() {
        return Err(AwsError::validation("Error validating stack policy: Invalid stack policy"));
    }
    if let Some(stack) = cfn::find_mut(world, &call.account, &call.region, &id) {
        stack.policy = Some(body);
    }
    Ok(Output::nothing())
}

/// `GetStackPolicy`.
pub(super) fn get_policy(world: &mut World, call: &Call<'_>) -> Answer {
    let stack = named(world, call, "GetStackPolicy")?;
    Ok(Output::tree(json!({ "StackPolicyBody": stack.policy })))
}
