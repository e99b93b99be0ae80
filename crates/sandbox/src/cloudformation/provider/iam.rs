//! IAM: made through the IAM service itself, so that what a stack makes is enforced.

use super::naming::{self, Style};
use super::{Ask, HandlerError, Made, Provider, Verb};
use crate::call::AwsError;
use crate::services::{Actor, invoke};
use crate::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The rows of IAM.
pub(super) static ROWS: &[Provider] = &[
    Provider::new("AWS::IAM::Role", "Iam")
        .named("RoleName", Style::Mixed(64))
        .replaced_by(&["Path"])
        .tagged()
        .takes(17, 12, 3)
        .kept_by(role),
    Provider::new("AWS::IAM::Policy", "Iam")
        .named("PolicyName", Style::Mixed(64))
        .takes(14, 14, 2)
        .kept_by(inline_policy),
    Provider::new("AWS::IAM::RolePolicy", "Iam")
        .named("PolicyName", Style::Mixed(64))
        .replaced_by(&["RoleName"])
        .takes(14, 14, 2)
        .kept_by(inline_policy),
    Provider::new("AWS::IAM::ManagedPolicy", "Iam")
        .named("ManagedPolicyName", Style::Mixed(128))
        .replaced_by(&["Description", "Path"])
        .takes(15, 14, 3)
        .kept_by(managed_policy),
    Provider::new("AWS::IAM::InstanceProfile", "Iam")
        .named("InstanceProfileName", Style::Mixed(128))
        .replaced_by(&["Path"])
        .takes(120, 20, 3)
        .kept_by(instance_profile),
    Provider::new("AWS::IAM::OIDCProvider", "Iam").replaced_by(&["Url"]).tagged().takes(3, 3, 2).kept_by(oidc_provider),
    Provider::new("AWS::IAM::ServiceLinkedRole", "Iam").takes(3, 3, 3),
];

/// Calls IAM as whoever acts for the stack.
fn iam(world: &mut World, ask: &Ask<'_>, operation: &str, input: Value) -> Result<Value, HandlerError> {
    let actor = Actor { principal: ask.principal.clone(), account: ask.account.clone(), region: ask.region.clone() };
    invoke(world, &actor, "iam", operation, input).map_err(|e| refused(world, &e))
}

fn refused(world: &mut World, error: &AwsError) -> HandlerError {
    let code = match error.code.as_str() {
        "EntityAlreadyExists" => "AlreadyExists",
        "NoSuchEntity" => "NotFound",
        "AccessDenied" => "AccessDenied",
        "LimitExceeded" => "ServiceLimitExceeded",
        "DeleteConflict" => "ResourceConflict",
        _ => "InvalidRequest",
    };
    HandlerError::of_service(world, "Iam", error.status, code, &error.message)
}

/// Deleting what is not there is fine.
fn gone(result: Result<Value, HandlerError>) -> Result<(), HandlerError> {
    match result {
        Err(HandlerError::Handler { code: "NotFound", .. }) | Ok(_) => Ok(()),
        Err(other) => Err(other),
    }
}

fn document(value: Option<&Value>) -> String {
    value.map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).unwrap_or_default()
}

fn strings(value: Option<&Value>) -> Vec<String> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn inline_of(properties: &Value) -> BTreeMap<String, String> {
    let list = properties.get("Policies").and_then(Value::as_array);
    let one = |p: &Value| Some((p.get("PolicyName")?.as_str()?.to_owned(), document(p.get("PolicyDocument"))));
    list.into_iter().flatten().filter_map(one).collect()
}

fn role(world: &mut World, ask: &Ask<'_>, made: &mut Made) -> Result<(), HandlerError> {
    match ask.verb {
        Verb::Create => create_role(world, ask, made),
        Verb::Update => update_role(world, ask),
        Verb::Delete => delete_role(world, ask),
    }
}

