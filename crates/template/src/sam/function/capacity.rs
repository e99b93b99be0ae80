//! `CapacityProviderConfig` of a function.

use crate::Node;
use crate::sam::error::Fault;
use crate::sam::make::{made, node};
use crate::sam::model::{self, Field, Kind};
use crate::sam::translation::SamResource;

static FIELDS: [Field; 3] = [
    Field::new("Arn", Kind::Union(&[Kind::Map, Kind::Str])).required(),
    Field::new("PerExecutionEnvironmentMaxConcurrency", Kind::Union(&[Kind::Map, Kind::Int])),
    Field::new("ExecutionEnvironmentMemoryGiBPerVCpu", Kind::Union(&[Kind::Map, Kind::Int, Kind::Float])),
];

/// What CloudFormation calls it.
pub(super) fn convert(sam: &SamResource, config: &Node) -> Result<Node, Fault> {
    let read = model::read(config, &FIELDS).map_err(|problems| {
        let text = model::report("CapacityProviderConfig", &problems);
        sam.fault(format!("Invalid CapacityProviderConfig: {text}")).at(config.span)
    })?;
    let mut converted = node!(config.span, { "CapacityProviderArn": read.get("Arn").cloned().unwrap_or_default() });
    for name in ["PerExecutionEnvironmentMaxConcurrency", "ExecutionEnvironmentMemoryGiBPerVCpu"] {
        if let (Some(map), Some(value)) = (converted.as_map_mut(), read.get(name).filter(|value| !value.is_null())) {
            map.insert_at(name, made(config.span), value.clone());
        }
    }
    Ok(node!(config.span, { "LambdaManagedInstancesCapacityProviderConfig": converted }))
}
