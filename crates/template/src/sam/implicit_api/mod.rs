//! The APIs that functions and state machines have without declaring one: `ServerlessRestApi` for events of type
//! `Api`, `ServerlessHttpApi` for events of type `HttpApi`. Events of declared APIs add their paths here too, as long
//! as the definition is made by the transform.

mod attributes;
mod editor;

use self::attributes::Attributes;
pub use self::attributes::or_conditions;
use self::editor::Editor;
use super::default_body::MANAGED;
use super::error::Fault;
use super::expect::{Owner, expect};
use super::make::{conditional, made, no_value, node, reference};
use super::openapi::KeySpans;
use super::openapi::openapi3::{ANY_METHOD, DEFAULT_PATH};
use super::python::truthy;
use super::validate::is_early;
use crate::{Map, Node, Value};
use base::Span;
use std::cell::Cell;

/// One of the two implicit APIs.
#[derive(Debug)]
pub struct ImplicitApi {
    /// The event property that names the API.
    id_property: &'static str,
    /// The logical id of the implicit API.
    logical_id: &'static str,
    /// The condition of the implicit API, when its paths have several.
    condition: &'static str,
    /// The type of its events.
    event_type: &'static str,
    /// The type of the API.
    resource_type: &'static str,
}

/// The implicit REST API.
pub static REST: ImplicitApi = ImplicitApi {
    id_property: "RestApiId",
    logical_id: "ServerlessRestApi",
    condition: "ServerlessRestApiCondition",
    event_type: "Api",
    resource_type: "AWS::Serverless::Api",
};

/// The implicit HTTP API.
pub static HTTP: ImplicitApi = ImplicitApi {
    id_property: "ApiId",
    logical_id: "ServerlessHttpApi",
    condition: "ServerlessHttpApiCondition",
    event_type: "HttpApi",
    resource_type: "AWS::Serverless::HttpApi",
};

/// What has events.
const OWNERS: [&str; 2] = ["AWS::Serverless::Function", "AWS::Serverless::StateMachine"];

/// A function or state machine while its events are looked at.
struct Owned<'a> {
    properties: &'a Map,
    globals: Option<&'a Node>,
    condition: Option<&'a str>,
    /// Whether the implicit API has its tags already.
    tagged: Cell<bool>,
}

impl ImplicitApi {
    fn is_http(&self) -> bool {
        self.id_property == "ApiId"
    }

    fn resource(&self, span: Span, tracked: bool) -> Node {
        let body = Editor::skeleton(self, span, tracked);
        if self.is_http() {
            return node!(span, { "Type": self.resource_type, "Properties": { "DefinitionBody": body, (MANAGED): true } });
        }
        node!(span, {
            "Type": self.resource_type,
            "Properties": { "StageName": "Prod", "DefinitionBody": body, (MANAGED): true },
        })
    }
}

/// Adds the implicit API if an event needs it, and the paths of all its kind of events to their APIs.
pub fn add(api: &ImplicitApi, template: &mut Map) -> Result<(), Fault> {
    let globals = template.get("Globals").filter(|node| truthy(node)).cloned();
    let Some(resources) = template.get_mut("Resources").and_then(Node::as_map_mut) else { return Ok(()) };
    let existing = resources.get(api.logical_id).cloned();
    let span = existing.as_ref().map_or_else(|| first_event_span(api, resources), |node| node.span);
    resources.insert_at(api.logical_id, made(span), api.resource(span, resources.is_tracked()));
    let mut attributes = Attributes::default();
    let mut causes = Vec::new();
    for id in resources.python_keys() {
        match add_events(api, &id, resources, globals.as_ref(), &mut attributes) {
            Ok(()) => {}
            Err(fault @ Fault::Document(_)) => return Err(fault),
            Err(fault) => causes.extend(fault.event_of(&id).into_causes()),
        }
    }
    attributes.apply(api, template)?;
    let Some(resources) = template.get_mut("Resources").and_then(Node::as_map_mut) else { return Ok(()) };
    remove_if_empty(api, resources, existing);
    if causes.is_empty() { Ok(()) } else { Err(Fault::Document(causes)) }
}

/// Where the first event of this kind stands: what the implicit API is made from.
fn first_event_span(api: &ImplicitApi, resources: &Map) -> Span {
    let events = |resource: &Node| {
        let events = resource.at(&["Properties", "Events"])?.as_map()?;
        let event =
            events.iter().find(|(_, event)| event.get("Type").and_then(Node::as_str) == Some(api.event_type))?;
        Some(event.1.span)
    };
    resources.iter().find_map(|(_, resource)| events(resource)).unwrap_or_default()
}

fn add_events(
    api: &ImplicitApi,
    id: &str,
    resources: &mut Map,
    globals: Option<&Node>,
    attributes: &mut Attributes,
) -> Result<(), Fault> {
    let Some(resource) = resources.get(id) else { return Ok(()) };
    let kind = resource.get("Type").and_then(Node::as_str).unwrap_or_default();
    if !is_early(resource)? || !OWNERS.contains(&kind) {
        return Ok(());
    }
    let section = if kind == OWNERS[0] { "Function" } else { "StateMachine" };
    let globals = globals.and_then(|globals| globals.get(section));
    let Some(mut taken) =
        resources.get_mut(id).map(|node| Node { span: node.span, value: std::mem::take(&mut node.value) })
    else {
        return Ok(());
    };
    let result = add_events_of(api, &mut taken, resources, globals, attributes);
    if let Some(place) = resources.get_mut(id) {
        *place = taken;
    }
    result
}

