//! Reading functions and what belongs to them.

use super::super::resources::Resource;
use super::{
    ALIAS, FUNCTION, LAYER, MAPPING, PERMISSION, URL, VERSION, arn, configuration, function, home, not_found, qualifier,
};
use crate::call::{Answer, AwsError, Call, Output, as_integer};
use crate::world::World;
use serde_json::{Value, json};

fn of_function<'w>(world: &'w World, call: &Call<'_>, kind: &'static str, name: &str) -> Vec<&'w Resource> {
    let own = |r: &&Resource| r.attribute("FunctionName") == Some(name);
    home(world, call).into_iter().flat_map(|r| r.list(kind)).filter(own).collect()
}

/// The version that a qualifier means, by number or through an alias; nothing for `$LATEST`.
pub(super) fn version<'w>(
    world: &'w World,
    call: &Call<'_>,
    function: &Resource,
    qualifier: Option<&str>,
) -> Result<Option<&'w Resource>, AwsError> {
    let Some(qualifier) = qualifier.filter(|q| *q != "$LATEST") else { return Ok(None) };
    let resources = home(world, call);
    let wanted = format!("{}:{qualifier}", function.arn());
    let through = resources.and_then(|r| r.get(ALIAS, &wanted)).and_then(|a| a.text("FunctionVersion"));
    let number = through.as_deref().unwrap_or(qualifier);
    if number == "$LATEST" {
        return Ok(None);
    }
    let found = resources.and_then(|r| r.get(VERSION, &format!("{}:{number}", function.arn())));
    found.map(Some).ok_or_else(|| not_found(&wanted))
}

pub(super) fn list_functions(world: &mut World, call: &Call<'_>) -> Answer {
    call.authorize(world, "lambda:ListFunctions", "*", &[])?;
    let functions = home(world, call).into_iter().flat_map(|r| r.list(FUNCTION));
    let functions: Vec<Value> = functions.map(|f| configuration::of(f, None)).collect();
    Ok(Output::tree(json!({ "Functions": functions })))
}

pub(super) fn get_function(world: &mut World, call: &Call<'_>) -> Answer {
    let found = function(world, call, "GetFunction")?;
    let version = version(world, call, found, qualifier(call).as_deref())?;
    let image = found.properties.pointer("/Code/ImageUri");
    let code = match image {
        Some(image) => json!({ "RepositoryType": "ECR", "ImageUri": image }),
        None => json!({
            "RepositoryType": "S3",
            "Location": format!("https://awslambda-{0}-tasks.s3.{0}.amazonaws.com/snapshots/{1}/{2}", call.region, call.account, found.id),
        }),
    };
    let concurrency = found.get("ReservedConcurrentExecutions");
    Ok(Output::tree(json!({
        "Configuration": configuration::of(found, version),
        "Code": code,
        "Tags": found.tags,
        "Concurrency": as_integer(concurrency).map(|n| json!({ "ReservedConcurrentExecutions": n })),
    })))
}

pub(super) fn get_configuration(world: &mut World, call: &Call<'_>) -> Answer {
    let found = function(world, call, "GetFunctionConfiguration")?;
    let version = version(world, call, found, qualifier(call).as_deref())?;
    Ok(Output::tree(configuration::of(found, version)))
}

pub(super) fn list_versions(world: &mut World, call: &Call<'_>) -> Answer {
    let found = function(world, call, "ListVersionsByFunction")?;
    let published = of_function(world, call, VERSION, &found.id);
    let all = std::iter::once(None).chain(published.into_iter().map(Some));
    let versions: Vec<Value> = all.map(|v| configuration::of(found, v)).collect();
    Ok(Output::tree(json!({ "Versions": versions })))
}

pub(super) fn list_aliases(world: &mut World, call: &Call<'_>) -> Answer {
    let found = function(world, call, "ListAliases")?;
    let aliases: Vec<Value> =
        of_function(world, call, ALIAS, &found.id).into_iter().map(configuration::alias).collect();
    Ok(Output::tree(json!({ "Aliases": aliases })))
}

