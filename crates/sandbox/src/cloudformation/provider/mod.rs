//! The owners of resource types: what a stack asks of the services, as one table with a row for each type.
//!
//! A row says how a resource is named, what can be read from it, which changes replace it, which permissions it takes and
//! how long it takes. Where a service has rules of its own the row has a hook. Types without a row get a generic one, so
//! that real templates deploy.

mod apigateway;
mod delivery;
mod iam;
mod lambda;
mod messaging;
mod naming;
mod observability;
mod permit;
mod s3;
mod storage;

pub(crate) use lambda::function_name;
pub(crate) use permit::permit_stack;

use crate::cloudformation::stack::{Stack, StackResource};
use crate::identity::Principal;
use crate::services::resources::Resource;
use crate::world::World;
use base::{AccountId, Region};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// What a stack asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    /// Make it.
    Create,
    /// Change it in place.
    Update,
    /// Delete it.
    Delete,
}

impl Verb {
    /// The word in the fault plan.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// How long a service takes, in seconds of the world.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seconds {
    /// To make it.
    pub create: u32,
    /// To change it.
    pub update: u32,
    /// To delete it.
    pub delete: u32,
}

/// A rule of its own that a service has for a resource type.
pub(crate) type Hook = fn(&mut World, &Ask<'_>, &mut Made) -> Result<(), HandlerError>;

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Provider {
    /// The resource type; empty for the generic row.
    pub type_name: &'static str,
    /// The service's name in error texts.
    pub service: &'static str,
    /// The property that names it.
    pub name_property: &'static str,
    /// How names are made where the template gives none.
    pub style: naming::Style,
    /// The physical id, as a pattern ([`naming::expand`]).
    pub id: &'static str,
    /// The ARN, as a pattern; empty if it has none.
    pub arn: &'static str,
    /// Attributes beside `Arn`, with their patterns.
    pub attributes: &'static [(&'static str, &'static str)],
    /// Properties whose change makes a new physical resource (resource reference, "Update requires: Replacement").
    pub replaces: &'static [&'static str],
    /// Whether it takes the stack's tags.
    pub has_tags: bool,
    /// How long it takes.
    pub seconds: Seconds,
    /// The actions that making, changing and deleting it take; empty ones are not checked.
    pub actions: [&'static str; 3],
    /// The property with the resource within which the physical id is unique; empty if it is unique in the region.
    pub within: &'static str,
    /// Rules of its own.
    pub hook: Option<Hook>,
    /// Whether the hook keeps the resource itself, because the service has a state of its own.
    pub kept_elsewhere: bool,
}

impl Provider {
    /// A row with the conventions that most types follow.
    pub(crate) const fn new(type_name: &'static str, service: &'static str) -> Self {
        Self {
            type_name,
            service,
            name_property: "",
            style: naming::Style::Mixed(255),
            id: "{name}",
            arn: "",
            attributes: &[],
            replaces: &[],
            has_tags: false,
            seconds: Seconds { create: 5, update: 5, delete: 3 },
            actions: ["", "", ""],
            within: "",
            hook: None,
            kept_elsewhere: false,
        }
    }

    /// Named by a property, whose change replaces it.
    pub(crate) const fn named(mut self, property: &'static str, style: naming::Style) -> Self {
        self.name_property = property;
        self.style = style;
        self
    }

    /// With a physical id that is not the name.
    pub(crate) const fn id(mut self, pattern: &'static str) -> Self {
        self.id = pattern;
        self
    }

    /// With an ARN.
    pub(crate) const fn arn(mut self, pattern: &'static str) -> Self {
        self.arn = pattern;
        self
    }

    /// With attributes.
    pub(crate) const fn attributes(mut self, attributes: &'static [(&'static str, &'static str)]) -> Self {
        self.attributes = attributes;
        self
    }

    /// With properties that replace it.
    pub(crate) const fn replaced_by(mut self, properties: &'static [&'static str]) -> Self {
        self.replaces = properties;
        self
    }

    /// With tags.
    pub(crate) const fn tagged(mut self) -> Self {
        self.has_tags = true;
        self
    }

    /// With its times.
    pub(crate) const fn takes(mut self, create: u32, update: u32, delete: u32) -> Self {
        self.seconds = Seconds { create, update, delete };
        self
    }

    /// With the actions of making, changing and deleting it.
    pub(crate) const fn needs(mut self, create: &'static str, update: &'static str, delete: &'static str) -> Self {
        self.actions = [create, update, delete];
        self
    }

    /// With a physical id that is unique only within the resource that a property names.
    pub(crate) const fn within(mut self, property: &'static str) -> Self {
        self.within = property;
        self
    }

    /// With rules of its own.
    pub(crate) const fn hook(mut self, hook: Hook) -> Self {
        self.hook = Some(hook);
        self
    }

    /// With rules of its own that also keep the resource.
    pub(crate) const fn kept_by(mut self, hook: Hook) -> Self {
        self.hook = Some(hook);
        self.kept_elsewhere = true;
        self
    }

    /// Whether going from one set of properties to the other makes a new physical resource.
    pub(crate) fn must_replace(&self, before: &Value, after: &Value) -> bool {
        let changed = |name: &str| before.get(name) != after.get(name);
        self.replacing_properties().any(changed)
    }

    /// The properties whose change replaces the resource, the name included.
    pub(crate) fn replacing_properties(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name_property).chain(self.replaces.iter().copied()).filter(|p| !p.is_empty())
    }
}

