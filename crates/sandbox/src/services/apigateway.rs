//! API Gateway: REST APIs and HTTP APIs as a deployment sees them. They answer no requests.

use super::resources::Resource;
use crate::call::{Answer, AwsError, Call, Output};
use crate::cloudformation::event::time_text;
use crate::wire::WireRequest;
use crate::world::World;
use serde_json::{Value, json};

/// The operation of a request, REST APIs and HTTP APIs alike: both are signed for as `apigateway`.
pub fn route(request: &WireRequest) -> Option<&'static str> {
    let segments = request.segments();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    if request.method != "GET" {
        return None;
    }
    match parts.as_slice() {
        ["restapis"] => Some("GetRestApis"),
        ["restapis", _] => Some("GetRestApi"),
        ["restapis", _, "stages"] => Some("GetStages"),
        ["restapis", _, "stages", _] => Some("GetStage"),
        ["restapis", _, "deployments"] => Some("GetDeployments"),
        ["restapis", _, "resources"] => Some("GetResources"),
        ["v2", "apis"] => Some("GetApis"),
        ["v2", "apis", _] => Some("GetApi"),
        ["v2", "apis", _, "stages"] => Some("GetApiStages"),
        ["v2", "apis", _, "routes"] => Some("GetRoutes"),
        ["v2", "apis", _, "integrations"] => Some("GetIntegrations"),
        ["v2", "apis", _, "deployments"] => Some("GetApiDeployments"),
        _ => None,
    }
}

const REST: &str = "AWS::ApiGateway::RestApi";
const HTTP: &str = "AWS::ApiGatewayV2::Api";

/// Carries out one call.
pub fn call(world: &mut World, call: &Call<'_>) -> Answer {
    let arn = format!("arn:{}:apigateway:{}::{}", call.region.partition(), call.region, call.http.path);
    call.authorize(world, "apigateway:GET", &arn, &[])?;
    let segments = call.http.segments();
    let at = |n: usize| segments.get(n).cloned().unwrap_or_default();
    match call.operation.as_str() {
        "GetRestApis" => Ok(list("item", all(world, call, REST).map(rest_api))),
        "GetRestApi" => {
            one(all(world, call, REST).find(|a| a.id == at(1)).map(rest_api), "Invalid API identifier specified")
        }
        "GetStages" => {
            Ok(list("item", of_api(world, call, "AWS::ApiGateway::Stage", "RestApiId", at(1)).map(|s| stage(call, s))))
        }
        "GetStage" => {
            let found = of_api(world, call, "AWS::ApiGateway::Stage", "RestApiId", at(1)).find(|s| s.id == at(3));
            one(found.map(|s| stage(call, s)), "Invalid stage identifier specified")
        }
        "GetDeployments" => {
            let deployments = of_api(world, call, "AWS::ApiGateway::Deployment", "RestApiId", at(1));
            Ok(list("item", deployments.map(|d| json!({ "id": d.id, "description": d.text("Description"), "createdDate": d.created.as_second() }))))
        }
        "GetResources" => Ok(resources(world, call, &at(1))),
        "GetApis" => Ok(list("items", all(world, call, HTTP).map(http_api))),
        "GetApi" => {
            one(all(world, call, HTTP).find(|a| a.id == at(2)).map(http_api), "Invalid API identifier specified")
        }
        "GetApiStages" => {
            let stages = of_api(world, call, "AWS::ApiGatewayV2::Stage", "ApiId", at(2));
            Ok(list(
                "items",
                stages.map(|s| {
                    json!({
                        "stageName": s.id,
                        "autoDeploy": s.text("AutoDeploy").as_deref() == Some("true"),
                        "deploymentId": s.text("DeploymentId"),
                        "createdDate": time_text(s.created),
                        "tags": s.tags,
                    })
                }),
            ))
        }
        "GetRoutes" => {
            let routes = of_api(world, call, "AWS::ApiGatewayV2::Route", "ApiId", at(2));
            Ok(list(
                "items",
                routes.map(|r| json!({ "routeId": r.id, "routeKey": r.text("RouteKey"), "target": r.text("Target") })),
            ))
        }
        "GetIntegrations" => {
            let found = of_api(world, call, "AWS::ApiGatewayV2::Integration", "ApiId", at(2));
            Ok(list("items", found.map(|i| json!({ "integrationId": i.id, "integrationUri": i.text("IntegrationUri"), "integrationType": i.text("IntegrationType") }))))
        }
        "GetApiDeployments" => {
            let found = of_api(world, call, "AWS::ApiGatewayV2::Deployment", "ApiId", at(2));
            Ok(list("items", found.map(|d| json!({ "deploymentId": d.id, "deploymentStatus": "DEPLOYED" }))))
        }
        other => Err(AwsError::not_implemented("apigateway", other)),
    }
}

