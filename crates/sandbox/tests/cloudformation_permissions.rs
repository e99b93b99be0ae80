//! What whoever acts for a stack must be allowed: every call of a handler, on the resource it is about.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod desk;

use desk::{APP, Desk, all};
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::111111111111:role/exec";
const BOUNDARY: &str = "arn:aws:iam::111111111111:policy/edge";

/// A desk with a service role, a boundary, and a service role's policy of these statements.
fn desk(statements: &Value) -> Desk {
    let mut desk = Desk::new();
    let trust = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "Service": "cloudformation.amazonaws.com" }, "Action": "sts:AssumeRole" },
    ] });
    let role = json!({ "RoleName": "exec", "AssumeRolePolicyDocument": trust.to_string() });
    desk.service("iam", "CreateRole", role).unwrap();
    let edge =
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "logs:*", "Resource": "*" }] });
    desk.service("iam", "CreatePolicy", json!({ "PolicyName": "edge", "PolicyDocument": edge.to_string() })).unwrap();
    give(&mut desk, statements);
    desk
}

fn give(desk: &mut Desk, statements: &Value) {
    let document = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    let input = json!({ "RoleName": "exec", "PolicyName": "p", "PolicyDocument": document });
    desk.service("iam", "PutRolePolicy", input).unwrap();
}

/// Creates a stack by the service role: its status, and the first reason of a failure.
fn create(desk: &mut Desk, name: &str, template: &str) -> (String, String) {
    let tags = json!([{ "Key": "team", "Value": "orders" }]);
    let input = json!({
        "StackName": name, "TemplateBody": template, "Capabilities": all(), "RoleARN": ROLE, "Tags": tags,
    });
    desk.call("CreateStack", input).unwrap();
    let status = desk.settle(name);
    let failed = desk.events(name).into_iter().find(|e| e.contains("CREATE_FAILED") || e.contains("UPDATE_FAILED"));
    (status, failed.unwrap_or_default())
}

/// What the application of the desk needs, action by action.
fn needed() -> Vec<(&'static str, &'static str, Value)> {
    let lambda = "arn:aws:lambda:us-east-1:111111111111:function:app-*";
    let role = "arn:aws:iam::111111111111:role/app-*";
    let queue = "arn:aws:sqs:us-east-1:111111111111:app-*";
    let none = Value::Null;
    let edge = json!({ "StringEquals": { "iam:PermissionsBoundary": BOUNDARY } });
    let passed = json!({ "StringEquals": { "iam:PassedToService": "lambda.amazonaws.com" } });
    vec![
        ("iam:CreateRole", role, edge.clone()),
        ("iam:GetRole", role, none.clone()),
        ("iam:TagRole", role, none.clone()),
        ("iam:PutRolePolicy", role, edge),
        ("iam:GetRolePolicy", role, none.clone()),
        ("iam:ListRolePolicies", role, none.clone()),
        ("iam:ListAttachedRolePolicies", role, none.clone()),
        ("iam:PassRole", role, passed),
        ("lambda:CreateFunction", lambda, none.clone()),
        ("lambda:GetFunction", lambda, none.clone()),
        ("lambda:TagResource", lambda, none.clone()),
        ("sqs:CreateQueue", queue, none.clone()),
        ("sqs:TagQueue", queue, none.clone()),
        ("sqs:GetQueueAttributes", queue, none.clone()),
        ("sqs:ListQueueTags", queue, none),
    ]
}

/// Allowed beside them, since every creation reads and every rollback deletes.
fn rest() -> Value {
    json!({ "Effect": "Allow", "Resource": "*", "Action": [
        "iam:UntagRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "lambda:DeleteFunction",
        "lambda:GetFunctionCodeSigningConfig", "lambda:GetFunctionRecursionConfig", "lambda:GetRuntimeManagementConfig",
        "lambda:GetFunctionScalingConfig", "sqs:DeleteQueue", "sqs:GetQueueUrl",
    ] })
}

fn statements(list: &[(&str, &str, Value)]) -> Value {
    let mut all = vec![rest()];
    for (action, resource, condition) in list {
        let mut statement = json!({ "Effect": "Allow", "Action": action, "Resource": resource });
        if !condition.is_null() {
            statement["Condition"] = condition.clone();
        }
        all.push(statement);
    }
    json!(all)
}

fn bounded() -> String {
    let policies = format!(
        "PermissionsBoundary: '{BOUNDARY}'\n      Policies: [{{ PolicyName: p, PolicyDocument: {{ Version: '2012-10-17', Statement: [{{ Effect: Allow, Action: 'logs:PutLogEvents', Resource: '*' }}] }} }}]\n      AssumeRolePolicyDocument:"
    );
    APP.replace("AssumeRolePolicyDocument:", &policies)
}

#[test]
fn each_call_of_the_handlers_is_asked_and_named_when_it_is_missing() {
    let template = bounded();
    let whole = needed();
    let mut desk = desk(&statements(&whole));
    let (status, why) = create(&mut desk, "app", &template);
    assert_eq!(status, "CREATE_COMPLETE", "{why}");
    desk.call("DeleteStack", json!({ "StackName": "app" })).unwrap();
    assert_eq!(desk.settle("app"), "gone");
    for at in 0..whole.len() {
        let mut fewer = whole.clone();
        let (action, ..) = fewer.remove(at);
        give(&mut desk, &statements(&fewer));
        let name = format!("app-{at}");
        let (status, why) = create(&mut desk, &name, &template);
        assert_eq!(status, "ROLLBACK_COMPLETE", "without {action}");
        assert!(why.contains(&format!("is not authorized to perform: {action} on resource: arn:aws:")), "{why}");
        assert!(why.ends_with("HandlerErrorCode: AccessDenied)"), "{why}");
        desk.call("DeleteStack", json!({ "StackName": name })).unwrap();
    }
}

