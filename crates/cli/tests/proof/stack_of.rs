//! The stack of a target, made, changed and deleted by CloudFormation with the execution role.

use crate::organization::{account, region};
use crate::permissions::Permission;
use crate::sweep::{Place, Take};
use sandbox::World;
use sandbox::identity::Principal;
use sandbox::services::{Actor, invoke};
use serde_json::{Value, json};

/// A stack with the worlds in which something is done to it.
pub struct StackOf {
    actor: Actor,
    name: String,
    /// What is done, in which world, and what it comes to.
    acts: Vec<(&'static str, World, &'static str, Value, &'static str)>,
}

impl StackOf {
    /// From a world with the first release, and one with the second.
    pub fn new(place: Place, made: &World, changed: &World) -> Self {
        let home = account(place.account);
        let actor = Actor {
            principal: Principal::Root { account: home.clone() },
            account: home.clone(),
            region: region(place.region),
        };
        let name = format!("{}-{}", place.pipeline, place.stage);
        let mut stack = Self { actor, name, acts: Vec::new() };
        let (first, second) = (stack.request(made, "one"), stack.request(changed, "two"));
        let delete = json!({ "StackName": stack.name });
        let mut nothing = changed.clone();
        let end = stack.call(&mut nothing, "DeleteStack", &delete);
        assert_eq!(end, "gone", "{}", stack.reasons(&nothing));
        let mut begun = nothing.clone();
        assert_eq!(stack.call(&mut begun, "CreateStack", &first), "CREATE_COMPLETE");
        stack.acts = vec![
            ("create", nothing, "CreateStack", first, "CREATE_COMPLETE"),
            ("update", begun.clone(), "UpdateStack", second, "UPDATE_COMPLETE"),
            ("delete", begun, "DeleteStack", delete, "gone"),
        ];
        for (what, world, operation, input, end) in &stack.acts {
            assert_eq!(stack.call(&mut world.clone(), operation, input), *end, "{what}");
        }
        stack
    }

    /// The first act that ends otherwise without a permission, with AWS's refusal of that action in the stack's events.
    pub fn fails(&self, gone: &Permission, take: Take) -> Option<&'static str> {
        for (what, world, operation, input, end) in &self.acts {
            let mut world = take(world, gone);
            let status = self.call(&mut world, operation, input);
            if status != *end {
                let reasons = self.reasons(&world);
                let named = format!("not authorized to perform: {} ", gone.action);
                assert!(reasons.contains(&named), "{what} without {gone}: {status}: {reasons}");
                return Some(what);
            }
        }
        None
    }

    /// Does something and lets time pass until the stack has no operation; its status then.
    fn call(&self, world: &mut World, operation: &str, input: &Value) -> String {
        invoke(world, &self.actor, "cloudformation", operation, input.clone()).unwrap();
        loop {
            let name = json!({ "StackName": self.name });
            let found = invoke(world, &self.actor, "cloudformation", "DescribeStacks", name);
            let Ok(found) = found else { return "gone".to_owned() };
            let status = found["Stacks"][0]["StackStatus"].as_str().unwrap().to_owned();
            if !status.ends_with("_IN_PROGRESS") {
                return status;
            }
            let next = world.next_due().expect("a stack that goes on");
            world.advance_to(next);
        }
    }

    /// What the events of the stack and of those nested in it say.
    fn reasons(&self, world: &World) -> String {
        let state = world.region(&self.actor.account, &self.actor.region).unwrap();
        let nested = format!("{}-", self.name);
        let own = |name: &str| name == self.name || name.starts_with(&nested);
        let events = state.cloudformation.stacks.values().filter(|s| own(&s.name)).flat_map(|s| &s.events);
        events.filter_map(|e| e.reason.clone()).collect::<Vec<_>>().join("\n")
    }

    /// The stack of a world as a request to make it.
    fn request(&self, world: &World, tag: &str) -> Value {
        let state = world.region(&self.actor.account, &self.actor.region).unwrap();
        let stack = state.cloudformation.live().find(|s| s.name == self.name).unwrap();
        let parameters = stack.definition.parameters.iter();
        let parameters: Vec<Value> =
            parameters.map(|(k, v)| json!({ "ParameterKey": k, "ParameterValue": v.value })).collect();
        let tags = stack.definition.tags.iter().map(|(k, v)| json!({ "Key": k, "Value": v }));
        let tags: Vec<Value> = tags.chain([json!({ "Key": tag, "Value": "set" })]).collect();
        json!({
            "StackName": self.name,
            "TemplateBody": stack.definition.body,
            "Parameters": parameters,
            "Tags": tags,
            "Capabilities": ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            "RoleARN": stack.role_arn,
        })
    }
}
