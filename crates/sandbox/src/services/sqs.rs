//! SQS: queues as a deployment sees them. They carry no messages.

use super::resources::{Resource, text_of};
use crate::call::{Answer, AwsError, Call, Output};
use crate::world::World;
use serde_json::{Map, Value, json};

const QUEUE: &str = "AWS::SQS::Queue";

/// Attributes with the names of the properties they come from, and their defaults.
const ATTRIBUTES: [(&str, &str, &str); 8] = [
    ("DelaySeconds", "DelaySeconds", "0"),
    ("MaximumMessageSize", "MaximumMessageSize", "1048576"),
    ("MessageRetentionPeriod", "MessageRetentionPeriod", "345600"),
    ("ReceiveMessageWaitTimeSeconds", "ReceiveMessageWaitTimeSeconds", "0"),
    ("VisibilityTimeout", "VisibilityTimeout", "30"),
    ("KmsMasterKeyId", "KmsMasterKeyId", ""),
    ("FifoQueue", "FifoQueue", ""),
    ("ContentBasedDeduplication", "ContentBasedDeduplication", ""),
];

/// Carries out one call.
pub fn call(world: &mut World, call: &Call<'_>) -> Answer {
    match call.operation.as_str() {
        "ListQueues" => list(world, call),
        "GetQueueUrl" => url(world, call),
        "GetQueueAttributes" => attributes(world, call),
        "ListQueueTags" => {
            let queue = by_url(world, call, "ListQueueTags")?;
            Ok(Output::tree(json!({ "Tags": queue.tags })))
        }
        "CreateQueue" => create(world, call),
        "DeleteQueue" => {
            let id = by_url(world, call, "DeleteQueue")?.id.clone();
            world.region_mut(&call.account, &call.region)?.resources.remove(QUEUE, &id);
            Ok(Output::nothing())
        }
        other => Err(AwsError::not_implemented("sqs", other)),
    }
}

fn missing() -> AwsError {
    AwsError::new(400, "com.amazonaws.sqs#QueueDoesNotExist", "The specified queue does not exist.")
        .with_query_code("AWS.SimpleQueueService.NonExistentQueue")
}

fn arn(call: &Call<'_>, name: &str) -> String {
    format!("arn:{}:sqs:{}:{}:{name}", call.region.partition(), call.region, call.account)
}

fn queues<'w>(world: &'w World, call: &Call<'_>) -> impl Iterator<Item = &'w Resource> {
    world.region(&call.account, &call.region).into_iter().flat_map(|r| r.resources.list(QUEUE))
}

fn list(world: &mut World, call: &Call<'_>) -> Answer {
    call.authorize(world, "sqs:ListQueues", "*", &[])?;
    let prefix = call.text("QueueNamePrefix").unwrap_or_default();
    let named = |q: &&Resource| q.attribute("QueueName").is_some_and(|n| n.starts_with(prefix));
    let urls: Vec<&str> = queues(world, call).filter(named).map(|q| q.id.as_str()).collect();
    Ok(Output::tree(json!({ "QueueUrls": (!urls.is_empty()).then_some(urls) })))
}

fn url(world: &mut World, call: &Call<'_>) -> Answer {
    let name = call.require("QueueName")?;
    call.authorize(world, "sqs:GetQueueUrl", &arn(call, name), &[])?;
    let queue = queues(world, call).find(|q| q.attribute("QueueName") == Some(name)).ok_or_else(missing)?;
    Ok(Output::tree(json!({ "QueueUrl": queue.id })))
}

/// The queue of a URL; only its path counts, since clients put their own endpoint before it.
fn by_url<'w>(world: &'w World, call: &Call<'_>, action: &str) -> Result<&'w Resource, AwsError> {
    let name = call.require("QueueUrl")?.rsplit('/').next().unwrap_or_default();
    call.authorize(world, &format!("sqs:{action}"), &arn(call, name), &[])?;
    queues(world, call).find(|q| q.attribute("QueueName") == Some(name)).ok_or_else(missing)
}

fn attributes(world: &mut World, call: &Call<'_>) -> Answer {
    let queue = by_url(world, call, "GetQueueAttributes")?;
    let wanted = call.texts("AttributeNames");
    let mut all: Map<String, Value> = Map::new();
    all.insert("QueueArn".into(), queue.arn().into());
    all.insert("CreatedTimestamp".into(), queue.created.as_second().to_string().into());
    all.insert("LastModifiedTimestamp".into(), queue.modified.as_second().to_string().into());
    for counter in
        ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]
    {
        all.insert(counter.into(), "0".into());
    }
    for (name, property, default) in ATTRIBUTES {
        let value = queue.text(property).unwrap_or_else(|| default.to_owned());
        if !value.is_empty() {
            all.insert(name.into(), value.into());
        }
    }
    if let policy @ Value::Object(_) = queue.get("RedrivePolicy") {
        all.insert("RedrivePolicy".into(), policy.to_string().into());
    }
    all.retain(|name, _| wanted.iter().any(|w| w == "All" || w == name));
    Ok(Output::tree(json!({ "Attributes": all })))
}

fn create(world: &mut World, call: &Call<'_>) -> Answer {
    let name = call.require("QueueName")?.to_owned();
    let arn = arn(call, &name);
    call.authorize(world, "sqs:CreateQueue", &arn, &[])?;
    let url = format!("https://sqs.{}.{}/{}/{name}", call.region, call.region.partition().url_suffix(), call.account);
    let mut properties: Map<String, Value> = call.get("Attributes").as_object().cloned().unwrap_or_default();
    properties.insert("QueueName".into(), name.clone().into());
    let now = world.now();
    let resources = &mut world.region_mut(&call.account, &call.region)?.resources;
    if resources.get(QUEUE, &url).is_none() {
        let mut queue = Resource {
            id: url.clone(),
            properties: properties.into(),
            created: now,
            modified: now,
            ..Resource::default()
        };
        for (key, value) in [("Arn", arn.as_str()), ("QueueName", &name), ("QueueUrl", &url)] {
            queue.attributes.insert(key.into(), value.into());
        }
        if let Value::Object(tags) = call.get("tags") {
            queue.tags = tags.iter().filter_map(|(k, v)| Some((k.clone(), text_of(v)?))).collect();
        }
        resources.put(QUEUE, queue);
    }
    Ok(Output::tree(json!({ "QueueUrl": url })))
}
