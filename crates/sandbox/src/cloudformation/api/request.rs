//! What the calls that make and change stacks have in common: names, roles, tokens, parameters.

use super::refusals;
use crate::authorize::Question;
use crate::call::{AwsError, Call, as_flag, as_integer};
use crate::cloudformation::operation::{Begin, OnFailure};
use crate::cloudformation::prepare::{Given, Wanted};
use crate::cloudformation::stack::{RollbackConfiguration, Stack};
use crate::cloudformation::template_url;
use crate::world::World;
use indexmap::IndexMap;
use serde_json::Value;

/// The ARN that policies match before a stack has its unique id.
pub(super) fn stack_arn(call: &Call<'_>, name: &str) -> String {
    if name.starts_with("arn:") {
        return name.to_owned();
    }
    format!("arn:{}:cloudformation:{}:{}:stack/{name}/*", call.region.partition(), call.region, call.account)
}

/// Checks the name of a new stack.
pub(super) fn check_name(name: &str) -> Result<(), AwsError> {
    let letters = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let good = letters && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let failed = |rule: &str| {
        AwsError::validation(format!(
            "1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: {rule}"
        ))
    };
    if !good {
        return Err(failed("Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"));
    }
    if name.len() > 128 {
        return Err(failed("Member must have length less than or equal to 128"));
    }
    Ok(())
}

/// The service role of the call, which the caller must be allowed to pass and CloudFormation to assume.
pub(super) fn role(world: &World, call: &Call<'_>) -> Result<Option<String>, AwsError> {
    let Some(arn) = call.text("RoleARN") else { return Ok(None) };
    let context = vec![("iam:PassedToService".to_owned(), vec!["cloudformation.amazonaws.com".to_owned()])];
    call.ask(world, &Question { action: "iam:PassRole", resource: arn, context, ..Question::default() })?;
    if crate::cloudformation::role::exists(world, arn) {
        Ok(Some(arn.to_owned()))
    } else {
        Err(AwsError::validation(format!("Role {arn} is invalid or cannot be assumed")))
    }
}

/// What an operation is begun with.
pub(super) fn begin(world: &World, call: &Call<'_>) -> Result<Begin, AwsError> {
    Ok(Begin {
        token: call.text("ClientRequestToken").map(str::to_owned),
        on_failure: on_failure(call)?,
        retain: call.texts("RetainResources"),
        retain_except_on_create: call.flag("RetainExceptOnCreate").unwrap_or(false),
        role_arn: role(world, call)?,
        caller: call.principal.clone(),
    })
}

fn on_failure(call: &Call<'_>) -> Result<OnFailure, AwsError> {
    let disable = call.flag("DisableRollback");
    match (call.text("OnFailure"), disable) {
        (Some(_), Some(_)) => Err(AwsError::validation("You cannot specify both OnFailure and DisableRollback.")),
        (Some(text), None) => OnFailure::parse(text).ok_or_else(|| {
            AwsError::validation(format!(
                "1 validation error detected: Value '{text}' at 'onFailure' failed to satisfy constraint: Member must satisfy enum value set: [ROLLBACK, DELETE, DO_NOTHING]"
            ))
        }),
        (None, Some(true)) => Ok(OnFailure::DoNothing),
        (None, _) => Ok(OnFailure::Rollback),
    }
}

/// Whether the call repeats an operation that was already started with its token. A token of another kind of operation is
/// refused.
pub(super) fn is_repeated(stack: &Stack, token: Option<&str>, kind: &str) -> Result<bool, AwsError> {
    match token.and_then(|t| stack.tokens.get(t).map(|k| (t, k))) {
        None => Ok(false),
        Some((_, known)) if known == kind => Ok(true),
        Some((token, _)) => Err(refusals::token_exists(token)),
    }
}

/// The template, parameters and other settings that a call gives.
pub(super) fn wanted(world: &mut World, call: &Call<'_>, stack: Option<&Stack>) -> Result<Wanted, AwsError> {
    let previous = call.flag("UsePreviousTemplate").unwrap_or(false);
    let body = match (previous, stack) {
        (true, Some(stack)) if !stack.definition.body.is_empty() => stack.definition.body.clone(),
        (true, _) => return Err(AwsError::validation("Stack does not have a previous template to use.")),
        _ => template_url::fetch(
            world,
            &call.principal,
            &call.region,
            call.text("TemplateBody"),
            call.text("TemplateURL"),
        )?,
    };
    Ok(Wanted {
        body,
        parameters: given(call.list("Parameters")),
        capabilities: call.texts("Capabilities"),
        tags: call.get("Tags").as_array().map(|list| crate::call::pairs(list).into_iter().collect::<IndexMap<_, _>>()),
        notification_arns: call.get("NotificationARNs").is_array().then(|| call.texts("NotificationARNs")),
        rollback: rollback(call.get("RollbackConfiguration"))?,
        in_change_set: call.operation == "CreateChangeSet",
    })
}

fn given(list: &[Value]) -> Vec<Given> {
    let text = |item: &Value, name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
    let one = |item: &Value| {
        let use_previous = item.get("UsePreviousValue").and_then(as_flag).unwrap_or(false);
        Some(Given { key: text(item, "ParameterKey")?, value: text(item, "ParameterValue"), use_previous })
    };
    list.iter().filter_map(one).collect()
}

/// `RollbackConfiguration`, absent if the call leaves it as it is.
fn rollback(value: &Value) -> Result<Option<RollbackConfiguration>, AwsError> {
    if !value.is_object() {
        return Ok(None);
    }
    let text = |item: &Value, name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
    let list = value.get("RollbackTriggers").and_then(Value::as_array);
    let triggers: Vec<(String, String)> =
        list.into_iter().flatten().filter_map(|t| Some((text(t, "Arn")?, text(t, "Type")?))).collect();
    let minutes = value.get("MonitoringTimeInMinutes").and_then(as_integer).unwrap_or(0);
    if triggers.len() > 5 {
        return Err(AwsError::validation(
            "1 validation error detected: Value at 'rollbackConfiguration.rollbackTriggers' failed to satisfy constraint: Member must have length less than or equal to 5",
        ));
    }
    match u32::try_from(minutes) {
        Ok(minutes) if minutes <= 180 => Ok(Some(RollbackConfiguration { triggers, minutes })),
        _ => Err(AwsError::validation(format!(
            "1 validation error detected: Value '{minutes}' at 'rollbackConfiguration.monitoringTimeInMinutes' failed to satisfy constraint: Member must have value less than or equal to 180"
        ))),
    }
}
