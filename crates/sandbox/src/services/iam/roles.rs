//! Roles: making, changing and deleting them.

use super::state::Role;
use super::{conflict, exists, list as page_of, no_such, state, tags_value, trust};
use crate::call::{Answer, AwsError, Call, Output};
use crate::wire::query::percent_encode;
use crate::world::World;
use base::AccountId;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What a new role is made of.
#[derive(Debug, Clone, Default)]
pub struct NewRole {
    /// Name: 1 to 64 characters of `\w+=,.@-`.
    pub name: String,
    /// Path; `/` if it is empty.
    pub path: String,
    /// The trust policy's text.
    pub trust: String,
    /// Description.
    pub description: String,
    /// Longest session in seconds; 3,600 if it is absent.
    pub max_session: Option<i64>,
    /// ARN of the permissions boundary.
    pub boundary: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

impl Role {
    fn find<'w>(world: &'w World, account: &AccountId, name: &str) -> Result<&'w Role, AwsError> {
        let role = world.account(account).and_then(|a| a.iam.roles.get(name));
        role.ok_or_else(|| no_such(&format!("The role with name {name} cannot be found.")))
    }

    /// Makes a role in an account.
    pub fn create<'w>(world: &'w mut World, account: &AccountId, new: NewRole) -> Result<&'w Role, AwsError> {
        let name_fits = (1..=64).contains(&new.name.len()) && new.name.chars().all(is_name_character);
        if !name_fits {
            return Err(AwsError::validation(
                "The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the \
                 following: +=,.@_-",
            ));
        }
        let max_session = session_seconds(new.max_session)?;
        let trust = trust::store(world, &new.trust)?;
        if world.account(account).is_some_and(|a| a.iam.roles.contains_key(&new.name)) {
            return Err(exists(&format!("Role with name {} already exists.", new.name)));
        }
        if let Some(arn) = &new.boundary {
            super::policies::must_exist(world, account, arn)?;
        }
        let path = if new.path.is_empty() { "/".to_owned() } else { new.path };
        let (id, created) = (world.ids.iam("AROA"), world.now());
        let role = Role {
            arn: format!("arn:aws:iam::{account}:role{path}{}", new.name),
            name: new.name.clone(),
            path,
            id,
            trust,
            description: new.description,
            max_session,
            boundary: new.boundary,
            tags: new.tags,
            inline: BTreeMap::new(),
            attached: BTreeSet::new(),
            created,
        };
        if let Some(home) = world.account_mut(account) {
            home.iam.roles.insert(new.name.clone(), role);
        }
        Self::find(world, account, &new.name)
    }

    fn value(&self, world: &World, call: &Call<'_>) -> Value {
        let boundary = self
            .boundary
            .as_ref()
            .map(|arn| json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}));
        json!({
            "Path": self.path,
            "RoleName": self.name,
            "RoleId": self.id,
            "Arn": self.arn,
            "CreateDate": call.time(self.created),
            "AssumeRolePolicyDocument": percent_encode(&trust::show(world, &self.trust), false),
            "Description": (!self.description.is_empty()).then_some(&self.description),
            "MaxSessionDuration": self.max_session,
            "PermissionsBoundary": boundary,
            "Tags": (!self.tags.is_empty()).then(|| tags_value(&self.tags)),
            "RoleLastUsed": {},
        })
    }
}

fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)
}

fn session_seconds(given: Option<i64>) -> Result<u32, AwsError> {
    let seconds = given.unwrap_or(3600);
    let limit = |bound: &str| {
        AwsError::validation(format!(
            "1 validation error detected: Value '{seconds}' at 'maxSessionDuration' failed to satisfy constraint: Member must \
             have value {bound}"
        ))
    };
    match seconds {
        ..3600 => Err(limit("greater than or equal to 3600")),
        3600..=43200 => Ok(u32::try_from(seconds).unwrap_or(3600)),
        _ => Err(limit("less than or equal to 43200")),
    }
}

fn existing<'w>(world: &'w mut World, call: &Call<'_>) -> Result<&'w mut Role, AwsError> {
    let name = call.require("RoleName")?;
    let role = state(world, call)?.roles.get_mut(name);
    role.ok_or_else(|| no_such(&format!("The role with name {name} cannot be found.")))
}

pub(super) fn create(world: &mut World, call: &Call<'_>) -> Answer {
    let new = NewRole {
        name: call.require("RoleName")?.to_owned(),
        path: call.text("Path").unwrap_or("/").to_owned(),
        trust: call.require("AssumeRolePolicyDocument")?.to_owned(),
        description: call.text("Description").unwrap_or_default().to_owned(),
        max_session: call.integer("MaxSessionDuration"),
        boundary: call.text("PermissionsBoundary").map(str::to_owned),
        tags: call.pairs("Tags").into_iter().collect(),
    };
    let role = Role::create(world, &call.account, new)?.clone();
    Ok(json!({ "Role": role.value(world, call) }).into())
}

