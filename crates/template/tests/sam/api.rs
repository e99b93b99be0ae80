//! `AWS::Serverless::Api`, declared and implicit.

use super::expand;

pub(super) const TEMPLATES: &[&str] = &[API_AUTH, API_DEFINITION, API_DOMAIN, API_MERGED, API_SHARED_USAGE_PLAN, IMPLICIT_API_CONDITIONS];

const API_AUTH: &str = r#"
Resources:
  Shop:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      TracingEnabled: true
      Tags: {team: orders}
      PropagateTags: true
      Auth:
        DefaultAuthorizer: People
        AddDefaultAuthorizerToCorsPreflight: false
        ApiKeyRequired: true
        UsagePlan: {CreateUsagePlan: PER_API, UsagePlanName: partners, Quota: {Limit: 1000, Period: DAY}}
        Authorizers:
          People:
            UserPoolArn: !GetAtt Pool.Arn
            AuthorizationScopes: [orders/read]
          Token:
            FunctionArn: !GetAtt Checker.Arn
            Identity: {Header: X-Token, ValidationExpression: "^[a-z]+$", ReauthorizeEvery: 60}
          Request:
            FunctionPayloadType: REQUEST
            FunctionArn: !GetAtt Checker.Arn
            FunctionInvokeRole: arn:aws:iam::123456789012:role/invoke
            Identity: {Headers: [Authorization], QueryStrings: [token], Context: [identity.sourceIp]}
      Cors: {AllowOrigin: "'https://shop.example'", AllowHeaders: "'X-Token'", MaxAge: 600}
  Pool: {Type: AWS::Cognito::UserPool}
  Checker: {Type: AWS::Serverless::Function, Properties: {Handler: a.check, Runtime: python3.13, CodeUri: s3://code/app.zip}}
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.orders
      Runtime: python3.13
      CodeUri: s3://code/app.zip
      Events:
        List: {Type: Api, Properties: {Path: /orders, Method: get, RestApiId: !Ref Shop}}
        Put: {Type: Api, Properties: {Path: /orders, Method: put, RestApiId: !Ref Shop, Auth: {Authorizer: Token}}}
        Open: {Type: Api, Properties: {Path: /open, Method: get, RestApiId: !Ref Shop, Auth: {Authorizer: NONE, ApiKeyRequired: false}}}
        Iam: {Type: Api, Properties: {Path: /iam, Method: post, RestApiId: !Ref Shop, Auth: {Authorizer: AWS_IAM, InvokeRole: NONE}}}
"#;

#[test]
fn api_auth() {
    insta::assert_snapshot!(expand(API_AUTH), @r#"
    Resources:
      Shop:
        Type: AWS::ApiGateway::RestApi
        Properties:
          Body:
            swagger: "2.0"
            info:
              version: "1.0"
              title: !Ref AWS::StackName
            paths:
              /orders:
                put:
                  x-amazon-apigateway-integration:
                    type: aws_proxy
                    httpMethod: POST
                    uri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Orders.Arn}/invocations"
                  responses: {}
                  security:
                    - Token: []
                    - api_key: []
                get:
                  x-amazon-apigateway-integration:
                    type: aws_proxy
                    httpMethod: POST
                    uri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Orders.Arn}/invocations"
                  responses: {}
                  security:
                    - People:
                        - orders/read
                    - api_key: []
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
                          method.response.header.Access-Control-Allow-Origin: "'https://shop.example'"
                          method.response.header.Access-Control-Allow-Headers: "'X-Token'"
                          method.response.header.Access-Control-Allow-Methods: "'GET,OPTIONS,PUT'"
                          method.response.header.Access-Control-Max-Age: 600
                        responseTemplates:
                          application/json: |
                            {}
                  responses:
                    "200":
                      description: Default response for CORS method
                      headers:
                        Access-Control-Allow-Origin:
                          type: string
                        Access-Control-Allow-Headers:
                          type: string
                        Access-Control-Allow-Methods:
                          type: string
                        Access-Control-Max-Age:
                          type: integer
                  security:
                    - api_key: []
              /open:
                get:
                  x-amazon-apigateway-integration:
                    type: aws_proxy
                    httpMethod: POST
                    uri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Orders.Arn}/invocations"
                  responses: {}
                  security: []
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
                          method.response.header.Access-Control-Allow-Origin: "'https://shop.example'"
                          method.response.header.Access-Control-Allow-Headers: "'X-Token'"
                          method.response.header.Access-Control-Allow-Methods: "'GET,OPTIONS'"
                          method.response.header.Access-Control-Max-Age: 600
                        responseTemplates:
                          application/json: |
                            {}
                  responses:
                    "200":
                      description: Default response for CORS method
                      headers:
                        Access-Control-Allow-Origin:
                          type: string
                        Access-Control-Allow-Headers:
                          type: string
                        Access-Control-Allow-Methods:
                          type: string
                        Access-Control-Max-Age:
                          type: integer
                  security:
                    - api_key: []
              /iam:
                post:
                  x-amazon-apigateway-integration:
                    type: aws_proxy
                    httpMethod: POST
                    uri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Orders.Arn}/invocations"
                  responses: {}
                  security:
                    - AWS_IAM: []
                    - api_key: []
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
                          method.response.header.Access-Control-Allow-Origin: "'https://shop.example'"
                          method.response.header.Access-Control-Allow-Headers: "'X-Token'"
                          method.response.header.Access-Control-Allow-Methods: "'OPTIONS,POST'"
                          method.response.header.Access-Control-Max-Age: 600
                        responseTemplates:
                          application/json: |
                            {}
                  responses:
                    "200":
                      description: Default response for CORS method
                      headers:
                        Access-Control-Allow-Origin:
                          type: string
                        Access-Control-Allow-Headers:
                          type: string
                        Access-Control-Allow-Methods:
                          type: string
                        Access-Control-Max-Age:
                          type: integer
                  security:
                    - api_key: []
            securityDefinitions:
              AWS_IAM:
                x-amazon-apigateway-authtype: awsSigv4
                type: apiKey
                name: Authorization
                in: header
              Token:
                type: apiKey
                name: X-Token
                in: header
                x-amazon-apigateway-authtype: custom
                x-amazon-apigateway-authorizer:
                  type: token
                  authorizerUri: !Sub
                    - "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${__FunctionArn__}/invocations"
                    - __FunctionArn__: !GetAtt Checker.Arn
                  authorizerResultTtlInSeconds: 60
                  identityValidationExpression: "^[a-z]+$"
              Request:
                type: apiKey
                name: Unused
                in: header
                x-amazon-apigateway-authtype: custom
                x-amazon-apigateway-authorizer:
                  type: request
                  authorizerUri: !Sub
                    - "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${__FunctionArn__}/invocations"
                    - __FunctionArn__: !GetAtt Checker.Arn
                  authorizerCredentials: arn:aws:iam::123456789012:role/invoke
                  identitySource: "method.request.header.Authorization, method.request.querystring.token, context.identity.sourceIp"
              People:
                type: apiKey
                name: Authorization
                in: header
                x-amazon-apigateway-authtype: cognito_user_pools
                x-amazon-apigateway-authorizer:
                  type: cognito_user_pools
                  providerARNs:
                    - !GetAtt Pool.Arn
              api_key:
                type: apiKey
                name: x-api-key
                in: header
          Tags:
            - Key: team
              Value: orders
      Pool:
        Type: AWS::Cognito::UserPool
      Checker:
        Type: AWS::Lambda::Function
        Properties:
          Code:
            S3Bucket: code
            S3Key: app.zip
          Handler: a.check
          Role: !GetAtt CheckerRole.Arn
          Runtime: python3.13
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      Orders:
        Type: AWS::Lambda::Function
        Properties:
          Code:
            S3Bucket: code
            S3Key: app.zip
          Handler: a.orders
          Role: !GetAtt OrdersRole.Arn
          Runtime: python3.13
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      CheckerRole:
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
      OrdersRole:
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
      OrdersIamPermissionlive:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !Ref Orders
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub
            - "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/${__Stage__}/POST/iam"
            - __ApiId__: !Ref Shop
              __Stage__: "*"
      OrdersOpenPermissionlive:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !Ref Orders
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub
            - "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/${__Stage__}/GET/open"
            - __ApiId__: !Ref Shop
              __Stage__: "*"
      OrdersListPermissionlive:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !Ref Orders
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub
            - "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/${__Stage__}/GET/orders"
            - __ApiId__: !Ref Shop
              __Stage__: "*"
      OrdersPutPermissionlive:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !Ref Orders
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub
            - "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/${__Stage__}/PUT/orders"
            - __ApiId__: !Ref Shop
              __Stage__: "*"
      ShopDeployment84ffdebcf5:
        Type: AWS::ApiGateway::Deployment
        Properties:
          Description: "RestApi deployment id: 84ffdebcf505cc25a9ff052c2f449790a7ef288c"
          RestApiId: !Ref Shop
          StageName: Stage
      ShopliveStage:
        Type: AWS::ApiGateway::Stage
        Properties:
          DeploymentId: !Ref ShopDeployment84ffdebcf5
          RestApiId: !Ref Shop
          StageName: live
          Tags:
            - Key: team
              Value: orders
          TracingEnabled: true
      ShopTokenAuthorizerPermission:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !GetAtt Checker.Arn
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub
            - "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/authorizers/*"
            - __ApiId__: !Ref Shop
      ShopRequestAuthorizerPermission:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !GetAtt Checker.Arn
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub
            - "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/authorizers/*"
            - __ApiId__: !Ref Shop
      ShopUsagePlan:
        Type: AWS::ApiGateway::UsagePlan
        DependsOn:
          - Shop
        Properties:
          ApiStages:
            - ApiId: !Ref Shop
              Stage: !Ref ShopliveStage
          Quota:
            Limit: 1000
            Period: DAY
          Tags:
            - Key: team
              Value: orders
          UsagePlanName: partners
      ShopApiKey:
        Type: AWS::ApiGateway::ApiKey
        DependsOn:
          - ShopUsagePlan
        Properties:
          Enabled: true
          Tags:
            - Key: team
              Value: orders
          StageKeys:
            - RestApiId: !Ref Shop
              StageName: !Ref ShopliveStage
      ShopUsagePlanKey:
        Type: AWS::ApiGateway::UsagePlanKey
        DependsOn:
          - ShopApiKey
        Properties:
          KeyId: !Ref ShopApiKey
          KeyType: API_KEY
          UsagePlanId: !Ref ShopUsagePlan
    "#);
}

