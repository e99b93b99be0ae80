//! `SNS`: a subscription of a topic, directly or through a queue.

use super::pull::sqs;
use super::{Event, EventKind, SQS_QUEUE, SQS_QUEUE_POLICY, Target, no_link, permission};
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::expect::{Owner, expect};
use crate::sam::intrinsic::logical_id_of;
use crate::sam::make::node;
use crate::sam::property::{Property, Shape};
use crate::sam::python::truthy;
use crate::sam::translation::Translation;
use crate::{Map, Node};

/// The event source.
pub static KIND: EventKind = EventKind {
    name: "SNS",
    properties: &[
        Property::new("Topic", Shape::Str).required(),
        Property::new("Region", Shape::Str),
        Property::any("FilterPolicy"),
        Property::any("FilterPolicyScope"),
        Property::new("SqsSubscription", Shape::OneOf(&[Shape::Bool, Shape::Map])),
        Property::new("RedrivePolicy", Shape::Map),
    ],
    link: no_link,
    translate,
};

static SUBSCRIPTION: CfnType = CfnType::new(
    "AWS::SNS::Subscription",
    &["Endpoint", "Protocol", "TopicArn", "Region", "FilterPolicy", "FilterPolicyScope", "RedrivePolicy"],
);

fn translate(event: &mut Event, target: &mut Target<'_>, t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    let topic = event.get("Topic").cloned().unwrap_or_default();
    let Some(through_queue) = event.truthy("SqsSubscription").cloned() else {
        let subscription = subscription(event, target, "lambda", target.arn())?;
        return Ok(vec![permission::for_source(event, target, "sns.amazonaws.com", Some(topic))?, subscription]);
    };
    if through_queue.as_bool().is_some() {
        return with_new_queue(event, target, &topic, t);
    }
    let settings = expect(Some(&through_queue), Owner::Event(&event.name), "SqsSubscription").map()?;
    with_given_queue(event, target, &topic, settings, t)
}

fn with_new_queue(
    event: &Event,
    target: &mut Target<'_>,
    topic: &Node,
    t: &mut Translation<'_>,
) -> Result<Vec<Resource>, Fault> {
    let fifo = fifo_setting(topic, t)?;
    let mut queue = event.resource(&SQS_QUEUE, format!("{}Queue", event.logical_id), target)?;
    queue.set("FifoQueue", fifo.filter(truthy));
    let (arn, url) = (queue.get_att("Arn"), queue.reference());
    let policy = queue_policy(event, target, topic, &arn, url, format!("{}QueuePolicy", event.logical_id))?;
    let subscription = subscription(event, target, "sqs", arn.clone())?;
    let mut resources = mapping(event, target, arn, None, t)?;
    resources.extend([queue, policy, subscription]);
    Ok(resources)
}

fn with_given_queue(
    event: &Event,
    target: &mut Target<'_>,
    topic: &Node,
    settings: &Map,
    t: &mut Translation<'_>,
) -> Result<Vec<Resource>, Fault> {
    let given = |name: &str| settings.get(name).filter(|node| truthy(node));
    let (Some(arn), Some(url)) = (given("QueueArn"), given("QueueUrl")) else {
        return Err(event.fault("No QueueARN or QueueURL provided."));
    };
    let id = match given("QueuePolicyLogicalId") {
        None => format!("{}QueuePolicy", event.logical_id),
        Some(id) => match id.as_str() {
            Some(id) => id.to_owned(),
            None => {
                let fault = Fault::resource(crate::sam::python::display(id), "Logical ids must be alphanumeric.");
                return Err(fault.at(id.span));
            }
        },
    };
    let policy = queue_policy(event, target, topic, arn, url.clone(), id)?;
    let subscription = subscription(event, target, "sqs", arn.clone())?;
    let mut resources = mapping(event, target, arn.clone(), given("BatchSize").cloned(), t)?;
    resources.extend([policy, subscription]);
    Ok(resources)
}

/// `FifoTopic` of the topic, if it is one of the template.
fn fifo_setting(topic: &Node, t: &Translation<'_>) -> Result<Option<Node>, Fault> {
    let topic = logical_id_of(topic).and_then(|id| t.resources.get(id));
    topic.and_then(|topic| topic.at(&["Properties", "FifoTopic"])).map(|fifo| t.resolver.resolved(fifo)).transpose()
}

fn subscription(event: &Event, target: &Target<'_>, protocol: &str, endpoint: Node) -> Result<Resource, Fault> {
    let mut subscription = event.resource(&SUBSCRIPTION, event.logical_id.clone(), target)?;
    subscription.set("Protocol", node!(event.span, protocol));
    subscription.set("Endpoint", endpoint);
    subscription.set("TopicArn", event.get("Topic").cloned());
    event.copy_to(&mut subscription, &["Region", "FilterPolicy", "FilterPolicyScope", "RedrivePolicy"]);
    Ok(subscription)
}

fn queue_policy(
    event: &Event,
    target: &Target<'_>,
    topic: &Node,
    queue_arn: &Node,
    queue_url: Node,
    id: String,
) -> Result<Resource, Fault> {
    let mut policy = event.resource(&SQS_QUEUE_POLICY, id, target)?;
    let statement = node!(event.span, {
        "Action": "sqs:SendMessage",
        "Effect": "Allow",
        "Principal": "*",
        "Resource": queue_arn,
        "Condition": { "ArnEquals": { "aws:SourceArn": topic } },
    });
    policy.set("PolicyDocument", node!(event.span, { "Version": "2012-10-17", "Statement": [statement] }));
    policy.set("Queues", node!(event.span, [queue_url]));
    Ok(policy)
}

/// The event source mapping from the queue to the function.
fn mapping(
    event: &Event,
    target: &mut Target<'_>,
    queue_arn: Node,
    batch_size: Option<Node>,
    t: &mut Translation<'_>,
) -> Result<Vec<Resource>, Fault> {
    let mut properties = Map::new();
    properties.insert("Queue", queue_arn);
    properties.insert("BatchSize", batch_size.unwrap_or_else(|| node!(event.span, 10)));
    properties.insert("Enabled", node!(event.span, true));
    let mut mapping = Event {
        kind: &sqs::KIND,
        logical_id: format!("{}EventSourceMapping", event.logical_id),
        name: event.name.clone(),
        properties,
        span: event.span,
    };
    (sqs::KIND.translate)(&mut mapping, target, t)
}
