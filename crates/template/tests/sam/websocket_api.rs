//! `AWS::Serverless::WebSocketApi`.

use super::expand;

pub(super) const TEMPLATES: &[&str] = &[TEMPLATE];

const TEMPLATE: &str = r"
Resources:
  Chat:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      StageName: live
      Tags: {team: chat}
      PropagateTags: true
      IpAddressType: dualstack
      Auth: {AuthType: CUSTOM, AuthArn: !GetAtt Worker.Arn, IdentitySource: [route.request.header.Auth], Name: chat}
      RouteSettings: {sendMessage: {ThrottlingRateLimit: 3}}
      Routes:
        $connect: {FunctionArn: !GetAtt Worker.Arn, RequestParameters: {route.request.header.Auth: {Required: true}}}
        $default: {FunctionArn: !GetAtt Worker.Arn}
        sendMessage: {FunctionArn: !GetAtt Worker.Arn, IntegrationTimeout: 900, OperationName: send}
      Domain: {DomainName: chat.example.com, CertificateArn: arn:one, Route53: {HostedZoneId: Z1}}
  Worker: {Type: AWS::Serverless::Function, Properties: {Handler: a.b, Runtime: python3.13, CodeUri: s3://code/app.zip}}
";

#[test]
fn websocket_api() {
    insta::assert_snapshot!(expand(TEMPLATE), @r#"
    Resources:
      Chat:
        Type: AWS::ApiGatewayV2::Api
        Properties:
          IpAddressType: dualstack
          Name: Chat
          ProtocolType: WEBSOCKET
          RouteSelectionExpression: $request.body.action
          Tags:
            team: chat
            websocketapi:createdBy: SAM
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
      ChatConnectRoute:
        Type: AWS::ApiGatewayV2::Route
        Properties:
          ApiId: !Ref Chat
          AuthorizationType: CUSTOM
          AuthorizerId: !Ref ChatConnectAuthorizer
          RequestParameters:
            route.request.header.Auth:
              Required: true
          RouteKey: $connect
          Target: !Join
            - /
            - - integrations
              - !Ref ChatConnectIntegration
      ChatConnectIntegration:
        Type: AWS::ApiGatewayV2::Integration
        Properties:
          ApiId: !Ref Chat
          IntegrationType: AWS_PROXY
          IntegrationUri: !Sub
            - "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${FunctionArn}/invocations"
            - FunctionArn: !GetAtt Worker.Arn
      ChatConnectPermission:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !GetAtt Worker.Arn
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Chat.ApiId}/live/$connect"
      ChatDefaultRoute:
        Type: AWS::ApiGatewayV2::Route
        Properties:
          ApiId: !Ref Chat
          RouteKey: $default
          Target: !Join
            - /
            - - integrations
              - !Ref ChatDefaultIntegration
      ChatDefaultIntegration:
        Type: AWS::ApiGatewayV2::Integration
        Properties:
          ApiId: !Ref Chat
          IntegrationType: AWS_PROXY
          IntegrationUri: !Sub
            - "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${FunctionArn}/invocations"
            - FunctionArn: !GetAtt Worker.Arn
      ChatDefaultPermission:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !GetAtt Worker.Arn
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Chat.ApiId}/live/$default"
      ChatSendmessageRoute:
        Type: AWS::ApiGatewayV2::Route
        Properties:
          ApiId: !Ref Chat
          OperationName: send
          RouteKey: sendMessage
          Target: !Join
            - /
            - - integrations
              - !Ref ChatSendmessageIntegration
      ChatSendmessageIntegration:
        Type: AWS::ApiGatewayV2::Integration
        Properties:
          ApiId: !Ref Chat
          IntegrationType: AWS_PROXY
          IntegrationUri: !Sub
            - "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${FunctionArn}/invocations"
            - FunctionArn: !GetAtt Worker.Arn
          TimeoutInMillis: 900
      ChatSendmessagePermission:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !GetAtt Worker.Arn
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Chat.ApiId}/live/sendMessage"
      ApiGatewayDomainNameV2ce78a13742:
        Type: AWS::ApiGatewayV2::DomainName
        Properties:
          DomainName: chat.example.com
          DomainNameConfigurations:
            - CertificateArn: arn:one
              EndpointType: REGIONAL
          Tags:
            team: chat
            websocketapi:createdBy: SAM
      ChatApiMapping:
        Type: AWS::ApiGatewayV2::ApiMapping
        Properties:
          ApiId: !Ref Chat
          DomainName: !Ref ApiGatewayDomainNameV2ce78a13742
          Stage: !Ref ChatliveStage
      RecordSetGroup0cf6d58763:
        Type: AWS::Route53::RecordSetGroup
        Properties:
          HostedZoneId: Z1
          RecordSets:
            - Name: chat.example.com
              Type: A
              AliasTarget:
                HostedZoneId: !GetAtt ApiGatewayDomainNameV2ce78a13742.RegionalHostedZoneId
                DNSName: !GetAtt ApiGatewayDomainNameV2ce78a13742.RegionalDomainName
      ChatliveStage:
        Type: AWS::ApiGatewayV2::Stage
        DependsOn:
          - ChatConnectRoute
          - ChatDefaultRoute
          - ChatSendmessageRoute
        Properties:
          RouteSettings:
            sendMessage:
              ThrottlingRateLimit: 3
          ApiId: !Ref Chat
          StageName: live
          Tags:
            team: chat
            websocketapi:createdBy: SAM
          AutoDeploy: true
      ChatConnectAuthorizer:
        Type: AWS::ApiGatewayV2::Authorizer
        Properties:
          ApiId: !Ref Chat
          AuthorizerType: REQUEST
          AuthorizerUri: !Sub
            - "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${AuthArn}/invocations"
            - AuthArn: !GetAtt Worker.Arn
          IdentitySource:
            - route.request.header.Auth
          Name: chat
      ChatAuthorizerPermission:
        Type: AWS::Lambda::Permission
        Properties:
          Action: lambda:InvokeFunction
          FunctionName: !GetAtt Worker.Arn
          Principal: apigateway.amazonaws.com
          SourceArn: !Sub
            - "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/authorizers/*"
            - __ApiId__: !Ref Chat
    "#);
}
