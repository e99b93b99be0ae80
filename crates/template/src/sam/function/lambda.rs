//! The Lambda function itself.

use super::{capacity, own_tags};
use crate::Node;
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::make::{made, node};
use crate::sam::python::{display, truthy};
use crate::sam::s3_location;
use crate::sam::translation::{SamResource, Translation};

/// `AWS::Lambda::Function`.
static FUNCTION: CfnType = CfnType::new(
    "AWS::Lambda::Function",
    &[
        "Code",
        "PackageType",
        "DeadLetterConfig",
        "Description",
        "FunctionName",
        "Handler",
        "MemorySize",
        "Role",
        "Runtime",
        "Timeout",
        "VpcConfig",
        "Environment",
        "Tags",
        "TracingConfig",
        "KmsKeyArn",
        "Layers",
        "ReservedConcurrentExecutions",
        "FileSystemConfigs",
        "CodeSigningConfigArn",
        "ImageConfig",
        "Architectures",
        "SnapStart",
        "EphemeralStorage",
        "RuntimeManagementConfig",
        "LoggingConfig",
        "RecursiveLoop",
        "CapacityProviderConfig",
        "FunctionScalingConfig",
        "PublishToLatestPublished",
        "TenancyConfig",
        "DurableConfig",
    ],
)
.replacing(&["AWS::Serverless::Function"]);

/// Properties that go into the function as they are.
const COPIED: [&str; 21] = [
    "Handler",
    "Runtime",
    "Description",
    "MemorySize",
    "Timeout",
    "VpcConfig",
    "Role",
    "Environment",
    "KmsKeyArn",
    "ReservedConcurrentExecutions",
    "Layers",
    "FileSystemConfigs",
    "ImageConfig",
    "PackageType",
    "Architectures",
    "SnapStart",
    "EphemeralStorage",
    "CodeSigningConfigArn",
    "RuntimeManagementConfig",
    "LoggingConfig",
    "TenancyConfig",
];

/// Makes the function.
pub(super) fn construct(sam: &mut SamResource, t: &Translation<'_>) -> Result<Resource, Fault> {
    let mut function = Resource::new(&FUNCTION, &sam.logical_id, sam.span)?
        .depending_on(sam.depends_on.take())
        .with_attributes(sam.attributes.clone());
    function.set("FunctionName", sam.truthy("FunctionName").cloned());
    for name in COPIED {
        function.set(name, sam.get(name).cloned());
    }
    function.set("Code", code(sam)?);
    function.set("Tags", super::list_of(sam, own_tags(sam)?));
    if traces(sam, t)? {
        let mode = sam.get("Tracing").cloned().unwrap_or_default();
        function.set("TracingConfig", node!(sam.span, { "Mode": mode }));
    }
    if let Some(queue) = sam.truthy("DeadLetterQueue") {
        let arn = queue.get("TargetArn").cloned().unwrap_or_default();
        function.set("DeadLetterConfig", node!(queue.span, { "TargetArn": arn }));
    }
    function.set("RecursiveLoop", sam.get("RecursiveLoop").cloned());
    function.set("DurableConfig", sam.get("DurableConfig").cloned());
    if let Some(config) = sam.truthy("CapacityProviderConfig") {
        function.set("CapacityProviderConfig", capacity::convert(sam, config)?);
    }
    function.set("FunctionScalingConfig", sam.truthy("FunctionScalingConfig").cloned());
    function.set("PublishToLatestPublished", sam.get("PublishToLatestPublished").cloned());
    check_package_type(sam, &function)?;
    Ok(function)
}

/// Whether X-Ray traces the function. What parameters in `Tracing` stand for is written back.
pub(super) fn traces(sam: &mut SamResource, t: &Translation<'_>) -> Result<bool, Fault> {
    let Some(tracing) = sam.properties.get_mut("Tracing").filter(|tracing| truthy(tracing)) else { return Ok(false) };
    let resolved = t.resolver.resolve_below(tracing)?;
    Ok(resolved.as_ref().unwrap_or(tracing).as_str() != Some("Disabled"))
}

/// Where the code lies, from the one property that says so.
fn code(sam: &SamResource) -> Result<Node, Fault> {
    let package = sam.truthy("PackageType");
    let id = &sam.logical_id;
    match package.map_or(Some("Zip"), Node::as_str) {
        Some("Zip") => {
            let mut code = match (sam.get("InlineCode"), sam.get("CodeUri")) {
                (Some(inline), _) => node!(inline.span, { "ZipFile": inline }),
                (None, Some(uri)) => s3_location::code(id, "CodeUri", uri)?,
                (None, None) => return Err(sam.fault("Only one of 'InlineCode' or 'CodeUri' can be set.")),
            };
            if let (Some(map), Some(key)) = (code.as_map_mut(), sam.truthy("SourceKMSKeyArn")) {
                map.insert_at("SourceKMSKeyArn", made(sam.span), key.clone());
            }
            Ok(code)
        }
        Some("Image") => match sam.get("ImageUri") {
            None => Err(sam.fault("'ImageUri' must be set.")),
            Some(uri) if !truthy(uri) => {
                Err(sam.fault("'ImageUri' requires that a image hosted at a registry be specified."))
            }
            Some(uri) => Ok(node!(uri.span, { "ImageUri": uri })),
        },
        _ => {
            let package = package.map(display).unwrap_or_default();
            Err(sam.fault(format!("invalid 'PackageType' : {package}")))
        }
    }
}

fn check_package_type(sam: &SamResource, function: &Resource) -> Result<(), Fault> {
    let has = |name: &str| function.get(name).is_some_and(truthy);
    let has_image = function.get("Code").and_then(|code| code.get("ImageUri")).is_some_and(truthy);
    if sam.truthy("PackageType").and_then(Node::as_str) == Some("Image") {
        if has("Handler") || has("Runtime") || has("Layers") {
            return Err(sam.fault("Runtime, Handler, Layers cannot be present when PackageType is of type `Image`"));
        }
        if !has_image {
            return Err(sam.fault("ImageUri needs to be present when PackageType is of type `Image`"));
        }
        return Ok(());
    }
    if !has("Runtime") || !has("Handler") {
        return Err(sam.fault("Runtime and Handler needs to be present when PackageType is of type `Zip`"));
    }
    if has_image || has("ImageConfig") {
        return Err(sam.fault("ImageUri or ImageConfig cannot be present when PackageType is of type `Zip`"));
    }
    Ok(())
}
