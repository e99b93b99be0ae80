//! `Api` of a state machine: a method of a REST API that starts it.

use super::api::{link, rest_api};
use super::api_auth::MethodAuth;
use super::cloud_watch_event::rule_role;
use super::{Event, EventKind, Target};
use crate::sam::cfn::Resource;
use crate::sam::default_body::MANAGED;
use crate::sam::error::Fault;
use crate::sam::make::{node, sub};
use crate::sam::openapi::edit;
use crate::sam::openapi::swagger::{StateMachineIntegration, SwaggerEditor};
use crate::sam::property::{Property, Shape};
use crate::sam::python::truthy;
use crate::sam::translation::Translation;
use crate::{Map, Node};

/// The event source.
pub static KIND: EventKind = EventKind {
    name: "Api",
    properties: &[
        Property::new("Path", Shape::Str).required(),
        Property::new("Method", Shape::Str).required(),
        Property::new("RestApiId", Shape::Str).required(),
        Property::new("Stage", Shape::Str),
        Property::new("Auth", Shape::Map),
        Property::new("UnescapeMappingTemplate", Shape::Bool).literal(),
    ],
    link,
    translate,
};

fn translate(event: &mut Event, target: &mut Target<'_>, t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    let api = rest_api(event, t)?;
    let role = rule_role(event, target, "apigateway.amazonaws.com")?;
    t.with_api(&api.id, |properties, t| {
        if properties.get(MANAGED).is_some_and(truthy) {
            write(event, target, &api.id, properties, &role, t)?;
        }
        Ok(vec![role])
    })
}

fn write(
    event: &Event,
    target: &Target<'_>,
    api_id: &str,
    api: &mut Map,
    role: &Resource,
    t: &Translation<'_>,
) -> Result<(), Fault> {
    let text = |name: &str| event.get(name).and_then(Node::as_str).unwrap_or_default();
    let (path, method) = (text("Path"), text("Method").to_lowercase());
    let auth = event.truthy("Auth").and_then(Node::as_map);
    let api_auth = match (auth, api.get_mut("Auth").filter(|auth| !auth.is_null())) {
        (Some(_), Some(api_auth)) => Some(match t.resolver.resolve_below(api_auth)? {
            Some(resolved) => resolved,
            None => api_auth.clone(),
        }),
        _ => None,
    };
    let Some(body) = api.get_mut("DefinitionBody").filter(|body| !body.is_null()) else { return Ok(()) };
    edit(body, |editor: &mut SwaggerEditor| {
        if editor.has_integration(path, &method)? {
            let message = format!("API method \"{method}\" defined multiple times for path \"{path}\".");
            return Err(event.fault(message));
        }
        editor.add_state_machine_integration(StateMachineIntegration {
            path,
            method: &method,
            key_spans: event.key_spans(),
            uri: sub(event.span, "arn:${AWS::Partition}:apigateway:${AWS::Region}:states:action/StartExecution"),
            credentials: role.get_att("Arn"),
            request_templates: Some(request_template(event, target)),
            condition: target.attributes.get("Condition"),
            span: event.span,
        })?;
        let Some(auth) = auth else { return Ok(()) };
        let method_auth = MethodAuth {
            event: &event.name,
            api_id,
            auth,
            api_auth: api_auth.as_ref(),
            path,
            method: &method,
            stage: event.get("Stage"),
        };
        method_auth.add_to(editor)
    })
}

/// The request that API Gateway sends: the body as input, with quotes escaped twice or once.
fn request_template(event: &Event, target: &Target<'_>) -> Node {
    let input = if event.truthy("UnescapeMappingTemplate").is_some() {
        r#"$util.escapeJavaScript($input.json('$')).replaceAll("\\'","'")"#
    } else {
        "$util.escapeJavaScript($input.json('$'))"
    };
    let text = format!("{{\"input\": \"{input}\", \"stateMachineArn\": \"${{{}}}\"}}", target.logical_id);
    node!(event.span, { "application/json": sub(event.span, text) })
}
