//! The permissions boundary: the most that a role made by a pipeline may do, whatever its policies say.
//!
//! A boundary grants nothing. It allows all and then refuses, with denies that no resource policy can get around, what
//! would lead out of the application: identities, organizations, records, other roles, code that runs as somebody else,
//! the artifacts that become code, and the stacks that set these limits.

use super::document::{IAM_WRITES, Place, STACK_WRITES, document, one_or_many, sorted, statement};
use super::{PipelineFacts, StageFacts, TargetFacts};
use serde_json::{Value, json};

/// Services and actions about identities beside IAM, about organizations, and about records of what was done.
const BEYOND: [&str; 22] = [
    "account:*",
    "cloudtrail:Delete*",
    "cloudtrail:Put*",
    "cloudtrail:StopLogging",
    "cloudtrail:Update*",
    "config:Delete*",
    "config:Put*",
    "config:Stop*",
    "controltower:*",
    "guardduty:Delete*",
    "guardduty:Disassociate*",
    "guardduty:Update*",
    "iam:GetAccountAuthorizationDetails",
    "identitystore:*",
    "organizations:*",
    "ram:*",
    "rolesanywhere:*",
    "securityhub:Disable*",
    "sso-directory:*",
    "sso:*",
    "sts:GetFederationToken",
    "sts:SetSourceIdentity",
];

/// Actions by which something that is there already is made to act with its own role for somebody else (the paths of
/// pathfinding.cloud and of Prowler with an existing role).
const EXISTING: [&str; 24] = [
    "apprunner:UpdateService",
    "bedrock-agentcore:ConnectBrowserAutomationStream",
    "bedrock-agentcore:InvokeAgentRuntimeCommand",
    "bedrock-agentcore:InvokeCodeInterpreter",
    "bedrock-agentcore:StartCodeInterpreterSession",
    "codebuild:StartBuild",
    "codebuild:StartBuildBatch",
    "codebuild:UpdateProject",
    "ec2-instance-connect:*",
    "ec2:CreateLaunchTemplateVersion",
    "ec2:ModifyInstanceAttribute",
    "ec2:ModifyLaunchTemplate",
    "ec2:RequestSpotInstances",
    "ec2:RunInstances",
    "ecs:ExecuteCommand",
    "glue:UpdateDevEndpoint",
    "glue:UpdateJob",
    "sagemaker:CreateNotebookInstanceLifecycleConfig",
    "sagemaker:CreatePresignedNotebookInstanceUrl",
    "sagemaker:UpdateNotebookInstance",
    "ssm:ResumeSession",
    "ssm:SendCommand",
    "ssm:StartSession",
    "states:UpdateStateMachine",
];

/// Actions on functions that change what they run or who may call them.
const FUNCTIONS: [&str; 5] = [
    "lambda:AddPermission",
    "lambda:CreateEventSourceMapping",
    "lambda:CreateFunction",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
];

/// The boundary of a pipeline's roles in one account.
pub(super) fn boundary(place: Place<'_>, pipeline: &PipelineFacts, targets: &[(&StageFacts, &TargetFacts)]) -> Value {
    let everything = ["*".to_owned()];
    let services = &place.settings.application_services;
    let allowed: Vec<String> = match services.is_empty() {
        true => vec!["*".to_owned()],
        false => sorted(services.iter().map(|s| format!("{s}:*"))),
    };
    let partition = place.partition;
    let names = sorted(targets.iter().flat_map(|(_, t)| t.stacks.iter().map(|s| start(s))));
    let named = targets.iter().flat_map(|(_, t)| &t.needed).filter(|n| n.action == "iam:CreateRole");
    let named = named.flat_map(|n| n.resources.clone()).filter(|r| !r.ends_with("role/*"));
    let roles = sorted(names.iter().map(|n| place.iam("role", n)).chain(named));
    let functions: Vec<String> =
        names.iter().map(|n| format!("arn:{partition}:lambda:*:{}:function:{n}", place.account)).collect();
    let mut buckets = vec![format!("landfall-{}-*", place.account)];
    buckets.extend(targets.iter().filter_map(|(s, _)| s.artifact_bucket.clone()));
    buckets.extend(pipeline.state.iter().map(|(bucket, _)| bucket.clone()));
    let buckets = sorted(
        buckets.iter().flat_map(|b| [format!("arn:{partition}:s3:::{b}"), format!("arn:{partition}:s3:::{b}/*")]),
    );
    document(vec![
        statement("Most", "Allow", &allowed.iter().map(String::as_str).collect::<Vec<_>>(), &everything),
        statement("NeverIdentities", "Deny", &IAM_WRITES, &everything),
        statement("NeverBeyond", "Deny", &BEYOND, &everything),
        statement("NeverStacks", "Deny", &STACK_WRITES, &everything),
        statement("NeverOthersRuns", "Deny", &EXISTING, &everything),
        json!({"Sid": "NeverOthersCode", "Effect": "Deny", "Action": FUNCTIONS, "NotResource": one_or_many(&functions)}),
        json!({"Sid": "NeverPassOthers", "Effect": "Deny", "Action": "iam:PassRole", "NotResource": one_or_many(&roles)}),
        json!({
            "Sid": "NeverAssumeOthers", "Effect": "Deny", "Action": "sts:AssumeRole", "NotResource": one_or_many(&roles),
            "Condition": {"StringEquals": {"aws:ResourceAccount": place.account.as_str()}},
        }),
        statement("NeverAssumeOurs", "Deny", &["sts:AssumeRole"], &entrances(place)),
        statement("NeverArtifacts", "Deny", &["s3:*"], &buckets),
    ])
}

/// Roles of any account that lead to everything in it.
fn entrances(place: Place<'_>) -> Vec<String> {
    let partition = place.partition;
    let ours = format!("{}*", place.settings.role_path);
    let names = [ours.trim_start_matches('/'), "OrganizationAccountAccessRole", "AWSControlTowerExecution"];
    names.iter().map(|name| format!("arn:{partition}:iam::*:role/{name}")).collect()
}

/// The start of the names that CloudFormation gives to what a stack makes. Long names are cut, IAM's after 24
/// characters of the stack's name at the earliest.
fn start(stack: &str) -> String {
    let cut: String = stack.chars().take(24).collect();
    match (stack.chars().count() > 24, cut.ends_with('*')) {
        (_, true) => cut,
        (true, false) => format!("{cut}*"),
        (false, false) => format!("{cut}-*"),
    }
}