pub(super) fn get_alias(world: &mut World, call: &Call<'_>) -> Answer {
    let found = function(world, call, "GetAlias")?;
    let name = call.http.segments().get(4).cloned().unwrap_or_default();
    let id = format!("{}:{name}", found.arn());
    let alias = home(world, call).and_then(|r| r.get(ALIAS, &id));
    let alias =
        alias.ok_or_else(|| AwsError::new(404, "ResourceNotFoundException", format!("Cannot find alias arn: {id}")))?;
    Ok(Output::tree(configuration::alias(alias)))
}

/// The function's resource policy: one statement for each permission.
pub(super) fn get_policy(world: &mut World, call: &Call<'_>) -> Answer {
    let found = function(world, call, "GetPolicy")?;
    let statements: Vec<Value> =
        of_function(world, call, PERMISSION, &found.id).into_iter().map(|p| statement(found, p)).collect();
    if statements.is_empty() {
        return Err(AwsError::new(404, "ResourceNotFoundException", "The resource you requested does not exist."));
    }
    let policy = json!({ "Version": "2012-10-17", "Id": "default", "Statement": statements });
    Ok(Output::tree(json!({ "Policy": policy.to_string(), "RevisionId": "00000000-0000-4000-8000-000000000000" })))
}

fn statement(function: &Resource, permission: &Resource) -> Value {
    let principal = permission.text("Principal").unwrap_or_default();
    let who = match principal.as_str() {
        "*" => json!("*"),
        p if p.contains('.') => json!({ "Service": p }),
        p if p.len() == 12 => json!({ "AWS": format!("arn:aws:iam::{p}:root") }),
        p => json!({ "AWS": p }),
    };
    let mut condition = json!({});
    if let Some(source) = permission.text("SourceArn") {
        condition["ArnLike"] = json!({ "AWS:SourceArn": source });
    }
    if let Some(account) = permission.text("SourceAccount") {
        condition["StringEquals"] = json!({ "AWS:SourceAccount": account });
    }
    let mut out = json!({
        "Sid": permission.id,
        "Effect": "Allow",
        "Principal": who,
        "Action": permission.text("Action"),
        "Resource": function.arn(),
    });
    if condition.as_object().is_some_and(|c| !c.is_empty()) {
        out["Condition"] = condition;
    }
    out
}

pub(super) fn get_concurrency(world: &mut World, call: &Call<'_>) -> Answer {
    let found = function(world, call, "GetFunctionConcurrency")?;
    Ok(Output::tree(json!({ "ReservedConcurrentExecutions": as_integer(found.get("ReservedConcurrentExecutions")) })))
}

pub(super) fn get_url(world: &mut World, call: &Call<'_>) -> Answer {
    let found = function(world, call, "GetFunctionUrlConfig")?;
    let url = of_function(world, call, URL, &found.id).into_iter().next();
    let url = url
        .ok_or_else(|| AwsError::new(404, "ResourceNotFoundException", "The resource you requested does not exist."))?;
    Ok(Output::tree(json!({
        "FunctionUrl": url.attribute("FunctionUrl"),
        "FunctionArn": found.arn(),
        "AuthType": url.text("AuthType"),
        "Cors": url.get("Cors"),
        "InvokeMode": url.text("InvokeMode").unwrap_or_else(|| "BUFFERED".into()),
        "CreationTime": crate::cloudformation::event::time_text(url.created),
        "LastModifiedTime": crate::cloudformation::event::time_text(url.modified),
    })))
}

fn mapping(call: &Call<'_>, mapping: &Resource) -> Value {
    json!({
        "UUID": mapping.id,
        "EventSourceMappingArn": mapping.attribute("EventSourceMappingArn"),
        "EventSourceArn": mapping.text("EventSourceArn"),
        "FunctionArn": mapping.attribute("FunctionArn"),
        "BatchSize": mapping.integer("BatchSize"),
        "StartingPosition": mapping.text("StartingPosition"),
        "State": if mapping.text("Enabled").as_deref() == Some("false") { "Disabled" } else { "Enabled" },
        "LastModified": call.time(mapping.modified),
    })
}

