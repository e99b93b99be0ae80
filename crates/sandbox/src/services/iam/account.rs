//! The account's alias, its users, its instance profiles, and the account as one listing.

use super::state::{InstanceProfile, User};
use super::{conflict, exists, list as page_of, no_such, policies, state, tags_value, trust};
use crate::call::{Answer, AwsError, Call, Output};
use crate::identity::Principal;
use crate::wire::query::percent_encode;
use crate::world::World;
use serde_json::{Value, json};

pub(super) fn list_aliases(world: &mut World, call: &Call<'_>) -> Answer {
    let aliases = state(world, call)?.alias.iter().map(|alias| json!(alias)).collect();
    page_of(call, "AccountAliases", aliases).map(Output::tree)
}

pub(super) fn create_alias(world: &mut World, call: &Call<'_>) -> Answer {
    let alias = call.require("AccountAlias")?.to_owned();
    let fits = (3..=63).contains(&alias.len())
        && alias.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !alias.starts_with('-')
        && !alias.ends_with('-');
    if !fits {
        return Err(AwsError::validation("The specified value for accountAlias is invalid."));
    }
    if world.accounts.values().any(|a| a.id != call.account && a.iam.alias.as_deref() == Some(&alias)) {
        return Err(exists(&format!("The account alias {alias} already exists.")));
    }
    state(world, call)?.alias = Some(alias);
    Ok(Output::nothing())
}

pub(super) fn delete_alias(world: &mut World, call: &Call<'_>) -> Answer {
    let alias = call.require("AccountAlias")?;
    let iam = state(world, call)?;
    if iam.alias.as_deref() != Some(alias) {
        return Err(no_such(&format!("The account alias {alias} cannot be found.")));
    }
    iam.alias = None;
    Ok(Output::nothing())
}

fn user_value(call: &Call<'_>, user: &User) -> Value {
    json!({
        "Path": "/",
        "UserName": user.name,
        "UserId": user.id,
        "Arn": format!("arn:aws:iam::{}:user/{}", call.account, user.name),
        "CreateDate": call.time(user.created),
    })
}

pub(super) fn get_user(world: &mut World, call: &Call<'_>) -> Answer {
    let name = match (call.text("UserName"), &call.principal) {
        (Some(name), _) => name.to_owned(),
        (None, Principal::User { name, .. }) => name.clone(),
        (None, _) => return Err(AwsError::validation("Must specify userName when calling with non-User credentials")),
    };
    let user = state(world, call)?.users.get(&name);
    let user = user.ok_or_else(|| no_such(&format!("The user with name {name} cannot be found.")))?;
    Ok(json!({ "User": user_value(call, user) }).into())
}

pub(super) fn list_users(world: &mut World, call: &Call<'_>) -> Answer {
    let users = state(world, call)?.users.values().map(|user| user_value(call, user)).collect();
    page_of(call, "Users", users).map(Output::tree)
}

pub(super) fn summary(world: &mut World, call: &Call<'_>) -> Answer {
    let iam = state(world, call)?;
    let map = json!({
        "Users": iam.users.len(),
        "Roles": iam.roles.len(),
        "Policies": iam.policies.len(),
        "Providers": iam.providers.len(),
        "InstanceProfiles": iam.profiles.len(),
        "RolesQuota": 1000,
        "PoliciesQuota": 1500,
        "PolicySizeQuota": 6144,
        "AssumeRolePolicySizeQuota": 2048,
    });
    Ok(json!({"SummaryMap": {"$map": map}}).into())
}

fn missing_profile(name: &str) -> AwsError {
    no_such(&format!("Instance Profile {name} cannot be found."))
}

fn profile<'w>(world: &'w mut World, call: &Call<'_>) -> Result<&'w mut InstanceProfile, AwsError> {
    let name = call.require("InstanceProfileName")?;
    state(world, call)?.profiles.get_mut(name).ok_or_else(|| missing_profile(name))
}

fn profile_value(world: &World, call: &Call<'_>, profile: &InstanceProfile) -> Value {
    let iam = world.account(&call.account).map(|a| &a.iam);
    let role = profile.role.as_ref().and_then(|name| iam?.roles.get(name));
    let roles: Vec<Value> = role
        .map(|role| {
            json!({
                "Path": role.path, "RoleName": role.name, "RoleId": role.id, "Arn": role.arn,
                "CreateDate": call.time(role.created),
                "AssumeRolePolicyDocument": percent_encode(&trust::show(world, &role.trust), false),
            })
        })
        .into_iter()
        .collect();
    json!({
        "Path": profile.path,
        "InstanceProfileName": profile.name,
        "InstanceProfileId": profile.id,
        "Arn": profile.arn,
        "CreateDate": call.time(profile.created),
        "Roles": roles,
    })
}

