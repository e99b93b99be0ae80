//! Placeholder.

use crate::call::{Answer, AwsError, Call};
use crate::world::World;
use serde::{Deserialize, Serialize};

/// What the service keeps.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {}

/// Carries out one call.
pub fn call(_world: &mut World, call: &Call<'_>) -> Answer {
    Err(AwsError::not_implemented(call.service, &call.operation))
}
