//! The custom domain of a private REST API: it is reached through VPC endpoints.

use super::domain::{self, Named, alias_target, check_route53, group};
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::expect::{Owner, expect};
use crate::sam::hash::logical_id_of;
use crate::sam::make::{made, node, reference};
use crate::sam::translation::{SamResource, Translation};
use crate::{Map, Node};

static DOMAIN_NAME: CfnType = CfnType::new(
    "AWS::ApiGateway::DomainNameV2",
    &[
        "DomainName",
        "EndpointConfiguration",
        "SecurityPolicy",
        "EndpointAccessMode",
        "CertificateArn",
        "Tags",
        "Policy",
    ],
)
.replacing(&["AWS::ApiGateway::DomainNameV2"]);

static MAPPING: CfnType =
    CfnType::new("AWS::ApiGateway::BasePathMappingV2", &["BasePath", "DomainNameArn", "RestApiId", "Stage"])
        .replacing(&["AWS::ApiGateway::BasePathMappingV2"]);

static ASSOCIATION: CfnType = CfnType::new(
    "AWS::ApiGateway::DomainNameAccessAssociation",
    &["AccessAssociationSource", "AccessAssociationSourceType", "DomainNameArn", "Tags"],
);

/// Whether the domain is one of a private API.
pub(super) fn is_private(domain: &Node) -> bool {
    domain.get("EndpointConfiguration").and_then(Node::as_str) == Some("PRIVATE")
}

/// Makes the domain.
pub(super) fn construct(
    domain: &mut Node,
    sam: &SamResource,
    attributes: &Map,
    t: &mut Translation<'_>,
) -> Result<Named, Fault> {
    let (name, certificate) = domain::names(domain, Owner::Resource(&sam.logical_id))?;
    let span = made(domain.span);
    let id = logical_id_of("ApiGatewayDomainNameV2", &name);
    let mut resource = Resource::new(&DOMAIN_NAME, &id, span)?.with_attributes(attributes.clone());
    resource.set("DomainName", name.clone());
    resource.set("CertificateArn", certificate);
    let endpoint = domain::endpoint(domain, sam)?;
    resource.set("EndpointConfiguration", domain::endpoint_configuration(domain, endpoint));
    set_optional(&mut resource, domain)?;
    let mappings = domain::mappings((&MAPPING, "DomainNameArn"), domain, &id, sam, attributes)?;
    let access_association = association(domain, &id, sam, attributes)?;
    let mut records = None;
    if domain.get("Route53").is_some_and(|route53| !route53.is_null()) {
        check_route53(domain, sam)?;
        let target = alias_target(domain, &id);
        if let Some(route53) = domain.get("Route53") {
            let list = crate::sam::api::record_sets::records(Some(&name), route53, &target);
            records = Some(group(route53, &name, list, attributes, t)?);
        }
    }
    Ok(Named { domain: Some(resource), mappings, records, access_association })
}

/// As for other domains; a certificate that proves the ownership is not for private ones.
fn set_optional(resource: &mut Resource, domain: &Node) -> Result<(), Fault> {
    const OWNERSHIP: &str = "OwnershipVerificationCertificateArn";
    if let Some(value) = crate::sam::python::if_truthy(domain.get(OWNERSHIP)) {
        let message = format!("property {OWNERSHIP} not defined for resource of type {}", resource.kind.name);
        return Err(Fault::resource(&resource.logical_id, message).at(value.span));
    }
    domain::set_optional(resource, domain);
    Ok(())
}

/// What lets a VPC endpoint reach the domain.
fn association(domain: &Node, domain_id: &str, sam: &SamResource, attributes: &Map) -> Result<Option<Resource>, Fault> {
    let Some(access) = domain.get("AccessAssociation").filter(|access| !access.is_null()) else { return Ok(None) };
    expect(Some(access), Owner::Resource(&sam.logical_id), "Domain.AccessAssociation").map()?;
    let span = made(access.span);
    let endpoint = access.get("VpcEndpointId").cloned().unwrap_or_default();
    let id = logical_id_of("DomainNameAccessAssociation", &node!(span, [&endpoint, domain_id]));
    let mut association = Resource::new(&ASSOCIATION, id, span)?.with_attributes(attributes.clone());
    association.set("DomainNameArn", reference(span, domain_id));
    association.set("AccessAssociationSourceType", node!(span, "VPCE"));
    association.set("AccessAssociationSource", endpoint);
    Ok(Some(association))
}
