//! What HTTP and WebSocket APIs have in common: custom domains, and permissions of authorizers.

use super::{PERMISSION, Shared, record_sets};
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::expect::{Owner, expect};
use crate::sam::hash::logical_id_of;
use crate::sam::make::{get_att, made, node, reference, sub_with};
use crate::sam::python::{if_truthy, name_list, truthy};
use crate::{Map, Node, Value};

static DOMAIN_NAME: CfnType = CfnType::new(
    "AWS::ApiGatewayV2::DomainName",
    &["DomainName", "DomainNameConfigurations", "MutualTlsAuthentication", "Tags"],
);
static MAPPING: CfnType =
    CfnType::new("AWS::ApiGatewayV2::ApiMapping", &["ApiId", "ApiMappingKey", "DomainName", "Stage"]);

const TRUST_STORE: [&str; 2] = ["TruststoreUri", "TruststoreVersion"];

/// What a custom domain is made of.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) domain: Option<Resource>,
    pub(super) mappings: Vec<Resource>,
    pub(super) records: Option<Resource>,
}

/// Makes the domain of the API `id`, with a tag that says who made it. Records go into a group of `shared`, or into one
/// of their own.
pub(super) fn construct(
    domain: &mut Node,
    id: &str,
    tag: Option<&str>,
    attributes: &Map,
    shared: Option<&mut Shared>,
) -> Result<Named, Fault> {
    let span = made(domain.span);
    let get = |key: &str| domain.get(key).filter(|value| !value.is_null());
    let (Some(name), Some(certificate)) = (get("DomainName"), get("CertificateArn")) else {
        let message = "Custom Domains only works if both DomainName and CertificateArn are provided.";
        return Err(Fault::resource(id, message).at(domain.span));
    };
    let endpoint = endpoint(domain, id)?;
    let domain_id = logical_id_of("ApiGatewayDomainNameV2", name);
    let mut configuration = node!(span, { "CertificateArn": certificate, "EndpointType": endpoint });
    for key in ["OwnershipVerificationCertificateArn", "SecurityPolicy"] {
        if let (Some(value), Some(map)) = (if_truthy(domain.get(key)), configuration.as_map_mut()) {
            map.insert_at(key, span, value.clone());
        }
    }
    let mut resource = Resource::new(&DOMAIN_NAME, &domain_id, span)?.with_attributes(attributes.clone());
    resource.set("DomainName", name.clone());
    resource.set("DomainNameConfigurations", node!(span, [configuration]));
    resource.set("Tags", tag.map(|tag| node!(span, { (tag): "SAM" })));
    resource.set("MutualTlsAuthentication", mutual_tls(domain, id)?);
    let mappings = mappings(domain, id, &domain_id, attributes)?;
    let records = records(domain, id, &domain_id, attributes, shared)?;
    Ok(Named { domain: Some(resource), mappings, records })
}

fn endpoint(domain: &Node, id: &str) -> Result<Node, Fault> {
    match domain.get("EndpointConfiguration").filter(|endpoint| !endpoint.is_null()) {
        None => Ok(node!(domain.span, "REGIONAL")),
        Some(endpoint) if endpoint.as_str() == Some("REGIONAL") => Ok(endpoint.clone()),
        Some(endpoint) => {
            let message =
                format!("EndpointConfiguration for Custom Domains must be one of {}.", name_list(&["REGIONAL"]));
            Err(Fault::resource(id, message).at(endpoint.span))
        }
    }
}

fn mutual_tls(domain: &Node, id: &str) -> Result<Option<Node>, Fault> {
    let Some(tls) = if_truthy(domain.get("MutualTlsAuthentication")) else { return Ok(None) };
    let Some(map) = tls.as_map() else {
        let message = format!(
            "MutualTlsAuthentication must be a map with at least one of the following fields {}.",
            name_list(&TRUST_STORE)
        );
        return Err(Fault::resource(id, message).at(tls.span));
    };
    let mut unknown: Vec<&str> = map.keys().filter(|key| !TRUST_STORE.contains(key)).collect();
    if !unknown.is_empty() {
        unknown.sort_unstable();
        let message = format!("Available MutualTlsAuthentication fields are {}.", name_list(&TRUST_STORE));
        return Err(Fault::resource(unknown.join(","), message).at(tls.span));
    }
    let mut authentication = Map::new();
    for key in TRUST_STORE {
        if let Some(value) = if_truthy(map.get(key)) {
            authentication.insert_at(key, made(tls.span), value.clone());
        }
    }
    Ok(Some(Node::new(authentication, made(tls.span))))
}

