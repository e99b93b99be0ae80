//! Event sources that Lambda polls: streams, queues and brokers, each an event source mapping.

pub mod document_db;
pub mod dynamo_db;
pub mod kinesis;
pub mod mq;
pub mod msk;
mod schema_registry;
pub mod self_managed_kafka;
mod source_access;
pub mod sqs;

use super::{Event, Target};
use crate::Node;
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::expect::{Owner, expect};
use crate::sam::intrinsic::is_intrinsic;
use crate::sam::make::{made, node};
use crate::sam::property::Property;
use crate::sam::python::truthy;
use crate::sam::role::allow;
use crate::sam::translation::Translation;

/// `AWS::Lambda::EventSourceMapping`.
static MAPPING: CfnType = CfnType::new(
    "AWS::Lambda::EventSourceMapping",
    &[
        "BatchSize",
        "DocumentDBEventSourceConfig",
        "Enabled",
        "EventSourceArn",
        "FunctionName",
        "MaximumBatchingWindowInSeconds",
        "MaximumRetryAttempts",
        "BisectBatchOnFunctionError",
        "MaximumRecordAgeInSeconds",
        "DestinationConfig",
        "ParallelizationFactor",
        "StartingPosition",
        "StartingPositionTimestamp",
        "Topics",
        "Queues",
        "SourceAccessConfigurations",
        "TumblingWindowInSeconds",
        "FunctionResponseTypes",
        "SelfManagedEventSource",
        "FilterCriteria",
        "KmsKeyArn",
        "AmazonManagedKafkaEventSourceConfig",
        "SelfManagedKafkaEventSourceConfig",
        "ScalingConfig",
        "ProvisionedPollerConfig",
        "MetricsConfig",
        "LoggingConfig",
    ],
);

/// Properties that go into the mapping as they are.
const COPIED: [&str; 20] = [
    "StartingPosition",
    "StartingPositionTimestamp",
    "BatchSize",
    "Enabled",
    "MaximumBatchingWindowInSeconds",
    "MaximumRetryAttempts",
    "BisectBatchOnFunctionError",
    "MaximumRecordAgeInSeconds",
    "ParallelizationFactor",
    "Topics",
    "Queues",
    "SourceAccessConfigurations",
    "TumblingWindowInSeconds",
    "FunctionResponseTypes",
    "FilterCriteria",
    "KmsKeyArn",
    "ScalingConfig",
    "ProvisionedPollerConfig",
    "MetricsConfig",
    "LoggingConfig",
];

/// The properties all these sources have; `$first` are checked in the place of those of the same name.
macro_rules! properties {
    ($position:expr; $($own:expr),* $(,)?) => {
        &[
            $crate::sam::property::Property::new("BatchSize", $crate::sam::property::Shape::Int),
            $position,
            $crate::sam::property::Property::any("StartingPositionTimestamp"),
            $crate::sam::property::Property::new("Enabled", $crate::sam::property::Shape::Bool),
            $crate::sam::property::Property::new("MaximumBatchingWindowInSeconds", $crate::sam::property::Shape::Int),
            $crate::sam::property::Property::new("MaximumRetryAttempts", $crate::sam::property::Shape::Int),
            $crate::sam::property::Property::new("BisectBatchOnFunctionError", $crate::sam::property::Shape::Bool),
            $crate::sam::property::Property::new("MaximumRecordAgeInSeconds", $crate::sam::property::Shape::Int),
            $crate::sam::property::Property::new("DestinationConfig", $crate::sam::property::Shape::Map),
            $crate::sam::property::Property::new("ParallelizationFactor", $crate::sam::property::Shape::Int),
            $crate::sam::property::Property::new("Topics", $crate::sam::property::Shape::List),
            $crate::sam::property::Property::new("Queues", $crate::sam::property::Shape::List),
            $crate::sam::property::Property::new("SourceAccessConfigurations", $crate::sam::property::Shape::List),
            $crate::sam::property::Property::new("SecretsManagerKmsKeyId", $crate::sam::property::Shape::Str),
            $crate::sam::property::Property::new("TumblingWindowInSeconds", $crate::sam::property::Shape::Int),
            $crate::sam::property::Property::new("FunctionResponseTypes", $crate::sam::property::Shape::List),
            $crate::sam::property::Property::new("KafkaBootstrapServers", $crate::sam::property::Shape::List),
            $crate::sam::property::Property::new("FilterCriteria", $crate::sam::property::Shape::Map),
            $crate::sam::property::Property::any("KmsKeyArn"),
            $crate::sam::property::Property::new("ConsumerGroupId", $crate::sam::property::Shape::Str),
            $crate::sam::property::Property::new("ScalingConfig", $crate::sam::property::Shape::Map),
            $crate::sam::property::Property::new("ProvisionedPollerConfig", $crate::sam::property::Shape::Map),
            $crate::sam::property::Property::new("SchemaRegistryConfig", $crate::sam::property::Shape::Map),
            $crate::sam::property::Property::new("MetricsConfig", $crate::sam::property::Shape::Map),
            $crate::sam::property::Property::new("LoggingConfig", $crate::sam::property::Shape::Map),
            $($own),*
        ]
    };
}
use properties;

/// `StartingPosition` of sources that do not need one.
const ANY_POSITION: Property = Property::any("StartingPosition");
/// `StartingPosition` of streams.
const POSITION: Property = Property::any("StartingPosition").required();

