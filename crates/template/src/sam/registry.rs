//! All SAM resource types and all event sources.

use super::resource;
use super::translation::ResourceKind;

/// The SAM resource types.
static KINDS: [&ResourceKind; 1] = [&resource::simple_table::KIND];

/// A SAM resource type by name.
pub fn kind(name: &str) -> Option<&'static ResourceKind> {
    KINDS.iter().copied().find(|kind| kind.name == name)
}