fn create_role(world: &mut World, ask: &Ask<'_>, made: &mut Made) -> Result<(), HandlerError> {
    let name = made.physical_id.clone();
    let tags: Vec<Value> = ask.all_tags().iter().map(|(k, v)| json!({ "Key": k, "Value": v })).collect();
    let input = json!({
        "RoleName": name,
        "Path": ask.text("Path"),
        "AssumeRolePolicyDocument": document(ask.properties.get("AssumeRolePolicyDocument")),
        "Description": ask.text("Description"),
        "MaxSessionDuration": ask.properties.get("MaxSessionDuration"),
        "PermissionsBoundary": ask.text("PermissionsBoundary"),
        "Tags": tags,
    });
    let answer = iam(world, ask, "CreateRole", without_nulls(input))?;
    for (attribute, path) in [("Arn", "/Role/Arn"), ("RoleId", "/Role/RoleId")] {
        made.attributes.insert(attribute.into(), answer.pointer(path).cloned().unwrap_or_default());
    }
    let filled = fill_role(world, ask, &name);
    if filled.is_err() {
        // A role that could not be completed is not left behind.
        delete_role(world, &Ask { physical_id: &name, ..copy(ask) })?;
    }
    filled
}

fn copy<'a>(ask: &Ask<'a>) -> Ask<'a> {
    Ask { ..*ask }
}

fn fill_role(world: &mut World, ask: &Ask<'_>, name: &str) -> Result<(), HandlerError> {
    for (policy, text) in inline_of(ask.properties) {
        let input = json!({ "RoleName": name, "PolicyName": policy, "PolicyDocument": text });
        iam(world, ask, "PutRolePolicy", input)?;
    }
    for arn in strings(ask.properties.get("ManagedPolicyArns")) {
        iam(world, ask, "AttachRolePolicy", json!({ "RoleName": name, "PolicyArn": arn }))?;
    }
    Ok(())
}

fn update_role(world: &mut World, ask: &Ask<'_>) -> Result<(), HandlerError> {
    let (name, before) = (ask.physical_id, ask.previous.unwrap_or(&Value::Null));
    let changed = |key: &str| before.get(key) != ask.properties.get(key);
    if changed("AssumeRolePolicyDocument") {
        let trust = document(ask.properties.get("AssumeRolePolicyDocument"));
        iam(world, ask, "UpdateAssumeRolePolicy", json!({ "RoleName": name, "PolicyDocument": trust }))?;
    }
    if changed("Description") || changed("MaxSessionDuration") {
        let input = json!({
            "RoleName": name,
            "Description": ask.text("Description").unwrap_or_default(),
            "MaxSessionDuration": ask.properties.get("MaxSessionDuration"),
        });
        iam(world, ask, "UpdateRole", without_nulls(input))?;
    }
    if changed("PermissionsBoundary") {
        match ask.text("PermissionsBoundary") {
            Some(arn) => {
                iam(world, ask, "PutRolePermissionsBoundary", json!({ "RoleName": name, "PermissionsBoundary": arn }))?
            }
            None => iam(world, ask, "DeleteRolePermissionsBoundary", json!({ "RoleName": name }))?,
        };
    }
    let (old, new) = (inline_of(before), inline_of(ask.properties));
    for policy in old.keys().filter(|k| !new.contains_key(*k)) {
        gone(iam(world, ask, "DeleteRolePolicy", json!({ "RoleName": name, "PolicyName": policy })))?;
    }
    let (old, new) = (strings(before.get("ManagedPolicyArns")), strings(ask.properties.get("ManagedPolicyArns")));
    for arn in old.iter().filter(|a| !new.contains(a)) {
        gone(iam(world, ask, "DetachRolePolicy", json!({ "RoleName": name, "PolicyArn": arn })))?;
    }
    let tags: Vec<Value> = ask.all_tags().iter().map(|(k, v)| json!({ "Key": k, "Value": v })).collect();
    iam(world, ask, "TagRole", json!({ "RoleName": name, "Tags": tags }))?;
    fill_role(world, ask, name)
}

