#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

fn scope() -> Scope {
    Scope {
        region: "eu-central-1".into(),
        account: "111111111111".into(),
        stack: Some("shop".into()),
        artifact_bucket: Some("artifacts-1".into()),
        boundary: Some("arn:aws:iam::111111111111:policy/edge".into()),
        ..Scope::default()
    }
}

fn shown(resource_type: &str, properties: &[&str], operation: Operation) -> Vec<String> {
    let resource = ResourceUse { resource_type, properties, ..Default::default() };
    needed(&resource, operation, &scope())
        .unwrap()
        .iter()
        .map(|n| {
            let when: Vec<String> = n.conditions.iter().map(|c| format!(" if {}={}", c.key, c.value)).collect();
            format!("{} {}{}", n.action, n.resources.join(" "), when.concat())
        })
        .collect()
}

#[test]
fn a_plain_function_needs_little() {
    assert_eq!(
        shown("AWS::Lambda::Function", &["/Role", "/Code/S3Bucket", "/Handler"], Operation::Create),
        [
            "iam:PassRole arn:aws:iam::111111111111:role/* if iam:PassedToService=lambda.amazonaws.com",
            "lambda:CreateFunction arn:aws:lambda:eu-central-1:111111111111:function:shop-*",
            "lambda:GetFunction arn:aws:lambda:eu-central-1:111111111111:function:shop-*",
            "lambda:GetFunctionRecursionConfig arn:aws:lambda:eu-central-1:111111111111:function:shop-*",
            "lambda:GetRuntimeManagementConfig arn:aws:lambda:eu-central-1:111111111111:function:shop-*",
            "s3:GetObject arn:aws:s3:::artifacts-1/*",
        ]
    );
}

#[test]
fn properties_open_gates_and_reasons_name_them() {
    let resource = ResourceUse {
        resource_type: "AWS::Lambda::Function",
        properties: &["/VpcConfig/SubnetIds", "/Tags"],
        name: Some("orders"),
        references: &[],
    };
    let all = needed(&resource, Operation::Create, &scope()).unwrap();
    let find = |action: &str| all.iter().find(|n| n.action == action).unwrap();
    assert_eq!(find("ec2:DescribeSubnets").why, "create of `AWS::Lambda::Function`, for `/VpcConfig/SubnetIds`");
    assert_eq!(find("lambda:TagResource").resources, ["arn:aws:lambda:eu-central-1:111111111111:function:orders"]);
    assert_eq!(find("lambda:GetFunctionRecursionConfig").why, "read after create of `AWS::Lambda::Function`");
}

#[test]
fn names_and_roots_of_common_types() {
    let first = |t: &str, op| shown(t, &[], op).into_iter().next().unwrap();
    let table = [
        ("AWS::S3::Bucket", "s3:CreateBucket arn:aws:s3:::shop-*"),
        ("AWS::DynamoDB::Table", "dynamodb:CreateTable arn:aws:dynamodb:eu-central-1:111111111111:table/shop-*"),
        ("AWS::SQS::Queue", "sqs:CreateQueue arn:aws:sqs:eu-central-1:111111111111:shop-*"),
        ("AWS::SNS::Topic", "sns:CreateTopic arn:aws:sns:eu-central-1:111111111111:shop-*"),
        (
            "AWS::IAM::Role",
            "iam:CreateRole arn:aws:iam::111111111111:role/shop-* if iam:PermissionsBoundary=arn:aws:iam::111111111111:policy/edge",
        ),
        ("AWS::ApiGateway::RestApi", "apigateway:GET arn:aws:apigateway:eu-central-1::/restapis/*"),
        ("AWS::Logs::LogGroup", "logs:CreateLogGroup arn:aws:logs:eu-central-1:111111111111:log-group:shop-*"),
        (
            "AWS::CloudWatch::Alarm",
            "cloudwatch:DescribeAlarms arn:aws:cloudwatch:eu-central-1:111111111111:alarm:shop-*",
        ),
    ];
    for (resource_type, expected) in table {
        assert_eq!(first(resource_type, Operation::Create), expected);
    }
    assert_eq!(shown("Custom::Thing", &["/ServiceToken"], Operation::Delete).len(), 2);
    assert!(shown("AWS::CloudFormation::WaitConditionHandle", &[], Operation::Create).is_empty());
    assert!(
        needed(&ResourceUse { resource_type: "My::Own::Type", ..Default::default() }, Operation::Create, &scope())
            .is_none()
    );
}

#[test]
fn references_and_service_tokens_narrow() {
    let permission = ResourceUse {
        resource_type: "AWS::Lambda::Permission",
        references: &[("FunctionName", "shop-*")],
        ..Default::default()
    };
    let add = &needed(&permission, Operation::Create, &scope()).unwrap()[0];
    assert_eq!(add.resources, ["arn:aws:lambda:eu-central-1:111111111111:function:shop-*"]);
    let token = "arn:aws:sns:eu-central-1:111111111111:things";
    let custom = ResourceUse { resource_type: "Custom::Thing", name: Some(token), ..Default::default() };
    let all = needed(&custom, Operation::Update, &scope()).unwrap();
    assert_eq!(
        all.iter().map(|n| (n.action.as_str(), n.resources[0].as_str())).collect::<Vec<_>>(),
        [("sns:Publish", token)]
    );
}

/// Whatever the reference calls the place of the account.
#[test]
fn a_resource_is_of_its_own_account() {
    let all = shown("AWS::QBusiness::Application", &["/IdentityCenterInstanceArn"], Operation::Delete);
    let of_sso: Vec<&String> = all.iter().filter(|line| line.starts_with("sso:DeleteApplication ")).collect();
    assert_eq!(of_sso, ["sso:DeleteApplication arn:aws:sso::111111111111:application/*/*"]);
}

#[test]
fn every_type_says_something_and_no_action_is_a_wildcard() {
    // Nothing is called for these, or their services are gone.
    let empty_is_right = |name: &str| {
        [
            "AWS::CloudFormation::WaitCondition",
            "AWS::OpsWorks::",
            "AWS::QLDB::",
            "AWS::Pinpoint::",
            "AWS::CodeStar::",
            "AWS::GammaDilithium::",
            "AWS::IoTThingsGraph::",
        ]
        .iter()
        .any(|p| name.starts_with(p))
    };
    let mut silent = Vec::new();
    for facts in registry::all() {
        for letter in ['C', 'R', 'U', 'D', 'T'] {
            for action in facts.actions(letter) {
                assert!(!action.contains('*') && action.contains(':'), "{} {action}", facts.name);
            }
        }
        if facts.actions('C').is_empty() && !empty_is_right(facts.name) {
            silent.push(facts.name);
        }
    }
    silent.sort_unstable();
    assert_eq!(silent, [""; 0]);
}

#[test]
fn actions_become_few_statements() {
    let resource = ResourceUse { resource_type: "AWS::SQS::Queue", ..Default::default() };
    let mut all = needed(&resource, Operation::Create, &scope()).unwrap();
    all.extend(needed(&resource, Operation::Delete, &scope()).unwrap());
    assert_eq!(
        serde_json::to_string(&statements(&all)).unwrap(),
        r#"[{"Effect":"Allow","Action":["sqs:CreateQueue","sqs:DeleteQueue","sqs:GetQueueAttributes","sqs:GetQueueUrl","sqs:ListQueueTags"],"Resource":["arn:aws:sqs:eu-central-1:111111111111:shop-*"]}]"#
    );
}
