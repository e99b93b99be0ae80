//! `AWS::Serverless::Connector`, by itself and beside a resource.

use super::expand;

pub(super) const TEMPLATES: &[&str] = &[CONNECTOR, CONNECTOR_EMBEDDED];

const CONNECTOR: &str = r"
Resources:
  Worker: {Type: AWS::Serverless::Function, Properties: {Handler: app.main, Runtime: python3.13, CodeUri: s3://code/app.zip}}
  Orders: {Type: AWS::Serverless::SimpleTable}
  Letters: {Type: AWS::SQS::Queue}
  Link:
    Type: AWS::Serverless::Connector
    Properties: {Source: {Id: Worker}, Destination: [{Id: Orders}, {Id: Letters}], Permissions: [Write]}
  Later: {Type: AWS::SNS::Topic, DependsOn: Link}
";

#[test]
fn connector() {
    insta::assert_snapshot!(expand(CONNECTOR), @r#"
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
        Type: AWS::DynamoDB::Table
        Properties:
          AttributeDefinitions:
            - AttributeName: id
              AttributeType: S
          KeySchema:
            - AttributeName: id
              KeyType: HASH
          BillingMode: PAY_PER_REQUEST
      Letters:
        Type: AWS::SQS::Queue
      Later:
        Type: AWS::SNS::Topic
        DependsOn:
          - LinkPolicyDestination0
          - LinkPolicyDestination1
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
      LinkPolicyDestination0:
        Type: AWS::IAM::ManagedPolicy
        Metadata:
          aws:sam:connectors:
            Link:
              Source:
                Type: AWS::Serverless::Function
              Destination:
                Type: AWS::Serverless::SimpleTable
        Properties:
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action:
                  - dynamodb:PutItem
                  - dynamodb:UpdateItem
                  - dynamodb:DeleteItem
                  - dynamodb:BatchWriteItem
                  - dynamodb:PartiQLDelete
                  - dynamodb:PartiQLInsert
                  - dynamodb:PartiQLUpdate
                Resource:
                  - !GetAtt Orders.Arn
                  - !Sub
                    - "${DestinationArn}/index/*"
                    - DestinationArn: !GetAtt Orders.Arn
          Roles:
            - !Ref WorkerRole
      LinkPolicyDestination1:
        Type: AWS::IAM::ManagedPolicy
        Metadata:
          aws:sam:connectors:
            Link:
              Source:
                Type: AWS::Serverless::Function
              Destination:
                Type: AWS::SQS::Queue
        Properties:
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action:
                  - sqs:DeleteMessage
                  - sqs:SendMessage
                  - sqs:ChangeMessageVisibility
                  - sqs:PurgeQueue
                Resource:
                  - !GetAtt Letters.Arn
          Roles:
            - !Ref WorkerRole
    "#);
}

const CONNECTOR_EMBEDDED: &str = r"
Resources:
  News:
    Type: AWS::SNS::Topic
    Connectors:
      ToQueue: {Properties: {Destination: {Id: Letters}, Permissions: [Write]}}
      ToWorker: {Properties: {Destination: {Id: Worker}, Permissions: [Write]}}
  Worker: {Type: AWS::Serverless::Function, Properties: {Handler: app.main, Runtime: python3.13, CodeUri: s3://code/app.zip}}
  Letters: {Type: AWS::SQS::Queue}
";

#[test]
fn connector_embedded() {
    insta::assert_snapshot!(expand(CONNECTOR_EMBEDDED), @r#"
    Resources:
      News:
        Type: AWS::SNS::Topic
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
      NewsToQueueQueuePolicy:
        Type: AWS::SQS::QueuePolicy
        Metadata:
          aws:sam:connectors:
            NewsToQueue:
              Source:
                Type: AWS::SNS::Topic
              Destination:
                Type: AWS::SQS::Queue
        Properties:
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Principal:
                  Service: sns.amazonaws.com
                Resource: !GetAtt Letters.Arn
                Action: sqs:SendMessage
                Condition:
                  ArnEquals:
                    aws:SourceArn: !Ref News
          Queues:
            - !Ref Letters
      NewsToWorkerWriteLambdaPermission:
        Type: AWS::Lambda::Permission
        Metadata:
          aws:sam:connectors:
            NewsToWorker:
              Source:
                Type: AWS::SNS::Topic
              Destination:
                Type: AWS::Serverless::Function
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !GetAtt Worker.Arn
          Principal: sns.amazonaws.com
          SourceArn: !Ref News
    "#);
}
