//! The event source `Schedule`.

use super::expand;

pub(super) const TEMPLATES: &[&str] = &[TEMPLATE];

const TEMPLATE: &str = r#"
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.main
      Runtime: python3.13
      CodeUri: s3://code/app.zip
      Events:
        Incoming:
          Type: Schedule
          Properties: {Schedule: rate(5 minutes), Enabled: false, Input: "{}", DeadLetterConfig: {Arn: !GetAtt Letters.Arn}}
  Letters: {Type: AWS::SQS::Queue}
"#;

#[test]
fn event_schedule() {
    insta::assert_snapshot!(expand(TEMPLATE), @r#"
    Resources:
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
      Letters:
        Type: AWS::SQS::Queue
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
      WorkerIncoming:
        Type: AWS::Events::Rule
        Properties:
          ScheduleExpression: rate(5 minutes)
          State: DISABLED
          Targets:
            - Arn: !GetAtt Worker.Arn
              Id: WorkerIncomingLambdaTarget
              Input: "{}"
              DeadLetterConfig:
                Arn: !GetAtt Letters.Arn
      WorkerIncomingPermission:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !Ref Worker
          Principal: events.amazonaws.com
          SourceArn: !GetAtt WorkerIncoming.Arn
    "#);
}
