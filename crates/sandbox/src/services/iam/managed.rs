//! Policies that AWS manages, as far as deployments meet them.

use serde_json::{Value, json};

/// ARN prefix of AWS's own policies.
pub(crate) const PREFIX: &str = "arn:aws:iam::aws:policy/";

/// The text of a policy that AWS manages; nothing if there is none of that ARN here.
///
/// A policy that AWS has and whose text is not kept here can be attached, and grants nothing: the sandbox runs no workloads.
///
/// From the AWS Managed Policy Reference. `ReadOnlyAccess` is shorter than AWS's: it reads every service by verb.
pub fn aws_managed(arn: &str) -> Option<String> {
    let statements = match arn.strip_prefix(PREFIX)? {
        "AdministratorAccess" => allow(&["*"]),
        "PowerUserAccess" => json!([
            {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"},
            {"Effect": "Allow", "Resource": "*", "Action": ["account:GetAccountInformation", "account:ListRegions",
                "iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole", "iam:ListRoles", "organizations:DescribeOrganization"]},
        ]),
        "ReadOnlyAccess" => allow(&["*:Get*", "*:List*", "*:Describe*", "*:Head*", "*:BatchGet*"]),
        "SecurityAudit" | "job-function/ViewOnlyAccess" => {
            allow(&["*:List*", "*:Describe*", "iam:Get*", "s3:GetBucket*"])
        }
        "IAMFullAccess" => allow(&["iam:*", "organizations:Describe*", "organizations:List*"]),
        "IAMReadOnlyAccess" => allow(&["iam:Get*", "iam:List*", "iam:Simulate*"]),
        "AmazonS3FullAccess" => allow(&["s3:*", "s3-object-lambda:*"]),
        "AmazonS3ReadOnlyAccess" => {
            allow(&["s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*"])
        }
        "AWSCloudFormationFullAccess" => allow(&["cloudformation:*"]),
        "AWSCloudFormationReadOnlyAccess" => {
            allow(&["cloudformation:Describe*", "cloudformation:Get*", "cloudformation:List*"])
        }
        "AWSLambda_FullAccess" => allow(&["lambda:*", "cloudformation:DescribeStacks", "logs:*", "states:*", "xray:*"]),
        "AmazonDynamoDBFullAccess" => allow(&["dynamodb:*"]),
        "AmazonSQSFullAccess" => allow(&["sqs:*"]),
        "AmazonSNSFullAccess" => allow(&["sns:*"]),
        "CloudWatchReadOnlyAccess" => {
            allow(&["cloudwatch:Describe*", "cloudwatch:Get*", "cloudwatch:List*", "logs:Get*", "logs:List*"])
        }
        "AWSOrganizationsReadOnlyAccess" => allow(&["organizations:Describe*", "organizations:List*"]),
        name => match of_workload(name) {
            Some(statements) => statements,
            None if is_known(arn) => json!([]),
            None => return None,
        },
    };
    Some(json!({"Version": "2012-10-17", "Statement": statements}).to_string())
}

/// Whether AWS has a policy of that ARN, by the table that the SAM transform looks names up in.
fn is_known(arn: &str) -> bool {
    arn.rsplit('/').next().and_then(|name| template::sam::data::managed_policy("aws", name)) == Some(arn)
}

/// The policies that templates attach to the roles of functions, APIs and deployments.
fn of_workload(name: &str) -> Option<Value> {
    let statements = match name {
        "service-role/AWSLambdaBasicExecutionRole" => allow(LOGS),
        "service-role/AWSLambdaVPCAccessExecutionRole" => allow(&[LOGS, NETWORK].concat()),
        "service-role/AWSLambdaSQSQueueExecutionRole" => {
            allow(&[LOGS, &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]].concat())
        }
        "service-role/AWSLambdaDynamoDBExecutionRole" => allow(&[LOGS, STREAMS].concat()),
        "service-role/AWSLambdaKinesisExecutionRole" => allow(&[LOGS, KINESIS].concat()),
        "service-role/AWSLambdaRole" => allow(&["lambda:InvokeFunction"]),
        "service-role/AWSAppSyncPushToCloudWatchLogs" => allow(LOGS),
        "service-role/AWSCodeDeployRoleForLambda" | "service-role/AWSCodeDeployRoleForLambdaLimited" => allow(&[
            "cloudwatch:DescribeAlarms",
            "lambda:GetAlias",
            "lambda:GetProvisionedConcurrencyConfig",
            "lambda:InvokeFunction",
            "lambda:UpdateAlias",
            "s3:GetObject",
            "s3:GetObjectVersion",
            "sns:Publish",
        ]),
        "service-role/AWSCodeDeployRole" => {
            allow(&["autoscaling:*", "cloudwatch:*", "ec2:*", "sns:*", "tag:GetResources"])
        }
        "AmazonDynamoDBReadOnlyAccess" => allow(&[
            "dynamodb:BatchGet*",
            "dynamodb:Describe*",
            "dynamodb:Get*",
            "dynamodb:List*",
            "dynamodb:Query",
            "dynamodb:Scan",
        ]),
        "AmazonAPIGatewayInvokeFullAccess" => allow(&["execute-api:Invoke", "execute-api:ManageConnections"]),
        "service-role/AWSLambdaMSKExecutionRole" => allow(
            &[LOGS, NETWORK, &["kafka:DescribeCluster", "kafka:DescribeClusterV2", "kafka:GetBootstrapBrokers"]]
                .concat(),
        ),
        "service-role/AWSLambdaBasicDurableExecutionRolePolicy" => {
            allow(&[LOGS, &["lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"]].concat())
        }
        "AWSLambdaManagedEC2ResourceOperator" => {
            allow(&["ec2:CreateTags", "ec2:DescribeInstances", "ec2:RunInstances", "ec2:TerminateInstances"])
        }
        "service-role/AmazonAPIGatewayPushToCloudWatchLogs" => {
            allow(&[LOGS, &["logs:DescribeLogGroups", "logs:GetLogEvents"]].concat())
        }
        "AWSXRayDaemonWriteAccess" | "AWSXrayWriteOnlyAccess" => allow(XRAY),
        "CloudWatchLambdaInsightsExecutionRolePolicy" => allow(LOGS),
        _ => return None,
    };
    Some(statements)
}

const LOGS: &[&str] = &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];
const NETWORK: &[&str] = &[
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
];
const STREAMS: &[&str] =
    &["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"];
const KINESIS: &[&str] = &[
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
    "kinesis:ListStreams",
    "kinesis:SubscribeToShard",
];
const XRAY: &[&str] = &[
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:GetSamplingStatisticSummaries",
];

fn allow(actions: &[&str]) -> Value {
    json!([{"Effect": "Allow", "Action": actions, "Resource": "*"}])
}

#[cfg(test)]
mod tests {
    use super::aws_managed;

    #[test]
    fn policies_that_aws_has_can_be_attached_even_without_their_text() {
        let text = |name: &str| aws_managed(&format!("arn:aws:iam::aws:policy/{name}"));
        assert!(text("AmazonRekognitionReadOnlyAccess").is_some_and(|t| t.contains(r#""Statement":[]"#)));
        assert!(text("service-role/AWSLambdaBasicExecutionRole").is_some_and(|t| t.contains("logs:PutLogEvents")));
        for missing in ["NoSuchPolicy", "AWSLambdaBasicExecutionRole", ""] {
            assert_eq!(text(missing), None, "{missing}");
        }
    }
}
