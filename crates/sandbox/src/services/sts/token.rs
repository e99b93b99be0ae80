//! Tokens of identity providers: JSON web tokens that the sandbox's own issuer signs.
//!
//! A real issuer's keys would have to be fetched from the internet, which the sandbox never does. It stands in for every
//! issuer: it signs any claims asked of it (`POST /_landfall/token`), and STS accepts its signature for any provider that
//! the role's account has registered.

use crate::call::AwsError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::Sha256;

/// Signs tokens, and knows its own.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenIssuer {
    secret: String,
    /// Whether tokens with `"alg": "none"` are taken as if they were signed.
    pub accept_unsigned: bool,
}

impl Default for TokenIssuer {
    fn default() -> Self {
        Self { secret: "landfall sandbox".to_owned(), accept_unsigned: false }
    }
}

impl std::fmt::Debug for TokenIssuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenIssuer").field("accept_unsigned", &self.accept_unsigned).finish_non_exhaustive()
    }
}

impl TokenIssuer {
    /// A signed token with these claims.
    pub fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": "HS256", "typ": "JWT", "kid": "landfall-sandbox"});
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let body = format!("{}.{}", encode(&header), encode(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.mac(&body));
        format!("{body}.{signature}")
    }

    /// The claims of a token whose signature holds.
    pub(super) fn read(&self, token: &str) -> Result<Map<String, Value>, AwsError> {
        let invalid = |why: &str| AwsError::new(400, "InvalidIdentityToken", why);
        let malformed = || {
            invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
        };
        let (body, signature) = token.rsplit_once('.').ok_or_else(malformed)?;
        let (header, claims) = body.split_once('.').ok_or_else(malformed)?;
        let header = decode(header).ok_or_else(malformed)?;
        let claims = decode(claims).ok_or_else(malformed)?;
        let unsigned = self.accept_unsigned && header.get("alg").and_then(Value::as_str) == Some("none");
        if unsigned || URL_SAFE_NO_PAD.encode(self.mac(body)) == signature {
            return Ok(claims);
        }
        Err(invalid(
            "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity \
             documentation for requirements",
        ))
    }

    fn mac(&self, body: &str) -> Vec<u8> {
        Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).map_or_else(
            |_| Vec::new(),
            |mut mac| {
                mac.update(body.as_bytes());
                mac.finalize().into_bytes().to_vec()
            },
        )
    }
}

fn decode(part: &str) -> Option<Map<String, Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
}
