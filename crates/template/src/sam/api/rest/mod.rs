//! `AWS::Serverless::Api`: a REST API of API Gateway with its deployment, stage, domain and usage plan.

mod auth;
mod authorizer;
mod body;
mod deployment;
mod domain;
mod gateway_response;
mod open_api;
mod private_domain;
mod usage_plan;

pub use usage_plan::SharedUsagePlan;
pub(super) use usage_plan::place as place_usage_plan;

use super::propagate_tags;
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::make::{made, node};
use crate::sam::openapi::is_open_api_3;
use crate::sam::property::{Property, STR_OR_MAP, Shape};
use crate::sam::python::{display, if_truthy, truthy};
use crate::sam::s3_location;
use crate::sam::translation::{Phase, ResourceKind, SamResource, Translation};
use crate::{Map, Node, Value};

/// The resource type.
pub static KIND: ResourceKind = ResourceKind {
    name: "AWS::Serverless::Api",
    phase: Phase::Apis,
    properties: &[
        Property::new("__MANAGE_SWAGGER", Shape::Bool),
        Property::new("Name", STR_OR_MAP),
        Property::new("StageName", STR_OR_MAP).required(),
        Property::new("Tags", Shape::Map),
        Property::new("PropagateTags", Shape::Bool),
        Property::new("DefinitionBody", Shape::Map),
        Property::new("DefinitionUri", STR_OR_MAP),
        Property::new("MergeDefinitions", Shape::Bool).literal(),
        Property::new("CacheClusterEnabled", Shape::Bool),
        Property::new("CacheClusterSize", Shape::Str),
        Property::new("Variables", Shape::Map),
        Property::new("EndpointConfiguration", STR_OR_MAP),
        Property::new("MethodSettings", Shape::List),
        Property::new("BinaryMediaTypes", Shape::List),
        Property::new("MinimumCompressionSize", Shape::Int),
        Property::new("Cors", STR_OR_MAP),
        Property::new("Auth", Shape::Map),
        Property::new("GatewayResponses", Shape::Map),
        Property::new("AccessLogSetting", Shape::Map),
        Property::new("CanarySetting", Shape::Map),
        Property::new("TracingEnabled", Shape::Bool),
        Property::new("OpenApiVersion", Shape::Str),
        Property::new("Models", Shape::Map),
        Property::new("Domain", Shape::Map),
        Property::new("FailOnWarnings", Shape::Bool),
        Property::new("Description", Shape::Str),
        Property::new("Mode", Shape::Str),
        Property::new("DisableExecuteApiEndpoint", Shape::Bool),
        Property::new("ApiKeySourceType", Shape::Str),
        Property::new("AlwaysDeploy", Shape::Bool).literal(),
        Property::new("Policy", STR_OR_MAP),
        Property::new("SecurityPolicy", Shape::Str),
        Property::new("EndpointAccessMode", Shape::Str),
    ],
    referable: &[
        ("Stage", "AWS::ApiGateway::Stage"),
        ("Deployment", "AWS::ApiGateway::Deployment"),
        ("DomainName", "AWS::ApiGateway::DomainName"),
        ("DomainNameV2", "AWS::ApiGateway::DomainNameV2"),
        ("UsagePlan", "AWS::ApiGateway::UsagePlan"),
        ("UsagePlanKey", "AWS::ApiGateway::UsagePlanKey"),
        ("ApiKey", "AWS::ApiGateway::ApiKey"),
    ],
    ignores_unknown: false,
    translate,
};

static REST_API: CfnType = CfnType::new(
    "AWS::ApiGateway::RestApi",
    &[
        "Body",
        "BodyS3Location",
        "CloneFrom",
        "Description",
        "FailOnWarnings",
        "Name",
        "Parameters",
        "EndpointConfiguration",
        "BinaryMediaTypes",
        "MinimumCompressionSize",
        "Mode",
        "ApiKeySourceType",
        "Tags",
        "Policy",
        "SecurityPolicy",
        "EndpointAccessMode",
    ],
)
.replacing(&["AWS::Serverless::Api"]);

/// An API while its definition is completed.
struct Api<'a> {
    sam: &'a SamResource,
    /// The definition, if there is one that is not empty.
    body: Option<Node>,
    partition: &'a str,
    /// Whether the version of the definition itself is what counts.
    own_version_counts: bool,
}

impl Api<'_> {
    fn id(&self) -> &str {
        &self.sam.logical_id
    }
}

fn translate(sam: &mut SamResource, t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    for name in ["BinaryMediaTypes", "Domain", "Auth"] {
        if let Some(value) = sam.properties.get_mut(name) {
            t.resolver.resolve(value)?;
        }
    }
    let attributes = sam.pass_through();
    let mut domain = sam.take("Domain");
    let mut rest_api = rest_api(sam, t)?;
    let named = match domain.as_mut().filter(|domain| private_domain::is_private(domain)) {
        Some(domain) => private_domain::construct(domain, sam, &attributes, t)?,
        None => domain::construct(domain.as_mut(), sam, &attributes, t)?,
    };
    let (deployment, stage) = deployment::construct(sam, &mut rest_api, domain.as_ref(), &attributes, t)?;
    let permissions = auth::permissions(sam, &attributes, t)?;
    let usage_plan = usage_plan::construct(sam, &stage, &attributes, t)?;

    let mut resources = vec![rest_api, deployment, stage];
    resources.extend(permissions);
    resources.extend(named.domain);
    resources.extend(named.mappings);
    resources.extend(named.records);
    resources.extend(usage_plan);
    resources.extend(named.access_association);
    propagate_tags(&mut resources, sam, sam.truthy("PropagateTags").is_some());
    Ok(resources)
}

