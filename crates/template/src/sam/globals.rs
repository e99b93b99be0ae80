//! Merges the `Globals` section into the resources ("Globals section of the AWS SAM template", SAM Developer Guide).

use super::default_body::MANAGED;
use super::error::{Cause, CauseKind, Fault};
use super::intrinsic::is_function_name;
use super::make::{made, node};
use super::python::{display, name_list, truthy};
use super::validate::is_early;
use crate::{Map, Node, Value};
use base::Span;

/// The sections of `Globals` in the order of their names, and the properties each may have.
const SECTIONS: [(&str, &[&str]); 8] = [
    ("Api", API),
    ("CapacityProvider", CAPACITY_PROVIDER),
    ("Function", FUNCTION),
    ("HttpApi", HTTP_API),
    ("LayerVersion", &["PublishLambdaVersion"]),
    ("SimpleTable", &["SSESpecification"]),
    ("StateMachine", &["PropagateTags"]),
    ("WebSocketApi", WEB_SOCKET_API),
];

const FUNCTION: &[&str] = &[
    "Handler",
    "Runtime",
    "CodeUri",
    "DeadLetterQueue",
    "Description",
    "MemorySize",
    "Timeout",
    "VpcConfig",
    "Environment",
    "Tags",
    "PropagateTags",
    "Tracing",
    "KmsKeyArn",
    "AutoPublishAlias",
    "AutoPublishAliasAllProperties",
    "Layers",
    "DeploymentPreference",
    "RolePath",
    "PermissionsBoundary",
    "ReservedConcurrentExecutions",
    "ProvisionedConcurrencyConfig",
    "AssumeRolePolicyDocument",
    "EventInvokeConfig",
    "FileSystemConfigs",
    "CodeSigningConfigArn",
    "Architectures",
    "SnapStart",
    "EphemeralStorage",
    "FunctionUrlConfig",
    "RuntimeManagementConfig",
    "LoggingConfig",
    "RecursiveLoop",
    "SourceKMSKeyArn",
    "TenancyConfig",
    "DurableConfig",
    "CapacityProviderConfig",
    "FunctionScalingConfig",
    "PublishToLatestPublished",
    "VersionDeletionPolicy",
];

const API: &[&str] = &[
    "Auth",
    "Name",
    "DefinitionUri",
    "CacheClusterEnabled",
    "CacheClusterSize",
    "MergeDefinitions",
    "Variables",
    "EndpointConfiguration",
    "MethodSettings",
    "BinaryMediaTypes",
    "MinimumCompressionSize",
    "Cors",
    "GatewayResponses",
    "AccessLogSetting",
    "CanarySetting",
    "TracingEnabled",
    "OpenApiVersion",
    "Domain",
    "AlwaysDeploy",
    "PropagateTags",
    "SecurityPolicy",
    "EndpointAccessMode",
];

const HTTP_API: &[&str] = &[
    "Auth",
    "AccessLogSettings",
    "StageVariables",
    "Tags",
    "CorsConfiguration",
    "DefaultRouteSettings",
    "Domain",
    "RouteSettings",
    "FailOnWarnings",
    "PropagateTags",
];

const CAPACITY_PROVIDER: &[&str] =
    &["VpcConfig", "OperatorRole", "Tags", "InstanceRequirements", "ScalingConfig", "KmsKeyArn", "PropagateTags"];

const WEB_SOCKET_API: &[&str] = &[
    "AccessLogSettings",
    "ApiKeySelectionExpression",
    "DefaultRouteSettings",
    "DisableExecuteApiEndpoint",
    "DisableSchemaValidation",
    "Domain",
    "FailOnWarnings",
    "IpAddressType",
    "PropagateTags",
    "RouteSelectionExpression",
    "RouteSettings",
    "StageVariables",
    "Tags",
];

/// Merges the section into all resources, takes it out, and lets definitions made by the transform have the OpenAPI
/// version their API asks for. Comes back with where the section stood.
pub fn merge(template: &mut Map) -> Result<Option<Span>, Fault> {
    let globals = template.remove("Globals");
    if let Some(globals) = &globals {
        check(globals)?;
    }
    let section = globals.as_ref().map(|globals| globals.span);
    let Some(resources) = template.get_mut("Resources").and_then(Node::as_map_mut) else { return Ok(section) };
    for (id, resource) in resources.iter_mut() {
        if is_early(resource)? {
            merge_resource(id, resource, globals.as_ref())?;
        }
    }
    for (_, resource) in resources.iter_mut() {
        set_openapi_version(resource);
    }
    Ok(section)
}

fn invalid(message: String) -> Fault {
    Fault::Document(vec![Cause { kind: CauseKind::Globals, message, span: None }])
}

