//! The definition of a REST API: what the properties of the API add to it, in the order of AWS's translator. The order
//! shows in the ids of deployments.

use super::{Api, auth, gateway_response, open_api};
use crate::sam::error::Fault;
use crate::sam::intrinsic::is_intrinsic;
use crate::sam::make::{made, node};
use crate::sam::openapi::edit;
use crate::sam::openapi::swagger::SwaggerEditor;
use crate::sam::openapi::swagger_cors::Cors;
use crate::{Map, Node};
use std::collections::HashSet;

const EVERY_ORIGIN: &str = "'*'";

/// Completes the definition.
pub(super) fn complete(api: &mut Api<'_>) -> Result<(), Fault> {
    add_cors(api)?;
    auth::add(api)?;
    gateway_response::add(api)?;
    add_binary_media_types(api)?;
    add_models(api)?;
    add_endpoint(api)
}

impl Api<'_> {
    pub(super) fn fault(&self, message: impl Into<String>) -> Fault {
        self.sam.fault(message)
    }

    /// Changes the definition; the API must have one.
    pub(super) fn edit<T>(&mut self, change: impl FnOnce(&mut SwaggerEditor) -> Result<T, Fault>) -> Result<T, Fault> {
        let mut none = Node::default();
        edit(self.body.as_mut().unwrap_or(&mut none), change)
    }

    /// A fault unless the definition is there and can be edited; `subject` is what needs it.
    pub(super) fn require_body(&self, subject: &str, purpose: &str) -> Result<(), Fault> {
        let Some(body) = &self.body else {
            return Err(
                self.fault(format!("{subject} works only with inline Swagger specified in 'DefinitionBody' property."))
            );
        };
        if SwaggerEditor::is_valid(body) {
            return Ok(());
        }
        Err(self.fault(format!(
            "Unable to add {purpose} because 'DefinitionBody' does not contain a valid Swagger definition."
        )))
    }
}

fn add_cors(api: &mut Api<'_>) -> Result<(), Fault> {
    let Some(property) = api.sam.truthy("Cors") else { return Ok(()) };
    if api.body.is_none() {
        return api.require_body("Cors", "");
    }
    let cors = read_cors(api, property)?;
    api.require_body("Cors", "Cors configuration")?;
    if cors.allow_credentials && cors.allow_origin.as_ref().and_then(Node::as_str) == Some(EVERY_ORIGIN) {
        return Err(api.fault(
            "Unable to add Cors configuration because 'AllowCredentials' can not be true when 'AllowOrigin' is \
             \"'*'\" or not set",
        ));
    }
    let id = api.sam.logical_id.clone();
    api.edit(|editor| {
        // API Gateway takes paths that differ in a slash at the end for the same one.
        let mut done = HashSet::new();
        for path in editor.paths() {
            let normal = if path == "/" { "/" } else { path.trim_end_matches('/') };
            if done.insert(normal.to_owned()) {
                editor.add_cors(&path, &cors).map_err(|fault| of_resource(fault, &id))?;
            }
        }
        Ok(())
    })
}

/// The same fault told as one of the resource, if it is not fatal.
fn of_resource(fault: Fault, id: &str) -> Fault {
    match fault {
        Fault::One(cause) => Fault::resource(id, cause.message()),
        fatal @ Fault::Document(_) => fatal,
    }
}

fn read_cors(api: &Api<'_>, property: &Node) -> Result<Cors, Fault> {
    let span = property.span;
    let every = node!(made(span), EVERY_ORIGIN);
    if property.as_str().is_some() || is_intrinsic(property) {
        return Ok(Cors { allow_origin: Some(property.clone()), span, ..Cors::default() });
    }
    let Some(map) = property.as_map() else {
        return Err(api.fault("Invalid value for 'Cors' property").at(span));
    };
    const KEYS: [&str; 5] = ["AllowMethods", "AllowHeaders", "AllowOrigin", "MaxAge", "AllowCredentials"];
    for (key, entry) in map.python_entries() {
        if !KEYS.contains(&key) {
            return Err(api.fault(format!("Invalid key '{key}' for 'Cors' property.")).at(entry.key_span));
        }
    }
    let get = |key: &str| map.get(key).filter(|value| !value.is_null()).cloned();
    Ok(Cors {
        allow_origin: if map.contains_key("AllowOrigin") { get("AllowOrigin") } else { Some(every) },
        allow_headers: get("AllowHeaders"),
        allow_methods: get("AllowMethods"),
        max_age: get("MaxAge"),
        allow_credentials: map.get("AllowCredentials").and_then(Node::as_bool) == Some(true),
        span,
    })
}

fn add_binary_media_types(api: &mut Api<'_>) -> Result<(), Fault> {
    match api.sam.truthy("BinaryMediaTypes") {
        Some(types) if api.body.is_some() => api.edit(|editor| {
            editor.add_binary_media_types(types);
            Ok(())
        }),
        _ => Ok(()),
    }
}

fn add_models(api: &mut Api<'_>) -> Result<(), Fault> {
    let Some(property) = api.sam.truthy("Models") else { return Ok(()) };
    api.require_body("Models", "Models definitions")?;
    let models = property.as_map().filter(|models| models.iter().all(|(_, model)| model.as_map().is_some()));
    let models: &Map = models.ok_or_else(|| api.fault("Invalid value for 'Models' property").at(property.span))?;
    api.edit(|editor| editor.add_models(models))?;
    open_api::postprocess_body(api)
}

fn add_endpoint(api: &mut Api<'_>) -> Result<(), Fault> {
    let Some(disable) = api.sam.get("DisableExecuteApiEndpoint") else { return Ok(()) };
    if api.body.is_none() {
        return Err(api.fault("DisableExecuteApiEndpoint works only within 'DefinitionBody' property."));
    }
    api.edit(|editor| editor.add_disable_execute_api_endpoint_extension(disable))
}
