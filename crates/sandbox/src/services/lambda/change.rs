//! Changing functions without a stack: code, versions, aliases.

use super::{ALIAS, FUNCTION, VERSION, configuration, function, home, read};
use crate::call::{Answer, AwsError, Body, Call, Output};
use crate::services::resources::Resource;
use crate::services::s3;
use crate::world::World;
use base64::Engine as _;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn input(call: &Call<'_>) -> Result<Value, AwsError> {
    if call.input.as_object().is_some_and(|o| !o.is_empty()) {
        return Ok(call.input.clone());
    }
    call.http
        .json()
        .ok_or_else(|| AwsError::new(400, "InvalidRequestContentException", "Could not parse request body into json."))
}

fn text(input: &Value, name: &str) -> Option<String> {
    input.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "InvalidParameterValueException", message)
}

fn change(world: &mut World, call: &Call<'_>, name: &str) -> Result<(), AwsError> {
    let now = world.now();
    if let Some(f) = world.region_mut(&call.account, &call.region)?.resources.get_mut(FUNCTION, name) {
        f.modified = now;
    }
    Ok(())
}

/// `UpdateFunctionCode`, with `Publish` and `DryRun`.
pub(super) fn update_code(world: &mut World, call: &Call<'_>) -> Answer {
    let name = function(world, call, "UpdateFunctionCode")?.id.clone();
    let input = input(call)?;
    let (code, bytes) = code(world, call, &input)?;
    let sha = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(&bytes));
    if input.get("DryRun") != Some(&Value::Bool(true)) {
        change(world, call, &name)?;
        if let Some(f) = world.region_mut(&call.account, &call.region)?.resources.get_mut(FUNCTION, &name) {
            if let Value::Object(map) = &mut f.properties {
                map.insert("Code".into(), code);
            }
            f.attributes.insert("CodeSha256".into(), sha.into());
            f.attributes.insert("CodeSize".into(), bytes.len().into());
        }
    }
    if input.get("Publish") == Some(&Value::Bool(true)) {
        return published(world, call, &name, None);
    }
    let found = function(world, call, "UpdateFunctionCode")?;
    Ok(Output::tree(configuration::of(found, None)))
}

/// The code as a property and as bytes.
fn code(world: &mut World, call: &Call<'_>, input: &Value) -> Result<(Value, Vec<u8>), AwsError> {
    if let Some(zip) = text(input, "ZipFile") {
        let bytes = base64::engine::general_purpose::STANDARD.decode(zip.as_bytes());
        let bytes = bytes
            .map_err(|_| invalid("Could not unzip uploaded file. Please check your file, then try to upload again."))?;
        return Ok((json!({ "ZipFile": zip }), bytes));
    }
    if let Some(image) = text(input, "ImageUri") {
        let bytes = image.clone().into_bytes();
        return Ok((json!({ "ImageUri": image }), bytes));
    }
    let (Some(bucket), Some(key)) = (text(input, "S3Bucket"), text(input, "S3Key")) else {
        return Err(invalid("Please provide a source for function code."));
    };
    let version = text(input, "S3ObjectVersion");
    let bytes = s3::fetch(world, &call.principal, &call.region, &bucket, &key, version.as_deref()).map_err(|e| {
        invalid(format!("Error occurred while GetObject. S3 Error Code: {}. S3 Error Message: {}", e.code, e.message))
    })?;
    Ok((json!({ "S3Bucket": bucket, "S3Key": key, "S3ObjectVersion": version }), bytes))
}

/// `UpdateFunctionConfiguration`.
pub(super) fn update_configuration(world: &mut World, call: &Call<'_>) -> Answer {
    let name = function(world, call, "UpdateFunctionConfiguration")?.id.clone();
    let Value::Object(changes) = input(call)? else { return Err(invalid("The request has no members.")) };
    change(world, call, &name)?;
    if let Some(f) = world.region_mut(&call.account, &call.region)?.resources.get_mut(FUNCTION, &name)
        && let Value::Object(map) = &mut f.properties
    {
        map.extend(changes.into_iter().filter(|(k, v)| !v.is_null() && k != "RevisionId" && k != "FunctionName"));
    }
    let found = function(world, call, "UpdateFunctionConfiguration")?;
    Ok(Output::tree(configuration::of(found, None)))
}

/// `PublishVersion`: nothing new if code and configuration are those of the last version.
pub(super) fn publish(world: &mut World, call: &Call<'_>) -> Answer {
    let name = function(world, call, "PublishVersion")?.id.clone();
    let input = input(call)?;
    if let Some(wanted) = text(&input, "CodeSha256") {
        let found = function(world, call, "PublishVersion")?;
        if found.attribute("CodeSha256") != Some(wanted.as_str()) {
            return Err(invalid("CodeSHA256 does not match the code of $LATEST."));
        }
    }
    published(world, call, &name, text(&input, "Description"))
}