fn add_events_of(
    api: &ImplicitApi,
    resource: &mut Node,
    resources: &mut Map,
    globals: Option<&Node>,
    attributes: &mut Attributes,
) -> Result<(), Fault> {
    let Some(resource) = resource.as_map_mut() else { return Ok(()) };
    let (deletion_policy, update_replace_policy) =
        (resource.get("DeletionPolicy").cloned(), resource.get("UpdateReplacePolicy").cloned());
    let condition = resource.get("Condition").cloned();
    let Some(properties) = resource.get_mut("Properties").and_then(Node::as_map_mut) else { return Ok(()) };
    let Some(mut events) = properties.get_mut("Events").and_then(Node::as_map_mut).map(std::mem::take) else {
        return Ok(());
    };
    let mut api_events = events_of_type(api, &mut events);
    let owned =
        Owned { properties, globals, condition: condition.as_ref().and_then(Node::as_str), tagged: Cell::new(false) };
    let mut result = Ok(());
    for event_id in api_events.python_keys() {
        let Some(event) = api_events.get_mut(&event_id) else { continue };
        let span = event.span;
        let added = add_event(api, &owned, &event_id, event, resources).map_err(|fault| fault.at(span));
        result = added.map(|added| {
            if let Some((api_id, path, method)) = added {
                attributes.note(api_id, path, method, condition.as_ref(), &deletion_policy, &update_replace_policy);
            }
        });
        if result.is_err() {
            break;
        }
    }
    events.python_update(api_events);
    if let Some(Value::Map(place)) = properties.get_mut("Events").map(|node| &mut node.value) {
        *place = events;
    }
    result
}

/// The events of the API's type, taken out; their places stay.
fn events_of_type(api: &ImplicitApi, events: &mut Map) -> Map {
    // AWS's translator goes through them in the order of Python 2.7 in every template.
    let mut found = Map::tracked();
    for key in events.python_keys() {
        let key_span = events.key_span(&key);
        let Some(event) = events.get_mut(&key) else { continue };
        if event.get("Type").and_then(Node::as_str) == Some(api.event_type) {
            let event = std::mem::take(event);
            found.insert_at(key, key_span.unwrap_or(event.span), event);
        }
    }
    found
}

/// Adds the path of one event to its API. Returns the API, the path and the method, if the event has any.
fn add_event(
    api: &ImplicitApi,
    owned: &Owned<'_>,
    event_id: &str,
    event: &mut Node,
    resources: &mut Map,
) -> Result<Option<(String, String, String)>, Fault> {
    let span = event.span;
    let Some(event) = event.as_map_mut() else { return Ok(None) };
    if !event.get("Properties").is_some_and(truthy) {
        if !api.is_http() {
            return Ok(None);
        }
        if event.get("Properties").is_none_or(|node| node.as_map().is_some()) {
            event.insert_at("Properties", made(span), node!(span, {}));
        }
    }
    expect(event.get("Properties"), Owner::Event(event_id), "").or_say("Properties should be a map.").map()?;
    let Some(properties) = event.get_mut("Properties").and_then(Node::as_map_mut) else { return Ok(None) };
    if !properties.contains_key(api.id_property) {
        add_tags(api, owned, resources);
        properties.insert_at(api.id_property, made(span), reference(span, api.logical_id));
    }
    if api.is_http() {
        add_default_route(properties, span);
    }
    let (api_id, path, method) = check_event(api, event_id, properties)?;
    let place = |name: &str| properties.get(name).map_or(span, |node| node.span);
    let spans = KeySpans { path: place("Path"), method: place("Method") };
    add_path(api, event_id, &api_id, (&path, &method, spans), span, resources)?;
    if api.is_http() && properties.contains_key("RouteSettings") {
        add_route_settings(event_id, &api_id, properties, owned.condition, resources)?;
    }
    Ok(Some((api_id, path, method)))
}

/// An event of an HTTP API with neither path nor method takes what no other takes.
fn add_default_route(properties: &mut Map, span: Span) {
    let absent = |name: &str| !properties.get(name).is_some_and(truthy);
    let is_empty = |name: &str| properties.get(name).is_none_or(|node| !truthy(node));
    if absent("Path") && is_empty("Method") {
        properties.insert_at("Path", made(span), node!(span, DEFAULT_PATH));
        properties.insert_at("Method", made(span), node!(span, ANY_METHOD));
    }
}

fn check_event(api: &ImplicitApi, event_id: &str, properties: &Map) -> Result<(String, String, String), Fault> {
    let owner = Owner::Event(event_id);
    let (path, method) = (properties.get("Path"), properties.get("Method"));
    expect(path, owner, "Path").present()?;
    expect(method, owner, "Method").present()?;
    let api_id = expect(api_reference(properties.get(api.id_property)), owner, api.id_property).string()?;
    let path = expect(path, owner, "Path").string()?;
    let method = expect(method, owner, "Method").string()?;
    Ok((api_id.to_owned(), path.to_owned(), method.to_owned()))
}

