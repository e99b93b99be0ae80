//! `SelfManagedKafka`: a Kafka cluster that AWS does not manage.

use super::{ANY_POSITION, Source, properties, schema_registry, source_access, statement};
use crate::Node;
use crate::sam::cfn::Resource;
use crate::sam::error::Fault;
use crate::sam::event::{Event, EventKind, Target, no_link};
use crate::sam::expect::{Owner, expect};
use crate::sam::intrinsic::is_intrinsic;
use crate::sam::make::node;
use crate::sam::python::truthy;
use crate::sam::translation::Translation;

/// The event source.
pub static KIND: EventKind =
    EventKind { name: "SelfManagedKafka", properties: properties!(ANY_POSITION;), link: no_link, translate };

const AUTHENTICATION: [&str; 4] =
    ["SASL_SCRAM_256_AUTH", "SASL_SCRAM_512_AUTH", "BASIC_AUTH", "CLIENT_CERTIFICATE_TLS_AUTH"];

fn translate(event: &mut Event, target: &mut Target<'_>, t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    let source =
        Source { arn: None, managed_policy: None, policies, kafka_config: Some("SelfManagedKafkaEventSourceConfig") };
    Ok(vec![super::translate(event, target, t, source)?])
}

/// What the source access configurations come to.
#[derive(Default)]
struct Access {
    secret: Option<Node>,
    has_root_certificate: bool,
    has_subnet: bool,
    has_security_group: bool,
}

fn policies(event: &Event, t: &Translation<'_>) -> Result<Vec<Node>, Fault> {
    let required = |name: &str| {
        let message = format!("No {name} provided for self managed kafka as an event source");
        event.truthy(name).ok_or_else(|| event.fault(message))
    };
    required("KafkaBootstrapServers")?;
    let topics = required("Topics")?;
    let count = topics.as_list().map(<[Node]>::len).or(topics.as_map().map(crate::Map::len));
    if count != Some(1) {
        let message = "Topics for self managed kafka only supports single configuration entry.";
        return Err(event.fault(message).at(topics.span));
    }
    let Some(configurations) = event.truthy("SourceAccessConfigurations") else {
        return Err(event.fault("No SourceAccessConfigurations for self managed kafka event provided."));
    };
    let access = read(event, configurations)?;
    let mut statements = Vec::new();
    let secret = access.secret.clone().unwrap_or_default();
    let secrets = usize::from(access.secret.is_some()) + usize::from(access.has_root_certificate);
    for _ in 0..secrets {
        statements.push(statement(event, &["secretsmanager:GetSecretValue"], &secret));
    }
    if access.has_subnet {
        statements.push(statement(event, &source_access::NETWORK_ACTIONS, &node!(event.span, "*")));
    }
    if let Some(resource) = source_access::kms_key(event)? {
        statements.push(statement(event, &["kms:Decrypt"], &resource));
    }
    statements.extend(schema_registry::statements(event, t)?);
    Ok(vec![node!(event.span, {
        "PolicyDocument": { "Statement": statements, "Version": "2012-10-17" },
        "PolicyName": "SelfManagedKafkaExecutionRolePolicy",
    })])
}

fn read(event: &Event, configurations: &Node) -> Result<Access, Fault> {
    let fault = |message: &str| event.fault(message).at(configurations.span);
    let Some(list) = configurations.as_list() else {
        return Err(fault("SourceAccessConfigurations for self managed kafka event should be a list."));
    };
    let mut access = Access::default();
    for configuration in list {
        let owner = Owner::Resource(&event.name);
        let map = expect(Some(configuration), owner, "SourceAccessConfigurations").map()?;
        let uri = map.get("URI");
        match map.get("Type").and_then(Node::as_str) {
            Some("VPC_SUBNET") => {
                check_uri(event, uri, "VPC_SUBNET")?;
                access.has_subnet = true;
            }
            Some("VPC_SECURITY_GROUP") => {
                check_uri(event, uri, "VPC_SECURITY_GROUP")?;
                access.has_security_group = true;
            }
            Some("SERVER_ROOT_CA_CERTIFICATE") => {
                check_uri(event, uri, "SERVER_ROOT_CA_CERTIFICATE")?;
                access.has_root_certificate = true;
            }
            Some(kind) if AUTHENTICATION.contains(&kind) => {
                if access.secret.is_some() {
                    return Err(fault(
                        "Multiple auth mechanism properties specified in SourceAccessConfigurations for self managed \
                         kafka event.",
                    ));
                }
                check_uri(event, uri, "auth mechanism")?;
                access.secret = uri.cloned();
            }
            _ => {
                return Err(fault("Invalid SourceAccessConfigurations Type provided for self managed kafka event."));
            }
        }
    }
    if access.has_subnet != access.has_security_group {
        return Err(fault(
            "VPC_SUBNET and VPC_SECURITY_GROUP in SourceAccessConfigurations for SelfManagedKafka must be both \
             provided.",
        ));
    }
    Ok(access)
}

fn check_uri(event: &Event, uri: Option<&Node>, what: &str) -> Result<(), Fault> {
    let rest = "URI property specified in SourceAccessConfigurations for self managed kafka event.";
    match uri.filter(|uri| truthy(uri)) {
        None => Err(event.fault(format!("No {what} {rest}"))),
        Some(uri) if uri.as_str().is_none() && !is_intrinsic(uri) => {
            Err(event.fault(format!("Wrong Type for {what} {rest}")).at(uri.span))
        }
        Some(_) => Ok(()),
    }
}
