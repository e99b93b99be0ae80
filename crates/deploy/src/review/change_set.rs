//! A change set as `aws cloudformation describe-change-set` prints it: what it does to resources with data in them.

use super::collect::found;
use super::found::Found;
use iam::check::{Replacement, ResourceFacts, check_resource};
use template::Node;

/// Whether a document is the description of a change set.
pub fn is_change_set(node: &Node) -> bool {
    node.get("Resources").is_none() && changes(node).iter().any(|change| change.get("ResourceChange").is_some())
}

/// Reviews the changes of a change set ("ResourceChange", CloudFormation API reference).
pub fn change_set(node: &Node) -> Vec<Found> {
    changes(node).iter().filter_map(|change| change.get("ResourceChange")).flat_map(one).collect()
}

fn changes(node: &Node) -> &[Node] {
    node.get("Changes").and_then(Node::as_list).unwrap_or_default()
}

fn one(change: &Node) -> Vec<Found> {
    let text = |name: &str| change.get(name).and_then(Node::as_str);
    let replacement = match text("Replacement") {
        Some("True") => Some(Replacement::Certain),
        Some("Conditional") => Some(Replacement::Possible),
        _ => None,
    };
    // `PolicyAction` says what becomes of the old one.
    let kept = match text("PolicyAction") {
        Some("ReplaceAndRetain") => Some("Retain"),
        Some("ReplaceAndSnapshot") => Some("Snapshot"),
        _ => None,
    };
    let facts = ResourceFacts {
        name: text("LogicalResourceId").unwrap_or_default(),
        resource_type: text("ResourceType").unwrap_or_default(),
        replacement,
        update_replace_policy: Some(kept),
        ..ResourceFacts::default()
    };
    // Whether the template says what becomes of the data is not known from here.
    let known = check_resource(&facts).into_iter().filter(|finding| finding.rule == "RES-009");
    known.map(|finding| found(&finding, Some(change.span))).collect()
}