fn mappings(domain: &Node, id: &str, domain_id: &str, attributes: &Map) -> Result<Vec<Resource>, Fault> {
    let span = made(domain.span);
    let mapping = |letters: &str, key: Option<Node>| {
        let mut mapping =
            Resource::new(&MAPPING, format!("{id}{letters}ApiMapping"), span)?.with_attributes(attributes.clone());
        mapping.set("DomainName", reference(span, domain_id));
        mapping.set("ApiId", reference(span, id));
        mapping.set("Stage", reference(span, format!("{id}.Stage")));
        mapping.set("ApiMappingKey", key);
        Ok(mapping)
    };
    let paths = match domain.get("BasePath").filter(|path| truthy(path)).map(|path| (&path.value, path)) {
        Some((Value::String(_), path)) => std::slice::from_ref(path),
        Some((Value::List(paths), _)) => paths.as_slice(),
        _ => return Ok(vec![mapping("", None)?]),
    };
    paths
        .iter()
        .map(|path| {
            let Some(text) = path.as_str() else {
                return Err(Fault::resource(id, "Basepath must be a string.").at(path.span));
            };
            if text.bytes().any(|b| !b.is_ascii_alphanumeric() && !b"/-_".contains(&b)) {
                return Err(Fault::resource(id, "Invalid Basepath name provided.").at(path.span));
            }
            let letters: String = text.chars().filter(|c| !"-_/".contains(*c)).collect();
            mapping(&letters, Some(Node::new(text.trim_matches('/'), path.span)))
        })
        .collect()
}

fn records(
    domain: &Node,
    id: &str,
    domain_id: &str,
    attributes: &Map,
    shared: Option<&mut Shared>,
) -> Result<Option<Resource>, Fault> {
    let Some(route53) = domain.get("Route53").filter(|route53| !route53.is_null()) else { return Ok(None) };
    let span = made(route53.span);
    let map = expect(Some(route53), Owner::Resource(id), "Domain.Route53").map()?;
    if ["HostedZoneId", "HostedZoneName"].iter().all(|key| map.get(key).is_none_or(Node::is_null)) {
        let message = "HostedZoneId or HostedZoneName is required to enable Route53 support on Custom Domains.";
        return Err(Fault::resource(id, message).at(route53.span));
    }
    let mut target = Map::new();
    if let Some(health) = map.get("EvaluateTargetHealth").filter(|health| !health.is_null()) {
        target.insert_at("EvaluateTargetHealth", span, health.clone());
    }
    target.insert("HostedZoneId", get_att(span, domain_id, "RegionalHostedZoneId"));
    target.insert("DNSName", get_att(span, domain_id, "RegionalDomainName"));
    let records = record_sets::records(domain.get("DomainName"), route53, &Node::new(target, span));
    let group = match shared {
        Some(shared) => record_sets::add(shared, route53, records, attributes, true),
        None => record_sets::alone(route53, records, attributes, true),
    };
    group.map(Some)
}

/// What lets API Gateway invoke the function of an authorizer; `api` refers to the API.
pub(super) fn authorizer_permission(
    id: String,
    function: &Node,
    api: Node,
    attributes: &Map,
) -> Result<Resource, Fault> {
    let span = made(function.span);
    let source = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/authorizers/*";
    let mut permission = Resource::new(&PERMISSION, id, span)?.with_attributes(attributes.clone());
    permission.set("Action", node!(span, "lambda:InvokeFunction"));
    permission.set("FunctionName", function.clone());
    permission.set("Principal", node!(span, "apigateway.amazonaws.com"));
    permission.set("SourceArn", sub_with(span, source, node!(span, { "__ApiId__": api })));
    Ok(permission)
}
