//! The event source `Cognito`.

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
          Type: Cognito
          Properties: {UserPool: !Ref Users, Trigger: [PreSignUp, PostConfirmation]}
  Users:
    Type: AWS::Cognito::UserPool
    Properties: {UserPoolName: users}
";

#[test]
fn event_cognito() {
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
      Users:
        Type: AWS::Cognito::UserPool
        Properties:
          LambdaConfig:
            PreSignUp: !GetAtt Worker.Arn
            PostConfirmation: !GetAtt Worker.Arn
          UserPoolName: users
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
      WorkerCognitoPermission:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !Ref Worker
          Principal: cognito-idp.amazonaws.com
          SourceArn: !GetAtt Users.Arn
    "#);
}
