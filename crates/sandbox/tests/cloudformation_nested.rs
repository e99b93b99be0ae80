//! Nested stacks: parents wait for children, failures name them, rollbacks reach them.
#![allow(clippy::unwrap_used)]

mod desk;

use base::Region;
use desk::{Desk, QUEUES};
use serde_json::json;

const PARENT: &str = "
Resources:
  Queue: { Type: AWS::SQS::Queue }
  Child:
    Type: AWS::CloudFormation::Stack
    DependsOn: Queue
    Properties:
      TemplateURL: https://templates.s3.us-east-1.amazonaws.com/child.yaml
      Parameters: { Delay: 1 }
  After: { Type: AWS::SSM::Parameter, Properties: { Type: String, Value: !GetAtt Child.Outputs.Url } }
";

fn child() -> String {
    QUEUES
        .replace("DelaySeconds: 1", "DelaySeconds: !Ref Delay")
        .replace("Resources:", "Parameters: { Delay: { Type: Number } }\nResources:")
}

fn put(desk: &mut Desk, key: &str, text: &str) {
    let (account, now) = (desk.actor.account.clone(), desk.world.now());
    let region = Region::new("us-east-1").unwrap();
    let _ = desk.world.s3.add_bucket("templates", &account, &region, now);
    desk.put_object("templates", key, text);
}

fn desk() -> Desk {
    let mut desk = Desk::new();
    put(&mut desk, "child.yaml", &child());
    desk
}

