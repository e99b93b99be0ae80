//! The APIs that functions and state machines have without naming one.
use super::error::Fault;
use crate::Map;
/// One of the two implicit APIs.
pub struct ImplicitApi;
/// REST.
pub const REST: ImplicitApi = ImplicitApi;
/// HTTP.
pub const HTTP: ImplicitApi = ImplicitApi;
/// Adds.
pub fn add(_api: &ImplicitApi, _template: &mut Map) -> Result<(), Fault> {
    Ok(())
}
