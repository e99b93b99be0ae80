//! Logical ids that contain a hash of what they stand for.

use crate::Node;

/// How many hexadecimal digits a logical id gets.
pub const LENGTH: usize = 10;

/// `prefix` and the first digits of the SHA-1 of `data`; `prefix` alone if `data` is empty.
pub fn logical_id(prefix: &str, data: &str) -> String {
    if data.is_empty() {
        return prefix.to_owned();
    }
    format!("{prefix}{}", &sha1_hex(data)[..LENGTH])
}

/// The SHA-1 of a text in hexadecimal digits.
pub fn sha1_hex(data: &str) -> String {
    use sha1::Digest as _;
    hex::encode(sha1::Sha1::digest(data.as_bytes()))
}

/// A value as Python's `json.dumps` writes it with sorted keys, no spaces, and ASCII only.
pub fn sorted_json(_node: &Node) -> String {
    String::new()
}
