//! What is in the accounts already: identity providers, buckets, and the stack that all pipelines share.

use super::reach::{Doors, rounds};
use crate::ports::{Answer, Failure, FailureKind, IdentityProviderSeen, Ports, Site, StackSeen};
use base::{AccountId, Region};
use deploy::bootstrap::{BootstrapStack, BucketSeen, Found, Part, ProviderSeen, stack_name};
use serde_json::Value;
use std::collections::BTreeMap;

/// A prefix that no artifact has: listing it tells whether a bucket is there and nothing more.
const NOTHING: &str = ".landfall-bootstrap/";

/// What was seen.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// For `deploy::bootstrap::stacks`.
    pub found: Found,
    /// Reads that failed: the place and why.
    pub failures: Vec<(String, Failure)>,
}

struct Place {
    bucket: Option<BucketSeen>,
    held: Vec<String>,
    providers: Option<Vec<IdentityProviderSeen>>,
}

/// Reads all accounts and regions. Identity providers are asked once for each account.
pub async fn look(ports: &Ports, doors: &Doors, places: &BTreeMap<AccountId, Vec<Region>>) -> Seen {
    let every = places
        .iter()
        .flat_map(|(account, regions)| regions.iter().enumerate().map(move |(at, region)| (account, region, at == 0)));
    let answers = rounds(ports, every.collect(), |(account, region, first)| {
        let site = doors.site(account, region);
        async move { place(ports, &site, account, region, first).await }
    });
    let (mut seen, mut held, mut all) = (Seen::default(), BTreeMap::new(), Vec::new());
    for ((account, region, _), answer) in answers.await {
        match answer {
            Err(failure) => seen.failures.push((format!("{account}/{region}"), failure)),
            Ok(place) => {
                for issuer in &place.held {
                    let stack = format!("{region}/{}", stack_name(&Part::Account));
                    held.insert((account.clone(), issuer.clone()), stack);
                }
                all.push((account, region, place));
            }
        }
    }
    for (account, region, place) in all {
        if let Some(bucket) = place.bucket {
            seen.found.buckets.insert((account.clone(), region.clone()), bucket);
        }
        if let Some(providers) = place.providers {
            let one = |p: IdentityProviderSeen| {
                let stack = held.get(&(account.clone(), p.issuer.clone())).cloned();
                ProviderSeen { address: p.issuer, audiences: p.audiences, stack }
            };
            seen.found.providers.insert(account.clone(), providers.into_iter().map(one).collect());
        }
    }
    seen
}

async fn place(ports: &Ports, site: &Site, account: &AccountId, region: &Region, first: bool) -> Answer<Place> {
    let resources = resources(ports, site, &stack_name(&Part::Account)).await?;
    let held = |kind: &'static str| resources.iter().filter(move |r| r["Type"] == kind);
    let bucket = match ports.objects.list(site, &bucket_name(account, region), NOTHING).await {
        Ok(_) => Some(BucketSeen { in_stack: held("AWS::S3::Bucket").next().is_some() }),
        Err(failure) if failure.kind == FailureKind::NotFound => None,
        Err(failure) => return Err(failure),
    };
    let providers = if first { Some(ports.roles.identity_providers(site).await?) } else { None };
    let issuer =
        |r: &Value| r.pointer("/Properties/Url")?.as_str().map(|u| u.trim_start_matches("https://").to_owned());
    Ok(Place { bucket, held: held("AWS::IAM::OIDCProvider").filter_map(issuer).collect(), providers })
}

/// The bucket of an account and region, as targets without a bucket of their own have it.
fn bucket_name(account: &AccountId, region: &Region) -> String {
    deploy::plan::default_bucket(account, region)
}

/// The resources of a stack's template; none without a stack.
async fn resources(ports: &Ports, site: &Site, stack: &str) -> Answer<Vec<Value>> {
    let Some(seen) = ports.stacks.describe(site, stack).await? else { return Ok(Vec::new()) };
    if matches!(seen.status.as_str(), "REVIEW_IN_PROGRESS" | "ROLLBACK_COMPLETE" | "DELETE_COMPLETE") {
        return Ok(Vec::new());
    }
    let text = ports.stacks.template(site, stack).await?;
    let template: Value = serde_json::from_str(&text).unwrap_or_default();
    let resources = template.get("Resources").and_then(Value::as_object);
    Ok(resources.into_iter().flat_map(|all| all.values().cloned()).collect())
}

/// The bootstrap stacks as they are, for [`deploy::bootstrap::drifted`]: a read that is refused says nothing.
pub async fn recorded(
    ports: &Ports,
    wanted: Vec<(BootstrapStack, Site)>,
) -> Vec<(BootstrapStack, Answer<Option<StackSeen>>)> {
    let read = |(stack, site): (BootstrapStack, Site)| async move { ports.stacks.describe(&site, &stack.name).await };
    let answers = rounds(ports, wanted, read).await;
    answers.into_iter().map(|((stack, _), answer)| (stack, answer)).collect()
}
