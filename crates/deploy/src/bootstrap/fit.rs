//! Policies within IAM's limits ("IAM and AWS STS quotas"): a managed policy has 6,144 characters without white space,
//! and ten are attached to a role unless a higher quota was granted.

use super::document::document;
use iam::policy::size;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Characters of a managed policy.
pub(super) const LARGEST: usize = 6_144;
/// Managed policies of a role.
pub(super) const MOST: usize = 10;

/// Splits statements into as few documents as fit one after another, merging first what says the same of other
/// resources.
///
/// # Errors
/// The size of the smallest form when it needs more than ten documents, or when one statement is too large by itself.
pub(super) fn split(statements: &[Value]) -> Result<Vec<Value>, usize> {
    let merged = merge(statements);
    let pieces: Vec<Value> = merged.iter().flat_map(cut).collect();
    let mut documents: Vec<Vec<Value>> = Vec::new();
    for piece in pieces {
        let fits = documents.last().is_some_and(|d| {
            let mut more = d.clone();
            more.push(piece.clone());
            size(&document(more)) <= LARGEST
        });
        match documents.last_mut() {
            Some(last) if fits => last.push(piece),
            _ => documents.push(vec![piece]),
        }
    }
    let documents: Vec<Value> = documents.into_iter().map(document).collect();
    let all: usize = documents.iter().map(size).sum();
    if documents.len() > MOST || documents.iter().any(|d| size(d) > LARGEST) { Err(all) } else { Ok(documents) }
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

/// One statement as several, when it is too large for a document: by actions first, by resources else.
fn cut(statement: &Value) -> Vec<Value> {
    if size(&document(vec![statement.clone()])) <= LARGEST {
        return vec![statement.clone()];
    }
    for key in ["Action", "Resource"] {
        if let Some(items) = statement[key].as_array().filter(|items| items.len() > 1) {
            let (one, other) = items.split_at(items.len() / 2);
            return [one, other]
                .iter()
                .flat_map(|half| {
                    let mut part = statement.clone();
                    part[key] = json!(half);
                    cut(&part)
                })
                .collect();
        }
    }
    vec![statement.clone()]
}
