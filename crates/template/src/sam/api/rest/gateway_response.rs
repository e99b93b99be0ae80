//! `GatewayResponses`: how API Gateway itself answers when it does not come to the backend.

use super::Api;
use crate::sam::error::Fault;
use crate::sam::expect::{Owner, expect};
use crate::sam::intrinsic::is_intrinsic;
use crate::sam::make::{is_made, made};
use crate::sam::python::{display, if_truthy, truthy};
use crate::{Map, Node, Value};

const KEYS: [&str; 3] = ["ResponseParameters", "ResponseTemplates", "StatusCode"];
const PARAMETERS: [(&str, &str); 3] = [("Headers", "header."), ("Paths", "path."), ("QueryStrings", "querystring.")];

/// Adds the gateway responses to the definition.
pub(super) fn add(api: &mut Api<'_>) -> Result<(), Fault> {
    let Some(property) = api.sam.truthy("GatewayResponses") else { return Ok(()) };
    if api.body.is_none() {
        return api.require_body("GatewayResponses", "");
    }
    let Some(all) = property.as_map() else { return Ok(()) };
    check_keys(api, all)?;
    // The sentence is about `Auth` in AWS's translator too.
    api.require_body("GatewayResponses", "Auth configuration")?;
    for (kind, response) in all.python_iter() {
        check(api, kind, response)?;
    }
    let mut responses = Map::tracked();
    for (kind, entry) in all.python_entries() {
        responses.insert_at(kind, entry.key_span, in_definition(api.id(), &entry.node)?);
    }
    api.edit(|editor| {
        editor.add_gateway_responses(responses);
        Ok(())
    })
}

fn check_keys(api: &Api<'_>, all: &Map) -> Result<(), Fault> {
    for (kind, response) in all.python_iter() {
        if is_intrinsic(response) {
            let message = "Unable to set GatewayResponses attribute because intrinsic functions are not supported for \
                           this field.";
            return Err(api.fault(message).at(response.span));
        }
        let Some(map) = response.as_map() else {
            let message = format!(
                "Invalid property type '{}' for GatewayResponses. Expected an object of type 'GatewayResponse'.",
                type_name(response)
            );
            return Err(api.fault(message).at(response.span));
        };
        for (key, entry) in map.python_entries() {
            if !KEYS.contains(&key) {
                let message = format!("Invalid property '{key}' in 'GatewayResponses' property '{kind}'.");
                return Err(api.fault(message).at(entry.key_span));
            }
        }
    }
    Ok(())
}

/// The name of the type of a value that the translator keeps as Python 2.7 did.
fn type_name(node: &Node) -> &'static str {
    match &node.value {
        Value::String(_) => "Py27UniStr",
        Value::Map(_) => "Py27Dict",
        Value::Number(_) if node.as_int().is_some_and(|n| n > i128::from(i64::MAX)) => "Py27LongInt",
        _ => crate::sam::python::type_name(node),
    }
}

fn check(api: &Api<'_>, kind: &str, response: &Node) -> Result<(), Fault> {
    if let Some(parameters) = if_truthy(response.get("ResponseParameters")) {
        let path = format!("GatewayResponses.{kind}.ResponseParameters");
        let parameters = expect(Some(parameters), Owner::Resource(api.id()), &path).map()?;
        for (key, entry) in parameters.python_entries() {
            if !PARAMETERS.iter().any(|(name, _)| *name == key) {
                return Err(api.fault(format!("Invalid gateway response parameter '{key}'")).at(entry.key_span));
            }
        }
    }
    match if_truthy(response.get("StatusCode")) {
        Some(code) if !is_status_code(&display(code)) => {
            Err(api.fault("Property 'StatusCode' must be numeric").at(code.span))
        }
        _ => Ok(()),
    }
}

fn is_status_code(text: &str) -> bool {
    let text = text.strip_suffix('\n').unwrap_or(text);
    (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// A gateway response as it stands in a definition.
fn in_definition(id: &str, response: &Node) -> Result<Node, Fault> {
    let span = made(response.span);
    let mut prefixed = Map::tracked();
    let parameters = if_truthy(response.get("ResponseParameters"));
    for (name, prefix) in PARAMETERS {
        let Some(values) = parameters.and_then(|parameters| parameters.get(name)) else { continue };
        let path = format!("ResponseParameters.{name}");
        let values = expect(Some(values), Owner::Resource(id), &path).map()?;
        for (key, entry) in values.python_entries() {
            let key_span = if is_made(entry.key_span) { span } else { entry.key_span };
            prefixed.insert_at(format!("gatewayresponse.{prefix}{key}"), key_span, entry.node.clone());
        }
    }
    let templates = if_truthy(response.get("ResponseTemplates")).cloned();
    let mut answer = Map::tracked();
    answer.insert_at("responseParameters", span, Node::new(prefixed, span));
    let empty = || Node::new(Map::tracked(), span);
    answer.insert_at("responseTemplates", span, templates.unwrap_or_else(empty));
    if let Some(code) = response.get("StatusCode").filter(|code| !code.is_null()) {
        let code = Node::new(display(code), made(code.span));
        if truthy(&code) {
            answer.insert_at("statusCode", span, code);
        }
    }
    Ok(Node::new(answer, span))
}
