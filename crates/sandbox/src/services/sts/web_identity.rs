//! `AssumeRoleWithWebIdentity`: an identity provider's token for a role.
//!
//! Facts from the STS API reference and the IAM User Guide, "Available keys for AWS OIDC federation".

use super::{assume_role, issue};
use crate::call::{Answer, AwsError, Call};
use crate::identity::{Federated, Session};
use crate::services::iam::{OidcProvider, named};
use crate::world::World;
use iam::Kind;
use iam::trust::{Door, Refusal, Token, enter};

pub(super) fn assume(world: &mut World, call: &Call<'_>) -> Answer {
    let (arn, token) = (call.require("RoleArn")?, call.require("WebIdentityToken")?);
    let name = issue::session_name(call)?.to_owned();
    let policies = issue::session_policies(call)?;
    let token = Token { claims: world.token_issuer.read(token)? };
    let (account, role) = issue::role(world, arn).ok_or_else(denied)?;
    let provider = provider(world, account, &token)?;
    let clients: Vec<&str> = provider.clients.iter().map(String::as_str).collect();
    let trust = named(arn, &role.trust, Kind::Trust);
    let door = Door { role: arn, provider: &provider.arn, clients: &clients, trust: &trust, session: &name };
    enter(&token, &door, world.now().as_second()).map_err(|refusal| refused(&refusal))?;
    if !token.claims.contains_key("iat") {
        return Err(refused(&Refusal::Missing { claim: "iat" }));
    }
    let seconds = issue::duration(call, role, false)?;
    let (tags, transitive_tags) = token.session_tags();
    let packed = issue::packed_size(&policies, &tags)?;
    let subject = token.text("sub").unwrap_or_default().to_owned();
    let session = Session {
        account: account.clone(),
        role_name: role.name.clone(),
        role_arn: role.arn.clone(),
        role_id: role.id.clone(),
        name,
        policies,
        tags: tags.into_iter().collect(),
        transitive_tags,
        source_identity: None,
        federated: Some(Federated { provider: provider.arn.clone(), subject: subject.clone() }),
        issued: world.now(),
        expires: world.now() + jiff::SignedDuration::from_secs(seconds),
    };
    let provider = provider.arn.clone();
    let mut tree = assume_role::answer(world, call, session, seconds, packed);
    tree["SubjectFromWebIdentityToken"] = subject.into();
    tree["Audience"] = token.audiences().join(",").into();
    tree["Provider"] = provider.into();
    Ok(tree.into())
}

/// STS tells the bearer of a token nothing about the role.
fn denied() -> AwsError {
    AwsError::access_denied("Not authorized to perform sts:AssumeRoleWithWebIdentity")
}

fn refused(refusal: &Refusal) -> AwsError {
    let (code, message) = refusal.aws_error();
    if code == "AccessDenied" { denied() } else { AwsError::new(400, code, message) }
}

/// The provider in the role's account that the token's issuer names.
fn provider<'w>(world: &'w World, account: &base::AccountId, token: &Token) -> Result<&'w OidcProvider, AwsError> {
    let issuer = token.text("iss").ok_or_else(|| refused(&Refusal::Missing { claim: "iss" }))?;
    let url = issuer.strip_prefix("https://").unwrap_or(issuer);
    let mut providers = world.account(account).into_iter().flat_map(|a| a.iam.providers.values());
    let found = providers.find(|p| p.url == url);
    found.ok_or_else(|| refused(&Refusal::NoProvider { issuer: issuer.to_owned() }))
}
