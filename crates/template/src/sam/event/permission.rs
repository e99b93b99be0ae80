//! The permission for an event source to invoke a function.

use super::{Event, Target};
use crate::Node;
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::hash;
use crate::sam::make::node;

/// `AWS::Lambda::Permission`.
pub static PERMISSION: CfnType = CfnType::new(
    "AWS::Lambda::Permission",
    &[
        "Action",
        "FunctionName",
        "Principal",
        "SourceAccount",
        "SourceArn",
        "EventSourceToken",
        "FunctionUrlAuthType",
        "InvokedViaFunctionUrl",
    ],
);

/// Makes it: `suffix` ends its logical id, hashed if it is not alphanumeric; `prefix` begins it instead of the event's.
pub(super) fn construct(
    event: &Event,
    target: &Target<'_>,
    principal: &str,
    suffix: &str,
    prefix: Option<&str>,
) -> Result<Resource, Fault> {
    let prefix = format!("{}Permission", prefix.unwrap_or(&event.logical_id));
    let id = if is_alphanumeric(suffix) { format!("{prefix}{suffix}") } else { hash::logical_id(&prefix, suffix) };
    let mut permission = event.resource(&PERMISSION, id, target)?;
    permission.set("Action", node!(event.span, "lambda:InvokeFunction"));
    permission.set("FunctionName", target.reference());
    permission.set("Principal", node!(event.span, principal));
    Ok(permission)
}

/// The usual permission: one source ARN.
pub(super) fn for_source(
    event: &Event,
    target: &Target<'_>,
    principal: &str,
    source_arn: Option<Node>,
) -> Result<Resource, Fault> {
    let mut permission = construct(event, target, principal, "", None)?;
    permission.set("SourceArn", source_arn);
    Ok(permission)
}

fn is_alphanumeric(text: &str) -> bool {
    !text.is_empty() && text.chars().all(char::is_alphanumeric)
}
