//! Rollbacks that fail, are continued, cancelled, or not wanted; deletions that fail.
#![allow(clippy::unwrap_used)]

mod desk;

use desk::{Desk, QUEUES, all};
use serde_json::json;

fn changed() -> String {
    QUEUES
        .replace("DelaySeconds: 1", "DelaySeconds: 2")
        .replace("DependsOn: First", "DependsOn: First, Properties: { DelaySeconds: 3 }")
}

fn stuck() -> Desk {
    let mut desk = Desk::new();
    desk.create("q", QUEUES);
    desk.fault("update", "Second", "No.", Some(1));
    desk.fault("rollback", "First", "Still no.", Some(1));
    assert_eq!(desk.update("q", &changed()), "UPDATE_ROLLBACK_FAILED");
    desk
}

#[test]
fn a_stuck_rollback_is_continued() {
    let mut desk = stuck();
    let reason = desk.stack("q")["StackStatusReason"].as_str().unwrap().to_owned();
    assert_eq!(reason, "The following resource(s) failed to update: [First]. ");
    let id = desk.stack("q")["StackId"].as_str().unwrap().to_owned();
    assert_eq!(
        desk.refusal("UpdateStack", json!({ "StackName": "q", "TemplateBody": QUEUES })),
        format!("ValidationError: Stack:{id} is in UPDATE_ROLLBACK_FAILED state and can not be updated.")
    );
    desk.call("ContinueUpdateRollback", json!({ "StackName": "q" })).unwrap();
    assert_eq!(desk.settle("q"), "UPDATE_ROLLBACK_COMPLETE");
    insta::assert_snapshot!(desk.events_since("q", "UPDATE_IN_PROGRESS").join("\n"), @r"
        q UPDATE_IN_PROGRESS User Initiated
        First UPDATE_IN_PROGRESS
        First UPDATE_COMPLETE
        Second UPDATE_IN_PROGRESS
        Second UPDATE_FAILED No.
        q UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to update: [Second].
        First UPDATE_IN_PROGRESS
        First UPDATE_FAILED Still no.
        q UPDATE_ROLLBACK_FAILED The following resource(s) failed to update: [First].
        q UPDATE_ROLLBACK_IN_PROGRESS User Initiated
        First UPDATE_IN_PROGRESS
        First UPDATE_COMPLETE
        Second UPDATE_IN_PROGRESS
        Second UPDATE_COMPLETE
        q UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS
        q UPDATE_ROLLBACK_COMPLETE
    ");
    // True restore: the old template again changes nothing.
    let input = json!({ "StackName": "q", "TemplateBody": QUEUES });
    assert_eq!(desk.refusal("UpdateStack", input), "ValidationError: No updates are to be performed.");
}

#[test]
fn only_resources_that_failed_can_be_skipped() {
    let mut desk = stuck();
    let refusal = desk.refusal("ContinueUpdateRollback", json!({ "StackName": "q", "ResourcesToSkip": ["Other"] }));
    assert!(refusal.contains("not in a valid state"), "{refusal}");
    desk.call("ContinueUpdateRollback", json!({ "StackName": "q", "ResourcesToSkip": ["First"] })).unwrap();
    assert_eq!(desk.settle("q"), "UPDATE_ROLLBACK_COMPLETE");
}

#[test]
fn a_stack_that_is_not_stuck_cannot_continue() {
    let mut desk = Desk::new();
    desk.create("q", QUEUES);
    let refusal = desk.refusal("ContinueUpdateRollback", json!({ "StackName": "q" }));
    assert!(refusal.ends_with("is in CREATE_COMPLETE state and can not continue update rollback."), "{refusal}");
}

#[test]
fn an_update_can_be_cancelled() {
    let mut desk = Desk::new();
    desk.create("q", QUEUES);
    desk.call("UpdateStack", json!({ "StackName": "q", "TemplateBody": changed() })).unwrap();
    desk.wait(5);
    assert!(
        desk.refusal("UpdateStack", json!({ "StackName": "q", "TemplateBody": QUEUES }))
            .contains("is in UPDATE_IN_PROGRESS state")
    );
    desk.call("CancelUpdateStack", json!({ "StackName": "q" })).unwrap();
    assert_eq!(desk.settle("q"), "UPDATE_ROLLBACK_COMPLETE");
    insta::assert_snapshot!(desk.events_since("q", "UPDATE_IN_PROGRESS").join("\n"), @r"
        q UPDATE_IN_PROGRESS User Initiated
        First UPDATE_IN_PROGRESS
        First UPDATE_FAILED Resource update cancelled
        q UPDATE_ROLLBACK_IN_PROGRESS User Initiated
        First UPDATE_IN_PROGRESS
        First UPDATE_COMPLETE
        q UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS
        q UPDATE_ROLLBACK_COMPLETE
    ");
    assert_eq!(
        desk.refusal("CancelUpdateStack", json!({ "StackName": "q" })),
        "ValidationError: CancelUpdateStack cannot be called from current stack status: UPDATE_ROLLBACK_COMPLETE"
    );
}

#[test]
fn a_failed_creation_can_be_kept_and_rolled_back_or_mended() {
    let mut desk = Desk::new();
    desk.fault("create", "Second", "No.", Some(1));
    let input = json!({ "StackName": "q", "TemplateBody": QUEUES, "OnFailure": "DO_NOTHING" });
    desk.call("CreateStack", input).unwrap();
    assert_eq!(desk.settle("q"), "CREATE_FAILED");
    assert_eq!(desk.resource("q", "First")["ResourceStatus"], "CREATE_COMPLETE");
    desk.call("UpdateStack", json!({ "StackName": "q", "TemplateBody": QUEUES })).unwrap();
    assert_eq!(desk.settle("q"), "UPDATE_COMPLETE");

    desk.fault("create", "First", "No.", Some(1));
    desk.call("CreateStack", json!({ "StackName": "r", "TemplateBody": QUEUES, "DisableRollback": true })).unwrap();
    assert_eq!(desk.settle("r"), "CREATE_FAILED");
    desk.call("RollbackStack", json!({ "StackName": "r" })).unwrap();
    assert_eq!(desk.settle("r"), "ROLLBACK_COMPLETE");
}

#[test]
fn a_failed_update_can_be_kept_and_rolled_back() {
    let mut desk = Desk::new();
    desk.create("q", QUEUES);
    desk.fault("update", "Second", "No.", Some(1));
    desk.call("UpdateStack", json!({ "StackName": "q", "TemplateBody": changed(), "DisableRollback": true })).unwrap();
    assert_eq!(desk.settle("q"), "UPDATE_FAILED");
    desk.call("RollbackStack", json!({ "StackName": "q" })).unwrap();
    assert_eq!(desk.settle("q"), "UPDATE_ROLLBACK_COMPLETE");
    let input = json!({ "StackName": "q", "TemplateBody": QUEUES });
    assert_eq!(desk.refusal("UpdateStack", input), "ValidationError: No updates are to be performed.");
}

#[test]
fn a_failed_creation_can_delete_the_stack() {
    let mut desk = Desk::new();
    desk.fault("create", "Second", "No.", None);
    desk.call("CreateStack", json!({ "StackName": "q", "TemplateBody": QUEUES, "OnFailure": "DELETE" })).unwrap();
    assert_eq!(desk.settle("q"), "gone");
}

#[test]
fn a_rollback_of_a_creation_can_fail_too() {
    let mut desk = Desk::new();
    desk.fault("create", "Second", "No.", Some(1));
    desk.fault("delete", "First", "It is needed.", Some(1));
    assert_eq!(desk.create("q", QUEUES), "ROLLBACK_FAILED");
    assert_eq!(desk.stack("q")["StackStatusReason"], "The following resource(s) failed to delete: [First]. ");
    desk.call("DeleteStack", json!({ "StackName": "q" })).unwrap();
    assert_eq!(desk.settle("q"), "gone");
}

#[test]
fn what_cannot_be_deleted_can_be_retained_the_second_time() {
    let mut desk = Desk::new();
    desk.create("q", QUEUES);
    let refusal = desk.refusal("DeleteStack", json!({ "StackName": "q", "RetainResources": ["First"] }));
    assert!(refusal.contains("Specify RetainResources only for stacks in the DELETE_FAILED state."), "{refusal}");
    desk.fault("delete", "First", "It is needed.", None);
    desk.call("DeleteStack", json!({ "StackName": "q" })).unwrap();
    assert_eq!(desk.settle("q"), "DELETE_FAILED");
    let id = desk.stack("q")["StackId"].as_str().unwrap().to_owned();
    desk.call("DeleteStack", json!({ "StackName": "q", "RetainResources": ["First"] })).unwrap();
    assert_eq!(desk.settle(&id), "DELETE_COMPLETE");
    insta::assert_snapshot!(desk.events(&id)[desk.events(&id).len() - 4..].join("\n"), @r"
        q DELETE_FAILED The following resource(s) failed to delete: [First].
        q DELETE_IN_PROGRESS User Initiated
        First DELETE_SKIPPED
        q DELETE_COMPLETE
    ");
}

#[test]
fn a_dependent_that_cannot_be_deleted_keeps_what_it_needs() {
    let mut desk = Desk::new();
    desk.create("q", QUEUES);
    desk.fault("delete", "Second", "It is needed.", None);
    desk.call("DeleteStack", json!({ "StackName": "q" })).unwrap();
    assert_eq!(desk.settle("q"), "DELETE_FAILED");
    assert_eq!(desk.resource("q", "First")["ResourceStatus"], "CREATE_COMPLETE");
    let _ = all();
}

#[test]
fn a_removed_resource_that_cannot_be_deleted_does_not_fail_the_update() {
    let mut desk = Desk::new();
    desk.create("q", QUEUES);
    desk.fault("delete", "Second", "It is needed.", None);
    let one = QUEUES.replace("  Second: { Type: AWS::SQS::Queue, DependsOn: First }\n", "");
    assert_eq!(desk.update("q", &one), "UPDATE_COMPLETE");
    assert!(desk.events("q").contains(&"Second DELETE_FAILED It is needed.".to_owned()));
}
