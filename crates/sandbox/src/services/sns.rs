//! SNS: topics and subscriptions as a deployment sees them. They deliver nothing.

use super::resources::Resource;
use crate::call::{Answer, AwsError, Call, Output};
use crate::world::World;
use serde_json::{Value, json};

const TOPIC: &str = "AWS::SNS::Topic";
const SUBSCRIPTION: &str = "AWS::SNS::Subscription";

/// Carries out one call.
pub fn call(world: &mut World, call: &Call<'_>) -> Answer {
    match call.operation.as_str() {
        "ListTopics" => {
            call.authorize(world, "sns:ListTopics", "*", &[])?;
            let topics: Vec<Value> = all(world, call, TOPIC).map(|t| json!({ "TopicArn": t.id })).collect();
            Ok(Output::tree(json!({ "Topics": topics })))
        }
        "GetTopicAttributes" => attributes(world, call),
        "ListSubscriptions" => {
            call.authorize(world, "sns:ListSubscriptions", "*", &[])?;
            let list: Vec<Value> = all(world, call, SUBSCRIPTION).map(|s| subscription(call, s)).collect();
            Ok(Output::tree(json!({ "Subscriptions": list })))
        }
        "ListSubscriptionsByTopic" => {
            let topic = topic(world, call, "ListSubscriptionsByTopic")?;
            let list: Vec<Value> =
                subscriptions(world, call, topic).into_iter().map(|s| subscription(call, s)).collect();
            Ok(Output::tree(json!({ "Subscriptions": list })))
        }
        "ListTagsForResource" => {
            let arn = call.require("ResourceArn")?;
            call.authorize(world, "sns:ListTagsForResource", arn, &[])?;
            let found = all(world, call, TOPIC).find(|t| t.id == arn).ok_or_else(missing)?;
            let tags: Vec<Value> = found.tags.iter().map(|(k, v)| json!({ "Key": k, "Value": v })).collect();
            Ok(Output::tree(json!({ "Tags": tags })))
        }
        other => Err(AwsError::not_implemented("sns", other)),
    }
}

fn missing() -> AwsError {
    AwsError::new(404, "NotFound", "Topic does not exist")
}

fn all<'w>(world: &'w World, call: &Call<'_>, kind: &'static str) -> impl Iterator<Item = &'w Resource> {
    world.region(&call.account, &call.region).into_iter().flat_map(move |r| r.resources.list(kind))
}

fn topic<'w>(world: &'w World, call: &Call<'_>, action: &str) -> Result<&'w Resource, AwsError> {
    let arn = call.require("TopicArn")?;
    call.authorize(world, &format!("sns:{action}"), arn, &[])?;
    all(world, call, TOPIC).find(|t| t.id == arn).ok_or_else(missing)
}

fn subscriptions<'w>(world: &'w World, call: &Call<'_>, topic: &Resource) -> Vec<&'w Resource> {
    all(world, call, SUBSCRIPTION).filter(|s| s.text("TopicArn").as_deref() == Some(topic.id.as_str())).collect()
}

fn subscription(call: &Call<'_>, subscription: &Resource) -> Value {
    json!({
        "SubscriptionArn": subscription.id,
        "Owner": call.account,
        "Protocol": subscription.text("Protocol"),
        "Endpoint": subscription.text("Endpoint"),
        "TopicArn": subscription.text("TopicArn"),
    })
}

fn attributes(world: &mut World, call: &Call<'_>) -> Answer {
    let topic = topic(world, call, "GetTopicAttributes")?;
    let count = subscriptions(world, call, topic).len().to_string();
    let mut attributes = json!({
        "TopicArn": topic.id,
        "Owner": call.account,
        "DisplayName": topic.text("DisplayName").unwrap_or_default(),
        "SubscriptionsConfirmed": count,
        "SubscriptionsPending": "0",
        "SubscriptionsDeleted": "0",
    });
    if let Some(key) = topic.text("KmsMasterKeyId") {
        attributes["KmsMasterKeyId"] = key.into();
    }
    Ok(Output::tree(json!({ "Attributes": { "$map": attributes } })))
}