/// What makes one source different from the others.
struct Source {
    /// What is polled.
    arn: Option<Node>,
    /// The managed policy the function needs, without `service-role/`.
    managed_policy: Option<&'static str>,
    /// The policies the function needs.
    policies: fn(&Event, &Translation<'_>) -> Result<Vec<Node>, Fault>,
    /// The property for Kafka settings.
    kafka_config: Option<&'static str>,
}

fn no_policies(_event: &Event, _t: &Translation<'_>) -> Result<Vec<Node>, Fault> {
    Ok(Vec::new())
}

/// Makes the mapping, and gives the function's role what it needs.
fn translate(event: &Event, target: &mut Target<'_>, t: &Translation<'_>, source: Source) -> Result<Resource, Fault> {
    let mut mapping = event.resource(&MAPPING, event.logical_id.clone(), target)?;
    mapping.set("FunctionName", target.reference());
    mapping.set("EventSourceArn", source.arn.clone());
    event.copy_to(&mut mapping, &COPIED);
    check_filter_criteria(event)?;
    if let Some(servers) = event.truthy("KafkaBootstrapServers") {
        let endpoints = node!(event.span, { "Endpoints": { "KafkaBootstrapServers": servers } });
        mapping.set("SelfManagedEventSource", endpoints);
    }
    set_kafka_config(event, &mut mapping, source.kafka_config)?;
    let destination_policy = set_destination(event, &mut mapping)?;
    let policies = (source.policies)(event, t)?;
    let Some(role) = &mut target.role else { return Ok(mapping) };
    if let Some(name) = source.managed_policy {
        let arn = t.managed_policy_arn(&format!("service-role/{name}"));
        role.add_managed_policy(node!(event.span, arn));
    }
    for policy in policies.into_iter().chain(destination_policy) {
        role.add_policy(policy);
    }
    Ok(mapping)
}

fn set_kafka_config(event: &Event, mapping: &mut Resource, name: Option<&'static str>) -> Result<(), Fault> {
    let (group, registry) = (event.truthy("ConsumerGroupId"), event.truthy("SchemaRegistryConfig"));
    let Some(name) = name else {
        if group.is_some() {
            let message = format!("Property ConsumerGroupId not defined for resource of type {}.", event.kind.name);
            return Err(Fault::event(&event.logical_id, message).at(event.span));
        }
        return Ok(());
    };
    let mut config = node!(event.span, {});
    for (key, value) in [("ConsumerGroupId", group), ("SchemaRegistryConfig", registry)] {
        if let (Some(map), Some(value)) = (config.as_map_mut(), value) {
            map.insert_at(key, made(event.span), value.clone());
        }
    }
    mapping.set(name, Some(config).filter(truthy));
    Ok(())
}

fn check_filter_criteria(event: &Event) -> Result<(), Fault> {
    const FILTERING: [&str; 7] = ["DocumentDB", "DynamoDB", "Kinesis", "MQ", "MSK", "SelfManagedKafka", "SQS"];
    let Some(criteria) = event.truthy("FilterCriteria").filter(|criteria| !is_intrinsic(criteria)) else {
        return Ok(());
    };
    if !FILTERING.contains(&event.kind.name) {
        let message = format!("FilterCriteria is only available for {} events.", FILTERING.join(", "));
        return Err(event.fault(message).at(criteria.span));
    }
    if criteria.as_map().is_none_or(|map| map.len() != 1 || !map.contains_key("Filters")) {
        return Err(event.fault("FilterCriteria field has a wrong format").at(criteria.span));
    }
    Ok(())
}

/// Writes `DestinationConfig` without its `Type`, and gives the policy the function needs for it.
fn set_destination(event: &Event, mapping: &mut Resource) -> Result<Option<Node>, Fault> {
    let Some(config) = event.truthy("DestinationConfig") else { return Ok(None) };
    let owner = Owner::Event(&event.logical_id);
    let on_failure = expect(config.get("OnFailure"), owner, "DestinationConfig.OnFailure").map()?;
    let mut config = config.clone();
    let kind = on_failure.get("Type").filter(|kind| truthy(kind));
    let mut policy = None;
    if let Some(kind) = kind {
        if let Some(map) = config.as_map_mut().and_then(|map| map.get_mut("OnFailure")?.as_map_mut()) {
            map.remove("Type");
        }
        let arn = on_failure.get("Destination").cloned().unwrap_or_default();
        let (span, id) = (event.span, &event.logical_id);
        policy = match kind.as_str() {
            Some("SQS") => Some(allow(span, format!("{id}SQSPolicy"), "sqs:SendMessage", &arn)),
            Some("SNS") => Some(allow(span, format!("{id}SNSPolicy"), "sns:publish", &arn)),
            Some("S3") => Some(crate::sam::role::allow_s3(span, id, &arn)),
            Some("Kafka") => None,
            _ => {
                let message = "The only valid values for 'Type' are 'SQS', 'SNS', 'S3', and 'Kafka'";
                return Err(Fault::event(id, message).at(kind.span));
            }
        };
    }
    mapping.set("DestinationConfig", config);
    Ok(policy)
}

/// A statement that allows actions on a resource.
fn statement(event: &Event, actions: &[&str], resource: &Node) -> Node {
    let actions: Vec<Node> = actions.iter().map(|action| node!(event.span, *action)).collect();
    node!(event.span, { "Action": actions, "Effect": "Allow", "Resource": resource })
}
