//! The stacks: which there are, and what they hold.

use super::account::{Account, is_central};
use super::document::Place;
use super::roles::{Made, Roles, hub_resources, logical_id};
use super::{Access, Ci, Found, Part, PipelineFacts, Settings, hub, identity, names};
use crate::plan::digest_of;
use base::{AccountId, Diagnostic, Diagnostics, Digest, Region};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The version of the form of bootstrap stacks. A stack of another version is updated.
pub const BOOTSTRAP_VERSION: u32 = 1;

/// A stack that bootstrapping makes.
#[derive(Debug, Clone, PartialEq)]
pub struct BootstrapStack {
    /// Its account.
    pub account: AccountId,
    /// Its region.
    pub region: Region,
    /// What it is.
    pub part: Part,
    /// Its name.
    pub name: String,
    /// The template, a CloudFormation document.
    pub template: Value,
    /// Parameters; none so far.
    pub parameters: BTreeMap<String, String>,
    /// Tags on the stack: version and digest among them.
    pub tags: BTreeMap<String, String>,
    /// The digest of what it says, whether or not an identity provider or bucket was adopted.
    pub digest: Digest,
    /// What it makes, in words.
    pub summary: Vec<String>,
}

/// The way through a hub without an account for it.
pub(super) fn without_hub(settings: &Settings) -> Diagnostic {
    let why = match settings.ci {
        Ci::Instance { .. } => "machines with an instance role are in one account and enter the others from there",
        _ => "the hub roles need an account",
    };
    Diagnostic::error("BOOT-011", "the CI/CD account is not known")
        .at(settings.span)
        .why(why)
        .hint("add `cicd_account_id: \"…\"` and `cicd_account_region: …`")
}

/// All stacks: those of the CI/CD account first, then account by account. Errors among the diagnostics mean that nothing
/// may be deployed; warnings and notes say what was adopted and what the user has to do.
pub fn stacks(settings: &Settings, pipelines: &[PipelineFacts], found: &Found) -> (Vec<BootstrapStack>, Diagnostics) {
    let mut out = Stacks { settings, found, problems: identity::check(settings, pipelines), all: Vec::new() };
    let needs_hub = settings.access == Access::Hub;
    if needs_hub && settings.cicd_account.is_none() {
        out.problems.push(without_hub(settings));
        return (Vec::new(), out.problems);
    }
    let sites = sites(settings, pipelines);
    for (account, regions) in &sites {
        for (index, region) in regions.iter().enumerate() {
            out.account(account, region, index == 0, pipelines);
        }
    }
    if needs_hub {
        out.hubs(pipelines, &sites);
    }
    for pipeline in pipelines {
        out.roles(pipeline, &sites);
    }
    let home = settings.cicd_account.as_ref();
    let Stacks { mut all, problems, .. } = out;
    let order = |s: &BootstrapStack| {
        let at = sites.iter().position(|(a, _)| *a == s.account).unwrap_or(usize::MAX);
        (Some(&s.account) != home, at, s.part.clone(), s.region.clone())
    };
    all.sort_by_key(order);
    (all, problems)
}

/// Accounts with their regions, each in the order in which files name them; the CI/CD account first.
fn sites(settings: &Settings, pipelines: &[PipelineFacts]) -> Vec<(AccountId, Vec<Region>)> {
    let mut sites: Vec<(AccountId, Vec<Region>)> = Vec::new();
    let mut add = |account: &AccountId, region: &Region| match sites.iter_mut().find(|(a, _)| a == account) {
        Some((_, regions)) if regions.contains(region) => {}
        Some((_, regions)) => regions.push(region.clone()),
        None => sites.push((account.clone(), vec![region.clone()])),
    };
    let targets = || pipelines.iter().flat_map(|p| &p.stages).flat_map(|s| &s.targets);
    if let Some(account) = &settings.cicd_account {
        let any = targets().next().map(|t| &t.region);
        if let Some(region) = settings.cicd_region.as_ref().or(any) {
            add(account, region);
        }
    }
    targets().for_each(|t| add(&t.account, &t.region));
    sites
}

struct Stacks<'a> {
    settings: &'a Settings,
    found: &'a Found,
    problems: Diagnostics,
    all: Vec<BootstrapStack>,
}

