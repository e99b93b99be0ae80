//! A web identity token beside the trust policy that it meets. Only claims are shown, never the token.

use crate::seen::{IdentityProviderSeen, RoleSeen};
use iam::trust::{Door, Issuer, Refusal, Token, enter};
use iam::{Effect, Kind, NamedPolicy};
use serde_json::{Value, json};

/// The claims that count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// `iss`
    pub issuer: String,
    /// `aud`
    pub audiences: Vec<String>,
    /// `sub`
    pub subject: String,
    /// `exp`, in seconds since 1970.
    pub expires: Option<i64>,
}

/// One statement of the trust policy that speaks of the token's issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// How messages name it.
    pub statement: String,
    /// Subjects that it lets in, with the operator: `StringEquals repo:…`.
    pub subjects: Vec<String>,
    /// Audiences that it lets in.
    pub audiences: Vec<String>,
    /// Its other conditions.
    pub others: Vec<String>,
}

/// A token and the role that it is brought to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenStory {
    /// What the token says.
    pub claims: Claims,
    /// Who signs it, in words.
    pub issuer: &'static str,
    /// ARN of the role; nothing when none was named or could be read.
    pub role: Option<String>,
    /// The audiences that the account's identity provider takes; nothing when there is none or it could not be read.
    pub provider: Option<Vec<String>>,
    /// The statements about its issuer.
    pub statements: Vec<Match>,
    /// Whether STS would take it; nothing when that is not known.
    pub accepted: Option<bool>,
    /// Why, and what to do.
    pub lines: Vec<String>,
}

impl Claims {
    /// The claims of a token.
    pub fn of(token: &Token) -> Self {
        Self {
            issuer: token.text("iss").unwrap_or_default().to_owned(),
            audiences: token.audiences(),
            subject: token.text("sub").unwrap_or_default().to_owned(),
            expires: token.claims.get("exp").and_then(Value::as_i64),
        }
    }
}

/// Judges a token as STS does, as far as role and identity providers could be read. `now` is in seconds since 1970. Who
/// signed it is not verified.
pub fn beside(
    token: &Token,
    role: Option<&RoleSeen>,
    providers: Option<&[IdentityProviderSeen]>,
    now: i64,
) -> TokenStory {
    let claims = Claims::of(token);
    let address = claims.issuer.strip_prefix("https://").unwrap_or(&claims.issuer).to_owned();
    let provider = providers.and_then(|all| all.iter().find(|p| p.issuer == address));
    let mut story = TokenStory {
        issuer: Issuer::of(&address).name(),
        role: role.map(|role| role.arn.clone()),
        provider: provider.map(|p| p.audiences.clone()),
        statements: role.map(|role| statements(role, &address)).unwrap_or_default(),
        accepted: None,
        lines: Vec::new(),
        claims,
    };
    if story.claims.expires.is_some_and(|end| end + 300 < now) {
        story.accepted = Some(false);
        story.lines.push("it has expired; get a fresh one in the same job".to_owned());
    }
    let Some(role) = role else {
        story
            .lines
            .push("no role to compare it with could be read; name one with `--role` or `AWS_ROLE_ARN`".to_owned());
        return story;
    };
    match (providers, provider) {
        (Some(_), None) => {
            story.accepted = Some(false);
            story
                .lines
                .push(format!("the role's account has no identity provider for `{address}`: run `landfall bootstrap`"));
        }
        _ => judge(&mut story, token, role, provider, &address, now),
    }
    story
}

/// The whole of it. Where the provider could not be read, the token's own audience is taken for known to it.
fn judge(
    story: &mut TokenStory,
    token: &Token,
    role: &RoleSeen,
    provider: Option<&IdentityProviderSeen>,
    address: &str,
    now: i64,
) {
    let account = role.arn.split(':').nth(4).unwrap_or_default();
    let partition = role.arn.split(':').nth(1).unwrap_or("aws");
    let arn = provider.map_or_else(
        || format!("arn:{partition}:iam::{account}:oidc-provider/{address}"),
        |provider| provider.arn.clone(),
    );
    let audiences = provider.map_or_else(|| token.audiences(), |provider| provider.audiences.clone());
    let clients: Vec<&str> = audiences.iter().map(String::as_str).collect();
    let value: Value = serde_json::from_str(&role.trust).unwrap_or_default();
    let trust = NamedPolicy::new("the trust policy", iam::parse(&value, Kind::Trust).document);
    let door = Door { role: &role.arn, provider: &arn, clients: &clients, trust: &trust, session: "landfall" };
    match enter(token, &door, now) {
        Ok(()) => {
            story.accepted = Some(true);
            story.lines.push("the trust policy lets it in".to_owned());
        }
        Err(refusal) => {
            story.accepted = Some(false);
            story.lines.extend(words(&refusal, token, &clients));
        }
    }
}

