//! IAM: users, roles, managed policies, identity providers, as far as deployments need them.

mod account;
mod managed;
mod policies;
mod principals;
mod providers;
mod role_policies;
mod roles;
mod state;
mod trust;

pub use managed::aws_managed;
pub(crate) use principals::named;
pub use principals::{Policies, policies_of};
pub use roles::NewRole;
pub use state::{ADMINISTRATOR, AccessKey, ManagedPolicy, OidcProvider, PolicyVersion, Role, State, User};
pub(crate) use trust::store as store_trust;

use crate::call::{Answer, AwsError, Call};
use crate::services::paging::page;
use crate::world::World;
use serde_json::{Value, json};

/// Carries out one call.
pub fn call(world: &mut World, call: &Call<'_>) -> Answer {
    let operation = operation(&call.operation).ok_or_else(|| AwsError::not_implemented("iam", &call.operation))?;
    let resource = resource_of(world, call);
    let context = context_of(world, call);
    let context: Vec<(&str, &str)> = context.iter().map(|(key, value)| (*key, value.as_str())).collect();
    call.authorize(world, &format!("iam:{}", call.operation), &resource, &context)?;
    operation(world, call)
}

type Operation = fn(&mut World, &Call<'_>) -> Answer;

fn operation(name: &str) -> Option<Operation> {
    Some(match name {
        "CreateRole" => roles::create,
        "GetRole" => roles::get,
        "ListRoles" => roles::list,
        "DeleteRole" => roles::delete,
        "UpdateRole" | "UpdateRoleDescription" => roles::update,
        "UpdateAssumeRolePolicy" => roles::update_trust,
        "TagRole" => roles::tag,
        "UntagRole" => roles::untag,
        "ListRoleTags" => roles::list_tags,
        "PutRolePermissionsBoundary" => roles::put_boundary,
        "DeleteRolePermissionsBoundary" => roles::delete_boundary,
        "CreateServiceLinkedRole" => roles::create_service_linked,
        "PutRolePolicy" => role_policies::put,
        "GetRolePolicy" => role_policies::get,
        "ListRolePolicies" => role_policies::list,
        "DeleteRolePolicy" => role_policies::delete,
        "AttachRolePolicy" => role_policies::attach,
        "DetachRolePolicy" => role_policies::detach,
        "ListAttachedRolePolicies" => role_policies::list_attached,
        "CreatePolicy" => policies::create,
        "GetPolicy" => policies::get,
        "ListPolicies" => policies::list,
        "DeletePolicy" => policies::delete,
        "GetPolicyVersion" => policies::get_version,
        "ListPolicyVersions" => policies::list_versions,
        "CreatePolicyVersion" => policies::create_version,
        "DeletePolicyVersion" => policies::delete_version,
        "SetDefaultPolicyVersion" => policies::set_default_version,
        "ListEntitiesForPolicy" => policies::list_entities,
        "CreateOpenIDConnectProvider" => providers::create,
        "GetOpenIDConnectProvider" => providers::get,
        "ListOpenIDConnectProviders" => providers::list,
        "DeleteOpenIDConnectProvider" => providers::delete,
        "UpdateOpenIDConnectProviderThumbprint" => providers::update_thumbprints,
        "AddClientIDToOpenIDConnectProvider" => providers::add_client,
        "RemoveClientIDFromOpenIDConnectProvider" => providers::remove_client,
        "CreateInstanceProfile" => account::create_profile,
        "GetInstanceProfile" => account::get_profile,
        "DeleteInstanceProfile" => account::delete_profile,
        "AddRoleToInstanceProfile" => account::add_role_to_profile,
        "RemoveRoleFromInstanceProfile" => account::remove_role_from_profile,
        "ListInstanceProfilesForRole" => account::list_profiles_for_role,
        "ListAccountAliases" => account::list_aliases,
        "CreateAccountAlias" => account::create_alias,
        "DeleteAccountAlias" => account::delete_alias,
        "GetUser" => account::get_user,
        "ListUsers" => account::list_users,
        "GetAccountAuthorizationDetails" => account::authorization_details,
        "GetAccountSummary" => account::summary,
        _ => return None,
    })
}

/// The ARN that a call is about, in the caller's account; `*` where IAM knows no resource for the action.
fn resource_of(world: &World, call: &Call<'_>) -> String {
    let iam = world.account(&call.account).map(|a| &a.iam);
    let arn = |kind: &str, path: &str, name: &str| format!("arn:aws:iam::{}:{kind}{path}{name}", call.account);
    let path = call.text("Path").unwrap_or("/");
    if call.operation.starts_with("List") && call.operation.ends_with('s') && call.text("RoleName").is_none() {
        return "*".to_owned();
    }
    if let Some(name) = call.text("InstanceProfileName") {
        return arn("instance-profile", path, name);
    }
    if let Some(name) = call.text("RoleName") {
        let known = iam.and_then(|iam| iam.roles.get(name)).map(|role| role.arn.clone());
        return known.unwrap_or_else(|| arn("role", path, name));
    }
    if let Some(service) = call.text("AWSServiceName") {
        return arn("role", &format!("/aws-service-role/{service}/"), "*");
    }
    if let Some(url) = call.text("Url") {
        return arn("oidc-provider", "/", url.trim_start_matches("https://"));
    }
    let named = call.text("PolicyArn").or(call.text("OpenIDConnectProviderArn")).map(str::to_owned);
    named.or_else(|| call.text("PolicyName").map(|name| arn("policy", path, name))).unwrap_or_else(|| "*".to_owned())
}

/// Condition keys of IAM's own (Service Authorization Reference, "Condition keys for AWS IAM"). The boundary is the one
/// that a call sets, else the one that the role it is about has.
fn context_of(world: &World, call: &Call<'_>) -> Vec<(&'static str, String)> {
    let keys = [("PolicyArn", "iam:PolicyARN"), ("AWSServiceName", "iam:AWSServiceName")];
    let mut context: Vec<(&'static str, String)> =
        keys.into_iter().filter_map(|(member, key)| Some((key, call.text(member)?.to_owned()))).collect();
    let roles = world.account(&call.account).map(|a| &a.iam.roles);
    let held = || roles?.get(call.text("RoleName")?)?.boundary.clone();
    let boundary = call.text("PermissionsBoundary").map(str::to_owned);
    // `CreateRole` is the only call that may name a role that is not there yet.
    let boundary = boundary.or_else(|| (call.operation != "CreateRole").then(held).flatten());
    context.extend(boundary.map(|arn| ("iam:PermissionsBoundary", arn)));
    context
}

/// The caller's account's IAM state, to change.
fn state<'w>(world: &'w mut World, call: &Call<'_>) -> Result<&'w mut State, AwsError> {
    let missing =
        || AwsError::new(403, "InvalidClientTokenId", "The security token included in the request is invalid.");
    world.account_mut(&call.account).map(|account| &mut account.iam).ok_or_else(missing)
}

fn no_such(what: &str) -> AwsError {
    AwsError::new(404, "NoSuchEntity", what)
}

fn exists(what: &str) -> AwsError {
    AwsError::new(409, "EntityAlreadyExists", what)
}

fn conflict(what: &str) -> AwsError {
    AwsError::new(409, "DeleteConflict", what)
}

/// A page of items under a member's name, with IAM's `IsTruncated` and `Marker`.
fn list(call: &Call<'_>, name: &str, items: Vec<Value>) -> Result<Value, AwsError> {
    let limit = call.integer("MaxItems").and_then(|n| usize::try_from(n).ok()).unwrap_or(100).min(1000);
    let refusal = || AwsError::validation("Invalid Marker.");
    let page = page(items, call.text("Marker"), limit, refusal)?;
    Ok(json!({ name: page.items, "IsTruncated": page.next.is_some(), "Marker": page.next }))
}

/// Tags as IAM writes them.
fn tags_value(tags: &std::collections::BTreeMap<String, String>) -> Value {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// Checks that a policy document can be read, as IAM does when it is stored.
fn check_document(text: &str) -> Result<(), AwsError> {
    let malformed = |why: &str| AwsError::new(400, "MalformedPolicyDocument", why);
    let value: Value = serde_json::from_str(text).map_err(|_| malformed("Syntax errors in policy."))?;
    let parsed = iam::parse(&value, iam::Kind::Identity).accept();
    parsed.map(drop).map_err(|problems| malformed(worst(&problems)))
}

/// What a document is refused for; warnings may stand before it.
fn worst(problems: &[iam::Problem]) -> &str {
    let error = problems.iter().find(|p| p.severity == base::Severity::Error);
    error.or(problems.first()).map_or("Syntax errors in policy.", |p| &p.message)
}
