//! Trees that several answers share.

use crate::call::Call;
use crate::cloudformation::stack::{Parameter, RollbackConfiguration};
use indexmap::IndexMap;
use serde_json::{Value, json};

/// `Tags`.
pub(super) fn tags(tags: &IndexMap<String, String>) -> Value {
    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

/// `Parameters`, secrets as asterisks.
pub(super) fn parameters(parameters: &IndexMap<String, Parameter>) -> Value {
    let one = |(key, p): (&String, &Parameter)| {
        let resolved = p.resolved.as_ref().map(|r| if p.no_echo { "****" } else { r.as_str() });
        json!({ "ParameterKey": key, "ParameterValue": p.shown(), "ResolvedValue": resolved })
    };
    parameters.iter().map(one).collect()
}

/// `RollbackConfiguration`.
pub(super) fn rollback(rollback: &RollbackConfiguration) -> Value {
    if *rollback == RollbackConfiguration::default() {
        return json!({});
    }
    let triggers: Vec<Value> =
        rollback.triggers.iter().map(|(arn, kind)| json!({ "Arn": arn, "Type": kind })).collect();
    json!({ "RollbackTriggers": triggers, "MonitoringTimeInMinutes": rollback.minutes })
}

/// A page of a list: the items from the token on, and the token of the next page. A token is the number of items before it.
pub(super) fn page<T>(call: &Call<'_>, items: Vec<T>, size: usize) -> (Vec<T>, Option<String>) {
    let start = call.text("NextToken").and_then(|t| t.parse::<usize>().ok()).unwrap_or(0);
    let more = items.len() > start.saturating_add(size);
    let shown = items.into_iter().skip(start).take(size).collect();
    (shown, more.then(|| (start + size).to_string()))
}
