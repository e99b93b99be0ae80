//! Templates, names, parameters, exports and permissions that are refused, in AWS's words.
#![allow(clippy::unwrap_used)]

mod desk;

use desk::{APP, Desk, QUEUES, all};
use serde_json::{Value, json};

fn refused(template: &str) -> String {
    Desk::new().refusal("CreateStack", json!({ "StackName": "x", "TemplateBody": template }))
}

#[test]
fn templates_are_checked_before_anything_is_made() {
    let queue = "  Q: { Type: AWS::SQS::Queue";
    let table = [
        ("Resources: {}", "Template format error: At least one Resources member must be defined."),
        ("- a", "Template format error: unsupported structure."),
        ("Resources:\n  A: { Type: Foo::Bar }", "Template format error: Unrecognized resource types: [Foo::Bar]"),
        ("Resource: {}", "Invalid template property or properties [Resource]"),
        (
            "Resources:\n  A: { Properties: {} }",
            "Template format error: [/Resources/A] Every Resources object must contain a Type member.",
        ),
        (
            "Resources:\n  a-b: { Type: AWS::SQS::Queue }",
            "Template format error: Resource name a-b is non alphanumeric.",
        ),
        (
            &format!("Resources:\n{queue}, Properties: {{ QueueName: !Ref Missing }} }}"),
            "Template format error: Unresolved resource dependencies [Missing] in the Resources block of the template",
        ),
        (
            &format!("Resources:\n{queue}, DependsOn: Nothing }}"),
            "Template format error: Unresolved resource dependencies [Nothing] in the Resources block of the template",
        ),
        (
            &format!("Resources:\n{queue}, Properties: {{ QueueName: !GetAtt Missing.Arn }} }}"),
            "Template error: instance of Fn::GetAtt references undefined resource Missing",
        ),
        (
            "Resources:\n  A: { Type: AWS::SQS::Queue, DependsOn: B }\n  B: { Type: AWS::SQS::Queue, DependsOn: A }",
            "Circular dependency between resources: [A, B]",
        ),
        (
            "Resources:\n  A: { Type: AWS::SQS::Queue }\nTransform: My::Macro",
            "Requires capabilities : [CAPABILITY_AUTO_EXPAND]",
        ),
    ];
    for (template, text) in table {
        assert!(refused(template).ends_with(text), "{template}: {}", refused(template));
    }
    let large = format!("Description: {}\nResources:\n{queue} }}", "x".repeat(51_200));
    assert!(refused(&large).contains("Member must have length less than or equal to 51200"), "{}", refused(&large));
}

#[test]
fn a_substitution_with_names_of_its_own_is_no_reference() {
    let mut desk = Desk::new();
    let template = "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n      QueueName: !Sub ['${Env}-${AWS::Region}-${!Literal}', { Env: prod }]\n";
    assert_eq!(desk.create("q", &template.replace("-${!Literal}", "")), "CREATE_COMPLETE");
    assert!(desk.physical("q", "Q").ends_with("/prod-us-east-1"));
}

#[test]
fn parameters_are_checked() {
    let template = "
Parameters:
  Name: { Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: must be lower case }
  Size: { Type: Number, Default: 3, MinValue: 1, MaxValue: 9 }
  Color: { Type: String, Default: red, AllowedValues: [red, blue] }
Resources:
  Q: { Type: AWS::SQS::Queue, Properties: { QueueName: !Ref Name, DelaySeconds: !Ref Size } }
";
    let mut desk = Desk::new();
    let mut with = |parameters: &[(&str, &str)]| {
        let list: Vec<Value> =
            parameters.iter().map(|(k, v)| json!({ "ParameterKey": k, "ParameterValue": v })).collect();
        desk.refusal("CreateStack", json!({ "StackName": "x", "TemplateBody": template, "Parameters": list }))
    };
    assert_eq!(with(&[]), "ValidationError: Parameters: [Name] must have values");
    assert_eq!(
        with(&[("Name", "a"), ("Other", "b")]),
        "ValidationError: Parameters: [Other] do not exist in the template"
    );
    assert_eq!(with(&[("Name", "A")]), "ValidationError: Parameter 'Name' must be lower case");
    assert_eq!(
        with(&[("Name", "a"), ("Size", "12")]),
        "ValidationError: Parameter 'Size' must be a number not greater than 9"
    );
    assert_eq!(
        with(&[("Name", "a"), ("Color", "green")]),
        "ValidationError: Parameter 'Color' must be one of AllowedValues"
    );
}

