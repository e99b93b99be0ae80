//! Making credentials, and the rules that every kind of session shares.

use crate::call::{AwsError, Call};
use crate::identity::{Credential, Principal, SessionPolicies};
use crate::services::iam::Role;
use crate::world::World;
use base::{AccountId, Arn};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// The largest session policy in characters (IAM quotas).
const SESSION_POLICY_LIMIT: usize = 2048;

/// Credentials for a principal, remembered by their access key id.
pub(super) fn credentials(world: &mut World, call: &Call<'_>, principal: Principal, seconds: i64) -> Value {
    let id = format!("ASIA{}", world.ids.upper(16));
    let secret = world.ids.mixed(40);
    let token = format!("FwoGZXIvYXdzE{}", world.ids.mixed(120));
    let expires = world.now() + SignedDuration::from_secs(seconds);
    let credential =
        Credential { secret: secret.clone(), token: Some(token.clone()), principal, expires: Some(expires) };
    world.credentials.insert(id.clone(), credential);
    json!({"AccessKeyId": id, "SecretAccessKey": secret, "SessionToken": token, "Expiration": call.time(expires)})
}

/// The role of an ARN, if it is there and its account is not suspended.
pub(super) fn role<'w>(world: &'w World, arn: &str) -> Option<(&'w AccountId, &'w Role)> {
    let parsed = Arn::new(arn).ok()?;
    let account = world.account(&AccountId::new(parsed.account()).ok()?).filter(|a| !a.suspended)?;
    let name = parsed.resource().rsplit('/').next()?;
    let role = account.iam.roles.get(name).filter(|role| role.arn == arn)?;
    Some((&account.id, role))
}

/// `RoleSessionName`: 2 to 64 characters of `[\w+=,.@-]`.
pub(super) fn session_name<'c>(call: &'c Call<'_>) -> Result<&'c str, AwsError> {
    let name = call.require("RoleSessionName")?;
    if !(2..=64).contains(&name.len()) || !is_plain(name) {
        return Err(AwsError::validation(format!(
            "1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy \
             regular expression pattern: [\\w+=,.@-]*"
        )));
    }
    Ok(name)
}

/// Whether a text has only the characters of session names and source identities.
pub(super) fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c))
}

/// `DurationSeconds` within the role's own limit, and within one hour when roles are chained.
pub(super) fn duration(call: &Call<'_>, role: &Role, chained: bool) -> Result<i64, AwsError> {
    let seconds = call.integer("DurationSeconds").unwrap_or(3600);
    if !(900..=43_200).contains(&seconds) {
        return Err(duration_out_of_range(seconds, 900, 43_200));
    }
    if chained && seconds > 3600 {
        return Err(AwsError::validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ));
    }
    if seconds > i64::from(role.max_session) {
        return Err(AwsError::validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    Ok(seconds)
}

pub(super) fn duration_out_of_range(seconds: i64, least: i64, most: i64) -> AwsError {
    let bound = if seconds < least {
        format!("greater than or equal to {least}")
    } else {
        format!("less than or equal to {most}")
    };
    AwsError::validation(format!(
        "1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: Member must have \
         value {bound}"
    ))
}

/// The session policies that a call passes.
pub(super) fn session_policies(call: &Call<'_>) -> Result<SessionPolicies, AwsError> {
    let malformed = |why: &str| AwsError::new(400, "MalformedPolicyDocument", why);
    let inline = call.text("Policy").map(str::to_owned);
    if let Some(text) = &inline {
        if text.chars().count() > SESSION_POLICY_LIMIT {
            return Err(AwsError::validation(format!(
                "1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less than \
                 or equal to {SESSION_POLICY_LIMIT}"
            )));
        }
        let value: Value = serde_json::from_str(text).map_err(|_| malformed("Syntax errors in policy."))?;
        let parsed = iam::parse(&value, iam::Kind::Session).accept();
        parsed.map_err(|problems| malformed(problems.first().map_or("Syntax errors in policy.", |p| &p.message)))?;
    }
    let arns = call.list("PolicyArns").iter().filter_map(|item| item.get("arn")?.as_str()).map(str::to_owned);
    Ok(SessionPolicies { inline, managed: arns.collect() })
}

/// The share of the packed size that policies and tags take, in percent. AWS does not publish how it packs; this counts
/// characters against 4,096, which is near what real answers show.
pub(super) fn packed_size(policies: &SessionPolicies, tags: &[(String, String)]) -> Result<Option<usize>, AwsError> {
    let text: usize = policies.inline.iter().chain(&policies.managed).map(String::len).sum();
    let tags: usize = tags.iter().map(|(k, v)| k.len() + v.len() + 2).sum();
    let percent = (text + tags).div_ceil(41);
    if percent > 100 {
        return Err(AwsError::new(
            400,
            "PackedPolicyTooLarge",
            format!(
                "Serialized token too large for session: packed policy and tags consume {percent}% of allotted space."
            ),
        ));
    }
    Ok((percent > 0).then_some(percent))
}