pub(super) fn get(world: &mut World, call: &Call<'_>) -> Answer {
    let role = Role::find(world, &call.account, call.require("RoleName")?)?;
    Ok(json!({ "Role": role.value(world, call) }).into())
}

pub(super) fn list(world: &mut World, call: &Call<'_>) -> Answer {
    let prefix = call.text("PathPrefix").unwrap_or("/");
    let roles = world.account(&call.account).into_iter().flat_map(|a| a.iam.roles.values());
    let values = roles.filter(|role| role.path.starts_with(prefix)).map(|role| role.value(world, call)).collect();
    page_of(call, "Roles", values).map(Output::tree)
}

pub(super) fn delete(world: &mut World, call: &Call<'_>) -> Answer {
    let name = call.require("RoleName")?;
    let role = existing(world, call)?;
    if !role.attached.is_empty() || !role.inline.is_empty() {
        return Err(conflict(if role.inline.is_empty() {
            "Cannot delete entity, must detach all policies first."
        } else {
            "Cannot delete entity, must delete policies first."
        }));
    }
    let iam = state(world, call)?;
    if iam.profiles.values().any(|profile| profile.role.as_deref() == Some(name)) {
        return Err(conflict("Cannot delete entity, must remove roles from instance profile first."));
    }
    iam.roles.remove(name);
    Ok(Output::nothing())
}

pub(super) fn update(world: &mut World, call: &Call<'_>) -> Answer {
    let max_session = call.integer("MaxSessionDuration").map(|seconds| session_seconds(Some(seconds))).transpose()?;
    let role = existing(world, call)?;
    if let Some(text) = call.get("Description").as_str() {
        role.description = text.to_owned();
    }
    role.max_session = max_session.unwrap_or(role.max_session);
    Ok(Output::nothing())
}

pub(super) fn update_trust(world: &mut World, call: &Call<'_>) -> Answer {
    let stored = trust::store(world, call.require("PolicyDocument")?)?;
    existing(world, call)?.trust = stored;
    Ok(Output::nothing())
}

pub(super) fn tag(world: &mut World, call: &Call<'_>) -> Answer {
    existing(world, call)?.tags.extend(call.pairs("Tags"));
    Ok(Output::nothing())
}

pub(super) fn untag(world: &mut World, call: &Call<'_>) -> Answer {
    let role = existing(world, call)?;
    for key in call.texts("TagKeys") {
        role.tags.remove(&key);
    }
    Ok(Output::nothing())
}

pub(super) fn list_tags(world: &mut World, call: &Call<'_>) -> Answer {
    let tags = tags_value(&existing(world, call)?.tags);
    page_of(call, "Tags", tags.as_array().cloned().unwrap_or_default()).map(Output::tree)
}

pub(super) fn put_boundary(world: &mut World, call: &Call<'_>) -> Answer {
    let arn = call.require("PermissionsBoundary")?;
    super::policies::must_exist(world, &call.account, arn)?;
    existing(world, call)?.boundary = Some(arn.to_owned());
    Ok(Output::nothing())
}

pub(super) fn delete_boundary(world: &mut World, call: &Call<'_>) -> Answer {
    existing(world, call)?.boundary = None;
    Ok(Output::nothing())
}

pub(super) fn create_service_linked(world: &mut World, call: &Call<'_>) -> Answer {
    let service = call.require("AWSServiceName")?;
    let word = service.split('.').next().unwrap_or_default();
    let mut letters = word.chars();
    let capital: String = letters.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(letters).collect();
    let suffix = call.text("CustomSuffix").map(|s| format!("_{s}")).unwrap_or_default();
    let name = format!("AWSServiceRoleFor{capital}{suffix}");
    let statement = json!({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"});
    let new = NewRole {
        name: name.clone(),
        path: format!("/aws-service-role/{service}/"),
        trust: json!({"Version": "2012-10-17", "Statement": [statement]}).to_string(),
        description: call.text("Description").unwrap_or_default().to_owned(),
        ..NewRole::default()
    };
    if world.account(&call.account).is_some_and(|a| a.iam.roles.contains_key(&name)) {
        let message =
            format!("Service role name {name} has been taken in this account, please try a different suffix.");
        return Err(AwsError::new(400, "InvalidInput", message));
    }
    let role = Role::create(world, &call.account, new)?.clone();
    Ok(json!({ "Role": role.value(world, call) }).into())
}
