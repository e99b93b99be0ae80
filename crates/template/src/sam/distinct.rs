//! Lists in which no value stands twice, in time that grows with their length only.

use super::hash::sorted_json;
use crate::Node;
use std::collections::HashSet;

/// The values that a list has already.
#[derive(Debug, Default)]
pub struct Distinct(HashSet<String>);

impl Distinct {
    /// Those of a list.
    pub(super) fn of(list: &[Node]) -> Self {
        Self(list.iter().map(sorted_json).collect())
    }

    /// Notes a value; whether it is new.
    pub(super) fn add(&mut self, node: &Node) -> bool {
        self.0.insert(sorted_json(node))
    }

    /// Adds a value to the list, unless it has an equal one.
    pub(super) fn push(&mut self, list: &mut Vec<Node>, node: Node) {
        if self.add(&node) {
            list.push(node);
        }
    }
}
