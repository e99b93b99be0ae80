//! Policy templates.
use super::error::Fault;
use super::translation::SamResource;
/// Applies.
pub fn apply(_kind: &str, _resource: &mut SamResource) -> Result<(), Fault> {
    Ok(())
}
