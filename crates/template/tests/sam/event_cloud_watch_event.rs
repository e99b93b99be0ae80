//! The event source `CloudWatchEvent`.

use super::expand;

pub(super) const TEMPLATES: &[&str] = &[TEMPLATE];

const TEMPLATE: &str = r"
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.main
      Runtime: python3.13
      CodeUri: s3://code/app.zip
      Events:
        Incoming:
          Type: CloudWatchEvent
          Properties: {Pattern: {source: [aws.s3]}, InputPath: $.detail, DeadLetterConfig: {Type: SQS}, State: DISABLED}
";

#[test]
fn event_cloud_watch_event() {
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
      WorkerIncomingQueue:
        Type: AWS::SQS::Queue
        Properties: {}
      WorkerIncomingQueuePolicy:
        Type: AWS::SQS::QueuePolicy
        Properties:
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Action: sqs:SendMessage
                Effect: Allow
                Principal:
                  Service: events.amazonaws.com
                Resource: !GetAtt WorkerIncomingQueue.Arn
                Condition:
                  ArnEquals:
                    aws:SourceArn: !GetAtt WorkerIncoming.Arn
          Queues:
            - !Ref WorkerIncomingQueue
      WorkerIncoming:
        Type: AWS::Events::Rule
        Properties:
          EventPattern:
            source:
              - aws.s3
          State: DISABLED
          Targets:
            - Arn: !GetAtt Worker.Arn
              Id: WorkerIncomingLambdaTarget
              InputPath: $.detail
              DeadLetterConfig:
                Arn: !GetAtt WorkerIncomingQueue.Arn
      WorkerIncomingPermission:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !Ref Worker
          Principal: events.amazonaws.com
          SourceArn: !GetAtt WorkerIncoming.Arn
    "#);
}
