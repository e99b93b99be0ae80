//! `AWS::Serverless::StateMachine` and its events.

use super::expand;

pub(super) const TEMPLATES: &[&str] = &[TEMPLATE];

const TEMPLATE: &str = r"
Resources:
  Order:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition: {StartAt: Pay, States: {Pay: {Type: Task, Resource: !GetAtt Worker.Arn, End: true}}}
      Policies: [{LambdaInvokePolicy: {FunctionName: !Ref Worker}}]
      Tracing: {Enabled: true}
      AutoPublishAlias: live
      UseAliasAsEventTarget: true
      Events:
        Daily: {Type: Schedule, Properties: {Schedule: rate(1 day)}}
        Weekly: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(7 days)}}
        Put: {Type: EventBridgeRule, Properties: {Pattern: {source: [shop]}}}
        Changed: {Type: CloudWatchEvent, Properties: {Pattern: {source: [stock]}}}
        Post: {Type: Api, Properties: {Path: /order, Method: post}}
  Worker: {Type: AWS::Serverless::Function, Properties: {Handler: app.main, Runtime: python3.13, CodeUri: s3://code/app.zip}}
";

#[test]
fn state_machine() {
    insta::assert_snapshot!(expand(TEMPLATE), @r#"
    Resources:
      Order:
        Type: AWS::StepFunctions::StateMachine
        Properties:
          DefinitionString: !Join
            - "\n"
            - - "{"
              - "    \"StartAt\": \"Pay\","
              - "    \"States\": {"
              - "        \"Pay\": {"
              - "            \"End\": true,"
              - "            \"Resource\": \"${definition_substitution_1}\","
              - "            \"Type\": \"Task\""
              - "        }"
              - "    }"
              - "}"
          RoleArn: !GetAtt OrderRole.Arn
          Tags:
            - Key: stateMachine:createdBy
              Value: SAM
          DefinitionSubstitutions:
            definition_substitution_1: !GetAtt Worker.Arn
          TracingConfiguration:
            Enabled: true
      Worker:
        Type: AWS::Lambda::Function
        Properties:
          Code:
            S3Bucket: code
            S3Key: app.zip
          Handler: app.main
          Role: !GetAtt WorkerRole.Arn
          Runtime: python3.13
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      ServerlessRestApi:
        Type: AWS::ApiGateway::RestApi
        Properties:
          Body:
            swagger: "2.0"
            info:
              version: "1.0"
              title: !Ref AWS::StackName
            paths:
              /order:
                post:
                  x-amazon-apigateway-integration:
                    type: aws
                    httpMethod: POST
                    uri: !Sub "arn:${AWS::Partition}:apigateway:${AWS::Region}:states:action/StartExecution"
                    responses:
                      "200":
                        statusCode: "200"
                      "400":
                        statusCode: "400"
                    credentials: !GetAtt OrderPostRole.Arn
                    requestTemplates:
                      application/json: !Sub "{\"input\": \"$util.escapeJavaScript($input.json('$'))\", \"stateMachineArn\": \"${OrderAliaslive}\"}"
                  responses:
                    "200":
                      description: OK
                    "400":
                      description: Bad Request
      WorkerRole:
        Type: AWS::IAM::Role
        Properties:
          AssumeRolePolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Action:
                  - sts:AssumeRole
                Effect: Allow
                Principal:
                  Service:
                    - lambda.amazonaws.com
          ManagedPolicyArns:
            - arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      OrderRole:
        Type: AWS::IAM::Role
        Properties:
          AssumeRolePolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Action:
                  - sts:AssumeRole
                Effect: Allow
                Principal:
                  Service:
                    - states.amazonaws.com
          ManagedPolicyArns:
            - arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess
          Policies:
            - PolicyName: OrderRolePolicy0
              PolicyDocument:
                Statement:
                  - Action:
                      - lambda:InvokeFunction
                    Effect: Allow
                    Resource: !Sub
                      - "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${functionName}*"
                      - functionName: !Ref Worker
          Tags:
            - Key: stateMachine:createdBy
              Value: SAM
      OrderVersion:
        Type: AWS::StepFunctions::StateMachineVersion
        DeletionPolicy: Retain
        UpdateReplacePolicy: Retain
        Properties:
          StateMachineArn: !Ref Order
          StateMachineRevisionId: !GetAtt Order.StateMachineRevisionId
      OrderAliaslive:
        Type: AWS::StepFunctions::StateMachineAlias
        Properties:
          Name: live
          DeploymentPreference:
            Type: ALL_AT_ONCE
            StateMachineVersionArn: !Ref OrderVersion
      OrderPut:
        Type: AWS::Events::Rule
        Properties:
          EventPattern:
            source:
              - shop
          Targets:
            - Arn: !Ref OrderAliaslive
              Id: OrderPutStepFunctionsTarget
              RoleArn: !GetAtt OrderPutRole.Arn
      OrderPutRole:
        Type: AWS::IAM::Role
        Properties:
          AssumeRolePolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Action:
                  - sts:AssumeRole
                Effect: Allow
                Principal:
                  Service:
                    - events.amazonaws.com
          Policies:
            - PolicyName: OrderPutRoleStartExecutionPolicy
              PolicyDocument:
                Statement:
                  - Action: states:StartExecution
                    Effect: Allow
                    Resource: !Ref OrderAliaslive
      OrderPostRole:
        Type: AWS::IAM::Role
        Properties:
          AssumeRolePolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Action:
                  - sts:AssumeRole
                Effect: Allow
                Principal:
                  Service:
                    - apigateway.amazonaws.com
          Policies:
            - PolicyName: OrderPostRoleStartExecutionPolicy
              PolicyDocument:
                Statement:
                  - Action: states:StartExecution
                    Effect: Allow
                    Resource: !Ref OrderAliaslive
      OrderChanged:
        Type: AWS::Events::Rule
        Properties:
          EventPattern:
            source:
              - stock
          Targets:
            - Arn: !Ref OrderAliaslive
              Id: OrderChangedStepFunctionsTarget
              RoleArn: !GetAtt OrderChangedRole.Arn
      OrderChangedRole:
        Type: AWS::IAM::Role
        Properties:
          AssumeRolePolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Action:
                  - sts:AssumeRole
                Effect: Allow
                Principal:
                  Service:
                    - events.amazonaws.com
          Policies:
            - PolicyName: OrderChangedRoleStartExecutionPolicy
              PolicyDocument:
                Statement:
                  - Action: states:StartExecution
                    Effect: Allow
                    Resource: !Ref OrderAliaslive
      OrderDaily:
        Type: AWS::Events::Rule
        Properties:
          ScheduleExpression: rate(1 day)
          Targets:
            - Arn: !Ref OrderAliaslive
              Id: OrderDailyStepFunctionsTarget
              RoleArn: !GetAtt OrderDailyRole.Arn
      OrderDailyRole:
        Type: AWS::IAM::Role
        Properties:
          AssumeRolePolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Action:
                  - sts:AssumeRole
                Effect: Allow
                Principal:
                  Service:
                    - events.amazonaws.com
          Policies:
            - PolicyName: OrderDailyRoleStartExecutionPolicy
              PolicyDocument:
                Statement:
                  - Action: states:StartExecution
                    Effect: Allow
                    Resource: !Ref OrderAliaslive
      OrderWeekly:
        Type: AWS::Scheduler::Schedule
        Properties:
          ScheduleExpression: rate(7 days)
          FlexibleTimeWindow:
            Mode: "OFF"
          Name: OrderWeekly
          Target:
            Arn: !Ref OrderAliaslive
            RoleArn: !GetAtt OrderWeeklyRole.Arn
      OrderWeeklyRole:
        Type: AWS::IAM::Role
        Properties:
          AssumeRolePolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Action:
                  - sts:AssumeRole
                Effect: Allow
                Principal:
                  Service:
                    - scheduler.amazonaws.com
          Policies:
            - PolicyName: OrderWeeklyStartExecutionPolicy
              PolicyDocument:
                Statement:
                  - Action: states:StartExecution
                    Effect: Allow
                    Resource: !Ref OrderAliaslive
      ServerlessRestApiDeploymentd6a8e672d1:
        Type: AWS::ApiGateway::Deployment
        Properties:
          Description: "RestApi deployment id: d6a8e672d1542a67c40f504e1303b720f37195b2"
          RestApiId: !Ref ServerlessRestApi
          StageName: Stage
      ServerlessRestApiProdStage:
        Type: AWS::ApiGateway::Stage
        Properties:
          DeploymentId: !Ref ServerlessRestApiDeploymentd6a8e672d1
          RestApiId: !Ref ServerlessRestApi
          StageName: Prod
    "#);
}
