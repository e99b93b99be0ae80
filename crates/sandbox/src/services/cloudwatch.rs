//! CloudWatch: alarms and their states. There are no metrics: an alarm is in the state that the world's plan or a caller
//! gives it.

mod composite;
mod state;

pub use state::{HistoryItem, STATE, Scheduled, State, next_due, tick};
pub(crate) use state::{first_state, note_all_due, stack_entered, state_of};

use super::resources::Resource;
use crate::call::{Answer, AwsError, Call, Output, as_integer};
use crate::world::World;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use state::{ALARM, CHANGED, COMPOSITE, REASON, new_alarm};

/// Alarms on one page, and history items.
const PAGE: usize = 100;

/// Carries out one call.
pub fn call(world: &mut World, call: &Call<'_>) -> Answer {
    match call.operation.as_str() {
        "DescribeAlarms" => describe(world, call),
        "DescribeAlarmHistory" => history(world, call),
        "PutMetricAlarm" => put(world, call, ALARM),
        "PutCompositeAlarm" => put(world, call, COMPOSITE),
        "SetAlarmState" => set(world, call),
        "DeleteAlarms" => delete(world, call),
        "ListTagsForResource" => tags(world, call),
        "EnableAlarmActions" | "DisableAlarmActions" | "TagResource" | "UntagResource" => Ok(Output::nothing()),
        other => Err(AwsError::not_implemented("cloudwatch", other)),
    }
}

fn arn(call: &Call<'_>, name: &str) -> String {
    format!("arn:{}:cloudwatch:{}:{}:alarm:{name}", call.region.partition(), call.region, call.account)
}

fn describe(world: &mut World, call: &Call<'_>) -> Answer {
    let names = call.texts("AlarmNames");
    let resource = if names.is_empty() { arn(call, "*") } else { arn(call, &names[0]) };
    call.authorize(world, "cloudwatch:DescribeAlarms", &resource, &[])?;
    let kinds = call.texts("AlarmTypes");
    let wanted = |kind: &str| if kinds.is_empty() { kind == "MetricAlarm" } else { kinds.iter().any(|k| k == kind) };
    let (prefix, state) = (call.text("AlarmNamePrefix"), call.text("StateValue"));
    let matches = |alarm: &&Resource| {
        (names.is_empty() || names.contains(&alarm.id))
            && prefix.is_none_or(|p| alarm.id.starts_with(p))
            && state.is_none_or(|s| state::state_text(alarm) == s)
    };
    let start = call.text("NextToken").and_then(|t| t.parse::<usize>().ok()).unwrap_or(0);
    let most = call.integer("MaxRecords").and_then(|n| usize::try_from(n).ok()).unwrap_or(50).clamp(1, PAGE);
    let mut found = Vec::new();
    for (kind, name) in [(ALARM, "MetricAlarm"), (COMPOSITE, "CompositeAlarm")] {
        if wanted(name) {
            let home = world.region(&call.account, &call.region);
            found.extend(home.into_iter().flat_map(|r| r.resources.list(kind)).filter(matches).map(|a| (kind, a)));
        }
    }
    found.sort_by(|a, b| a.1.id.cmp(&b.1.id));
    let more = found.len() > start + most;
    let page: Vec<_> = found.into_iter().skip(start).take(most).collect();
    let of = |kind: &str| page.iter().filter(|(k, _)| *k == kind).map(|(_, a)| tree(call, a)).collect::<Vec<_>>();
    Ok(Output::tree(json!({
        "MetricAlarms": of(ALARM),
        "CompositeAlarms": of(COMPOSITE),
        "NextToken": more.then(|| (start + most).to_string()),
    })))
}

/// Properties whose names and forms are the same in CloudFormation and in the API.
const SAME: [&str; 21] = [
    "AlarmDescription",
    "OKActions",
    "AlarmActions",
    "InsufficientDataActions",
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Dimensions",
    "Period",
    "Unit",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
    "EvaluateLowSampleCountPercentile",
    "Metrics",
    "ThresholdMetricId",
    "AlarmRule",
    "ActionsSuppressor",
];

fn tree(call: &Call<'_>, alarm: &Resource) -> Value {
    let mut out = Map::new();
    for name in SAME {
        let value = alarm.get(name);
        if value.is_null() {
            continue;
        }
        let value = match name {
            "Period" | "EvaluationPeriods" | "DatapointsToAlarm" => as_integer(value).map_or(Value::Null, Value::from),
            "Threshold" => number(value),
            _ => value.clone(),
        };
        out.insert(name.to_owned(), value);
    }
    let changed = alarm.attributes.get(CHANGED).and_then(Value::as_i64).unwrap_or_default();
    let changed = Timestamp::from_millisecond(changed).unwrap_or(alarm.created);
    let more = json!({
        "AlarmName": alarm.id,
        "AlarmArn": alarm.arn(),
        "ActionsEnabled": alarm.get("ActionsEnabled").as_bool().unwrap_or(true),
        "AlarmConfigurationUpdatedTimestamp": call.time(alarm.modified),
        "StateValue": state::state_text(alarm),
        "StateReason": alarm.attribute(REASON).unwrap_or("Unchecked: Initial alarm creation"),
        "StateUpdatedTimestamp": call.time(changed),
        "StateTransitionedTimestamp": call.time(changed),
    });
    if let Value::Object(more) = more {
        out.extend(more);
    }
    Value::Object(out)
}

