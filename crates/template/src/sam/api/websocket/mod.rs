//! `AWS::Serverless::WebSocketApi`: a WebSocket API of API Gateway with its routes, stage and domain.

mod auth;
mod route;

use super::v2_domain;
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::intrinsic::is_intrinsic;
use crate::sam::make::{made, node, reference};
use crate::sam::property::{Property, STR_OR_MAP, Shape};
use crate::sam::python::if_truthy;
use crate::sam::translation::{Phase, ResourceKind, SamResource, Translation};
use crate::{Map, Node};

/// The resource type.
pub static KIND: ResourceKind = ResourceKind {
    name: "AWS::Serverless::WebSocketApi",
    phase: Phase::Apis,
    properties: &[
        Property::new("ApiKeySelectionExpression", Shape::Str),
        Property::new("AccessLogSettings", Shape::Map),
        Property::new("Auth", Shape::Map),
        Property::new("DefaultRouteSettings", Shape::Map),
        Property::new("Description", Shape::Str),
        Property::new("DisableExecuteApiEndpoint", Shape::Bool),
        Property::new("Domain", Shape::Map),
        Property::new("DisableSchemaValidation", Shape::Bool),
        Property::new("FailOnWarnings", Shape::Bool),
        Property::new("IpAddressType", Shape::Str),
        Property::new("Name", Shape::Str),
        Property::new("PropagateTags", Shape::Bool),
        Property::new("Routes", Shape::Map).required(),
        Property::new("RouteSettings", Shape::Map),
        Property::new("RouteSelectionExpression", Shape::Str).required(),
        Property::new("StageName", STR_OR_MAP),
        Property::new("StageVariables", Shape::Map),
        Property::new("Tags", Shape::Map),
    ],
    referable: &[("Stage", "AWS::ApiGatewayV2::Stage"), ("DomainName", "AWS::ApiGatewayV2::DomainName")],
    ignores_unknown: false,
    translate,
};

static API: CfnType = CfnType::new(
    "AWS::ApiGatewayV2::Api",
    &[
        "ApiKeySelectionExpression",
        "Description",
        "DisableExecuteApiEndpoint",
        "DisableSchemaValidation",
        "FailOnWarnings",
        "IpAddressType",
        "Name",
        "ProtocolType",
        "RouteSelectionExpression",
        "Tags",
    ],
)
.replacing(&["AWS::Serverless::HttpApi", "AWS::Serverless::WebSocketApi"]);

static STAGE: CfnType = CfnType::new("AWS::ApiGatewayV2::Stage", &super::STAGE_PROPERTIES);

/// The stage of an API that names none. `$default` would be mistaken for the route of that name.
const DEFAULT_STAGE: &str = "default";
/// The tag that says who made a WebSocket API.
const TAG: &str = "websocketapi:createdBy";

fn translate(sam: &mut SamResource, t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    for name in ["Auth", "Domain", "Routes"] {
        if let Some(value) = sam.properties.get_mut(name) {
            t.resolver.resolve(value)?;
        }
    }
    check(sam)?;
    let mut domain = sam.take("Domain");
    let routes = sam.get("Routes").and_then(Node::as_map).cloned().unwrap_or_default();
    let tags = tags(sam);
    let api = api(sam, &routes, &tags)?;
    let named = match &mut domain {
        Some(domain) => v2_domain::construct(domain, &sam.logical_id, Some(TAG), &Map::new(), None)?,
        None => v2_domain::Named::default(),
    };
    let stage_name = sam.get("StageName").cloned().unwrap_or_else(|| node!(sam.span, DEFAULT_STAGE));
    let mut stage = stage(sam, &stage_name)?;

    let mut resources = vec![api];
    let mut authorizer = None;
    let mut route_ids = Vec::new();
    for (key, entry) in routes.python_entries() {
        let route = route::construct(sam, key, entry, &stage_name)?;
        route_ids.push(node!(entry.key_span, &route.route.logical_id));
        resources.extend([route.route, route.integration, route.permission]);
        authorizer = route.authorizer.or(authorizer);
    }
    resources.extend(named.domain);
    resources.extend(named.mappings);
    resources.extend(named.records);
    if let Some(settings) = sam.truthy("RouteSettings").filter(|_| !route_ids.is_empty()) {
        stage.depends_on = Some(Node::new(route_ids, made(settings.span)));
    }
    resources.push(stage);
    if let Some(authorizer) = authorizer {
        resources.push(authorizer);
        resources.extend(auth::permission(sam)?);
    }
    if sam.truthy("Tags").is_some() && sam.truthy("PropagateTags").is_some() {
        for resource in resources.iter_mut().filter(|resource| resource.has_tags()) {
            resource.set("Tags", tags.clone());
        }
    }
    Ok(resources)
}