/// One request of a stack to a service.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    /// The row of the type.
    pub row: &'static Provider,
    /// The type: the generic row serves many.
    pub resource_type: &'a str,
    /// What is asked.
    pub verb: Verb,
    /// Account.
    pub account: &'a AccountId,
    /// Region.
    pub region: &'a Region,
    /// The stack's name.
    pub stack_name: &'a str,
    /// The stack's id.
    pub stack_id: &'a str,
    /// The logical id.
    pub logical_id: &'a str,
    /// The physical id, empty for a creation.
    pub physical_id: &'a str,
    /// The properties it gets; for a deletion those it has.
    pub properties: &'a Value,
    /// The properties it has, for a change.
    pub previous: Option<&'a Value>,
    /// The tags it gets beside its own.
    pub tags: &'a IndexMap<String, String>,
    /// Who acts.
    pub principal: &'a Principal,
    /// Whether it acts by the stack's service role and not on behalf of the caller.
    pub by_role: bool,
    /// When.
    pub at: Timestamp,
}

impl Ask<'_> {
    /// A property that is text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.properties.get(name).and_then(crate::services::resources::text_of)
    }

    /// The stack's tags and the resource's own, which win.
    pub(crate) fn all_tags(&self) -> IndexMap<String, String> {
        let mut tags = self.tags.clone();
        match self.properties.get("Tags") {
            Some(Value::Array(list)) => tags.extend(crate::call::pairs(list)),
            Some(Value::Object(map)) => {
                tags.extend(map.iter().filter_map(|(k, v)| Some((k.clone(), crate::services::resources::text_of(v)?))));
            }
            _ => {}
        }
        tags
    }
}

/// A resource as its service made it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Made {
    /// Its name in its service; what `Ref` gives.
    pub physical_id: String,
    /// What `Fn::GetAtt` gives.
    pub attributes: Map<String, Value>,
}

/// Why a service refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HandlerError {
    /// As resource handlers report it, with one of their error codes.
    Handler {
        /// For example `AlreadyExists` (CloudFormation CLI user guide, "Handler error codes").
        code: &'static str,
        /// The service's own text.
        message: String,
    },
    /// Text of CloudFormation itself.
    Plain(String),
}

impl HandlerError {
    /// A service's refusal: its text is followed by where it came from.
    pub(crate) fn of_service(world: &mut World, service: &str, status: u16, code: &'static str, text: &str) -> Self {
        let request = world.ids.uuid();
        let message =
            format!("{text} (Service: {service}, Status Code: {status}, Request ID: {request}) (SDK Attempt Count: 1)");
        Self::Handler { code, message }
    }

    /// The reason in a stack event.
    pub(crate) fn reason(self, world: &mut World) -> String {
        match self {
            Self::Handler { code, message } => {
                let token = world.ids.uuid();
                format!(
                    "Resource handler returned message: \"{message}\" (RequestToken: {token}, HandlerErrorCode: {code})"
                )
            }
            Self::Plain(text) => text,
        }
    }
}

