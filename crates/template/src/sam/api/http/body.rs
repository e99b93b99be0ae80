//! The definition of an HTTP API: what the properties of the API add to it.

use super::{Api, DEFAULT_STAGE, authorizer};
use crate::sam::error::Fault;
use crate::sam::intrinsic::is_intrinsic;
use crate::sam::make::{made, node};
use crate::sam::openapi::edit;
use crate::sam::openapi::openapi3::{OpenApiEditor, default_title};
use crate::sam::openapi::openapi3_cors::HttpCors;
use crate::sam::python::{if_truthy, truthy};
use crate::{Map, Node};

/// The tag that says who made an HTTP API.
pub(super) const TAG: &str = "httpapi:createdBy";

/// Completes the definition.
pub(super) fn complete(api: &mut Api<'_>) -> Result<(), Fault> {
    add_cors(api)?;
    authorizer::add(api)?;
    add_tags(api)?;
    add_endpoint(api)?;
    add_title(api)?;
    add_description(api)?;
    rename_default_path(api);
    Ok(())
}

impl Api<'_> {
    pub(super) fn fault(&self, message: impl Into<String>) -> Fault {
        self.sam.fault(message)
    }

    pub(super) fn edit<T>(&mut self, change: impl FnOnce(&mut OpenApiEditor) -> Result<T, Fault>) -> Result<T, Fault> {
        let mut none = Node::default();
        edit(self.body.as_mut().unwrap_or(&mut none), change)
    }

    pub(super) fn has_valid_body(&self) -> bool {
        self.body.as_ref().is_some_and(OpenApiEditor::is_valid)
    }
}

fn add_cors(api: &mut Api<'_>) -> Result<(), Fault> {
    let Some(property) = api.sam.truthy("CorsConfiguration") else { return Ok(()) };
    if api.body.is_none() {
        return Err(api.fault("Cors works only with inline OpenApi specified in 'DefinitionBody' property."));
    }
    let cors = read_cors(api, property)?;
    if !api.has_valid_body() {
        return Err(api.fault(
            "Unable to add Cors configuration because 'DefinitionBody' does not contain a valid OpenApi definition.",
        ));
    }
    let everyone = node!(property.span, ["*"]);
    let with_credentials = cors.allow_credentials.as_ref().and_then(Node::as_bool) == Some(true);
    if with_credentials && cors.allow_origins.as_ref() == Some(&everyone) {
        return Err(api.fault(
            "Unable to add Cors configuration because 'AllowCredentials' can not be true when 'AllowOrigin' is \
             \"'*'\" or not set.",
        ));
    }
    api.edit(|editor| editor.add_cors(&cors))
}

fn read_cors(api: &Api<'_>, property: &Node) -> Result<HttpCors, Fault> {
    if property.as_bool().is_some() {
        return Ok(HttpCors { allow_origins: Some(node!(property.span, ["*"])), ..HttpCors::default() });
    }
    if is_intrinsic(property) {
        return Ok(HttpCors { allow_origins: Some(property.clone()), ..HttpCors::default() });
    }
    let Some(map) = property.as_map() else {
        return Err(api.fault("Invalid value for 'Cors' property.").at(property.span));
    };
    const KEYS: [&str; 6] =
        ["AllowMethods", "AllowHeaders", "AllowOrigins", "MaxAge", "ExposeHeaders", "AllowCredentials"];
    for (key, entry) in map.python_entries() {
        if !KEYS.contains(&key) {
            return Err(api.fault(format!("Invalid key '{key}' for 'Cors' property.")).at(entry.key_span));
        }
    }
    let get = |key: &str| map.get(key).filter(|value| !value.is_null()).cloned();
    Ok(HttpCors {
        allow_origins: get("AllowOrigins"),
        allow_headers: get("AllowHeaders"),
        allow_methods: get("AllowMethods"),
        expose_headers: get("ExposeHeaders"),
        max_age: get("MaxAge"),
        allow_credentials: get("AllowCredentials"),
    })
}

