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
    /// `exp` is over, or missing.
    Expired,
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
            Self::Expired => ("ExpiredTokenException", "Token expired".to_owned()),
            Self::Trust(decision) => ("AccessDenied", decision.message()),
        }
    }
}

impl Token {
    /// One value of a claim as text.
    pub fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }

    fn audiences(&self) -> Vec<String> {
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
        let known = ["sub", "amr", "email", "oaud"].iter().chain(exposed(Issuer::of(address)));
        for claim in known {
            let key = format!("{address}:{claim}");
            match self.claims.get(*claim) {
                Some(Value::String(text)) => context.set(&key, text.as_str()),
                Some(Value::Number(number)) => context.set(&key, number.to_string()),
                Some(Value::Array(list)) => context.set_all(&key, list.iter().filter_map(Value::as_str)),
                _ => {}
            }
        }
        context.set_all(&format!("{address}:aud"), self.audiences());
        self.tags(&mut context);
        context
    }

    fn tags(&self, context: &mut Context) {
        let Some(tags) = self.claims.get(TAGS) else { return };
        let mut keys = Vec::new();
        for (key, values) in tags["principal_tags"].as_object().into_iter().flatten() {
            if let Some(value) = values.get(0).or(Some(values)).and_then(Value::as_str) {
                context.set(&format!("aws:RequestTag/{key}"), value);
                keys.push(key.as_str());
            }
        }
        context.set_all("aws:TagKeys", keys);
        let transitive = tags["transitive_tag_keys"].as_array().into_iter().flatten();
        context.set_all("sts:TransitiveTagKeys", transitive.filter_map(Value::as_str));
    }
}

/// Claims that STS offers as condition keys beside the standard ones, since 2 February 2026.
fn exposed(issuer: Issuer) -> &'static [&'static str] {
    match issuer {
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
        Issuer::GitLab => {
            &["namespace_id", "namespace_path", "project_id", "project_path", "ref_type", "ref", "environment"]
        }
        Issuer::CircleCi => &["project-id"],
        Issuer::Buildkite => &["organization_id", "pipeline_id"],
        _ => &[],
    }
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
    let (provider_arn, client_ids) = provider;
    let issuer = token.text("iss").unwrap_or_default();
    if issuer.strip_prefix("https://") != Some(Issuer::address(provider_arn)) {
        return Err(Refusal::NoProvider { issuer: issuer.to_owned() });
    }
    if !token.audiences().iter().any(|aud| client_ids.contains(&aud.as_str())) {
        return Err(Refusal::Audience);
    }
    if token.claims.get("exp").and_then(Value::as_i64).is_none_or(|exp| exp.saturating_add(SKEW) < now) {
        return Err(Refusal::Expired);
    }
    let set = PolicySet { resource: ResourcePolicy::Trust(trust.clone()), ..PolicySet::default() };
    let mut actions = vec!["sts:AssumeRoleWithWebIdentity"];
    if token.claims.contains_key(TAGS) {
        actions.push("sts:TagSession");
    }
    for action in actions {
        let principal = Principal::Federated { provider: provider_arn.to_owned() };
        let mut request = Request::new(principal, action, role_arn);
        request.context = token.context();
        let decision = authorize(&request, &set);
        if !decision.is_allowed() {
            return Err(Refusal::Trust(Box::new(decision)));
        }
    }
    Ok(())
}
