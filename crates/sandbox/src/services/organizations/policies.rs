//! Service control policies.

use super::state::{FULL_ACCESS, Organization, Policy};
use super::{invalid, list as page_of, not_found, organization};
use crate::call::{Answer, AwsError, Call, Output};
use crate::world::World;
use base::AccountId;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn summary(o: &Organization, policy: &Policy) -> Value {
    let owner = if policy.id == FULL_ACCESS { "aws".to_owned() } else { o.management.to_string() };
    let arn = match policy.id.as_str() {
        FULL_ACCESS => format!("arn:aws:organizations::aws:policy/service_control_policy/{FULL_ACCESS}"),
        id => format!("arn:aws:organizations::{owner}:policy/{}/service_control_policy/{id}", o.id),
    };
    json!({
        "Id": policy.id,
        "Arn": arn,
        "Name": policy.name,
        "Description": policy.description,
        "Type": "SERVICE_CONTROL_POLICY",
        "AwsManaged": policy.id == FULL_ACCESS,
    })
}

fn missing() -> AwsError {
    not_found("PolicyNotFoundException", "You specified a policy that doesn't exist.")
}

fn existing<'w>(world: &'w mut World, call: &Call<'_>) -> Result<&'w mut Policy, AwsError> {
    let id = call.text("PolicyId").ok_or_else(missing)?;
    organization(world, call)?.policies.get_mut(id).ok_or_else(missing)
}

fn is_scp(call: &Call<'_>) -> bool {
    call.text("Filter").is_none_or(|filter| filter == "SERVICE_CONTROL_POLICY")
}

pub(super) fn list(world: &mut World, call: &Call<'_>) -> Answer {
    let o = organization(world, call)?;
    let all = o.policies.values().filter(|_| is_scp(call)).map(|p| summary(o, p)).collect();
    page_of(call, "Policies", all)
}

pub(super) fn describe(world: &mut World, call: &Call<'_>) -> Answer {
    let policy = existing(world, call)?.clone();
    let o = organization(world, call)?;
    Ok(json!({"Policy": {"PolicySummary": summary(o, &policy), "Content": policy.content}}).into())
}

pub(super) fn list_targets(world: &mut World, call: &Call<'_>) -> Answer {
    let targets = existing(world, call)?.targets.clone();
    let names: Vec<(String, String)> = world.accounts.values().map(|a| (a.id.to_string(), a.name.clone())).collect();
    let o = organization(world, call)?;
    let values = targets.iter().map(|id| {
        let (kind, arn_kind) = kind_of(o, id);
        let unit = o.units.get(id).map(|u| u.name.clone());
        let account = names.iter().find(|(account, _)| account == id).map(|(_, name)| name.clone());
        json!({"TargetId": id, "Type": kind, "Arn": o.arn(arn_kind, id), "Name": unit.or(account).unwrap_or("Root".to_owned())})
    });
    page_of(call, "Targets", values.collect())
}

fn kind_of(o: &Organization, id: &str) -> (&'static str, &'static str) {
    match id {
        id if id == o.root => ("ROOT", "root"),
        id if o.units.contains_key(id) => ("ORGANIZATIONAL_UNIT", "ou"),
        _ => ("ACCOUNT", "account"),
    }
}

/// The place that a call names, if it is one of the organization's.
fn target(o: &Organization, call: &Call<'_>) -> Result<String, AwsError> {
    let id = call.text("TargetId").unwrap_or_default();
    let account = AccountId::new(id).is_ok_and(|account| o.members.contains_key(&account));
    if account || o.has_parent(id) {
        return Ok(id.to_owned());
    }
    Err(not_found("TargetNotFoundException", "You specified a target that doesn't exist."))
}

pub(super) fn list_for_target(world: &mut World, call: &Call<'_>) -> Answer {
    let o = organization(world, call)?;
    let target = target(o, call)?;
    let attached = o.policies.values().filter(|p| is_scp(call) && p.targets.contains(&target));
    page_of(call, "Policies", attached.map(|p| summary(o, p)).collect())
}

