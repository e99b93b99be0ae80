//! `AWS::Serverless::GraphQLApi`.

use super::expand;

pub(super) const TEMPLATES: &[&str] = &[TEMPLATE];

const TEMPLATE: &str = r#"
Resources:
  Books:
    Type: AWS::Serverless::GraphQLApi
    Properties:
      SchemaInline: "type Query { book(id: ID!): String }"
      Tags: {team: books}
      XrayEnabled: true
      Auth:
        Type: AWS_IAM
        Additional:
          - {Type: AWS_LAMBDA, LambdaAuthorizer: {AuthorizerUri: !GetAtt Worker.Arn}}
          - {Type: AMAZON_COGNITO_USER_POOLS, UserPool: {UserPoolId: pool, AwsRegion: eu-west-1, DefaultAction: ALLOW}}
          - {Type: API_KEY}
      ApiKeys: {Main: {Description: the key, ExpiresOn: 1700000000}}
      Cache: {ApiCachingBehavior: FULL_REQUEST_CACHING, Ttl: 60, Type: SMALL}
      DomainName: {DomainName: books.example.com, CertificateArn: arn:one}
      Logging: {FieldLogLevel: ERROR, ExcludeVerboseContent: true}
      DataSources:
        DynamoDb: {Store: {TableName: !Ref Table, Permissions: [Read], Versioned: true, DeltaSync: {BaseTableTTL: 1, DeltaSyncTableName: d, DeltaSyncTableTTL: 2}}}
        Lambda: {Code: {FunctionArn: !GetAtt Worker.Arn}}
      Functions:
        Load: {DataSource: Store, CodeUri: s3://code/load.js, Runtime: {Name: APPSYNC_JS, Version: 1.0.0}, Sync: {ConflictDetection: VERSION}}
        Pass: {DataSource: none, InlineCode: "export const request = () => ({})", Runtime: {Name: APPSYNC_JS, Version: 1.0.0}}
        Known: {Id: abc}
      Resolvers:
        Query:
          book: {Pipeline: [Load, Pass, Known], Caching: {Ttl: 20, CachingKeys: [$context.arguments.id]}, MaxBatchSize: 2}
          other: {FieldName: books, InlineCode: "export const response = () => []", Runtime: {Name: APPSYNC_JS, Version: 1.0.0}, Pipeline: [Load]}
  Table: {Type: AWS::DynamoDB::Table, Properties: {TableName: books}}
  Worker: {Type: AWS::Serverless::Function, Properties: {Handler: a.b, Runtime: python3.13, CodeUri: s3://code/app.zip}}
"#;

#[test]
fn graphql_api() {
    insta::assert_snapshot!(expand(TEMPLATE), @r#"
    Resources:
      Books:
        Type: AWS::AppSync::GraphQLApi
        Properties:
          Name: Books
          Tags:
            - Key: team
              Value: books
            - Key: graphqlapi:createdBy
              Value: SAM
          XrayEnabled: true
          AuthenticationType: AWS_IAM
          LogConfig:
            ExcludeVerboseContent: true
            FieldLogLevel: ERROR
            CloudWatchLogsRoleArn: !GetAtt BooksCloudWatchRole.Arn
          AdditionalAuthenticationProviders:
            - AuthenticationType: AWS_LAMBDA
              LambdaAuthorizerConfig:
                AuthorizerUri: !GetAtt Worker.Arn
            - AuthenticationType: AMAZON_COGNITO_USER_POOLS
              UserPoolConfig:
                UserPoolId: pool
                AwsRegion: eu-west-1
            - AuthenticationType: API_KEY
      Table:
        Type: AWS::DynamoDB::Table
        Properties:
          TableName: books
      Worker:
        Type: AWS::Lambda::Function
        Properties:
          Code:
            S3Bucket: code
            S3Key: app.zip
          Handler: a.b
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
      BooksSchema:
        Type: AWS::AppSync::GraphQLSchema
        Properties:
          ApiId: !GetAtt Books.ApiId
          Definition: "type Query { book(id: ID!): String }"
      BooksToLambdaAuthConnector1WriteLambdaPermission:
        Type: AWS::Lambda::Permission
        Metadata:
          aws:sam:connectors:
            BooksToLambdaAuthConnector1:
              Source:
                Type: AWS::AppSync::GraphQLApi
              Destination:
                Type: AWS::Lambda::Function
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !GetAtt Worker.Arn
          Principal: appsync.amazonaws.com
          SourceArn: !Sub
            - "arn:${AWS::Partition}:appsync:${AWS::Region}:${AWS::AccountId}:apis/${SourceResourceId}"
            - SourceResourceId: !GetAtt Books.ApiId
      BooksCloudWatchRole:
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
                    - appsync.amazonaws.com
          ManagedPolicyArns:
            - !Sub "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSAppSyncPushToCloudWatchLogs"
      BooksMain:
        Type: AWS::AppSync::ApiKey
        Properties:
          ApiId: !GetAtt Books.ApiId
          Description: the key
          Expires: 1700000000
      BooksApiCache:
        Type: AWS::AppSync::ApiCache
        Properties:
          ApiCachingBehavior: FULL_REQUEST_CACHING
          ApiId: !GetAtt Books.ApiId
          Ttl: 60
          Type: SMALL
      BooksStoreDynamoDBDataSource:
        Type: AWS::AppSync::DataSource
        Properties:
          ApiId: !GetAtt Books.ApiId
          Name: Store
          Type: AMAZON_DYNAMODB
          ServiceRoleArn: !GetAtt BooksStoreDynamoDBDataSourceRole.Arn
          DynamoDBConfig:
            AwsRegion: !Ref AWS::Region
            TableName: !Ref Table
            Versioned: true
            DeltaSyncConfig:
              BaseTableTTL: 1
              DeltaSyncTableName: d
              DeltaSyncTableTTL: 2
      BooksStoreDynamoDBDataSourceRole:
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
                    - appsync.amazonaws.com
      BooksStoreDynamoDBDataSourceToTableConnectorPolicy:
        Type: AWS::IAM::ManagedPolicy
        Metadata:
          aws:sam:connectors:
            BooksStoreDynamoDBDataSourceToTableConnector:
              Source:
                Type: AWS::AppSync::DataSource
              Destination:
                Type: AWS::DynamoDB::Table
        Properties:
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action:
                  - dynamodb:GetItem
                  - dynamodb:Query
                  - dynamodb:Scan
                  - dynamodb:BatchGetItem
                  - dynamodb:ConditionCheckItem
                  - dynamodb:PartiQLSelect
                Resource:
                  - !Sub
                    - "arn:${AWS::Partition}:dynamodb:${__Region__}:${AWS::AccountId}:table/${__TableName__}"
                    - __TableName__: !Ref Table
                      __Region__: !Ref AWS::Region
                  - !Sub
                    - "${DestinationArn}/index/*"
                    - DestinationArn: !Sub
                        - "arn:${AWS::Partition}:dynamodb:${__Region__}:${AWS::AccountId}:table/${__TableName__}"
                        - __TableName__: !Ref Table
                          __Region__: !Ref AWS::Region
          Roles:
            - !Ref BooksStoreDynamoDBDataSourceRole
      BooksCodeLambdaDataSource:
        Type: AWS::AppSync::DataSource
        Properties:
          ApiId: !GetAtt Books.ApiId
          Name: Code
          Type: AWS_LAMBDA
          ServiceRoleArn: !GetAtt BooksCodeLambdaDataSourceRole.Arn
          LambdaConfig:
            LambdaFunctionArn: !GetAtt Worker.Arn
      BooksCodeLambdaDataSourceRole:
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
                    - appsync.amazonaws.com
      BooksCodeLambdaDataSourceToLambdaConnectorPolicy:
        Type: AWS::IAM::ManagedPolicy
        Metadata:
          aws:sam:connectors:
            BooksCodeLambdaDataSourceToLambdaConnector:
              Source:
                Type: AWS::AppSync::DataSource
              Destination:
                Type: AWS::Lambda::Function
        Properties:
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action:
                  - lambda:InvokeAsync
                  - lambda:InvokeFunction
                Resource:
                  - !GetAtt Worker.Arn
                  - !Sub
                    - "${DestinationArn}:*"
                    - DestinationArn: !GetAtt Worker.Arn
          Roles:
            - !Ref BooksCodeLambdaDataSourceRole
      BooksDomainName:
        Type: AWS::AppSync::DomainName
        Properties:
          CertificateArn: arn:one
          DomainName: books.example.com
      BooksDomainNameApiAssociation:
        Type: AWS::AppSync::DomainNameApiAssociation
        Properties:
          ApiId: !GetAtt Books.ApiId
          DomainName: !Ref BooksDomainName
      BooksLoad:
        Type: AWS::AppSync::FunctionConfiguration
        Properties:
          ApiId: !GetAtt Books.ApiId
          CodeS3Location: s3://code/load.js
          DataSourceName: !GetAtt BooksStoreDynamoDBDataSource.Name
          Name: Load
          Runtime:
            Name: APPSYNC_JS
            RuntimeVersion: "1.0.0"
          SyncConfig:
            ConflictDetection: VERSION
      BooksPass:
        Type: AWS::AppSync::FunctionConfiguration
        Properties:
          ApiId: !GetAtt Books.ApiId
          Code: "export const request = () => ({})"
          DataSourceName: !GetAtt BooksNoneDataSource.Name
          Name: Pass
          Runtime:
            Name: APPSYNC_JS
            RuntimeVersion: "1.0.0"
      BooksQuerybook:
        Type: AWS::AppSync::Resolver
        DependsOn:
          - BooksSchema
        Properties:
          ApiId: !GetAtt Books.ApiId
          CachingConfig:
            Ttl: 20
            CachingKeys:
              - $context.arguments.id
          Code: "\nexport function request(ctx) {\n    return {};\n}\n\nexport function response(ctx) {\n    return ctx.prev.result;\n}\n"
          FieldName: book
          Kind: PIPELINE
          MaxBatchSize: 2
          PipelineConfig:
            Functions:
              - !GetAtt BooksLoad.FunctionId
              - !GetAtt BooksPass.FunctionId
              - abc
          Runtime:
            Name: APPSYNC_JS
            RuntimeVersion: "1.0.0"
          TypeName: Query
      BooksQueryother:
        Type: AWS::AppSync::Resolver
        DependsOn:
          - BooksSchema
        Properties:
          ApiId: !GetAtt Books.ApiId
          Code: "export const response = () => []"
          FieldName: books
          Kind: PIPELINE
          PipelineConfig:
            Functions:
              - !GetAtt BooksLoad.FunctionId
          Runtime:
            Name: APPSYNC_JS
            RuntimeVersion: "1.0.0"
          TypeName: Query
      BooksNoneDataSource:
        Type: AWS::AppSync::DataSource
        Properties:
          ApiId: !GetAtt Books.ApiId
          Name: BooksNoneDataSource
          Type: NONE
    "#);
}