const API_DEFINITION: &str = r#"
Resources:
  Shop:
    Type: AWS::Serverless::Api
    Properties:
      StageName: !Ref AWS::StackName
      Name: shop
      OpenApiVersion: 3.0.1
      EndpointConfiguration: {Type: PRIVATE, VPCEndpointIds: [vpce-1]}
      DisableExecuteApiEndpoint: true
      BinaryMediaTypes: [image~1png]
      Cors: "'*'"
      Models:
        Order: {type: object, properties: {id: {type: string}}}
      GatewayResponses:
        UNAUTHORIZED: {StatusCode: 401, ResponseParameters: {Headers: {X-Why: "'no'"}}, ResponseTemplates: {text/plain: "no"}}
      Auth:
        ResourcePolicy:
          IpRangeBlacklist: [10.0.0.0/8]
          AwsAccountWhitelist: ["123456789012"]
          SourceVpcWhitelist: [vpce-1, vpc-2]
          CustomStatements: [{Effect: Allow, Principal: "*", Action: execute-api:Invoke, Resource: [execute-api:/*]}]
      CanarySetting: {PercentTraffic: 10}
  Orders:
    Type: AWS::Serverless::Function
    Condition: Wanted
    Properties:
      Handler: a.orders
      Runtime: python3.13
      CodeUri: s3://code/app.zip
      FunctionName: orders
      Events:
        Put:
          Type: Api
          Properties:
            Path: /orders/{id}
            Method: PUT
            RestApiId: !Ref Shop
            TimeoutInMillis: 5000
            RequestModel: {Model: Order, Required: true, ValidateBody: true}
            RequestParameters: [{method.request.querystring.page: {Required: true, Caching: true}}]
        Any: {Type: Api, Properties: {Path: "/{rest+}", Method: ANY, RestApiId: !Ref Shop}}
Conditions: {Wanted: !Equals [a, a]}
"#;

#[test]
fn api_definition() {
    insta::assert_snapshot!(expand(API_DEFINITION), @r##"
    Resources:
      Shop:
        Type: AWS::ApiGateway::RestApi
        Properties:
          Body:
            info:
              version: "1.0"
              title: !Ref AWS::StackName
            paths:
              "/orders/{id}": !If
                - Wanted
                - put: !If
                    - Wanted
                    - x-amazon-apigateway-integration:
                        type: aws_proxy
                        httpMethod: POST
                        uri: !If
                          - Wanted
                          - !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Orders.Arn}/invocations"
                          - !Ref AWS::NoValue
                        timeoutInMillis: 5000
                        cacheKeyParameters:
                          - method.request.querystring.page
                      responses: {}
                      requestBody:
                        content:
                          application/json:
                            schema:
                              $ref: "#/components/schemas/order"
                        required: true
                      x-amazon-apigateway-request-validator: body-only
                      parameters:
                        - in: query
                          name: page
                          required: true
                          type: string
                    - !Ref AWS::NoValue
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
                            method.response.header.Access-Control-Allow-Methods: "'OPTIONS,PUT'"
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
                - !Ref AWS::NoValue
              "/{rest+}": !If
                - Wanted
                - x-amazon-apigateway-any-method: !If
                    - Wanted
                    - x-amazon-apigateway-integration:
                        type: aws_proxy
                        httpMethod: POST
                        uri: !If
                          - Wanted
                          - !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Orders.Arn}/invocations"
                          - !Ref AWS::NoValue
                      responses: {}
                    - !Ref AWS::NoValue
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
                            method.response.header.Access-Control-Allow-Methods: "'DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT'"
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
                - !Ref AWS::NoValue
            openapi: "3.0.1"
            x-amazon-apigateway-request-validators:
              body-only:
                validateRequestBody: true
                validateRequestParameters: false
            x-amazon-apigateway-policy:
              Version: "2012-10-17"
              Statement:
                - Effect: Allow
                  Action: execute-api:Invoke
                  Resource:
                    - !Sub
                      - "execute-api:/${__Stage__}/PUT/orders/*"
                      - __Stage__: !Ref AWS::StackName
                    - !Sub
                      - "execute-api:/${__Stage__}/OPTIONS/orders/*"
                      - __Stage__: !Ref AWS::StackName
                  Principal:
                    AWS:
                      - "123456789012"
                - Effect: Allow
                  Action: execute-api:Invoke
                  Resource:
                    - !Sub
                      - "execute-api:/${__Stage__}/PUT/orders/*"
                      - __Stage__: !Ref AWS::StackName
                    - !Sub
                      - "execute-api:/${__Stage__}/OPTIONS/orders/*"
                      - __Stage__: !Ref AWS::StackName
                  Principal: "*"
                - Effect: Deny
                  Action: execute-api:Invoke
                  Resource:
                    - !Sub
                      - "execute-api:/${__Stage__}/PUT/orders/*"
                      - __Stage__: !Ref AWS::StackName
                    - !Sub
                      - "execute-api:/${__Stage__}/OPTIONS/orders/*"
                      - __Stage__: !Ref AWS::StackName
                  Principal: "*"
                  Condition:
                    IpAddress:
                      aws:SourceIp:
                        - "10.0.0.0/8"
                - Effect: Deny
                  Action: execute-api:Invoke
                  Resource:
                    - !Sub
                      - "execute-api:/${__Stage__}/PUT/orders/*"
                      - __Stage__: !Ref AWS::StackName
                    - !Sub
                      - "execute-api:/${__Stage__}/OPTIONS/orders/*"
                      - __Stage__: !Ref AWS::StackName
                  Principal: "*"
                  Condition:
                    StringNotEquals:
                      aws:SourceVpc:
                        - vpc-2
                      aws:SourceVpce:
                        - vpce-1
                - Effect: Allow
                  Action: execute-api:Invoke
                  Resource:
                    - !Sub
                      - "execute-api:/${__Stage__}/OPTIONS/*"
                      - __Stage__: !Ref AWS::StackName
                    - !Sub
                      - "execute-api:/${__Stage__}/*/*"
                      - __Stage__: !Ref AWS::StackName
                  Principal:
                    AWS:
                      - "123456789012"
                - Effect: Allow
                  Action: execute-api:Invoke
                  Resource:
                    - !Sub
                      - "execute-api:/${__Stage__}/OPTIONS/*"
                      - __Stage__: !Ref AWS::StackName
                    - !Sub
                      - "execute-api:/${__Stage__}/*/*"
                      - __Stage__: !Ref AWS::StackName
                  Principal: "*"
                - Effect: Deny
                  Action: execute-api:Invoke
                  Resource:
                    - !Sub
                      - "execute-api:/${__Stage__}/OPTIONS/*"
                      - __Stage__: !Ref AWS::StackName
                    - !Sub
                      - "execute-api:/${__Stage__}/*/*"
                      - __Stage__: !Ref AWS::StackName
                  Principal: "*"
                  Condition:
                    IpAddress:
                      aws:SourceIp:
                        - "10.0.0.0/8"
                - Effect: Deny
                  Action: execute-api:Invoke
                  Resource:
                    - !Sub
                      - "execute-api:/${__Stage__}/OPTIONS/*"
                      - __Stage__: !Ref AWS::StackName
                    - !Sub
                      - "execute-api:/${__Stage__}/*/*"
                      - __Stage__: !Ref AWS::StackName
                  Principal: "*"
                  Condition:
                    StringNotEquals:
                      aws:SourceVpc:
                        - vpc-2
                      aws:SourceVpce:
                        - vpce-1
                - Effect: Allow
                  Principal: "*"
                  Action: execute-api:Invoke
                  Resource:
                    - execute-api:/*
            x-amazon-apigateway-gateway-responses:
              UNAUTHORIZED:
                responseParameters:
                  gatewayresponse.header.X-Why: "'no'"
                responseTemplates:
                  text/plain: "no"
                statusCode: "401"
            x-amazon-apigateway-binary-media-types:
              - image/png
            components:
              schemas:
                order:
                  type: object
                  properties:
                    id:
                      type: string
            servers:
              - x-amazon-apigateway-endpoint-configuration:
                  disableExecuteApiEndpoint: true
          Name: shop
          Parameters:
            endpointConfigurationTypes: PRIVATE
          EndpointConfiguration:
            Types:
              - PRIVATE
            VpcEndpointIds:
              - vpce-1
          BinaryMediaTypes:
            - "image~1png"
      Orders:
        Type: AWS::Lambda::Function
        Condition: Wanted
        Properties:
          Code:
            S3Bucket: code
            S3Key: app.zip
          FunctionName: orders
          Handler: a.orders
          Role: !GetAtt OrdersRole.Arn
          Runtime: python3.13
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      OrdersRole:
        Type: AWS::IAM::Role
        Condition: Wanted
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
      OrdersPutPermissionStage:
        Type: AWS::Lambda::Permission
        Condition: Wanted
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !Ref Orders
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub
            - "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/${__Stage__}/PUT/orders/*"
            - __ApiId__: !Ref Shop
              __Stage__: "*"
      OrdersAnyPermissionStage:
        Type: AWS::Lambda::Permission
        Condition: Wanted
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !Ref Orders
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub
            - "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/${__Stage__}/*/*"
            - __ApiId__: !Ref Shop
              __Stage__: "*"
      ShopDeployment5e8154c420:
        Type: AWS::ApiGateway::Deployment
        Properties:
          Description: "RestApi deployment id: 5e8154c42083a43455cbc5f2da770f2f6b00a655"
          RestApiId: !Ref Shop
      ShopStage:
        Type: AWS::ApiGateway::Stage
        Properties:
          CanarySetting:
            PercentTraffic: 10
          DeploymentId: !Ref ShopDeployment5e8154c420
          RestApiId: !Ref Shop
          StageName: !Ref AWS::StackName
    Conditions:
      Wanted: !Equals
        - a
        - a
    "##);
}

const API_DOMAIN: &str = r#"
Resources:
  Shop:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      DefinitionUri: s3://definitions/shop.yaml?versionId=7
      Domain:
        DomainName: shop.example.com
        CertificateArn: arn:aws:acm:us-east-1:123456789012:certificate/one
        EndpointConfiguration: EDGE
        BasePath: [/orders, v1.0]
        SecurityPolicy: TLS_1_2
        MutualTlsAuthentication: {TruststoreUri: s3://trust/store.pem}
        Route53: {HostedZoneId: Z1, IpV6: true, EvaluateTargetHealth: true}
  Desk:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      DefinitionUri: {Bucket: definitions, Key: desk.yaml}
      Domain:
        DomainName: !Sub desk.${AWS::Region}.example.com
        CertificateArn: !Ref Certificate
        Route53: {HostedZoneId: Z1, Region: eu-west-1, SetIdentifier: main}
  Inner:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      DefinitionUri: s3://definitions/inner.yaml
      Domain:
        DomainName: inner.example.com
        CertificateArn: !Ref Certificate
        EndpointConfiguration: PRIVATE
        AccessAssociation: {VpcEndpointId: vpce-1}
        Policy: {Version: "2012-10-17", Statement: []}
        Route53: {HostedZoneName: example.com., SeparateRecordSetGroup: true, VpcEndpointHostedZoneId: Z9, VpcEndpointDomainName: vpce.example.com}
  Certificate: {Type: AWS::CertificateManager::Certificate, Properties: {DomainName: example.com}}
"#;

#[test]
fn api_domain() {
    insta::assert_snapshot!(expand(API_DOMAIN), @r#"
    Resources:
      Shop:
        Type: AWS::ApiGateway::RestApi
        Properties:
          BodyS3Location:
            Bucket: definitions
            Key: shop.yaml
            Version: "7"
      Desk:
        Type: AWS::ApiGateway::RestApi
        Properties:
          BodyS3Location:
            Bucket: definitions
            Key: desk.yaml
      Inner:
        Type: AWS::ApiGateway::RestApi
        Properties:
          BodyS3Location:
            Bucket: definitions
            Key: inner.yaml
      Certificate:
        Type: AWS::CertificateManager::Certificate
        Properties:
          DomainName: example.com
      ShopDeployment448469579e:
        Type: AWS::ApiGateway::Deployment
        Properties:
          Description: "RestApi deployment id: 448469579ec653035aa00db22e69a42862ee035e"
          RestApiId: !Ref Shop
          StageName: Stage
      ShopliveStage:
        Type: AWS::ApiGateway::Stage
        Properties:
          DeploymentId: !Ref ShopDeployment448469579e
          RestApiId: !Ref Shop
          StageName: live
      ApiGatewayDomainName2f68437370:
        Type: AWS::ApiGateway::DomainName
        Properties:
          DomainName: shop.example.com
          EndpointConfiguration:
            Types:
              - EDGE
          MutualTlsAuthentication:
            TruststoreUri: s3://trust/store.pem
          SecurityPolicy: TLS_1_2
          CertificateArn: arn:aws:acm:us-east-1:123456789012:certificate/one
      ShopordersBasePathMapping:
        Type: AWS::ApiGateway::BasePathMapping
        Properties:
          BasePath: orders
          DomainName: !Ref ApiGatewayDomainName2f68437370
          RestApiId: !Ref Shop
          Stage: !Ref ShopliveStage
      Shopv10BasePathMapping:
        Type: AWS::ApiGateway::BasePathMapping
        Properties:
          BasePath: v10
          DomainName: !Ref ApiGatewayDomainName2f68437370
          RestApiId: !Ref Shop
          Stage: !Ref ShopliveStage
      RecordSetGroup0cf6d58763:
        Type: AWS::Route53::RecordSetGroup
        Properties:
          HostedZoneId: Z1
          RecordSets:
            - Name: shop.example.com
              Type: A
              AliasTarget:
                EvaluateTargetHealth: true
                HostedZoneId: Z2FDTNDATAQYW2
                DNSName: !GetAtt ApiGatewayDomainName2f68437370.DistributionDomainName
            - Name: shop.example.com
              Type: AAAA
              AliasTarget:
                EvaluateTargetHealth: true
                HostedZoneId: Z2FDTNDATAQYW2
                DNSName: !GetAtt ApiGatewayDomainName2f68437370.DistributionDomainName
            - Name: !Sub desk.eu-west-1.example.com
              Type: A
              AliasTarget:
                HostedZoneId: !GetAtt ApiGatewayDomainName95f9e26332.RegionalHostedZoneId
                DNSName: !GetAtt ApiGatewayDomainName95f9e26332.RegionalDomainName
              Region: eu-west-1
              SetIdentifier: main
      InnerDeployment8a16178972:
        Type: AWS::ApiGateway::Deployment
        Properties:
          Description: "RestApi deployment id: 8a16178972caac4eef01155b924d283948982f42"
          RestApiId: !Ref Inner
          StageName: Stage
      InnerliveStage:
        Type: AWS::ApiGateway::Stage
        Properties:
          DeploymentId: !Ref InnerDeployment8a16178972
          RestApiId: !Ref Inner
          StageName: live
      ApiGatewayDomainNameV273b93bf428:
        Type: AWS::ApiGateway::DomainNameV2
        Properties:
          DomainName: inner.example.com
          EndpointConfiguration:
            Types:
              - PRIVATE
          CertificateArn: !Ref Certificate
          Policy:
            Version: "2012-10-17"
            Statement: []
      InnerBasePathMapping:
        Type: AWS::ApiGateway::BasePathMappingV2
        Properties:
          DomainNameArn: !Ref ApiGatewayDomainNameV273b93bf428
          RestApiId: !Ref Inner
          Stage: !Ref InnerliveStage
      RecordSetGroup497e70b543:
        Type: AWS::Route53::RecordSetGroup
        Properties:
          HostedZoneName: example.com.
          RecordSets:
            - Name: inner.example.com
              Type: A
              AliasTarget:
                HostedZoneId: Z9
                DNSName: vpce.example.com
      DomainNameAccessAssociationdd40c0d62d:
        Type: AWS::ApiGateway::DomainNameAccessAssociation
        Properties:
          AccessAssociationSource: vpce-1
          AccessAssociationSourceType: VPCE
          DomainNameArn: !Ref ApiGatewayDomainNameV273b93bf428
      DeskDeployment9898fc69c4:
        Type: AWS::ApiGateway::Deployment
        Properties:
          Description: "RestApi deployment id: 9898fc69c4918847e123e4b5e32a3737bb7207e0"
          RestApiId: !Ref Desk
          StageName: Stage
      DeskliveStage:
        Type: AWS::ApiGateway::Stage
        Properties:
          DeploymentId: !Ref DeskDeployment9898fc69c4
          RestApiId: !Ref Desk
          StageName: live
      ApiGatewayDomainName95f9e26332:
        Type: AWS::ApiGateway::DomainName
        Properties:
          RegionalCertificateArn: !Ref Certificate
          DomainName: !Sub desk.eu-west-1.example.com
          EndpointConfiguration:
            Types:
              - REGIONAL
      DeskBasePathMapping:
        Type: AWS::ApiGateway::BasePathMapping
        Properties:
          DomainName: !Ref ApiGatewayDomainName95f9e26332
          RestApiId: !Ref Desk
          Stage: !Ref DeskliveStage
    "#);
}

const API_MERGED: &str = r#"
Resources:
  Shop:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      MergeDefinitions: true
      DefinitionBody:
        swagger: "2.0"
        info: {title: shop, version: "1"}
        paths:
          /orders: {get: {summary: all orders, produces: [application/json]}, parameters: []}
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.orders
      Runtime: python3.13
      CodeUri: s3://code/app.zip
      Events:
        List: {Type: Api, Properties: {Path: /orders, Method: get, RestApiId: !Ref Shop}}
        Other: {Type: Api, Properties: {Path: /other, Method: post, RestApiId: !Ref Shop}}
"#;

#[test]
fn api_merged() {
    insta::assert_snapshot!(expand(API_MERGED), @r#"
    Resources:
      Shop:
        Type: AWS::ApiGateway::RestApi
        Properties:
          Body:
            swagger: "2.0"
            info:
              title: shop
              version: "1"
            paths:
              /orders:
                get:
                  produces:
                    - application/json
                  summary: all orders
                  x-amazon-apigateway-integration:
                    type: aws_proxy
                    httpMethod: POST
                    uri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Orders.Arn}/invocations"
                  responses: {}
                parameters: []
              /other:
                post:
                  x-amazon-apigateway-integration:
                    type: aws_proxy
                    httpMethod: POST
                    uri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Orders.Arn}/invocations"
                  responses: {}
      Orders:
        Type: AWS::Lambda::Function
        Properties:
          Code:
            S3Bucket: code
            S3Key: app.zip
          Handler: a.orders
          Role: !GetAtt OrdersRole.Arn
          Runtime: python3.13
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      OrdersRole:
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
      OrdersListPermissionlive:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !Ref Orders
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub
            - "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/${__Stage__}/GET/orders"
            - __ApiId__: !Ref Shop
              __Stage__: "*"
      OrdersOtherPermissionlive:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !Ref Orders
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub
            - "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/${__Stage__}/POST/other"
            - __ApiId__: !Ref Shop
              __Stage__: "*"
      ShopDeploymentec8d8a8af7:
        Type: AWS::ApiGateway::Deployment
        Properties:
          Description: "RestApi deployment id: ec8d8a8af7d84a63ba86b121430cb3db3738e71f"
          RestApiId: !Ref Shop
          StageName: Stage
      ShopliveStage:
        Type: AWS::ApiGateway::Stage
        Properties:
          DeploymentId: !Ref ShopDeploymentec8d8a8af7
          RestApiId: !Ref Shop
          StageName: live
    "#);
}

const API_SHARED_USAGE_PLAN: &str = r"
Globals:
  Api:
    Auth: {ApiKeyRequired: true, UsagePlan: {CreateUsagePlan: SHARED, Throttle: {RateLimit: 5}}}
Conditions: {One: !Equals [a, a], Two: !Equals [a, b]}
Resources:
  First: {Type: AWS::Serverless::Api, Condition: One, DeletionPolicy: Delete, Properties: {StageName: live}}
  Second: {Type: AWS::Serverless::Api, Condition: Two, DeletionPolicy: Retain, Properties: {StageName: live-2}}
";

#[test]
fn api_shared_usage_plan() {
    insta::assert_snapshot!(expand(API_SHARED_USAGE_PLAN), @r#"
    Conditions:
      One: !Equals
        - a
        - a
      Two: !Equals
        - a
        - b
      SharedUsagePlanCondition: !Or
        - Condition: Two
        - Condition: One
    Resources:
      First:
        Type: AWS::ApiGateway::RestApi
        DeletionPolicy: Delete
        Condition: One
        Properties:
          Body:
            swagger: "2.0"
            info:
              version: "1.0"
              title: !Ref AWS::StackName
            paths: {}
            securityDefinitions:
              api_key:
                type: apiKey
                name: x-api-key
                in: header
      Second:
        Type: AWS::ApiGateway::RestApi
        DeletionPolicy: Retain
        Condition: Two
        Properties:
          Body:
            swagger: "2.0"
            info:
              version: "1.0"
              title: !Ref AWS::StackName
            paths: {}
            securityDefinitions:
              api_key:
                type: apiKey
                name: x-api-key
                in: header
      SecondDeployment64f2a75579:
        Type: AWS::ApiGateway::Deployment
        Condition: Two
        DeletionPolicy: Retain
        Properties:
          Description: "RestApi deployment id: 64f2a755791b45b010e6a1186cd84d066585c387"
          RestApiId: !Ref Second
          StageName: Stage
      SecondStagefe6752d0c3:
        Type: AWS::ApiGateway::Stage
        Condition: Two
        DeletionPolicy: Retain
        Properties:
          DeploymentId: !Ref SecondDeployment64f2a75579
          RestApiId: !Ref Second
          StageName: live-2
      ServerlessUsagePlan:
        Type: AWS::ApiGateway::UsagePlan
        DeletionPolicy: Retain
        Condition: SharedUsagePlanCondition
        Properties:
          ApiStages:
            - ApiId: !Ref Second
              Stage: !Ref SecondStagefe6752d0c3
            - ApiId: !Ref First
              Stage: !Ref FirstliveStage
          Throttle:
            RateLimit: 5
        DependsOn:
          - Second
          - First
      ServerlessApiKey:
        Type: AWS::ApiGateway::ApiKey
        DependsOn:
          - ServerlessUsagePlan
        DeletionPolicy: Retain
        Condition: SharedUsagePlanCondition
        Properties:
          Enabled: true
          StageKeys:
            - RestApiId: !Ref Second
              StageName: !Ref SecondStagefe6752d0c3
            - RestApiId: !Ref First
              StageName: !Ref FirstliveStage
      ServerlessUsagePlanKey:
        Type: AWS::ApiGateway::UsagePlanKey
        DependsOn:
          - ServerlessApiKey
        DeletionPolicy: Retain
        Condition: SharedUsagePlanCondition
        Properties:
          KeyId: !Ref ServerlessApiKey
          KeyType: API_KEY
          UsagePlanId: !Ref ServerlessUsagePlan
      FirstDeployment64f2a75579:
        Type: AWS::ApiGateway::Deployment
        Condition: One
        DeletionPolicy: Delete
        Properties:
          Description: "RestApi deployment id: 64f2a755791b45b010e6a1186cd84d066585c387"
          RestApiId: !Ref First
          StageName: Stage
      FirstliveStage:
        Type: AWS::ApiGateway::Stage
        Condition: One
        DeletionPolicy: Delete
        Properties:
          DeploymentId: !Ref FirstDeployment64f2a75579
          RestApiId: !Ref First
          StageName: live
    "#);
}

const IMPLICIT_API_CONDITIONS: &str = r"
Conditions:
  First: !Equals [a, a]
  Second: !Equals [a, a]
Resources:
  First:
    Type: AWS::Serverless::Function
    Condition: First
    Properties: {Handler: app.main, Runtime: python3.13, CodeUri: s3://code/app.zip, Events: {Get: {Type: Api, Properties: {Path: /first, Method: get}}}}
  Second:
    Type: AWS::Serverless::Function
    Condition: Second
    Properties: {Handler: app.main, Runtime: python3.13, CodeUri: s3://code/app.zip, Events: {Get: {Type: Api, Properties: {Path: /second, Method: get}}}}
";

#[test]
fn implicit_api_conditions() {
    insta::assert_snapshot!(expand(IMPLICIT_API_CONDITIONS), @r#"
    Conditions:
      First: !Equals
        - a
        - a
      Second: !Equals
        - a
        - a
      ServerlessRestApiCondition: !Or
        - Condition: First
        - Condition: Second
    Resources:
      First:
        Type: AWS::Lambda::Function
        Condition: First
        Properties:
          Code:
            S3Bucket: code
            S3Key: app.zip
          Handler: app.main
          Role: !GetAtt FirstRole.Arn
          Runtime: python3.13
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      Second:
        Type: AWS::Lambda::Function
        Condition: Second
        Properties:
          Code:
            S3Bucket: code
            S3Key: app.zip
          Handler: app.main
          Role: !GetAtt SecondRole.Arn
          Runtime: python3.13
          Tags:
            - Key: lambda:createdBy
              Value: SAM
      ServerlessRestApi:
        Type: AWS::ApiGateway::RestApi
        Condition: ServerlessRestApiCondition
        Properties:
          Body:
            swagger: "2.0"
            info:
              version: "1.0"
              title: !Ref AWS::StackName
            paths:
              /second: !If
                - Second
                - get: !If
                    - Second
                    - x-amazon-apigateway-integration:
                        type: aws_proxy
                        httpMethod: POST
                        uri: !If
                          - Second
                          - !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Second.Arn}/invocations"
                          - !Ref AWS::NoValue
                      responses: {}
                    - !Ref AWS::NoValue
                - !Ref AWS::NoValue
              /first: !If
                - First
                - get: !If
                    - First
                    - x-amazon-apigateway-integration:
                        type: aws_proxy
                        httpMethod: POST
                        uri: !If
                          - First
                          - !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${First.Arn}/invocations"
                          - !Ref AWS::NoValue
                      responses: {}
                    - !Ref AWS::NoValue
                - !Ref AWS::NoValue
      SecondRole:
        Type: AWS::IAM::Role
        Condition: Second
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
      SecondGetPermissionProd:
        Type: AWS::Lambda::Permission
        Condition: Second
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !Ref Second
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub
            - "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/${__Stage__}/GET/second"
            - __ApiId__: !Ref ServerlessRestApi
              __Stage__: "*"
      FirstRole:
        Type: AWS::IAM::Role
        Condition: First
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
      FirstGetPermissionProd:
        Type: AWS::Lambda::Permission
        Condition: First
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !Ref First
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub
            - "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/${__Stage__}/GET/first"
            - __ApiId__: !Ref ServerlessRestApi
              __Stage__: "*"
      ServerlessRestApiDeployment8b91f5012b:
        Type: AWS::ApiGateway::Deployment
        Condition: ServerlessRestApiCondition
        Properties:
          Description: "RestApi deployment id: 8b91f5012b3d4768c05e1703caae91effea28786"
          RestApiId: !Ref ServerlessRestApi
          StageName: Stage
      ServerlessRestApiProdStage:
        Type: AWS::ApiGateway::Stage
        Condition: ServerlessRestApiCondition
        Properties:
          DeploymentId: !Ref ServerlessRestApiDeployment8b91f5012b
          RestApiId: !Ref ServerlessRestApi
          StageName: Prod
    "#);
}
