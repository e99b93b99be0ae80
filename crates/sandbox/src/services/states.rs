//! Step Functions: state machines. They run nothing.

use super::resources::Resource;
use crate::call::{Answer, AwsError, Call, Output};
use crate::world::World;
use serde_json::{Value, json};

const MACHINE: &str = "AWS::StepFunctions::StateMachine";

/// Carries out one call.
pub fn call(world: &mut World, call: &Call<'_>) -> Answer {
    let machines = |world: &World| -> Vec<Resource> {
        let home = world.region(&call.account, &call.region);
        home.into_iter().flat_map(|r| r.resources.list(MACHINE)).cloned().collect()
    };
    match call.operation.as_str() {
        "ListStateMachines" => {
            call.authorize(world, "states:ListStateMachines", "*", &[])?;
            let list: Vec<Value> = machines(world).iter().map(|m| summary(call, m)).collect();
            Ok(Output::tree(json!({ "stateMachines": list })))
        }
        "DescribeStateMachine" => {
            let arn = call.require("stateMachineArn")?;
            call.authorize(world, "states:DescribeStateMachine", arn, &[])?;
            let missing =
                || AwsError::new(400, "StateMachineDoesNotExist", format!("State Machine Does Not Exist: '{arn}'"));
            let found = machines(world).into_iter().find(|m| m.id == arn).ok_or_else(missing)?;
            let mut tree = summary(call, &found);
            let definition = found.text("DefinitionString").or_else(|| {
                let definition = found.get("Definition");
                (!definition.is_null()).then(|| definition.to_string())
            });
            tree["definition"] = definition.unwrap_or_else(|| "{}".into()).into();
            tree["roleArn"] = found.text("RoleArn").into();
            tree["status"] = "ACTIVE".into();
            Ok(Output::tree(tree))
        }
        other => Err(AwsError::not_implemented("states", other)),
    }
}

fn summary(call: &Call<'_>, machine: &Resource) -> Value {
    json!({
        "stateMachineArn": machine.id,
        "name": machine.attribute("Name"),
        "type": machine.text("StateMachineType").unwrap_or_else(|| "STANDARD".into()),
        "creationDate": call.time(machine.created),
    })
}