#[test]
fn a_role_is_passed_to_the_service_that_gets_it_and_made_within_its_boundary() {
    let mut open = needed();
    for entry in &mut open {
        entry.2 = Value::Null;
    }
    let mut desk = desk(&statements(&open));
    assert_eq!(create(&mut desk, "app-a", &bounded()).0, "CREATE_COMPLETE");

    let (mut elsewhere, mut edge) = (needed(), needed());
    let pass = elsewhere.iter_mut().find(|(action, ..)| *action == "iam:PassRole").unwrap();
    pass.2 = json!({ "StringEquals": { "iam:PassedToService": "states.amazonaws.com" } });
    give(&mut desk, &statements(&elsewhere));
    let (status, why) = create(&mut desk, "app-b", &bounded());
    assert_eq!(status, "ROLLBACK_COMPLETE");
    assert!(
        why.contains(
            "is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111111111111:role/app-b-Role-"
        ),
        "{why}"
    );

    edge.retain(|(action, ..)| *action != "iam:PutRolePolicy");
    give(&mut desk, &statements(&edge));
    let (status, why) = create(&mut desk, "app-c", APP);
    assert_eq!(status, "ROLLBACK_COMPLETE", "a role without the boundary");
    assert!(why.contains("is not authorized to perform: iam:CreateRole on resource"), "{why}");
}

#[test]
fn custom_resources_and_permissions_are_asked_on_the_function_they_name() {
    let template = r"
Resources:
  Invoke:
    Type: AWS::Lambda::Permission
    Properties: { FunctionName: app-other, Action: 'lambda:InvokeFunction', Principal: events.amazonaws.com }
";
    let allow = |resource: &str| json!([{ "Effect": "Allow", "Action": "lambda:*", "Resource": resource }]);
    let mut desk = desk(&allow("arn:aws:lambda:us-east-1:111111111111:function:mine-*"));
    let (status, why) = create(&mut desk, "p", template);
    assert_eq!(status, "ROLLBACK_COMPLETE");
    assert!(
        why.contains("lambda:AddPermission on resource: arn:aws:lambda:us-east-1:111111111111:function:app-other"),
        "{why}"
    );
    let custom = "{ Resources: { C: { Type: 'Custom::Thing', Properties: { ServiceToken: 'arn:aws:lambda:us-east-1:111111111111:function:other' } } } }";
    let (status, why) = create(&mut desk, "c", custom);
    assert_eq!(status, "ROLLBACK_COMPLETE");
    assert!(
        why.contains("lambda:InvokeFunction on resource: arn:aws:lambda:us-east-1:111111111111:function:other"),
        "{why}"
    );
}

/// What a nested stack with a transform takes on top of what is in it.
fn nested() -> Vec<(&'static str, &'static str, Value)> {
    let stack = "arn:aws:cloudformation:us-east-1:111111111111:stack/app*-Inner-*/*";
    let transform = "arn:aws:cloudformation:us-east-1:aws:transform/Serverless-2016-10-31";
    let none = Value::Null;
    vec![
        ("cloudformation:CreateStack", stack, none.clone()),
        ("cloudformation:DescribeStacks", stack, none.clone()),
        ("cloudformation:TagResource", stack, none.clone()),
        ("cloudformation:CreateChangeSet", transform, none.clone()),
        ("s3:GetObject", "arn:aws:s3:::templates/*", none),
    ]
}

#[test]
fn nested_stacks_are_asked_for_and_so_are_their_transforms() {
    let template = "Resources: { Inner: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: 'https://templates.s3.us-east-1.amazonaws.com/inner.yaml' } } }";
    let inner = "
Transform: AWS::Serverless-2016-10-31
Resources: { Queue: { Type: AWS::SQS::Queue } }
";
    let others = [("sqs:*", "*", Value::Null), ("cloudformation:Get*", "*", Value::Null)];
    let whole: Vec<_> = nested().into_iter().chain(others).collect();
    let mut desk = desk(&statements(&whole));
    let (account, now) = (desk.actor.account.clone(), desk.world.now());
    let region = base::Region::new("us-east-1").unwrap();
    let _ = desk.world.s3.add_bucket("templates", &account, &region, now);
    desk.put_object("templates", "inner.yaml", inner);
    let (status, why) = create(&mut desk, "app", template);
    assert_eq!(status, "CREATE_COMPLETE", "{why}");
    desk.call("DeleteStack", json!({ "StackName": "app" })).unwrap();
    assert_eq!(desk.settle("app"), "DELETE_FAILED", "nobody may delete the nested stack");
    for (at, (action, _, _)) in nested().into_iter().enumerate() {
        let mut fewer = whole.clone();
        fewer.remove(at);
        give(&mut desk, &statements(&fewer));
        let (status, why) = create(&mut desk, &format!("app-{at}"), template);
        assert_eq!(status, "ROLLBACK_COMPLETE", "without {action}");
        assert!(why.contains(action) || action == "s3:GetObject" && why.contains("S3 error"), "{action}: {why}");
    }
}
