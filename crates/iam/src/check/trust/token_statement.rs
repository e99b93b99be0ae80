//! What the trust rules about tokens share: the statements that let tokens in, and which claims they pin.

use crate::check::TrustFacts;
use crate::check::denied::demanded;
use crate::pattern::Pattern;
use crate::policy::{ConditionEntry, Effect, Quantifier, Statement};
use crate::trust::{Issuer, Reach, reach};

/// A statement that lets tokens of an issuer in.
pub(in crate::check) struct TokenStatement<'a> {
    pub(in crate::check) statement: &'a Statement,
    pub(in crate::check) issuer: Issuer,
    /// Prefix of the issuer's condition keys.
    pub(in crate::check) address: String,
    /// What tokens must meet: the statement's own conditions, and what denies leave.
    conditions: Vec<ConditionEntry>,
}

/// One value of a condition on a claim.
pub(in crate::check) struct Value<'a> {
    pub(in crate::check) entry: &'a ConditionEntry,
    /// The claim, when it is not the subject.
    claim: Option<&'static str>,
    pub(in crate::check) path: String,
    pub(in crate::check) text: &'a str,
}

impl Value<'_> {
    /// Whether `*` and `?` are wildcards in it.
    pub(in crate::check) fn wild(&self) -> bool {
        self.entry.operator.comparison.takes_wildcards()
    }
}

/// The statements of a trust policy that let tokens in, one for each provider they name.
pub(in crate::check) fn token_statements<'a>(facts: &TrustFacts<'a>) -> Vec<TokenStatement<'a>> {
    let mut found = Vec::new();
    for statement in facts.document.statements.iter().filter(|s| s.effect == Effect::Allow && lets_tokens_in(s)) {
        let Some(principal) = statement.principal.as_ref().filter(|p| !p.negated) else { continue };
        let Some(conditions) = demanded(&facts.document.statements, statement) else { continue };
        for provider in principal.federated.iter().filter(|p| !p.contains(":saml-provider/")) {
            let named = Issuer::address(provider);
            // A provider that is another resource of the template is known by the keys of the conditions.
            let address =
                if named.contains("{{") { address_in_conditions(statement).unwrap_or(named) } else { named }.to_owned();
            let issuer = issuer_of(&address, &conditions);
            found.push(TokenStatement { statement, issuer, address, conditions: conditions.clone() });
        }
    }
    found
}

/// The issuer by its address, or by the form of the subjects that are demanded.
fn issuer_of(address: &str, conditions: &[ConditionEntry]) -> Issuer {
    let subjects = conditions.iter().filter(|e| e.key.to_ascii_lowercase().ends_with(":sub"));
    match Issuer::of(address) {
        Issuer::Other => subjects.flat_map(|e| e.values.iter()).find_map(Issuer::by_subject).unwrap_or(Issuer::Other),
        known => known,
    }
}

fn address_in_conditions(statement: &Statement) -> Option<&str> {
    let keys = statement.conditions.iter().filter_map(|c| c.key.rsplit_once(':'));
    keys.filter(|(address, claim)| (address.contains('.') || address.contains("{{")) && !claim.is_empty())
        .map(|(address, _)| address)
        .next()
}

pub(in crate::check) fn lets_tokens_in(statement: &Statement) -> bool {
    let listed =
        statement.actions.values.iter().any(|a| Pattern::new(a).matches_ignoring_case("sts:AssumeRoleWithWebIdentity"));
    listed != statement.actions.negated
}