fn published(world: &mut World, call: &Call<'_>, name: &str, description: Option<String>) -> Answer {
    let now = world.now();
    let resources = &mut world.region_mut(&call.account, &call.region)?.resources;
    let Some(function) = resources.get(FUNCTION, name).cloned() else { return Err(super::not_found(name)) };
    let own = |r: &&Resource| r.attribute("FunctionName") == Some(name);
    let last = resources.list(VERSION).rfind(own).cloned();
    let same = last.filter(|v| {
        v.attribute("CodeSha256") == function.attribute("CodeSha256")
            && v.attributes.get("Frozen") == Some(&function.properties)
    });
    let version = match same {
        Some(version) => version,
        None => {
            let number = function.attributes.get("Versions").and_then(Value::as_u64).unwrap_or(0) + 1;
            if let Some(f) = resources.get_mut(FUNCTION, name) {
                f.attributes.insert("Versions".into(), number.into());
            }
            let mut version = Resource {
                id: format!("{}:{number}", function.arn()),
                created: now,
                modified: now,
                ..Resource::default()
            };
            version.properties = json!({ "FunctionName": name, "Description": description });
            let facts = [
                ("Version", Value::from(number.to_string())),
                ("FunctionName", name.into()),
                ("FunctionArn", version.id.clone().into()),
                ("CodeSha256", function.attributes.get("CodeSha256").cloned().unwrap_or_default()),
                ("Frozen", function.properties.clone()),
            ];
            version.attributes.extend(facts.into_iter().map(|(k, v)| (k.to_owned(), v)));
            resources.put(VERSION, version.clone());
            version
        }
    };
    Ok(Output::tree(configuration::of(&function, Some(&version))).with_status(201))
}

/// `CreateAlias`.
pub(super) fn create_alias(world: &mut World, call: &Call<'_>) -> Answer {
    let found = function(world, call, "CreateAlias")?.clone();
    let input = input(call)?;
    let alias = text(&input, "Name").ok_or_else(|| invalid("Name must not be null"))?;
    let id = format!("{}:{alias}", found.arn());
    if home(world, call).is_some_and(|r| r.get(ALIAS, &id).is_some()) {
        return Err(AwsError::new(409, "ResourceConflictException", format!("Alias already exists: {id}")));
    }
    let wanted = text(&input, "FunctionVersion");
    read::version(world, call, &found, wanted.as_deref())?;
    let now = world.now();
    let mut resource =
        Resource { id: id.clone(), properties: input, created: now, modified: now, ..Resource::default() };
    resource.attributes.insert("FunctionName".into(), found.id.clone().into());
    resource.attributes.insert("AliasArn".into(), id.into());
    let answer = configuration::alias(&resource);
    world.region_mut(&call.account, &call.region)?.resources.put(ALIAS, resource);
    Ok(Output::tree(answer).with_status(201))
}

/// `UpdateAlias`: another version, or weights between two.
pub(super) fn update_alias(world: &mut World, call: &Call<'_>) -> Answer {
    let found = function(world, call, "UpdateAlias")?.clone();
    let alias = call.http.segments().get(4).cloned().unwrap_or_default();
    let id = format!("{}:{alias}", found.arn());
    let Value::Object(changes) = input(call)? else { return Err(invalid("The request has no members.")) };
    if let Some(wanted) = changes.get("FunctionVersion").and_then(Value::as_str) {
        read::version(world, call, &found, Some(wanted))?;
    }
    let now = world.now();
    let resources = &mut world.region_mut(&call.account, &call.region)?.resources;
    let Some(resource) = resources.get_mut(ALIAS, &id) else {
        return Err(AwsError::new(404, "ResourceNotFoundException", format!("Cannot find alias arn: {id}")));
    };
    resource.modified = now;
    if let Value::Object(map) = &mut resource.properties {
        map.extend(changes.into_iter().filter(|(_, v)| !v.is_null()));
    }
    Ok(Output::tree(configuration::alias(resource)))
}

/// `Invoke`: there are no workloads in this world. The answer is what was sent, and a header that says so.
pub(super) fn invoke(world: &mut World, call: &Call<'_>) -> Answer {
    let found = function(world, call, "InvokeFunction")?;
    let version = read::version(world, call, found, super::qualifier(call).as_deref())?;
    let number = version.and_then(|v| v.attribute("Version")).unwrap_or("$LATEST");
    let kind = call.http.header("x-amz-invocation-type").unwrap_or("RequestResponse");
    let (status, body) = match kind {
        "Event" => (202, Body::Empty),
        "DryRun" => (204, Body::Empty),
        _ => {
            let event: Value = call.http.json().unwrap_or_default();
            let answer = json!({ "statusCode": 200, "note": "The sandbox runs no workloads; this is what was sent.", "event": event });
            (200, Body::Bytes(answer.to_string().into_bytes()))
        }
    };
    let output = Output { status, headers: Vec::new(), body };
    Ok(output.with_header("x-amz-executed-version", number).with_header("x-landfall-sandbox", "echo"))
}
