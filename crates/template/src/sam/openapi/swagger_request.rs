//! What REST APIs ask of requests: models, validators and parameters.

use super::definition::{X_INTEGRATION, arrive, dict, is_open_api_3, settled};
use super::swagger::SwaggerEditor;
use crate::sam::error::Fault;
use crate::sam::make::{made, node};
use crate::sam::python::truthy;
use crate::{Map, Node};
use base::Span;

const VALIDATORS: &str = "x-amazon-apigateway-request-validators";

impl SwaggerEditor {
    /// Sets the model of the body of a method: a parameter in Swagger, `requestBody` in OpenAPI 3.
    pub fn add_request_model_to_method(&mut self, path: &str, method: &str, model: &Map) -> Result<(), Fault> {
        let Some(model_name) = model.get("Model") else { return Ok(()) };
        let span = made(model_name.span);
        let name = model_name.as_str().unwrap_or_default().to_lowercase();
        let required = model.get("Required").filter(|required| !required.is_null()).cloned();
        let copies = self.definition.copies;
        let is_swagger = self.definition.get("swagger").is_some_and(|version| !version.is_null());
        let is_open_api = self.definition.get("openapi").filter(|version| truthy(version)).is_some_and(is_open_api_3);
        for definition in self.definition.method_definitions(path, method)? {
            if is_swagger {
                let mut parameter = dict(copies);
                parameter.insert_at("in", span, Node::new("body", span));
                parameter.insert_at("name", span, Node::new(name.as_str(), model_name.span));
                parameter.insert_at("schema", span, node!(span, { "$ref": format!("#/definitions/{name}") }));
                if let Some(required) = &required {
                    parameter.insert_at("required", span, required.clone());
                }
                add_parameters(definition, vec![Node::new(parameter, span)], span);
            } else if is_open_api {
                let schema = format!("#/components/schemas/{name}");
                let mut body = node!(span, { "content": { "application/json": { "schema": { "$ref": schema } } } });
                if let (Some(required), Some(body)) = (&required, body.as_map_mut()) {
                    body.insert_at("required", span, required.clone());
                }
                arrive(&mut body, copies);
                definition.insert_at("requestBody", span, body);
            }
        }
        Ok(())
    }

    /// Sets the validator of a method, and declares it unless it is declared.
    pub fn add_request_validator_to_method(
        &mut self,
        path: &str,
        method: &str,
        body: bool,
        parameters: bool,
        span: Span,
    ) -> Result<(), Fault> {
        let span = made(span);
        let copies = self.definition.copies;
        let name = match (body, parameters) {
            (true, true) => "body-and-params",
            (true, false) => "body-only",
            (false, true) => "params-only",
            (false, false) => "no-validation",
        };
        if !self.definition.get(VALIDATORS).is_some_and(truthy) {
            self.definition.set(VALIDATORS, Node::new(dict(copies), span));
        }
        let validators = self.definition.get_mut(VALIDATORS).and_then(|validators| settled(validators, copies));
        if let Some(validators) = validators.filter(|validators| !validators.get(name).is_some_and(truthy)) {
            let mut validator = dict(copies);
            validator.insert_at("validateRequestBody", span, Node::new(body, span));
            validator.insert_at("validateRequestParameters", span, Node::new(parameters, span));
            update(validators, name, Node::new(validator, span), span);
        }
        for definition in self.definition.method_definitions(path, method)? {
            update(definition, "x-amazon-apigateway-request-validator", Node::new(name, span), span);
        }
        Ok(())
    }

    /// Adds parameters, each a mapping with `Name`, `Required` and `Caching`, to a method. Names begin with
    /// `method.request.`, a location and a dot.
    pub fn add_request_parameters_to_method(
        &mut self,
        path: &str,
        method: &str,
        parameters: &[Node],
    ) -> Result<(), Fault> {
        let copies = self.definition.copies;
        for definition in self.definition.method_definitions(path, method)? {
            let mut new = Vec::new();
            let mut cached = Vec::new();
            for parameter in parameters {
                let Some(name) = parameter.get("Name") else { continue };
                let text = name.as_str().unwrap_or_default().replace("method.request.", "");
                let (location, rest) = text.split_once('.').unwrap_or((&text, ""));
                let span = made(name.span);
                let location = match location {
                    "querystring" => Node::new("query", span),
                    other => Node::new(other, name.span),
                };
                let mut made_parameter = dict(copies);
                made_parameter.insert_at("in", span, location);
                made_parameter.insert_at("name", span, Node::new(rest, name.span));
                let required = parameter.get("Required").cloned();
                made_parameter.insert_at("required", span, required.unwrap_or_else(|| Node::new(false, span)));
                made_parameter.insert_at("type", span, Node::new("string", span));
                new.push(Node::new(made_parameter, span));
                if parameter.get("Caching").is_some_and(truthy) {
                    cached.push(name.clone());
                }
            }
            add_cache_keys(definition, cached, copies);
            let span = parameters.first().map_or(made(Span::default()), |parameter| made(parameter.span));
            add_parameters(definition, new, span);
        }
        Ok(())
    }
}

/// `map.update({key: value})`.
fn update(map: &mut Map, key: &str, value: Node, span: Span) {
    let mut new = Map::new();
    new.insert_at(key, span, value);
    map.python_update(new);
}

fn add_parameters(definition: &mut Map, new: Vec<Node>, span: Span) {
    match definition.get_mut("parameters").and_then(Node::as_list_mut) {
        Some(there) => there.extend(new),
        None => _ = definition.insert_at("parameters", span, Node::new(new, span)),
    }
}

fn add_cache_keys(definition: &mut Map, names: Vec<Node>, copies: u32) {
    let Some(integration) = definition.get_mut(X_INTEGRATION).and_then(|node| settled(node, copies)) else { return };
    let Some(span) = names.first().map(|name| made(name.span)) else { return };
    match integration.get_mut("cacheKeyParameters").and_then(Node::as_list_mut) {
        Some(there) => there.extend(names),
        None => _ = integration.insert_at("cacheKeyParameters", span, Node::new(names, span)),
    }
}
