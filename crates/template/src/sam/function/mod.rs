//! `AWS::Serverless::Function`.

mod capacity;
mod invoke_config;
mod lambda;
mod preference;
mod role;
mod url;
mod version;

pub use invoke_config::SharedDestinations;

use super::cfn::{CfnType, Resource, tag_list};
use super::definition_text::definition_text;
use super::error::Fault;
use super::event::{Event, Target, TargetKind};
use super::make::{made, node, reference};
use super::property::{LIST_OF_STR_OR_MAP, Property, STR_OR_MAP, Shape};
use super::python::{display_or_none, name_list, truthy};
use super::registry::FUNCTION_EVENTS;
use super::role::GrowingRole;
use super::translation::{Phase, ResourceKind, SamResource, Translation};
use crate::{Map, Node, Value};
use indexmap::IndexSet;

/// The resource type.
pub static KIND: ResourceKind = ResourceKind {
    name: "AWS::Serverless::Function",
    phase: Phase::Functions,
    properties: PROPERTIES,
    referable: &[
        ("Alias", "AWS::Lambda::Alias"),
        ("Version", "AWS::Lambda::Version"),
        ("DestinationTopic", "AWS::SNS::Topic"),
        ("DestinationQueue", "AWS::SQS::Queue"),
    ],
    ignores_unknown: false,
    translate,
};

const PROPERTIES: &[Property] = &[
    Property::new("FunctionName", STR_OR_MAP),
    Property::any("Handler"),
    Property::any("Runtime"),
    Property::any("CodeUri"),
    Property::any("ImageUri"),
    Property::any("PackageType"),
    Property::any("InlineCode"),
    Property::new("DeadLetterQueue", Shape::Map),
    Property::any("Description"),
    Property::any("MemorySize"),
    Property::any("Timeout"),
    Property::any("VpcConfig"),
    Property::new("Role", Shape::Str),
    Property::new("AssumeRolePolicyDocument", Shape::Map),
    Property::new("Policies", Shape::OneOf(&[Shape::Str, Shape::Map, LIST_OF_STR_OR_MAP])),
    Property::any("RolePath"),
    Property::new("PermissionsBoundary", Shape::Str),
    Property::new("Environment", Shape::MapOf(&Shape::Map)),
    Property::new("Events", Shape::MapOf(&Shape::Map)),
    Property::new("Tags", Shape::Map),
    Property::new("PropagateTags", Shape::Bool),
    Property::new("Tracing", Shape::OneOf(&[Shape::Map, Shape::Str])),
    Property::any("KmsKeyArn"),
    Property::new("DeploymentPreference", Shape::Map),
    Property::any("ReservedConcurrentExecutions"),
    Property::new("Layers", LIST_OF_STR_OR_MAP),
    Property::new("EventInvokeConfig", Shape::Map),
    Property::any("EphemeralStorage"),
    Property::new("AutoPublishAlias", Shape::OneOf(&[Shape::Str])),
    Property::new("AutoPublishCodeSha256", Shape::OneOf(&[Shape::Str])),
    Property::new("AutoPublishAliasAllProperties", Shape::Bool).literal(),
    Property::any("VersionDescription"),
    Property::any("ProvisionedConcurrencyConfig"),
    Property::any("FileSystemConfigs"),
    Property::any("ImageConfig"),
    Property::any("CodeSigningConfigArn"),
    Property::any("Architectures"),
    Property::new("SnapStart", Shape::Map),
    Property::new("FunctionUrlConfig", Shape::Map),
    Property::any("RuntimeManagementConfig"),
    Property::any("LoggingConfig"),
    Property::any("RecursiveLoop"),
    Property::any("SourceKMSKeyArn"),
    Property::new("CapacityProviderConfig", Shape::Map),
    Property::new("FunctionScalingConfig", Shape::Map),
    Property::new("VersionDeletionPolicy", Shape::Enum(&["Delete", "Retain"])),
    Property::any("PublishToLatestPublished"),
    Property::any("TenancyConfig"),
    Property::new("DurableConfig", Shape::Map),
];

/// `AWS::SNS::Topic`.
static SNS_TOPIC: CfnType = CfnType::new("AWS::SNS::Topic", &["TopicName", "Tags"]).replacing(&["AWS::SNS::Topic"]);