#[test]
fn names_tokens_and_missing_stacks() {
    let mut desk = Desk::new();
    let refusal = desk.refusal("CreateStack", json!({ "StackName": "a_b", "TemplateBody": QUEUES }));
    assert!(refusal.contains("Value 'a_b' at 'stackName' failed to satisfy constraint"), "{refusal}");
    let input = json!({ "StackName": "q", "TemplateBody": QUEUES, "ClientRequestToken": "t" });
    let first = desk.call("CreateStack", input.clone()).unwrap();
    assert_eq!(desk.call("CreateStack", input).unwrap(), first, "the same token starts nothing new");
    assert_eq!(
        desk.refusal("CreateStack", json!({ "StackName": "q", "TemplateBody": QUEUES })),
        "AlreadyExistsException: Stack [q] already exists"
    );
    assert_eq!(
        desk.refusal("UpdateStack", json!({ "StackName": "n", "TemplateBody": QUEUES })),
        "ValidationError: Stack [n] does not exist"
    );
    assert_eq!(
        desk.refusal("DescribeStackEvents", json!({ "StackName": "n" })),
        "ValidationError: Stack [n] does not exist"
    );
    desk.call("DeleteStack", json!({ "StackName": "n" })).unwrap();
    desk.settle("q");
    let token = json!({ "StackName": "q", "TemplateBody": QUEUES.replace(": 1", ": 2"), "ClientRequestToken": "t" });
    assert!(desk.refusal("UpdateStack", token).starts_with("TokenAlreadyExistsException"));
}

#[test]
fn exports_that_are_used_hold_their_stack() {
    let mut desk = Desk::new();
    desk.create("app", APP);
    let user =
        "Resources:\n  P: { Type: AWS::SSM::Parameter, Properties: { Type: String, Value: !ImportValue app-arn } }";
    assert_eq!(desk.create("user", user), "CREATE_COMPLETE");
    assert_eq!(
        desk.refusal("DeleteStack", json!({ "StackName": "app" })),
        "ValidationError: Export app-arn cannot be deleted as it is in use by user"
    );
    assert_eq!(desk.call("ListImports", json!({ "ExportName": "app-arn" })).unwrap()["Imports"], json!(["user"]));
    assert_eq!(desk.update("app", &APP.replace(", Export: { Name: app-arn }", "")), "UPDATE_ROLLBACK_COMPLETE");
    let reason = "app UPDATE_ROLLBACK_IN_PROGRESS Export app-arn cannot be deleted as it is in use by user";
    assert!(desk.events("app").iter().any(|e| e.trim_end_matches('.') == reason), "{:#?}", desk.events("app"));
    assert_eq!(desk.create("twin", &APP.replace("Outputs:", "Outputs:\n  Other: { Value: x }")), "ROLLBACK_COMPLETE");
    assert!(
        desk.events("twin").iter().any(|e| e.contains("Export with name app-arn is already exported by stack app"))
    );
    let missing = desk.create("m", &user.replace("app-arn", "nothing"));
    assert_eq!(missing, "ROLLBACK_COMPLETE");
    assert!(
        desk.events("m").contains(&"P CREATE_FAILED No export named nothing found.".to_owned()),
        "{:#?}",
        desk.events("m")
    );
}

#[test]
fn termination_protection_holds_a_stack() {
    let mut desk = Desk::new();
    desk.create("q", QUEUES);
    desk.call("UpdateTerminationProtection", json!({ "StackName": "q", "EnableTerminationProtection": true })).unwrap();
    assert_eq!(
        desk.refusal("DeleteStack", json!({ "StackName": "q" })),
        "ValidationError: Stack [q] cannot be deleted while TerminationProtection is enabled"
    );
}

#[test]
fn a_stack_policy_denies_an_update_of_a_resource() {
    let mut desk = Desk::new();
    desk.create("q", QUEUES);
    let policy = json!({ "Statement": [
        { "Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*" },
        { "Effect": "Deny", "Action": "Update:Modify", "Principal": "*", "Resource": "LogicalResourceId/First" },
    ] });
    desk.call("SetStackPolicy", json!({ "StackName": "q", "StackPolicyBody": policy.to_string() })).unwrap();
    assert_eq!(desk.update("q", &QUEUES.replace("DelaySeconds: 1", "DelaySeconds: 2")), "UPDATE_ROLLBACK_COMPLETE");
    assert!(desk.events("q").iter().any(|e| e.contains("First UPDATE_FAILED Action denied by stack policy")));
}

