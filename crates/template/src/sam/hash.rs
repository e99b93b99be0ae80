//! Logical ids that end in a hash of what they stand for.
//!
//! CloudFormation knows a resource by its logical id. A resource that has to be replaced when some value changes, such
//! as the deployment of an API or a version of a layer, has the beginning of the SHA-1 of that value in its id.
//!
//! Values are hashed as compact JSON with sorted keys. Deployments of REST APIs are the exception: their definition is
//! hashed as the text that Python 2.7 would write (`definition_text.rs`, `key_order.rs`), because a stack that was
//! first deployed years ago must not deploy its API again for no reason.

use super::definition_text;
use super::python::truthy;
use crate::Node;
use sha1::Digest as _;

/// How many hexadecimal digits a logical id gets.
pub const LENGTH: usize = 10;

/// `prefix` and the first digits of the SHA-1 of `data`; `prefix` alone if `data` is empty.
pub fn logical_id(prefix: &str, data: &str) -> String {
    if data.is_empty() {
        return prefix.to_owned();
    }
    format!("{prefix}{}", &sha1_hex(data)[..LENGTH])
}

/// `prefix` and the hash of a value: of text as it is, of everything else as JSON; `prefix` alone for an empty value.
pub fn logical_id_of(prefix: &str, data: &Node) -> String {
    if !truthy(data) {
        return prefix.to_owned();
    }
    match data.as_str() {
        Some(text) => logical_id(prefix, text),
        None => logical_id(prefix, &sorted_json(data)),
    }
}

/// The SHA-1 of a text in hexadecimal digits.
pub fn sha1_hex(data: &str) -> String {
    hex::encode(sha1::Sha1::digest(data.as_bytes()))
}

/// A value as Python's `json.dumps` writes it with sorted keys, no spaces, and ASCII only.
pub fn sorted_json(node: &Node) -> String {
    definition_text::sorted_json(node)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Map, Value};
    use base::Span;

    fn node(value: impl Into<Value>) -> Node {
        Node::new(value, Span::default())
    }

    #[test]
    fn ids_are_those_of_the_translator() {
        let mut domain = Map::new();
        domain.insert("Ref", node("Domain"));
        let both = node(vec![node("ZONE"), node(domain)]);
        assert_eq!(logical_id_of("", &node("example.com")), "0caaf24ab1");
        assert_eq!(logical_id_of("RecordSetGroup", &both), "RecordSetGroup6e07829ce2");
        assert_eq!(logical_id_of("Stage", &node("")), "Stage");
        assert_eq!(sha1_hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    }
}
