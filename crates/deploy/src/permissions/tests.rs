#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use base::FileId;
use template::parse::{Dialect, parse};
use template::sam::{self, context::Context};

fn scope() -> Scope {
    Scope {
        region: "eu-central-1".into(),
        account: "111111111111".into(),
        stack: Some("shop".into()),
        artifact_bucket: Some("artifacts".into()),
        ..Scope::default()
    }
}

fn read(text: &str) -> Node {
    let (node, problems) = parse(FileId(0), text, Dialect::Template);
    assert!(problems.is_empty(), "{problems:?}");
    node
}

/// A line for each action: what is not `arn:aws:SERVICE:eu-central-1:111111111111:` stays.
fn shown(derived: &Derived) -> String {
    let mut lines: Vec<String> = Vec::new();
    for need in &derived.needed {
        let resources = need.action.resources.join(" ").replace(":eu-central-1:111111111111:", "::");
        let when: Vec<String> = need.action.conditions.iter().map(|c| format!(" if {}={}", c.key, c.value)).collect();
        let operations: Vec<&str> = need.operations.iter().map(|o| &o.as_str()[..1]).collect();
        lines.push(format!(
            "{} {} {} {}{}",
            need.logical_id,
            operations.concat(),
            need.action.action,
            resources,
            when.concat()
        ));
    }
    lines.extend(derived.unknown.iter().map(|u| format!("{} ? {}", u.logical_id, u.resource_type)));
    lines.join("\n")
}

fn create(text: &str) -> String {
    let template = read(text);
    shown(&of(&TemplateUse { stack_tags: false, ..TemplateUse::new(&template) }, &[Operation::Create], &scope()))
}

