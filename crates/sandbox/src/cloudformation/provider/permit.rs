//! May whoever acts for the stack do this? Asked for every call that the resource's handler makes.
//!
//! The row's own action is asked first, so that its refusal is the one that is read. Then come the calls that the
//! registry lists for the handler, narrowed by the properties that are set, each on the resource that it is really about:
//! a role that is passed, the function that a permission belongs to. Reads after a creation count too, since AWS's
//! handlers read what they made. Code is read from S3 by the hooks, which ask for the object itself.

use super::{Ask, HandlerError, Verb, lambda, naming};
use crate::authorize::{Asker, Question};
use crate::world::World;
use iam::pattern::Pattern;
use iam::permissions::{NeededAction, Operation, ResourceUse, Scope, needed};
use serde_json::Value;
use std::collections::BTreeSet;

/// Refuses a request for which its actor lacks a permission. `arn` is the resource's own, empty if it has none, and
/// `name` the name it has or gets.
pub(super) fn permit(world: &mut World, ask: &Ask<'_>, arn: &str, name: &str) -> Result<(), HandlerError> {
    let Some(message) = first_refusal(world, ask, arn, name) else { return Ok(()) };
    let service = naming::service(ask);
    Err(HandlerError::of_service(world, &service, 403, "AccessDenied", &message))
}

/// Refuses a nested stack as [`permit`] does, and each transform of its template, which is a resource of its own
/// (CloudFormation User Guide, "Controlling access with IAM").
pub(crate) fn permit_stack(world: &mut World, ask: &Ask<'_>, arn: &str, macros: &[String]) -> Result<(), HandlerError> {
    permit(world, ask, arn, &name_in_stack(arn))?;
    let asker = Asker::new(world, ask.principal, ask.region);
    let refused = macros.iter().find_map(|name| {
        let (owner, name) = name.strip_prefix("AWS::").map_or((ask.account.as_str(), name.as_str()), |n| ("aws", n));
        let partition = ask.region.partition();
        let arn = format!("arn:{partition}:cloudformation:{}:{owner}:transform/{name}", ask.region);
        refusal(&asker, ask, "cloudformation:CreateChangeSet", &arn, &[])
    });
    let Some(message) = refused else { return Ok(()) };
    Err(HandlerError::of_service(world, "CloudFormation", 403, "AccessDenied", &message))
}

/// The stack's name in its ARN.
fn name_in_stack(arn: &str) -> String {
    arn.split('/').nth(1).unwrap_or_default().to_owned()
}

/// The resource's ARN: the row's, or a physical id that is one.
pub(super) fn own_arn<'a>(arn: &'a str, physical_id: &'a str) -> &'a str {
    if arn.is_empty() && physical_id.starts_with("arn:") { physical_id } else { arn }
}

/// The name within a physical id that is an ARN or a URL.
pub(super) fn name_in(physical_id: &str) -> String {
    let last = if physical_id.starts_with("arn:") || physical_id.starts_with("https://") {
        physical_id.rsplit(['/', ':']).next()
    } else {
        None
    };
    last.unwrap_or(physical_id).to_owned()
}

fn first_refusal(world: &World, ask: &Ask<'_>, arn: &str, name: &str) -> Option<String> {
    let asker = Asker::new(world, ask.principal, ask.region);
    let calls = calls(world, ask, name);
    let own = naming::action(ask);
    let listed = calls.iter().flatten().any(|c| c.action == own);
    let asked_below = arn.is_empty() && listed;
    if !own.is_empty() && !asked_below {
        let resource = if arn.is_empty() { "*" } else { arn };
        if let Some(text) = refusal(&asker, ask, &own, resource, &[]) {
            return Some(text);
        }
    }
    calls.into_iter().flatten().find_map(|call| refused_call(&asker, ask, &call, arn))
}

