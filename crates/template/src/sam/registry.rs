//! All SAM resource types and all event sources.

use super::translation::ResourceKind;
use super::{api, resource};

/// The SAM resource types.
static KINDS: [&ResourceKind; 3] = [&api::rest::KIND, &api::http::KIND, &resource::simple_table::KIND];

/// A SAM resource type by name.
pub fn kind(name: &str) -> Option<&'static ResourceKind> {
    KINDS.iter().copied().find(|kind| kind.name == name)
}
