//! Customer managed policies and their versions.

use super::managed::{PREFIX, aws_managed};
use super::state::{ManagedPolicy, PolicyVersion};
use super::{check_document, conflict, exists, list as page_of, no_such, state, tags_value};
use crate::call::{Answer, AwsError, Call, Output};
use crate::wire::query::percent_encode;
use crate::world::World;
use base::AccountId;
use serde_json::{Value, json};

/// The name in a policy's ARN.
pub(crate) fn name_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

fn missing(arn: &str) -> AwsError {
    if arn.starts_with(PREFIX) {
        return no_such(&format!("Policy {arn} does not exist or is not attachable."));
    }
    no_such(&format!("Policy {arn} was not found."))
}

/// Whether a policy can be attached in an account.
pub(crate) fn must_exist(world: &World, account: &AccountId, arn: &str) -> Result<(), AwsError> {
    let own = world.account(account).is_some_and(|a| a.iam.policies.contains_key(arn));
    if own || aws_managed(arn).is_some() { Ok(()) } else { Err(missing(arn)) }
}

fn existing<'w>(world: &'w mut World, call: &Call<'_>) -> Result<&'w mut ManagedPolicy, AwsError> {
    let arn = call.require("PolicyArn")?;
    if arn.starts_with(PREFIX) {
        return Err(AwsError::access_denied(format!("The policy {arn} is managed by AWS and cannot be changed.")));
    }
    state(world, call)?.policies.get_mut(arn).ok_or_else(|| missing(arn))
}

fn attachments(world: &World, account: &AccountId, arn: &str) -> usize {
    let iam = world.account(account).map(|a| &a.iam);
    let roles = iam.into_iter().flat_map(|iam| iam.roles.values()).filter(|r| r.attached.contains(arn)).count();
    let users = iam.into_iter().flat_map(|iam| iam.users.values()).filter(|u| u.attached.contains(arn)).count();
    roles + users
}

fn value(world: &World, call: &Call<'_>, policy: &ManagedPolicy) -> Value {
    json!({
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": format!("v{}", policy.default_version),
        "AttachmentCount": attachments(world, &call.account, &policy.arn),
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": true,
        "Description": (!policy.description.is_empty()).then_some(&policy.description),
        "CreateDate": call.time(policy.created),
        "UpdateDate": call.time(policy.updated),
        "Tags": (!policy.tags.is_empty()).then(|| tags_value(&policy.tags)),
    })
}

pub(super) fn create(world: &mut World, call: &Call<'_>) -> Answer {
    let (name, document) = (call.require("PolicyName")?.to_owned(), call.require("PolicyDocument")?.to_owned());
    check_size(&document)?;
    let path = call.text("Path").unwrap_or("/").to_owned();
    let arn = format!("arn:aws:iam::{}:policy{path}{name}", call.account);
    if state(world, call)?.policies.values().any(|p| p.name == name) {
        return Err(exists(&format!("A policy called {name} already exists. Duplicate names are not allowed.")));
    }
    let (id, now) = (world.ids.iam("ANPA"), world.now());
    let policy = ManagedPolicy {
        name,
        path,
        id,
        arn: arn.clone(),
        description: call.text("Description").unwrap_or_default().to_owned(),
        versions: vec![PolicyVersion { number: 1, document, created: now }],
        default_version: 1,
        next_version: 2,
        tags: call.pairs("Tags").into_iter().collect(),
        created: now,
        updated: now,
    };
    let shown = value(world, call, &policy);
    state(world, call)?.policies.insert(arn, policy);
    Ok(json!({ "Policy": shown }).into())
}