fn delete_role(world: &mut World, ask: &Ask<'_>) -> Result<(), HandlerError> {
    let name = ask.physical_id;
    for policy in inline_of(ask.properties).keys() {
        gone(iam(world, ask, "DeleteRolePolicy", json!({ "RoleName": name, "PolicyName": policy })))?;
    }
    for arn in strings(ask.properties.get("ManagedPolicyArns")) {
        gone(iam(world, ask, "DetachRolePolicy", json!({ "RoleName": name, "PolicyArn": arn })))?;
    }
    gone(iam(world, ask, "DeleteRole", json!({ "RoleName": name })))
}

pub(super) fn roles_of(properties: &Value) -> Vec<String> {
    let mut roles = strings(properties.get("Roles"));
    roles.extend(properties.get("RoleName").and_then(Value::as_str).map(str::to_owned));
    roles
}

/// `AWS::IAM::Policy` and `AWS::IAM::RolePolicy`: an inline policy of roles. Users and groups have none in this world.
fn inline_policy(world: &mut World, ask: &Ask<'_>, made: &mut Made) -> Result<(), HandlerError> {
    let name = ask.text("PolicyName").unwrap_or_else(|| made.physical_id.clone());
    if ask.verb == Verb::Create {
        made.physical_id =
            naming::cut_text(&format!("{}-{}", ask.stack_name, ask.logical_id), 16, &world.ids.upper(12));
        made.attributes.insert("Id".into(), made.physical_id.clone().into());
    }
    let now = if ask.verb == Verb::Delete { Vec::new() } else { roles_of(ask.properties) };
    let before = ask.previous.map(roles_of).unwrap_or_default();
    let before = if ask.verb == Verb::Delete { roles_of(ask.properties) } else { before };
    for role in before.iter().filter(|r| !now.contains(r)) {
        gone(iam(world, ask, "DeleteRolePolicy", json!({ "RoleName": role, "PolicyName": name })))?;
    }
    let text = document(ask.properties.get("PolicyDocument"));
    for role in now {
        iam(world, ask, "PutRolePolicy", json!({ "RoleName": role, "PolicyName": name, "PolicyDocument": text }))?;
    }
    Ok(())
}

fn managed_policy(world: &mut World, ask: &Ask<'_>, made: &mut Made) -> Result<(), HandlerError> {
    let text = document(ask.properties.get("PolicyDocument"));
    let roles = if ask.verb == Verb::Delete { Vec::new() } else { roles_of(ask.properties) };
    match ask.verb {
        Verb::Create => {
            let input = json!({
                "PolicyName": made.physical_id,
                "Path": ask.text("Path"),
                "PolicyDocument": text,
                "Description": ask.text("Description"),
            });
            let answer = iam(world, ask, "CreatePolicy", without_nulls(input))?;
            let arn = answer.pointer("/Policy/Arn").and_then(Value::as_str).unwrap_or_default().to_owned();
            made.attributes.insert("PolicyArn".into(), arn.clone().into());
            made.attributes.insert("PolicyId".into(), answer.pointer("/Policy/PolicyId").cloned().unwrap_or_default());
            made.attributes.insert("Arn".into(), arn.clone().into());
            made.physical_id = arn;
        }
        Verb::Update => replace_version(world, ask, &text)?,
        Verb::Delete => {}
    }
    let arn = made.physical_id.clone();
    let before = if ask.verb == Verb::Delete { Some(ask.properties) } else { ask.previous };
    for role in before.map(roles_of).unwrap_or_default().iter().filter(|r| !roles.contains(r)) {
        gone(iam(world, ask, "DetachRolePolicy", json!({ "RoleName": role, "PolicyArn": arn })))?;
    }
    for role in roles {
        iam(world, ask, "AttachRolePolicy", json!({ "RoleName": role, "PolicyArn": arn }))?;
    }
    if ask.verb == Verb::Delete {
        gone(iam(world, ask, "DeletePolicy", json!({ "PolicyArn": arn })))?;
    }
    Ok(())
}

