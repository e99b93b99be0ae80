//! Templates that CloudFormation must not get done with a stage's execution role, each with one that it must.

use crate::forbidden::{change_set_of, world};
use crate::organization::STAGING;
use crate::releases::Release;
use crate::runs::{Home, hub, over_the_wire, site};
use engine::ports::{Execution, Ports, Site};
use serde_json::{Value, json};

const BOUNDARY: &str = "arn:aws:iam::300000000003:policy/landfall/landfall-orders.boundary";

fn one(kind: &str, properties: Value) -> Value {
    json!({ "Resources": { "X": { "Type": kind, "Properties": properties } } })
}

fn lambda_trust() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole" },
    ] })
}

fn everything() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] })
}

fn policy_for(role: &str) -> Value {
    one("AWS::IAM::Policy", json!({ "PolicyName": "more", "PolicyDocument": everything(), "Roles": [role] }))
}

fn role(properties: Value) -> Value {
    let mut all = json!({ "AssumeRolePolicyDocument": lambda_trust() });
    all.as_object_mut().unwrap().extend(properties.as_object().unwrap().clone());
    one("AWS::IAM::Role", all)
}

fn function(name: &str, role: &str) -> Value {
    one(
        "AWS::Lambda::Function",
        json!({
            "FunctionName": name, "Code": { "ZipFile": "x" }, "Handler": "index.handler", "Runtime": "python3.13",
            "Role": role,
        }),
    )
}

/// A role of the stack's own and a function that runs as it.
fn whole() -> Value {
    json!({ "Resources": {
        "Role": { "Type": "AWS::IAM::Role", "Properties": {
            "AssumeRolePolicyDocument": lambda_trust(), "PermissionsBoundary": BOUNDARY,
        } },
        "F": { "Type": "AWS::Lambda::Function", "Properties": {
            "FunctionName": "orders-staging-F", "Code": { "ZipFile": "x" }, "Handler": "index.handler",
            "Runtime": "python3.13", "Role": { "Fn::GetAtt": ["Role", "Arn"] },
        } },
    } })
}

/// What must be refused.
pub fn refused() -> Vec<(&'static str, Value)> {
    let deploy = "arn:aws:iam::300000000003:role/landfall/landfall-orders.staging-deploy";
    let other = "arn:aws:iam::300000000003:policy/landfall/landfall-invoices.boundary";
    let mut foreign = whole();
    foreign["Resources"]["F"]["Properties"]["Code"] =
        json!({ "S3Bucket": "landfall-300000000003-eu-west-1", "S3Key": "invoices/staging/code.zip" });
    vec![
        ("widening its own role", policy_for("landfall-orders.staging-exec")),
        ("widening the deployment role", policy_for("landfall-orders.staging-deploy")),
        ("widening an administrator's role", policy_for("OrganizationAccountAccessRole")),
        (
            "replacing the boundary",
            one(
                "AWS::IAM::ManagedPolicy",
                json!({ "ManagedPolicyName": "landfall-orders.boundary", "Path": "/landfall/", "PolicyDocument": everything() }),
            ),
        ),
        ("a role without the boundary", role(json!({}))),
        ("a role with another boundary", role(json!({ "PermissionsBoundary": other }))),
        ("a role of another name", role(json!({ "RoleName": "administrator", "PermissionsBoundary": BOUNDARY }))),
        (
            "a role among ours",
            role(json!({ "RoleName": "orders-staging-x", "Path": "/landfall/", "PermissionsBoundary": BOUNDARY })),
        ),
        ("a function that runs as the deployment role", function("orders-staging-F", deploy)),
        ("a function of another stack's name", function("invoices-staging-F", deploy)),
        ("a user", one("AWS::IAM::User", json!({}))),
        ("a type that the templates do not have", one("AWS::SNS::Topic", json!({}))),
        ("code of another pipeline", foreign),
    ]
}

/// Those that went through, and the rightful one if it did not.
pub fn wrong() -> Vec<String> {
    let mut wrong: Vec<String> = refused()
        .iter()
        .filter_map(|(what, t)| {
            made(t).map_or_else(
                |why| (!why.contains("not authorized to perform")).then(|| format!("{what}: {why}")),
                |()| Some(format!("{what} went through")),
            )
        })
        .collect();
    wrong.extend(made(&whole()).err().map(|why| format!("a role within the boundary: {why}")));
    wrong
}

/// Changes the stack of the stage to a template, as its CI job would.
fn made(template: &Value) -> Result<(), String> {
    let (release, folder) = (Release::first(), tempfile::tempdir().unwrap());
    let project = release.folder();
    let keys = |world: &mut _| hub(world, &project, "orders", "staging");
    over_the_wire(world().clone(), Home::Disk(folder.path()), keys, async |ports| change(ports, template).await).0
}

async fn change(ports: &Ports, template: &Value) -> Result<(), String> {
    let own = site("orders", "staging", STAGING, "eu-west-1", "deploy");
    let name = "orders-staging";
    let role = "arn:aws:iam::300000000003:role/landfall/landfall-orders.staging-exec";
    let request = change_set_of(name, Some(role), template);
    ports.change_sets.create(&own, &request).await.map_err(|f| f.message)?;
    wait(ports, 10).await;
    let execution =
        Execution { stack: name.into(), change_set: request.name, token: "forbidden".into(), disable_rollback: false };
    ports.change_sets.execute(&own, &execution).await.map_err(|f| f.message)?;
    let status = settled(ports, &own, name).await?;
    let events = ports.stacks.events(&own, name, None).await.map_err(|f| f.message)?;
    let mine = events.iter().filter(|e| e.status.ends_with("_FAILED"));
    let reasons: Vec<String> = mine.filter_map(|e| e.reason.clone()).collect();
    if status == "UPDATE_COMPLETE" { Ok(()) } else { Err(format!("{status}: {}", reasons.join("; "))) }
}

async fn wait(ports: &Ports, seconds: i64) {
    ports.clock.sleep_until(ports.clock.now() + jiff::SignedDuration::from_secs(seconds)).await;
}

async fn settled(ports: &Ports, own: &Site, name: &str) -> Result<String, String> {
    for _ in 0..60 {
        wait(ports, 20).await;
        let stack = ports.stacks.describe(own, name).await.map_err(|f| f.message)?.ok_or("no stack")?;
        if !stack.status.ends_with("_IN_PROGRESS") {
            return Ok(stack.status);
        }
    }
    Err("it takes for ever".into())
}
