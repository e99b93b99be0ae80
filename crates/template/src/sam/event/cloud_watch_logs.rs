//! `CloudWatchLogs`: a subscription of a log group.

use super::{Event, EventKind, Target, no_link, permission};
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::make::{node, sub_with};
use crate::sam::property::{Property, Shape};
use crate::sam::translation::Translation;

/// The event source.
pub static KIND: EventKind = EventKind {
    name: "CloudWatchLogs",
    properties: &[
        Property::new("LogGroupName", Shape::Str).required(),
        Property::new("FilterPattern", Shape::Str).required(),
    ],
    link: no_link,
    translate,
};

static SUBSCRIPTION_FILTER: CfnType =
    CfnType::new("AWS::Logs::SubscriptionFilter", &["LogGroupName", "FilterPattern", "DestinationArn"]);

fn translate(event: &mut Event, target: &mut Target<'_>, t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    let span = event.span;
    let arn = format!(
        "arn:{}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:${{__LogGroupName__}}:*",
        t.context.partition
    );
    let group = event.get("LogGroupName").cloned().unwrap_or_default();
    let source_arn = sub_with(span, arn, node!(span, { "__LogGroupName__": group }));
    let permission = permission::for_source(event, target, "logs.amazonaws.com", Some(source_arn))?;
    let mut filter = event
        .resource(&SUBSCRIPTION_FILTER, event.logical_id.clone(), target)?
        .depending_on(Some(node!(span, [&permission.logical_id])));
    event.copy_to(&mut filter, &["LogGroupName", "FilterPattern"]);
    filter.set("DestinationArn", target.arn());
    Ok(vec![permission, filter])
}
