//! A route of a WebSocket API: the route, its integration with a function, and the permission to invoke it.

use super::auth;
use crate::sam::api::PERMISSION;
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::make::{join, made, node, reference, sub, sub_with};
use crate::sam::python::truthy;
use crate::sam::translation::SamResource;
use crate::{Entry, Node};

static ROUTE: CfnType = CfnType::new(
    "AWS::ApiGatewayV2::Route",
    &[
        "ApiId",
        "ApiKeyRequired",
        "AuthorizationType",
        "AuthorizerId",
        "ModelSelectionExpression",
        "OperationName",
        "RequestModels",
        "RequestParameters",
        "RouteKey",
        "RouteResponseSelectionExpression",
        "Target",
    ],
);
static INTEGRATION: CfnType =
    CfnType::new("AWS::ApiGatewayV2::Integration", &["ApiId", "IntegrationType", "IntegrationUri", "TimeoutInMillis"]);

/// What a route is made of.
pub(super) struct Route {
    pub(super) route: Resource,
    pub(super) integration: Resource,
    pub(super) permission: Resource,
    pub(super) authorizer: Option<Resource>,
}

/// Makes the route `key`.
pub(super) fn construct(sam: &SamResource, key: &str, entry: &Entry, stage: &Node) -> Result<Route, Fault> {
    let base = format!("{}{}", sam.logical_id, letters(sam, key, entry)?);
    let integration_id = format!("{base}Integration");
    let mut route = route(sam, key, entry, format!("{base}Route"), &integration_id)?;
    let authorizer = auth::set(sam, key, &mut route)?;
    let Some(function) = entry.node.get("FunctionArn") else {
        return Err(sam.fault("Route must have associated function.").at(entry.node.span));
    };
    let integration = integration(sam, entry, integration_id, function)?;
    let permission = permission(sam, key, format!("{base}Permission"), function, stage)?;
    Ok(Route { route, integration, permission, authorizer })
}

/// The key as a part of logical ids.
fn letters(sam: &SamResource, key: &str, entry: &Entry) -> Result<String, Fault> {
    let bare = match key {
        "$connect" | "$disconnect" | "$default" => &key[1..],
        _ if !key.is_empty() && key.chars().all(char::is_alphanumeric) => key,
        _ => {
            let message = format!(
                "Route key '{key}' must be alphanumeric. Only $connect, $disconnect, and $default special routes are \
                 supported."
            );
            return Err(sam.fault(message).at(entry.key_span));
        }
    };
    let mut chars = bare.chars();
    let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    Ok(first + &chars.as_str().to_lowercase())
}

fn route(sam: &SamResource, key: &str, entry: &Entry, id: String, integration_id: &str) -> Result<Resource, Fault> {
    let span = made(entry.key_span);
    let mut route = Resource::new(&ROUTE, id, span)?;
    route.set("RouteKey", node!(entry.key_span, key));
    route.set("ApiId", reference(span, &sam.logical_id));
    for name in [
        "ApiKeyRequired",
        "ModelSelectionExpression",
        "OperationName",
        "RequestModels",
        "RouteResponseSelectionExpression",
    ] {
        route.set(name, entry.node.get(name).cloned());
    }
    if let Some(parameters) = entry.node.get("RequestParameters").filter(|parameters| truthy(parameters)) {
        if key != "$connect" {
            let message = "Request parameters are only supported for the $connect route in WebSocket APIs.";
            return Err(sam.fault(message).at(parameters.span));
        }
        route.set("RequestParameters", parameters.clone());
    }
    let target = vec![node!(span, "integrations"), reference(span, integration_id)];
    route.set("Target", join(span, "/", target));
    Ok(route)
}

fn integration(sam: &SamResource, entry: &Entry, id: String, function: &Node) -> Result<Resource, Fault> {
    let span = made(entry.key_span);
    let uri =
        "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${FunctionArn}/invocations";
    let mut integration = Resource::new(&INTEGRATION, id, span)?;
    integration.set("ApiId", reference(span, &sam.logical_id));
    integration.set("IntegrationType", node!(span, "AWS_PROXY"));
    integration.set("IntegrationUri", sub_with(span, uri, node!(span, { "FunctionArn": function })));
    integration.set("TimeoutInMillis", entry.node.get("IntegrationTimeout").cloned());
    Ok(integration)
}

fn permission(sam: &SamResource, key: &str, id: String, function: &Node, stage: &Node) -> Result<Resource, Fault> {
    let span = made(function.span);
    let api = format!(
        "arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{{}.ApiId}}",
        sam.logical_id
    );
    let source = match stage.as_str() {
        Some(stage) => sub(span, format!("{api}/{stage}/{key}")),
        None => {
            let text = format!("{api}/${{__StageName__}}/{key}");
            sub_with(span, text, node!(span, { "__StageName__": stage }))
        }
    };
    let mut permission = Resource::new(&PERMISSION, id, span)?;
    permission.set("Action", node!(span, "lambda:InvokeFunction"));
    permission.set("FunctionName", function.clone());
    permission.set("Principal", node!(span, "apigateway.amazonaws.com"));
    permission.set("SourceArn", source);
    Ok(permission)
}
