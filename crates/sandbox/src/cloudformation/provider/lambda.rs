//! Lambda: functions, versions, aliases, layers, permissions, event source mappings, URLs.

use super::naming::Style;
use super::{Ask, HandlerError, Made, Provider, Verb};
use crate::services::resources::text_of;
use crate::services::s3;
use crate::world::World;
use base64::Engine as _;
use serde_json::Value;
use sha2::{Digest, Sha256};

const FUNCTION: &str = "AWS::Lambda::Function";

/// The rows of Lambda.
pub(super) static ROWS: &[Provider] = &[
    Provider::new(FUNCTION, "Lambda")
        .named("FunctionName", Style::Mixed(64))
        .arn("arn:{partition}:lambda:{region}:{account}:function:{name}")
        .replaced_by(&["PackageType", "TenancyConfig"])
        .tagged()
        .takes(7, 9, 5)
        .needs("lambda:CreateFunction", "lambda:UpdateFunctionConfiguration", "lambda:DeleteFunction")
        .hook(function),
    Provider::new("AWS::Lambda::Version", "Lambda")
        .id("{FunctionName}:1")
        .replaced_by(&["FunctionName", "CodeSha256", "Description", "ProvisionedConcurrencyConfig", "RuntimePolicy"])
        .takes(3, 1, 2)
        .needs("lambda:PublishVersion", "", "lambda:DeleteFunction")
        .hook(version),
    Provider::new("AWS::Lambda::Alias", "Lambda")
        .replaced_by(&["FunctionName", "Name"])
        .takes(4, 8, 2)
        .needs("lambda:CreateAlias", "lambda:UpdateAlias", "lambda:DeleteAlias")
        .hook(alias),
    Provider::new("AWS::Lambda::LayerVersion", "Lambda")
        .replaced_by(&[
            "LayerName",
            "Content",
            "CompatibleRuntimes",
            "CompatibleArchitectures",
            "Description",
            "LicenseInfo",
        ])
        .takes(6, 1, 2)
        .needs("lambda:PublishLayerVersion", "", "lambda:DeleteLayerVersion")
        .hook(layer),
    Provider::new("AWS::Lambda::LayerVersionPermission", "Lambda")
        .id("{LayerVersionArn}#{uuid}")
        .replaced_by(&["LayerVersionArn", "Action", "Principal", "OrganizationId"])
        .takes(2, 1, 1)
        .needs("lambda:AddLayerVersionPermission", "", "lambda:RemoveLayerVersionPermission"),
    Provider::new("AWS::Lambda::Permission", "Lambda")
        .id("{stack}-{logical}-{upper12}")
        .attributes(&[("Id", "{id}")])
        .replaced_by(&[
            "FunctionName",
            "Action",
            "Principal",
            "SourceAccount",
            "SourceArn",
            "EventSourceToken",
            "FunctionUrlAuthType",
            "PrincipalOrgID",
        ])
        .takes(4, 1, 2)
        .needs("lambda:AddPermission", "", "lambda:RemovePermission")
        .hook(needs_function),
    Provider::new("AWS::Lambda::EventSourceMapping", "Lambda")
        .id("{uuid}")
        .arn("arn:{partition}:lambda:{region}:{account}:event-source-mapping:{uuid}")
        .attributes(&[("Id", "{id}"), ("EventSourceMappingArn", "{arn}")])
        .replaced_by(&["EventSourceArn", "StartingPosition", "StartingPositionTimestamp", "SelfManagedEventSource"])
        .tagged()
        .takes(25, 12, 10)
        .needs("lambda:CreateEventSourceMapping", "lambda:UpdateEventSourceMapping", "lambda:DeleteEventSourceMapping")
        .hook(needs_function),
    Provider::new("AWS::Lambda::EventInvokeConfig", "Lambda")
        .id("{stack}-{logical}-{upper12}")
        .replaced_by(&["FunctionName", "Qualifier"])
        .takes(2, 2, 1)
        .needs(
            "lambda:PutFunctionEventInvokeConfig",
            "lambda:UpdateFunctionEventInvokeConfig",
            "lambda:DeleteFunctionEventInvokeConfig",
        ),
    Provider::new("AWS::Lambda::Url", "Lambda")
        .id("{TargetFunctionArn}")
        .attributes(&[
            ("FunctionUrl", "https://{lower32}.lambda-url.{region}.on.aws/"),
            ("FunctionArn", "{TargetFunctionArn}"),
        ])
        .replaced_by(&["TargetFunctionArn", "Qualifier"])
        .takes(3, 2, 1)
        .needs("lambda:CreateFunctionUrlConfig", "lambda:UpdateFunctionUrlConfig", "lambda:DeleteFunctionUrlConfig")
        .hook(needs_function),
    Provider::new("AWS::Lambda::CodeSigningConfig", "Lambda")
        .id("arn:{partition}:lambda:{region}:{account}:code-signing-config:csc-{hex17}")
        .takes(2, 2, 1)
        .needs("lambda:CreateCodeSigningConfig", "lambda:UpdateCodeSigningConfig", "lambda:DeleteCodeSigningConfig"),
];

