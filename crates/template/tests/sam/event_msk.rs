//! The event source `MSK`.

use super::expand;

pub(super) const TEMPLATES: &[&str] = &[EVENT_MSK, EVENT_MSK_REGISTRY];

const EVENT_MSK: &str = r"
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.main
      Runtime: python3.13
      CodeUri: s3://code/app.zip
      Events:
        Incoming:
          Type: MSK
          Properties: {Stream: arn:aws:kafka:eu-west-1:123456789012:cluster/c, StartingPosition: LATEST, Topics: [orders], ConsumerGroupId: readers}
";

#[test]
fn event_msk() {
    insta::assert_snapshot!(expand(EVENT_MSK), @r#"
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
            - arn:aws:iam::aws:policy/service-role/AWSLambdaMSKExecutionRole
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      WorkerIncoming:
        Type: AWS::Lambda::EventSourceMapping
        Properties:
          EventSourceArn: arn:aws:kafka:eu-west-1:123456789012:cluster/c
          FunctionName: !Ref Worker
          StartingPosition: LATEST
          Topics:
            - orders
          AmazonManagedKafkaEventSourceConfig:
            ConsumerGroupId: readers
    "#);
}

const EVENT_MSK_REGISTRY: &str = r"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Registry: {Type: String, Default: orders}
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: java21
      Handler: app.Main
      CodeUri: s3://code/app.zip
      Events:
        Joined:
          Type: MSK
          Properties:
            StartingPosition: LATEST
            Stream: !Ref Cluster
            SchemaRegistryConfig:
              SchemaRegistryURI: !Join [':', ['arn:aws:glue', !Ref AWS::Region, !Ref AWS::AccountId, !Sub 'registry/${Registry}']]
              EventRecordFormat: JSON
              SchemaValidationConfigs: [{Attribute: KEY}]
        Substituted:
          Type: MSK
          Properties:
            StartingPosition: LATEST
            Stream: !Ref Cluster
            SchemaRegistryConfig:
              SchemaRegistryURI: !Sub arn:aws:glue:${AWS::Region}:111122223333:registry/${Registry}
              EventRecordFormat: JSON
              SchemaValidationConfigs: [{Attribute: KEY}]
        WithVariables:
          Type: MSK
          Properties:
            StartingPosition: LATEST
            Stream: !Ref Cluster
            SchemaRegistryConfig:
              SchemaRegistryURI: !Sub ['arn:aws:glue:${AWS::Region}:111122223333:registry/${Name}', {Name: !Ref Registry}]
              EventRecordFormat: JSON
              SchemaValidationConfigs: [{Attribute: KEY}]
  Cluster: {Type: AWS::MSK::ServerlessCluster}
";

#[test]
fn event_msk_registry() {
    insta::assert_snapshot!(expand(EVENT_MSK_REGISTRY), @r#"
    Parameters:
      Registry:
        Type: String
        Default: orders
    Resources:
      Worker:
        Type: AWS::Lambda::Function
        Properties:
          Code:
            S3Bucket: code
            S3Key: app.zip
          Handler: app.Main
          Role: !GetAtt WorkerRole.Arn
          Runtime: java21
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      Cluster:
        Type: AWS::MSK::ServerlessCluster
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
            - arn:aws:iam::aws:policy/service-role/AWSLambdaMSKExecutionRole
          Policies:
            - PolicyName: MSKExecutionRolePolicy
              PolicyDocument:
                Statement:
                  - Action:
                      - glue:GetRegistry
                    Effect: Allow
                    Resource: !Sub "arn:aws:glue:${AWS::Region}:111122223333:registry/${Registry}"
                  - Action:
                      - glue:GetSchemaVersion
                    Effect: Allow
                    Resource:
                      - !Sub "arn:${AWS::Partition}:glue:${AWS::Region}:${AWS::AccountId}:schema/orders/*"
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      WorkerJoined:
        Type: AWS::Lambda::EventSourceMapping
        Properties:
          EventSourceArn: !Ref Cluster
          FunctionName: !Ref Worker
          StartingPosition: LATEST
          AmazonManagedKafkaEventSourceConfig:
            SchemaRegistryConfig:
              SchemaRegistryURI: !Join
                - ":"
                - - arn:aws:glue
                  - eu-west-1
                  - !Ref AWS::AccountId
                  - !Sub registry/orders
              EventRecordFormat: JSON
              SchemaValidationConfigs:
                - Attribute: KEY
      WorkerSubstituted:
        Type: AWS::Lambda::EventSourceMapping
        Properties:
          EventSourceArn: !Ref Cluster
          FunctionName: !Ref Worker
          StartingPosition: LATEST
          AmazonManagedKafkaEventSourceConfig:
            SchemaRegistryConfig:
              SchemaRegistryURI: !Sub "arn:aws:glue:${AWS::Region}:111122223333:registry/${Registry}"
              EventRecordFormat: JSON
              SchemaValidationConfigs:
                - Attribute: KEY
      WorkerWithVariables:
        Type: AWS::Lambda::EventSourceMapping
        Properties:
          EventSourceArn: !Ref Cluster
          FunctionName: !Ref Worker
          StartingPosition: LATEST
          AmazonManagedKafkaEventSourceConfig:
            SchemaRegistryConfig:
              SchemaRegistryURI: !Sub
                - "arn:aws:glue:eu-west-1:111122223333:registry/${Name}"
                - Name: orders
              EventRecordFormat: JSON
              SchemaValidationConfigs:
                - Attribute: KEY
    "#);
}
