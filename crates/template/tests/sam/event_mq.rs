//! The event source `MQ`.

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
          Type: MQ
          Properties: {Broker: arn:aws:mq:eu-west-1:123456789012:broker:b, Queues: [orders], DynamicPolicyName: true, SourceAccessConfigurations: [{Type: BASIC_AUTH, URI: arn:aws:secretsmanager:eu-west-1:123456789012:secret:mq}]}
";

#[test]
fn event_mq() {
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
          Policies:
            - PolicyName: WorkerIncomingAMQPolicy
              PolicyDocument:
                Statement:
                  - Action:
                      - secretsmanager:GetSecretValue
                    Effect: Allow
                    Resource: arn:aws:secretsmanager:eu-west-1:123456789012:secret:mq
                  - Action:
                      - mq:DescribeBroker
                    Effect: Allow
                    Resource: arn:aws:mq:eu-west-1:123456789012:broker:b
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      WorkerIncoming:
        Type: AWS::Lambda::EventSourceMapping
        Properties:
          EventSourceArn: arn:aws:mq:eu-west-1:123456789012:broker:b
          FunctionName: !Ref Worker
          Queues:
            - orders
          SourceAccessConfigurations:
            - Type: BASIC_AUTH
              URI: arn:aws:secretsmanager:eu-west-1:123456789012:secret:mq
    "#);
}
