//! `FunctionUrlConfig`: an HTTPS endpoint of the function.

use super::function_reference;
use crate::Node;
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::event::PERMISSION;
use crate::sam::expect::{Owner, expect};
use crate::sam::intrinsic::is_intrinsic;
use crate::sam::make::node;
use crate::sam::property::Shape;
use crate::sam::python::{if_truthy, truthy};
use crate::sam::translation::SamResource;

static URL: CfnType = CfnType::new("AWS::Lambda::Url", &["TargetFunctionArn", "AuthType", "Cors", "InvokeMode"]);

/// What `Cors` may have, of which Python type, and what that is called.
const CORS: [(&str, Shape, &str); 6] = [
    ("AllowOrigins", Shape::List, "list"),
    ("AllowMethods", Shape::List, "list"),
    ("AllowCredentials", Shape::Bool, "bool"),
    ("AllowHeaders", Shape::List, "list"),
    ("ExposeHeaders", Shape::List, "list"),
    ("MaxAge", Shape::Int, "int"),
];

/// Makes the URL, and permissions for everybody if it needs no authorization.
pub(super) fn construct(sam: &SamResource, alias: Option<&Resource>) -> Result<Vec<Resource>, Fault> {
    let Some(config) = sam.truthy("FunctionUrlConfig") else { return Ok(Vec::new()) };
    if !is_intrinsic(config) {
        check_auth_type(sam, config)?;
        check_cors(sam, config)?;
    }
    let target = alias.map_or_else(|| function_reference(sam), Resource::reference);
    let given = |name: &str| config.get(name).cloned();
    let resource = |kind: &'static CfnType, suffix: &str| -> Result<Resource, Fault> {
        let id = format!("{}{suffix}", sam.logical_id);
        Ok(Resource::new(kind, id, config.span)?.with_attributes(sam.pass_through()))
    };
    let mut url = resource(&URL, "Url")?;
    url.set("Cors", given("Cors").filter(truthy));
    url.set("AuthType", given("AuthType"));
    url.set("TargetFunctionArn", target.clone());
    url.set("InvokeMode", given("InvokeMode"));
    let auth_type = config.get("AuthType").and_then(Node::as_str);
    if is_intrinsic(config) || auth_type != Some("NONE") {
        return Ok(vec![url]);
    }
    let mut public = resource(&PERMISSION, "UrlPublicPermissions")?;
    public.set("Action", node!(config.span, "lambda:InvokeFunctionUrl"));
    public.set("FunctionName", target.clone());
    public.set("Principal", node!(config.span, "*"));
    public.set("FunctionUrlAuthType", given("AuthType"));
    let mut invoke = resource(&PERMISSION, "URLInvokeAllowPublicAccess")?;
    invoke.set("Action", node!(config.span, "lambda:InvokeFunction"));
    invoke.set("FunctionName", target);
    invoke.set("Principal", node!(config.span, "*"));
    invoke.set("InvokedViaFunctionUrl", node!(config.span, true));
    Ok(vec![url, public, invoke])
}

fn check_auth_type(sam: &SamResource, config: &Node) -> Result<(), Fault> {
    let auth_type = if_truthy(config.get("AuthType"));
    if auth_type.is_some_and(is_intrinsic) || matches!(auth_type.and_then(Node::as_str), Some("AWS_IAM" | "NONE")) {
        return Ok(());
    }
    let message = "AuthType is required to configure function property `FunctionUrlConfig`. Please provide either \
                   AWS_IAM or NONE.";
    Err(sam.fault(message).at(auth_type.map_or(config.span, |auth_type| auth_type.span)))
}

fn check_cors(sam: &SamResource, config: &Node) -> Result<(), Fault> {
    let Some(cors) = if_truthy(config.get("Cors")).filter(|cors| !is_intrinsic(cors)) else { return Ok(()) };
    let cors = expect(Some(cors), Owner::Resource(&sam.logical_id), "FunctionUrlConfig.Cors").map()?;
    for (name, entry) in cors.entries() {
        let Some((_, shape, kind)) = CORS.iter().find(|(known, _, _)| *known == name) else {
            let message = format!("{name} is not a valid property for configuring Cors.");
            return Err(sam.fault(message).at(entry.key_span));
        };
        if !is_intrinsic(&entry.node) && !shape.takes(&entry.node) {
            return Err(sam.fault(format!("{name} must be of type {kind}.")).at(entry.node.span));
        }
    }
    Ok(())
}
