//! The event source `SQS`.

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
          Type: SQS
          Properties: {Queue: !GetAtt Orders.Arn, BatchSize: 5, ScalingConfig: {MaximumConcurrency: 2}}
  Orders: {Type: AWS::SQS::Queue}
";

#[test]
fn event_sqs() {
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
      Orders:
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
            - arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      WorkerIncoming:
        Type: AWS::Lambda::EventSourceMapping
        Properties:
          BatchSize: 5
          EventSourceArn: !GetAtt Orders.Arn
          FunctionName: !Ref Worker
          ScalingConfig:
            MaximumConcurrency: 2
    "#);
}
