//! Change sets: what they show, when they are empty, what executing one does to the others.
#![allow(clippy::unwrap_used)]

mod desk;

use desk::{APP, Desk, QUEUES, all};
use serde_json::{Value, json};

fn make(desk: &mut Desk, stack: &str, name: &str, kind: &str, template: &str) -> Value {
    let input = json!({
        "StackName": stack, "ChangeSetName": name, "ChangeSetType": kind, "TemplateBody": template, "Capabilities": all(),
    });
    desk.call("CreateChangeSet", input).unwrap();
    desk.wait(5);
    describe(desk, stack, name)
}

fn describe(desk: &mut Desk, stack: &str, name: &str) -> Value {
    desk.call("DescribeChangeSet", json!({ "StackName": stack, "ChangeSetName": name })).unwrap()
}

fn shown(set: &Value) -> String {
    let line = |c: &Value| {
        let r = &c["ResourceChange"];
        let text = |v: &Value| v.as_str().unwrap_or("-").to_owned();
        let details: Vec<String> = r["Details"]
            .as_array()
            .unwrap()
            .iter()
            .map(|d| {
                format!(
                    "{}/{}/{}/{}",
                    text(&d["Target"]["Name"]),
                    text(&d["Target"]["RequiresRecreation"]),
                    text(&d["Evaluation"]),
                    text(&d["ChangeSource"])
                )
            })
            .collect();
        format!(
            "{} {} {} {}",
            text(&r["Action"]),
            text(&r["LogicalResourceId"]),
            text(&r["Replacement"]),
            details.join(" ")
        )
        .trim()
        .to_owned()
    };
    set["Changes"].as_array().unwrap().iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_new_stack_is_under_review_until_its_change_set_is_executed() {
    let mut desk = Desk::new();
    let set = make(&mut desk, "app", "first", "CREATE", APP);
    assert_eq!((set["Status"].as_str(), set["ExecutionStatus"].as_str()), (Some("CREATE_COMPLETE"), Some("AVAILABLE")));
    assert_eq!(desk.status("app"), "REVIEW_IN_PROGRESS");
    insta::assert_snapshot!(shown(&set), @r"
        Add Role -
        Add Queue -
        Add Function -
    ");
    desk.call("ExecuteChangeSet", json!({ "StackName": "app", "ChangeSetName": "first", "ClientRequestToken": "t1" }))
        .unwrap();
    assert_eq!(desk.settle("app"), "CREATE_COMPLETE");
    assert_eq!(describe(&mut desk, "app", "first")["ExecutionStatus"], "EXECUTE_COMPLETE");
    let events = desk.call("DescribeStackEvents", json!({ "StackName": "app" })).unwrap();
    assert_eq!(events["StackEvents"][0]["ClientRequestToken"], "t1");
}

#[test]
fn an_empty_change_set_fails_with_the_words_that_tools_look_for() {
    let mut desk = Desk::new();
    desk.create("app", APP);
    let set = make(&mut desk, "app", "same", "UPDATE", APP);
    assert_eq!(set["Status"], "FAILED");
    assert_eq!(set["ExecutionStatus"], "UNAVAILABLE");
    assert_eq!(
        set["StatusReason"],
        "The submitted information didn't contain changes. Submit different information to create a change set."
    );
    let id = set["ChangeSetId"].as_str().unwrap();
    assert_eq!(
        desk.refusal("ExecuteChangeSet", json!({ "ChangeSetName": id })),
        format!("InvalidChangeSetStatus: ChangeSet [{id}] cannot be executed in its current status of [FAILED]")
    );
}

#[test]
fn outputs_and_tags_alone_are_changes() {
    let mut desk = Desk::new();
    desk.create("q", QUEUES);
    let more = format!("{QUEUES}  Name: {{ Value: !GetAtt First.QueueName }}\n");
    assert_eq!(make(&mut desk, "q", "outputs", "UPDATE", &more)["Status"], "CREATE_COMPLETE");
    let input = json!({
        "StackName": "q", "ChangeSetName": "tags", "UsePreviousTemplate": true, "Tags": [{ "Key": "team", "Value": "a" }],
    });
    desk.call("CreateChangeSet", input).unwrap();
    desk.wait(5);
    let set = describe(&mut desk, "q", "tags");
    insta::assert_snapshot!(shown(&set), @r"
        Modify First False -/Never/Static/DirectModification
        Modify Second False -/Never/Static/DirectModification
    ");
    desk.call("ExecuteChangeSet", json!({ "StackName": "q", "ChangeSetName": "tags" })).unwrap();
    assert_eq!(desk.settle("q"), "UPDATE_COMPLETE");
    assert_eq!(
        desk.refusal("DescribeChangeSet", json!({ "StackName": "q", "ChangeSetName": "outputs" })),
        "ChangeSetNotFound: ChangeSet [outputs] does not exist"
    );
}

#[test]
fn a_replacement_reaches_those_that_refer_to_it() {
    let mut desk = Desk::new();
    desk.create("app", APP);
    let set = make(
        &mut desk,
        "app",
        "rename",
        "UPDATE",
        &APP.replace("      AssumeRolePolicyDocument:", "      Path: /a/\n      AssumeRolePolicyDocument:"),
    );
    insta::assert_snapshot!(shown(&set), @r"
        Modify Role True Path/Always/Static/DirectModification
        Modify Function False Role/Never/Dynamic/ResourceAttribute
    ");
}

#[test]
fn a_stack_that_changed_makes_change_sets_obsolete() {
    let mut desk = Desk::new();
    desk.create("q", QUEUES);
    let changed = QUEUES.replace("DelaySeconds: 1", "DelaySeconds: 2");
    make(&mut desk, "q", "one", "UPDATE", &changed);
    desk.update("q", &changed);
    let set = describe(&mut desk, "q", "one");
    assert_eq!(set["ExecutionStatus"], "OBSOLETE");
    let refusal = desk.refusal("ExecuteChangeSet", json!({ "StackName": "q", "ChangeSetName": "one" }));
    assert!(refusal.starts_with("InvalidChangeSetStatus"), "{refusal}");
}

#[test]
fn the_same_token_gives_the_same_change_set() {
    let mut desk = Desk::new();
    let input = json!({
        "StackName": "q", "ChangeSetName": "one", "ChangeSetType": "CREATE", "TemplateBody": QUEUES, "ClientToken": "abc",
    });
    let first = desk.call("CreateChangeSet", input.clone()).unwrap();
    assert_eq!(desk.call("CreateChangeSet", input).unwrap(), first);
}

#[test]
fn a_change_set_is_not_ready_at_once() {
    let mut desk = Desk::new();
    let input = json!({ "StackName": "q", "ChangeSetName": "one", "ChangeSetType": "CREATE", "TemplateBody": QUEUES });
    desk.call("CreateChangeSet", input).unwrap();
    let set = describe(&mut desk, "q", "one");
    assert_eq!(
        (set["Status"].as_str(), set["ExecutionStatus"].as_str()),
        (Some("CREATE_IN_PROGRESS"), Some("UNAVAILABLE"))
    );
}

#[test]
fn capabilities_are_asked_for() {
    let mut desk = Desk::new();
    let input = json!({ "StackName": "app", "ChangeSetName": "one", "ChangeSetType": "CREATE", "TemplateBody": APP });
    assert_eq!(
        desk.refusal("CreateChangeSet", input),
        "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_IAM]"
    );
    let sam = "Transform: AWS::Serverless-2016-10-31\nResources:\n  T: { Type: AWS::Serverless::SimpleTable }\n";
    assert_eq!(
        desk.refusal("CreateStack", json!({ "StackName": "sam2", "TemplateBody": sam })),
        "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_AUTO_EXPAND]"
    );
    assert_eq!(desk.create("sam3", sam), "CREATE_COMPLETE");
}
