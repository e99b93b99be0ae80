//! The event source `EventBridgeRule`.

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
          Type: EventBridgeRule
          Properties: {EventBusName: orders, Pattern: {detail-type: [Order]}, RetryPolicy: {MaximumRetryAttempts: 3}, Target: {Id: worker}}
";

#[test]
fn event_event_bridge_rule() {
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
      WorkerIncoming:
        Type: AWS::Events::Rule
        Properties:
          EventBusName: orders
          EventPattern:
            detail-type:
              - Order
          Targets:
            - Arn: !GetAtt Worker.Arn
              Id: worker
              RetryPolicy:
                MaximumRetryAttempts: 3
      WorkerIncomingPermission:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !Ref Worker
          Principal: events.amazonaws.com
          SourceArn: !GetAtt WorkerIncoming.Arn
    "#);
}
