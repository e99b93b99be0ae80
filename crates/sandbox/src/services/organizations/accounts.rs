//! The organization's accounts.

use super::state::Organization;
use super::{invalid, list as page_of, not_found, organization, tree};
use crate::call::{Answer, AwsError, Call, Output};
use crate::world::{Account, World};
use base::AccountId;
use serde_json::{Value, json};

fn value(o: &Organization, account: &Account, call: &Call<'_>) -> Value {
    let member = o.members.get(&account.id);
    let status = if account.suspended { "SUSPENDED" } else { "ACTIVE" };
    json!({
        "Id": account.id,
        "Arn": o.arn("account", account.id.as_str()),
        "Email": account.email,
        "Name": account.name,
        "Status": status,
        "State": status,
        "JoinedMethod": if member.is_some_and(|m| m.created) { "CREATED" } else { "INVITED" },
        "JoinedTimestamp": member.map(|m| call.time(m.joined)),
    })
}

/// The accounts of the caller's organization that fulfil a condition.
fn values(world: &World, call: &Call<'_>, wanted: impl Fn(&Organization, &AccountId) -> bool) -> Vec<Value> {
    let Some(o) = world.organization.of(&call.account) else { return Vec::new() };
    let accounts = o.members.keys().filter(|id| wanted(o, id)).filter_map(|id| world.account(id));
    accounts.map(|account| value(o, account, call)).collect()
}

pub(super) fn list(world: &mut World, call: &Call<'_>) -> Answer {
    page_of(call, "Accounts", values(world, call, |_, _| true))
}

pub(super) fn list_for_parent(world: &mut World, call: &Call<'_>) -> Answer {
    let parent = tree::parent(organization(world, call)?, call)?;
    let below = |o: &Organization, id: &AccountId| o.members.get(id).is_some_and(|m| m.parent == parent);
    page_of(call, "Accounts", values(world, call, below))
}

fn missing() -> AwsError {
    not_found("AccountNotFoundException", "You specified an account that doesn't exist.")
}

/// The member account that a call names.
fn named(world: &World, call: &Call<'_>) -> Result<AccountId, AwsError> {
    let text = call.text("AccountId").unwrap_or_default();
    let id = AccountId::new(text)
        .map_err(|_| invalid("You specified an invalid value.").with_field("Reason", "INVALID_PATTERN"))?;
    let known = world.organization.of(&call.account).is_some_and(|o| o.members.contains_key(&id));
    if known { Ok(id) } else { Err(missing()) }
}

pub(super) fn describe(world: &mut World, call: &Call<'_>) -> Answer {
    let id = named(world, call)?;
    let account = values(world, call, |_, other| *other == id).pop();
    Ok(json!({ "Account": account }).into())
}

pub(super) fn create(world: &mut World, call: &Call<'_>) -> Answer {
    let name = call.text("AccountName").ok_or_else(|| invalid("You specified an invalid value."))?.to_owned();
    let email = call.text("Email").ok_or_else(|| invalid("You specified an invalid value."))?.to_owned();
    let id = new_account_id(world)?;
    let mut account = Account::new(id.clone(), name.clone());
    account.email = email;
    world.accounts.insert(id.clone(), account);
    let (request, now) = (format!("car-{}", world.ids.hex(32)), world.now());
    let o = organization(world, call)?;
    let root = o.root.clone();
    o.add_account(id.clone(), root, now);
    o.creations.insert(request.clone(), id.clone());
    Ok(json!({ "CreateAccountStatus": creation(&request, &id, &name, call.time(now)) }).into())
}

fn new_account_id(world: &mut World) -> Result<AccountId, AwsError> {
    loop {
        let digits: String = world.ids.hex(64).bytes().map(|b| char::from(b'0' + b % 10)).take(12).collect();
        let id = AccountId::new(digits).map_err(|_| invalid("You specified an invalid value."))?;
        if !world.accounts.contains_key(&id) {
            return Ok(id);
        }
    }
}

fn creation(request: &str, id: &AccountId, name: &str, at: Value) -> Value {
    json!({
        "Id": request,
        "AccountName": name,
        "State": "SUCCEEDED",
        "RequestedTimestamp": at,
        "CompletedTimestamp": at,
        "AccountId": id,
    })
}

pub(super) fn describe_creation(world: &mut World, call: &Call<'_>) -> Answer {
    let request = call.text("CreateAccountRequestId").unwrap_or_default();
    let missing = || {
        not_found("CreateAccountStatusNotFoundException", "You specified a create account request that doesn't exist.")
    };
    let o = world.organization.of(&call.account).ok_or_else(missing)?;
    let id = o.creations.get(request).ok_or_else(missing)?;
    let joined = o.members.get(id).map(|m| call.time(m.joined)).unwrap_or_default();
    let name = world.account(id).map(|a| a.name.as_str()).unwrap_or_default();
    Ok(json!({ "CreateAccountStatus": creation(request, id, name, joined) }).into())
}

pub(super) fn close(world: &mut World, call: &Call<'_>) -> Answer {
    let id = named(world, call)?;
    if organization(world, call)?.management == id {
        return Err(AwsError::new(400, "ConstraintViolationException", "You can't close the management account.")
            .with_field("Reason", "CANNOT_CLOSE_MANAGEMENT_ACCOUNT"));
    }
    let account = world.account_mut(&id).ok_or_else(missing)?;
    if account.suspended {
        return Err(AwsError::new(
            400,
            "AccountAlreadyClosedException",
            "You attempted to close an account that is already closed.",
        ));
    }
    account.suspended = true;
    Ok(Output::nothing())
}

pub(super) fn move_account(world: &mut World, call: &Call<'_>) -> Answer {
    let id = named(world, call)?;
    let (source, goal) =
        (call.text("SourceParentId").unwrap_or_default(), call.text("DestinationParentId").unwrap_or_default());
    let o = organization(world, call)?;
    if !o.has_parent(goal) {
        let message = "You specified a destination parent that doesn't exist.";
        return Err(not_found("DestinationParentNotFoundException", message));
    }
    let member = o.members.get_mut(&id).ok_or_else(missing)?;
    if member.parent != source {
        return Err(not_found("SourceParentNotFoundException", "You specified a source parent that doesn't exist."));
    }
    goal.clone_into(&mut member.parent);
    Ok(Output::nothing())
}

pub(super) fn list_delegated(world: &mut World, call: &Call<'_>) -> Answer {
    page_of(call, "DelegatedAdministrators", values(world, call, |o, id| o.delegated.contains(id)))
}

pub(super) fn list_tags(world: &mut World, call: &Call<'_>) -> Answer {
    let o = organization(world, call)?;
    let member = AccountId::new(call.text("ResourceId").unwrap_or_default()).ok().and_then(|id| o.members.get(&id));
    let tags = member.into_iter().flat_map(|m| &m.tags).map(|(k, v)| json!({"Key": k, "Value": v})).collect();
    page_of(call, "Tags", tags)
}
