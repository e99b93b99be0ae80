//! `AWS::Serverless::SimpleTable`: a DynamoDB table with one key.

use crate::Node;
use crate::sam::cfn::{CfnType, Resource, tag_list};
use crate::sam::error::Fault;
use crate::sam::expect::{Owner, expect};
use crate::sam::make::node;
use crate::sam::property::{Property, STR_OR_MAP, Shape};
use crate::sam::python::display;
use crate::sam::translation::{Phase, ResourceKind, SamResource, Translation};

/// The resource type.
pub static KIND: ResourceKind = ResourceKind {
    name: "AWS::Serverless::SimpleTable",
    phase: Phase::Others,
    properties: &[
        Property::any("PointInTimeRecoverySpecification"),
        Property::new("PrimaryKey", Shape::MapOf(&Shape::Str)),
        Property::new("ProvisionedThroughput", Shape::MapOf(&Shape::OneOf(&[Shape::Int, Shape::Map]))),
        Property::new("TableName", STR_OR_MAP),
        Property::new("Tags", Shape::Map),
        Property::new("SSESpecification", Shape::Map),
    ],
    referable: &[],
    ignores_unknown: false,
    translate,
};

static TABLE: CfnType = CfnType::new(
    "AWS::DynamoDB::Table",
    &[
        "AttributeDefinitions",
        "GlobalSecondaryIndexes",
        "KeySchema",
        "LocalSecondaryIndexes",
        "PointInTimeRecoverySpecification",
        "ProvisionedThroughput",
        "StreamSpecification",
        "TableName",
        "Tags",
        "SSESpecification",
        "BillingMode",
    ],
)
.replacing(&["AWS::Serverless::SimpleTable"]);

fn translate(sam: &mut SamResource, _t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    let mut table = Resource::new(&TABLE, &sam.logical_id, sam.span)?
        .depending_on(sam.depends_on.take())
        .with_attributes(std::mem::take(&mut sam.attributes));
    let (name, kind) = key(sam)?;
    table.set("AttributeDefinitions", node!(sam.span, [{ "AttributeName": &name, "AttributeType": kind }]));
    table.set("KeySchema", node!(sam.span, [{ "AttributeName": name, "KeyType": "HASH" }]));
    match sam.truthy("ProvisionedThroughput").cloned() {
        Some(throughput) => table.set("ProvisionedThroughput", throughput),
        None => table.set("BillingMode", node!(sam.span, "PAY_PER_REQUEST")),
    }
    for name in ["PointInTimeRecoverySpecification", "SSESpecification", "TableName"] {
        table.set(name, sam.truthy(name).cloned());
    }
    if let Some(tags) = sam.truthy("Tags") {
        table.set("Tags", tags.as_map().map(|tags| Node::new(tag_list(tags), tags_span(sam))));
    }
    Ok(vec![table])
}

fn tags_span(sam: &SamResource) -> base::Span {
    sam.get("Tags").map_or(sam.span, |tags| tags.span)
}

/// The name and the type of the key.
fn key(sam: &SamResource) -> Result<(Node, &'static str), Fault> {
    let Some(key) = sam.truthy("PrimaryKey") else { return Ok((node!(sam.span, "id"), "S")) };
    let owner = Owner::Resource(&sam.logical_id);
    let name = expect(key.get("Name"), owner, "PrimaryKey.Name").present()?;
    let kind = expect(key.get("Type"), owner, "PrimaryKey.Type").present()?;
    let kind_code = match kind.as_str() {
        Some("String") => "S",
        Some("Number") => "N",
        Some("Binary") => "B",
        _ => return Err(sam.fault(format!("Invalid 'Type' \"{}\".", display(kind))).at(kind.span)),
    };
    Ok((name.clone(), kind_code))
}
