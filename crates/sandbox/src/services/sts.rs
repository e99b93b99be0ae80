//! STS: who am I, and being someone else for a while.

mod assume_role;
mod issue;
mod token;
mod web_identity;

pub use token::TokenIssuer;

use crate::authenticate::missing_token;
use crate::call::{Answer, AwsError, Call};
use crate::identity::{Credential, Principal};
use crate::world::World;
use base::AccountId;
use serde_json::json;

/// Carries out one call.
pub fn call(world: &mut World, call: &Call<'_>) -> Answer {
    match call.operation.as_str() {
        "AssumeRoleWithWebIdentity" => web_identity::assume(world, call),
        _ if call.principal == Principal::Anonymous => Err(missing_token()),
        "GetCallerIdentity" => Ok(caller(call)),
        "AssumeRole" => assume_role::assume(world, call),
        "GetSessionToken" => session_token(world, call),
        "GetAccessKeyInfo" => access_key_info(world, call),
        other => Err(AwsError::not_implemented("sts", other)),
    }
}

fn caller(call: &Call<'_>) -> crate::call::Output {
    json!({"UserId": call.principal.user_id(), "Account": call.account, "Arn": call.principal.arn()}).into()
}

fn session_token(world: &mut World, call: &Call<'_>) -> Answer {
    if call.principal.session().is_some() {
        return Err(AwsError::access_denied("Cannot call GetSessionToken with session credentials"));
    }
    let seconds = call.integer("DurationSeconds").unwrap_or(43_200);
    if !(900..=129_600).contains(&seconds) {
        return Err(issue::duration_out_of_range(seconds, 900, 129_600));
    }
    let credentials = issue::credentials(world, call, call.principal.clone(), seconds);
    Ok(json!({ "Credentials": credentials }).into())
}

fn access_key_info(world: &mut World, call: &Call<'_>) -> Answer {
    let id = call.require("AccessKeyId")?;
    let of_key = world.credentials.get(id).and_then(|c: &Credential| c.principal.account().cloned());
    let account = AccountId::new(id).ok().or(of_key);
    let account = account.ok_or_else(|| AwsError::validation(format!("Access key {id} does not exist.")))?;
    Ok(json!({ "Account": account }).into())
}