pub(super) fn create_profile(world: &mut World, call: &Call<'_>) -> Answer {
    let name = call.require("InstanceProfileName")?.to_owned();
    let path = call.text("Path").unwrap_or("/").to_owned();
    let (id, created) = (world.ids.iam("AIPA"), world.now());
    let arn = format!("arn:aws:iam::{}:instance-profile{path}{name}", call.account);
    let profile = InstanceProfile { name: name.clone(), path, id, arn, role: None, created };
    let iam = state(world, call)?;
    if iam.profiles.contains_key(&name) {
        return Err(exists(&format!("Instance Profile {name} already exists.")));
    }
    iam.profiles.insert(name, profile.clone());
    Ok(json!({ "InstanceProfile": profile_value(world, call, &profile) }).into())
}

pub(super) fn get_profile(world: &mut World, call: &Call<'_>) -> Answer {
    let profile = profile(world, call)?.clone();
    Ok(json!({ "InstanceProfile": profile_value(world, call, &profile) }).into())
}

pub(super) fn delete_profile(world: &mut World, call: &Call<'_>) -> Answer {
    let name = call.require("InstanceProfileName")?;
    if profile(world, call)?.role.is_some() {
        return Err(conflict("Cannot delete entity, must remove roles from instance profile first."));
    }
    state(world, call)?.profiles.remove(name);
    Ok(Output::nothing())
}

pub(super) fn add_role_to_profile(world: &mut World, call: &Call<'_>) -> Answer {
    let role = call.require("RoleName")?.to_owned();
    if !state(world, call)?.roles.contains_key(&role) {
        return Err(no_such(&format!("The role with name {role} cannot be found.")));
    }
    let profile = profile(world, call)?;
    if profile.role.is_some() {
        return Err(AwsError::new(
            409,
            "LimitExceeded",
            "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
        ));
    }
    profile.role = Some(role);
    Ok(Output::nothing())
}

pub(super) fn remove_role_from_profile(world: &mut World, call: &Call<'_>) -> Answer {
    let role = call.require("RoleName")?.to_owned();
    let profile = profile(world, call)?;
    if profile.role.as_deref() != Some(&role) {
        return Err(no_such(&format!("Role {role} not found in Instance Profile {}", profile.name)));
    }
    profile.role = None;
    Ok(Output::nothing())
}

pub(super) fn list_profiles_for_role(world: &mut World, call: &Call<'_>) -> Answer {
    let role = call.require("RoleName")?;
    let profiles: Vec<_> =
        state(world, call)?.profiles.values().filter(|p| p.role.as_deref() == Some(role)).cloned().collect();
    let values = profiles.iter().map(|p| profile_value(world, call, p)).collect();
    page_of(call, "InstanceProfiles", values).map(Output::tree)
}

pub(super) fn authorization_details(world: &mut World, call: &Call<'_>) -> Answer {
    let Some(account) = world.account(&call.account) else { return Ok(Output::nothing()) };
    let inline =
        |(name, text): (&String, &String)| json!({"PolicyName": name, "PolicyDocument": percent_encode(text, false)});
    let roles: Vec<Value> = account
        .iam
        .roles
        .values()
        .map(|role| {
            let attached =
                role.attached.iter().map(|arn| json!({"PolicyName": policies::name_of(arn), "PolicyArn": arn}));
            json!({
                "Path": role.path, "RoleName": role.name, "RoleId": role.id, "Arn": role.arn,
                "CreateDate": call.time(role.created),
                "AssumeRolePolicyDocument": percent_encode(&trust::show(world, &role.trust), false),
                "InstanceProfileList": [],
                "RolePolicyList": role.inline.iter().map(inline).collect::<Vec<_>>(),
                "AttachedManagedPolicies": attached.collect::<Vec<_>>(),
                "Tags": tags_value(&role.tags),
            })
        })
        .collect();
    let mut tree = page_of(call, "RoleDetailList", roles)?;
    for empty in ["UserDetailList", "GroupDetailList", "Policies"] {
        tree[empty] = json!([]);
    }
    Ok(tree.into())
}
