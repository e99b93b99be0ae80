//! The custom domain of a REST API: its name, its base paths and its records.

use crate::sam::api::record_sets;
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::expect::{Owner, expect};
use crate::sam::hash::logical_id_of;
use crate::sam::make::{get_att, made, node, reference};
use crate::sam::python::{if_truthy, name_list, truthy};
use crate::sam::translation::{SamResource, Translation};
use crate::{Map, Node, Value};

static DOMAIN_NAME: CfnType = CfnType::new(
    "AWS::ApiGateway::DomainName",
    &[
        "RegionalCertificateArn",
        "DomainName",
        "EndpointConfiguration",
        "MutualTlsAuthentication",
        "SecurityPolicy",
        "EndpointAccessMode",
        "CertificateArn",
        "Tags",
        "OwnershipVerificationCertificateArn",
    ],
)
.replacing(&["AWS::ApiGateway::DomainName"]);

static MAPPING: CfnType =
    CfnType::new("AWS::ApiGateway::BasePathMapping", &["BasePath", "DomainName", "RestApiId", "Stage"])
        .replacing(&["AWS::ApiGateway::BasePathMapping"]);

const ENDPOINTS: [&str; 3] = ["EDGE", "REGIONAL", "PRIVATE"];
const TRUST_STORE: [&str; 2] = ["TruststoreUri", "TruststoreVersion"];

/// What a custom domain is made of.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) domain: Option<Resource>,
    pub(super) mappings: Vec<Resource>,
    pub(super) records: Option<Resource>,
    pub(super) access_association: Option<Resource>,
}

/// Makes the domain. `domain` gets the members that AWS's translator adds, since the id of the deployment depends on
/// them.
pub(super) fn construct(
    domain: Option<&mut Node>,
    sam: &SamResource,
    attributes: &Map,
    t: &mut Translation<'_>,
) -> Result<Named, Fault> {
    let Some(domain) = domain else { return Ok(Named::default()) };
    let owner = Owner::Resource(&sam.logical_id);
    let (name, certificate) = names(domain, owner)?;
    let span = made(domain.span);
    let id = logical_id_of("ApiGatewayDomainName", &name);
    set(domain, "ApiDomainName", node!(span, &id));

    let mut resource = Resource::new(&DOMAIN_NAME, &id, span)?.with_attributes(attributes.clone());
    resource.set("DomainName", name.clone());
    if domain.get("EndpointConfiguration").is_none_or(Node::is_null) {
        set(domain, "EndpointConfiguration", node!(span, "REGIONAL"));
    }
    let endpoint = endpoint(domain, sam)?;
    let is_regional = endpoint.as_str() == Some("REGIONAL");
    resource.set(if is_regional { "RegionalCertificateArn" } else { "CertificateArn" }, certificate);
    resource.set("EndpointConfiguration", endpoint_configuration(domain, endpoint));
    if let Some(tls) = if_truthy(domain.get("MutualTlsAuthentication")) {
        resource.set("MutualTlsAuthentication", mutual_tls(tls, owner, sam)?);
    }
    set_optional(&mut resource, domain);
    let mappings = mappings((&MAPPING, "DomainName"), domain, &id, sam, attributes)?;
    let records = match domain.get("Route53").filter(|route53| !route53.is_null()) {
        Some(_) => {
            check_route53(domain, sam)?;
            let target = alias_target(domain, &id);
            let Some(route53) = domain.get("Route53") else { return Ok(Named::default()) };
            let records = record_sets::records(Some(&name), route53, &target);
            Some(group(route53, &name, records, attributes, t)?)
        }
        None => None,
    };
    Ok(Named { domain: Some(resource), mappings, records, access_association: None })
}

/// The name and the certificate of a domain; both must be there.
pub(super) fn names(domain: &Node, owner: Owner<'_>) -> Result<(Node, Node), Fault> {
    let map = expect(Some(domain), owner, "Domain").map()?;
    let name = expect(map.get("DomainName"), owner, "Domain.DomainName").present()?;
    let certificate = expect(map.get("CertificateArn"), owner, "Domain.CertificateArn").present()?;
    Ok((name.clone(), certificate.clone()))
}

/// Sets a member of a mapping.
fn set(node: &mut Node, key: &str, value: Node) {
    let span = value.span;
    if let Some(map) = node.as_map_mut() {
        map.insert_at(key, span, value);
    }
}

/// The kind of endpoint, which must be one that there is.
pub(super) fn endpoint(domain: &Node, sam: &SamResource) -> Result<Node, Fault> {
    let endpoint = domain.get("EndpointConfiguration").cloned().unwrap_or_default();
    if endpoint.as_str().is_some_and(|kind| ENDPOINTS.contains(&kind)) {
        return Ok(endpoint);
    }
    let message = format!("EndpointConfiguration for Custom Domains must be one of {}.", name_list(&ENDPOINTS));
    Err(sam.fault(message).at(endpoint.span))
}

/// `EndpointConfiguration` of a domain name.
pub(super) fn endpoint_configuration(domain: &Node, endpoint: Node) -> Node {
    let span = made(domain.span);
    let mut configuration = node!(span, { "Types": [endpoint] });
    if let Some(address_type) = if_truthy(domain.get("IpAddressType")) {
        set(&mut configuration, "IpAddressType", node!(span, address_type));
    }
    configuration
}

fn mutual_tls(tls: &Node, owner: Owner<'_>, sam: &SamResource) -> Result<Node, Fault> {
    let map = expect(Some(tls), owner, "Domain.MutualTlsAuthentication").map()?;
    if map.keys().any(|key| !TRUST_STORE.contains(&key)) {
        let message = format!("Available Domain.MutualTlsAuthentication fields are {}.", name_list(&TRUST_STORE));
        return Err(sam.fault(message).at(tls.span));
    }
    let mut authentication = Map::new();
    for key in TRUST_STORE {
        if let Some(value) = if_truthy(map.get(key)) {
            authentication.insert_at(key, made(tls.span), value.clone());
        }
    }
    Ok(Node::new(authentication, made(tls.span)))
}

