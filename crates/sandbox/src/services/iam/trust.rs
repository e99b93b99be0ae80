//! Trust policies as IAM keeps them: a principal that names a role or a user is kept as that role's or user's unique id.
//!
//! So a role that is deleted and made again under the same name is not the one that others trust, and a trust policy that
//! names a role which does not exist is refused (IAM User Guide, "AWS JSON policy elements: Principal").

use crate::call::AwsError;
use crate::world::World;
use base::AccountId;
use serde_json::Value;

/// Checks a trust policy and puts ids in the place of ARNs.
pub(crate) fn store(world: &World, text: &str) -> Result<String, AwsError> {
    let malformed = |why: &str| AwsError::new(400, "MalformedPolicyDocument", why);
    let mut value: Value = serde_json::from_str(text).map_err(|_| malformed("This policy contains invalid Json"))?;
    let document = iam::parse(&value, iam::Kind::Trust)
        .accept()
        .map_err(|problems| malformed(problems.first().map_or("Syntax errors in policy.", |p| p.message.as_str())))?;
    check_tenants(&document)?;
    if text.chars().filter(|c| !c.is_whitespace()).count() > 8192 {
        return Err(AwsError::new(409, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048"));
    }
    each_aws_principal(&mut value, &mut |arn| match unique_id(world, arn) {
        Lookup::Id(id) => {
            *arn = id;
            Ok(())
        }
        Lookup::Missing => Err(malformed(&format!("Invalid principal in policy: \"AWS\":\"{arn}\""))),
        Lookup::NoEntity => Ok(()),
    })?;
    Ok(value.to_string())
}

/// The policy as IAM shows it: ids of entities that still exist become ARNs again, others stay ids.
pub(crate) fn show(world: &World, stored: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(stored) else { return stored.to_owned() };
    let result = each_aws_principal(&mut value, &mut |entry| {
        if let Some(arn) = arn_of_id(world, entry) {
            *entry = arn;
        }
        Ok(())
    });
    result.map_or_else(|_| stored.to_owned(), |()| value.to_string())
}

/// Issuers that many tenants share, for which a trust policy must look at the subject (IAM User Guide, "Identity-provider
/// controls for shared OIDC providers").
const SHARED_ISSUERS: [&str; 5] =
    ["token.actions.githubusercontent.com", "gitlab.com", "agent.buildkite.com", "app.terraform.io", "scalr.io"];

/// Refuses to trust everyone who uses a shared issuer. AWS has done so since 2025 when a role is made or its trust changed.
fn check_tenants(document: &iam::Document) -> Result<(), AwsError> {
    for statement in document.statements.iter().filter(|s| s.effect == iam::Effect::Allow) {
        let federated = statement.principal.iter().flat_map(|p| p.federated.iter());
        let issuers =
            federated.filter_map(|arn| SHARED_ISSUERS.iter().find(|i| arn.ends_with(&format!("oidc-provider/{i}"))));
        for issuer in issuers {
            let key = format!("{issuer}:sub");
            let mut looked_at = statement.conditions.iter().filter(|c| c.key.eq_ignore_ascii_case(&key));
            if !looked_at.any(|condition| condition.values.iter().all(|value| value != "*")) {
                return Err(AwsError::new(
                    400,
                    "MalformedPolicyDocument",
                    format!(
                        "The trust policy must evaluate the condition key {key} for the shared identity provider {issuer}."
                    ),
                ));
            }
        }
    }
    Ok(())
}

enum Lookup {
    Id(String),
    Missing,
    NoEntity,
}

fn unique_id(world: &World, arn: &str) -> Lookup {
    let Ok(parsed) = base::Arn::new(arn) else {
        let account = arn == "*" || AccountId::new(arn).is_ok();
        return if account || arn_of_id(world, arn).is_some() { Lookup::NoEntity } else { Lookup::Missing };
    };
    let account = AccountId::new(parsed.account()).ok().and_then(|id| world.account(&id));
    let (kind, name) = parsed.resource().split_once('/').unwrap_or((parsed.resource(), ""));
    let name = name.rsplit('/').next().unwrap_or_default();
    let Some(account) = account else { return Lookup::Missing };
    let id = match kind {
        "role" => account.iam.roles.get(name).filter(|role| role.arn == arn).map(|role| role.id.clone()),
        "user" => account.iam.users.get(name).map(|user| user.id.clone()),
        _ => return Lookup::NoEntity,
    };
    id.map_or(Lookup::Missing, Lookup::Id)
}

fn arn_of_id(world: &World, id: &str) -> Option<String> {
    let roles = world.accounts.values().flat_map(|a| a.iam.roles.values());
    let users = || world.accounts.values().flat_map(|a| a.iam.users.values().map(move |u| (a, u)));
    match id.get(..4)? {
        "AROA" => roles.into_iter().find(|role| role.id == id).map(|role| role.arn.clone()),
        "AIDA" => users().find(|(_, u)| u.id == id).map(|(a, u)| format!("arn:aws:iam::{}:user/{}", a.id, u.name)),
        _ => None,
    }
}

type Visit<'v> = dyn FnMut(&mut String) -> Result<(), AwsError> + 'v;

fn each_aws_principal(document: &mut Value, visit: &mut Visit<'_>) -> Result<(), AwsError> {
    let Some(statements) = document.get_mut("Statement") else { return Ok(()) };
    for statement in one_or_many(statements) {
        for key in ["Principal", "NotPrincipal"] {
            let Some(list) = statement.get_mut(key).and_then(|p| p.get_mut("AWS")) else { continue };
            for entry in one_or_many(list) {
                if let Value::String(text) = entry {
                    visit(text)?;
                }
            }
        }
    }
    Ok(())
}

fn one_or_many(value: &mut Value) -> Vec<&mut Value> {
    match value {
        Value::Array(items) => items.iter_mut().collect(),
        other => vec![other],
    }
}
