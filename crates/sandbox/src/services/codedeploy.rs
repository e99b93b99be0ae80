//! CodeDeploy: applications and deployment groups. An alias that a stack shifts with CodeDeploy is shifted at once.

use super::resources::Resource;
use crate::call::{Answer, AwsError, Call, Output};
use crate::world::World;
use serde_json::json;

const APPLICATION: &str = "AWS::CodeDeploy::Application";
const GROUP: &str = "AWS::CodeDeploy::DeploymentGroup";

/// Carries out one call.
pub fn call(world: &mut World, call: &Call<'_>) -> Answer {
    match call.operation.as_str() {
        "ListApplications" => {
            call.authorize(world, "codedeploy:ListApplications", "*", &[])?;
            let names: Vec<&str> = all(world, call, APPLICATION).map(|a| a.id.as_str()).collect();
            Ok(Output::tree(json!({ "applications": names })))
        }
        "GetApplication" => {
            let name = call.require("applicationName")?;
            call.authorize(world, "codedeploy:GetApplication", "*", &[])?;
            let found = all(world, call, APPLICATION).find(|a| a.id == name).ok_or_else(|| no_application(name))?;
            let platform = found.text("ComputePlatform").unwrap_or_else(|| "Server".into());
            let application = json!({ "applicationName": found.id, "computePlatform": platform, "createTime": call.time(found.created) });
            Ok(Output::tree(json!({ "application": application })))
        }
        "ListDeploymentGroups" => {
            let name = call.require("applicationName")?;
            call.authorize(world, "codedeploy:ListDeploymentGroups", "*", &[])?;
            let groups: Vec<&str> = groups(world, call, name).map(|g| g.id.as_str()).collect();
            Ok(Output::tree(json!({ "applicationName": name, "deploymentGroups": groups })))
        }
        "GetDeploymentGroup" => {
            let (name, group) = (call.require("applicationName")?, call.require("deploymentGroupName")?);
            call.authorize(world, "codedeploy:GetDeploymentGroup", "*", &[])?;
            let missing = || {
                let text = format!("No Deployment Group found for name: {group}");
                AwsError::new(400, "DeploymentGroupDoesNotExistException", text)
            };
            let found = groups(world, call, name).find(|g| g.id == group).ok_or_else(missing)?;
            let info = json!({
                "applicationName": name,
                "deploymentGroupName": found.id,
                "deploymentConfigName": found.text("DeploymentConfigName"),
                "serviceRoleArn": found.text("ServiceRoleArn"),
            });
            Ok(Output::tree(json!({ "deploymentGroupInfo": info })))
        }
        other => Err(AwsError::not_implemented("codedeploy", other)),
    }
}

fn no_application(name: &str) -> AwsError {
    AwsError::new(400, "ApplicationDoesNotExistException", format!("No application found for name: {name}"))
}

fn all<'w>(world: &'w World, call: &Call<'_>, kind: &'static str) -> impl Iterator<Item = &'w Resource> {
    world.region(&call.account, &call.region).into_iter().flat_map(move |r| r.resources.list(kind))
}

fn groups<'w>(world: &'w World, call: &Call<'_>, application: &str) -> impl Iterator<Item = &'w Resource> {
    all(world, call, GROUP).filter(move |g| g.text("ApplicationName").as_deref() == Some(application))
}
