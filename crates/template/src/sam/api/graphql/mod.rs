//! `AWS::Serverless::GraphQLApi`: an AppSync API with its schema, data sources, functions and resolvers.

mod auth;
mod data_source;
mod function;
mod schema;

use crate::sam::cfn::{CfnType, Resource, tag_list};
use crate::sam::error::Fault;
use crate::sam::make::{get_att, made, node, sub};
use crate::sam::property::{Property, Shape};
use crate::sam::python::truthy;
use crate::sam::resource::connector;
use crate::sam::role::{ROLE, assume_role_policy};
use crate::sam::translation::{Phase, ResourceKind, SamResource, Translation};
use crate::{Map, Node};
use base::Span;

/// The resource type.
pub static KIND: ResourceKind = ResourceKind {
    name: "AWS::Serverless::GraphQLApi",
    phase: Phase::Others,
    properties: &[
        Property::any("Name"),
        Property::new("Tags", Shape::Map).literal(),
        Property::any("XrayEnabled"),
        Property::new("Auth", Shape::Map).literal().required(),
        Property::new("SchemaInline", Shape::Str).literal(),
        Property::new("SchemaUri", Shape::Str).literal(),
        Property::new("Logging", Shape::OneOf(&[Shape::Map, Shape::Bool])).literal(),
        Property::new("DataSources", Shape::Map).literal(),
        Property::new("Functions", Shape::Map).literal(),
        Property::new("Resolvers", Shape::Map).literal(),
        Property::new("ApiKeys", Shape::Map).literal(),
        Property::new("DomainName", Shape::Map).literal(),
        Property::new("Cache", Shape::Map).literal(),
        Property::any("Visibility"),
        Property::any("OwnerContact"),
        Property::any("IntrospectionConfig"),
        Property::any("QueryDepthLimit"),
        Property::any("ResolverCountLimit"),
    ],
    referable: &[],
    ignores_unknown: true,
    translate,
};

static API: CfnType = CfnType::new(
    "AWS::AppSync::GraphQLApi",
    &[
        "Name",
        "Tags",
        "XrayEnabled",
        "AuthenticationType",
        "LogConfig",
        "LambdaAuthorizerConfig",
        "OpenIDConnectConfig",
        "UserPoolConfig",
        "AdditionalAuthenticationProviders",
        "Visibility",
        "OwnerContact",
        "IntrospectionConfig",
        "QueryDepthLimit",
        "ResolverCountLimit",
    ],
)
.replacing(&["AWS::Serverless::GraphQLApi"]);
static SCHEMA: CfnType = CfnType::new("AWS::AppSync::GraphQLSchema", &["ApiId", "Definition", "DefinitionS3Location"]);
static API_KEY: CfnType = CfnType::new("AWS::AppSync::ApiKey", &["ApiId", "ApiKeyId", "Description", "Expires"]);
static DOMAIN_NAME: CfnType =
    CfnType::new("AWS::AppSync::DomainName", &["CertificateArn", "Description", "DomainName"]);
static ASSOCIATION: CfnType = CfnType::new("AWS::AppSync::DomainNameApiAssociation", &["ApiId", "DomainName"]);
static CACHE: CfnType = CfnType::new(
    "AWS::AppSync::ApiCache",
    &["ApiCachingBehavior", "ApiId", "AtRestEncryptionEnabled", "TransitEncryptionEnabled", "Ttl", "Type"],
);

fn translate(sam: &mut SamResource, t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    schema::check(&sam.properties).map_err(|path| sam.fault(format!("Property '{path}' is invalid.")))?;
    let sam = &*sam;
    let mut api = api(sam)?;
    let authorizers = auth::set(sam, &mut api)?;
    let mut connectors = Vec::new();
    for (number, function) in authorizers.iter().enumerate() {
        connectors.extend(auth::connector(sam, function, number + 1, t)?);
    }
    let log_role = set_logging(sam, &mut api)?;
    let schema = schema_resource(sam)?;
    let schema_id = schema.logical_id.clone();
    let mut resources = vec![api, schema];
    resources.extend(connectors);
    resources.extend(log_role);
    resources.extend(api_keys(sam)?);
    resources.extend(cache(sam)?);
    let mut sources = data_source::construct(sam, t)?;
    resources.append(&mut sources.resources);
    resources.extend(domain_name(sam)?);
    let functions = function::functions(sam, &mut sources)?;
    resources.extend(functions.resources);
    resources.extend(function::resolvers(sam, &functions.ids, &schema_id)?);
    resources.extend(sources.none);
    Ok(resources)
}

/// A resource that has the attributes and dependencies of the API.
fn part(sam: &SamResource, kind: &'static CfnType, id: String, span: Span) -> Result<Resource, Fault> {
    Ok(Resource::new(kind, id, span)?.depending_on(sam.depends_on.clone()).with_attributes(sam.attributes.clone()))
}

fn api_id(sam: &SamResource, span: Span) -> Node {
    get_att(span, &sam.logical_id, "ApiId")
}

/// A member, if it is there and not `null`.
fn member<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    node.get(key).filter(|value| !value.is_null())
}

