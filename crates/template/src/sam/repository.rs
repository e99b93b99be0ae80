//! Applications of the Serverless Application Repository.
use super::context::Context;
use super::error::Fault;
use super::resolver::Resolver;
use super::translation::{SamResource, Translation};
use crate::Map;
/// Answers.
#[derive(Debug, Default)]
pub struct Answers;
/// Prepares.
pub fn prepare(_template: &mut Map, _resolver: &Resolver, _context: &Context) -> Result<Answers, Fault> {
    Ok(Answers)
}
/// Prepares one.
pub fn prepare_resource(_kind: &str, _resource: &mut SamResource, _t: &mut Translation<'_>) -> Result<(), Fault> {
    Ok(())
}
/// Waits.
pub fn wait(_t: &mut Translation<'_>) {}
