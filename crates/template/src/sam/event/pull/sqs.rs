//! `SQS`: an SQS queue.

use super::{ANY_POSITION, Source, no_policies, properties};
use crate::sam::cfn::Resource;
use crate::sam::error::Fault;
use crate::sam::event::{Event, EventKind, Target, no_link};
use crate::sam::property::Property;
use crate::sam::translation::Translation;

/// The event source.
pub static KIND: EventKind = EventKind {
    name: "SQS",
    properties: properties!(ANY_POSITION; Property::any("Queue").required()),
    link: no_link,
    translate,
};

fn translate(event: &mut Event, target: &mut Target<'_>, t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    let source = Source {
        arn: event.get("Queue").cloned(),
        managed_policy: Some("AWSLambdaSQSQueueExecutionRole"),
        policies: no_policies,
        kafka_config: None,
    };
    Ok(vec![super::translate(event, target, t, source)?])
}
