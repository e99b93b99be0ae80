//! `DeploymentPreference` of a function.

use crate::Node;
use crate::sam::cfn::Resource;
use crate::sam::error::Fault;
use crate::sam::intrinsic::is_intrinsic;
use crate::sam::make::{made, node};
use crate::sam::python::truthy;
use crate::sam::translation::{SamResource, Translation};

/// Notes it, and gives the alias the policy by which CodeDeploy shifts its traffic.
pub(super) fn add(sam: &mut SamResource, alias: Option<&mut Resource>, t: &mut Translation<'_>) -> Result<(), Fault> {
    let Some(mut preference) = sam.truthy("DeploymentPreference").cloned() else { return Ok(()) };
    let span = preference.span;
    let Some(map) = preference.as_map_mut() else { return Ok(()) };
    for name in ["Enabled", "Type"] {
        if let Some(value) = map.get_mut(name) {
            t.resolver.resolve(value)?;
            t.mappings.resolve(value)?;
        }
    }
    let passes_condition = match map.get_mut("PassthroughCondition") {
        None => t.context.feature_toggles.is_enabled("deployment_preference_condition_fix"),
        Some(value) => {
            t.resolver.resolve(value)?;
            t.mappings.resolve(value)?;
            to_bool(sam, value)?
        }
    };
    map.insert_at("PassthroughCondition", made(span), node!(span, passes_condition));
    let condition = sam.attributes.get("Condition").cloned();
    let tags = sam.truthy("PropagateTags").and_then(|_| sam.get("Tags")).and_then(Node::as_map);
    let policy = t.deployments.add(&sam.logical_id, &preference, condition.as_ref(), tags)?;
    let Some(policy) = policy else { return Ok(()) };
    match alias {
        Some(alias) => alias.set_attribute("UpdatePolicy", policy),
        None => {
            let message = "'DeploymentPreference' requires AutoPublishAlias property to be specified.";
            return Err(sam.fault(message).at(span));
        }
    }
    Ok(())
}

fn to_bool(sam: &SamResource, value: &Node) -> Result<bool, Fault> {
    let name = "PassthroughCondition";
    match (value.as_bool(), value.as_str(), value.as_int()) {
        (Some(b), _, _) => return Ok(b),
        (_, Some("true" | "True"), _) | (_, _, Some(1)) => return Ok(true),
        (_, Some("false" | "False"), _) | (_, _, Some(0)) => return Ok(false),
        _ => {}
    }
    let message = if truthy(value) && is_intrinsic(value) {
        format!(
            "Unsupported intrinsic: the only intrinsic functions supported for property {name} are FindInMap and \
             parameter Refs."
        )
    } else {
        format!("Invalid value for property {name}.")
    };
    Err(sam.fault(message).at(value.span))
}