fn add_tags(api: &mut Api<'_>) -> Result<(), Fault> {
    let given = if_truthy(api.tags.as_ref());
    if given.is_some() && api.body.is_none() {
        let message = "Tags works only with inline OpenApi specified in the 'DefinitionBody' property.";
        return Err(api.fault(message));
    }
    if !api.has_valid_body() {
        return match given.filter(|_| api.body.is_some()) {
            Some(_) => Err(
                api.fault("Unable to add `Tags` because 'DefinitionBody' does not contain a valid OpenApi definition.")
            ),
            None => Ok(()),
        };
    }
    let span = made(api.sam.span);
    let mut tags = given.cloned().unwrap_or_else(|| Node::new(Map::new(), span));
    if let Some(map) = tags.as_map_mut() {
        map.insert_at(TAG, span, node!(span, "SAM"));
        let map = map.clone();
        api.edit(|editor| editor.add_tags(&map))?;
    }
    api.tags = Some(tags);
    Ok(())
}

fn add_endpoint(api: &mut Api<'_>) -> Result<(), Fault> {
    let Some(disable) = api.sam.get("DisableExecuteApiEndpoint") else { return Ok(()) };
    if api.body.is_none() {
        return Err(api.fault("DisableExecuteApiEndpoint works only within 'DefinitionBody' property."));
    }
    api.edit(|editor| editor.add_endpoint_config(disable))
}

fn add_title(api: &mut Api<'_>) -> Result<(), Fault> {
    let Some(name) = api.sam.truthy("Name") else { return Ok(()) };
    let Some(body) = &api.body else {
        let message = "Name works only with inline OpenApi specified in the 'DefinitionBody' property.";
        return Err(api.fault(message));
    };
    let title = info(body, "title").map_err(|why| api.fault(format!("Invalid 'DefinitionBody': {why}.")))?;
    if title != Some(&default_title(name.span)) {
        return Err(api.fault(
            "Unable to set Name because it is already defined within inline OpenAPI specified in the 'DefinitionBody' \
             property.",
        ));
    }
    api.edit(|editor| {
        editor.add_title(name);
        Ok(())
    })
}

fn add_description(api: &mut Api<'_>) -> Result<(), Fault> {
    let Some(description) = api.sam.truthy("Description") else { return Ok(()) };
    let Some(body) = &api.body else {
        let message = "Description works only with inline OpenApi specified in the 'DefinitionBody' property.";
        return Err(api.fault(message));
    };
    // The quote at the end is in the sentence of AWS's translator.
    let there = info(body, "description").map_err(|why| api.fault(format!("Invalid 'DefinitionBody': {why}'.")))?;
    if there.is_some_and(truthy) {
        return Err(api.fault(
            "Unable to set Description because it is already defined within inline OpenAPI specified in the \
             'DefinitionBody' property.",
        ));
    }
    api.edit(|editor| {
        editor.add_description(description);
        Ok(())
    })
}

/// A member of `info`; the sentence that tells what is no mapping otherwise.
fn info<'a>(body: &'a Node, key: &str) -> Result<Option<&'a Node>, &'static str> {
    let Some(body) = body.as_map() else { return Err("It should be a map") };
    match body.get("info").filter(|info| !info.is_null()) {
        None => Ok(None),
        Some(info) => Ok(info.as_map().ok_or("The value of 'info' should be a map")?.get(key)),
    }
}

/// `$default` is no path for an import that fails on warnings.
fn rename_default_path(api: &mut Api<'_>) {
    if api.sam.truthy("FailOnWarnings").is_none() {
        return;
    }
    let paths = api.body.as_mut().and_then(|body| body.as_map_mut()?.get_mut("paths")?.as_map_mut());
    let Some(paths) = paths else { return };
    if let Some(item) = paths.remove(DEFAULT_STAGE) {
        paths.insert_at(format!("/{DEFAULT_STAGE}"), made(item.span), item);
    }
}