#[test]
fn a_name_that_is_taken_fails_the_resource() {
    let mut desk = Desk::new();
    let named = QUEUES.replace("DelaySeconds: 1", "QueueName: taken");
    let one = desk.create("one", &named);
    assert_eq!(one, "CREATE_COMPLETE");
    assert_eq!(desk.create("two", &named), "ROLLBACK_COMPLETE");
    let id = desk.stack("one")["StackId"].as_str().unwrap().to_owned();
    let line = desk.events("two").into_iter().find(|e| e.contains("CREATE_FAILED")).unwrap();
    assert!(line.ends_with(&format!("already exists in stack {id}")), "{line}");
}

#[test]
fn code_that_is_not_there_fails_the_function() {
    let mut desk = Desk::new();
    let code = APP.replace("{ ZipFile: 'exports.handler = () => 1' }", "{ S3Bucket: nowhere, S3Key: code.zip }");
    assert_eq!(desk.create("app", &code), "ROLLBACK_COMPLETE");
    let line = desk.events("app").into_iter().find(|e| e.starts_with("Function CREATE_FAILED")).unwrap();
    assert!(line.contains("Error occurred while GetObject. S3 Error Code: NoSuchBucket"), "{line}");
    assert!(line.ends_with("HandlerErrorCode: InvalidRequest)"), "{line}");
}

#[test]
fn a_service_role_that_may_not_do_it_fails_the_resource_and_is_kept() {
    let mut desk = Desk::new();
    let trust = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "Service": "cloudformation.amazonaws.com" }, "Action": "sts:AssumeRole" },
    ] });
    let role = json!({ "RoleName": "deployer", "AssumeRolePolicyDocument": trust.to_string() });
    desk.service("iam", "CreateRole", role).unwrap();
    let allow = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": ["iam:*", "sqs:*"], "Resource": "*" }] });
    let policy = json!({ "RoleName": "deployer", "PolicyName": "p", "PolicyDocument": allow.to_string() });
    desk.service("iam", "PutRolePolicy", policy).unwrap();
    let arn = "arn:aws:iam::111111111111:role/deployer";
    desk.call("CreateStack", json!({ "StackName": "app", "TemplateBody": APP, "Capabilities": all(), "RoleARN": arn }))
        .unwrap();
    assert_eq!(desk.settle("app"), "ROLLBACK_COMPLETE");
    let line = desk.events("app").into_iter().find(|e| e.starts_with("Function CREATE_FAILED")).unwrap();
    let who = "User: arn:aws:sts::111111111111:assumed-role/deployer/AWSCloudFormation is not authorized to perform: lambda:CreateFunction on resource: arn:aws:lambda:us-east-1:111111111111:function:app-Function-";
    assert!(line.contains(who), "{line}");
    assert!(
        line.contains("(Service: Lambda, Status Code: 403, Request ID: ")
            && line.ends_with("HandlerErrorCode: AccessDenied)"),
        "{line}"
    );
    assert_eq!(desk.stack("app")["RoleARN"], arn);
    let refusal = desk.refusal(
        "CreateStack",
        json!({ "StackName": "b", "TemplateBody": QUEUES, "RoleARN": "arn:aws:iam::111111111111:role/none" }),
    );
    assert_eq!(refusal, "ValidationError: Role arn:aws:iam::111111111111:role/none is invalid or cannot be assumed");
}

#[test]
fn reads_can_be_throttled() {
    let mut desk = Desk::new();
    desk.create("q", QUEUES);
    desk.wait(5);
    desk.world.rate_limits = true;
    let reads: Vec<String> = (0..7)
        .map(|_| {
            desk.call("DescribeStacks", json!({ "StackName": "q" }))
                .map_or_else(|e| e.to_string(), |_| "read".to_owned())
        })
        .collect();
    assert_eq!(reads[4..], ["read", "Throttling: Rate exceeded", "Throttling: Rate exceeded"]);
}
