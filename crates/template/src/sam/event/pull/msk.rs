//! `MSK`: a cluster of Amazon Managed Streaming for Apache Kafka.

use super::{POSITION, Source, properties, schema_registry, statement};
use crate::Node;
use crate::sam::cfn::Resource;
use crate::sam::error::Fault;
use crate::sam::event::{Event, EventKind, Target, no_link};
use crate::sam::make::node;
use crate::sam::property::Property;
use crate::sam::python::truthy;
use crate::sam::translation::Translation;

/// The event source.
pub static KIND: EventKind = EventKind {
    name: "MSK",
    properties: properties!(POSITION; Property::any("Stream").required()),
    link: no_link,
    translate,
};

fn translate(event: &mut Event, target: &mut Target<'_>, t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    schema_registry::resolve_uri(event, t)?;
    let source = Source {
        arn: event.get("Stream").cloned(),
        managed_policy: Some("AWSLambdaMSKExecutionRole"),
        policies,
        kafka_config: Some("AmazonManagedKafkaEventSourceConfig"),
    };
    Ok(vec![super::translate(event, target, t, source)?])
}

fn policies(event: &Event, t: &Translation<'_>) -> Result<Vec<Node>, Fault> {
    let mut statements = schema_registry::statements(event, t)?;
    let configurations = event.get("SourceAccessConfigurations").and_then(Node::as_list).unwrap_or_default();
    for configuration in configurations {
        let is_certificate = configuration.get("Type").and_then(Node::as_str) == Some("CLIENT_CERTIFICATE_TLS_AUTH");
        if let (true, Some(uri)) = (is_certificate, configuration.get("URI").filter(|uri| truthy(uri))) {
            statements.push(statement(event, &["secretsmanager:GetSecretValue"], uri));
        }
    }
    if statements.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![node!(event.span, {
        "PolicyName": "MSKExecutionRolePolicy",
        "PolicyDocument": { "Statement": statements },
    })])
}
