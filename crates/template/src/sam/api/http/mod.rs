//! `AWS::Serverless::HttpApi`: an HTTP API of API Gateway with its stage and domain.

mod authorizer;
mod body;

use super::v2_domain;
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::hash::logical_id;
use crate::sam::make::{made, node, reference};
use crate::sam::property::{Property, STR_OR_MAP, Shape};
use crate::sam::python::truthy;
use crate::sam::s3_location;
use crate::sam::translation::{Phase, ResourceKind, SamResource, Translation};
use crate::{Map, Node};
use body::TAG;

/// The resource type.
pub static KIND: ResourceKind = ResourceKind {
    name: "AWS::Serverless::HttpApi",
    phase: Phase::Apis,
    properties: &[
        Property::new("__MANAGE_SWAGGER", Shape::Bool),
        Property::any("Name"),
        Property::new("StageName", STR_OR_MAP),
        Property::new("Tags", Shape::Map),
        Property::new("PropagateTags", Shape::Bool),
        Property::new("DefinitionBody", Shape::Map),
        Property::new("DefinitionUri", STR_OR_MAP),
        Property::new("StageVariables", Shape::Map),
        Property::new("CorsConfiguration", Shape::OneOf(&[Shape::Bool, Shape::Map])),
        Property::new("AccessLogSettings", Shape::Map),
        Property::new("DefaultRouteSettings", Shape::Map),
        Property::new("Auth", Shape::Map),
        Property::new("RouteSettings", Shape::Map),
        Property::new("Domain", Shape::Map),
        Property::new("FailOnWarnings", Shape::Bool),
        Property::new("Description", Shape::Str),
        Property::new("DisableExecuteApiEndpoint", Shape::Bool),
    ],
    referable: &[("Stage", "AWS::ApiGatewayV2::Stage"), ("DomainName", "AWS::ApiGatewayV2::DomainName")],
    ignores_unknown: false,
    translate,
};

static API: CfnType = CfnType::new(
    "AWS::ApiGatewayV2::Api",
    &[
        "Body",
        "BodyS3Location",
        "Description",
        "FailOnWarnings",
        "DisableExecuteApiEndpoint",
        "BasePath",
        "Tags",
        "CorsConfiguration",
    ],
)
.replacing(&["AWS::Serverless::HttpApi", "AWS::Serverless::WebSocketApi"]);

const DEFAULT_STAGE: &str = "$default";

/// An HTTP API while its definition is completed.
struct Api<'a> {
    sam: &'a SamResource,
    /// The definition, if there is one that is not empty.
    body: Option<Node>,
    /// The tags, with the one that says who made the API.
    tags: Option<Node>,
    partition: &'a str,
}

fn translate(sam: &mut SamResource, t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    for name in ["CorsConfiguration", "Domain"] {
        if let Some(value) = sam.properties.get_mut(name) {
            t.resolver.resolve(value)?;
        }
    }
    let attributes = sam.pass_through();
    let mut domain = sam.take("Domain");
    let has_body = sam.get("DefinitionBody").is_some();
    let (api, tags) = api(sam, t)?;
    let named = match &mut domain {
        Some(domain) => v2_domain::construct(domain, &sam.logical_id, Some(TAG), &attributes, Some(&mut t.apis))?,
        None => v2_domain::Named::default(),
    };
    let permissions = authorizer::permissions(sam, &attributes)?;
    let stage = stage(sam, tags.as_ref(), &attributes)?;

    let mut resources = vec![api];
    resources.extend(permissions);
    resources.extend(named.domain);
    resources.extend(named.mappings);
    resources.extend(named.records);
    resources.push(stage);
    // The API itself has its tags in the definition.
    if let Some(tags) = tags.filter(|tags| has_body && truthy(tags)) {
        for resource in resources.iter_mut().skip(1).filter(|resource| resource.has_tags()) {
            resource.set("Tags", tags.clone());
        }
    }
    Ok(resources)
}

/// The API itself, and its tags.
fn api(sam: &mut SamResource, t: &Translation<'_>) -> Result<(Resource, Option<Node>), Fault> {
    let mut resource = Resource::new(&API, &sam.logical_id, sam.span)?
        .depending_on(sam.depends_on.clone())
        .with_attributes(sam.attributes.clone());
    let body = sam.properties.remove("DefinitionBody").filter(truthy);
    let uri = sam.truthy("DefinitionUri").cloned();
    if uri.is_some() && body.is_some() {
        return Err(sam.fault("Specify either 'DefinitionUri' or 'DefinitionBody' property and not both."));
    }
    let mut api = Api { sam, body, tags: sam.get("Tags").cloned(), partition: &t.context.partition };
    body::complete(&mut api)?;
    let (body, tags) = (api.body, api.tags);
    resource.set("FailOnWarnings", sam.truthy("FailOnWarnings").cloned());
    match (uri, body) {
        (Some(uri), _) => resource.set("BodyS3Location", body_location(sam, &uri)?),
        (None, Some(body)) => resource.set("Body", body),
        (None, None) => {
            return Err(sam.fault(
                "'DefinitionUri' or 'DefinitionBody' are required properties of an 'AWS::Serverless::HttpApi'. Add a \
                 value for one of these properties or add a 'HttpApi' event to an 'AWS::Serverless::Function'.",
            ));
        }
    }
    Ok((resource, tags))
}

fn body_location(sam: &SamResource, uri: &Node) -> Result<Node, Fault> {
    let location = s3_location::read(&sam.logical_id, "DefinitionUri", uri)?;
    let mut node = node!(uri.span, { "Bucket": location.bucket, "Key": location.key });
    if let (Some(map), Some(version)) = (node.as_map_mut(), location.version) {
        map.insert_at("Version", made(uri.span), version);
    }
    Ok(node)
}

static STAGE: CfnType = CfnType::new("AWS::ApiGatewayV2::Stage", &super::STAGE_PROPERTIES);

fn stage(sam: &SamResource, tags: Option<&Node>, attributes: &Map) -> Result<Resource, Fault> {
    let span = made(sam.span);
    let name = sam.truthy("StageName").cloned().unwrap_or_else(|| node!(span, DEFAULT_STAGE));
    let text = name.as_str().unwrap_or_default();
    // A name that is an intrinsic function is left out: an API has only one stage.
    let id = if !text.is_empty() && text.chars().all(char::is_alphanumeric) {
        format!("{}{text}Stage", sam.logical_id)
    } else if text == DEFAULT_STAGE {
        format!("{}ApiGatewayDefaultStage", sam.logical_id)
    } else {
        logical_id(&format!("{}Stage", sam.logical_id), text)
    };
    let mut stage = Resource::new(&STAGE, id, span)?.with_attributes(attributes.clone());
    stage.set("ApiId", reference(span, &sam.logical_id));
    stage.set("StageName", name);
    for name in ["StageVariables", "AccessLogSettings", "DefaultRouteSettings", "RouteSettings"] {
        stage.set(name, sam.get(name).cloned());
    }
    stage.set("Tags", tags.cloned());
    stage.set("AutoDeploy", node!(span, true));
    Ok(stage)
}
