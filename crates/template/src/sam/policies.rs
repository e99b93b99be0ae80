//! The `Policies` property: what kind each entry is of.

use super::data;
use super::error::Fault;
use super::intrinsic::{if_items, is_if, is_intrinsic, is_no_value};
use crate::{Node, Value};

/// What an entry of `Policies` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    /// A name or ARN, written out or by an intrinsic function.
    Managed,
    /// A policy document.
    Statement,
    /// A SAM policy template with its parameters.
    Template,
    /// Nothing that is known.
    Unknown,
}

/// The entries of `Policies`: a list, or one entry alone. A value Python takes for false has none.
pub fn entries(policies: Option<Node>) -> Vec<Node> {
    match policies {
        Some(node) if super::python::truthy(&node) => match node.value {
            Value::List(list) => list,
            _ => vec![node],
        },
        _ => Vec::new(),
    }
}

/// What an entry is. With `templates` policy templates are known by their name.
pub fn kind(policy: &Node, templates: bool) -> Result<PolicyKind, Fault> {
    if policy.as_str().is_some() {
        return Ok(PolicyKind::Managed);
    }
    if is_if(policy) {
        return kind_of_if(policy, templates);
    }
    if is_intrinsic(policy) {
        return Ok(PolicyKind::Managed);
    }
    let Some(map) = policy.as_map() else { return Ok(PolicyKind::Unknown) };
    if map.contains_key("Statement") {
        return Ok(PolicyKind::Statement);
    }
    let is_template =
        templates && map.len() == 1 && map.keys().next().is_some_and(|name| data::policy_template(name).is_some());
    Ok(if is_template { PolicyKind::Template } else { PolicyKind::Unknown })
}

fn kind_of_if(policy: &Node, templates: bool) -> Result<PolicyKind, Fault> {
    let [_, yes, no] = if_items(policy).map_err(|message| Fault::template(message).at(policy.span))?;
    let (yes_kind, no_kind) = (kind(yes, templates)?, kind(no, templates)?);
    if yes_kind == no_kind || is_no_value(no) {
        return Ok(yes_kind);
    }
    if is_no_value(yes) {
        return Ok(no_kind);
    }
    let message = "Different policy types within the same Fn::If statement is unsupported. Separate different policy \
                   types into different Fn::If statements";
    Err(Fault::template(message).at(policy.span))
}