/// What the handler calls. `None` for types that the registry does not know.
fn calls(world: &World, ask: &Ask<'_>, name: &str) -> Option<Vec<NeededAction>> {
    let mut paths = BTreeSet::new();
    property_paths(ask.properties, &mut String::new(), &mut paths);
    if let Some(previous) = ask.previous {
        property_paths(previous, &mut String::new(), &mut paths);
    }
    if ask.row.has_tags && !ask.tags.is_empty() {
        paths.insert("/Tags".to_owned());
    }
    let properties: Vec<&str> = paths.iter().map(String::as_str).collect();
    let scope = Scope {
        partition: ask.region.partition().to_string(),
        region: ask.region.to_string(),
        account: ask.account.to_string(),
        stack: Some(ask.stack_name.to_owned()),
        artifact_bucket: None,
        boundary: boundary(world, ask),
    };
    let operation = match ask.verb {
        Verb::Create => Operation::Create,
        Verb::Update => Operation::Update,
        Verb::Delete => Operation::Delete,
    };
    let own = own_name(ask, name);
    let mut all: Vec<NeededAction> = Vec::new();
    for references in references(world, ask) {
        let references: Vec<(&str, &str)> = references.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let used = ResourceUse {
            resource_type: ask.resource_type,
            properties: &properties,
            name: Some(own.as_str()).filter(|n| !n.is_empty()),
            references: &references,
        };
        let mut found = needed(&used, operation, &scope)?;
        // An update takes a boundary away only where the template does.
        if ask.verb == Verb::Update && ask.text("PermissionsBoundary").is_some() {
            found.retain(|call| {
                !(call.action.starts_with("iam:Delete") && call.action.ends_with("PermissionsBoundary"))
            });
        }
        // IAM knows no other actions than those of its reference: nothing can be asked about them.
        found.retain(|call| call.documented && !all.contains(call));
        all.append(&mut found);
    }
    Some(all)
}

/// The name with its path for IAM, and the service token of a custom resource.
fn own_name(ask: &Ask<'_>, name: &str) -> String {
    if ask.resource_type.starts_with("AWS::IAM::") {
        let path = ask.text("Path").unwrap_or_default();
        return format!("{}{name}", path.trim_start_matches('/'));
    }
    if ask.resource_type.starts_with("Custom::") || ask.resource_type == "AWS::CloudFormation::CustomResource" {
        return ask.text("ServiceToken").unwrap_or_default();
    }
    name.to_owned()
}

/// Where the keys are the user's own, or the value is a document of another language, no property of the type follows.
const FREE: &[&str] = &[
    "Variables",
    "Tags",
    "PolicyDocument",
    "AssumeRolePolicyDocument",
    "Definition",
    "DefinitionSubstitutions",
    "DefinitionString",
    "Body",
    "EventPattern",
    "StageVariables",
    "Parameters",
    "Metadata",
    "ResourcePolicy",
];

/// The paths of the properties that are set, without the indexes of lists.
fn property_paths(value: &Value, path: &mut String, paths: &mut BTreeSet<String>) {
    let length = path.len();
    match value {
        Value::Object(map) if !map.is_empty() && !path.rsplit('/').next().is_some_and(|last| FREE.contains(&last)) => {
            for (key, inner) in map {
                path.push('/');
                path.push_str(key);
                property_paths(inner, path, paths);
                path.truncate(length);
            }
        }
        Value::Array(list) if list.iter().any(Value::is_object) && !path.ends_with("/Tags") => {
            list.iter().for_each(|inner| property_paths(inner, path, paths));
        }
        _ if path.is_empty() => {}
        _ => drop(paths.insert(path.clone())),
    }
}

/// The permissions boundary that the actions on roles see: the one a role gets, or that it has.
fn boundary(world: &World, ask: &Ask<'_>) -> Option<String> {
    if let Some(arn) = ask.text("PermissionsBoundary") {
        return Some(arn);
    }
    let roles = &world.account(ask.account)?.iam.roles;
    let name = super::iam::roles_of(ask.properties).into_iter().next()?;
    roles.get(&name)?.boundary.clone()
}

/// Properties that name another resource, with the place of that name in ARNs.
const PLACES: &[(&str, &str)] = &[
    ("TargetFunctionArn", "FunctionName"),
    ("TopicArn", "TopicName"),
    ("Topics", "TopicName"),
    ("Queues", "QueueName"),
    ("Roles", "RoleName"),
    ("Users", "UserName"),
    ("StateMachineArn", "StateMachineName"),
    ("Bucket", "BucketName"),
    ("StreamArn", "StreamName"),
];

/// The resources that this one refers to, by their place in ARNs; several times where it refers to several.
fn references(world: &World, ask: &Ask<'_>) -> Vec<Vec<(String, String)>> {
    let mut sets: Vec<Vec<(String, String)>> = vec![Vec::new()];
    for (property, value) in ask.properties.as_object().into_iter().flatten() {
        let place = PLACES.iter().find(|(p, _)| p == property).map_or(property.as_str(), |(_, place)| *place);
        let names: Vec<String> = match value {
            Value::String(text) => vec![referred(world, ask, place, text)],
            Value::Array(list) if place != property => {
                list.iter().filter_map(Value::as_str).map(|text| referred(world, ask, place, text)).collect()
            }
            _ => Vec::new(),
        };
        if names.is_empty() {
            continue;
        }
        let with = |set: &Vec<(String, String)>, name: &String| {
            let mut set = set.clone();
            set.push((place.to_owned(), name.clone()));
            set
        };
        sets = sets.iter().flat_map(|set| names.iter().map(move |name| with(set, name))).collect();
    }
    sets
}

