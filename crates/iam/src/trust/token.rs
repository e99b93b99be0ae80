//! A token against a trust policy, as `sts:AssumeRoleWithWebIdentity` judges it.

use super::Issuer;
use crate::evaluate::{Context, Decision, NamedPolicy, PolicySet, Principal, Request, ResourcePolicy, authorize};
use serde_json::{Map, Value};

/// Seconds past `exp` for which IAM still takes a token (IAM User Guide, "OIDC federation").
const SKEW: i64 = 300;
/// The claim in which a token brings session tags ("Pass session tags in AWS STS").
const TAGS: &str = "https://aws.amazon.com/tags";

/// The claims of a token whose signature has been verified.
#[derive(Debug, Clone, Default)]
pub struct Token {
    /// All claims; `iss`, `aud`, `sub`, `exp` among them.
    pub claims: Map<String, Value>,
}

/// Why STS refuses a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The account has no identity provider for the token's issuer.
    NoProvider {
        /// `iss` of the token.
        issuer: String,
    },
    /// The provider does not list the token's audience.
    Audience,
    /// A claim that every token must have.
    Missing {
        /// Its name.
        claim: &'static str,
    },
    /// `exp` is over.
    Expired {
        /// When it was, in seconds since 1970; 0 when it is not a number.
        end: i64,
        /// Now.
        now: i64,
    },
    /// The trust policy does not let it in.
    Trust(Box<Decision>),
}

impl Refusal {
    /// Error code and message of STS.
    pub fn aws_error(&self) -> (&'static str, String) {
        match self {
            Self::NoProvider { issuer } => {
                ("InvalidIdentityToken", format!("No OpenIDConnect provider found in your account for {issuer}"))
            }
            Self::Audience => ("InvalidIdentityToken", "Incorrect token audience".to_owned()),
            Self::Missing { claim } => ("InvalidIdentityToken", format!("Missing a required claim: {claim}")),
            Self::Expired { end, now } => (
                "ExpiredTokenException",
                format!("Token expired: current date/time {now} must be before the expiration date/time{end}"),
            ),
            Self::Trust(decision) => ("AccessDenied", decision.message()),
        }
    }
}

impl Token {
    /// One value of a claim as text.
    pub fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }

    /// Reads the claims of a token as it is handed around, without verifying who signed it. Nothing when it is no JSON
    /// web token.
    pub fn unverified(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('.');
        let (claims, signature) = (parts.nth(1)?, parts.next()?);
        let whole = parts.next().is_none() && !signature.is_empty();
        let bytes = whole.then(|| base64_url(claims))??;
        Some(Self { claims: serde_json::from_slice(&bytes).ok()? })
    }

    /// `aud`, which may be one text or a list.
    pub fn audiences(&self) -> Vec<String> {
        match self.claims.get("aud") {
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::String(one)) => vec![one.clone()],
            _ => Vec::new(),
        }
    }

    /// The condition keys that AWS derives from the claims.
    pub fn context(&self) -> Context {
        let address = self.text("iss").unwrap_or_default();
        let address = address.strip_prefix("https://").unwrap_or(address);
        let mut context = Context::new();
        for claim in ["sub", "amr", "email", "oaud"].iter().chain(exposed(address)) {
            let Some(value) = self.claims.get(*claim) else { continue };
            // CircleCI's claim carries its address in the name, and the key may do without it.
            let short = claim.rsplit_once('/').map(|(_, short)| short);
            for name in std::iter::once(*claim).chain(short) {
                let key = format!("{address}:{name}");
                match value {
                    Value::String(text) => context.set(&key, text.as_str()),
                    Value::Number(_) | Value::Bool(_) => context.set(&key, value.to_string()),
                    Value::Array(list) => context.set_all(&key, list.iter().filter_map(Value::as_str)),
                    _ => {}
                }
            }
        }
        context.set_all(&format!("{address}:aud"), self.audiences());
        self.tags(&mut context);
        context
    }

    fn tags(&self, context: &mut Context) {
        let (tags, transitive) = self.session_tags();
        for (key, value) in &tags {
            context.set(&format!("aws:RequestTag/{key}"), value.as_str());
        }
        context.set_all("aws:TagKeys", tags.iter().map(|(key, _)| key.as_str()));
        context.set_all("sts:TransitiveTagKeys", transitive);
    }

    /// The session tags that it brings, and the keys of those that stay in a chain of roles.
    pub fn session_tags(&self) -> (Vec<(String, String)>, Vec<String>) {
        let Some(tags) = self.claims.get(TAGS) else { return Default::default() };
        let value = |values: &Value| values.get(0).or(Some(values)).and_then(Value::as_str).map(str::to_owned);
        let all = tags["principal_tags"].as_object().into_iter().flatten();
        let all = all.filter_map(|(key, values)| Some((key.clone(), value(values)?))).collect();
        let transitive = tags["transitive_tag_keys"].as_array().into_iter().flatten();
        (all, transitive.filter_map(Value::as_str).map(str::to_owned).collect())
    }
}

