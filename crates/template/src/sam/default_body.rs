//! Gives APIs without a definition an empty one, to which events then add their paths.

use super::make::{made, node};
use super::openapi::openapi3::OpenApiEditor;
use super::openapi::swagger::SwaggerEditor;
use super::python::truthy;
use crate::{Map, Node};

/// The property that marks a definition as made by the transform.
pub const MANAGED: &str = "__MANAGE_SWAGGER";

/// Adds the definitions.
pub fn add(template: &mut Map) {
    let Some(resources) = template.get_mut("Resources").and_then(Node::as_map_mut) else { return };
    let tracked = resources.is_tracked();
    for (_, resource) in resources.iter_mut() {
        let span = resource.span;
        let is_http = match resource.get("Type").and_then(Node::as_str) {
            Some("AWS::Serverless::Api") => false,
            Some("AWS::Serverless::HttpApi") => true,
            _ => continue,
        };
        let Some(resource) = resource.as_map_mut() else { continue };
        if !resource.contains_key("Properties") {
            // A REST API needs a stage name, so one without properties is a fault, and stays as it is.
            if !is_http {
                continue;
            }
            resource.insert_at("Properties", made(span), node!(span, {}));
        }
        let Some(properties) = resource.get_mut("Properties").and_then(Node::as_map_mut) else { continue };
        if ["DefinitionBody", "DefinitionUri"].iter().any(|name| properties.get(name).is_some_and(truthy)) {
            continue;
        }
        let skeleton = if is_http { OpenApiEditor::skeleton(span, tracked) } else { SwaggerEditor::skeleton(span) };
        properties.insert_at("DefinitionBody", made(span), skeleton);
        properties.insert_at(MANAGED, made(span), node!(span, true));
    }
}
