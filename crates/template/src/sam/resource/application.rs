//! `AWS::Serverless::Application`: a nested stack.

use crate::Node;
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::make::{made, node};
use crate::sam::property::{LIST_OF_STR_OR_MAP, Property, STR_OR_MAP, Shape};
use crate::sam::tags;
use crate::sam::translation::{Phase, ResourceKind, SamResource, Translation};

/// The resource type.
pub static KIND: ResourceKind = ResourceKind {
    name: "AWS::Serverless::Application",
    phase: Phase::Others,
    properties: &[
        Property::new("Location", STR_OR_MAP).required(),
        Property::new("TemplateUrl", Shape::Str),
        Property::new("Parameters", Shape::Map),
        Property::new("NotificationARNs", LIST_OF_STR_OR_MAP),
        Property::new("Tags", Shape::Map),
        Property::new("TimeoutInMinutes", Shape::Int),
    ],
    referable: &[],
    ignores_unknown: false,
    translate,
};

static STACK: CfnType = CfnType::new(
    "AWS::CloudFormation::Stack",
    &["TemplateURL", "Parameters", "NotificationARNs", "Tags", "TimeoutInMinutes"],
)
.replacing(&["AWS::Serverless::Application"]);

fn translate(sam: &mut SamResource, _t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    let mut stack = Resource::new(&STACK, &sam.logical_id, sam.span)?
        .depending_on(sam.depends_on.take())
        .with_attributes(sam.pass_through());
    for name in ["Parameters", "NotificationARNs", "TimeoutInMinutes"] {
        stack.set(name, sam.get(name).cloned());
    }
    let location = |name: &str| sam.get("Location")?.get(name).filter(|value| !value.is_null());
    let mut origin = Vec::new();
    origin.extend(location("ApplicationId").map(|id| ("serverlessrepo:applicationId", id)));
    origin.extend(location("SemanticVersion").map(|version| ("serverlessrepo:semanticVersion", version)));
    let tags = tags::with_creator(sam, sam.get("Tags").and_then(Node::as_map), &origin)?;
    stack.set("Tags", Node::new(tags, made(sam.span)));
    stack.set("TemplateURL", sam.truthy("TemplateUrl").cloned().unwrap_or_else(|| node!(sam.span, "")));
    Ok(vec![stack])
}