#[test]
fn a_parent_waits_for_its_child_and_reads_its_outputs() {
    let mut desk = desk();
    assert_eq!(desk.create("top", PARENT), "CREATE_COMPLETE");
    insta::assert_snapshot!(desk.events("top").join("\n"), @r"
        top CREATE_IN_PROGRESS User Initiated
        Queue CREATE_IN_PROGRESS
        Queue CREATE_IN_PROGRESS Resource creation Initiated
        Queue CREATE_COMPLETE
        Child CREATE_IN_PROGRESS
        Child CREATE_IN_PROGRESS Resource creation Initiated
        Child CREATE_COMPLETE
        After CREATE_IN_PROGRESS
        After CREATE_IN_PROGRESS Resource creation Initiated
        After CREATE_COMPLETE
        top CREATE_COMPLETE
    ");
    let id = desk.physical("top", "Child");
    let child = desk.stack(&id);
    assert_eq!(child["StackStatus"], "CREATE_COMPLETE");
    assert_eq!(child["RootId"], desk.stack("top")["StackId"]);
    assert!(child["StackName"].as_str().unwrap().starts_with("top-Child-"));
    desk.call("DeleteStack", json!({ "StackName": "top" })).unwrap();
    assert_eq!(desk.settle("top"), "gone");
    assert_eq!(desk.status(&id), "DELETE_COMPLETE");
}

#[test]
fn a_child_that_fails_is_named_by_its_parent() {
    let mut desk = desk();
    desk.fault("create", "Second", "No.", None);
    assert_eq!(desk.create("top", PARENT), "ROLLBACK_COMPLETE");
    let line = desk.events("top").into_iter().find(|e| e.starts_with("Child CREATE_FAILED")).unwrap();
    assert!(line.contains("Embedded stack arn:aws:cloudformation:us-east-1:111111111111:stack/top-Child-"), "{line}");
    assert!(
        line.ends_with(" was not successfully created: The following resource(s) failed to create: [Second]."),
        "{line}"
    );
}

#[test]
fn a_childs_failed_update_takes_both_back() {
    let mut desk = desk();
    desk.create("top", PARENT);
    let id = desk.physical("top", "Child");
    desk.fault("update", "First", "No.", Some(1));
    assert_eq!(desk.update("top", &PARENT.replace("Delay: 1", "Delay: 2")), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(desk.status(&id), "UPDATE_ROLLBACK_COMPLETE");
    let line = desk.events("top").into_iter().find(|e| e.starts_with("Child UPDATE_FAILED")).unwrap();
    let end = " was not successfully updated. Currently in UPDATE_ROLLBACK_IN_PROGRESS with reason: The following resource(s) failed to update: [First].";
    assert!(line.ends_with(end), "{line}");
}

#[test]
fn a_child_that_was_updated_goes_back_when_its_parent_fails() {
    let mut desk = desk();
    desk.create("top", PARENT);
    let id = desk.physical("top", "Child");
    desk.fault("update", "After", "No.", Some(1));
    let changed =
        PARENT.replace("Delay: 1", "Delay: 2").replace("Type: String, Value", "Type: String, Description: x, Value");
    assert_eq!(desk.update("top", &changed), "UPDATE_ROLLBACK_COMPLETE");
    insta::assert_snapshot!(desk.events_since("top", "UPDATE_IN_PROGRESS").join("\n").replace(&id, "CHILD"), @r"
        top UPDATE_IN_PROGRESS User Initiated
        Child UPDATE_IN_PROGRESS
        Child UPDATE_COMPLETE
        After UPDATE_IN_PROGRESS
        After UPDATE_FAILED No.
        top UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to update: [After].
        Child UPDATE_IN_PROGRESS
        Child UPDATE_COMPLETE
        After UPDATE_IN_PROGRESS
        After UPDATE_COMPLETE
        top UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS
        top UPDATE_ROLLBACK_COMPLETE
    ");
    let name = desk.stack(&id)["StackName"].as_str().unwrap().to_owned();
    insta::assert_snapshot!(desk.events(&id).join("\n").replace(&name, "child"), @r"
        child CREATE_IN_PROGRESS User Initiated
        First CREATE_IN_PROGRESS
        First CREATE_IN_PROGRESS Resource creation Initiated
        First CREATE_COMPLETE
        Second CREATE_IN_PROGRESS
        Second CREATE_IN_PROGRESS Resource creation Initiated
        Second CREATE_COMPLETE
        child CREATE_COMPLETE
        child UPDATE_IN_PROGRESS User Initiated
        First UPDATE_IN_PROGRESS
        First UPDATE_COMPLETE
        child UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
        child UPDATE_ROLLBACK_IN_PROGRESS
        First UPDATE_IN_PROGRESS
        First UPDATE_COMPLETE
        child UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS
        child UPDATE_ROLLBACK_COMPLETE
    ");
    assert_eq!(desk.stack(&id)["Parameters"][0]["ParameterValue"], "1");
}

#[test]
fn a_child_that_is_being_updated_goes_back_when_its_parent_fails() {
    let mut desk = desk();
    let parent = format!("{PARENT}  Side: {{ Type: AWS::SSM::Parameter, Properties: {{ Type: String, Value: a }} }}\n");
    desk.create("top", &parent);
    let id = desk.physical("top", "Child");
    desk.fault("update", "Side", "No.", Some(1));
    let changed = parent.replace("Delay: 1", "Delay: 2").replace("Value: a", "Value: b");
    assert_eq!(desk.update("top", &changed), "UPDATE_ROLLBACK_COMPLETE");
    let name = desk.stack(&id)["StackName"].as_str().unwrap().to_owned();
    insta::assert_snapshot!(desk.events(&id)[8..].join("\n").replace(&name, "child"), @r"
    child UPDATE_IN_PROGRESS User Initiated
    First UPDATE_IN_PROGRESS
    First UPDATE_FAILED Resource update cancelled
    child UPDATE_ROLLBACK_IN_PROGRESS
    First UPDATE_IN_PROGRESS
    First UPDATE_COMPLETE
    child UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS
    child UPDATE_ROLLBACK_COMPLETE
    ");
    assert_eq!(desk.stack(&id)["Parameters"][0]["ParameterValue"], "1");
}

#[test]
fn a_child_that_was_updated_cleans_up_with_its_parent() {
    let mut desk = desk();
    desk.create("top", PARENT);
    let id = desk.physical("top", "Child");
    assert_eq!(desk.update("top", &PARENT.replace("Delay: 1", "Delay: 2")), "UPDATE_COMPLETE");
    assert_eq!(desk.status(&id), "UPDATE_COMPLETE");
    put(&mut desk, "child.yaml", &child().replace("DelaySeconds", "MaximumMessageSize"));
    assert_eq!(
        desk.update(
            "top",
            &PARENT.replace("Delay: 1", "Delay: 2").replace("Queue }", "Queue, Properties: { DelaySeconds: 4 } }")
        ),
        "UPDATE_COMPLETE"
    );
    assert!(desk.events("top").iter().filter(|e| *e == "Child UPDATE_COMPLETE").count() >= 2);
}

#[test]
fn a_template_that_cannot_be_read_fails_the_child() {
    let mut desk = Desk::new();
    assert_eq!(desk.create("top", PARENT), "ROLLBACK_COMPLETE");
    let line = desk.events("top").into_iter().find(|e| e.starts_with("Child CREATE_FAILED")).unwrap();
    assert!(line.contains("S3 error: "), "{line}");
}
