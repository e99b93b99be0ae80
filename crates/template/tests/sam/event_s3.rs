//! The event source `S3`.

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
          Type: S3
          Properties: {Bucket: !Ref Uploads, Events: ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}
  Uploads:
    Type: AWS::S3::Bucket
    DependsOn: Users
  Users:
    Type: AWS::Cognito::UserPool
"#;

#[test]
fn event_s3() {
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
      Uploads:
        Type: AWS::S3::Bucket
        DependsOn:
          - Users
          - WorkerIncomingPermission
        Properties:
          NotificationConfiguration:
            LambdaConfigurations:
              - Function: !GetAtt Worker.Arn
                Event: s3:ObjectCreated:*
              - Function: !GetAtt Worker.Arn
                Event: s3:ObjectRemoved:*
      Users:
        Type: AWS::Cognito::UserPool
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
          Principal: s3.amazonaws.com
          SourceAccount: !Ref AWS::AccountId
    "#);
}