fn referred(world: &World, ask: &Ask<'_>, place: &str, text: &str) -> String {
    match place {
        "FunctionName" => lambda::function_name(text),
        "RoleName" => {
            let role = world.account(ask.account).and_then(|a| a.iam.roles.get(text));
            role.map_or_else(|| text.to_owned(), |r| format!("{}{}", r.path.trim_start_matches('/'), r.name))
        }
        _ => name_in(text),
    }
}

fn refused_call(asker: &Asker<'_>, ask: &Ask<'_>, call: &NeededAction, arn: &str) -> Option<String> {
    let mut keys: Vec<(String, Vec<String>)> =
        call.conditions.iter().map(|c| (c.key.to_owned(), vec![c.value.clone()])).collect();
    if matches!(call.action.as_str(), "s3:GetObject" | "s3:GetObjectVersion") {
        return None;
    }
    if call.action == "iam:PassRole" {
        let mut roles = BTreeSet::new();
        passed_roles(ask.properties, &mut roles);
        return roles.iter().find_map(|role| refusal(asker, ask, &call.action, role, &keys));
    }
    keys.extend(tag_keys(ask, &call.action));
    let whole = |resource: &String| concrete(resource, ask);
    let fits = |pattern: &String| pattern != "*" && Pattern::new(pattern).matches(arn);
    if !arn.is_empty() && call.resources.iter().any(fits) {
        return refusal(asker, ask, &call.action, arn, &keys);
    }
    // Where the reference names several kinds of resource and the world does not know which one the call is about, one
    // that is allowed is enough.
    let mut first = None;
    for resource in call.resources.iter().map(whole) {
        match refusal(asker, ask, &call.action, &resource, &keys) {
            None => return None,
            Some(text) => first = first.or(Some(text)),
        }
    }
    first
}

/// An example of an ARN pattern: this resource's id where the pattern is open.
fn concrete(resource: &str, ask: &Ask<'_>) -> String {
    if resource == "*" {
        return resource.to_owned();
    }
    let id = if ask.physical_id.is_empty() { ask.logical_id } else { ask.physical_id };
    resource.replace('*', &name_in(id))
}

/// The ARNs of roles among the properties, those in policies and other documents left out.
fn passed_roles(value: &Value, roles: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if is_role(text) => drop(roles.insert(text.clone())),
        Value::Array(list) => list.iter().for_each(|inner| passed_roles(inner, roles)),
        Value::Object(map) => {
            let closed = |key: &str| FREE.contains(&key) && key != "Body";
            map.iter().filter(|(key, _)| !closed(key)).for_each(|(_, inner)| passed_roles(inner, roles));
        }
        _ => {}
    }
}

fn is_role(text: &str) -> bool {
    text.starts_with("arn:") && text.split(':').nth(2) == Some("iam") && text.contains(":role/")
}

/// The tags of a request, for actions that set them.
fn tag_keys(ask: &Ask<'_>, action: &str) -> Vec<(String, Vec<String>)> {
    let verb = action.split(':').nth(1).unwrap_or_default();
    if !ask.row.has_tags || !(verb.starts_with("Create") || verb.starts_with("Tag")) {
        return Vec::new();
    }
    let tags = ask.all_tags();
    let mut keys: Vec<(String, Vec<String>)> =
        tags.iter().map(|(k, v)| (format!("aws:RequestTag/{k}"), vec![v.clone()])).collect();
    keys.push(("aws:TagKeys".to_owned(), tags.keys().cloned().collect()));
    keys
}

fn refusal(
    asker: &Asker<'_>,
    ask: &Ask<'_>,
    action: &str,
    resource: &str,
    keys: &[(String, Vec<String>)],
) -> Option<String> {
    // A call by a service role is no call on behalf of somebody (IAM User Guide, "aws:CalledVia").
    let via = (!ask.by_role).then_some("cloudformation.amazonaws.com");
    let question = Question { action, resource, context: keys.to_vec(), via, ..Question::default() };
    let decision = asker.decide(&question);
    (!decision.is_allowed()).then(|| decision.message())
}
