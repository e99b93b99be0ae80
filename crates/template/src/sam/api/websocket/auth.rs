//! Who may connect to a WebSocket API: everyone, IAM, or a Lambda function that looks at the request.

use crate::sam::api::v2_domain::authorizer_permission;
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::make::{made, node, reference, sub_with};
use crate::sam::python::{if_truthy, truthy};
use crate::sam::translation::SamResource;
use crate::{Map, Node};

static AUTHORIZER: CfnType = CfnType::new(
    "AWS::ApiGatewayV2::Authorizer",
    &[
        "ApiId",
        "AuthorizerCredentialsArn",
        "AuthorizerPayloadFormatVersion",
        "AuthorizerType",
        "AuthorizerUri",
        "IdentitySource",
        "Name",
    ],
);

fn of(sam: &SamResource) -> Option<&Map> {
    sam.truthy("Auth").and_then(Node::as_map)
}

fn kind(auth: &Map) -> Option<&str> {
    auth.get("AuthType").and_then(Node::as_str)
}

/// Sets the authorization of a route; returns the authorizer it needs.
pub(super) fn set(sam: &SamResource, route_key: &str, route: &mut Resource) -> Result<Option<Resource>, Fault> {
    let Some(auth) = of(sam) else { return Ok(None) };
    check(sam, auth)?;
    if route_key != "$connect" {
        return Ok(None);
    }
    let span = route.span;
    let authorizer = match kind(auth) {
        Some("CUSTOM") => Some(authorizer(sam, auth)?),
        _ => None,
    };
    let kind = kind(auth).filter(|kind| ["CUSTOM", "AWS_IAM"].contains(kind)).unwrap_or("NONE");
    route.set("AuthorizationType", node!(span, kind));
    route.set("AuthorizerId", authorizer.as_ref().map(Resource::reference));
    Ok(authorizer)
}

fn check(sam: &SamResource, auth: &Map) -> Result<(), Fault> {
    let fault = |message: &str| Err(sam.fault(message));
    let Some(kind) = if_truthy(auth.get("AuthType")) else {
        return fault("AuthType must be specified for additional auth configurations.");
    };
    let alone = auth.len() <= 1;
    match kind.as_str().map(str::to_uppercase).as_deref() {
        Some("CUSTOM") if !auth.get("AuthArn").is_some_and(truthy) => {
            fault("AuthArn must be specified if AuthType is CUSTOM.")
        }
        Some("AWS_IAM") if !alone => fault("No additional configurations supported for AuthType AWS_IAM."),
        Some("NONE") if !alone => fault("No additional configurations supported for AuthType NONE."),
        Some("CUSTOM" | "AWS_IAM" | "NONE") => Ok(()),
        _ => Err(sam.fault("AuthType is not one of AWS_IAM, CUSTOM or NONE.").at(kind.span)),
    }
}

fn authorizer(sam: &SamResource, auth: &Map) -> Result<Resource, Fault> {
    let span = made(sam.get("Auth").map_or(sam.span, |auth| auth.span));
    let id = format!("{}ConnectAuthorizer", sam.logical_id);
    let mut authorizer = Resource::new(&AUTHORIZER, &id, span)?;
    authorizer.set("ApiId", reference(span, &sam.logical_id));
    authorizer.set("AuthorizerCredentialsArn", auth.get("InvokeRole").cloned());
    authorizer.set("AuthorizerType", node!(span, "REQUEST"));
    let uri = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${AuthArn}/invocations";
    if let Some(arn) = auth.get("AuthArn") {
        authorizer.set("AuthorizerUri", sub_with(span, uri, node!(span, { "AuthArn": arn })));
    }
    authorizer.set("IdentitySource", auth.get("IdentitySource").cloned());
    authorizer.set("Name", if_truthy(auth.get("Name")).cloned().unwrap_or_else(|| node!(span, &id)));
    Ok(authorizer)
}

/// What lets API Gateway invoke the authorizer's function, unless a role does.
pub(super) fn permission(sam: &SamResource) -> Result<Option<Resource>, Fault> {
    let auth = of(sam).filter(|auth| kind(auth) == Some("CUSTOM") && !auth.get("InvokeRole").is_some_and(truthy));
    let Some(function) = auth.and_then(|auth| if_truthy(auth.get("AuthArn"))) else { return Ok(None) };
    let id = format!("{}AuthorizerPermission", sam.logical_id);
    authorizer_permission(id, function, reference(function.span, &sam.logical_id), &Map::new()).map(Some)
}
