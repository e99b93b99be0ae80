//! Making, changing and deleting stacks: states, events, refusals.
#![allow(clippy::unwrap_used)]

mod desk;

use desk::{APP, Desk, QUEUES, all};
use serde_json::json;

#[test]
fn a_stack_is_made_in_the_order_of_its_dependencies() {
    let mut desk = Desk::new();
    assert_eq!(desk.create("app", APP), "CREATE_COMPLETE");
    insta::assert_snapshot!(desk.events("app").join("\n"), @r"
        app CREATE_IN_PROGRESS User Initiated
        Role CREATE_IN_PROGRESS
        Queue CREATE_IN_PROGRESS
        Role CREATE_IN_PROGRESS Resource creation Initiated
        Queue CREATE_IN_PROGRESS Resource creation Initiated
        Role CREATE_COMPLETE
        Function CREATE_IN_PROGRESS
        Function CREATE_IN_PROGRESS Resource creation Initiated
        Function CREATE_COMPLETE
        Queue CREATE_COMPLETE
        app CREATE_COMPLETE
    ");
    let stack = desk.stack("app");
    assert_eq!(stack["Outputs"][0]["ExportName"], "app-arn");
}

#[test]
fn an_update_changes_only_what_differs() {
    let mut desk = Desk::new();
    desk.create("app", APP);
    let parameters = json!([{ "ParameterKey": "Memory", "ParameterValue": "256" }]);
    let input =
        json!({ "StackName": "app", "UsePreviousTemplate": true, "Parameters": parameters, "Capabilities": all() });
    desk.call("UpdateStack", input.clone()).unwrap();
    assert_eq!(desk.settle("app"), "UPDATE_COMPLETE");
    insta::assert_snapshot!(desk.events_since("app", "UPDATE_IN_PROGRESS").join("\n"), @r"
        app UPDATE_IN_PROGRESS User Initiated
        Function UPDATE_IN_PROGRESS
        Function UPDATE_COMPLETE
        app UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
        app UPDATE_COMPLETE
    ");
    assert_eq!(desk.refusal("UpdateStack", input), "ValidationError: No updates are to be performed.");
}

#[test]
fn a_failed_update_is_taken_back() {
    let mut desk = Desk::new();
    desk.create("q", QUEUES);
    let first = desk.physical("q", "First");
    desk.fault("update", "Second", "Nobody knows.", Some(1));
    let changed = QUEUES
        .replace("DelaySeconds: 1", "QueueName: other")
        .replace("DependsOn: First", "DependsOn: First, Properties: { DelaySeconds: 3 }");
    assert_eq!(desk.update("q", &changed), "UPDATE_ROLLBACK_COMPLETE");
    insta::assert_snapshot!(desk.events_since("q", "UPDATE_IN_PROGRESS").join("\n"), @r"
        q UPDATE_IN_PROGRESS User Initiated
        First UPDATE_IN_PROGRESS Requested update requires the creation of a new physical resource; hence creating one.
        First UPDATE_IN_PROGRESS Resource creation Initiated
        First UPDATE_COMPLETE
        Second UPDATE_IN_PROGRESS
        Second UPDATE_FAILED Nobody knows.
        q UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to update: [Second].
        First UPDATE_IN_PROGRESS
        First UPDATE_COMPLETE
        Second UPDATE_IN_PROGRESS
        Second UPDATE_COMPLETE
        q UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS
        First DELETE_IN_PROGRESS
        First DELETE_COMPLETE
        q UPDATE_ROLLBACK_COMPLETE
    ");
    assert_eq!(desk.physical("q", "First"), first);
}

#[test]
fn a_failed_creation_is_taken_back_and_can_only_be_deleted() {
    let mut desk = Desk::new();
    desk.fault("create", "Second", "Nobody knows.", None);
    assert_eq!(desk.create("q", QUEUES), "ROLLBACK_COMPLETE");
    insta::assert_snapshot!(desk.events("q").join("\n"), @r"
        q CREATE_IN_PROGRESS User Initiated
        First CREATE_IN_PROGRESS
        First CREATE_IN_PROGRESS Resource creation Initiated
        First CREATE_COMPLETE
        Second CREATE_IN_PROGRESS
        Second CREATE_FAILED Nobody knows.
        q ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Second]. Rollback requested by user.
        Second DELETE_COMPLETE
        First DELETE_IN_PROGRESS
        First DELETE_COMPLETE
        q ROLLBACK_COMPLETE
    ");
    let id = desk.stack("q")["StackId"].as_str().unwrap().to_owned();
    assert_eq!(
        desk.refusal("UpdateStack", json!({ "StackName": "q", "TemplateBody": QUEUES })),
        format!("ValidationError: Stack:{id} is in ROLLBACK_COMPLETE state and can not be updated.")
    );
    desk.call("DeleteStack", json!({ "StackName": "q" })).unwrap();
    assert_eq!(desk.settle("q"), "gone");
    assert_eq!(desk.status(&id), "DELETE_COMPLETE");
    assert_eq!(
        desk.refusal("DescribeStacks", json!({ "StackName": "q" })),
        "ValidationError: Stack with id q does not exist"
    );
}

#[test]
fn what_ref_gives_is_an_arn_where_it_is_one_in_aws() {
    let mut desk = Desk::new();
    let template = "Resources:\n  Cluster: { Type: AWS::MSK::Cluster }\n  Job: { Type: AWS::Batch::JobDefinition }\n";
    assert_eq!(desk.create("refs", template), "CREATE_COMPLETE");
    assert!(
        desk.physical("refs", "Cluster").starts_with("arn:aws:kafka:us-east-1:"),
        "{}",
        desk.physical("refs", "Cluster")
    );
    assert!(desk.physical("refs", "Job").contains(":job-definition/"), "{}", desk.physical("refs", "Job"));
}

/// The template of a load balancer's targets takes the addresses of an endpoint one by one.
#[test]
fn attributes_that_are_lists_in_aws_are_lists() {
    let mut desk = Desk::new();
    let template = "
Resources:
  Endpoint: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: vpc-1, ServiceName: s}}
Outputs:
  Name: {Value: !Select [1, !Split [':', !Select [0, !GetAtt Endpoint.DnsEntries]]]}
  Second: {Value: !Select [1, !GetAtt Endpoint.NetworkInterfaceIds]}
";
    assert_eq!(desk.create("net", template), "CREATE_COMPLETE");
    let second = desk.stack("net")["Outputs"][1]["OutputValue"].clone();
    assert!(second.as_str().is_some_and(|id| id.ends_with("-networkinterfaceids-2")), "{second}");
}
