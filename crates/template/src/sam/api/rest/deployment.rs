//! The deployment and the stage of a REST API. The deployment's logical id ends in a hash of all that should deploy the
//! API again when it changes.

use crate::sam::cfn::{CfnType, Resource, tag_list};
use crate::sam::definition_text::{definition_text, json};
use crate::sam::error::Fault;
use crate::sam::hash::{logical_id, sha1_hex};
use crate::sam::make::{made, node, reference};
use crate::sam::openapi::settle;
use crate::sam::python::{display, truthy};
use crate::sam::translation::{SamResource, Translation};
use crate::{Map, Node};

static DEPLOYMENT: CfnType =
    CfnType::new("AWS::ApiGateway::Deployment", &["Description", "RestApiId", "StageDescription", "StageName"]);

static STAGE: CfnType = CfnType::new(
    "AWS::ApiGateway::Stage",
    &[
        "AccessLogSetting",
        "CacheClusterEnabled",
        "CacheClusterSize",
        "CanarySetting",
        "ClientCertificateId",
        "DeploymentId",
        "Description",
        "RestApiId",
        "StageName",
        "Tags",
        "TracingEnabled",
        "Variables",
        "MethodSettings",
    ],
);

/// Makes both.
pub(super) fn construct(
    sam: &SamResource,
    rest_api: &mut Resource,
    domain: Option<&Node>,
    attributes: &Map,
    t: &Translation<'_>,
) -> Result<(Resource, Resource), Fault> {
    let span = made(sam.span);
    let base = format!("{}Deployment", sam.logical_id);
    let mut deployment = Resource::new(&DEPLOYMENT, &base, span)?.with_attributes(attributes.clone());
    deployment.set("RestApiId", rest_api.reference());
    if sam.truthy("OpenApiVersion").is_none() {
        deployment.set("StageName", node!(span, "Stage"));
    }
    let name = if rest_api.get("Body").is_some() { "Body" } else { "BodyS3Location" };
    if let Some(definition) = rest_api.properties.get_mut(name).filter(|definition| truthy(definition)) {
        let data = hashed(sam, definition, domain, t);
        deployment.logical_id = logical_id(&base, &data);
        deployment.set("Description", node!(span, format!("RestApi deployment id: {}", sha1_hex(&data))));
    }
    let stage = stage(sam, &deployment, attributes)?;
    Ok((deployment, stage))
}

/// All that should deploy the API again, as one text.
fn hashed(sam: &SamResource, definition: &mut Node, domain: Option<&Node>, t: &Translation<'_>) -> String {
    if sam.truthy("AlwaysDeploy").is_some() {
        return t.context.now.to_string();
    }
    settle(definition);
    let mut parts = vec![definition_text(definition)];
    parts.extend(sam.truthy("OpenApiVersion").map(display));
    parts.extend(domain.filter(|domain| truthy(domain)).map(json));
    parts.extend(t.apis.function_names.get(&sam.logical_id).map(|names| names.concat()).filter(|s| !s.is_empty()));
    parts.join("||")
}

fn stage(sam: &SamResource, deployment: &Resource, attributes: &Map) -> Result<Resource, Fault> {
    let span = made(sam.span);
    let name = sam.get("StageName").and_then(Node::as_str).unwrap_or_default();
    // A name that is an intrinsic function is left out: an API has only one stage.
    let id = if !name.is_empty() && name.chars().all(char::is_alphanumeric) {
        format!("{}{name}Stage", sam.logical_id)
    } else {
        logical_id(&format!("{}Stage", sam.logical_id), name)
    };
    let mut stage = Resource::new(&STAGE, id, span)?.with_attributes(attributes.clone());
    stage.set("RestApiId", reference(span, &sam.logical_id));
    stage.set("DeploymentId", deployment.reference());
    for name in [
        "StageName",
        "CacheClusterEnabled",
        "CacheClusterSize",
        "Variables",
        "MethodSettings",
        "AccessLogSetting",
        "CanarySetting",
        "TracingEnabled",
    ] {
        stage.set(name, sam.get(name).cloned());
    }
    if let Some(tags) = sam.get("Tags") {
        stage.set("Tags", tags.as_map().map(|map| Node::new(tag_list(map), tags.span)));
    }
    Ok(stage)
}
