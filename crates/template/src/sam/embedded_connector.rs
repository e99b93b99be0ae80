//! Connectors beside a resource become resources.
use super::error::Cause;
use crate::Map;
/// Extracts.
pub fn extract(_template: &mut Map, _causes: &mut Vec<Cause>) {}
