//! `AWS::Serverless::LayerVersion`: a Lambda layer. Every change of it makes a new version beside the old one.

use crate::Map;
use crate::Node;
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::hash;
use crate::sam::intrinsic::is_intrinsic;
use crate::sam::make::{made, node};
use crate::sam::property::{LIST_OF_STR_OR_MAP, Property, STR_OR_MAP, Shape};
use crate::sam::python::truthy;
use crate::sam::s3_location;
use crate::sam::translation::{Phase, ResourceKind, SamResource, Translation};

/// The resource type.
pub static KIND: ResourceKind = ResourceKind {
    name: "AWS::Serverless::LayerVersion",
    phase: Phase::Others,
    properties: PROPERTIES,
    referable: &[],
    ignores_unknown: false,
    translate,
};

const PROPERTIES: &[Property] = &[
    Property::new("LayerName", STR_OR_MAP),
    Property::new("Description", Shape::Str),
    Property::new("PublishLambdaVersion", Shape::Bool),
    Property::new("ContentUri", STR_OR_MAP).required(),
    Property::new("CompatibleArchitectures", LIST_OF_STR_OR_MAP),
    Property::new("CompatibleRuntimes", LIST_OF_STR_OR_MAP),
    Property::new("LicenseInfo", Shape::Str),
    Property::new("RetentionPolicy", Shape::Str),
];

static LAYER: CfnType = CfnType::new(
    "AWS::Lambda::LayerVersion",
    &["Content", "Description", "LayerName", "CompatibleArchitectures", "CompatibleRuntimes", "LicenseInfo"],
)
.replacing(&["AWS::Serverless::LayerVersion"]);

fn translate(sam: &mut SamResource, t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    for name in ["LayerName", "LicenseInfo", "Description", "RetentionPolicy"] {
        resolve_text(sam, name, t)?;
    }
    let mut attributes = sam.pass_through();
    let retention = retention_policy(sam)?;
    if let Some(policy) = retention.or_else(|| (!attributes.contains_key("DeletionPolicy")).then_some("Retain")) {
        attributes.insert_at("DeletionPolicy", made(sam.span), node!(sam.span, policy));
    }
    let old_id = std::mem::take(&mut sam.logical_id);
    sam.logical_id = hash::logical_id_of(&old_id, &hashed(sam, &old_id)?);
    let mut layer = Resource::new(&LAYER, &sam.logical_id, sam.span)?
        .depending_on(sam.depends_on.take())
        .with_attributes(attributes);
    layer.set("LayerName", sam.truthy("LayerName").cloned().unwrap_or_else(|| node!(sam.span, old_id)));
    layer.set("Description", sam.get("Description").cloned());
    let content = sam.get("ContentUri").cloned().unwrap_or_default();
    layer.set("Content", s3_location::code(&sam.logical_id, "ContentUri", &content)?);
    layer.set("CompatibleArchitectures", sam.get("CompatibleArchitectures").cloned());
    check_architectures(sam)?;
    layer.set("CompatibleRuntimes", sam.get("CompatibleRuntimes").cloned());
    layer.set("LicenseInfo", sam.get("LicenseInfo").cloned());
    Ok(vec![layer])
}

/// Resolves a property for good. What is neither text nor a mapping is refused.
fn resolve_text(sam: &mut SamResource, name: &str, t: &Translation<'_>) -> Result<(), Fault> {
    let Some(value) = sam.properties.get_mut(name).filter(|value| truthy(value)) else { return Ok(()) };
    t.resolver.resolve(value)?;
    if value.as_str().is_some() || value.as_map().is_some() {
        return Ok(());
    }
    let span = value.span;
    let message = format!("Could not resolve parameter for '{name}' or parameter is not a String.");
    Err(sam.fault(message).at(span))
}

fn retention_policy(sam: &SamResource) -> Result<Option<&'static str>, Fault> {
    let Some(policy) = sam.get("RetentionPolicy") else { return Ok(None) };
    if is_intrinsic(policy) {
        let message = "'RetentionPolicy' does not accept intrinsic functions, please use one of the following \
                       options: ['Retain', 'Delete']";
        return Err(sam.fault(message).at(policy.span));
    }
    let Some(text) = policy.as_str() else {
        let message = "Invalid 'RetentionPolicy' type, please use one of the following options: ['Retain', 'Delete']";
        return Err(sam.fault(message).at(policy.span));
    };
    let found = ["Retain", "Delete"].into_iter().find(|option| option.to_lowercase() == text.to_lowercase());
    let message = "'RetentionPolicy' must be one of the following options: ['Retain', 'Delete'].";
    found.map(Some).ok_or_else(|| sam.fault(message).at(policy.span))
}

/// What makes a new version: the resource without the attributes that say what happens to old ones.
fn hashed(sam: &SamResource, id: &str) -> Result<Node, Fault> {
    let mut resource = Map::new();
    resource.insert("Type", node!(sam.span, KIND.name));
    if let Some(depends_on) = sam.depends_on.clone().filter(truthy) {
        resource.insert("DependsOn", depends_on);
    }
    for name in ["UpdatePolicy", "Condition"] {
        if let Some(value) = sam.attributes.get(name) {
            resource.insert(name, value.clone());
        }
    }
    let mut properties = Map::new();
    for property in PROPERTIES {
        property.check(id, sam.properties.get(property.name))?;
        if let Some(value) = sam.get(property.name) {
            properties.insert(property.name, value.clone());
        }
    }
    resource.insert("Properties", Node::new(properties, sam.span));
    Ok(node!(sam.span, { (id): Node::new(resource, sam.span) }))
}

fn check_architectures(sam: &SamResource) -> Result<(), Fault> {
    let Some(given) = sam.truthy("CompatibleArchitectures").filter(|given| !is_intrinsic(given)) else {
        return Ok(());
    };
    let is_known = |node: &Node| is_intrinsic(node) || matches!(node.as_str(), Some("arm64" | "x86_64"));
    if given.as_list().is_some_and(|list| list.iter().all(is_known)) {
        return Ok(());
    }
    let message = "CompatibleArchitectures needs to be a list of 'x86_64' or 'arm64'";
    Err(sam.fault(message).at(given.span))
}