fn check(sam: &SamResource) -> Result<(), Fault> {
    if sam.truthy("Routes").is_none() {
        return Err(sam.fault("WebSocket API must have at least one route."));
    }
    let is_valid = |kind: &Node| is_intrinsic(kind) || matches!(kind.as_str(), Some("ipv4" | "dualstack"));
    if let Some(kind) = sam.get("IpAddressType").filter(|kind| !is_valid(kind)) {
        return Err(sam.fault("IpAddressType must be 'ipv4' or 'dualstack'.").at(kind.span));
    }
    let tls = if_truthy(sam.get("Domain").and_then(|domain| domain.get("MutualTlsAuthentication")));
    match tls {
        Some(tls) => {
            Err(sam.fault("Mutual TLS domain name association is not supported for Websocket APIs.").at(tls.span))
        }
        None => Ok(()),
    }
}

fn tags(sam: &SamResource) -> Node {
    let span = made(sam.span);
    let mut tags = sam.truthy("Tags").cloned().unwrap_or_else(|| Node::new(Map::new(), span));
    if let Some(map) = tags.as_map_mut() {
        map.insert_at(TAG, span, node!(span, "SAM"));
    }
    tags
}

fn api(sam: &SamResource, routes: &Map, tags: &Node) -> Result<Resource, Fault> {
    let span = made(sam.span);
    let mut api = Resource::new(&API, &sam.logical_id, sam.span)?.depending_on(sam.depends_on.clone());
    if let Some(auth) = sam.truthy("Auth").filter(|_| !routes.contains_key("$connect")) {
        return Err(sam.fault("Authorization is only available if there is a $connect route.").at(auth.span));
    }
    for name in [
        "ApiKeySelectionExpression",
        "Description",
        "DisableExecuteApiEndpoint",
        "DisableSchemaValidation",
        "IpAddressType",
        "RouteSelectionExpression",
    ] {
        api.set(name, sam.get(name).cloned());
    }
    api.set("Name", sam.get("Name").cloned().unwrap_or_else(|| node!(span, &sam.logical_id)));
    api.set("ProtocolType", node!(span, "WEBSOCKET"));
    api.set("Tags", tags.clone());
    Ok(api)
}

fn stage(sam: &SamResource, name: &Node) -> Result<Resource, Fault> {
    let span = made(sam.span);
    let text = name.as_str().unwrap_or_default();
    if text == "$default" {
        return Err(sam.fault("Stages cannot be named $default for WebSocket APIs.").at(name.span));
    }
    // A name that is an intrinsic function is left out: an API has only one stage.
    let part = if text == DEFAULT_STAGE { "Default" } else { text };
    let mut stage = Resource::new(&STAGE, format!("{}{part}Stage", sam.logical_id), span)?;
    stage.set("ApiId", reference(span, &sam.logical_id));
    stage.set("StageName", name.clone());
    for name in ["StageVariables", "AccessLogSettings", "DefaultRouteSettings", "RouteSettings"] {
        stage.set(name, sam.get(name).cloned());
    }
    stage.set("Tags", node!(span, { (TAG): "SAM" }));
    stage.set("AutoDeploy", node!(span, true));
    Ok(stage)
}
