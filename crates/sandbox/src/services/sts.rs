//! STS: who am I, and being someone else for a while.

use crate::call::{Answer, AwsError, Call, Output};
use crate::world::World;
use serde_json::json;

/// Carries out one call.
pub fn call(_world: &mut World, call: &Call<'_>) -> Answer {
    match call.operation.as_str() {
        "GetCallerIdentity" => Ok(Output::tree(json!({
            "UserId": call.principal.user_id(),
            "Account": call.account,
            "Arn": call.principal.arn(),
        }))),
        other => Err(AwsError::not_implemented("sts", other)),
    }
}
