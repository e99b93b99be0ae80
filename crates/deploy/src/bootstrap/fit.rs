//! Policies within IAM's limits ("IAM and AWS STS quotas"): a managed policy has 6,144 characters without white space,
//! and ten are attached to a role unless a higher quota was granted.

use crate::permissions::{MANAGED_POLICIES, MANAGED_POLICY, packed};
use iam::policy::size;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Splits statements into as few documents as fit one after another, merging first what says the same of other
/// resources.
///
/// # Errors
/// The size of the smallest form when it needs more than ten documents, or when one statement is too large by itself.
pub(super) fn split(statements: &[Value]) -> Result<Vec<Value>, usize> {
    let documents = packed(merge(statements));
    let all: usize = documents.iter().map(size).sum();
    if documents.len() > MANAGED_POLICIES || documents.iter().any(|d| size(d) > MANAGED_POLICY) {
        Err(all)
    } else {
        Ok(documents)
    }
}

/// Statements that differ in nothing but their actions become one.
fn merge(statements: &[Value]) -> Vec<Value> {
    let mut order: Vec<String> = Vec::new();
    let mut groups: BTreeMap<String, (Value, BTreeSet<String>)> = BTreeMap::new();
    for statement in statements {
        let Some(actions) = texts(&statement["Action"]).filter(|_| statement.get("NotAction").is_none()) else {
            let key = statement.to_string();
            order.push(key.clone());
            groups.insert(key, (statement.clone(), BTreeSet::new()));
            continue;
        };
        let mut rest = statement.clone();
        rest["Action"] = Value::Null;
        if statement["Effect"] == "Allow"
            && let Some(map) = rest.as_object_mut()
        {
            map.shift_remove("Sid");
        }
        let key = rest.to_string();
        if !groups.contains_key(&key) {
            order.push(key.clone());
        }
        groups.entry(key).or_insert_with(|| (rest, BTreeSet::new())).1.extend(actions);
    }
    order
        .iter()
        .filter_map(|key| groups.remove(key))
        .map(|(mut statement, actions)| {
            if !actions.is_empty() {
                statement["Action"] = json!(actions);
            }
            statement
        })
        .collect()
}

fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(items) => items.iter().map(|i| i.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}
