//! `DeadLetterConfig` of rules and schedules: a queue that is given, or one that is made.

use super::{Event, Target};
use crate::Node;
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::make::node;

/// `AWS::SQS::Queue`.
pub static SQS_QUEUE: CfnType = CfnType::new("AWS::SQS::Queue", &["FifoQueue", "Tags"]);

/// `AWS::SQS::QueuePolicy`.
pub static SQS_QUEUE_POLICY: CfnType = CfnType::new("AWS::SQS::QueuePolicy", &["PolicyDocument", "Queues"]);

/// The ARN of the queue, and the resources that had to be made.
pub(super) struct DeadLetters {
    pub(super) arn: Option<Node>,
    pub(super) resources: Vec<Resource>,
}

/// Reads the property, if the event has it. A made queue gets a policy for `source_arn`, if there is one.
pub(super) fn read(
    event: &Event,
    target: &Target<'_>,
    source_arn: Option<&Node>,
) -> Result<Option<DeadLetters>, Fault> {
    let Some(config) = event.get("DeadLetterConfig") else { return Ok(None) };
    let fault = |message: &str| Fault::event(&event.logical_id, message).at(config.span);
    let has = |name: &str| config.get(name).is_some();
    if has("Arn") && has("Type") {
        return Err(fault("You can either define 'Arn' or 'Type' property of DeadLetterConfig."));
    }
    if has("Type") && config.get("Type").and_then(Node::as_str) != Some("SQS") {
        return Err(fault("The only valid value for 'Type' property of DeadLetterConfig is 'SQS'."));
    }
    if !has("Arn") && !has("Type") {
        return Err(fault("No 'Arn' or 'Type' property provided for DeadLetterConfig."));
    }
    if let Some(arn) = config.get("Arn").filter(|arn| !arn.is_null()) {
        return Ok(Some(DeadLetters { arn: Some(arn.clone()), resources: Vec::new() }));
    }
    let queue_id = match config.get("QueueLogicalId").filter(|id| !id.is_null()) {
        None => None,
        Some(id) => Some(id.as_str().ok_or_else(|| fault("QueueLogicalId must be a string"))?),
    };
    let queue_id =
        queue_id.filter(|id| !id.is_empty()).map_or_else(|| format!("{}Queue", event.logical_id), str::to_owned);
    let queue = event.resource(&SQS_QUEUE, queue_id, target)?;
    let arn = queue.get_att("Arn");
    let mut resources = Vec::new();
    if let Some(source_arn) = source_arn {
        resources.push(policy(event, target, source_arn, &queue)?);
    }
    resources.insert(0, queue);
    Ok(Some(DeadLetters { arn: Some(arn), resources }))
}

fn policy(event: &Event, target: &Target<'_>, source_arn: &Node, queue: &Resource) -> Result<Resource, Fault> {
    let mut policy = event.resource(&SQS_QUEUE_POLICY, format!("{}QueuePolicy", event.logical_id), target)?;
    let statement = node!(event.span, {
        "Action": "sqs:SendMessage",
        "Effect": "Allow",
        "Principal": { "Service": "events.amazonaws.com" },
        "Resource": queue.get_att("Arn"),
        "Condition": { "ArnEquals": { "aws:SourceArn": source_arn } },
    });
    policy.set("PolicyDocument", node!(event.span, { "Version": "2012-10-17", "Statement": [statement] }));
    policy.set("Queues", node!(event.span, [queue.reference()]));
    Ok(policy)
}