impl Stacks<'_> {
    fn place<'p>(&'p self, account: &'p AccountId, region: &Region) -> Place<'p> {
        Place { settings: self.settings, partition: region.partition(), account }
    }

    fn account(&mut self, account: &AccountId, region: &Region, first: bool, pipelines: &[PipelineFacts]) {
        let provider = if first { self.provider(account, region, pipelines) } else { Provider::None };
        let bucket = self.found.buckets.get(&(account.clone(), region.clone()));
        let adopted = bucket.is_some_and(|b| !b.in_stack);
        if adopted {
            let name = super::account::bucket_name(account, region);
            let told = Diagnostic::note("BOOT-017", format!("bucket `{name}` is there already and stays as it is"));
            self.problems.push(
                told.hint("check that public access is blocked and versions are kept; bootstrap sets its policy only"),
            );
        }
        let central = is_central(self.settings, account, region);
        let whole = Account { place: self.place(account, region), region, provider: None, makes_bucket: true, central };
        // What was adopted must not make a stack look changed: the digest is that of the whole without a provider.
        let digest = digest(&whole.resources());
        let made = Account { provider: provider.made(), makes_bucket: !adopted, ..whole };
        let (resources, mut summary) = (made.resources(), made.summary());
        summary.extend(provider.adopted().map(|a| format!("identity provider `{a}` is there already and is used")));
        let stack = finished(account, region, Part::Account, digest, resources, Map::new(), summary);
        self.all.push(stack);
    }

    /// The identity provider of an account in which tokens are accepted.
    fn provider(&mut self, account: &AccountId, region: &Region, pipelines: &[PipelineFacts]) -> Provider {
        let here = match self.settings.access {
            Access::Hub => self.settings.cicd_account.as_ref() == Some(account),
            Access::Direct => true,
        };
        let stages = pipelines.iter().flat_map(|p| p.stages.iter().map(move |s| (p, s)));
        let enters = |s: &super::StageFacts| {
            s.deployment_role.is_some()
                && (self.settings.access == Access::Hub || s.targets.iter().any(|t| t.account == *account))
        };
        let identities: Vec<_> = stages
            .filter(|(_, s)| here && enters(s))
            .filter_map(|(p, s)| identity::identity(self.settings, &p.name, &s.name).ok().flatten())
            .collect();
        let Some(first) = identities.first() else { return Provider::None };
        let address = first.address();
        let audiences = super::document::sorted(identities.iter().map(iam::trust::CiIdentity::audience));
        let own = format!("{region}/{}", names::stack_name(&Part::Account));
        let seen = self.found.providers.get(account).and_then(|all| all.iter().find(|p| p.address == address));
        let Some(seen) = seen.filter(|p| p.stack.as_ref() != Some(&own)) else {
            return Provider::Made(address, audiences);
        };
        for audience in audiences.iter().filter(|a| !seen.audiences.contains(a)) {
            let message = format!(
                "the identity provider `{address}` of account {account} does not take the audience `{audience}`"
            );
            self.problems.push(Diagnostic::warning("BOOT-012", message).why("it was there before and is not changed by bootstrap; tokens for this audience are refused").hint(format!(
                "run `aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn arn:{}:iam::{account}:oidc-provider/{address} --client-id {audience}`",
                region.partition()
            )));
        }
        Provider::Adopted(address)
    }

    fn hubs(&mut self, pipelines: &[PipelineFacts], sites: &[(AccountId, Vec<Region>)]) {
        let Some((account, regions)) = sites.iter().find(|(a, _)| Some(a) == self.settings.cicd_account.as_ref())
        else {
            return;
        };
        let Some(region) = regions.first() else { return };
        for pipeline in pipelines {
            let place = self.place(account, region);
            // What is wrong with an identity was said by the check of all.
            let Ok(hubs) = hub::hubs(place, pipeline) else { continue };
            let mut known = Vec::new();
            let mut made = Made::default();
            for hub in &hubs {
                let name = super::roles::last(&hub.name).to_owned();
                let stages = hub.stages.join("`, `");
                let logical = match (hub.plans, hub.instance) {
                    // No stage has a logical id with another word at its end.
                    (true, _) => "PullRequestsPlan".to_owned(),
                    (_, true) => format!("{}Hub", logical_id(&format!("Agent{}", known.len() + 1), &mut known)),
                    (_, false) => format!("{}Hub", logical_id(&hub.stages.join("-"), &mut known)),
                };
                made.resources.extend(hub_resources(place, &pipeline.name, hub, &logical));
                let which = if hub.plans { "the plan roles of " } else { "" };
                made.summary.push(format!("hub role `{name}`, which enters {which}`{stages}` of `{}`", pipeline.name));
            }
            if hubs.iter().any(|h| h.instance && h.stages.len() > 1) {
                let told = Diagnostic::note(
                    "BOOT-018",
                    format!("all agents of `{}` can deploy to all of its stages", pipeline.name),
                );
                self.problems.push(told.at(self.settings.span).why("a machine has one role, and whoever runs code on it acts with it").hint("keep agents of their own for production: `stages: { production: { agent: landfall-production } }`"));
            }
            self.push(account, region, Part::Hub(pipeline.name.clone()), made);
        }
    }

    fn roles(&mut self, pipeline: &PipelineFacts, sites: &[(AccountId, Vec<Region>)]) {
        for (account, _) in sites {
            let first = pipeline.stages.iter().flat_map(|s| &s.targets).find(|t| t.account == *account);
            let Some(region) = first.map(|t| t.region.clone()) else { continue };
            let hub_account = self.settings.cicd_account.as_ref();
            let roles = Roles { place: self.place(account, &region), pipeline, hub_account };
            let made = roles.made();
            self.push(account, &region, Part::Pipeline(pipeline.name.clone()), made);
        }
    }

    fn push(&mut self, account: &AccountId, region: &Region, part: Part, made: Made) {
        self.problems.extend(made.problems);
        if made.resources.is_empty() {
            return;
        }
        let digest = digest(&made.resources);
        self.all.push(finished(account, region, part, digest, made.resources, made.outputs, made.summary));
    }
}

