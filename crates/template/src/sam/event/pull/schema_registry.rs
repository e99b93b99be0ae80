//! `SchemaRegistryConfig` of Kafka sources.

use super::super::Event;
use super::statement;
use crate::sam::error::Fault;
use crate::sam::expect::{Owner, expect};
use crate::sam::make::{node, sub};
use crate::sam::python::truthy;
use crate::sam::translation::Translation;
use crate::{Map, Node};

/// Replaces parameters in the URI of the registry, as AWS's translator does to see its name: on a copy of the function
/// itself, but not of the lists in it.
pub(super) fn resolve_uri(event: &mut Event, t: &Translation<'_>) -> Result<(), Fault> {
    let config = event.properties.get_mut("SchemaRegistryConfig").and_then(Node::as_map_mut);
    let Some(uri) = config.and_then(|config| config.get_mut("SchemaRegistryURI")) else { return Ok(()) };
    let mut resolved = uri.clone();
    t.resolver.resolve_below(&mut resolved)?;
    for (key, value) in uri.as_map_mut().into_iter().flat_map(Map::iter_mut).filter(|(_, v)| v.as_list().is_some()) {
        *value = resolved.get(key).cloned().unwrap_or_default();
    }
    Ok(())
}

/// The statements a function needs to read from the registry.
pub(super) fn statements(event: &Event, t: &Translation<'_>) -> Result<Vec<Node>, Fault> {
    let Some(config) = event.truthy("SchemaRegistryConfig") else { return Ok(Vec::new()) };
    check(event, config)?;
    let mut statements = Vec::new();
    for access in config.get("AccessConfigs").and_then(Node::as_list).unwrap_or_default() {
        if let Some(uri) = access.get("URI") {
            statements.push(statement(event, &["secretsmanager:GetSecretValue"], uri));
        }
    }
    let Some(uri) = config.get("SchemaRegistryURI") else { return Ok(statements) };
    let arn =
        if uri.as_map().is_some() { t.resolver.resolved(uri)?.get("Fn::Sub").cloned() } else { Some(uri.clone()) };
    let arn = arn.as_ref().and_then(Node::as_str).unwrap_or_default();
    if let Some(name) = registry_name(arn) {
        statements.push(statement(event, &["glue:GetRegistry"], uri));
        let schemas = format!("arn:${{AWS::Partition}}:glue:${{AWS::Region}}:${{AWS::AccountId}}:schema/{name}/*");
        let schemas = node!(event.span, [sub(event.span, schemas)]);
        statements.push(statement(event, &["glue:GetSchemaVersion"], &schemas));
    }
    Ok(statements)
}

fn check(event: &Event, config: &Node) -> Result<(), Fault> {
    expect(Some(config), Owner::Event(&event.name), "SchemaRegistryConfig").map()?;
    let fault = |message: &str| Err(event.fault(message).at(config.span));
    for field in ["SchemaRegistryURI", "EventRecordFormat", "SchemaValidationConfigs"] {
        if config.get(field).is_none() {
            return fault(&format!("Missing required field {field} in SchemaRegistryConfig"));
        }
    }
    if !matches!(config.get("EventRecordFormat").and_then(Node::as_str), Some("JSON" | "SOURCE")) {
        return fault("EventRecordFormat in SchemaRegistryConfig must be either 'JSON' or 'SOURCE'");
    }
    if config.get("SchemaValidationConfigs").is_none_or(|configs| configs.as_list().is_none()) {
        return fault("SchemaValidationConfigs must be a list");
    }
    let Some(access) = config.get("AccessConfigs").filter(|access| truthy(access)) else { return Ok(()) };
    let Some(list) = access.as_list() else {
        return fault("AccessConfigs in SchemaRegistryConfig must be a list");
    };
    let is_complete = |access: &Node| access.get("Type").is_some() && access.get("URI").is_some();
    if !list.iter().all(is_complete) {
        return fault("Each AccessConfig must be a dict with 'Type' and 'URI' fields");
    }
    Ok(())
}

/// The name in the ARN of a Glue registry.
fn registry_name(arn: &str) -> Option<&str> {
    if !arn.starts_with("arn") {
        return None;
    }
    arn.split(':').nth(5)?.strip_prefix("registry/")
}