fn check(globals: &Node) -> Result<(), Fault> {
    let Some(sections) = globals.as_map() else {
        return Err(invalid("It must be a non-empty dictionary".to_owned()).at(globals.span));
    };
    for (name, entry) in sections.entries() {
        let Some((_, supported)) = SECTIONS.iter().find(|(section, _)| *section == name) else {
            let names: Vec<&str> = SECTIONS.iter().map(|(section, _)| *section).collect();
            let names = name_list(&names);
            let message = format!("'{name}' is not supported. Must be one of the following values - {names}");
            return Err(invalid(message).at(entry.key_span));
        };
        let Some(properties) = entry.node.as_map() else {
            return Err(invalid("Value of ${section} must be a dictionary".to_owned()).at(entry.node.span));
        };
        for (key, property) in properties.entries() {
            if !supported.contains(&key) {
                let message = format!(
                    "'{key}' is not a supported property of '{name}'. Must be one of the following values - {}",
                    name_list(supported)
                );
                return Err(invalid(message).at(property.key_span));
            }
        }
    }
    Ok(())
}

fn merge_resource(id: &str, resource: &mut Node, globals: Option<&Node>) -> Result<(), Fault> {
    let span = resource.span;
    let Some(resource) = resource.as_map_mut() else { return Ok(()) };
    if !resource.contains_key("Properties") {
        resource.insert_at("Properties", made(span), node!(span, {}));
    }
    let section = resource.get("Type").and_then(Node::as_str).and_then(|name| name.strip_prefix("AWS::Serverless::"));
    let Some(section) = section.and_then(|name| globals?.get(name)?.as_map()) else { return Ok(()) };
    let ignored = resource.get("IgnoreGlobals").filter(|node| truthy(node));
    let kept = match ignored {
        None => section.python_copy(),
        Some(ignored) => without_ignored(id, section, ignored)?,
    };
    if let Some(properties) = resource.get_mut("Properties") {
        let local = std::mem::take(&mut properties.value);
        properties.value = merge_values(Value::Map(kept), local);
    }
    Ok(())
}

fn without_ignored(id: &str, section: &Map, ignored: &Node) -> Result<Map, Fault> {
    let invalid = |item: String| {
        let message = format!("Resource {id} has invalid resource attribute 'IgnoreGlobals'{item}.");
        Fault::resource(id, message).at(ignored.span).fatal()
    };
    if ignored.as_str() == Some("*") {
        return Ok(Map::new());
    }
    let Some(names) = ignored.as_list() else { return Err(invalid(String::new())) };
    let mut kept = section.clone();
    for name in names {
        if name.as_str().and_then(|name| kept.remove(name)).is_none() {
            return Err(invalid(format!(" on item '{}'", display(name))));
        }
    }
    Ok(kept)
}

/// Mappings are merged, lists are joined, and of everything else the local value wins.
fn merge_values(global: Value, local: Value) -> Value {
    match (global, local) {
        (Value::List(mut global), Value::List(local)) => {
            global.extend(local);
            Value::List(global)
        }
        (Value::Map(global), Value::Map(local)) if !is_function(&global) && !is_function(&local) => {
            Value::Map(merge_maps(global.python_copy(), local))
        }
        (_, local) => local,
    }
}

/// Whether it is an intrinsic function, which is merged with nothing.
fn is_function(map: &Map) -> bool {
    map.len() == 1 && map.keys().next().is_some_and(is_function_name)
}

fn merge_maps(mut global: Map, mut local: Map) -> Map {
    for key in local.python_keys() {
        let key_span = local.key_span(&key);
        let Some(entry) = local.get_mut(&key) else { continue };
        let mut node = std::mem::take(entry);
        if let Some(old) = global.get_mut(&key) {
            let old = std::mem::take(&mut old.value);
            node.value = merge_values(old, node.value);
        }
        global.insert_at(key, key_span.unwrap_or(node.span), node);
    }
    global
}

fn set_openapi_version(resource: &mut Node) {
    if resource.get("Type").and_then(Node::as_str) != Some("AWS::Serverless::Api") {
        return;
    }
    let Some(properties) = resource.as_map_mut().and_then(|map| map.get_mut("Properties")?.as_map_mut()) else {
        return;
    };
    let Some(version) = properties.get("OpenApiVersion").filter(|_| properties.contains_key(MANAGED)).cloned() else {
        return;
    };
    let text = display(&version);
    if !is_version_3(&text) {
        return;
    }
    let version = if version.as_str().is_some() { version } else { node!(version.span, text) };
    properties.insert_at(
        "OpenApiVersion",
        properties.key_span("OpenApiVersion").unwrap_or(version.span),
        version.clone(),
    );
    if let Some(body) = properties.get_mut("DefinitionBody").and_then(Node::as_map_mut) {
        body.insert_at("openapi", made(version.span), version);
        if body.get("swagger").is_some_and(truthy) {
            body.remove("swagger");
        }
    }
}

/// `3.0`, `3.0.1` and the like.
fn is_version_3(text: &str) -> bool {
    let bytes = text.strip_suffix('\n').unwrap_or(text).as_bytes();
    let part = |at: usize| bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
    bytes.first() == Some(&b'3') && part(1) && (bytes.len() == 3 || (bytes.len() == 5 && part(3)))
}