#[test]
fn a_serverless_function_with_an_api_and_a_table() {
    let source = read(
        "
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: s3://artifacts/abc
      Handler: app.handler
      Runtime: python3.12
      Policies: [{DynamoDBReadPolicy: {TableName: !Ref Table}}]
  Table:
    Type: AWS::Serverless::SimpleTable
",
    );
    let expanded = sam::transform(source, &Context::for_region("eu-central-1")).unwrap();
    let derived = of_template(&expanded, &[Operation::Create, Operation::Update, Operation::Delete], &scope());
    insta::assert_snapshot!(shown(&derived), @r"
    Orders cu iam:PassRole arn:aws:iam::111111111111:role/shop-* if iam:PassedToService=lambda.amazonaws.com
    Orders c lambda:CreateFunction arn:aws:lambda::function:shop-*
    Orders d lambda:DeleteFunction arn:aws:lambda::function:shop-*
    Orders cud lambda:GetFunction arn:aws:lambda::function:shop-*
    Orders cu lambda:GetFunctionRecursionConfig arn:aws:lambda::function:shop-*
    Orders cu lambda:GetRuntimeManagementConfig arn:aws:lambda::function:shop-*
    Orders cu lambda:TagResource arn:aws:lambda::function:shop-*
    Orders u lambda:UntagResource arn:aws:lambda::function:shop-*
    Orders u lambda:UpdateFunctionCode arn:aws:lambda::function:shop-*
    Orders u lambda:UpdateFunctionConfiguration arn:aws:lambda::function:shop-*
    Orders cu s3:GetObject arn:aws:s3:::artifacts/*
    Table cu dynamodb:CreateTable arn:aws:dynamodb::table/shop-*
    Table d dynamodb:DeleteTable arn:aws:dynamodb::table/shop-*
    Table cu dynamodb:DescribeContinuousBackups arn:aws:dynamodb::table/shop-*
    Table cu dynamodb:DescribeContributorInsights arn:aws:dynamodb::table/shop-*
    Table cu dynamodb:DescribeKinesisStreamingDestination arn:aws:dynamodb::table/shop-*
    Table cud dynamodb:DescribeTable arn:aws:dynamodb::table/shop-*
    Table cu dynamodb:DescribeTimeToLive arn:aws:dynamodb::table/shop-*
    Table cu dynamodb:GetResourcePolicy arn:aws:dynamodb::table/shop-*
    Table cu dynamodb:ListTagsOfResource arn:aws:dynamodb::table/shop-*
    Table cu dynamodb:TagResource arn:aws:dynamodb::table/shop-*
    Table u dynamodb:UntagResource arn:aws:dynamodb::table/shop-*
    Table cu dynamodb:UpdateTable arn:aws:dynamodb::table/shop-*
    OrdersRole cu iam:AttachRolePolicy arn:aws:iam::111111111111:role/shop-*
    OrdersRole c iam:CreateRole arn:aws:iam::111111111111:role/shop-*
    OrdersRole d iam:DeleteRole arn:aws:iam::111111111111:role/shop-*
    OrdersRole ud iam:DeleteRolePolicy arn:aws:iam::111111111111:role/shop-*
    OrdersRole ud iam:DetachRolePolicy arn:aws:iam::111111111111:role/shop-*
    OrdersRole cud iam:GetRole arn:aws:iam::111111111111:role/shop-*
    OrdersRole cu iam:GetRolePolicy arn:aws:iam::111111111111:role/shop-*
    OrdersRole cud iam:ListAttachedRolePolicies arn:aws:iam::111111111111:role/shop-*
    OrdersRole cud iam:ListRolePolicies arn:aws:iam::111111111111:role/shop-*
    OrdersRole cu iam:PutRolePolicy arn:aws:iam::111111111111:role/shop-*
    OrdersRole cud iam:TagRole arn:aws:iam::111111111111:role/shop-*
    OrdersRole cud iam:UntagRole arn:aws:iam::111111111111:role/shop-*
    OrdersRole u iam:UpdateAssumeRolePolicy arn:aws:iam::111111111111:role/shop-*
    ");
}

#[test]
fn names_are_evaluated_as_far_as_they_can_be() {
    insta::assert_snapshot!(create("
Parameters:
  Env: {Type: String, Default: dev}
Conditions:
  Prod: !Equals [!Ref Env, prod]
Mappings:
  Names: {dev: {q: quick}, prod: {q: slow}}
Resources:
  A: {Type: AWS::SNS::Topic, Properties: {TopicName: !Sub '${Env}-${AWS::StackName}-news'}}
  B: {Type: AWS::SNS::Topic, Properties: {TopicName: !If [Prod, live, !Ref AWS::NoValue]}}
  C: {Type: AWS::SNS::Topic, Properties: {TopicName: !FindInMap [Names, !Ref Env, q]}}
  D: {Type: AWS::SNS::Topic, Properties: {TopicName: !Join ['-', [a, !GetAtt A.TopicName, !ImportValue x]]}}
  E: {Type: AWS::SNS::Topic, Properties: {TopicName: !Select [5, !Split [':', !GetAtt Q.Arn]]}}
  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: work}}
"), @r"
    A c sns:CreateTopic arn:aws:sns::*-shop-news
    A c sns:GetDataProtectionPolicy arn:aws:sns::*-shop-news
    A c sns:GetTopicAttributes arn:aws:sns::*-shop-news
    A c sns:ListSubscriptionsByTopic arn:aws:sns::*-shop-news
    A c sns:ListTagsForResource arn:aws:sns::*-shop-news
    B c sns:CreateTopic arn:aws:sns::live arn:aws:sns::shop-*
    B c sns:GetDataProtectionPolicy arn:aws:sns::live arn:aws:sns::shop-*
    B c sns:GetTopicAttributes arn:aws:sns::live arn:aws:sns::shop-*
    B c sns:ListSubscriptionsByTopic arn:aws:sns::live arn:aws:sns::shop-*
    B c sns:ListTagsForResource arn:aws:sns::live arn:aws:sns::shop-*
    C c sns:CreateTopic arn:aws:sns::quick arn:aws:sns::slow
    C c sns:GetDataProtectionPolicy arn:aws:sns::quick arn:aws:sns::slow
    C c sns:GetTopicAttributes arn:aws:sns::quick arn:aws:sns::slow
    C c sns:ListSubscriptionsByTopic arn:aws:sns::quick arn:aws:sns::slow
    C c sns:ListTagsForResource arn:aws:sns::quick arn:aws:sns::slow
    D c sns:CreateTopic arn:aws:sns::a-*-shop-news-*
    D c sns:GetDataProtectionPolicy arn:aws:sns::a-*-shop-news-*
    D c sns:GetTopicAttributes arn:aws:sns::a-*-shop-news-*
    D c sns:ListSubscriptionsByTopic arn:aws:sns::a-*-shop-news-*
    D c sns:ListTagsForResource arn:aws:sns::a-*-shop-news-*
    E c sns:CreateTopic arn:aws:sns::work
    E c sns:GetDataProtectionPolicy arn:aws:sns::work
    E c sns:GetTopicAttributes arn:aws:sns::work
    E c sns:ListSubscriptionsByTopic arn:aws:sns::work
    E c sns:ListTagsForResource arn:aws:sns::work
    Q c sqs:CreateQueue arn:aws:sqs::work
    Q c sqs:GetQueueAttributes arn:aws:sqs::work
    Q c sqs:GetQueueUrl arn:aws:sqs::work
    Q c sqs:ListQueueTags arn:aws:sqs::work
    ");
}

#[test]
fn references_reach_the_other_resource() {
    insta::assert_snapshot!(create("
Resources:
  Fn:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role.Arn
      Code: {ImageUri: '222222222222.dkr.ecr.eu-central-1.amazonaws.com/base/app@sha256:abc'}
      Layers: ['arn:aws:lambda:eu-central-1:580247275435:layer:Insights:14']
      KmsKeyArn: !GetAtt Key.Arn
      Environment: {Variables: {BUCKET: b, SECRET: '{{resolve:secretsmanager:db:SecretString:p}}'}}
  Role: {Type: AWS::IAM::Role, Properties: {Path: /app/, AssumeRolePolicyDocument: {}}}
  Key: {Type: AWS::KMS::Key, Condition: Never}
  May: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref Live, Action: a, Principal: p}}
  Live: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref Fn, Name: live}}
  Policy: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Q], PolicyDocument: {}}}
  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: work}}
  Custom: {Type: Custom::Thing, Properties: {ServiceToken: !GetAtt Fn.Arn}}
  Rule: {Type: AWS::Events::Rule, Properties: {EventBusName: bus, Targets: [{Arn: x, RoleArn: 'arn:aws:iam::111111111111:role/target'}]}}
  Own: {Type: My::Own::Thing}
Conditions:
  Never: !Equals [a, b]
"), @r"
    Fn c ecr:BatchGetImage arn:aws:ecr:eu-central-1:222222222222:repository/base/app
    Fn c ecr:GetDownloadUrlForLayer arn:aws:ecr:eu-central-1:222222222222:repository/base/app
    Fn c iam:PassRole arn:aws:iam::111111111111:role/app/shop-* if iam:PassedToService=lambda.amazonaws.com
    Fn c kms:CreateGrant arn:aws:kms::key/*
    Fn c kms:Decrypt arn:aws:kms::key/*
    Fn c kms:DescribeKey arn:aws:kms::key/*
    Fn c kms:Encrypt arn:aws:kms::key/*
    Fn c kms:GenerateDataKey arn:aws:kms::key/*
    Fn c lambda:CreateFunction arn:aws:lambda::function:shop-*
    Fn c lambda:GetFunction arn:aws:lambda::function:shop-*
    Fn c lambda:GetFunctionRecursionConfig arn:aws:lambda::function:shop-*
    Fn c lambda:GetLayerVersion arn:aws:lambda:eu-central-1:580247275435:layer:Insights:14
    Fn c lambda:GetRuntimeManagementConfig arn:aws:lambda::function:shop-*
    Fn c secretsmanager:GetSecretValue arn:aws:secretsmanager::secret:db-??????
    Role c iam:CreateRole arn:aws:iam::111111111111:role/app/shop-*
    Role c iam:GetRole arn:aws:iam::111111111111:role/app/shop-*
    Role c iam:GetRolePolicy arn:aws:iam::111111111111:role/app/shop-*
    Role c iam:ListAttachedRolePolicies arn:aws:iam::111111111111:role/app/shop-*
    Role c iam:ListRolePolicies arn:aws:iam::111111111111:role/app/shop-*
    May c lambda:AddPermission arn:aws:lambda::function:shop-*
    May c lambda:GetPolicy arn:aws:lambda::function:shop-*
    Live c lambda:CreateAlias arn:aws:lambda::function:shop-*
    Live c lambda:GetAlias arn:aws:lambda::function:shop-*
    Policy c sqs:SetQueueAttributes arn:aws:sqs::work
    Q c sqs:CreateQueue arn:aws:sqs::work
    Q c sqs:GetQueueAttributes arn:aws:sqs::work
    Q c sqs:GetQueueUrl arn:aws:sqs::work
    Q c sqs:ListQueueTags arn:aws:sqs::work
    Custom c lambda:InvokeFunction arn:aws:lambda::function:shop-*
    Rule c events:DescribeRule arn:aws:events::rule/bus/shop-* arn:aws:events::rule/shop-*
    Rule c events:ListTagsForResource arn:aws:events::rule/bus/shop-* arn:aws:events::rule/shop-*
    Rule c events:ListTargetsByRule arn:aws:events::rule/bus/shop-* arn:aws:events::rule/shop-*
    Rule c events:PutRule arn:aws:events::rule/bus/shop-* arn:aws:events::rule/shop-*
    Rule c events:PutTargets arn:aws:events::rule/bus/shop-* arn:aws:events::rule/shop-*
    Rule c iam:PassRole arn:aws:iam::111111111111:role/target if iam:PassedToService=events.amazonaws.com
    Own ? My::Own::Thing
    ");
}

#[test]
fn updates_take_what_is_taken_away_into_account() {
    let now = read("Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}}");
    let before = read(
        "
Resources:
  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: q, KmsMasterKeyId: alias/mine}}
  T: {Type: AWS::SNS::Topic, Properties: {TopicName: t}}
  Kept: {Type: AWS::SNS::Topic, DeletionPolicy: Retain, UpdateReplacePolicy: Retain}
",
    );
    let used = TemplateUse { previous: Some(&before), ..TemplateUse::new(&now) };
    insta::assert_snapshot!(shown(&of(&used, &[Operation::Update], &scope())), @r"
    Q u sqs:GetQueueAttributes arn:aws:sqs::q
    Q u sqs:ListQueueTags arn:aws:sqs::q
    Q u sqs:SetQueueAttributes arn:aws:sqs::q
    Q u sqs:TagQueue arn:aws:sqs::q
    Q u sqs:UntagQueue arn:aws:sqs::q
    T d sns:DeleteTopic arn:aws:sns::t
    T d sns:GetTopicAttributes arn:aws:sns::t
    ");
}

/// What a template needs with others nested in it, by their logical ids from the outside.
fn create_nested(outer: &str, inner: &[(&str, &str)]) -> String {
    let inner: Vec<(&str, Node)> = inner.iter().map(|(path, text)| (*path, read(text))).collect();
    let outer = read(outer);
    let region = base::Region::new("eu-central-1").unwrap();
    let expanded = source("", &outer, &inner).expanded("artifacts", &region).unwrap();
    let mut used = expanded.used(None, &[]);
    untagged(&mut used);
    let derived = of(&used, &[Operation::Create], &scope());
    let unread = derived.unread.iter().map(|u| format!("{} unread {:?}", u.logical_id, u.lies_at));
    format!("{}\n{}", shown(&derived), unread.collect::<Vec<_>>().join("\n"))
}

fn source<'a>(path: &str, template: &'a Node, inner: &'a [(&'a str, Node)]) -> SourceTemplate<'a> {
    let within = inner.iter().filter_map(|(full, node)| {
        let id = full.strip_prefix(path)?;
        (!id.contains('/')).then(|| (id, source(&format!("{full}/"), node, inner)))
    });
    SourceTemplate { template, nested: within.collect() }
}

fn untagged(used: &mut TemplateUse<'_>) {
    used.stack_tags = false;
    used.nested.iter_mut().for_each(|(_, inner)| untagged(inner));
}

#[test]
fn nested_stacks_have_names_of_their_own() {
    let outer = "Resources: {In: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: in.yaml}}}";
    let middle = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Deep: {Type: AWS::Serverless::Application, Properties: {Location: deep.yaml}}
";
    let deep = "Resources: {T: {Type: AWS::SNS::Topic}}";
    insta::assert_snapshot!(create_nested(outer, &[("In", middle), ("In/Deep", deep)]), @r"
    In c cloudformation:CreateStack arn:aws:cloudformation::stack/shop-In-*/*
    In c cloudformation:DescribeStacks arn:aws:cloudformation::stack/shop-In-*/*
    In c cloudformation:GetStackPolicy arn:aws:cloudformation::stack/shop-In-*/*
    In c cloudformation:GetTemplate arn:aws:cloudformation::stack/shop-In-*/*
    In c s3:GetObject arn:aws:s3:::artifacts/*
    In c cloudformation:CreateChangeSet arn:aws:cloudformation:eu-central-1:aws:transform/Serverless-2016-10-31
    In/Deep c cloudformation:CreateStack arn:aws:cloudformation::stack/shop-In-*-Deep-*/*
    In/Deep c cloudformation:DescribeStacks arn:aws:cloudformation::stack/shop-In-*-Deep-*/*
    In/Deep c cloudformation:GetStackPolicy arn:aws:cloudformation::stack/shop-In-*-Deep-*/*
    In/Deep c cloudformation:GetTemplate arn:aws:cloudformation::stack/shop-In-*-Deep-*/*
    In/Deep c cloudformation:TagResource arn:aws:cloudformation::stack/shop-In-*-Deep-*/*
    In/Deep c s3:GetObject arn:aws:s3:::artifacts/*
    In/Deep/T c sns:CreateTopic arn:aws:sns::shop-In-*
    In/Deep/T c sns:GetDataProtectionPolicy arn:aws:sns::shop-In-*
    In/Deep/T c sns:GetTopicAttributes arn:aws:sns::shop-In-*
    In/Deep/T c sns:ListSubscriptionsByTopic arn:aws:sns::shop-In-*
    In/Deep/T c sns:ListTagsForResource arn:aws:sns::shop-In-*
    ");
}

#[test]
fn nested_stacks_know_what_they_are_given_and_what_the_others_give() {
    let outer = "
Parameters: {Any: {Type: String}}
Resources:
  Base: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: a.yaml, Parameters: {Prefix: orders}}}
  App:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: b.yaml
      Parameters:
        Role: !GetAtt Base.Outputs.Role
        Name: !Sub '${Base.Outputs.Topic}-x'
        Work: !Ref Any
        Circle: !GetAtt App.Outputs.Circle
  Off: {Type: AWS::CloudFormation::Stack, Condition: Never, Properties: {TemplateURL: c.yaml}}
  Kept: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://b.s3.amazonaws.com/t.yaml'}}
Conditions: {Never: !Equals [a, b]}
";
    let base = "
Parameters: {Prefix: {Type: String}, Size: {Type: String, Default: small}}
Conditions: {Large: !Equals [!Ref Size, large]}
Resources:
  Role: {Type: AWS::IAM::Role, Properties: {RoleName: !Sub '${Prefix}-role', AssumeRolePolicyDocument: {}}}
  Queue: {Type: AWS::SQS::Queue, Condition: Large}
Outputs:
  Role: {Value: !GetAtt Role.Arn}
  Topic: {Value: !Sub '${Prefix}-${AWS::StackName}'}
";
    let app = "
Parameters: {Role: {Type: String}, Name: {Type: String}, Work: {Type: String}, Circle: {Type: String}}
Resources:
  Machine: {Type: AWS::StepFunctions::StateMachine, Properties: {StateMachineName: m, RoleArn: !Ref Role, DefinitionString: '{}'}}
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Name}}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Work}}
Outputs: {Circle: {Value: !Ref Circle}}
";
    insta::assert_snapshot!(create_nested(outer, &[("Base", base), ("App", app), ("Off", base)]), @r#"
    Base c cloudformation:CreateStack arn:aws:cloudformation::stack/shop-Base-*/*
    Base c cloudformation:DescribeStacks arn:aws:cloudformation::stack/shop-Base-*/*
    Base c cloudformation:GetStackPolicy arn:aws:cloudformation::stack/shop-Base-*/*
    Base c cloudformation:GetTemplate arn:aws:cloudformation::stack/shop-Base-*/*
    Base c s3:GetObject arn:aws:s3:::artifacts/*
    App c cloudformation:CreateStack arn:aws:cloudformation::stack/shop-App-*/*
    App c cloudformation:DescribeStacks arn:aws:cloudformation::stack/shop-App-*/*
    App c cloudformation:GetStackPolicy arn:aws:cloudformation::stack/shop-App-*/*
    App c cloudformation:GetTemplate arn:aws:cloudformation::stack/shop-App-*/*
    App c s3:GetObject arn:aws:s3:::artifacts/*
    Kept c cloudformation:CreateStack arn:aws:cloudformation::stack/shop-Kept-*/*
    Kept c cloudformation:DescribeStacks arn:aws:cloudformation::stack/shop-Kept-*/*
    Kept c cloudformation:GetStackPolicy arn:aws:cloudformation::stack/shop-Kept-*/*
    Kept c cloudformation:GetTemplate arn:aws:cloudformation::stack/shop-Kept-*/*
    Kept c s3:GetObject arn:aws:s3:::b/*
    Base/Role c iam:CreateRole arn:aws:iam::111111111111:role/orders-role
    Base/Role c iam:GetRole arn:aws:iam::111111111111:role/orders-role
    Base/Role c iam:GetRolePolicy arn:aws:iam::111111111111:role/orders-role
    Base/Role c iam:ListAttachedRolePolicies arn:aws:iam::111111111111:role/orders-role
    Base/Role c iam:ListRolePolicies arn:aws:iam::111111111111:role/orders-role
    App/Machine c iam:PassRole arn:aws:iam::111111111111:role/orders-role if iam:PassedToService=states.amazonaws.com
    App/Machine c states:CreateStateMachine arn:aws:states::stateMachine:m
    App/Machine c states:DescribeStateMachine arn:aws:states::stateMachine:m
    App/Machine c states:ListTagsForResource arn:aws:states::stateMachine:m
    App/Topic c sns:CreateTopic arn:aws:sns::orders-shop-Base-*-x
    App/Topic c sns:GetDataProtectionPolicy arn:aws:sns::orders-shop-Base-*-x
    App/Topic c sns:GetTopicAttributes arn:aws:sns::orders-shop-Base-*-x
    App/Topic c sns:ListSubscriptionsByTopic arn:aws:sns::orders-shop-Base-*-x
    App/Topic c sns:ListTagsForResource arn:aws:sns::orders-shop-Base-*-x
    App/Queue c sqs:CreateQueue arn:aws:sqs::*
    App/Queue c sqs:GetQueueAttributes arn:aws:sqs::*
    App/Queue c sqs:GetQueueUrl arn:aws:sqs::*
    App/Queue c sqs:ListQueueTags arn:aws:sqs::*
    Kept unread Some("https://b.s3.amazonaws.com/t.yaml")
    "#);
}

#[test]
fn parameters_of_the_parameter_store_are_read() {
    let template = read(
        "
Parameters:
  Vpc: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /net/vpc}
  Secret: {Type: String, NoEcho: true, Default: hush}
Resources: {T: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Secret}}}
",
    );
    let given = BTreeMap::new();
    let used = TemplateUse { parameters: Some(&given), stack_tags: false, ..TemplateUse::new(&template) };
    insta::assert_snapshot!(shown(&of(&used, &[Operation::Create], &scope())), @r"
    T c sns:CreateTopic arn:aws:sns::*
    T c sns:GetDataProtectionPolicy arn:aws:sns::*
    T c sns:GetTopicAttributes arn:aws:sns::*
    T c sns:ListSubscriptionsByTopic arn:aws:sns::*
    T c sns:ListTagsForResource arn:aws:sns::*
    Vpc c ssm:GetParameters arn:aws:ssm::parameter/net/vpc
    ");
}

#[test]
fn the_actions_of_a_template_allow_what_they_need_and_no_text_breaks_it() {
    for text in [
        "Resources: {A: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref A}}}",
        "Resources: {A: {Type: AWS::SNS::Topic, Properties: {TopicName: !GetAtt B.Name}}, B: {Type: AWS::SNS::Topic, Properties: {TopicName: !GetAtt A.Name}}}",
        "Resources: []",
        "Resources: {A: 3, B: {Type: 4}, C: {Type: AWS::SQS::Queue, Properties: x}, 'Fn::ForEach::X': [a]}",
        "{}",
    ] {
        let template = read(text);
        let derived = of_template(&template, &[Operation::Create, Operation::Delete], &scope());
        assert!(derived.actions().iter().all(|a| !a.action.contains('*') && !a.resources.is_empty()));
    }
}
