//! `AWS::Serverless::Connector`.
use crate::sam::cfn::Resource;
use crate::sam::error::Fault;
use crate::sam::property::{Property, Shape};
use crate::sam::translation::{Phase, ResourceKind, SamResource, Translation};

const ANY_MAP: Shape = Shape::MapOf(&Shape::Any);

/// The resource type.
pub static KIND: ResourceKind = ResourceKind {
    name: "AWS::Serverless::Connector",
    phase: Phase::Connectors,
    properties: &[
        Property::new("Source", ANY_MAP).required(),
        Property::new("Destination", Shape::OneOf(&[ANY_MAP, Shape::ListOf(&ANY_MAP)])).required(),
        Property::new("Permissions", Shape::ListOf(&Shape::Str)).required(),
    ],
    referable: &[],
    translate,
};

fn translate(_sam: &mut SamResource, _t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    Ok(Vec::new())
}
