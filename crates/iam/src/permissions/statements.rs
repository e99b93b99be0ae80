//! Needed actions as the statements of a policy: one statement for each set of resources and conditions.

use super::{Condition, NeededAction};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Statements that allow exactly these actions, in a stable order, without `Sid`.
pub fn statements(needed: &[NeededAction]) -> Vec<Value> {
    let mut by_action: BTreeMap<(&str, &[Condition]), BTreeSet<&str>> = BTreeMap::new();
    for need in needed {
        let resources = by_action.entry((&need.action, &need.conditions)).or_default();
        resources.extend(need.resources.iter().map(String::as_str));
    }
    let mut groups: BTreeMap<(BTreeSet<&str>, &[Condition]), BTreeSet<&str>> = BTreeMap::new();
    for ((action, conditions), mut resources) in by_action {
        if resources.contains("*") {
            resources = BTreeSet::from(["*"]);
        }
        groups.entry((resources, conditions)).or_default().insert(action);
    }
    let mut out: Vec<(Vec<&str>, Value)> = Vec::new();
    for ((resources, conditions), actions) in groups {
        let mut statement = json!({"Effect": "Allow", "Action": actions, "Resource": resources});
        for condition in conditions {
            statement["Condition"][condition.operator][condition.key] = json!(condition.value);
        }
        out.push((actions.into_iter().collect(), statement));
    }
    out.sort_by(|a, b| a.0.cmp(&b.0));
    out.into_iter().map(|(_, statement)| statement).collect()
}