/// A number as a double, whatever form it has: the wire's type is double, and CBOR tells the two apart.
fn number(value: &Value) -> Value {
    let n = value.as_f64().or_else(|| value.as_str().and_then(|t| t.parse().ok()));
    n.and_then(serde_json::Number::from_f64).map_or(Value::Null, Value::Number)
}

fn put(world: &mut World, call: &Call<'_>, kind: &str) -> Answer {
    let name = call.require("AlarmName")?.to_owned();
    let arn = arn(call, &name);
    let action = if kind == ALARM { "cloudwatch:PutMetricAlarm" } else { "cloudwatch:PutCompositeAlarm" };
    call.authorize(world, action, &arn, &[])?;
    if kind == COMPOSITE {
        let rule = call.require("AlarmRule")?;
        if composite::holds(world, &call.account, &call.region, rule).is_none() {
            return Err(AwsError::validation(format!("AlarmRule must not contain invalid expressions: {rule}")));
        }
    }
    let state = first_state(world, &call.account, &call.region, &name);
    let now = world.now();
    let mut properties = call.input.clone();
    if let Value::Object(map) = &mut properties {
        map.retain(|key, _| key != "Action" && key != "Version");
    }
    let home = world.region_mut(&call.account, &call.region)?;
    match home.resources.get_mut(kind, &name) {
        Some(alarm) => {
            alarm.properties = properties;
            alarm.modified = now;
        }
        None => home.resources.put(kind, new_alarm(&name, &arn, &state, properties, now)),
    }
    composite::recompute(world, &call.account, &call.region);
    Ok(Output::nothing())
}

fn set(world: &mut World, call: &Call<'_>) -> Answer {
    let name = call.require("AlarmName")?.to_owned();
    call.authorize(world, "cloudwatch:SetAlarmState", &arn(call, &name), &[])?;
    let (state, reason) = (call.require("StateValue")?, call.require("StateReason")?);
    if !["OK", "ALARM", "INSUFFICIENT_DATA"].contains(&state) {
        return Err(AwsError::validation(format!(
            "1 validation error detected: Value '{state}' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]"
        )));
    }
    if state::set_state(world, &call.account, &call.region, &name, state, reason) {
        return Ok(Output::nothing());
    }
    Err(AwsError::new(404, "ResourceNotFound", format!("Alarm {name} does not exist"))
        .with_query_code("ResourceNotFound"))
}

fn delete(world: &mut World, call: &Call<'_>) -> Answer {
    for name in call.texts("AlarmNames") {
        call.authorize(world, "cloudwatch:DeleteAlarms", &arn(call, &name), &[])?;
        let home = world.region_mut(&call.account, &call.region)?;
        home.resources.remove(ALARM, &name);
        home.resources.remove(COMPOSITE, &name);
    }
    Ok(Output::nothing())
}

fn history(world: &mut World, call: &Call<'_>) -> Answer {
    let name = call.text("AlarmName");
    call.authorize(world, "cloudwatch:DescribeAlarmHistory", &arn(call, name.unwrap_or("*")), &[])?;
    let kind = call.text("HistoryItemType");
    let oldest_first = call.text("ScanBy") == Some("TimestampAscending");
    let items = world.region(&call.account, &call.region).map(|r| r.cloudwatch.history.as_slice()).unwrap_or_default();
    let mut found: Vec<&HistoryItem> =
        items.iter().filter(|i| name.is_none_or(|n| n == i.name) && kind.is_none_or(|k| k == i.item)).collect();
    if !oldest_first {
        found.reverse();
    }
    let items: Vec<Value> = found
        .into_iter()
        .take(PAGE)
        .map(|i| {
            json!({
                "AlarmName": i.name,
                "AlarmType": i.kind,
                "Timestamp": call.time(i.at),
                "HistoryItemType": i.item,
                "HistorySummary": i.summary,
                "HistoryData": "{}",
            })
        })
        .collect();
    Ok(Output::tree(json!({ "AlarmHistoryItems": items })))
}

fn tags(world: &mut World, call: &Call<'_>) -> Answer {
    let arn = call.require("ResourceARN")?;
    call.authorize(world, "cloudwatch:ListTagsForResource", arn, &[])?;
    let name = arn.rsplit_once(":alarm:").map_or(arn, |(_, n)| n);
    let tags = state::find(world, &call.account, &call.region, name).map(|a| a.tags.clone()).unwrap_or_default();
    let tags: Vec<Value> = tags.iter().map(|(k, v)| json!({ "Key": k, "Value": v })).collect();
    Ok(Output::tree(json!({ "Tags": tags })))
}