/// A managed policy has five versions at most: the oldest makes room.
fn replace_version(world: &mut World, ask: &Ask<'_>, text: &str) -> Result<(), HandlerError> {
    let arn = ask.physical_id;
    let versions = iam(world, ask, "ListPolicyVersions", json!({ "PolicyArn": arn }))?;
    let list = versions.get("Versions").and_then(Value::as_array).cloned().unwrap_or_default();
    let spare = list.iter().rfind(|v| v.get("IsDefaultVersion") != Some(&Value::Bool(true)));
    if list.len() >= 5
        && let Some(id) = spare.and_then(|v| v.get("VersionId"))
    {
        iam(world, ask, "DeletePolicyVersion", json!({ "PolicyArn": arn, "VersionId": id }))?;
    }
    let input = json!({ "PolicyArn": arn, "PolicyDocument": text, "SetAsDefault": true });
    iam(world, ask, "CreatePolicyVersion", input).map(drop)
}

fn instance_profile(world: &mut World, ask: &Ask<'_>, made: &mut Made) -> Result<(), HandlerError> {
    let name = made.physical_id.clone();
    if ask.verb == Verb::Create {
        let input = json!({ "InstanceProfileName": name, "Path": ask.text("Path") });
        let answer = iam(world, ask, "CreateInstanceProfile", without_nulls(input))?;
        made.attributes.insert("Arn".into(), answer.pointer("/InstanceProfile/Arn").cloned().unwrap_or_default());
    }
    let now = if ask.verb == Verb::Delete { Vec::new() } else { strings(ask.properties.get("Roles")) };
    let before = if ask.verb == Verb::Delete { Some(ask.properties) } else { ask.previous };
    let before = before.map(|p| strings(p.get("Roles"))).unwrap_or_default();
    for role in before.iter().filter(|r| !now.contains(r)) {
        gone(iam(
            world,
            ask,
            "RemoveRoleFromInstanceProfile",
            json!({ "InstanceProfileName": name, "RoleName": role }),
        ))?;
    }
    for role in now.iter().filter(|r| !before.contains(r)) {
        iam(world, ask, "AddRoleToInstanceProfile", json!({ "InstanceProfileName": name, "RoleName": role }))?;
    }
    if ask.verb == Verb::Delete {
        gone(iam(world, ask, "DeleteInstanceProfile", json!({ "InstanceProfileName": name })))?;
    }
    Ok(())
}

fn oidc_provider(world: &mut World, ask: &Ask<'_>, made: &mut Made) -> Result<(), HandlerError> {
    match ask.verb {
        Verb::Create => {
            let input = json!({
                "Url": ask.text("Url"),
                "ClientIDList": ask.properties.get("ClientIdList"),
                "ThumbprintList": ask.properties.get("ThumbprintList"),
            });
            let answer = iam(world, ask, "CreateOpenIDConnectProvider", without_nulls(input))?;
            let arn = answer.get("OpenIDConnectProviderArn").and_then(Value::as_str).unwrap_or_default();
            made.physical_id = arn.to_owned();
            made.attributes.insert("Arn".into(), arn.into());
            Ok(())
        }
        Verb::Update => {
            let list = |properties: Option<&Value>| strings(properties.and_then(|p| p.get("ClientIdList")));
            let (old, new) = (list(ask.previous), list(Some(ask.properties)));
            let input = |id: &String| json!({ "OpenIDConnectProviderArn": ask.physical_id, "ClientID": id });
            for id in new.iter().filter(|i| !old.contains(i)) {
                iam(world, ask, "AddClientIDToOpenIDConnectProvider", input(id))?;
            }
            for id in old.iter().filter(|i| !new.contains(i)) {
                iam(world, ask, "RemoveClientIDFromOpenIDConnectProvider", input(id))?;
            }
            Ok(())
        }
        Verb::Delete => {
            gone(iam(world, ask, "DeleteOpenIDConnectProvider", json!({ "OpenIDConnectProviderArn": ask.physical_id })))
        }
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => map.into_iter().filter(|(_, v)| !v.is_null()).collect::<serde_json::Map<_, _>>().into(),
        other => other,
    }
}