/// The REST API itself, with its definition.
fn rest_api(sam: &mut SamResource, t: &Translation<'_>) -> Result<Resource, Fault> {
    check(sam)?;
    let mut rest_api = Resource::new(&REST_API, &sam.logical_id, sam.span)?
        .depending_on(sam.depends_on.clone())
        .with_attributes(sam.attributes.clone());
    rest_api.set("BinaryMediaTypes", sam.get("BinaryMediaTypes").cloned());
    rest_api.set("MinimumCompressionSize", sam.get("MinimumCompressionSize").cloned());
    set_endpoint(&mut rest_api, sam, &t.context.partition)?;
    let body = sam.properties.remove("DefinitionBody").filter(truthy);
    let mut api = Api {
        body,
        partition: &t.context.partition,
        own_version_counts: t.context.feature_toggles.is_enabled("normalized_open_api_version"),
        sam,
    };
    body::complete(&mut api)?;
    if let Some(uri) = api.sam.truthy("DefinitionUri") {
        rest_api.set("BodyS3Location", body_location(api.sam, uri)?);
    } else if let Some(mut body) = api.body.take() {
        open_api::postprocess(&mut body, &api)?;
        rest_api.set("Body", body);
    }
    for name in [
        "FailOnWarnings",
        "Name",
        "Description",
        "Mode",
        "ApiKeySourceType",
        "Policy",
        "SecurityPolicy",
        "EndpointAccessMode",
    ] {
        rest_api.set(name, sam.truthy(name).cloned());
    }
    Ok(rest_api)
}

fn check(sam: &SamResource) -> Result<(), Fault> {
    let uri = sam.truthy("DefinitionUri");
    if uri.is_some() && sam.truthy("DefinitionBody").is_some() {
        return Err(sam.fault("Specify either 'DefinitionUri' or 'DefinitionBody' property and not both."));
    }
    if uri.is_some() && sam.truthy("MergeDefinitions").is_some() {
        return Err(sam.fault("Cannot set 'MergeDefinitions' to True when using `DefinitionUri`."));
    }
    match sam.truthy("OpenApiVersion") {
        Some(version) if !is_open_api_3(version) && !is_swagger_2(version) => {
            Err(sam.fault("The OpenApiVersion value must be of the format '3.0.0'.").at(version.span))
        }
        _ => Ok(()),
    }
}

fn is_swagger_2(version: &Node) -> bool {
    let text = display(version);
    text.strip_prefix('2').is_some_and(|rest| is_open_api_3(&Node::new(format!("3{rest}"), version.span)))
}

fn set_endpoint(rest_api: &mut Resource, sam: &SamResource, partition: &str) -> Result<(), Fault> {
    let span = made(sam.span);
    let no_edge = partition.starts_with("aws-iso") || ["aws-us-gov", "aws-cn", "aws-eusc"].contains(&partition);
    let regional = node!(span, "REGIONAL");
    let configuration = match sam.truthy("EndpointConfiguration") {
        Some(configuration) => configuration,
        None if no_edge => &regional,
        None => return Ok(()),
    };
    let kind = configuration.get("Type").filter(|kind| truthy(kind)).unwrap_or(configuration);
    let mut endpoint = node!(span, { "Types": [kind] });
    if let (Some(map), Some(given), Some(_)) =
        (endpoint.as_map_mut(), configuration.as_map(), if_truthy(configuration.get("Type")))
    {
        let ids = ["VPCEndpointIds", "VpcEndpointIds"].map(|name| given.get(name));
        if let [Some(_), Some(_)] = ids {
            let message = "'VPCEndpointIds' and 'VpcEndpointIds' cannot be used together in EndpointConfiguration.";
            return Err(Fault::resource(&sam.logical_id, message).at(configuration.span));
        }
        if ids.iter().any(Option::is_some) {
            // Of an empty one only the first name keeps what stands there.
            let [sam_name, own_name] = ids;
            let ids = if_truthy(sam_name).or(own_name).cloned().unwrap_or_default();
            map.insert_at("VpcEndpointIds", span, ids);
        }
        if let Some(address_type) = given.get("IpAddressType") {
            map.insert_at("IpAddressType", span, address_type.clone());
        }
    }
    rest_api.set("Parameters", node!(span, { "endpointConfigurationTypes": kind }));
    rest_api.set("EndpointConfiguration", endpoint);
    Ok(())
}

/// `BodyS3Location`. Its text counts as the template's.
fn body_location(sam: &SamResource, uri: &Node) -> Result<Node, Fault> {
    let location = s3_location::read(&sam.logical_id, "DefinitionUri", uri)?;
    let span = made(uri.span);
    let mut map = Map::tracked();
    map.insert_at("Bucket", span, location.bucket);
    map.insert_at("Key", span, location.key);
    if let Some(mut version) = location.version {
        if let Value::String(_) = &version.value {
            version.span = uri.span;
        }
        map.insert_at("Version", span, version);
    }
    Ok(Node::new(map, span))
}
