//! `AssumeRoleWithWebIdentity`: an identity provider's token for a role.
//!
//! Facts from the STS API reference and the IAM User Guide, "Available keys for AWS OIDC federation".

use super::{assume_role, issue};
use crate::call::{Answer, AwsError, Call};
use crate::identity::{Federated, Session};
use crate::services::iam::{OidcProvider, named};
use crate::world::World;
use iam::{Kind, PolicySet, ResourcePolicy};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// IAM takes a token up to five minutes after it ended.
const CLOCK_SKEW_SECONDS: i64 = 300;

pub(super) fn assume(world: &mut World, call: &Call<'_>) -> Answer {
    let (arn, token) = (call.require("RoleArn")?, call.require("WebIdentityToken")?);
    let name = issue::session_name(call)?.to_owned();
    let policies = issue::session_policies(call)?;
    let claims = world.token_issuer.read(token)?;
    let denied = || AwsError::access_denied("Not authorized to perform sts:AssumeRoleWithWebIdentity");
    let (account, role) = issue::role(world, arn).ok_or_else(denied)?;
    let provider = provider(world, account, &claims)?;
    let audience = check(world, provider, &claims)?;
    if !trusts(&role.trust, arn, provider, &claims, &audience, &name) {
        return Err(denied());
    }
    let seconds = issue::duration(call, role, false)?;
    let packed = issue::packed_size(&policies, &[])?;
    let subject = text(&claims, "sub").unwrap_or_default().to_owned();
    let session = Session {
        account: account.clone(),
        role_name: role.name.clone(),
        role_arn: role.arn.clone(),
        role_id: role.id.clone(),
        name,
        policies,
        tags: BTreeMap::new(),
        transitive_tags: Vec::new(),
        source_identity: None,
        federated: Some(Federated { provider: provider.arn.clone(), subject: subject.clone() }),
        issued: world.now(),
        expires: world.now() + jiff::SignedDuration::from_secs(seconds),
    };
    let provider = provider.arn.clone();
    let mut tree = assume_role::answer(world, call, session, seconds, packed);
    tree["SubjectFromWebIdentityToken"] = subject.into();
    tree["Audience"] = audience.join(",").into();
    tree["Provider"] = provider.into();
    Ok(tree.into())
}

fn text<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c str> {
    claims.get(name).and_then(Value::as_str)
}

fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "InvalidIdentityToken", message)
}

/// The provider in the role's account that the token's issuer names.
fn provider<'w>(
    world: &'w World,
    account: &base::AccountId,
    claims: &Map<String, Value>,
) -> Result<&'w OidcProvider, AwsError> {
    let issuer = text(claims, "iss").ok_or_else(|| invalid("Missing a required claim: iss"))?;
    let url = issuer.trim_start_matches("https://").trim_end_matches('/');
    let mut providers = world.account(account).into_iter().flat_map(|a| a.iam.providers.values());
    let found = providers.find(|p| p.url == url);
    found.ok_or_else(|| invalid(format!("No OpenIDConnect provider found in your account for {issuer}")))
}

/// Checks audience and age; gives the audiences.
fn check(world: &World, provider: &OidcProvider, claims: &Map<String, Value>) -> Result<Vec<String>, AwsError> {
    let audience: Vec<String> = match claims.get("aud") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => return Err(invalid("Missing a required claim: aud")),
    };
    if !audience.iter().any(|a| provider.clients.contains(a)) {
        return Err(invalid("Incorrect token audience"));
    }
    for required in ["sub", "exp", "iat"] {
        if !claims.contains_key(required) {
            return Err(invalid(format!("Missing a required claim: {required}")));
        }
    }
    let end = claims.get("exp").and_then(Value::as_i64).unwrap_or_default();
    let now = world.now().as_second();
    if end + CLOCK_SKEW_SECONDS < now {
        let message = format!("Token expired: current date/time {now} must be before the expiration date/time{end}");
        return Err(AwsError::new(400, "ExpiredTokenException", message));
    }
    Ok(audience)
}

fn trusts(
    trust: &str,
    arn: &str,
    provider: &OidcProvider,
    claims: &Map<String, Value>,
    audience: &[String],
    name: &str,
) -> bool {
    let asker = iam::Principal::Federated { provider: provider.arn.clone() };
    let mut request = iam::Request::new(asker, "sts:AssumeRoleWithWebIdentity", arn);
    request.context.set("sts:RoleSessionName", name);
    request.context.set_all(&format!("{}:aud", provider.url), audience.iter().map(String::as_str));
    for claim in known_claims(&provider.url) {
        if let Some(value) = claims.get(*claim).and_then(claim_text) {
            request.context.set(&format!("{}:{claim}", provider.url), value);
        }
    }
    let resource = ResourcePolicy::Trust(named(arn, trust, Kind::Trust));
    iam::authorize(&request, &PolicySet { resource, ..PolicySet::default() }).is_allowed()
}

fn claim_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// The claims of an issuer that policies can see: for most issuers only the standard ones.
fn known_claims(url: &str) -> &'static [&'static str] {
    match url {
        "token.actions.githubusercontent.com" => &[
            "sub",
            "amr",
            "email",
            "oaud",
            "actor",
            "actor_id",
            "job_workflow_ref",
            "repository",
            "repository_id",
            "repository_owner_id",
            "workflow",
            "ref",
            "environment",
            "enterprise_id",
        ],
        "gitlab.com" => &[
            "sub",
            "amr",
            "email",
            "oaud",
            "namespace_id",
            "project_id",
            "user_id",
            "pipeline_source",
            "ref_path",
            "ref_protected",
            "environment",
            "environment_protected",
            "ci_config_ref_uri",
        ],
        "agent.buildkite.com" => {
            &["sub", "amr", "email", "oaud", "organization_slug", "organization_id", "pipeline_slug"]
        }
        url if url.starts_with("oidc.circleci.com/") => {
            &["sub", "amr", "email", "oaud", "oidc.circleci.com/project-id"]
        }
        _ => &["sub", "amr", "email", "oaud"],
    }
}