impl TokenStatement<'_> {
    /// The conditions that demand something of a claim. Negated ones and `Null` do not pin it.
    pub(in crate::check) fn entries(&self, claim: &str) -> Vec<&ConditionEntry> {
        // GitHub and GitLab put an enterprise or a group after the host, and either form is met in the wild.
        let own = host(&self.address);
        let is_on = |e: &ConditionEntry| {
            // CircleCI's own claims have an address before their name, and a key may be nothing but that.
            let (address, name) = e.key.rsplit_once(':').unwrap_or((&e.key, &e.key));
            let named = name.rsplit('/').next().is_some_and(|c| c.eq_ignore_ascii_case(claim));
            named && host(address) == own
        };
        let demands = |e: &&ConditionEntry| {
            let comparison = e.operator.comparison;
            !comparison.is_negated() && comparison.takes_variables() && is_on(e)
        };
        self.conditions.iter().filter(demands).collect()
    }

    /// The values of those conditions.
    pub(in crate::check) fn values(&self, claim: &str) -> Vec<Value<'_>> {
        self.values_of(claim, None)
    }

    fn values_of(&self, name: &str, claim: Option<&'static str>) -> Vec<Value<'_>> {
        let mut values = Vec::new();
        for entry in self.entries(name) {
            for (index, text) in entry.values.iter().enumerate() {
                values.push(Value { entry, claim, path: entry.values.path(&entry.path, index), text });
            }
        }
        values
    }

    /// The values that say whose token it is: those of the subject, and of claims that name the project.
    pub(in crate::check) fn identities(&self) -> Vec<Value<'_>> {
        let mut values = self.values("sub");
        for claim in self.issuer.project_claims() {
            values.extend(self.values_of(claim, Some(claim)));
        }
        values
    }

    /// How far one value reaches.
    pub(in crate::check) fn reach(&self, value: &Value<'_>) -> Reach {
        self.reach_of(value.text, value.claim, value.wild())
    }

    fn reach_of(&self, text: &str, claim: Option<&str>, wild: bool) -> Reach {
        let filled = filled(&self.address, text);
        let (text, wild) = filled.as_deref().map_or((text, wild), |text| (text, true));
        match claim {
            Some(claim) => reach(self.issuer, &format!("{claim}:{text}"), wild),
            None => reach(self.issuer, text, wild),
        }
    }

    /// Whether some condition beside `except` closes the project: a whole list of exact values, always present.
    pub(in crate::check) fn project_is_closed(&self, except: Option<&ConditionEntry>) -> bool {
        let by_claim = self.issuer.project_claims().iter().any(|claim| {
            self.entries(claim)
                .into_iter()
                .filter(|e| Some(*e) != except)
                .any(|e| is_firm(e) && self.all_reach(e, Some(claim), |r| matches!(r, Reach::Project { .. })))
        });
        let by_subject = self.entries("sub").into_iter().any(|e| {
            Some(e) != except && is_firm(e) && self.all_reach(e, None, |r| matches!(r, Reach::Project { .. }))
        });
        by_claim || by_subject || self.closed_by_tags("pipeline")
    }

    /// Whether some condition beside the subject closes the organization.
    pub(in crate::check) fn tenant_is_closed(&self) -> bool {
        let claims = self.issuer.tenant_claims().iter().chain(self.issuer.project_claims());
        let by_claim = claims.into_iter().any(|claim| {
            self.entries(claim).into_iter().any(|e| is_firm(e) && self.all_reach(e, Some(claim), |r| !is_open(r)))
        });
        by_claim || self.project_is_closed(None) || self.closed_by_tags("organization")
    }

    /// Buildkite puts its claims into session tags, and its guide pins those.
    fn closed_by_tags(&self, what: &str) -> bool {
        self.issuer == Issuer::Buildkite
            && self.conditions.iter().any(|e| {
                let tag = e.key.get(.."aws:RequestTag/".len()).filter(|p| p.eq_ignore_ascii_case("aws:RequestTag/"));
                tag.is_some()
                    && e.key["aws:RequestTag/".len()..].starts_with(what)
                    && is_firm(e)
                    && !e.operator.comparison.is_negated()
                    && exact(e)
            })
    }

    fn all_reach(&self, entry: &ConditionEntry, claim: Option<&&str>, good: impl Fn(&Reach) -> bool) -> bool {
        let wild = entry.operator.comparison.takes_wildcards();
        !entry.values.texts.is_empty()
            && entry.values.iter().all(|text| good(&self.reach_of(text, claim.copied(), wild)))
    }
}

fn host(address: &str) -> String {
    address.split('/').next().unwrap_or_default().to_ascii_lowercase()
}

/// The text with `*` for each policy variable that the token or its holder fills in, if there is one.
fn filled(address: &str, text: &str) -> Option<String> {
    let chosen = |key: &str| {
        let key = key.to_ascii_lowercase();
        let of_token = key.rsplit_once(':').is_some_and(|(prefix, _)| host(prefix) == host(address));
        of_token || key.starts_with("aws:requesttag/") || key == "sts:rolesessionname"
    };
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, (key, tail))) = rest.split_once("${").and_then(|(b, a)| Some((b, a.split_once('}')?))) {
        out.push_str(before);
        match chosen(key) {
            true => out.push('*'),
            false => out.extend(["${", key, "}"]),
        }
        rest = tail;
    }
    out.push_str(rest);
    (out != text).then_some(out)
}

/// A policy variable that has no value while a token is exchanged, since nobody is signed in to AWS yet.
pub(in crate::check) fn without_value(text: &str) -> Option<&str> {
    const OF_PRINCIPALS: &[&str] = &["aws:username", "aws:userid", "aws:principal", "saml:"];
    text.split("${").skip(1).filter_map(|rest| rest.split_once('}')).map(|(key, _)| key).find(|key| {
        let lower = key.to_ascii_lowercase();
        !key.contains(',') && OF_PRINCIPALS.iter().any(|start| lower.starts_with(start))
    })
}

pub(in crate::check) fn is_open(reach: &Reach) -> bool {
    matches!(reach, Reach::Anyone | Reach::TenantsLike(_) | Reach::AttackerChosen(_) | Reach::Unknown)
}

fn exact(entry: &ConditionEntry) -> bool {
    !entry.operator.comparison.takes_wildcards() || entry.values.iter().all(|v| !v.contains(['*', '?']))
}

/// Whether the condition fails when the claim is absent.
pub(in crate::check) fn is_firm(entry: &ConditionEntry) -> bool {
    !entry.operator.if_exists && entry.operator.quantifier != Quantifier::ForAllValues
}

/// A subject that pins one project, for the texts of fixes.
pub(in crate::check) fn example(issuer: Issuer) -> &'static str {
    match issuer {
        Issuer::GitHub => "repo:OWNER/REPO:environment:ENVIRONMENT",
        Issuer::GitLab => "project_path:GROUP/PROJECT:ref_type:branch:ref:main",
        Issuer::AzurePipelines => "sc://ORGANIZATION/PROJECT/SERVICE-CONNECTION",
        Issuer::Bitbucket => "{REPOSITORY-UUID}:{ENVIRONMENT-UUID}:*",
        Issuer::CircleCi => "org/ORGANIZATION-ID/project/PROJECT-ID/user/*",
        Issuer::Buildkite => "organization:ORGANIZATION:pipeline:PIPELINE:ref:refs/heads/main:commit:*",
        Issuer::HcpTerraform => "organization:ORGANIZATION:project:PROJECT:workspace:WORKSPACE:run_phase:apply",
        Issuer::Kubernetes => "system:serviceaccount:NAMESPACE:SERVICE-ACCOUNT",
        _ => "the exact subject",
    }
}