fn function(world: &mut World, ask: &Ask<'_>, made: &mut Made) -> Result<(), HandlerError> {
    if ask.verb == Verb::Delete {
        drop_versions(world, ask);
        return Ok(());
    }
    let code_changed = ask.previous.is_none_or(|p| p.get("Code") != ask.properties.get("Code"));
    if code_changed {
        let (sha256, size) = code(world, ask)?;
        made.attributes.insert("CodeSha256".into(), sha256.into());
        made.attributes.insert("CodeSize".into(), size.into());
    }
    let role = ask.text("Role").unwrap_or_default();
    check_role(world, ask, &role)?;
    let snap_start = ask.properties.pointer("/SnapStart/ApplyOn").cloned().unwrap_or_else(|| "None".into());
    made.attributes.insert("SnapStartResponse.ApplyOn".into(), snap_start);
    Ok(())
}

/// Lambda assumes the role once when the function is made.
fn check_role(world: &mut World, ask: &Ask<'_>, role: &str) -> Result<(), HandlerError> {
    if role.is_empty() || crate::cloudformation::role::exists(world, role) {
        return Ok(());
    }
    let own = role.contains(&format!("::{}:", ask.account));
    let text = if own {
        "The role defined for the function cannot be assumed by Lambda."
    } else {
        "Cross-account pass role is not allowed."
    };
    let code = if own { "InvalidRequest" } else { "AccessDenied" };
    Err(HandlerError::of_service(world, "Lambda", if own { 400 } else { 403 }, code, text))
}

/// The digest and the size of the function's code, which must be there to be read.
fn code(world: &mut World, ask: &Ask<'_>) -> Result<(String, u64), HandlerError> {
    let part = |name: &str| ask.properties.get("Code").and_then(|c| c.get(name)).and_then(text_of);
    let digest = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(Sha256::digest(bytes));
    if let Some(text) = part("ZipFile") {
        return Ok((digest(text.as_bytes()), text.len() as u64));
    }
    if let Some(image) = part("ImageUri") {
        return Ok((digest(image.as_bytes()), 0));
    }
    let (Some(bucket), Some(key)) = (part("S3Bucket"), part("S3Key")) else {
        return Err(HandlerError::of_service(
            world,
            "Lambda",
            400,
            "InvalidRequest",
            "Please provide a source for function code.",
        ));
    };
    let bytes = object(world, ask, &bucket, &key, part("S3ObjectVersion").as_deref())?;
    Ok((digest(&bytes), bytes.len() as u64))
}

/// Reads code from S3 as Lambda does: in the function's own region, with the permissions of whoever makes the function.
fn object(
    world: &mut World,
    ask: &Ask<'_>,
    bucket: &str,
    key: &str,
    version: Option<&str>,
) -> Result<Vec<u8>, HandlerError> {
    if let Some(region) = bucket_region(world, bucket).filter(|r| r != ask.region) {
        let text = format!(
            "Error occurred while GetObject. S3 Error Code: PermanentRedirect. S3 Error Message: The bucket is in this region: {region}. Please use this region to retry the request"
        );
        return Err(HandlerError::of_service(world, "Lambda", 400, "InvalidRequest", &text));
    }
    s3::fetch(world, ask.principal, ask.region, bucket, key, version).map_err(|e| {
        let denied = e.code == "AccessDenied";
        let text = if denied {
            format!("Your access has been denied by S3, please make sure your request credentials have permission to GetObject for {bucket}/{key}. S3 Error Code: AccessDenied. S3 Error Message: {}", e.message)
        } else {
            format!("Error occurred while GetObject. S3 Error Code: {}. S3 Error Message: {}", e.code, e.message)
        };
        let (status, code) = if denied { (403, "AccessDenied") } else { (400, "InvalidRequest") };
        HandlerError::of_service(world, "Lambda", status, code, &text)
    })
}

fn bucket_region(world: &World, bucket: &str) -> Option<base::Region> {
    world.s3.buckets.get(bucket).map(|b| b.region.clone())
}

fn drop_versions(world: &mut World, ask: &Ask<'_>) {
    let Ok(state) = world.region_mut(ask.account, ask.region) else { return };
    let name = ask.physical_id;
    let own = |r: &&crate::services::resources::Resource| r.attribute("FunctionName") == Some(name);
    for kind in ["AWS::Lambda::Version", "AWS::Lambda::Alias"] {
        let ids: Vec<String> = state.resources.list(kind).filter(own).map(|r| r.id.clone()).collect();
        for id in ids {
            state.resources.remove(kind, &id);
        }
    }
}

/// The name of the function that a property names by name, ARN or partial ARN.
pub(crate) fn function_name(reference: &str) -> String {
    let after = reference.split_once(":function:").map_or(reference, |(_, name)| name);
    after.split(':').next().unwrap_or_default().to_owned()
}

