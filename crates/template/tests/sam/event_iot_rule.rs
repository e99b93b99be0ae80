//! The event source `IoTRule`.

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
          Type: IoTRule
          Properties: {Sql: "SELECT * FROM 'door'", AwsIotSqlVersion: "2016-03-23"}
"#;

#[test]
fn event_iot_rule() {
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
      WorkerIncomingPermission:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !Ref Worker
          Principal: iot.amazonaws.com
          SourceAccount: !Sub "${AWS::AccountId}"
          SourceArn: !Sub
            - "arn:aws:iot:${AWS::Region}:${AWS::AccountId}:rule/${RuleName}"
            - RuleName: !Ref WorkerIncoming
      WorkerIncoming:
        Type: AWS::IoT::TopicRule
        Properties:
          TopicRulePayload:
            Sql: "SELECT * FROM 'door'"
            RuleDisabled: false
            Actions:
              - Lambda:
                  FunctionArn: !GetAtt Worker.Arn
            AwsIotSqlVersion: "2016-03-23"
    "#);
}
