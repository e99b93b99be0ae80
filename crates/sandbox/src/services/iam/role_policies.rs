//! What a role is given: inline policies and attached managed ones.

use super::state::Role;
use super::{check_document, list as page_of, no_such, policies, state};
use crate::call::{Answer, AwsError, Call, Output};
use crate::wire::query::percent_encode;
use crate::world::World;
use serde_json::json;

fn role<'w>(world: &'w mut World, call: &Call<'_>) -> Result<&'w mut Role, AwsError> {
    let name = call.require("RoleName")?;
    let role = state(world, call)?.roles.get_mut(name);
    role.ok_or_else(|| no_such(&format!("The role with name {name} cannot be found.")))
}

pub(super) fn put(world: &mut World, call: &Call<'_>) -> Answer {
    let (name, document) = (call.require("PolicyName")?, call.require("PolicyDocument")?);
    check_document(document)?;
    let role = role(world, call)?;
    let size = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
    let others: usize = role.inline.iter().filter(|(other, _)| *other != name).map(|(_, text)| size(text)).sum();
    if others + size(document) > 10_240 {
        let message = format!("Maximum policy size of 10240 bytes exceeded for role {}", role.name);
        return Err(AwsError::new(409, "LimitExceeded", message));
    }
    role.inline.insert(name.to_owned(), document.to_owned());
    Ok(Output::nothing())
}

pub(super) fn get(world: &mut World, call: &Call<'_>) -> Answer {
    let name = call.require("PolicyName")?;
    let role = role(world, call)?;
    let text = role.inline.get(name).ok_or_else(|| missing_inline(name))?;
    Ok(json!({"RoleName": role.name, "PolicyName": name, "PolicyDocument": percent_encode(text, false)}).into())
}

fn missing_inline(name: &str) -> AwsError {
    no_such(&format!("The role policy with name {name} cannot be found."))
}

pub(super) fn list(world: &mut World, call: &Call<'_>) -> Answer {
    let names = role(world, call)?.inline.keys().map(|name| json!(name)).collect();
    page_of(call, "PolicyNames", names).map(Output::tree)
}

pub(super) fn delete(world: &mut World, call: &Call<'_>) -> Answer {
    let name = call.require("PolicyName")?;
    role(world, call)?.inline.remove(name).ok_or_else(|| missing_inline(name))?;
    Ok(Output::nothing())
}

pub(super) fn attach(world: &mut World, call: &Call<'_>) -> Answer {
    let arn = call.require("PolicyArn")?;
    policies::must_exist(world, &call.account, arn)?;
    let role = role(world, call)?;
    if !role.attached.contains(arn) && role.attached.len() >= 10 {
        return Err(AwsError::new(409, "LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10"));
    }
    role.attached.insert(arn.to_owned());
    Ok(Output::nothing())
}

pub(super) fn detach(world: &mut World, call: &Call<'_>) -> Answer {
    let arn = call.require("PolicyArn")?;
    if !role(world, call)?.attached.remove(arn) {
        return Err(no_such(&format!("Policy {arn} was not found.")));
    }
    Ok(Output::nothing())
}

pub(super) fn list_attached(world: &mut World, call: &Call<'_>) -> Answer {
    let attached = role(world, call)?.attached.iter();
    let values = attached.map(|arn| json!({"PolicyName": policies::name_of(arn), "PolicyArn": arn})).collect();
    page_of(call, "AttachedPolicies", values).map(Output::tree)
}
