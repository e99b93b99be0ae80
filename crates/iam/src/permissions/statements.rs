//! Needed actions as the statements of a policy: one statement for each set of resources and conditions.

use super::{Condition, NeededAction};
use crate::pattern::Pattern;
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
        drop_covered(&mut resources);
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

/// Leaves out what another pattern of the set holds too, as that of a stack holds those of its nested stacks.
fn drop_covered(resources: &mut BTreeSet<&str>) {
    // A star of the covered pattern must be within one of the covering: a question mark would take it for a letter.
    let wide = resources.iter().copied().filter(|text| text.contains('*') && !text.contains('?'));
    let wide: Vec<(&str, Pattern)> = wide.map(|text| (text, Pattern::new(text))).collect();
    resources.retain(|text| !wide.iter().any(|(other, pattern)| other != text && pattern.matches_arn(text)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_that_others_hold_are_left_out() {
        let kept = |texts: &[&'static str]| {
            let mut resources = texts.iter().copied().collect();
            drop_covered(&mut resources);
            resources.into_iter().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(kept(&["a:shop-*", "a:shop-In-*", "a:shop-In-x", "a:shop", "b:shop-*"]), "a:shop a:shop-* b:shop-*");
        assert_eq!(kept(&["*", "a:*", "b"]), "*");
        assert_eq!(kept(&["s:db-??????", "s:db-*x", "s:db-abcde*"]), "s:db-*x s:db-?????? s:db-abcde*");
        assert_eq!(kept(&["s:db-??????", "s:db-*"]), "s:db-*");
    }
}
