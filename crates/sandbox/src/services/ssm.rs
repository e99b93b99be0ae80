//! Systems Manager: parameters.

use super::resources::Resource;
use crate::call::{Answer, AwsError, Call, Output};
use crate::world::World;
use serde_json::{Value, json};

const PARAMETER: &str = "AWS::SSM::Parameter";

/// Carries out one call.
pub fn call(world: &mut World, call: &Call<'_>) -> Answer {
    match call.operation.as_str() {
        "GetParameter" => {
            let name = call.require("Name")?;
            allowed(world, call, "GetParameter", name)?;
            let found = find(world, call, name).ok_or_else(missing)?;
            Ok(Output::tree(json!({ "Parameter": tree(call, found) })))
        }
        "GetParameters" => get_many(world, call),
        "GetParametersByPath" => by_path(world, call),
        "DescribeParameters" => {
            call.authorize(world, "ssm:DescribeParameters", "*", &[])?;
            let list: Vec<Value> = all(world, call)
                .map(|p| json!({ "Name": p.id, "Type": p.text("Type"), "Version": version(p), "LastModifiedDate": call.time(p.modified) }))
                .collect();
            Ok(Output::tree(json!({ "Parameters": list })))
        }
        "PutParameter" => put(world, call),
        "DeleteParameter" => {
            let name = call.require("Name")?.to_owned();
            allowed(world, call, "DeleteParameter", &name)?;
            let removed = world.region_mut(&call.account, &call.region)?.resources.remove(PARAMETER, &name);
            removed.map(|_| Output::nothing()).ok_or_else(missing)
        }
        other => Err(AwsError::not_implemented("ssm", other)),
    }
}

fn missing() -> AwsError {
    AwsError::new(400, "ParameterNotFound", "")
}

fn allowed(world: &World, call: &Call<'_>, action: &str, name: &str) -> Result<(), AwsError> {
    let name = name.trim_start_matches('/');
    let arn = format!("arn:{}:ssm:{}:{}:parameter/{name}", call.region.partition(), call.region, call.account);
    call.authorize(world, &format!("ssm:{action}"), &arn, &[])
}

fn all<'w>(world: &'w World, call: &Call<'_>) -> impl Iterator<Item = &'w Resource> {
    world.region(&call.account, &call.region).into_iter().flat_map(|r| r.resources.list(PARAMETER))
}

fn find<'w>(world: &'w World, call: &Call<'_>, name: &str) -> Option<&'w Resource> {
    all(world, call).find(|p| p.id == name)
}

fn version(parameter: &Resource) -> u64 {
    parameter.attributes.get("Version").and_then(Value::as_u64).unwrap_or(1)
}

fn tree(call: &Call<'_>, parameter: &Resource) -> Value {
    json!({
        "Name": parameter.id,
        "Type": parameter.text("Type").unwrap_or_else(|| "String".into()),
        "Value": parameter.text("Value"),
        "Version": version(parameter),
        "LastModifiedDate": call.time(parameter.modified),
        "ARN": parameter.arn(),
        "DataType": parameter.text("DataType").unwrap_or_else(|| "text".into()),
    })
}

fn get_many(world: &mut World, call: &Call<'_>) -> Answer {
    let names = call.texts("Names");
    for name in &names {
        allowed(world, call, "GetParameters", name)?;
    }
    let found: Vec<Value> = names.iter().filter_map(|n| find(world, call, n)).map(|p| tree(call, p)).collect();
    let invalid: Vec<&String> = names.iter().filter(|n| find(world, call, n).is_none()).collect();
    Ok(Output::tree(json!({ "Parameters": found, "InvalidParameters": invalid })))
}

fn by_path(world: &mut World, call: &Call<'_>) -> Answer {
    let path = call.require("Path")?.trim_end_matches('/');
    allowed(world, call, "GetParametersByPath", path)?;
    let deep = call.flag("Recursive").unwrap_or(false);
    let below = |p: &&Resource| {
        p.id.strip_prefix(path).and_then(|r| r.strip_prefix('/')).is_some_and(|rest| deep || !rest.contains('/'))
    };
    let found: Vec<Value> = all(world, call).filter(below).map(|p| tree(call, p)).collect();
    Ok(Output::tree(json!({ "Parameters": found })))
}

fn put(world: &mut World, call: &Call<'_>) -> Answer {
    let name = call.require("Name")?.to_owned();
    allowed(world, call, "PutParameter", &name)?;
    let value = call.get("Value").clone();
    let now = world.now();
    let arn = format!(
        "arn:{}:ssm:{}:{}:parameter/{}",
        call.region.partition(),
        call.region,
        call.account,
        name.trim_start_matches('/')
    );
    let overwrite = call.flag("Overwrite").unwrap_or(false);
    let kind = call.text("Type").unwrap_or("String").to_owned();
    let resources = &mut world.region_mut(&call.account, &call.region)?.resources;
    let next = match resources.get_mut(PARAMETER, &name) {
        Some(_) if !overwrite => {
            let text = "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.";
            return Err(AwsError::new(400, "ParameterAlreadyExists", text));
        }
        Some(parameter) => {
            let next = version(parameter) + 1;
            parameter.modified = now;
            parameter.attributes.insert("Version".into(), next.into());
            if let Value::Object(map) = &mut parameter.properties {
                map.insert("Value".into(), value);
            }
            next
        }
        None => {
            let properties = json!({ "Name": name, "Type": kind, "Value": value });
            let mut parameter = Resource { id: name, properties, created: now, modified: now, ..Resource::default() };
            parameter.attributes.insert("Arn".into(), arn.into());
            resources.put(PARAMETER, parameter);
            1
        }
    };
    Ok(Output::tree(json!({ "Version": next, "Tier": "Standard" })))
}
