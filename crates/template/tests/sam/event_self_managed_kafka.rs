//! The event source `SelfManagedKafka`.

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
          Type: SelfManagedKafka
          Properties: {KafkaBootstrapServers: ["a.example.com:9092"], Topics: [orders], SourceAccessConfigurations: [{Type: SASL_SCRAM_512_AUTH, URI: arn:aws:secretsmanager:eu-west-1:123456789012:secret:k}, {Type: VPC_SUBNET, URI: subnet:a}, {Type: VPC_SECURITY_GROUP, URI: security_group:b}]}
"#;

#[test]
fn event_self_managed_kafka() {
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
            - PolicyDocument:
                Statement:
                  - Action:
                      - secretsmanager:GetSecretValue
                    Effect: Allow
                    Resource: arn:aws:secretsmanager:eu-west-1:123456789012:secret:k
                  - Action:
                      - ec2:CreateNetworkInterface
                      - ec2:DescribeNetworkInterfaces
                      - ec2:DeleteNetworkInterface
                      - ec2:DescribeVpcs
                      - ec2:DescribeSubnets
                      - ec2:DescribeSecurityGroups
                    Effect: Allow
                    Resource: "*"
                Version: "2012-10-17"
              PolicyName: SelfManagedKafkaExecutionRolePolicy
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      WorkerIncoming:
        Type: AWS::Lambda::EventSourceMapping
        Properties:
          FunctionName: !Ref Worker
          Topics:
            - orders
          SourceAccessConfigurations:
            - Type: SASL_SCRAM_512_AUTH
              URI: arn:aws:secretsmanager:eu-west-1:123456789012:secret:k
            - Type: VPC_SUBNET
              URI: subnet:a
            - Type: VPC_SECURITY_GROUP
              URI: security_group:b
          SelfManagedEventSource:
            Endpoints:
              KafkaBootstrapServers:
                - a.example.com:9092
    "#);
}
