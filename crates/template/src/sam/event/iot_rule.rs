//! `IoTRule`: an AWS IoT topic rule.

use super::{Event, EventKind, Target, no_link, permission};
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::make::{made, node, reference, sub, sub_with};
use crate::sam::property::{Property, Shape};
use crate::sam::translation::Translation;

/// The event source.
pub static KIND: EventKind = EventKind {
    name: "IoTRule",
    properties: &[Property::new("Sql", Shape::Str).required(), Property::new("AwsIotSqlVersion", Shape::Str)],
    link: no_link,
    translate,
};

static TOPIC_RULE: CfnType = CfnType::new("AWS::IoT::TopicRule", &["TopicRulePayload", "Tags"]);

fn translate(event: &mut Event, target: &mut Target<'_>, t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    let span = event.span;
    let arn = format!("arn:{}:iot:${{AWS::Region}}:${{AWS::AccountId}}:rule/${{RuleName}}", t.context.partition);
    let variables = node!(span, { "RuleName": reference(span, &event.logical_id) });
    let mut permission =
        permission::for_source(event, target, "iot.amazonaws.com", Some(sub_with(span, arn, variables)))?;
    permission.set("SourceAccount", sub(span, "${AWS::AccountId}"));
    let mut rule = event.resource(&TOPIC_RULE, event.logical_id.clone(), target)?;
    let mut payload = node!(span, {
        "Sql": event.get("Sql").cloned().unwrap_or_default(),
        "RuleDisabled": false,
        "Actions": [{ "Lambda": { "FunctionArn": target.arn() } }],
    });
    if let (Some(map), Some(version)) = (payload.as_map_mut(), event.truthy("AwsIotSqlVersion")) {
        map.insert_at("AwsIotSqlVersion", made(span), version.clone());
    }
    rule.set("TopicRulePayload", payload);
    Ok(vec![permission, rule])
}
