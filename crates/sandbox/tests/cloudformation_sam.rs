//! A serverless application from its SAM template: every resource is visible through its own service.
#![allow(clippy::unwrap_used)]

mod desk;

use desk::{Desk, all};
use serde_json::{Value, json};

const SAM: &str = "
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: { Runtime: python3.13, Timeout: 10 }
Resources:
  Api: { Type: AWS::Serverless::Api, Properties: { StageName: prod } }
  Jobs: { Type: AWS::SQS::Queue }
  Table: { Type: AWS::Serverless::SimpleTable }
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: 'def h(e, c): return 1'
      Handler: index.h
      AutoPublishAlias: live
      Policies: [{ DynamoDBCrudPolicy: { TableName: !Ref Table } }]
      Environment: { Variables: { TABLE: !Ref Table } }
      Events:
        Get: { Type: Api, Properties: { Path: /things, Method: get, RestApiId: !Ref Api } }
        Job: { Type: SQS, Properties: { Queue: !GetAtt Jobs.Arn } }
        Daily: { Type: Schedule, Properties: { Schedule: rate(1 day) } }
  Errors:
    Type: AWS::CloudWatch::Alarm
    Properties: { ComparisonOperator: GreaterThanThreshold, EvaluationPeriods: 1, Threshold: 1, MetricName: Errors, Namespace: AWS/Lambda, Period: 60, Statistic: Sum }
Outputs:
  Url: { Value: !Sub 'https://${Api}.execute-api.${AWS::Region}.amazonaws.com/prod' }
  Version: { Value: !Ref Worker.Version }
";

fn deployed() -> Desk {
    let mut desk = Desk::new();
    let set = json!({
        "StackName": "shop", "ChangeSetName": "one", "ChangeSetType": "CREATE", "TemplateBody": SAM, "Capabilities": all(),
        "Tags": [{ "Key": "team", "Value": "a" }],
    });
    desk.call("CreateChangeSet", set).unwrap();
    desk.wait(5);
    desk.call("ExecuteChangeSet", json!({ "StackName": "shop", "ChangeSetName": "one" })).unwrap();
    assert_eq!(desk.settle("shop"), "CREATE_COMPLETE", "{:#?}", desk.events("shop"));
    desk
}

#[test]
fn a_sam_application_is_made_of_plain_resources() {
    let mut desk = deployed();
    let listed = desk.call("ListStackResources", json!({ "StackName": "shop" })).unwrap();
    let mut types: Vec<&str> = listed["StackResourceSummaries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["ResourceType"].as_str().unwrap())
        .collect();
    types.sort_unstable();
    insta::assert_snapshot!(types.join("\n"), @r"
        AWS::ApiGateway::Deployment
        AWS::ApiGateway::RestApi
        AWS::ApiGateway::Stage
        AWS::CloudWatch::Alarm
        AWS::DynamoDB::Table
        AWS::Events::Rule
        AWS::IAM::Role
        AWS::Lambda::Alias
        AWS::Lambda::EventSourceMapping
        AWS::Lambda::Function
        AWS::Lambda::Permission
        AWS::Lambda::Permission
        AWS::Lambda::Version
        AWS::SQS::Queue
    ");
    let processed = desk.call("GetTemplate", json!({ "StackName": "shop", "TemplateStage": "Processed" })).unwrap();
    assert!(!processed["TemplateBody"].as_str().unwrap().contains("AWS::Serverless"));
}

#[test]
fn its_resources_are_seen_through_their_own_services() {
    let mut desk = deployed();
    let url = desk.physical("shop", "Jobs");
    let queue =
        desk.service("sqs", "GetQueueAttributes", json!({ "QueueUrl": url, "AttributeNames": ["QueueArn"] })).unwrap();
    assert!(
        queue["Attributes"]["QueueArn"].as_str().unwrap().starts_with("arn:aws:sqs:us-east-1:111111111111:shop-Jobs-")
    );
    let table = desk.physical("shop", "Table");
    let described = desk.service("dynamodb", "DescribeTable", json!({ "TableName": table })).unwrap();
    assert_eq!(described["Table"]["KeySchema"][0]["AttributeName"], "id");
    let alarms = desk.service("cloudwatch", "DescribeAlarms", json!({})).unwrap();
    assert_eq!(alarms["MetricAlarms"][0]["StateValue"], "INSUFFICIENT_DATA");
    let rules = desk.service("events", "ListRules", json!({})).unwrap();
    assert_eq!(rules["Rules"][0]["ScheduleExpression"], "rate(1 day)");
    let functions = desk.service("lambda", "ListFunctions", json!({})).unwrap();
    let function = &functions["Functions"][0];
    assert_eq!(function["Timeout"], 10);
    assert_eq!(function["Environment"]["Variables"]["TABLE"], Value::String(table));
    let role = function["Role"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let policies = desk.service("iam", "ListRolePolicies", json!({ "RoleName": role })).unwrap();
    assert_eq!(policies["PolicyNames"], json!(["WorkerRolePolicy0"]));
    let tags = desk.service("iam", "ListRoleTags", json!({ "RoleName": role })).unwrap();
    let tags = tags["Tags"].to_string();
    assert!(tags.contains("aws:cloudformation:stack-name") && tags.contains("team"), "{tags}");
    let mappings = desk.service("lambda", "ListEventSourceMappings", json!({})).unwrap();
    assert_eq!(mappings["EventSourceMappings"][0]["State"], "Enabled");
}

#[test]
fn new_code_publishes_a_version_and_moves_the_alias() {
    let mut desk = deployed();
    let alias = |desk: &mut Desk| desk.physical("shop", "WorkerAliaslive");
    let before = alias(&mut desk);
    let next = SAM.replace("return 1", "return 2");
    let input = json!({ "StackName": "shop", "TemplateBody": next, "Capabilities": all() });
    desk.call("UpdateStack", input).unwrap();
    assert_eq!(desk.settle("shop"), "UPDATE_COMPLETE", "{:#?}", desk.events("shop"));
    assert_eq!(alias(&mut desk), before);
    let outputs = desk.stack("shop")["Outputs"].clone();
    let version = outputs.as_array().unwrap().iter().find(|o| o["OutputKey"] == "Version").unwrap();
    assert!(version["OutputValue"].as_str().unwrap().ends_with(":2"), "{version}");
}