fn list(member: &str, items: impl Iterator<Item = Value>) -> Output {
    Output::tree(json!({ member: items.collect::<Vec<_>>() }))
}

fn one(found: Option<Value>, text: &str) -> Answer {
    found.map(Output::tree).ok_or_else(|| AwsError::new(404, "NotFoundException", text))
}

fn all<'w>(world: &'w World, call: &Call<'_>, kind: &'static str) -> impl Iterator<Item = &'w Resource> {
    world.region(&call.account, &call.region).into_iter().flat_map(move |r| r.resources.list(kind))
}

fn of_api<'w>(
    world: &'w World,
    call: &Call<'_>,
    kind: &'static str,
    member: &'static str,
    api: String,
) -> impl Iterator<Item = &'w Resource> {
    all(world, call, kind).filter(move |r| r.text(member).as_deref() == Some(&api))
}

fn rest_api(api: &Resource) -> Value {
    let title = api.properties.pointer("/Body/info/title").and_then(Value::as_str).map(str::to_owned);
    json!({
        "id": api.id,
        "name": api.text("Name").or(title).unwrap_or_else(|| api.id.clone()),
        "description": api.text("Description"),
        "createdDate": api.created.as_second(),
        "rootResourceId": api.attribute("RootResourceId"),
        "endpointConfiguration": { "types": api.properties.pointer("/EndpointConfiguration/Types").cloned().unwrap_or_else(|| json!(["EDGE"])) },
        "tags": api.tags,
    })
}

fn stage(call: &Call<'_>, stage: &Resource) -> Value {
    json!({
        "stageName": stage.id,
        "deploymentId": stage.text("DeploymentId"),
        "description": stage.text("Description"),
        "variables": stage.get("Variables"),
        "createdDate": call.time(stage.created),
        "lastUpdatedDate": call.time(stage.modified),
        "tags": stage.tags,
    })
}

/// The resources of an API: the root, those that the stack makes one by one, and the paths of its definition.
fn resources(world: &World, call: &Call<'_>, api: &str) -> Output {
    let found = all(world, call, REST).find(|a| a.id == api);
    let root = found.and_then(|a| a.attribute("RootResourceId")).map(|id| json!({ "id": id, "path": "/" }));
    let own = of_api(world, call, "AWS::ApiGateway::Resource", "RestApiId", api.to_owned());
    let own = own.map(|r| json!({ "id": r.id, "parentId": r.text("ParentId"), "pathPart": r.text("PathPart") }));
    let paths = found.and_then(|a| a.properties.pointer("/Body/paths")).and_then(Value::as_object);
    let paths = paths.into_iter().flatten().enumerate().filter(|(_, (path, _))| *path != "/").map(|(n, (path, methods))| {
        let methods: serde_json::Map<String, Value> = methods
            .as_object()
            .into_iter()
            .flatten()
            .map(|(m, _)| (if m == "x-amazon-apigateway-any-method" { "ANY".to_owned() } else { m.to_uppercase() }, json!({})))
            .collect();
        json!({ "id": format!("{api}{n}"), "path": path, "pathPart": path.rsplit('/').next(), "resourceMethods": methods })
    });
    list("item", root.into_iter().chain(own).chain(paths))
}

fn http_api(api: &Resource) -> Value {
    let title = api.properties.pointer("/Body/info/title").and_then(Value::as_str).map(str::to_owned);
    json!({
        "apiId": api.id,
        "name": api.text("Name").or(title).unwrap_or_else(|| api.id.clone()),
        "protocolType": api.text("ProtocolType").unwrap_or_else(|| "HTTP".into()),
        "apiEndpoint": api.attribute("ApiEndpoint"),
        "routeSelectionExpression": "${request.method} ${request.path}",
        "createdDate": time_text(api.created),
        "tags": api.tags,
    })
}
