//! From a request's signature to a principal.

mod signature;

use crate::call::AwsError;
use crate::identity::{Credential, Principal};
use crate::services::Service;
use crate::services::iam::ADMINISTRATOR;
use crate::wire::{Protocol, WireRequest};
use crate::world::World;
use base::{AccountId, Region};
pub use signature::{Scope, Signature};

/// A caller that was recognised.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who.
    pub principal: Principal,
    /// The account in which it calls.
    pub account: AccountId,
}

impl Caller {
    /// Nobody, in no account.
    pub fn nobody() -> Self {
        Self { principal: Principal::Anonymous, account: no_account() }
    }
}

/// The account id in the calls of nobody; no account has it.
fn no_account() -> AccountId {
    // The text is a valid account id, so the fallback is never taken.
    AccountId::new("000000000000").unwrap_or_else(|_| no_account())
}

/// The scope a request was signed for, if it was signed.
pub fn scope_of(request: &WireRequest) -> Option<Scope> {
    Signature::of(request).map(|signature| signature.scope)
}

/// Who calls, or why AWS would not listen. The codes are those of the query protocol; the wire module renames them.
pub fn caller(world: &World, service: &Service, request: &WireRequest, region: &Region) -> Result<Caller, AwsError> {
    let rest_xml = service.protocols.contains(&Protocol::RestXml);
    let Some(signature) = Signature::of(request) else {
        return match request.header("authorization") {
            Some(_) => Err(incomplete_signature()),
            // S3 knows anonymous readers, STS the bearers of a web identity: both decide for themselves.
            None if matches!(service.name, "s3" | "sts") => Ok(Caller::nobody()),
            None => Err(missing_token()),
        };
    };
    let (principal, credential) = principal_of(world, &signature, rest_xml)?;
    let account = principal.account().cloned().ok_or_else(|| unknown_key(rest_xml))?;
    let usable = world.account(&account).is_some_and(|a| !a.suspended && (is_global(service) || a.has_region(region)));
    if !usable {
        return Err(unknown_key(rest_xml));
    }
    if let Some(credential) = credential {
        signature.verify(request, &credential.secret, rest_xml)?;
    }
    Ok(Caller { principal, account })
}

fn is_global(service: &Service) -> bool {
    matches!(service.name, "iam" | "organizations")
}

fn principal_of<'w>(
    world: &'w World,
    signature: &Signature,
    rest_xml: bool,
) -> Result<(Principal, Option<&'w Credential>), AwsError> {
    if let Ok(account) = AccountId::new(signature.access_key.clone()) {
        return Ok((administrator(world, account), None));
    }
    let credential = world.credentials.get(&signature.access_key).ok_or_else(|| unknown_key(rest_xml))?;
    if credential.token != signature.token {
        return Err(invalid_token(rest_xml));
    }
    if credential.expires.is_some_and(|end| end <= world.now()) {
        return Err(expired(rest_xml));
    }
    Ok((credential.principal.clone(), Some(credential)))
}

/// The user for whom an account's id is the access key id.
fn administrator(world: &World, account: AccountId) -> Principal {
    let user = world.account(&account).and_then(|a| a.iam.users.get(ADMINISTRATOR));
    let id = user.map(|user| user.id.clone()).unwrap_or_default();
    Principal::User { account, name: ADMINISTRATOR.to_owned(), id }
}

fn unknown_key(rest_xml: bool) -> AwsError {
    if rest_xml {
        return AwsError::new(
            403,
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
        );
    }
    AwsError::new(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
}

fn invalid_token(rest_xml: bool) -> AwsError {
    if rest_xml {
        return AwsError::new(400, "InvalidToken", "The provided token is malformed or otherwise invalid.");
    }
    AwsError::new(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
}

fn expired(rest_xml: bool) -> AwsError {
    if rest_xml {
        return AwsError::new(400, "ExpiredToken", "The provided token has expired.");
    }
    AwsError::new(403, "ExpiredToken", "The security token included in the request is expired")
}

fn incomplete_signature() -> AwsError {
    AwsError::new(
        400,
        "IncompleteSignature",
        "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature'.",
    )
}

/// The refusal of an unsigned call to a service that wants signatures.
pub fn missing_token() -> AwsError {
    AwsError::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
}
