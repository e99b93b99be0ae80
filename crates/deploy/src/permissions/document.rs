//! Derived permissions as policy documents within IAM's limits ("IAM and AWS STS quotas").

use iam::permissions::{NeededAction, statements};
use iam::policy::size;
use serde_json::{Value, json};

/// Characters of a managed policy, without white space.
pub const MANAGED_POLICY: usize = 6_144;
/// Managed policies of one role, unless a higher quota was granted.
pub const MANAGED_POLICIES: usize = 10;
/// Characters of all inline policies of one role together.
pub const INLINE_POLICIES: usize = 10_240;

/// The documents that allow exactly these actions, and what has to be known about their sizes.
#[derive(Debug, Clone, PartialEq)]
pub struct Documents {
    /// Each no larger than a managed policy may be, as long as single statements can be cut.
    pub documents: Vec<Value>,
    /// Characters of all of them.
    pub characters: usize,
}

impl Documents {
    /// What follows from the sizes, in words.
    pub fn advice(&self) -> String {
        let (count, characters) = (self.documents.len(), self.characters);
        let largest = self.documents.iter().map(size).max().unwrap_or_default();
        if largest > MANAGED_POLICY {
            return format!(
                "a statement has {largest} characters, and a policy has {MANAGED_POLICY} at most: shorten names, or split the template"
            );
        }
        match count {
            0 => "nothing is needed".to_owned(),
            1 => format!("{characters} characters: one managed policy (at most {MANAGED_POLICY}) or inline policy"),
            _ if count > MANAGED_POLICIES => format!(
                "{characters} characters in {count} policies: a role has {MANAGED_POLICIES} unless a higher quota is granted; split the \
                 stack, or deploy it with several roles"
            ),
            _ if characters <= INLINE_POLICIES => format!(
                "{characters} characters: more than a managed policy has ({MANAGED_POLICY}), so these are {count}; inline they fit \
                 together (at most {INLINE_POLICIES})"
            ),
            _ => format!(
                "{characters} characters: more than a managed policy has ({MANAGED_POLICY}), so these are {count}; inline policies have \
                 {INLINE_POLICIES} together, so they have to be managed"
            ),
        }
    }
}

/// Documents for the needed actions.
pub fn documents(needed: &[NeededAction]) -> Documents {
    let documents = packed(statements(needed));
    Documents { characters: documents.iter().map(size).sum(), documents }
}

/// Statements in as few documents as hold them one after another; one that is too large for a document is cut first.
pub(crate) fn packed(statements: Vec<Value>) -> Vec<Value> {
    let mut found: Vec<Vec<Value>> = Vec::new();
    for piece in statements.into_iter().flat_map(cut) {
        let fits = found.last().is_some_and(|last| {
            let more: Vec<&Value> = last.iter().chain([&piece]).collect();
            size(&json!({"Version": "2012-10-17", "Statement": more})) <= MANAGED_POLICY
        });
        match found.last_mut() {
            Some(last) if fits => last.push(piece),
            _ => found.push(vec![piece]),
        }
    }
    found.into_iter().map(|s| json!({"Version": "2012-10-17", "Statement": s})).collect()
}

/// One statement as several when it is too large for a document: by its actions, else by its resources.
fn cut(statement: Value) -> Vec<Value> {
    if size(&json!({"Version": "2012-10-17", "Statement": [&statement]})) <= MANAGED_POLICY {
        return vec![statement];
    }
    for key in ["Action", "Resource"] {
        let Some(items) = statement[key].as_array().filter(|items| items.len() > 1) else { continue };
        let (one, other) = items.split_at(items.len() / 2);
        let half = |items: &[Value]| {
            let mut part = statement.clone();
            part[key] = json!(items);
            cut(part)
        };
        return half(one).into_iter().chain(half(other)).collect();
    }
    vec![statement]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn needed(count: usize) -> Vec<NeededAction> {
        let one = |n: usize| NeededAction {
            action: format!("sqs:Action{n}"),
            resources: (0..12).map(|r| format!("arn:aws:sqs:eu-west-1:111111111111:a-queue-of-the-shop-{r}")).collect(),
            conditions: Vec::new(),
            why: String::new(),
            documented: true,
        };
        (0..count).map(one).collect()
    }

    #[test]
    fn policies_are_split_at_the_limits_and_lose_nothing() {
        for count in [1, 100, 600, 4000] {
            let made = documents(&needed(count));
            assert!(made.documents.iter().all(|d| size(d) <= MANAGED_POLICY));
            let actions: usize = made
                .documents
                .iter()
                .flat_map(|d| d["Statement"].as_array().unwrap())
                .map(|s| s["Action"].as_array().unwrap().len())
                .sum();
            assert_eq!(actions, count);
        }
        assert_eq!(
            documents(&needed(1)).advice(),
            "805 characters: one managed policy (at most 6144) or inline policy"
        );
        insta::assert_snapshot!(documents(&needed(500)).advice(), @"9472 characters: more than a managed policy has (6144), so these are 2; inline they fit together (at most 10240)");
        assert!(documents(&needed(1500)).advice().ends_with("so they have to be managed"));
        assert!(documents(&needed(8000)).advice().contains("unless a higher quota is granted"));
        assert_eq!(documents(&[]).advice(), "nothing is needed");
    }
}
