//! The event source `Api`.

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
          Type: Api
          Properties: {Path: "/things/{id}/", Method: any, Auth: {ApiKeyRequired: true}, RequestParameters: [method.request.header.Trace, method.request.querystring.page: {Required: true}]}
"#;

#[test]
fn event_api() {
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
      ServerlessRestApi:
        Type: AWS::ApiGateway::RestApi
        Properties:
          Body:
            swagger: "2.0"
            info:
              version: "1.0"
              title: !Ref AWS::StackName
            paths:
              "/things/{id}/":
                x-amazon-apigateway-any-method:
                  x-amazon-apigateway-integration:
                    type: aws_proxy
                    httpMethod: POST
                    uri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Worker.Arn}/invocations"
                  responses: {}
                  security:
                    - api_key: []
                  parameters:
                    - in: header
                      name: Trace
                      required: false
                      type: string
                    - in: query
                      name: page
                      required: true
                      type: string
            securityDefinitions:
              api_key:
                type: apiKey
                name: x-api-key
                in: header
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
      WorkerIncomingPermissionProd:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !Ref Worker
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub
            - "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/${__Stage__}/*/things/*"
            - __ApiId__: !Ref ServerlessRestApi
              __Stage__: "*"
      ServerlessRestApiDeployment01163e4d66:
        Type: AWS::ApiGateway::Deployment
        Properties:
          Description: "RestApi deployment id: 01163e4d6633ed29c508c04acb0d6d90543bbe2b"
          RestApiId: !Ref ServerlessRestApi
          StageName: Stage
      ServerlessRestApiProdStage:
        Type: AWS::ApiGateway::Stage
        Properties:
          DeploymentId: !Ref ServerlessRestApiDeployment01163e4d66
          RestApiId: !Ref ServerlessRestApi
          StageName: Prod
    "#);
}