static TABLE: LazyLock<IndexMap<&'static str, &'static Provider>> = LazyLock::new(|| {
    [
        lambda::ROWS,
        iam::ROWS,
        s3::ROWS,
        messaging::ROWS,
        storage::ROWS,
        observability::ROWS,
        apigateway::ROWS,
        delivery::ROWS,
    ]
    .into_iter()
    .flatten()
    .map(|row| (row.type_name, row))
    .collect()
});

/// The row for types that have none of their own: nothing is known to replace them.
static GENERIC: Provider = Provider::new("", "").tagged();

/// The row of a type.
pub(crate) fn row(resource_type: &str) -> &'static Provider {
    TABLE.get(resource_type).copied().unwrap_or(&GENERIC)
}

/// Whether CloudFormation itself has, or may have, the type: `AWS::Service::Type`, custom and registered third-party types.
/// The types of SAM are gone once its transform has run.
pub(crate) fn is_known(resource_type: &str) -> bool {
    let parts: Vec<&str> = resource_type.split("::").collect();
    match parts.as_slice() {
        ["Custom", name] => !name.is_empty(),
        ["AWS", "Serverless", _] => false,
        ["Alexa", "ASK", "Skill"] => true,
        [_, _, _] => parts.iter().all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_alphanumeric())),
        _ => false,
    }
}

/// Carries a request out.
pub(crate) fn call(world: &mut World, ask: &Ask<'_>) -> Result<Made, HandlerError> {
    match ask.verb {
        Verb::Create => create(world, ask),
        Verb::Update => update(world, ask),
        Verb::Delete => delete(world, ask),
    }
}

fn create(world: &mut World, ask: &Ask<'_>) -> Result<Made, HandlerError> {
    let name = naming::name(world, ask);
    let mut made = Made::default();
    let arn = naming::expand(world, ask, ask.row.arn, &name, "", "");
    made.physical_id = naming::expand(world, ask, naming::id_pattern(ask), &name, &arn, "");
    permit::permit(world, ask, permit::own_arn(&arn, &made.physical_id), &name)?;
    naming::describe(world, ask, &name, &arn, &mut made);
    if !ask.row.kept_elsewhere && held(world, ask, &made.physical_id).is_some() {
        return Err(already_exists(world, ask, &made.physical_id));
    }
    if let Some(hook) = ask.row.hook {
        hook(world, ask, &mut made)?;
    }
    keep(world, ask, &made);
    Ok(made)
}

fn already_exists(world: &World, ask: &Ask<'_>, id: &str) -> HandlerError {
    let owner = held(world, ask, id).and_then(|r| r.stack.clone());
    match owner {
        Some(stack) => HandlerError::Plain(format!("{id} already exists in stack {stack}")),
        None => {
            let message = format!("Resource of type '{}' with identifier '{id}' already exists.", ask.resource_type);
            HandlerError::Handler { code: "AlreadyExists", message }
        }
    }
}

fn update(world: &mut World, ask: &Ask<'_>) -> Result<Made, HandlerError> {
    let before = held(world, ask, ask.physical_id).map(|r| r.attributes.clone()).unwrap_or_default();
    let arn = before.get("Arn").and_then(Value::as_str).unwrap_or_default().to_owned();
    permit::permit(world, ask, permit::own_arn(&arn, ask.physical_id), &permit::name_in(ask.physical_id))?;
    if !ask.row.kept_elsewhere && held(world, ask, ask.physical_id).is_none() {
        let message =
            format!("Resource of type '{}' with identifier '{}' was not found.", ask.resource_type, ask.physical_id);
        return Err(HandlerError::Handler { code: "NotFound", message });
    }
    let mut made = Made { physical_id: ask.physical_id.to_owned(), attributes: before };
    if let Some(hook) = ask.row.hook {
        hook(world, ask, &mut made)?;
    }
    keep(world, ask, &made);
    Ok(made)
}

