//! What is an intrinsic function, as the transform sees it.

use crate::{Node, Value};

/// The one key of a mapping with exactly one key.
fn only_key(node: &Node) -> Option<&str> {
    let map = node.as_map()?;
    if map.len() == 1 { map.keys().next() } else { None }
}

/// `{"Ref": …}`, `{"Condition": …}` or `{"Fn::…": …}` with nothing beside it.
pub fn is_intrinsic(node: &Node) -> bool {
    only_key(node).is_some_and(is_function_name)
}

/// `Ref`, `Condition` or `Fn::…`.
pub fn is_function_name(key: &str) -> bool {
    key == "Ref" || key == "Condition" || key.starts_with("Fn::")
}

/// A mapping with exactly one key: what the validation of properties takes for an intrinsic function.
pub fn looks_intrinsic(node: &Node) -> bool {
    only_key(node).is_some()
}

/// `{"Fn::If": …}` with nothing beside it.
pub fn is_if(node: &Node) -> bool {
    only_key(node) == Some("Fn::If")
}

/// `{"Ref": "AWS::NoValue"}`.
pub fn is_no_value(node: &Node) -> bool {
    only_key(node) == Some("Ref") && node.get("Ref").and_then(Node::as_str) == Some("AWS::NoValue")
}

/// The condition and the two values of an `Fn::If`; the sentence of AWS's translator when it has not three items.
pub fn if_items(node: &Node) -> Result<[&Node; 3], &'static str> {
    match node.get("Fn::If").and_then(Node::as_list) {
        Some([condition, yes, no]) => Ok([condition, yes, no]),
        _ => Err("Fn::If requires 3 arguments"),
    }
}

/// The logical id that a `Ref` or an `Fn::GetAtt` names.
pub fn logical_id_of(node: &Node) -> Option<&str> {
    if !is_intrinsic(node) {
        return None;
    }
    if let Some(id) = node.get("Ref").and_then(Node::as_str) {
        return Some(id);
    }
    match &node.get("Fn::GetAtt")?.value {
        Value::List(items) if items.len() == 2 => items[0].as_str(),
        Value::String(text) => match text.split_once('.') {
            Some((id, attribute)) if !attribute.contains('.') => Some(id),
            _ => None,
        },
        _ => None,
    }
}

/// `{{resolve:service:…}}` and nothing else: a dynamic reference ("Using dynamic references", CloudFormation User
/// Guide).
pub fn is_dynamic_reference(node: &Node) -> bool {
    let Some(inner) = node.as_str().and_then(|text| text.strip_prefix("{{resolve:")?.strip_suffix("}}")) else {
        return false;
    };
    inner.split_once(':').is_some_and(|(service, rest)| {
        !service.is_empty()
            && service.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
            && !rest.is_empty()
            && !rest.contains('\n')
    })
}
