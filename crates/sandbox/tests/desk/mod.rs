//! A world on a desk: calls without a socket, and time that moves until a stack has settled.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub)]

use base::{AccountId, Region};
use jiff::SignedDuration;
use landfall_sandbox::World;
use landfall_sandbox::call::{AwsError, Call};
use landfall_sandbox::identity::Principal;
use landfall_sandbox::services::{Actor, invoke, s3};
use landfall_sandbox::wire::{Protocol, WireRequest};
use serde_json::{Value, json};

pub struct Desk {
    pub world: World,
    pub actor: Actor,
}

impl Desk {
    /// A world with the accounts of the demonstration, seen by the root of 111111111111 in us-east-1.
    pub fn new() -> Self {
        let mut world = World::demo();
        world.advance_to("2026-11-23T10:00:00Z".parse().unwrap());
        let account = AccountId::new("111111111111").unwrap();
        let principal = Principal::Root { account: account.clone() };
        let region = Region::new("us-east-1").unwrap();
        Self { world, actor: Actor { principal, account, region } }
    }

    pub fn service(&mut self, service: &str, operation: &str, input: Value) -> Result<Value, AwsError> {
        invoke(&mut self.world, &self.actor, service, operation, input)
    }

    pub fn call(&mut self, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.service("cloudformation", operation, input)
    }

    /// The text of the refusal, with its code.
    pub fn refusal(&mut self, operation: &str, input: Value) -> String {
        self.call(operation, input).unwrap_err().to_string()
    }

    pub fn wait(&mut self, seconds: i64) {
        let goal = self.world.now() + SignedDuration::from_secs(seconds);
        self.world.advance_to(goal);
    }

    pub fn stack(&mut self, name: &str) -> Value {
        self.call("DescribeStacks", json!({ "StackName": name })).unwrap()["Stacks"][0].clone()
    }

    pub fn status(&mut self, name: &str) -> String {
        self.stack(name)["StackStatus"].as_str().unwrap().to_owned()
    }

    /// Lets time pass until the stack has no operation; its status then.
    pub fn settle(&mut self, name: &str) -> String {
        for _ in 0..10_000 {
            let found = self.call("DescribeStacks", json!({ "StackName": name }));
            let Ok(found) = found else { return "gone".to_owned() };
            let status = found["Stacks"][0]["StackStatus"].as_str().unwrap().to_owned();
            if !status.ends_with("_IN_PROGRESS") || status == "REVIEW_IN_PROGRESS" {
                return status;
            }
            self.wait(1);
        }
        panic!("{name} does not settle: {:#?}", self.events(name));
    }

    /// Creates a stack and waits for it.
    pub fn create(&mut self, name: &str, template: &str) -> String {
        self.call("CreateStack", json!({ "StackName": name, "TemplateBody": template, "Capabilities": all() }))
            .unwrap();
        self.settle(name)
    }

    /// Updates a stack and waits for it.
    pub fn update(&mut self, name: &str, template: &str) -> String {
        self.call("UpdateStack", json!({ "StackName": name, "TemplateBody": template, "Capabilities": all() }))
            .unwrap();
        self.settle(name)
    }

    /// Every event, oldest first: logical id, status, reason.
    pub fn events(&mut self, name: &str) -> Vec<String> {
        let answer = self.call("DescribeStackEvents", json!({ "StackName": name })).unwrap();
        let line = |e: &Value| {
            let text = |key: &str| e[key].as_str().unwrap_or_default().to_owned();
            format!("{} {} {}", text("LogicalResourceId"), text("ResourceStatus"), text("ResourceStatusReason"))
                .trim()
                .to_owned()
        };
        answer["StackEvents"].as_array().unwrap().iter().rev().map(line).collect()
    }

    /// The events after the last time the stack itself became what `status` says.
    pub fn events_since(&mut self, name: &str, status: &str) -> Vec<String> {
        let events = self.events(name);
        let start = format!("{name} {status}");
        let at = events.iter().rposition(|e| e.starts_with(&start)).unwrap();
        events[at..].to_vec()
    }

    /// Puts an object into a bucket that is there.
    pub fn put_object(&mut self, bucket: &str, key: &str, text: &str) {
        let http = WireRequest {
            method: "PUT".to_owned(),
            path: format!("/{bucket}/{key}"),
            body: text.as_bytes().to_vec(),
            ..WireRequest::default()
        };
        let call = Call {
            service: "s3",
            operation: s3::route(&http).unwrap().to_owned(),
            input: json!({}),
            principal: self.actor.principal.clone(),
            account: self.actor.account.clone(),
            region: self.actor.region.clone(),
            request_id: "r".to_owned(),
            protocol: Protocol::RestXml,
            http: &http,
        };
        s3::call(&mut self.world, &call).unwrap();
    }

    pub fn resource(&mut self, stack: &str, id: &str) -> Value {
        let input = json!({ "StackName": stack, "LogicalResourceId": id });
        self.call("DescribeStackResource", input).unwrap()["StackResourceDetail"].clone()
    }

    pub fn physical(&mut self, stack: &str, id: &str) -> String {
        self.resource(stack, id)["PhysicalResourceId"].as_str().unwrap().to_owned()
    }

    /// Makes a resource fail.
    pub fn fault(&mut self, operation: &str, logical_id: &str, reason: &str, times: Option<u32>) {
        let fault = json!({ "operation": operation, "logical_id": logical_id, "reason": reason, "times": times });
        self.world.resource_faults.push(serde_json::from_value(fault).unwrap());
    }
}

pub fn all() -> Value {
    json!(["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"])
}

pub const QUEUES: &str = "
Resources:
  First: { Type: AWS::SQS::Queue, Properties: { DelaySeconds: 1 } }
  Second: { Type: AWS::SQS::Queue, DependsOn: First }
Outputs:
  Url: { Value: !Ref First }
";

/// A function with its role and a queue that depends on nothing.
pub const APP: &str = "
Parameters:
  Memory: { Type: Number, Default: 128 }
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: sts:AssumeRole }]
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Code: { ZipFile: 'exports.handler = () => 1' }
      Handler: index.handler
      Runtime: nodejs22.x
      MemorySize: !Ref Memory
      Role: !GetAtt Role.Arn
  Queue: { Type: AWS::SQS::Queue }
Outputs:
  Arn: { Value: !GetAtt Function.Arn, Export: { Name: app-arn } }
";
