//! CloudWatch Logs: log groups and what is attached to them. There are no streams and no events.

use super::resources::Resource;
use crate::call::{Answer, AwsError, Call, Output};
use crate::world::World;
use serde_json::{Value, json};

const GROUP: &str = "AWS::Logs::LogGroup";
const METRIC_FILTER: &str = "AWS::Logs::MetricFilter";
const SUBSCRIPTION_FILTER: &str = "AWS::Logs::SubscriptionFilter";

/// Carries out one call.
pub fn call(world: &mut World, call: &Call<'_>) -> Answer {
    match call.operation.as_str() {
        "DescribeLogGroups" => describe(world, call),
        "CreateLogGroup" => create(world, call),
        "DeleteLogGroup" => {
            let name = existing(world, call, "DeleteLogGroup")?;
            world.region_mut(&call.account, &call.region)?.resources.remove(GROUP, &name);
            Ok(Output::nothing())
        }
        "PutRetentionPolicy" => {
            let name = existing(world, call, "PutRetentionPolicy")?;
            let days = call.get("retentionInDays").clone();
            if let Some(group) = world.region_mut(&call.account, &call.region)?.resources.get_mut(GROUP, &name)
                && let Value::Object(map) = &mut group.properties
            {
                map.insert("RetentionInDays".into(), days);
            }
            Ok(Output::nothing())
        }
        "DescribeMetricFilters" => filters(world, call, METRIC_FILTER, "metricFilters"),
        "DescribeSubscriptionFilters" => filters(world, call, SUBSCRIPTION_FILTER, "subscriptionFilters"),
        "ListTagsForResource" | "ListTagsLogGroup" => tags(world, call),
        other => Err(AwsError::not_implemented("logs", other)),
    }
}

fn arn(call: &Call<'_>, name: &str) -> String {
    format!("arn:{}:logs:{}:{}:log-group:{name}:*", call.region.partition(), call.region, call.account)
}

fn all<'w>(world: &'w World, call: &Call<'_>, kind: &'static str) -> impl Iterator<Item = &'w Resource> {
    world.region(&call.account, &call.region).into_iter().flat_map(move |r| r.resources.list(kind))
}

fn existing(world: &World, call: &Call<'_>, action: &str) -> Result<String, AwsError> {
    let name = call.require("logGroupName")?.to_owned();
    call.authorize(world, &format!("logs:{action}"), &arn(call, &name), &[])?;
    let found = all(world, call, GROUP).any(|g| g.id == name);
    let missing = || AwsError::new(400, "ResourceNotFoundException", "The specified log group does not exist.");
    if found { Ok(name) } else { Err(missing()) }
}

fn describe(world: &mut World, call: &Call<'_>) -> Answer {
    call.authorize(world, "logs:DescribeLogGroups", &arn(call, ""), &[])?;
    let (prefix, pattern) =
        (call.text("logGroupNamePrefix").unwrap_or_default(), call.text("logGroupNamePattern").unwrap_or_default());
    let named = |g: &&Resource| g.id.starts_with(prefix) && g.id.contains(pattern);
    let tree = |g: &Resource| {
        json!({
            "logGroupName": g.id,
            "arn": g.arn(),
            "logGroupArn": g.arn().trim_end_matches(":*"),
            "creationTime": g.created.as_millisecond(),
            "retentionInDays": g.integer("RetentionInDays"),
            "metricFilterCount": all(world, call, METRIC_FILTER).filter(|f| f.text("LogGroupName").as_deref() == Some(&g.id)).count(),
            "storedBytes": 0,
            "logGroupClass": g.text("LogGroupClass").unwrap_or_else(|| "STANDARD".into()),
        })
    };
    let mut groups: Vec<&Resource> = all(world, call, GROUP).filter(named).collect();
    groups.sort_by(|a, b| a.id.cmp(&b.id));
    let groups: Vec<Value> = groups.into_iter().map(tree).collect();
    Ok(Output::tree(json!({ "logGroups": groups })))
}

fn create(world: &mut World, call: &Call<'_>) -> Answer {
    let name = call.require("logGroupName")?.to_owned();
    let arn = arn(call, &name);
    call.authorize(world, "logs:CreateLogGroup", &arn, &[])?;
    let now = world.now();
    let resources = &mut world.region_mut(&call.account, &call.region)?.resources;
    if resources.get(GROUP, &name).is_some() {
        return Err(AwsError::new(400, "ResourceAlreadyExistsException", "The specified log group already exists"));
    }
    let properties = json!({ "LogGroupName": name });
    let mut group = Resource { id: name, properties, created: now, modified: now, ..Resource::default() };
    group.attributes.insert("Arn".into(), arn.into());
    resources.put(GROUP, group);
    Ok(Output::nothing())
}

fn filters(world: &mut World, call: &Call<'_>, kind: &'static str, member: &str) -> Answer {
    call.authorize(
        world,
        &format!("logs:{}", call.operation),
        &arn(call, call.text("logGroupName").unwrap_or("*")),
        &[],
    )?;
    let group = call.text("logGroupName");
    let own = |f: &&Resource| group.is_none_or(|g| f.text("LogGroupName").as_deref() == Some(g));
    let tree = |f: &Resource| {
        json!({
            "filterName": f.id,
            "logGroupName": f.text("LogGroupName"),
            "filterPattern": f.text("FilterPattern"),
            "destinationArn": f.text("DestinationArn"),
            "creationTime": f.created.as_millisecond(),
        })
    };
    let list: Vec<Value> = all(world, call, kind).filter(own).map(tree).collect();
    Ok(Output::tree(json!({ member: list })))
}

fn tags(world: &mut World, call: &Call<'_>) -> Answer {
    let reference = call.text("resourceArn").or_else(|| call.text("logGroupName")).unwrap_or_default();
    let name = reference.split_once(":log-group:").map_or(reference, |(_, n)| n).trim_end_matches(":*");
    call.authorize(world, "logs:ListTagsForResource", &arn(call, name), &[])?;
    let found = all(world, call, GROUP).find(|g| g.id == name);
    Ok(Output::tree(json!({ "tags": found.map(|g| g.tags.clone()).unwrap_or_default() })))
}
