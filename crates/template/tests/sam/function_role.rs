//! The role of `AWS::Serverless::Function`.

use super::expand;

pub(super) const TEMPLATES: &[&str] = &[FUNCTION_ROLE, FUNCTION_ROLE_CONDITION];

const FUNCTION_ROLE: &str = r#"
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.main
      Runtime: python3.13
      CodeUri: s3://code/app.zip?versionId=7
      Tracing: Active
      VpcConfig: {SubnetIds: [subnet-1], SecurityGroupIds: [sg-1]}
      DeadLetterQueue: {Type: SNS, TargetArn: !Ref News}
      Policies:
      - AWSLambdaRole
      - DynamoDBReadPolicy: {TableName: orders}
      - Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "*"}]
      - !If [IsLive, AmazonS3FullAccess, !Ref AWS::NoValue]
  News: {Type: AWS::SNS::Topic}
Conditions:
  IsLive: !Equals [a, a]
"#;

#[test]
fn function_role() {
    insta::assert_snapshot!(expand(FUNCTION_ROLE), @r#"
    Resources:
      Worker:
        Type: AWS::Lambda::Function
        Properties:
          Code:
            S3Bucket: code
            S3Key: app.zip
            S3ObjectVersion: "7"
          DeadLetterConfig:
            TargetArn: !Ref News
          Handler: app.main
          Role: !GetAtt WorkerRole.Arn
          Runtime: python3.13
          VpcConfig:
            SubnetIds:
              - subnet-1
            SecurityGroupIds:
              - sg-1
          Tags:
            - Key: lambda:createdBy
              Value: SAM
          TracingConfig:
            Mode: Active
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
            - arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess
            - arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole
            - arn:aws:iam::aws:policy/service-role/AWSLambdaRole
            - !If
              - IsLive
              - arn:aws:iam::aws:policy/AmazonS3FullAccess
              - !Ref AWS::NoValue
          Policies:
            - PolicyName: DeadLetterQueuePolicy
              PolicyDocument:
                Version: "2012-10-17"
                Statement:
                  - Action: sns:Publish
                    Resource: !Ref News
                    Effect: Allow
            - PolicyName: WorkerRolePolicy1
              PolicyDocument:
                Statement:
                  - Action:
                      - dynamodb:GetItem
                      - dynamodb:Scan
                      - dynamodb:Query
                      - dynamodb:BatchGetItem
                      - dynamodb:DescribeTable
                    Effect: Allow
                    Resource:
                      - !Sub
                        - "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${tableName}"
                        - tableName: orders
                      - !Sub
                        - "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${tableName}/index/*"
                        - tableName: orders
            - PolicyName: WorkerRolePolicy2
              PolicyDocument:
                Statement:
                  - Effect: Allow
                    Action: s3:GetObject
                    Resource: "*"
          Tags:
            - Key: lambda:createdBy
              Value: SAM
    Conditions:
      IsLive: !Equals
        - a
        - a
    "#);
}

const FUNCTION_ROLE_CONDITION: &str = r"
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Condition: IsLive
    DeletionPolicy: Retain
    Properties:
      Handler: app.main
      Runtime: python3.13
      CodeUri: s3://code/app.zip?versionId=7
      Role: !If [IsLive, !GetAtt Own.Arn, !Ref AWS::NoValue]
  Own: {Type: AWS::IAM::Role}
Conditions:
  IsLive: !Equals [a, a]
";

#[test]
fn function_role_condition() {
    insta::assert_snapshot!(expand(FUNCTION_ROLE_CONDITION), @r#"
    Resources:
      Worker:
        Type: AWS::Lambda::Function
        DeletionPolicy: Retain
        Condition: IsLive
        Properties:
          Code:
            S3Bucket: code
            S3Key: app.zip
            S3ObjectVersion: "7"
          Handler: app.main
          Role: !If
            - IsLive
            - !GetAtt Own.Arn
            - !GetAtt WorkerRole.Arn
          Runtime: python3.13
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      Own:
        Type: AWS::IAM::Role
      WorkerRole:
        Type: AWS::IAM::Role
        Condition: NOTIsLive
        DeletionPolicy: Retain
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
    Conditions:
      IsLive: !Equals
        - a
        - a
      NOTIsLive: !Not
        - Condition: IsLive
    "#);
}