fn translate(sam: &mut SamResource, t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    note_name(sam, t)?;
    let events = read_events(sam, t).map_err(|fault| fault.event_of(&sam.logical_id))?;
    check_combinations(sam)?;
    check_dead_letter_queue(sam)?;
    check_tenancy(sam)?;
    let mut function = lambda::construct(sam, t)?;
    if sam.truthy("ProvisionedConcurrencyConfig").is_some() && sam.truthy("AutoPublishAlias").is_none() {
        let message = "To set ProvisionedConcurrencyConfig AutoPublishALias must be defined on the function";
        return Err(sam.fault(message));
    }
    let published = version::publish(sam, &mut function, t)?;
    let mut alias = published.as_ref().map(|published| published.alias.clone());
    let mut resources: Vec<Resource> = published.iter().map(|published| published.version.clone()).collect();
    let urls = url::construct(sam, alias.as_ref())?;
    preference::add(sam, alias.as_mut(), t)?;
    let has_alias = alias.is_some();
    resources.extend(alias.clone());
    resources.extend(urls);
    let invoke = invoke_config::construct(sam, published.as_ref(), t)?;
    resources.extend(invoke.resources);
    let mut execution_role = role::construct(sam, invoke.policies, t)?;
    let needs_role = role::assign(sam, &mut function, &mut execution_role, t)?;

    let mut target = Target {
        logical_id: alias.as_ref().map_or_else(|| function.logical_id.clone(), |alias| alias.logical_id.clone()),
        owner: sam.logical_id.clone(),
        kind: if has_alias { TargetKind::FunctionAlias } else { TargetKind::Function },
        attributes: alias.map_or_else(|| function.attributes.clone(), |alias| alias.attributes),
        role: Some(GrowingRole::new(&mut execution_role)),
        permissions_boundary: None,
        changed: IndexSet::new(),
        span: sam.span,
    };
    let mut from_events = Vec::new();
    for mut event in events {
        let made = (event.kind.translate)(&mut event, &mut target, t);
        let made = made.map_err(|fault| fault.at(event.span).event_of(&sam.logical_id))?;
        from_events.extend(made);
    }
    let changed = target.changed;
    resources.insert(0, function);
    if needs_role {
        resources.push(execution_role);
    }
    resources.extend(from_events);
    propagate_tags(&mut resources, &changed, sam, t);
    Ok(resources)
}

/// Notes the function's name at the APIs its events are on: a changed name makes a new deployment of the API.
fn note_name(sam: &SamResource, t: &mut Translation<'_>) -> Result<(), Fault> {
    let Some(events) = sam.get("Events").and_then(Node::as_map) else { return Ok(()) };
    let mut apis = Vec::new();
    for (_, event) in events.python_iter() {
        if event.get("Type").and_then(Node::as_str) != Some("Api") {
            continue;
        }
        let api = event.at(&["Properties", "RestApiId"]).filter(|api| truthy(api));
        if let Some(api) = super::implicit_api::api_reference(api).and_then(Node::as_str) {
            apis.push(api.to_owned());
        }
    }
    let Some(name) = sam.truthy("FunctionName").filter(|_| !apis.is_empty()) else { return Ok(()) };
    let name = t.resolver.resolved(name)?;
    if truthy(&name) {
        let name = definition_text(&name);
        for api in apis {
            t.apis.function_names.entry(api).or_default().push(name.clone());
        }
    }
    Ok(())
}

/// Reads all events and checks what they refer to, in the order in which they are translated: by path.
fn read_events(sam: &SamResource, t: &Translation<'_>) -> Result<Vec<Event>, Fault> {
    let mut events = Vec::new();
    let Some(given) = sam.truthy("Events").and_then(Node::as_map) else { return Ok(events) };
    for (name, node) in given.python_iter() {
        let event = Event::read(&sam.logical_id, name, node, &FUNCTION_EVENTS, given.is_tracked())?;
        (event.kind.link)(&event, t).map_err(|fault| fault.at(event.span))?;
        events.push(event);
    }
    events.sort_by_cached_key(|event| {
        let path = event.properties.get("Path");
        path.map_or_else(|| event.name.clone(), super::python::display)
    });
    Ok(events)
}

