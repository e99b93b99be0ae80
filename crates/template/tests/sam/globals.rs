//! `Globals`.

use super::expand;

pub(super) const TEMPLATES: &[&str] = &[TEMPLATE];

const TEMPLATE: &str = r#"
Globals:
  Function: {Runtime: python3.13, Handler: app.main, Timeout: 5, Tags: {team: a}, Environment: {Variables: {A: "1", B: "2"}}, Layers: [one]}
  Api: {Cors: "'*'"}
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: {Bucket: code, Key: app.zip}
      Timeout: 9
      Layers: [two]
      Environment: {Variables: {B: "3"}}
      Events: {Get: {Type: Api, Properties: {Path: /, Method: get}}}
"#;

#[test]
fn globals() {
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
          Timeout: 9
          Environment:
            Variables:
              A: "1"
              B: "3"
          Tags:
            - Key: lambda:createdBy
              Value: SAM
            - Key: team
              Value: a
          Layers:
            - one
            - two
      ServerlessRestApi:
        Type: AWS::ApiGateway::RestApi
        Properties:
          Body:
            swagger: "2.0"
            info:
              version: "1.0"
              title: !Ref AWS::StackName
            paths:
              /:
                get:
                  x-amazon-apigateway-integration:
                    type: aws_proxy
                    httpMethod: POST
                    uri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Worker.Arn}/invocations"
                  responses: {}
                options:
                  summary: CORS support
                  consumes:
                    - application/json
                  produces:
                    - application/json
                  x-amazon-apigateway-integration:
                    type: mock
                    requestTemplates:
                      application/json: |
                        {
                          "statusCode" : 200
                        }
                    responses:
                      default:
                        statusCode: "200"
                        responseParameters:
                          method.response.header.Access-Control-Allow-Origin: "'*'"
                          method.response.header.Access-Control-Allow-Methods: "'GET,OPTIONS'"
                        responseTemplates:
                          application/json: |
                            {}
                  responses:
                    "200":
                      description: Default response for CORS method
                      headers:
                        Access-Control-Allow-Origin:
                          type: string
                        Access-Control-Allow-Methods:
                          type: string
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
            - Key: team
              Value: a
      WorkerGetPermissionProd:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !Ref Worker
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub
            - "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/${__Stage__}/GET/"
            - __ApiId__: !Ref ServerlessRestApi
              __Stage__: "*"
      ServerlessRestApiDeployment655ce0d0fc:
        Type: AWS::ApiGateway::Deployment
        Properties:
          Description: "RestApi deployment id: 655ce0d0fcf9ec5291bdbf6038c00d9a0084c488"
          RestApiId: !Ref ServerlessRestApi
          StageName: Stage
      ServerlessRestApiProdStage:
        Type: AWS::ApiGateway::Stage
        Properties:
          DeploymentId: !Ref ServerlessRestApiDeployment655ce0d0fc
          RestApiId: !Ref ServerlessRestApi
          StageName: Prod
    "#);
}
