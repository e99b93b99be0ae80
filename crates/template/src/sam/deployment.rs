//! Deployment preferences.
use super::error::Fault;
use super::translation::Translation;
/// All.
#[derive(Debug, Default)]
pub struct Deployments;
/// Finishes.
pub fn finish(_t: &mut Translation<'_>) -> Result<(), Fault> {
    Ok(())
}
