//! `AWS::Serverless::Function`: what is made beside it.

use super::expand;

pub(super) const TEMPLATES: &[&str] = &[FUNCTION_ALIAS, FUNCTION_IMAGE, FUNCTION_INVOKE_CONFIG, FUNCTION_SHARED_DESTINATION, FUNCTION_URL];

const FUNCTION_ALIAS: &str = r#"
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.main
      Runtime: python3.13
      CodeUri: s3://code/app.zip?versionId=7
      AutoPublishAlias: live
      Environment: {Variables: {STAGE: test}}
      DeploymentPreference: {Type: Canary10Percent5Minutes, Alarms: [!Ref Errors], Hooks: {PreTraffic: !Ref Check}}
      ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 2}
  Check:
    Type: AWS::Serverless::Function
    Properties: {Handler: app.check, Runtime: python3.13, InlineCode: pass}
  Errors: {Type: AWS::CloudWatch::Alarm}
Outputs:
  Version: {Value: !Ref Worker.Version}
  Alias: {Value: !Sub "${Worker.Alias}"}
"#;

#[test]
fn function_alias() {
    insta::assert_snapshot!(expand(FUNCTION_ALIAS), @r#"
    Resources:
      Worker:
        Type: AWS::Lambda::Function
        Properties:
          Code:
            S3Bucket: code
            S3Key: app.zip
            S3ObjectVersion: "7"
          Handler: app.main
          Role: !GetAtt WorkerRole.Arn
          Runtime: python3.13
          Environment:
            Variables:
              STAGE: test
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      Check:
        Type: AWS::Lambda::Function
        Properties:
          Code:
            ZipFile: pass
          Handler: app.check
          Role: !GetAtt CheckRole.Arn
          Runtime: python3.13
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      Errors:
        Type: AWS::CloudWatch::Alarm
      WorkerVersion3ca52e2e41:
        Type: AWS::Lambda::Version
        DeletionPolicy: Retain
        Properties:
          FunctionName: !Ref Worker
      WorkerAliaslive:
        Type: AWS::Lambda::Alias
        UpdatePolicy:
          CodeDeployLambdaAliasUpdate:
            ApplicationName: !Ref ServerlessDeploymentApplication
            DeploymentGroupName: !Ref WorkerDeploymentGroup
            BeforeAllowTrafficHook: !Ref Check
        Properties:
          Name: live
          FunctionName: !Ref Worker
          FunctionVersion: !GetAtt WorkerVersion3ca52e2e41.Version
          ProvisionedConcurrencyConfig:
            ProvisionedConcurrentExecutions: 2
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
      CheckRole:
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
      ServerlessDeploymentApplication:
        Type: AWS::CodeDeploy::Application
        Properties:
          ComputePlatform: Lambda
      CodeDeployServiceRole:
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
                    - codedeploy.amazonaws.com
          ManagedPolicyArns:
            - arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda
      WorkerDeploymentGroup:
        Type: AWS::CodeDeploy::DeploymentGroup
        Properties:
          AlarmConfiguration:
            Enabled: true
            Alarms:
              - Name: !Ref Errors
          ApplicationName: !Ref ServerlessDeploymentApplication
          AutoRollbackConfiguration:
            Enabled: true
            Events:
              - DEPLOYMENT_FAILURE
              - DEPLOYMENT_STOP_ON_ALARM
              - DEPLOYMENT_STOP_ON_REQUEST
          DeploymentConfigName: !Sub
            - "CodeDeployDefault.Lambda${ConfigName}"
            - ConfigName: Canary10Percent5Minutes
          DeploymentStyle:
            DeploymentType: BLUE_GREEN
            DeploymentOption: WITH_TRAFFIC_CONTROL
          ServiceRoleArn: !GetAtt CodeDeployServiceRole.Arn
    Outputs:
      Version:
        Value: !Ref WorkerVersion3ca52e2e41
      Alias:
        Value: !Sub "${WorkerAliaslive}"
    "#);
}

const FUNCTION_IMAGE: &str = r"
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties: {PackageType: Image, ImageUri: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1, ImageConfig: {Command: [app.main]}, Tags: {team: a}, PropagateTags: true}
";

#[test]
fn function_image() {
    insta::assert_snapshot!(expand(FUNCTION_IMAGE), @r#"
    Resources:
      Worker:
        Type: AWS::Lambda::Function
        Properties:
          Code:
            ImageUri: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1"
          PackageType: Image
          Role: !GetAtt WorkerRole.Arn
          Tags:
            - Key: team
              Value: a
          ImageConfig:
            Command:
              - app.main
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
            - Key: team
              Value: a
    "#);
}

const FUNCTION_INVOKE_CONFIG: &str = r#"
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.main
      Runtime: python3.13
      CodeUri: s3://code/app.zip?versionId=7
      EventInvokeConfig:
        MaximumRetryAttempts: 1
        DestinationConfig:
          OnSuccess: {Type: SQS}
          OnFailure: {Type: EventBridge, Destination: !Sub "arn:aws:events:${AWS::Region}:1:event-bus/b"}
"#;

#[test]
fn function_invoke_config() {
    insta::assert_snapshot!(expand(FUNCTION_INVOKE_CONFIG), @r#"
    Resources:
      Worker:
        Type: AWS::Lambda::Function
        Properties:
          Code:
            S3Bucket: code
            S3Key: app.zip
            S3ObjectVersion: "7"
          Handler: app.main
          Role: !GetAtt WorkerRole.Arn
          Runtime: python3.13
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      WorkerEventInvokeConfigOnSuccessQueue:
        Type: AWS::SQS::Queue
        Properties: {}
      WorkerEventInvokeConfig:
        Type: AWS::Lambda::EventInvokeConfig
        Properties:
          DestinationConfig:
            OnSuccess:
              Destination: !GetAtt WorkerEventInvokeConfigOnSuccessQueue.Arn
            OnFailure:
              Destination: !Sub arn:aws:events:eu-west-1:1:event-bus/b
          FunctionName: !Ref Worker
          MaximumRetryAttempts: 1
          Qualifier: $LATEST
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
          Policies:
            - PolicyName: WorkerEventInvokeConfigOnSuccessSQSPolicy
              PolicyDocument:
                Statement:
                  - Action: sqs:SendMessage
                    Effect: Allow
                    Resource: !GetAtt WorkerEventInvokeConfigOnSuccessQueue.Arn
            - PolicyName: WorkerEventInvokeConfigOnFailureEventBridgePolicy
              PolicyDocument:
                Statement:
                  - Action: events:PutEvents
                    Effect: Allow
                    Resource: !Sub arn:aws:events:eu-west-1:1:event-bus/b
          Tags:
            - Key: lambda:createdBy
              Value: SAM
    "#);
}

const FUNCTION_SHARED_DESTINATION: &str = r"
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: python3.13
    Handler: app.main
    CodeUri: s3://code/app.zip
    EventInvokeConfig:
      MaximumRetryAttempts: 1
      DestinationConfig:
        OnFailure:
          Type: SQS
        OnSuccess:
          Type: SNS
Resources:
  First:
    Type: AWS::Serverless::Function
  Second:
    Type: AWS::Serverless::Function
    Properties:
      EventInvokeConfig:
        MaximumRetryAttempts: 0
  Third:
    Type: AWS::Serverless::Function
    Properties:
      EventInvokeConfig:
        DestinationConfig:
          OnFailure:
            Type: SQS
";

#[test]
fn function_shared_destination() {
    insta::assert_snapshot!(expand(FUNCTION_SHARED_DESTINATION), @r#"
    Resources:
      First:
        Type: AWS::Lambda::Function
        Properties:
          Code:
            S3Bucket: code
            S3Key: app.zip
          Handler: app.main
          Role: !GetAtt FirstRole.Arn
          Runtime: python3.13
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      Second:
        Type: AWS::Lambda::Function
        Properties:
          Code:
            S3Bucket: code
            S3Key: app.zip
          Handler: app.main
          Role: !GetAtt SecondRole.Arn
          Runtime: python3.13
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      Third:
        Type: AWS::Lambda::Function
        Properties:
          Code:
            S3Bucket: code
            S3Key: app.zip
          Handler: app.main
          Role: !GetAtt ThirdRole.Arn
          Runtime: python3.13
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      FirstEventInvokeConfigOnSuccessTopic:
        Type: AWS::SNS::Topic
        Properties: {}
      FirstEventInvokeConfigOnFailureQueue:
        Type: AWS::SQS::Queue
        Properties: {}
      FirstEventInvokeConfig:
        Type: AWS::Lambda::EventInvokeConfig
        Properties:
          DestinationConfig:
            OnSuccess:
              Destination: !Ref FirstEventInvokeConfigOnSuccessTopic
            OnFailure:
              Destination: !GetAtt FirstEventInvokeConfigOnFailureQueue.Arn
          FunctionName: !Ref First
          MaximumRetryAttempts: 1
          Qualifier: $LATEST
      FirstRole:
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
          Policies:
            - PolicyName: FirstEventInvokeConfigOnSuccessSNSPolicy
              PolicyDocument:
                Statement:
                  - Action: sns:publish
                    Effect: Allow
                    Resource: !Ref FirstEventInvokeConfigOnSuccessTopic
            - PolicyName: FirstEventInvokeConfigOnFailureSQSPolicy
              PolicyDocument:
                Statement:
                  - Action: sqs:SendMessage
                    Effect: Allow
                    Resource: !GetAtt FirstEventInvokeConfigOnFailureQueue.Arn
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      SecondEventInvokeConfig:
        Type: AWS::Lambda::EventInvokeConfig
        Properties:
          DestinationConfig:
            OnSuccess:
              Destination: !Ref FirstEventInvokeConfigOnSuccessTopic
            OnFailure:
              Destination: !GetAtt FirstEventInvokeConfigOnFailureQueue.Arn
          FunctionName: !Ref Second
          MaximumRetryAttempts: 0
          Qualifier: $LATEST
      SecondRole:
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
          Policies:
            - PolicyName: SecondEventInvokeConfigOnSuccessSNSPolicy
              PolicyDocument:
                Statement:
                  - Action: sns:publish
                    Effect: Allow
                    Resource: !Ref FirstEventInvokeConfigOnSuccessTopic
            - PolicyName: SecondEventInvokeConfigOnFailureSQSPolicy
              PolicyDocument:
                Statement:
                  - Action: sqs:SendMessage
                    Effect: Allow
                    Resource: !GetAtt FirstEventInvokeConfigOnFailureQueue.Arn
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      ThirdEventInvokeConfigOnFailureQueue:
        Type: AWS::SQS::Queue
        Properties: {}
      ThirdEventInvokeConfig:
        Type: AWS::Lambda::EventInvokeConfig
        Properties:
          DestinationConfig:
            OnSuccess:
              Destination: !Ref FirstEventInvokeConfigOnSuccessTopic
            OnFailure:
              Destination: !GetAtt ThirdEventInvokeConfigOnFailureQueue.Arn
          FunctionName: !Ref Third
          MaximumRetryAttempts: 1
          Qualifier: $LATEST
      ThirdRole:
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
          Policies:
            - PolicyName: ThirdEventInvokeConfigOnSuccessSNSPolicy
              PolicyDocument:
                Statement:
                  - Action: sns:publish
                    Effect: Allow
                    Resource: !Ref FirstEventInvokeConfigOnSuccessTopic
            - PolicyName: ThirdEventInvokeConfigOnFailureSQSPolicy
              PolicyDocument:
                Statement:
                  - Action: sqs:SendMessage
                    Effect: Allow
                    Resource: !GetAtt ThirdEventInvokeConfigOnFailureQueue.Arn
          Tags:
            - Key: lambda:createdBy
              Value: SAM
    "#);
}

const FUNCTION_URL: &str = r#"
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.main
      Runtime: python3.13
      CodeUri: s3://code/app.zip?versionId=7
      FunctionUrlConfig: {AuthType: NONE, Cors: {AllowOrigins: ["*"]}, InvokeMode: RESPONSE_STREAM}
"#;

#[test]
fn function_url() {
    insta::assert_snapshot!(expand(FUNCTION_URL), @r#"
    Resources:
      Worker:
        Type: AWS::Lambda::Function
        Properties:
          Code:
            S3Bucket: code
            S3Key: app.zip
            S3ObjectVersion: "7"
          Handler: app.main
          Role: !GetAtt WorkerRole.Arn
          Runtime: python3.13
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      WorkerUrl:
        Type: AWS::Lambda::Url
        Properties:
          TargetFunctionArn: !Ref Worker
          AuthType: NONE
          Cors:
            AllowOrigins:
              - "*"
          InvokeMode: RESPONSE_STREAM
      WorkerUrlPublicPermissions:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunctionUrl
          FunctionName: !Ref Worker
          Principal: "*"
          FunctionUrlAuthType: NONE
      WorkerURLInvokeAllowPublicAccess:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !Ref Worker
          Principal: "*"
          InvokedViaFunctionUrl: true
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
    "#);
}
