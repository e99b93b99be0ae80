//! `AWS::Serverless::HttpApi`.

use super::expand;

pub(super) const TEMPLATES: &[&str] = &[TEMPLATE];

const TEMPLATE: &str = r#"
Resources:
  Shop:
    Type: AWS::Serverless::HttpApi
    Properties:
      StageName: live
      Name: shop
      Description: The shop.
      FailOnWarnings: true
      DisableExecuteApiEndpoint: true
      Tags: {team: orders}
      CorsConfiguration: {AllowOrigins: [https://shop.example], AllowMethods: [GET], MaxAge: 60, AllowCredentials: true}
      StageVariables: {color: blue}
      DefaultRouteSettings: {ThrottlingRateLimit: 5}
      Auth:
        DefaultAuthorizer: Tokens
        EnableIamAuthorizer: true
        Authorizers:
          Tokens:
            AuthorizationScopes: [read]
            IdentitySource: $request.header.Authorization
            JwtConfiguration: {Audience: [shop], Issuer: https://issuer.example}
          Checker:
            AuthorizerPayloadFormatVersion: "2.0"
            EnableFunctionDefaultPermissions: true
            EnableSimpleResponses: true
            FunctionArn: !GetAtt Orders.Arn
            Identity: {Headers: [Authorization], ReauthorizeEvery: 30}
      Domain:
        DomainName: shop.example.com
        CertificateArn: arn:aws:acm:us-east-1:123456789012:certificate/one
        BasePath: [/orders/new, plain]
        OwnershipVerificationCertificateArn: arn:aws:acm:us-east-1:123456789012:certificate/two
        Route53: {HostedZoneName: example.com., IpV6: true}
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.orders
      Runtime: python3.13
      CodeUri: s3://code/app.zip
      Events:
        List: {Type: HttpApi, Properties: {Path: "/orders/{id}", Method: GET, ApiId: !Ref Shop, PayloadFormatVersion: "1.0", TimeoutInMillis: 900}}
        Iam: {Type: HttpApi, Properties: {Path: /iam, Method: post, ApiId: !Ref Shop, Auth: {Authorizer: AWS_IAM}, RouteSettings: {ThrottlingBurstLimit: 2}}}
        Check: {Type: HttpApi, Properties: {Path: /check, Method: any, ApiId: !Ref Shop, Auth: {Authorizer: Checker}}}
        Open: {Type: HttpApi, Properties: {Path: /open, Method: get, ApiId: !Ref Shop, Auth: {Authorizer: NONE}}}
"#;

#[test]
fn http_api() {
    insta::assert_snapshot!(expand(TEMPLATE), @r#"
    Resources:
      Shop:
        Type: AWS::ApiGatewayV2::Api
        Properties:
          Body:
            openapi: "3.0.1"
            info:
              version: "1.0"
              title: shop
              description: The shop.
            paths:
              /iam:
                post:
                  x-amazon-apigateway-integration:
                    type: aws_proxy
                    httpMethod: POST
                    payloadFormatVersion: "2.0"
                    uri: !Sub "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Orders.Arn}/invocations"
                  responses: {}
                  security:
                    - AWS_IAM: []
              "/orders/{id}":
                get:
                  x-amazon-apigateway-integration:
                    type: aws_proxy
                    httpMethod: POST
                    payloadFormatVersion: "1.0"
                    uri: !Sub "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Orders.Arn}/invocations"
                    timeoutInMillis: 900
                  responses: {}
                  parameters:
                    - name: id
                      in: path
                      required: true
                  security:
                    - Tokens:
                        - read
              /open:
                get:
                  x-amazon-apigateway-integration:
                    type: aws_proxy
                    httpMethod: POST
                    payloadFormatVersion: "2.0"
                    uri: !Sub "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Orders.Arn}/invocations"
                  responses: {}
                  security:
                    - NONE: []
              /check:
                x-amazon-apigateway-any-method:
                  x-amazon-apigateway-integration:
                    type: aws_proxy
                    httpMethod: POST
                    payloadFormatVersion: "2.0"
                    uri: !Sub "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Orders.Arn}/invocations"
                  responses: {}
                  security:
                    - Checker: []
            x-amazon-apigateway-cors:
              allowOrigins:
                - https://shop.example
              allowMethods:
                - GET
              maxAge: 60
              allowCredentials: true
            components:
              securitySchemes:
                AWS_IAM:
                  type: apiKey
                  name: Authorization
                  in: header
                  x-amazon-apigateway-authtype: awsSigv4
                Tokens:
                  type: oauth2
                  x-amazon-apigateway-authorizer:
                    jwtConfiguration:
                      audience:
                        - shop
                      issuer: https://issuer.example
                    identitySource: $request.header.Authorization
                    type: jwt
                Checker:
                  type: apiKey
                  name: Unused
                  in: header
                  x-amazon-apigateway-authorizer:
                    type: request
                    authorizerUri: !Sub
                      - "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${__FunctionArn__}/invocations"
                      - __FunctionArn__: !GetAtt Orders.Arn
                    authorizerResultTtlInSeconds: 30
                    identitySource:
                      - $request.header.Authorization
                    authorizerPayloadFormatVersion: "2.0"
                    enableSimpleResponses: true
            tags:
              - name: httpapi:createdBy
                x-amazon-apigateway-tag-value: SAM
              - name: team
                x-amazon-apigateway-tag-value: orders
            servers:
              - x-amazon-apigateway-endpoint-configuration:
                  disableExecuteApiEndpoint: true
          FailOnWarnings: true
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
      OrdersCheckPermission:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !Ref Orders
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub
            - "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/${__Stage__}/*/check"
            - __ApiId__: !Ref Shop
              __Stage__: "*"
      OrdersIamPermission:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !Ref Orders
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub
            - "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/${__Stage__}/POST/iam"
            - __ApiId__: !Ref Shop
              __Stage__: "*"
      OrdersOpenPermission:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !Ref Orders
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub
            - "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/${__Stage__}/GET/open"
            - __ApiId__: !Ref Shop
              __Stage__: "*"
      OrdersListPermission:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !Ref Orders
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub
            - "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/${__Stage__}/GET/orders/*"
            - __ApiId__: !Ref Shop
              __Stage__: "*"
      ShopCheckerAuthorizerPermission:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !GetAtt Orders.Arn
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub
            - "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/authorizers/*"
            - __ApiId__: !Ref Shop
      ApiGatewayDomainNameV22f68437370:
        Type: AWS::ApiGatewayV2::DomainName
        Properties:
          DomainName: shop.example.com
          DomainNameConfigurations:
            - CertificateArn: arn:aws:acm:us-east-1:123456789012:certificate/one
              EndpointType: REGIONAL
              OwnershipVerificationCertificateArn: arn:aws:acm:us-east-1:123456789012:certificate/two
          Tags:
            team: orders
            httpapi:createdBy: SAM
      ShopordersnewApiMapping:
        Type: AWS::ApiGatewayV2::ApiMapping
        Properties:
          ApiId: !Ref Shop
          ApiMappingKey: orders/new
          DomainName: !Ref ApiGatewayDomainNameV22f68437370
          Stage: !Ref ShopliveStage
      ShopplainApiMapping:
        Type: AWS::ApiGatewayV2::ApiMapping
        Properties:
          ApiId: !Ref Shop
          ApiMappingKey: plain
          DomainName: !Ref ApiGatewayDomainNameV22f68437370
          Stage: !Ref ShopliveStage
      RecordSetGroup22b77bea9d:
        Type: AWS::Route53::RecordSetGroup
        Properties:
          HostedZoneName: example.com.
          RecordSets:
            - Name: shop.example.com
              Type: A
              AliasTarget:
                HostedZoneId: !GetAtt ApiGatewayDomainNameV22f68437370.RegionalHostedZoneId
                DNSName: !GetAtt ApiGatewayDomainNameV22f68437370.RegionalDomainName
            - Name: shop.example.com
              Type: AAAA
              AliasTarget:
                HostedZoneId: !GetAtt ApiGatewayDomainNameV22f68437370.RegionalHostedZoneId
                DNSName: !GetAtt ApiGatewayDomainNameV22f68437370.RegionalDomainName
      ShopliveStage:
        Type: AWS::ApiGatewayV2::Stage
        Properties:
          DefaultRouteSettings:
            ThrottlingRateLimit: 5
          RouteSettings:
            POST /iam:
              ThrottlingBurstLimit: 2
          ApiId: !Ref Shop
          StageName: live
          Tags:
            team: orders
            httpapi:createdBy: SAM
          StageVariables:
            color: blue
          AutoDeploy: true
    "#);
}