/// Properties that exclude or need each other.
fn check_combinations(sam: &SamResource) -> Result<(), Fault> {
    let has = |name: &str| sam.get(name).is_some();
    let mut messages = Vec::new();
    for other in ["ProvisionedConcurrencyConfig", "VpcConfig"] {
        if has("CapacityProviderConfig") && has(other) {
            messages.push(format!("Cannot specify 'CapacityProviderConfig' and '{other}' together."));
        }
    }
    for (name, needed) in
        [("FunctionScalingConfig", "CapacityProviderConfig"), ("VersionDeletionPolicy", "AutoPublishAlias")]
    {
        if has(name) && !has(needed) {
            messages.push(format!("'{name}' requires '{needed}'."));
        }
    }
    if messages.is_empty() { Ok(()) } else { Err(sam.fault(messages.join("\n"))) }
}

/// The kinds of dead letter queue, and the action each needs.
const DEAD_LETTER_ACTIONS: [(&str, &str); 2] = [("SQS", "sqs:SendMessage"), ("SNS", "sns:Publish")];

fn check_dead_letter_queue(sam: &SamResource) -> Result<(), Fault> {
    let Some(queue) = sam.truthy("DeadLetterQueue") else { return Ok(()) };
    let given = |name: &str| queue.get(name).filter(|node| truthy(node));
    let (Some(kind), Some(_)) = (given("Type"), given("TargetArn")) else {
        let message = "'DeadLetterQueue' requires Type and TargetArn properties to be specified.";
        return Err(sam.fault(message).at(queue.span));
    };
    let owner = super::expect::Owner::Resource(&sam.logical_id);
    let name = super::expect::expect(Some(kind), owner, "DeadLetterQueue.Type").string()?;
    let names = DEAD_LETTER_ACTIONS.map(|(name, _)| name);
    if !names.contains(&name) {
        let message = format!("'DeadLetterQueue' requires Type of {}", name_list(&names));
        return Err(sam.fault(message).at(kind.span));
    }
    Ok(())
}

/// What a function with tenant isolation cannot have ("Tenant isolation", AWS Lambda Developer Guide).
fn check_tenancy(sam: &SamResource) -> Result<(), Fault> {
    if sam.truthy("TenancyConfig").is_none() {
        return Ok(());
    }
    for (name, what) in [
        ("ProvisionedConcurrencyConfig", "Provisioned concurrency"),
        ("FunctionUrlConfig", "Function URL"),
        ("SnapStart", "SnapStart"),
    ] {
        if let Some(value) = sam.truthy(name) {
            let message = format!("{what} is not supported for functions enabled with tenancy configuration.");
            return Err(sam.fault(message).at(value.span));
        }
    }
    for (_, event) in sam.truthy("Events").and_then(Node::as_map).into_iter().flat_map(Map::python_iter) {
        let kind = event.get("Type");
        if !matches!(kind.and_then(Node::as_str), Some("Api" | "HttpApi")) {
            let message = format!(
                "Event source '{}' is not supported for functions enabled with tenancy configuration. Only Api and \
                 HttpApi event sources are supported.",
                display_or_none(kind)
            );
            return Err(sam.fault(message).at(event.span));
        }
    }
    Ok(())
}

/// The tags of the function itself: who made it, and the user's.
fn own_tags(sam: &SamResource) -> Result<Vec<Node>, Fault> {
    let tags = sam.get("Tags").and_then(Node::as_map);
    super::tags::with_creator(sam, tags, &[])
}

/// Gives the tags of the function to everything made for it and changed by its events, if it wants that.
fn propagate_tags(resources: &mut [Resource], changed: &IndexSet<String>, sam: &SamResource, t: &mut Translation<'_>) {
    let tags = sam.truthy("Tags").and_then(Node::as_map).filter(|_| sam.truthy("PropagateTags").is_some());
    let list = tags.map(tag_list);
    changed.iter().for_each(|id| t.changes.tag(id, list.as_deref()));
    if let Some(tags) = tags {
        super::tags::propagate(tags, resources);
    }
}

/// A value as the user wrote it, as a node of a list.
fn list_of(sam: &SamResource, nodes: Vec<Node>) -> Node {
    Node { value: Value::List(nodes), span: made(sam.span) }
}

/// `{"Ref": logical id of the function}`.
fn function_reference(sam: &SamResource) -> Node {
    reference(sam.span, node!(sam.span, &sam.logical_id))
}
