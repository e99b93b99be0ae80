//! `AssumeRole`: decided by the role's trust policy and the caller's own policies.
//!
//! Facts from the IAM User Guide, "Pass session tags in AWS STS", "Monitor and control actions taken with assumed roles" and
//! "Roles terms and concepts" (role chaining), and the STS API reference.

use super::issue;
use crate::authorize::{Policy, Question};
use crate::call::{Answer, AwsError, Call};
use crate::identity::{Principal, Session, SessionPolicies};
use crate::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a caller asks of a role.
struct Wanted {
    name: String,
    tags: Vec<(String, String)>,
    transitive: Vec<String>,
    source_identity: Option<String>,
    external_id: Option<String>,
    policies: SessionPolicies,
}

pub(super) fn assume(world: &mut World, call: &Call<'_>) -> Answer {
    let arn = call.require("RoleArn")?;
    let wanted = wanted(call)?;
    if matches!(call.principal, Principal::Root { .. }) {
        return Err(AwsError::access_denied("Roles may not be assumed by root accounts."));
    }
    let Some((account, role)) = issue::role(world, arn) else { return Err(unknown_role(call, arn)) };
    decide(world, call, arn, &role.trust, &wanted)?;
    let seconds = issue::duration(call, role, call.principal.session().is_some())?;
    let packed = issue::packed_size(&wanted.policies, &wanted.tags)?;
    let session = Session {
        account: account.clone(),
        role_name: role.name.clone(),
        role_arn: role.arn.clone(),
        role_id: role.id.clone(),
        name: wanted.name,
        policies: wanted.policies,
        tags: wanted.tags.into_iter().collect::<BTreeMap<_, _>>(),
        transitive_tags: wanted.transitive,
        source_identity: wanted.source_identity,
        federated: None,
        issued: world.now(),
        expires: world.now() + jiff::SignedDuration::from_secs(seconds),
    };
    Ok(answer(world, call, session, seconds, packed).into())
}

/// What an assumed role's caller is given.
pub(super) fn answer(
    world: &mut World,
    call: &Call<'_>,
    session: Session,
    seconds: i64,
    packed: Option<usize>,
) -> Value {
    let source_identity = session.source_identity.clone();
    let principal = Principal::Session(Box::new(session));
    let user = json!({"AssumedRoleId": principal.user_id(), "Arn": principal.arn()});
    let credentials = issue::credentials(world, call, principal, seconds);
    json!({
        "Credentials": credentials,
        "AssumedRoleUser": user,
        "PackedPolicySize": packed,
        "SourceIdentity": source_identity,
    })
}

/// A role that is not there is refused like one that does not trust the caller, so that nobody learns which roles exist.
fn unknown_role(call: &Call<'_>, arn: &str) -> AwsError {
    let caller = call.principal.arn();
    AwsError::access_denied(format!("User: {caller} is not authorized to perform: sts:AssumeRole on resource: {arn}"))
}

fn wanted(call: &Call<'_>) -> Result<Wanted, AwsError> {
    let name = issue::session_name(call)?.to_owned();
    let inherited = call.principal.session();
    let mut tags = call.pairs("Tags");
    if tags.len() > 50 {
        return Err(AwsError::validation(
            "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or \
             equal to 50",
        ));
    }
    let mut transitive = call.texts("TransitiveTagKeys");
    if let Some(session) = inherited {
        for key in &session.transitive_tags {
            if tags.iter().any(|(other, _)| other.eq_ignore_ascii_case(key)) {
                return Err(AwsError::new(
                    400,
                    "InvalidParameterValue",
                    format!(
                        "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session: {key}"
                    ),
                ));
            }
            tags.extend(session.tags.get(key).map(|value| (key.clone(), value.clone())));
            transitive.push(key.clone());
        }
    }
    Ok(Wanted {
        name,
        tags,
        transitive,
        source_identity: source_identity(call, inherited)?,
        external_id: call.text("ExternalId").map(str::to_owned),
        policies: issue::session_policies(call)?,
    })
}

/// Once set, a source identity stays for the whole chain.
fn source_identity(call: &Call<'_>, inherited: Option<&Session>) -> Result<Option<String>, AwsError> {
    let given = call.text("SourceIdentity");
    if let Some(text) = given.filter(|t| !(2..=64).contains(&t.len()) || !issue::is_plain(t)) {
        return Err(AwsError::validation(format!(
            "1 validation error detected: Value '{text}' at 'sourceIdentity' failed to satisfy constraint: Member must satisfy \
             regular expression pattern: [\\w+=,.@-]*"
        )));
    }
    match (given, inherited.and_then(|s| s.source_identity.as_deref())) {
        (Some(new), Some(old)) if new != old => {
            Err(AwsError::access_denied("Source identity cannot be changed once it is set in the session."))
        }
        (new, old) => Ok(new.or(old).map(str::to_owned)),
    }
}

/// The actions that must be allowed: the role itself, and tags and source identity where there are any.
fn decide(world: &World, call: &Call<'_>, arn: &str, trust: &str, wanted: &Wanted) -> Result<(), AwsError> {
    let mut actions = vec!["sts:AssumeRole"];
    if !wanted.tags.is_empty() {
        actions.push("sts:TagSession");
    }
    if wanted.source_identity.is_some() {
        actions.push("sts:SetSourceIdentity");
    }
    for action in actions {
        let resource_policy = Policy::Trust(trust);
        call.ask(
            world,
            &Question { action, resource: arn, context: context(wanted), resource_policy, ..Question::default() },
        )?;
    }
    Ok(())
}

fn context(wanted: &Wanted) -> Vec<(String, Vec<String>)> {
    let mut context = vec![("sts:RoleSessionName".to_owned(), vec![wanted.name.clone()])];
    let mut one = |key: &str, value: &Option<String>| {
        context.extend(value.iter().map(|value| (key.to_owned(), vec![value.clone()])));
    };
    one("sts:ExternalId", &wanted.external_id);
    one("sts:SourceIdentity", &wanted.source_identity);
    context.extend(wanted.tags.iter().map(|(k, v)| (format!("aws:RequestTag/{k}"), vec![v.clone()])));
    if !wanted.tags.is_empty() {
        context.push(("aws:TagKeys".to_owned(), wanted.tags.iter().map(|(k, _)| k.clone()).collect()));
    }
    if !wanted.transitive.is_empty() {
        context.push(("sts:TransitiveTagKeys".to_owned(), wanted.transitive.clone()));
    }
    context
}
