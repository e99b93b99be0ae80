//! API Gateway: REST and HTTP APIs.

use super::Provider;
use super::naming::Style;

const fn rest(type_name: &'static str) -> Provider {
    Provider::new(type_name, "ApiGateway").needs("apigateway:POST", "apigateway:PATCH", "apigateway:DELETE")
}

const fn http(type_name: &'static str) -> Provider {
    Provider::new(type_name, "ApiGatewayV2").needs("apigateway:POST", "apigateway:PATCH", "apigateway:DELETE")
}

/// The rows of API Gateway.
pub(super) static ROWS: &[Provider] = &[
    rest("AWS::ApiGateway::RestApi")
        .id("{lower10}")
        .attributes(&[("RootResourceId", "{lower10}"), ("RestApiId", "{id}")])
        .tagged()
        .takes(6, 5, 3),
    rest("AWS::ApiGateway::Deployment")
        .id("{lower6}")
        .attributes(&[("DeploymentId", "{id}")])
        .replaced_by(&["RestApiId", "DeploymentCanarySettings"])
        .takes(3, 3, 2),
    rest("AWS::ApiGateway::Stage")
        .within("RestApiId")
        .id("{StageName}")
        .replaced_by(&["RestApiId", "StageName"])
        .tagged()
        .takes(4, 4, 2),
    rest("AWS::ApiGateway::Resource")
        .id("{lower6}")
        .attributes(&[("ResourceId", "{id}")])
        .replaced_by(&["ParentId", "PathPart", "RestApiId"])
        .takes(2, 2, 1),
    rest("AWS::ApiGateway::Method")
        .id("{RestApiId}|{ResourceId}|{HttpMethod}")
        .replaced_by(&["HttpMethod", "ResourceId", "RestApiId"])
        .takes(2, 2, 1),
    rest("AWS::ApiGateway::Model")
        .within("RestApiId")
        .named("Name", Style::Short(64))
        .replaced_by(&["ContentType", "RestApiId"])
        .takes(2, 2, 1),
    rest("AWS::ApiGateway::RequestValidator").id("{lower6}").replaced_by(&["Name", "RestApiId"]).takes(2, 2, 1),
    rest("AWS::ApiGateway::Authorizer")
        .id("{lower6}")
        .attributes(&[("AuthorizerId", "{id}")])
        .replaced_by(&["RestApiId"])
        .takes(2, 2, 1),
    rest("AWS::ApiGateway::GatewayResponse").id("{lower10}").replaced_by(&["ResponseType", "RestApiId"]).takes(2, 2, 1),
    rest("AWS::ApiGateway::Account").id("{stack}-{logical}").takes(5, 5, 1),
    rest("AWS::ApiGateway::ApiKey")
        .id("{lower10}")
        .attributes(&[("APIKeyId", "{id}")])
        .replaced_by(&["Name", "Value", "GenerateDistinctId"])
        .tagged()
        .takes(2, 2, 1),
    rest("AWS::ApiGateway::UsagePlan").id("{lower6}").attributes(&[("Id", "{id}")]).tagged().takes(3, 3, 2),
    rest("AWS::ApiGateway::UsagePlanKey")
        .id("{KeyId}:{UsagePlanId}")
        .replaced_by(&["KeyId", "KeyType", "UsagePlanId"])
        .takes(2, 2, 1),
    rest("AWS::ApiGateway::DomainName")
        .id("{DomainName}")
        .attributes(&[
            ("RegionalDomainName", "d-{lower10}.execute-api.{region}.{suffix}"),
            ("RegionalHostedZoneId", "Z{upper13}"),
            ("DistributionDomainName", "d{lower13}.cloudfront.net"),
            ("DistributionHostedZoneId", "Z2FDTNDATAQYW2"),
        ])
        .replaced_by(&["DomainName"])
        .tagged()
        .takes(10, 10, 5),
    rest("AWS::ApiGateway::BasePathMapping")
        .id("{DomainName}|{BasePath}")
        .replaced_by(&["BasePath", "DomainName"])
        .takes(2, 2, 1),
    http("AWS::ApiGatewayV2::Api")
        .id("{lower10}")
        .attributes(&[("ApiId", "{id}"), ("ApiEndpoint", "https://{id}.execute-api.{region}.{suffix}")])
        .replaced_by(&["ProtocolType"])
        .tagged()
        .takes(5, 5, 3),
    http("AWS::ApiGatewayV2::Stage")
        .within("ApiId")
        .id("{StageName}")
        .replaced_by(&["ApiId", "StageName"])
        .tagged()
        .takes(3, 3, 2),
    http("AWS::ApiGatewayV2::Deployment")
        .id("{lower6}")
        .attributes(&[("DeploymentId", "{id}")])
        .replaced_by(&["ApiId"])
        .takes(2, 2, 1),
    http("AWS::ApiGatewayV2::Integration")
        .id("{lower7}")
        .attributes(&[("IntegrationId", "{id}")])
        .replaced_by(&["ApiId"])
        .takes(2, 2, 1),
    http("AWS::ApiGatewayV2::Route")
        .id("{lower7}")
        .attributes(&[("RouteId", "{id}")])
        .replaced_by(&["ApiId"])
        .takes(2, 2, 1),
    http("AWS::ApiGatewayV2::Authorizer")
        .id("{lower6}")
        .attributes(&[("AuthorizerId", "{id}")])
        .replaced_by(&["ApiId"])
        .takes(2, 2, 1),
    http("AWS::ApiGatewayV2::DomainName")
        .id("{DomainName}")
        .attributes(&[
            ("RegionalDomainName", "d-{lower10}.execute-api.{region}.{suffix}"),
            ("RegionalHostedZoneId", "Z{upper13}"),
        ])
        .replaced_by(&["DomainName"])
        .tagged()
        .takes(10, 10, 5),
    http("AWS::ApiGatewayV2::ApiMapping")
        .id("{lower6}")
        .attributes(&[("ApiMappingId", "{id}")])
        .replaced_by(&["DomainName"])
        .takes(2, 2, 1),
    http("AWS::ApiGatewayV2::VpcLink").id("{lower6}").attributes(&[("VpcLinkId", "{id}")]).tagged().takes(30, 5, 20),
];
