//! `Kinesis`: a Kinesis data stream.

use super::{POSITION, Source, no_policies, properties};
use crate::sam::cfn::Resource;
use crate::sam::error::Fault;
use crate::sam::event::{Event, EventKind, Target, no_link};
use crate::sam::property::Property;
use crate::sam::translation::Translation;

/// The event source.
pub static KIND: EventKind = EventKind {
    name: "Kinesis",
    properties: properties!(POSITION; Property::any("Stream").required()),
    link: no_link,
    translate,
};

fn translate(event: &mut Event, target: &mut Target<'_>, t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    let source = Source {
        arn: event.get("Stream").cloned(),
        managed_policy: Some("AWSLambdaKinesisExecutionRole"),
        policies: no_policies,
        kafka_config: None,
    };
    Ok(vec![super::translate(event, target, t, source)?])
}
