//! OpenID Connect providers.

use super::state::OidcProvider;
use super::{exists, no_such, state};
use crate::call::{Answer, AwsError, Call, Output};
use crate::world::World;
use serde_json::json;

fn existing<'w>(world: &'w mut World, call: &Call<'_>) -> Result<&'w mut OidcProvider, AwsError> {
    let arn = call.require("OpenIDConnectProviderArn")?;
    let provider = state(world, call)?.providers.get_mut(arn);
    provider.ok_or_else(|| no_such(&format!("OpenIDConnect Provider not found for arn {arn}")))
}

pub(super) fn create(world: &mut World, call: &Call<'_>) -> Answer {
    let invalid = |message: &str| AwsError::new(400, "InvalidInput", message);
    let url = call.require("Url")?;
    let issuer =
        url.strip_prefix("https://").ok_or_else(|| AwsError::validation("Invalid Open ID Connect Provider URL"))?;
    let issuer = issuer.trim_end_matches('/').to_owned();
    let clients = call.texts("ClientIDList");
    if clients.len() > 100 {
        return Err(AwsError::new(
            409,
            "LimitExceeded",
            "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100",
        ));
    }
    let thumbprints = call.texts("ThumbprintList");
    if thumbprints.iter().any(|t| t.len() != 40 || !t.bytes().all(|b| b.is_ascii_hexdigit())) {
        return Err(invalid("Thumbprint must be 40 hexadecimal characters."));
    }
    let arn = format!("arn:aws:iam::{}:oidc-provider/{issuer}", call.account);
    let created = world.now();
    let iam = state(world, call)?;
    if iam.providers.contains_key(&arn) {
        return Err(exists(&format!("Provider with url {url} already exists.")));
    }
    iam.providers.insert(arn.clone(), OidcProvider { arn: arn.clone(), url: issuer, clients, thumbprints, created });
    Ok(json!({ "OpenIDConnectProviderArn": arn }).into())
}

pub(super) fn get(world: &mut World, call: &Call<'_>) -> Answer {
    let provider = existing(world, call)?;
    let tree = json!({
        "Url": provider.url,
        "ClientIDList": provider.clients,
        "ThumbprintList": provider.thumbprints,
        "CreateDate": call.time(provider.created),
    });
    Ok(tree.into())
}

pub(super) fn list(world: &mut World, call: &Call<'_>) -> Answer {
    let arns: Vec<_> = state(world, call)?.providers.keys().map(|arn| json!({"Arn": arn})).collect();
    Ok(json!({ "OpenIDConnectProviderList": arns }).into())
}

pub(super) fn delete(world: &mut World, call: &Call<'_>) -> Answer {
    let arn = existing(world, call)?.arn.clone();
    state(world, call)?.providers.remove(&arn);
    Ok(Output::nothing())
}

pub(super) fn update_thumbprints(world: &mut World, call: &Call<'_>) -> Answer {
    existing(world, call)?.thumbprints = call.texts("ThumbprintList");
    Ok(Output::nothing())
}

pub(super) fn add_client(world: &mut World, call: &Call<'_>) -> Answer {
    let client = call.require("ClientID")?.to_owned();
    let provider = existing(world, call)?;
    if !provider.clients.contains(&client) {
        provider.clients.push(client);
    }
    Ok(Output::nothing())
}

pub(super) fn remove_client(world: &mut World, call: &Call<'_>) -> Answer {
    let client = call.require("ClientID")?.to_owned();
    existing(world, call)?.clients.retain(|c| *c != client);
    Ok(Output::nothing())
}
