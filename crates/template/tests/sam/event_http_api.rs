//! The event source `HttpApi`.

use super::expand;

pub(super) const TEMPLATES: &[&str] = &[EVENT_HTTP_API, EVENT_HTTP_API_DEFAULT_ROUTE];

const EVENT_HTTP_API: &str = r#"
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.main
      Runtime: python3.13
      CodeUri: s3://code/app.zip
      Events:
        Incoming:
          Type: HttpApi
          Properties: {Path: "/things/{id}", Method: post, TimeoutInMillis: 5000, PayloadFormatVersion: "1.0"}
"#;

#[test]
fn event_http_api() {
    insta::assert_snapshot!(expand(EVENT_HTTP_API), @r#"
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
      ServerlessHttpApi:
        Type: AWS::ApiGatewayV2::Api
        Properties:
          Body:
            openapi: "3.0.1"
            info:
              version: "1.0"
              title: !Ref AWS::StackName
            paths:
              "/things/{id}":
                post:
                  x-amazon-apigateway-integration:
                    type: aws_proxy
                    httpMethod: POST
                    payloadFormatVersion: "1.0"
                    uri: !Sub "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Worker.Arn}/invocations"
                    timeoutInMillis: 5000
                  responses: {}
                  parameters:
                    - name: id
                      in: path
                      required: true
            tags:
              - name: httpapi:createdBy
                x-amazon-apigateway-tag-value: SAM
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
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub
            - "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/${__Stage__}/POST/things/*"
            - __ApiId__: !Ref ServerlessHttpApi
              __Stage__: "*"
      ServerlessHttpApiApiGatewayDefaultStage:
        Type: AWS::ApiGatewayV2::Stage
        Properties:
          ApiId: !Ref ServerlessHttpApi
          StageName: $default
          Tags:
            httpapi:createdBy: SAM
          AutoDeploy: true
    "#);
}

const EVENT_HTTP_API_DEFAULT_ROUTE: &str = r"
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.main
      Runtime: python3.13
      CodeUri: s3://code/app.zip
      Events:
        Incoming:
          Type: HttpApi
          Properties: {RouteSettings: {ThrottlingBurstLimit: 5}}
";

#[test]
fn event_http_api_default_route() {
    insta::assert_snapshot!(expand(EVENT_HTTP_API_DEFAULT_ROUTE), @r#"
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
      ServerlessHttpApi:
        Type: AWS::ApiGatewayV2::Api
        Properties:
          Body:
            openapi: "3.0.1"
            info:
              version: "1.0"
              title: !Ref AWS::StackName
            paths:
              $default:
                x-amazon-apigateway-any-method:
                  x-amazon-apigateway-integration:
                    type: aws_proxy
                    httpMethod: POST
                    payloadFormatVersion: "2.0"
                    uri: !Sub "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Worker.Arn}/invocations"
                  isDefaultRoute: true
                  responses: {}
            tags:
              - name: httpapi:createdBy
                x-amazon-apigateway-tag-value: SAM
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
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub
            - "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/${__Stage__}/*"
            - __ApiId__: !Ref ServerlessHttpApi
              __Stage__: "*"
      ServerlessHttpApiApiGatewayDefaultStage:
        Type: AWS::ApiGatewayV2::Stage
        Properties:
          RouteSettings:
            $default:
              ThrottlingBurstLimit: 5
          ApiId: !Ref ServerlessHttpApi
          StageName: $default
          Tags:
            httpapi:createdBy: SAM
          AutoDeploy: true
    "#);
}