fn delete(world: &mut World, ask: &Ask<'_>) -> Result<Made, HandlerError> {
    let there = held(world, ask, ask.physical_id).and_then(|r| r.attributes.get("Arn")?.as_str());
    let arn = there.unwrap_or_default().to_owned();
    permit::permit(world, ask, permit::own_arn(&arn, ask.physical_id), &permit::name_in(ask.physical_id))?;
    let mut made = Made { physical_id: ask.physical_id.to_owned(), ..Made::default() };
    if let Some(hook) = ask.row.hook {
        hook(world, ask, &mut made)?;
    }
    if let Ok(state) = world.region_mut(ask.account, ask.region) {
        state.resources.remove(ask.resource_type, &key(ask, ask.physical_id));
    }
    Ok(made)
}

fn held<'a>(world: &'a World, ask: &Ask<'_>, id: &str) -> Option<&'a Resource> {
    world.region(ask.account, ask.region)?.resources.get(ask.resource_type, &key(ask, id))
}

/// The key under which a resource is kept. What a physical id is unique within never changes: that replaces it.
fn key(ask: &Ask<'_>, id: &str) -> String {
    let within = (!ask.row.within.is_empty()).then(|| ask.text(ask.row.within)).flatten();
    within.map_or_else(|| id.to_owned(), |w| format!("{w}|{id}"))
}

fn keep(world: &mut World, ask: &Ask<'_>, made: &Made) {
    let created = held(world, ask, &made.physical_id).map_or(ask.at, |r| r.created);
    let tags = if ask.row.has_tags { ask.all_tags() } else { IndexMap::new() };
    let resource = Resource {
        id: made.physical_id.clone(),
        properties: ask.properties.clone(),
        attributes: made.attributes.clone(),
        tags,
        created,
        modified: ask.at,
        stack: Some(ask.stack_id.to_owned()),
    };
    if let Ok(state) = world.region_mut(ask.account, ask.region) {
        state.resources.put_as(ask.resource_type, key(ask, &made.physical_id), resource);
    }
}

/// What `Fn::GetAtt` gives for a resource whose type has no row, or an attribute that its row does not name: CloudFormation
/// knows every type's schema, this world only those in its table.
pub(crate) fn attribute(world: &World, stack: &Stack, resource: &StackResource, name: &str) -> Option<Value> {
    let record =
        world.region(&stack.account, &stack.region)?.resources.get(&resource.resource_type, &resource.physical_id);
    if let Some(value) = record.and_then(|r| r.attributes.get(name)) {
        return Some(value.clone());
    }
    let generic = row(&resource.resource_type).type_name.is_empty();
    let property = resource.properties.pointer(&format!("/{}", name.replace('.', "/")));
    match property {
        Some(value) => Some(value.clone()),
        None if generic => Some(made_attribute(resource, name)),
        None => None,
    }
}

/// Attributes that are lists, with what their items begin with (their types' pages in the CloudFormation Template Reference).
const LISTS: [(&str, &str, &str); 11] = [
    ("AWS::DirectoryService::MicrosoftAD", "DnsIpAddresses", ""),
    ("AWS::DirectoryService::SimpleAD", "DnsIpAddresses", ""),
    ("AWS::EC2::Subnet", "Ipv6CidrBlocks", ""),
    ("AWS::EC2::VPC", "CidrBlockAssociations", ""),
    ("AWS::EC2::VPC", "Ipv6CidrBlocks", ""),
    ("AWS::EC2::VPCEndpoint", "DnsEntries", "Z0SANDBOX:"),
    ("AWS::EC2::VPCEndpoint", "NetworkInterfaceIds", ""),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "SecurityGroups", ""),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "LoadBalancerArns", ""),
    ("AWS::NetworkFirewall::Firewall", "EndpointIds", "zone-a:"),
    ("AWS::Route53::HostedZone", "NameServers", ""),
];

/// A value for an attribute of a type that has no row.
fn made_attribute(resource: &StackResource, name: &str) -> Value {
    let text = format!("{}-{}", resource.physical_id, name.to_lowercase());
    match LISTS.iter().find(|(kind, attribute, _)| *kind == resource.resource_type && *attribute == name) {
        Some((.., start)) => vec![format!("{start}{text}-1"), format!("{start}{text}-2")].into(),
        None => text.into(),
    }
}