fn words(refusal: &Refusal, token: &Token, clients: &[&str]) -> Vec<String> {
    match refusal {
        Refusal::NoProvider { issuer } => vec![format!("`{issuer}` is not the issuer of the identity provider")],
        Refusal::Audience => vec![format!(
            "the identity provider takes the audiences `{}`, and the token is for `{}`: ask for the right audience in the \
             job, or add it to the provider",
            clients.join("`, `"),
            token.audiences().join("`, `")
        )],
        Refusal::Missing { claim } => vec![format!("it has no claim `{claim}`")],
        // Said already.
        Refusal::Expired { .. } => Vec::new(),
        Refusal::Trust(decision) => {
            let near = decision.layers.iter().flat_map(|layer| &layer.near_misses);
            let mut lines: Vec<String> = near.map(|n| format!("{}: {}", n.statement, n.because)).collect();
            if let Some(statement) = &decision.statement {
                lines.push(format!("{statement} denies it"));
            }
            if lines.is_empty() {
                lines.push("no statement of the trust policy is about its issuer".to_owned());
            }
            lines.push(
                "correct the condition, or run the job on the branch or in the environment that it names; do not widen \
                 it with `*`"
                    .to_owned(),
            );
            lines
        }
    }
}

/// The statements that let tokens of an issuer in, with what they ask for.
fn statements(role: &RoleSeen, address: &str) -> Vec<Match> {
    let value: Value = serde_json::from_str(&role.trust).unwrap_or_default();
    let document = iam::parse(&value, Kind::Trust).document;
    let about = |s: &&iam::Statement| {
        let federated = s.principal.iter().flat_map(|p| p.federated.iter()).any(|p| Issuer::address(p) == address);
        s.effect == Effect::Allow && federated
    };
    let mut all = Vec::new();
    for (index, statement) in document.statements.iter().enumerate().filter(|(_, s)| about(s)) {
        let name = statement.sid.clone().filter(|sid| !sid.is_empty());
        let mut found = Match {
            statement: name.unwrap_or_else(|| format!("statement {}", index + 1)),
            subjects: Vec::new(),
            audiences: Vec::new(),
            others: Vec::new(),
        };
        for condition in &statement.conditions {
            let values = condition.values.iter().map(|value| format!("{} {value}", condition.operator));
            match condition.key.strip_prefix(address).and_then(|rest| rest.strip_prefix(':')) {
                Some("sub") => found.subjects.extend(values),
                Some("aud") => found.audiences.extend(values),
                _ => found.others.extend(values.map(|value| format!("{} {value}", condition.key))),
            }
        }
        all.push(found);
    }
    all
}

impl TokenStory {
    pub(super) fn json(&self) -> Value {
        json!({
            "issuer": self.claims.issuer,
            "audiences": self.claims.audiences,
            "subject": self.claims.subject,
            "expires": self.claims.expires,
            "role": self.role,
            "provider_audiences": self.provider,
            "trust": self.statements.iter().map(|s| json!({
                "statement": s.statement, "subjects": s.subjects, "audiences": s.audiences, "others": s.others,
            })).collect::<Vec<_>>(),
            "accepted": self.accepted,
            "explanation": self.lines,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use iam::trust::{CiIdentity, GitHubPlace, SubjectForm, ci_trust};

    const NOW: i64 = 1_800_000_000;

    fn role() -> RoleSeen {
        let ci = CiIdentity::GitHub {
            address: "token.actions.githubusercontent.com".into(),
            owner: "acme".into(),
            repository: "shop".into(),
            ids: None,
            form: SubjectForm::Classic,
            place: GitHubPlace::Environment("production".into()),
        };
        RoleSeen {
            arn: "arn:aws:iam::222222222222:role/landfall/prod".into(),
            trust: ci_trust("aws", "222222222222", &ci).to_string(),
            ..RoleSeen::default()
        }
    }

    fn provider() -> IdentityProviderSeen {
        IdentityProviderSeen {
            arn: "arn:aws:iam::222222222222:oidc-provider/token.actions.githubusercontent.com".into(),
            issuer: "token.actions.githubusercontent.com".into(),
            audiences: vec!["sts.amazonaws.com".into()],
            thumbprints: vec![],
        }
    }

    fn told(changes: &[(&str, Value)]) -> TokenStory {
        let mut claims = json!({"iss": "https://token.actions.githubusercontent.com", "aud": "sts.amazonaws.com",
            "sub": "repo:acme/shop:environment:production", "exp": NOW + 300});
        for (key, value) in changes {
            claims[*key] = value.clone();
        }
        let token = Token { claims: claims.as_object().unwrap().clone() };
        beside(&token, Some(&role()), Some(&[provider()]), NOW)
    }

    #[test]
    fn the_subject_stands_beside_the_one_that_is_wanted() {
        let story = told(&[("sub", json!("repo:acme/shop:ref:refs/heads/main"))]);
        assert_eq!(story.accepted, Some(false));
        assert_eq!(story.statements[0].subjects, ["StringEquals repo:acme/shop:environment:production"]);
        let text = story.lines.join("\n");
        assert!(
            text.contains("`repo:acme/shop:ref:refs/heads/main`") && text.contains("environment:production"),
            "{text}"
        );
        assert_eq!(told(&[]).accepted, Some(true));
    }

    #[test]
    fn each_reason_is_told_with_what_to_do() {
        for (change, part) in [
            (("aud", json!("https://github.com/acme")), "ask for the right audience"),
            (("exp", json!(NOW - 400)), "expired"),
            (("iss", json!("https://gitlab.com")), "no identity provider for `gitlab.com`"),
        ] {
            let story = told(&[change]);
            assert_eq!(story.accepted, Some(false));
            assert!(story.lines.join("\n").contains(part), "{part}: {:?}", story.lines);
        }
        let alone = beside(&Token::default(), None, None, NOW);
        assert_eq!((alone.accepted, alone.statements.len()), (None, 0));
    }
}
