//! Lambda: functions, versions, aliases, layers, permissions and event sources as a deployment sees them. No code runs:
//! `Invoke` answers with what it was sent, and says so.

mod change;
mod configuration;
mod read;
mod routes;

pub use routes::route;

use super::resources::{Resource, State};
use crate::call::{Answer, AwsError, Call};
use crate::world::World;

pub(crate) use crate::cloudformation::function_name;

const FUNCTION: &str = "AWS::Lambda::Function";
const VERSION: &str = "AWS::Lambda::Version";
const ALIAS: &str = "AWS::Lambda::Alias";
const LAYER: &str = "AWS::Lambda::LayerVersion";
const PERMISSION: &str = "AWS::Lambda::Permission";
const MAPPING: &str = "AWS::Lambda::EventSourceMapping";
const URL: &str = "AWS::Lambda::Url";

/// Carries out one call.
pub fn call(world: &mut World, call: &Call<'_>) -> Answer {
    match call.operation.as_str() {
        "ListFunctions" => read::list_functions(world, call),
        "GetFunction" => read::get_function(world, call),
        "GetFunctionConfiguration" => read::get_configuration(world, call),
        "ListVersionsByFunction" => read::list_versions(world, call),
        "ListAliases" => read::list_aliases(world, call),
        "GetAlias" => read::get_alias(world, call),
        "GetPolicy" => read::get_policy(world, call),
        "GetFunctionConcurrency" => read::get_concurrency(world, call),
        "GetFunctionUrlConfig" => read::get_url(world, call),
        "ListEventSourceMappings" => read::list_mappings(world, call),
        "GetEventSourceMapping" => read::get_mapping(world, call),
        "ListLayers" => read::list_layers(world, call),
        "ListLayerVersions" => read::list_layer_versions(world, call),
        "ListTags" => read::list_tags(world, call),
        "Invoke" => change::invoke(world, call),
        "UpdateFunctionCode" => change::update_code(world, call),
        "UpdateFunctionConfiguration" => change::update_configuration(world, call),
        "PublishVersion" => change::publish(world, call),
        "CreateAlias" => change::create_alias(world, call),
        "UpdateAlias" => change::update_alias(world, call),
        other => Err(AwsError::not_implemented("lambda", other)),
    }
}

fn arn(call: &Call<'_>, name: &str) -> String {
    format!("arn:{}:lambda:{}:{}:function:{name}", call.region.partition(), call.region, call.account)
}

/// The part of the path after `functions/`, without a qualifier.
fn named(call: &Call<'_>) -> String {
    let segments = call.http.segments();
    let reference = segments.get(2).map(String::as_str).unwrap_or_default();
    function_name(reference)
}

/// The version or alias that a call asks for, in the query or behind the name.
fn qualifier(call: &Call<'_>) -> Option<String> {
    let asked = call.http.parameter("Qualifier").filter(|q| !q.is_empty());
    asked.or_else(|| {
        let segments = call.http.segments();
        let reference = segments.get(2)?.as_str();
        let name = reference.split_once(":function:").map_or(reference, |(_, n)| n);
        name.split_once(':').map(|(_, q)| q.to_owned())
    })
}

fn home<'w>(world: &'w World, call: &Call<'_>) -> Option<&'w State> {
    Some(&world.region(&call.account, &call.region)?.resources)
}

fn not_found(arn: &str) -> AwsError {
    AwsError::new(404, "ResourceNotFoundException", format!("Function not found: {arn}"))
}

/// The function that a call names, if the caller may do this to it.
fn function<'w>(world: &'w World, call: &Call<'_>, action: &str) -> Result<&'w Resource, AwsError> {
    let name = named(call);
    let arn = arn(call, &name);
    call.authorize(world, &format!("lambda:{action}"), &arn, &[])?;
    home(world, call).and_then(|r| r.get(FUNCTION, &name)).ok_or_else(|| not_found(&arn))
}