fn api(sam: &SamResource) -> Result<Resource, Fault> {
    const TAG: &str = "graphqlapi:createdBy";
    let span = made(sam.span);
    let mut api = part(sam, &API, sam.logical_id.clone(), sam.span)?;
    api.set("Name", sam.truthy("Name").cloned().unwrap_or_else(|| node!(span, &sam.logical_id)));
    for name in ["Visibility", "OwnerContact", "IntrospectionConfig", "QueryDepthLimit", "ResolverCountLimit"] {
        api.set(name, sam.truthy(name).cloned());
    }
    let xray = sam.get("XrayEnabled").and_then(|xray| Some(Node::new(schema::as_bool(xray)?, xray.span)));
    api.set("XrayEnabled", xray);
    let mut tags = sam.truthy("Tags").and_then(Node::as_map).cloned().unwrap_or_default();
    tags.insert_at(TAG, span, node!(span, "SAM"));
    api.set("Tags", Node::new(tag_list(&tags), span));
    Ok(api)
}

/// Logs go to CloudWatch unless `Logging` is false. Returns the role for it, if the template gives none.
fn set_logging(sam: &SamResource, api: &mut Resource) -> Result<Option<Resource>, Fault> {
    let logging = sam.get("Logging");
    if logging.and_then(Node::as_bool) == Some(false) {
        return Ok(None);
    }
    let span = made(logging.map_or(sam.span, |logging| logging.span));
    let given = |key: &str| logging.and_then(|logging| logging.get(key)).filter(|value| truthy(value)).cloned();
    let mut config = Map::new();
    if let Some(exclude) = given("ExcludeVerboseContent") {
        config.insert_at("ExcludeVerboseContent", span, exclude);
    }
    config.insert_at("FieldLogLevel", span, given("FieldLogLevel").unwrap_or_else(|| node!(span, "ALL")));
    let (arn, role) = match given("CloudWatchLogsRoleArn") {
        Some(arn) => (arn, None),
        None => {
            let mut role = service_role(sam, format!("{}CloudWatchRole", sam.logical_id), span)?;
            let policy = "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSAppSyncPushToCloudWatchLogs";
            role.set("ManagedPolicyArns", node!(span, [sub(span, policy)]));
            (role.get_att("Arn"), Some(role))
        }
    };
    config.insert_at("CloudWatchLogsRoleArn", span, arn);
    api.set("LogConfig", Node::new(config, span));
    Ok(role)
}

/// A role that AppSync may take.
fn service_role(sam: &SamResource, id: String, span: Span) -> Result<Resource, Fault> {
    let mut role = part(sam, &ROLE, id, span)?;
    role.set("AssumeRolePolicyDocument", assume_role_policy(span, "appsync.amazonaws.com"));
    Ok(role)
}

fn schema_resource(sam: &SamResource) -> Result<Resource, Fault> {
    let (inline, uri) = (sam.truthy("SchemaInline"), sam.truthy("SchemaUri"));
    let written = inline.or(uri).ok_or_else(|| sam.fault("One of 'SchemaInline' or 'SchemaUri' must be set."))?;
    if inline.is_some() && uri.is_some() {
        let message = "Both 'SchemaInline' and 'SchemaUri' cannot be defined at the same time.";
        return Err(sam.fault(message).at(written.span));
    }
    let mut schema = part(sam, &SCHEMA, format!("{}Schema", sam.logical_id), written.span)?;
    schema.set("ApiId", api_id(sam, written.span));
    schema.set("Definition", sam.get("SchemaInline").cloned());
    schema.set("DefinitionS3Location", sam.get("SchemaUri").cloned());
    Ok(schema)
}

fn api_keys(sam: &SamResource) -> Result<Vec<Resource>, Fault> {
    let keys = sam.truthy("ApiKeys").and_then(Node::as_map);
    let key = |(name, node): (&str, &Node)| {
        let mut key = part(sam, &API_KEY, format!("{}{name}", sam.logical_id), node.span)?;
        key.set("ApiId", api_id(sam, node.span));
        key.set("ApiKeyId", node.get("ApiKeyId").cloned());
        key.set("Description", node.get("Description").cloned());
        key.set("Expires", node.get("ExpiresOn").cloned());
        Ok(key)
    };
    keys.into_iter().flat_map(Map::iter).map(key).collect()
}

fn cache(sam: &SamResource) -> Result<Option<Resource>, Fault> {
    let Some(node) = sam.get("Cache") else { return Ok(None) };
    let mut cache = part(sam, &CACHE, format!("{}ApiCache", sam.logical_id), node.span)?;
    for name in CACHE.properties {
        cache.set(name, node.get(name).cloned());
    }
    cache.set("ApiId", api_id(sam, node.span));
    Ok(Some(cache))
}

fn domain_name(sam: &SamResource) -> Result<Vec<Resource>, Fault> {
    let Some(node) = sam.get("DomainName") else { return Ok(Vec::new()) };
    let mut domain = part(sam, &DOMAIN_NAME, format!("{}DomainName", sam.logical_id), node.span)?;
    for name in DOMAIN_NAME.properties {
        domain.set(name, node.get(name).cloned());
    }
    let id = format!("{}DomainNameApiAssociation", sam.logical_id);
    let mut association = part(sam, &ASSOCIATION, id, node.span)?;
    association.set("ApiId", api_id(sam, node.span));
    association.set("DomainName", domain.reference());
    Ok(vec![domain, association])
}

/// What a connector of the transform's own would grant: its properties are `Source`, `Destination` and `Permissions`.
fn connect(id: &str, properties: Node, t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    let span = properties.span;
    let node = node!(span, { "Type": connector::KIND.name, "Properties": properties });
    let mut sam = SamResource::read(&connector::KIND, id, node, t)?;
    (connector::KIND.translate)(&mut sam, t)
}