/// Claims that STS offers as condition keys beside the standard ones, since 2 February 2026. Only the shared issuers that
/// AWS knows have any: a server of one's own has none.
fn exposed(address: &str) -> &'static [&'static str] {
    match Issuer::of(address) {
        Issuer::GitHub => &[
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
        Issuer::GitLab if address == "gitlab.com" => &[
            "namespace_id",
            "namespace_path",
            "project_id",
            "project_path",
            "user_id",
            "pipeline_source",
            "ref",
            "ref_type",
            "ref_path",
            "ref_protected",
            "environment",
            "environment_protected",
            "ci_config_ref_uri",
        ],
        Issuer::CircleCi => &["oidc.circleci.com/project-id"],
        Issuer::Buildkite => &["organization_slug", "organization_id", "pipeline_slug", "pipeline_id"],
        _ => &[],
    }
}

/// A role that a token is brought to.
#[derive(Debug, Clone, Copy)]
pub struct Door<'a> {
    /// ARN of the role.
    pub role: &'a str,
    /// ARN of the identity provider in the role's account.
    pub provider: &'a str,
    /// The provider's client ids.
    pub clients: &'a [&'a str],
    /// The role's trust policy.
    pub trust: &'a NamedPolicy,
    /// `RoleSessionName`.
    pub session: &'a str,
}

/// Judges a token: the provider in the role's account (ARN and client ids), then time, then the trust policy.
/// `now` is in seconds since 1970.
pub fn accept(
    token: &Token,
    role_arn: &str,
    provider: (&str, &[&str]),
    trust: &NamedPolicy,
    now: i64,
) -> Result<(), Refusal> {
    let (provider, clients) = provider;
    enter(token, &Door { role: role_arn, provider, clients, trust, session: "landfall" }, now)
}

/// The same with everything that may count.
pub fn enter(token: &Token, door: &Door<'_>, now: i64) -> Result<(), Refusal> {
    let issuer = token.text("iss").ok_or(Refusal::Missing { claim: "iss" })?;
    if issuer.strip_prefix("https://") != Some(Issuer::address(door.provider)) {
        return Err(Refusal::NoProvider { issuer: issuer.to_owned() });
    }
    if !token.claims.contains_key("aud") {
        return Err(Refusal::Missing { claim: "aud" });
    }
    if !token.audiences().iter().any(|aud| door.clients.contains(&aud.as_str())) {
        return Err(Refusal::Audience);
    }
    if let Some(claim) = ["sub", "exp"].into_iter().find(|claim| !token.claims.contains_key(*claim)) {
        return Err(Refusal::Missing { claim });
    }
    let end = token.claims.get("exp").and_then(Value::as_i64).unwrap_or_default();
    if end.saturating_add(SKEW) < now {
        return Err(Refusal::Expired { end, now });
    }
    let set = PolicySet { resource: ResourcePolicy::Trust(door.trust.clone()), ..PolicySet::default() };
    let mut actions = vec!["sts:AssumeRoleWithWebIdentity"];
    if token.claims.contains_key(TAGS) {
        actions.push("sts:TagSession");
    }
    for action in actions {
        let principal = Principal::Federated { provider: door.provider.to_owned() };
        let mut request = Request::new(principal, action, door.role);
        request.context = token.context();
        request.context.set("sts:RoleSessionName", door.session);
        let decision = authorize(&request, &set);
        if !decision.is_allowed() {
            return Err(Refusal::Trust(Box::new(decision)));
        }
    }
    Ok(())
}

/// Base64 with the letters for addresses (RFC 4648, section 5), padded or not.
fn base64_url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut held, mut bits) = (0u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        held = (held << 6 | u32::from(value)) & 0xff_ffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
    }
    (bits < 6).then_some(bytes)
}