fn check_size(document: &str) -> Result<(), AwsError> {
    check_document(document)?;
    if document.chars().filter(|c| !c.is_whitespace()).count() > 6144 {
        return Err(AwsError::new(409, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144"));
    }
    Ok(())
}

/// A policy to read, AWS's own among them.
fn readable(world: &mut World, call: &Call<'_>) -> Result<ManagedPolicy, AwsError> {
    let arn = call.require("PolicyArn")?;
    let created = jiff::Timestamp::UNIX_EPOCH;
    match aws_managed(arn) {
        Some(document) => Ok(ManagedPolicy {
            name: name_of(arn).to_owned(),
            path: "/".to_owned(),
            id: "ANPAAWSMANAGEDPOLICY0".to_owned(),
            arn: arn.to_owned(),
            description: String::new(),
            versions: vec![PolicyVersion { number: 1, document, created }],
            default_version: 1,
            next_version: 2,
            tags: Default::default(),
            created,
            updated: created,
        }),
        None => existing(world, call).cloned(),
    }
}

pub(super) fn get(world: &mut World, call: &Call<'_>) -> Answer {
    let policy = readable(world, call)?;
    Ok(json!({ "Policy": value(world, call, &policy) }).into())
}

pub(super) fn list(world: &mut World, call: &Call<'_>) -> Answer {
    let own = world.account(&call.account).into_iter().flat_map(|a| a.iam.policies.values());
    let only_attached = call.flag("OnlyAttached") == Some(true);
    let wanted = |p: &&ManagedPolicy| !only_attached || attachments(world, &call.account, &p.arn) > 0;
    let values = own.filter(wanted).map(|policy| value(world, call, policy)).collect();
    page_of(call, "Policies", values).map(Output::tree)
}

pub(super) fn delete(world: &mut World, call: &Call<'_>) -> Answer {
    let arn = call.require("PolicyArn")?;
    let versions = existing(world, call)?.versions.len();
    if attachments(world, &call.account, arn) > 0 {
        return Err(conflict("Cannot delete a policy attached to entities."));
    }
    if versions > 1 {
        return Err(conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
        ));
    }
    state(world, call)?.policies.remove(arn);
    Ok(Output::nothing())
}

fn version_number(call: &Call<'_>) -> Result<u32, AwsError> {
    let text = call.require("VersionId")?;
    let number = text.strip_prefix('v').and_then(|n| n.parse().ok());
    number.ok_or_else(|| AwsError::validation(format!("The specified value for versionId is invalid: {text}")))
}

fn missing_version(call: &Call<'_>) -> AwsError {
    let (arn, version) = (call.text("PolicyArn").unwrap_or_default(), call.text("VersionId").unwrap_or_default());
    no_such(&format!("Policy {arn} version {version} does not exist or is not attachable."))
}

fn version_value(call: &Call<'_>, policy: &ManagedPolicy, version: &PolicyVersion, with_document: bool) -> Value {
    json!({
        "Document": with_document.then(|| percent_encode(&version.document, false)),
        "VersionId": format!("v{}", version.number),
        "IsDefaultVersion": version.number == policy.default_version,
        "CreateDate": call.time(version.created),
    })
}

pub(super) fn get_version(world: &mut World, call: &Call<'_>) -> Answer {
    let number = version_number(call)?;
    let policy = readable(world, call)?;
    let version = policy.versions.iter().find(|v| v.number == number).ok_or_else(|| missing_version(call))?;
    Ok(json!({ "PolicyVersion": version_value(call, &policy, version, true) }).into())
}

pub(super) fn list_versions(world: &mut World, call: &Call<'_>) -> Answer {
    let policy = readable(world, call)?;
    let values = policy.versions.iter().rev().map(|v| version_value(call, &policy, v, false)).collect();
    page_of(call, "Versions", values).map(Output::tree)
}

pub(super) fn create_version(world: &mut World, call: &Call<'_>) -> Answer {
    let document = call.require("PolicyDocument")?.to_owned();
    check_size(&document)?;
    let now = world.now();
    let policy = existing(world, call)?;
    if policy.versions.len() >= 5 {
        return Err(AwsError::new(
            409,
            "LimitExceeded",
            "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.",
        ));
    }
    let version = PolicyVersion { number: policy.next_version, document, created: now };
    policy.next_version += 1;
    policy.updated = now;
    if call.flag("SetAsDefault") == Some(true) {
        policy.default_version = version.number;
    }
    let shown = version_value(call, policy, &version, false);
    policy.versions.push(version);
    Ok(json!({ "PolicyVersion": shown }).into())
}

pub(super) fn delete_version(world: &mut World, call: &Call<'_>) -> Answer {
    let number = version_number(call)?;
    let policy = existing(world, call)?;
    if number == policy.default_version {
        return Err(conflict("Cannot delete the default version of a policy."));
    }
    let before = policy.versions.len();
    policy.versions.retain(|v| v.number != number);
    if policy.versions.len() == before { Err(missing_version(call)) } else { Ok(Output::nothing()) }
}

pub(super) fn set_default_version(world: &mut World, call: &Call<'_>) -> Answer {
    let number = version_number(call)?;
    let policy = existing(world, call)?;
    if !policy.versions.iter().any(|v| v.number == number) {
        return Err(missing_version(call));
    }
    policy.default_version = number;
    Ok(Output::nothing())
}

pub(super) fn list_entities(world: &mut World, call: &Call<'_>) -> Answer {
    let arn = call.require("PolicyArn")?;
    must_exist(world, &call.account, arn)?;
    let roles = state(world, call)?.roles.values().filter(|role| role.attached.contains(arn));
    let values = roles.map(|role| json!({"RoleName": role.name, "RoleId": role.id})).collect();
    let mut tree = page_of(call, "PolicyRoles", values)?;
    tree["PolicyGroups"] = json!([]);
    tree["PolicyUsers"] = json!([]);
    Ok(tree.into())
}