enum Provider {
    None,
    Made(String, Vec<String>),
    Adopted(String),
}

impl Provider {
    fn made(&self) -> Option<(String, Vec<String>)> {
        match self {
            Self::Made(address, audiences) => Some((address.clone(), audiences.clone())),
            _ => None,
        }
    }

    fn adopted(&self) -> Option<&str> {
        match self {
            Self::Adopted(address) => Some(address),
            _ => None,
        }
    }
}

fn digest(resources: &Map<String, Value>) -> Digest {
    let text = json!({"Version": BOOTSTRAP_VERSION, "Resources": resources}).to_string();
    digest_of(text.as_bytes())
}

fn finished(
    account: &AccountId,
    region: &Region,
    part: Part,
    digest: Digest,
    resources: Map<String, Value>,
    mut outputs: Map<String, Value>,
    summary: Vec<String>,
) -> BootstrapStack {
    let description = match &part {
        Part::Account => "Landfall: what all pipelines of this account and region share.".to_owned(),
        Part::Hub(pipeline) => format!("Landfall: the way into the stages of {pipeline}."),
        Part::Pipeline(pipeline) => format!("Landfall: the roles of {pipeline} in this account."),
    };
    outputs.insert("BootstrapVersion".to_owned(), json!({"Value": BOOTSTRAP_VERSION.to_string()}));
    outputs.insert("BootstrapDigest".to_owned(), json!({"Value": digest.as_str()}));
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": description,
        "Resources": resources,
        "Outputs": outputs,
    });
    let mut tags = BTreeMap::from([
        ("landfall:bootstrap-version".to_owned(), BOOTSTRAP_VERSION.to_string()),
        ("landfall:bootstrap-digest".to_owned(), digest.to_string()),
    ]);
    if let Part::Hub(pipeline) | Part::Pipeline(pipeline) = &part {
        tags.insert("landfall:pipeline".to_owned(), pipeline.clone());
    }
    let name = names::stack_name(&part);
    let parameters = BTreeMap::new();
    BootstrapStack {
        account: account.clone(),
        region: region.clone(),
        part,
        name,
        template,
        parameters,
        tags,
        digest,
        summary,
    }
}