fn target(ask: &Ask<'_>) -> String {
    let reference = ask.text("FunctionName").or_else(|| ask.text("TargetFunctionArn")).unwrap_or_default();
    function_name(&reference)
}

fn function_arn(ask: &Ask<'_>, name: &str) -> String {
    format!("arn:{}:lambda:{}:{}:function:{name}", ask.region.partition(), ask.region, ask.account)
}

fn needs_function(world: &mut World, ask: &Ask<'_>, made: &mut Made) -> Result<(), HandlerError> {
    let name = target(ask);
    made.attributes.insert("FunctionName".into(), name.clone().into());
    made.attributes.entry("FunctionArn").or_insert_with(|| function_arn(ask, &name).into());
    if ask.verb != Verb::Create || function_exists(world, ask, &name) {
        return Ok(());
    }
    let text = format!("Function not found: {}", function_arn(ask, &name));
    Err(HandlerError::of_service(world, "Lambda", 404, "NotFound", &text))
}

fn function_exists(world: &World, ask: &Ask<'_>, name: &str) -> bool {
    world.region(ask.account, ask.region).is_some_and(|r| r.resources.get(FUNCTION, name).is_some())
}

/// Versions are numbered from 1 for each function and never reused.
fn version(world: &mut World, ask: &Ask<'_>, made: &mut Made) -> Result<(), HandlerError> {
    if ask.verb != Verb::Create {
        return Ok(());
    }
    needs_function(world, ask, made)?;
    let name = target(ask);
    let number = next_number(world, ask, FUNCTION, &name, "Versions");
    made.physical_id = format!("{}:{number}", function_arn(ask, &name));
    made.attributes.insert("Version".into(), number.to_string().into());
    made.attributes.insert("FunctionArn".into(), made.physical_id.clone().into());
    let state = world.region(ask.account, ask.region).map(|r| &r.resources);
    if let Some(function) = state.and_then(|r| r.get(FUNCTION, &name)) {
        let sha = function.attributes.get("CodeSha256").cloned().unwrap_or_default();
        made.attributes.insert("CodeSha256".into(), sha);
        made.attributes.insert("Frozen".into(), function.properties.clone());
    }
    Ok(())
}

/// Counts up a number that is kept with a resource.
fn next_number(world: &mut World, ask: &Ask<'_>, kind: &str, id: &str, counter: &str) -> u64 {
    let Ok(state) = world.region_mut(ask.account, ask.region) else { return 1 };
    let Some(owner) = state.resources.get_mut(kind, id) else { return 1 };
    let next = owner.attributes.get(counter).and_then(Value::as_u64).unwrap_or(0) + 1;
    owner.attributes.insert(counter.into(), next.into());
    next
}

fn alias(world: &mut World, ask: &Ask<'_>, made: &mut Made) -> Result<(), HandlerError> {
    needs_function(world, ask, made)?;
    let (name, alias) = (target(ask), ask.text("Name").unwrap_or_default());
    let wanted = ask.text("FunctionVersion").unwrap_or_default();
    let arn = function_arn(ask, &name);
    if ask.verb != Verb::Delete && wanted != "$LATEST" {
        let state = world.region(ask.account, ask.region).map(|r| &r.resources);
        let known = state.is_some_and(|r| r.get("AWS::Lambda::Version", &format!("{arn}:{wanted}")).is_some());
        if !known {
            let text = format!("Function not found: {arn}:{wanted}");
            return Err(HandlerError::of_service(world, "Lambda", 404, "NotFound", &text));
        }
    }
    if ask.verb == Verb::Create {
        made.physical_id = format!("{arn}:{alias}");
        made.attributes.insert("AliasArn".into(), made.physical_id.clone().into());
    }
    Ok(())
}

/// A layer's versions are numbered for each name, and stay numbered when a version is deleted.
fn layer(world: &mut World, ask: &Ask<'_>, made: &mut Made) -> Result<(), HandlerError> {
    if ask.verb != Verb::Create {
        return Ok(());
    }
    let part = |name: &str| ask.properties.get("Content").and_then(|c| c.get(name)).and_then(text_of);
    if let (Some(bucket), Some(key)) = (part("S3Bucket"), part("S3Key")) {
        object(world, ask, &bucket, &key, part("S3ObjectVersion").as_deref())?;
    }
    let name = ask.text("LayerName").unwrap_or_else(|| format!("{}-{}", ask.stack_name, ask.logical_id));
    let layer = format!("arn:{}:lambda:{}:{}:layer:{name}", ask.region.partition(), ask.region, ask.account);
    let state = world.region(ask.account, ask.region).map(|r| &r.resources);
    let numbers = state.into_iter().flat_map(|r| r.list("AWS::Lambda::LayerVersion"));
    let last = numbers.filter_map(|r| r.id.strip_prefix(&format!("{layer}:"))?.parse::<u64>().ok()).max().unwrap_or(0);
    made.physical_id = format!("{layer}:{}", last + 1);
    made.attributes.insert("LayerVersionArn".into(), made.physical_id.clone().into());
    Ok(())
}