fn check(content: &str) -> Result<(), AwsError> {
    let malformed = || {
        AwsError::new(
            400,
            "MalformedPolicyDocumentException",
            "The provided policy document does not meet the requirements of the specified policy type.",
        )
    };
    let value: Value = serde_json::from_str(content).map_err(|_| malformed())?;
    iam::parse(&value, iam::Kind::ServiceControl).accept().map(drop).map_err(|_| malformed())
}

pub(super) fn create(world: &mut World, call: &Call<'_>) -> Answer {
    let text = |name: &str| call.text(name).map(str::to_owned);
    let name = text("Name").ok_or_else(|| invalid("You specified an invalid value."))?;
    let content = text("Content").ok_or_else(|| invalid("You specified an invalid value."))?;
    if call.text("Type") != Some("SERVICE_CONTROL_POLICY") {
        return Err(AwsError::new(
            400,
            "PolicyTypeNotEnabledException",
            "The specified policy type isn't currently enabled in this root.",
        ));
    }
    check(&content)?;
    let id = format!("p-{}", world.ids.lower(8));
    let o = organization(world, call)?;
    if o.policies.values().any(|p| p.name == name) {
        return Err(AwsError::new(400, "DuplicatePolicyException", "A policy with the same name already exists."));
    }
    let description = text("Description").unwrap_or_default();
    let policy = Policy { id: id.clone(), name, description, content, targets: BTreeSet::new() };
    let shown = json!({"Policy": {"PolicySummary": summary(o, &policy), "Content": policy.content}});
    o.policies.insert(id, policy);
    Ok(shown.into())
}

pub(super) fn update(world: &mut World, call: &Call<'_>) -> Answer {
    if let Some(content) = call.text("Content") {
        check(content)?;
    }
    let policy = existing(world, call)?;
    if policy.id == FULL_ACCESS {
        return Err(AwsError::new(
            400,
            "PolicyChangesInProgressException",
            "You can't change a policy that AWS manages.",
        ));
    }
    let set = |slot: &mut String, name: &str| {
        if let Some(text) = call.text(name) {
            text.clone_into(slot);
        }
    };
    set(&mut policy.content, "Content");
    set(&mut policy.name, "Name");
    set(&mut policy.description, "Description");
    describe(world, call)
}

pub(super) fn delete(world: &mut World, call: &Call<'_>) -> Answer {
    let policy = existing(world, call)?;
    if !policy.targets.is_empty() {
        return Err(AwsError::new(
            400,
            "PolicyInUseException",
            "The policy is attached to one or more entities. You must detach it from all roots, OUs, and accounts before performing this operation.",
        ));
    }
    let id = policy.id.clone();
    organization(world, call)?.policies.remove(&id);
    Ok(Output::nothing())
}

pub(super) fn attach(world: &mut World, call: &Call<'_>) -> Answer {
    let target = target(organization(world, call)?, call)?;
    if !existing(world, call)?.targets.insert(target) {
        return Err(AwsError::new(
            400,
            "DuplicatePolicyAttachmentException",
            "The selected policy is already attached to the specified target.",
        ));
    }
    Ok(Output::nothing())
}

pub(super) fn detach(world: &mut World, call: &Call<'_>) -> Answer {
    let o = organization(world, call)?;
    let target = target(o, call)?;
    if o.policies.values().filter(|p| p.targets.contains(&target)).count() == 1 {
        return Err(AwsError::new(
            400,
            "ConstraintViolationException",
            "You must keep at least one policy attached to the target.",
        )
        .with_field("Reason", "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"));
    }
    if !existing(world, call)?.targets.remove(&target) {
        return Err(not_found(
            "PolicyNotAttachedException",
            "The policy isn't attached to the specified target in the specified root.",
        ));
    }
    Ok(Output::nothing())
}
