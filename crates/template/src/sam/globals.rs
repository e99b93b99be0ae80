//! Merges the `Globals` section into the resources.
use super::error::Fault;
use crate::Map;
/// Merges.
pub fn merge(_template: &mut Map) -> Result<(), Fault> {
    Ok(())
}