/// Sets what a domain name has only if the template gives it.
pub(super) fn set_optional(resource: &mut Resource, domain: &Node) {
    for key in ["SecurityPolicy", "EndpointAccessMode", "Policy", "OwnershipVerificationCertificateArn"] {
        if resource.kind.properties.contains(&key) {
            resource.set(key, if_truthy(domain.get(key)).cloned());
        }
    }
}

/// The base paths: nothing for none, or each with the letters and digits of it.
fn base_paths(domain: &Node, sam: &SamResource) -> Result<Option<Vec<(Node, String)>>, Fault> {
    let list = match domain.get("BasePath").filter(|path| truthy(path)) {
        Some(path) if path.as_str().is_some() => vec![path.clone()],
        Some(Node { value: Value::List(paths), .. }) => {
            expect(domain.get("BasePath"), Owner::Resource(&sam.logical_id), "Domain.BasePath").list_of_strings()?;
            paths.clone()
        }
        _ => return Ok(None),
    };
    let letters = |path: &Node| path.as_str().unwrap_or_default().chars().filter(|c| c.is_alphanumeric()).collect();
    let normalize = domain.get("NormalizeBasePath").is_none_or(truthy);
    let paths = list.into_iter().map(|path| {
        let letters: String = letters(&path);
        let path = if normalize { Node::new(letters.as_str(), path.span) } else { path };
        (path, letters)
    });
    Ok(Some(paths.collect()))
}

/// The mappings of a domain's paths, of a type that names the domain by a property.
pub(super) fn mappings(
    (kind, property): (&'static CfnType, &'static str),
    domain: &Node,
    domain_id: &str,
    sam: &SamResource,
    attributes: &Map,
) -> Result<Vec<Resource>, Fault> {
    let mapping = |letters: &str, path: Option<Node>| {
        let span = made(domain.span);
        let id = format!("{}{letters}BasePathMapping", sam.logical_id);
        let mut mapping = Resource::new(kind, id, span)?.with_attributes(attributes.clone());
        mapping.set(property, reference(span, domain_id));
        mapping.set("RestApiId", reference(span, &sam.logical_id));
        mapping.set("Stage", reference(span, format!("{}.Stage", sam.logical_id)));
        mapping.set("BasePath", path);
        Ok(mapping)
    };
    match base_paths(domain, sam)? {
        None => Ok(vec![mapping("", None)?]),
        Some(paths) => paths.into_iter().map(|(path, letters)| mapping(&letters, Some(path))).collect(),
    }
}

/// `Route53` must be a mapping with a hosted zone.
pub(super) fn check_route53(domain: &Node, sam: &SamResource) -> Result<(), Fault> {
    let owner = Owner::Resource(&sam.logical_id);
    let route53 = expect(domain.get("Route53"), owner, "Domain.Route53").map()?;
    if ["HostedZoneId", "HostedZoneName"].iter().all(|key| route53.get(key).is_none_or(Node::is_null)) {
        let message = "HostedZoneId or HostedZoneName is required to enable Route53 support on Custom Domains.";
        return Err(sam.fault(message));
    }
    if let Some(separate) = if_truthy(route53.get("SeparateRecordSetGroup")) {
        expect(Some(separate), owner, "Domain.Route53.SeparateRecordSetGroup").bool()?;
    }
    Ok(())
}

/// The group the records of a domain go into.
pub(super) fn group(
    route53: &Node,
    name: &Node,
    records: Vec<Node>,
    attributes: &Map,
    t: &mut Translation<'_>,
) -> Result<Resource, Fault> {
    if route53.get("SeparateRecordSetGroup").is_some_and(truthy) {
        return record_sets::separate(route53, name, records, attributes);
    }
    record_sets::add(&mut t.apis, route53, records, attributes, false)
}

/// Where the records of a domain lead. The distribution of an edge domain is noted in the domain.
pub(super) fn alias_target(domain: &mut Node, domain_id: &str) -> Node {
    let span = made(domain.span);
    let kind = domain.get("EndpointConfiguration").and_then(Node::as_str).unwrap_or_default().to_owned();
    let Some(route53) = domain.as_map_mut().and_then(|map| map.get_mut("Route53")) else { return Node::default() };
    let mut target = Map::new();
    if let Some(health) = route53.get("EvaluateTargetHealth").filter(|health| !health.is_null()) {
        target.insert_at("EvaluateTargetHealth", span, health.clone());
    }
    let (zone, name) = match kind.as_str() {
        "REGIONAL" => {
            (get_att(span, domain_id, "RegionalHostedZoneId"), get_att(span, domain_id, "RegionalDomainName"))
        }
        "EDGE" => {
            if route53.get("DistributionDomainName").is_none_or(Node::is_null) {
                set(route53, "DistributionDomainName", get_att(span, domain_id, "DistributionDomainName"));
            }
            // The hosted zone of CloudFront ("AliasTarget", Route 53 API Reference).
            let name = route53.get("DistributionDomainName").cloned().unwrap_or_default();
            (node!(span, "Z2FDTNDATAQYW2"), name)
        }
        _ => {
            let part = |key: &str| route53.get(key).cloned().unwrap_or_default();
            (part("VpcEndpointHostedZoneId"), part("VpcEndpointDomainName"))
        }
    };
    target.insert_at("HostedZoneId", span, zone);
    target.insert_at("DNSName", span, name);
    Node::new(target, span)
}
