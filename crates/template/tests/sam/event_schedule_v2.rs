//! The event source `ScheduleV2`.

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
          Type: ScheduleV2
          Properties: {ScheduleExpression: "cron(0 6 * * ? *)", ScheduleExpressionTimezone: Europe/Berlin, DeadLetterConfig: {Type: SQS, QueueLogicalId: Letters}}
"#;

#[test]
fn event_schedule_v2() {
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
        Type: AWS::Scheduler::Schedule
        Properties:
          ScheduleExpression: "cron(0 6 * * ? *)"
          FlexibleTimeWindow:
            Mode: "OFF"
          Name: WorkerIncoming
          ScheduleExpressionTimezone: Europe/Berlin
          Target:
            Arn: !GetAtt Worker.Arn
            RoleArn: !GetAtt WorkerIncomingRole.Arn
            DeadLetterConfig:
              Arn: !GetAtt Letters.Arn
      Letters:
        Type: AWS::SQS::Queue
        Properties: {}
      WorkerIncomingRole:
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
                    - scheduler.amazonaws.com
          Policies:
            - PolicyName: WorkerIncomingLambdaPolicy
              PolicyDocument:
                Statement:
                  - Action: lambda:InvokeFunction
                    Effect: Allow
                    Resource: !GetAtt Worker.Arn
            - PolicyName: WorkerIncomingSQSPolicy
              PolicyDocument:
                Statement:
                  - Action: sqs:SendMessage
                    Effect: Allow
                    Resource: !GetAtt Letters.Arn
    "#);
}
