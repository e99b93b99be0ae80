//! The event source `DynamoDB`.

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
          Type: DynamoDB
          Properties: {Stream: !GetAtt Orders.StreamArn, StartingPosition: LATEST, DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Letters.Arn}}}
  Letters: {Type: AWS::SQS::Queue}
  Orders: {Type: AWS::DynamoDB::Table}
";

#[test]
fn event_dynamo_db() {
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
      Orders:
        Type: AWS::DynamoDB::Table
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
            - arn:aws:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole
          Policies:
            - PolicyName: WorkerIncomingSQSPolicy
              PolicyDocument:
                Statement:
                  - Action: sqs:SendMessage
                    Effect: Allow
                    Resource: !GetAtt Letters.Arn
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      WorkerIncoming:
        Type: AWS::Lambda::EventSourceMapping
        Properties:
          EventSourceArn: !GetAtt Orders.StreamArn
          FunctionName: !Ref Worker
          DestinationConfig:
            OnFailure:
              Destination: !GetAtt Letters.Arn
          StartingPosition: LATEST
    "#);
}