pub(super) fn list_mappings(world: &mut World, call: &Call<'_>) -> Answer {
    call.authorize(world, "lambda:ListEventSourceMappings", "*", &[])?;
    let name = call.http.parameter("FunctionName").map(|n| super::function_name(&n));
    let source = call.http.parameter("EventSourceArn");
    let wanted = |m: &&Resource| {
        name.as_deref().is_none_or(|n| m.attribute("FunctionName") == Some(n))
            && source.as_ref().is_none_or(|s| m.text("EventSourceArn").as_ref() == Some(s))
    };
    let mappings = home(world, call).into_iter().flat_map(|r| r.list(MAPPING)).filter(wanted);
    let mappings: Vec<Value> = mappings.map(|m| mapping(call, m)).collect();
    Ok(Output::tree(json!({ "EventSourceMappings": mappings })))
}

pub(super) fn get_mapping(world: &mut World, call: &Call<'_>) -> Answer {
    call.authorize(world, "lambda:GetEventSourceMapping", "*", &[])?;
    let id = call.http.segments().get(2).cloned().unwrap_or_default();
    let found = home(world, call).and_then(|r| r.get(MAPPING, &id));
    let missing = || AwsError::new(404, "ResourceNotFoundException", "The resource you requested does not exist.");
    Ok(Output::tree(mapping(call, found.ok_or_else(missing)?)))
}

fn layer_version(layer: &Resource) -> Value {
    json!({
        "LayerVersionArn": layer.id,
        "Version": layer.id.rsplit(':').next().and_then(|n| n.parse::<u64>().ok()),
        "Description": layer.text("Description"),
        "CreatedDate": crate::cloudformation::event::time_text(layer.created),
        "CompatibleRuntimes": layer.get("CompatibleRuntimes"),
        "CompatibleArchitectures": layer.get("CompatibleArchitectures"),
    })
}

fn layer_of(version: &Resource) -> &str {
    version.id.rsplit_once(':').map_or("", |(layer, _)| layer)
}

pub(super) fn list_layers(world: &mut World, call: &Call<'_>) -> Answer {
    call.authorize(world, "lambda:ListLayers", "*", &[])?;
    let mut layers: indexmap::IndexMap<&str, &Resource> = indexmap::IndexMap::new();
    for version in home(world, call).into_iter().flat_map(|r| r.list(LAYER)) {
        layers.insert(layer_of(version), version);
    }
    let tree = |(arn, latest): (&str, &Resource)| {
        let name = arn.rsplit(':').next();
        json!({ "LayerName": name, "LayerArn": arn, "LatestMatchingVersion": layer_version(latest) })
    };
    let layers: Vec<Value> = layers.into_iter().map(tree).collect();
    Ok(Output::tree(json!({ "Layers": layers })))
}

pub(super) fn list_layer_versions(world: &mut World, call: &Call<'_>) -> Answer {
    call.authorize(world, "lambda:ListLayerVersions", "*", &[])?;
    let name = call.http.segments().get(2).cloned().unwrap_or_default();
    let name = name.rsplit(':').next().unwrap_or_default().to_owned();
    let own = |l: &&Resource| layer_of(l).ends_with(&format!(":layer:{name}"));
    let mut versions: Vec<Value> =
        home(world, call).into_iter().flat_map(|r| r.list(LAYER)).filter(own).map(layer_version).collect();
    versions.reverse();
    Ok(Output::tree(json!({ "LayerVersions": versions })))
}

pub(super) fn list_tags(world: &mut World, call: &Call<'_>) -> Answer {
    let reference = call.http.segments().get(2).cloned().unwrap_or_default();
    call.authorize(world, "lambda:ListTags", &reference, &[])?;
    let name = super::function_name(&reference);
    let found = home(world, call).and_then(|r| r.get(FUNCTION, &name)).ok_or_else(|| not_found(&arn(call, &name)))?;
    Ok(Output::tree(json!({ "Tags": found.tags })))
}
