//! What becomes of a definition under OpenAPI 3: Swagger's members move into `components`, and the `OPTIONS` methods
//! that CORS made lose what OpenAPI 3 does not know.

use super::Api;
use crate::sam::error::Fault;
use crate::sam::make::made;
use crate::sam::openapi::is_open_api_3;
use crate::sam::python::truthy;
use crate::{Map, Node};

/// As [`postprocess`], for the definition of the API.
pub(super) fn postprocess_body(api: &mut Api<'_>) -> Result<(), Fault> {
    let Some(mut body) = api.body.take() else { return Ok(()) };
    let result = postprocess(&mut body, api);
    api.body = Some(body);
    result
}

/// Makes OpenAPI 3 of the definition, unless it says that it is Swagger. AWS's translator does this after each of
/// several steps, and so wraps the headers of an answer once more each time.
///
/// # Errors
/// The definition is no mapping somewhere where it has to be one.
pub(super) fn postprocess(body: &mut Node, api: &Api<'_>) -> Result<(), Fault> {
    let copies = body.as_map().map_or(0, Map::copies);
    let Some(root) = body.as_map_mut() else { return Ok(()) };
    if present(root, "swagger").is_some() {
        return Ok(());
    }
    let asked = api.sam.get("OpenApiVersion");
    let own = present(root, "openapi");
    let version = match root.get("openapi") {
        Some(own) if api.own_version_counts => Some(own),
        None if api.own_version_counts => asked,
        _ if asked.is_none() => own,
        _ => asked,
    };
    if !version.filter(|version| truthy(version)).is_some_and(is_open_api_3) {
        return Ok(());
    }
    move_to_components(root, "securityDefinitions", "securitySchemes", copies);
    move_to_components(root, "definitions", "schemas", copies);
    let Some(paths) = root.get_mut("paths").filter(|paths| truthy(paths)) else { return Ok(()) };
    let span = paths.span;
    let Some(paths) = paths.as_map_mut() else {
        return Err(Fault::document("Value of paths must be a dictionary according to Swagger spec.").at(span));
    };
    for path in paths.python_keys() {
        if let Some(item) = paths.get_mut(&path) {
            fix_options(&path, item, copies)?;
        }
    }
    Ok(())
}

fn present<'a>(map: &'a Map, key: &str) -> Option<&'a Node> {
    map.get(key).filter(|value| !value.is_null())
}

fn move_to_components(root: &mut Map, from: &str, to: &str, copies: u32) {
    if !root.get(from).is_some_and(truthy) {
        return;
    }
    let Some(moved) = root.get(from).cloned() else { return };
    let span = made(moved.span);
    if !root.get("components").is_some_and(truthy) {
        let mut components = Map::tracked();
        components.track(copies);
        root.insert_at("components", span, Node::new(components, span));
    }
    if let Some(components) = root.get_mut("components").and_then(Node::as_map_mut) {
        components.settle(copies);
        components.insert_at(to, span, moved);
    }
    root.remove(from);
}

/// Takes `produces` and `consumes` out of an `OPTIONS` method and wraps the headers of its answer in `schema`.
fn fix_options(path: &str, item: &mut Node, copies: u32) -> Result<(), Fault> {
    let span = item.span;
    let Some(item) = item.as_map_mut() else {
        let message = format!("Value of '{path}' path must be a dictionary according to Swagger spec.");
        return Err(Fault::document(message).at(span));
    };
    let Some(options) = item.get_mut("options").filter(|options| truthy(options)) else { return Ok(()) };
    let span = options.span;
    let Some(options) = options.as_map_mut() else {
        let message =
            format!("Value of options method for path {path} must be a dictionary according to Swagger spec.");
        return Err(Fault::document(message).at(span));
    };
    options.settle(copies);
    options.remove("produces");
    options.remove("consumes");
    let Some(responses) = options.get_mut("responses") else { return Ok(()) };
    match headers(responses).map_err(|why| {
        Fault::document(format!("Invalid responses in options method for path {path}: {why}.")).at(span)
    })? {
        None => Ok(()),
        Some(headers) => wrap_headers(path, headers, copies),
    }
}

/// `200.headers`, if there are some; the sentence that tells what is no mapping otherwise.
fn headers(responses: &mut Node) -> Result<Option<&mut Node>, &'static str> {
    if responses.is_null() {
        return Ok(None);
    }
    let responses = responses.as_map_mut().ok_or("It should be a map")?;
    let Some(ok) = responses.get_mut("200").filter(|ok| !ok.is_null()) else { return Ok(None) };
    let ok = ok.as_map_mut().ok_or("The value of '200' should be a map")?;
    Ok(ok.get_mut("headers").filter(|headers| truthy(headers)))
}

fn wrap_headers(path: &str, headers: &mut Node, copies: u32) -> Result<(), Fault> {
    let span = headers.span;
    let Some(headers) = headers.as_map_mut() else {
        let message = format!(
            "Value of response's headers in options method for path {path} must be a dictionary according to Swagger \
             spec."
        );
        return Err(Fault::document(message).at(span));
    };
    for (_, header) in headers.iter_mut() {
        let span = made(header.span);
        let mut wrapped = Map::tracked();
        wrapped.track(copies);
        wrapped.insert_at("schema", span, std::mem::take(header));
        *header = Node::new(wrapped, span);
    }
    Ok(())
}
