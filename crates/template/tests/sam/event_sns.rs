//! The event source `SNS`.

use super::expand;

pub(super) const TEMPLATES: &[&str] = &[EVENT_SNS, EVENT_SNS_THROUGH_QUEUE];

const EVENT_SNS: &str = r"
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.main
      Runtime: python3.13
      CodeUri: s3://code/app.zip
      Events:
        Incoming:
          Type: SNS
          Properties: {Topic: !Ref News, FilterPolicy: {kind: [big]}}
  News: {Type: AWS::SNS::Topic}
";

#[test]
fn event_sns() {
    insta::assert_snapshot!(expand(EVENT_SNS), @r#"
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
      News:
        Type: AWS::SNS::Topic
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
      WorkerIncomingPermission:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !Ref Worker
          Principal: sns.amazonaws.com
          SourceArn: !Ref News
      WorkerIncoming:
        Type: AWS::SNS::Subscription
        Properties:
          Endpoint: !GetAtt Worker.Arn
          Protocol: lambda
          TopicArn: !Ref News
          FilterPolicy:
            kind:
              - big
    "#);
}

const EVENT_SNS_THROUGH_QUEUE: &str = r"
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.main
      Runtime: python3.13
      CodeUri: s3://code/app.zip
      Events:
        Incoming:
          Type: SNS
          Properties: {Topic: !Ref News, SqsSubscription: true}
  News: {Type: AWS::SNS::Topic, Properties: {FifoTopic: true}}
";

#[test]
fn event_sns_through_queue() {
    insta::assert_snapshot!(expand(EVENT_SNS_THROUGH_QUEUE), @r#"
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
      News:
        Type: AWS::SNS::Topic
        Properties:
          FifoTopic: true
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
            - arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      WorkerIncomingEventSourceMapping:
        Type: AWS::Lambda::EventSourceMapping
        Properties:
          BatchSize: 10
          Enabled: true
          EventSourceArn: !GetAtt WorkerIncomingQueue.Arn
          FunctionName: !Ref Worker
      WorkerIncomingQueue:
        Type: AWS::SQS::Queue
        Properties:
          FifoQueue: true
      WorkerIncomingQueuePolicy:
        Type: AWS::SQS::QueuePolicy
        Properties:
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Action: sqs:SendMessage
                Effect: Allow
                Principal: "*"
                Resource: !GetAtt WorkerIncomingQueue.Arn
                Condition:
                  ArnEquals:
                    aws:SourceArn: !Ref News
          Queues:
            - !Ref WorkerIncomingQueue
      WorkerIncoming:
        Type: AWS::SNS::Subscription
        Properties:
          Endpoint: !GetAtt WorkerIncomingQueue.Arn
          Protocol: sqs
          TopicArn: !Ref News
    "#);
}