/// What an event's reference to its API names: the target of a `Ref`, or the value itself.
pub fn api_reference(value: Option<&Node>) -> Option<&Node> {
    value.map(|node| node.get("Ref").unwrap_or(node))
}

fn add_path(
    api: &ImplicitApi,
    event_id: &str,
    api_id: &str,
    (path, method, spans): (&str, &str, KeySpans),
    span: Span,
    resources: &mut Map,
) -> Result<(), Fault> {
    let kind = resources.get(api_id).map(|node| node.get("Type").and_then(Node::as_str).unwrap_or_default());
    let foreign = kind.is_none_or(|kind| kind == HTTP.resource_type && kind != api.resource_type);
    if foreign {
        let message = format!(
            "{} must be a valid reference to an '{}' resource in same template.",
            api.id_property, api.resource_type
        );
        return Err(Fault::event(event_id, message).at(span));
    }
    let Some(properties) = properties_of(resources, api_id) else { return Ok(()) };
    if !properties.get("DefinitionBody").is_some_and(|body| Editor::is_valid(api, body))
        || !properties.get(MANAGED).is_some_and(truthy)
    {
        return Ok(());
    }
    Editor::edit(api, properties, |editor| editor.add_path(path, method, spans))
}

fn properties_of<'a>(resources: &'a mut Map, id: &str) -> Option<&'a mut Map> {
    resources.get_mut(id)?.as_map_mut()?.get_mut("Properties")?.as_map_mut()
}

/// A function that passes its tags on passes them to the implicit API as well.
fn add_tags(api: &ImplicitApi, owned: &Owned<'_>, resources: &mut Map) {
    if owned.tagged.replace(true) {
        return;
    }
    let setting = |name: &str| {
        let own = owned.properties.get(name).filter(|node| truthy(node));
        own.or_else(|| owned.globals?.get(name).filter(|node| truthy(node)))
    };
    let (Some(_), Some(tags)) = (setting("PropagateTags"), setting("Tags").and_then(Node::as_map)) else { return };
    let Some(properties) = properties_of(resources, api.logical_id) else { return };
    let span = tags.entries().next().map(|(_, entry)| entry.key_span).unwrap_or_default();
    if !properties.contains_key("Tags") {
        properties.insert_at("Tags", made(span), node!(span, {}));
    }
    if let Some(place) = properties.get_mut("Tags").and_then(Node::as_map_mut) {
        for (key, entry) in tags.python_entries() {
            place.insert_at(key, entry.key_span, entry.node.clone());
        }
    }
    properties.insert_at("PropagateTags", made(span), node!(span, true));
}

fn add_route_settings(
    event_id: &str,
    api_id: &str,
    event: &Map,
    condition: Option<&str>,
    resources: &mut Map,
) -> Result<(), Fault> {
    let text = |name: &str| event.get(name).and_then(Node::as_str).unwrap_or_default();
    let (path, method) = (text("Path"), text("Method"));
    let route = if method == ANY_METHOD { path.to_owned() } else { format!("{} {path}", method.to_uppercase()) };
    let Some(properties) = properties_of(resources, api_id) else { return Ok(()) };
    let Some(settings) = event.get("RouteSettings") else { return Ok(()) };
    if let Some(of_api) = properties.get("RouteSettings") {
        expect(Some(of_api), Owner::Resource(api_id), "RouteSettings").map().map_err(Fault::fatal)?;
    }
    let settings = match condition {
        Some(condition) => conditional(settings.span, condition, settings, no_value(settings.span)),
        None => settings.clone(),
    };
    let span = settings.span;
    let new = expect(Some(&settings), Owner::Event(event_id), "RouteSettings").map()?;
    if !properties.contains_key("RouteSettings") {
        properties.insert_at("RouteSettings", made(span), node!(span, {}));
    }
    let Some(of_api) = properties.get_mut("RouteSettings").and_then(Node::as_map_mut) else { return Ok(()) };
    if !of_api.contains_key(&route) {
        of_api.insert_at(route.as_str(), made(span), node!(span, {}));
    }
    if let Some(of_route) = of_api.get_mut(&route).and_then(Node::as_map_mut) {
        for (key, entry) in new.entries() {
            of_route.insert_at(key, entry.key_span, entry.node.clone());
        }
    }
    Ok(())
}

/// Without paths the implicit API is not needed; a declared resource of that name comes back.
fn remove_if_empty(api: &ImplicitApi, resources: &mut Map, existing: Option<Node>) {
    let paths = resources.get(api.logical_id).and_then(|node| node.at(&["Properties", "DefinitionBody", "paths"]));
    if paths.and_then(Node::as_map).is_some_and(|paths| !paths.is_empty()) {
        return;
    }
    match existing {
        Some(existing) => _ = resources.insert_at(api.logical_id, existing.span, existing),
        None => _ = resources.remove(api.logical_id),
    }
}
