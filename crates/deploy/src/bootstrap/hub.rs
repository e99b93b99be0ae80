//! The hub roles: what the CI enters in the CI/CD account, and the only doors that lead on from there.

use super::deployment::state;
use super::document::{Place, document, on_condition, sorted, statement};
use super::plan_role::releases;
use super::{PipelineFacts, StageFacts, identity};
use base::Diagnostic;
use iam::trust::{CiIdentity, any_trust, ci_trust, instance_trust};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// More accounts than this are written as one pattern, bound to the organization.
const NAMED_ACCOUNTS: usize = 20;

/// A role in the CI/CD account.
pub(super) struct Hub {
    /// Its name with path.
    pub(super) name: String,
    /// Names of the stages it leads to.
    pub(super) stages: Vec<String>,
    /// Trust policy.
    pub(super) trust: Value,
    /// Permissions.
    pub(super) policy: Value,
    /// Whether it belongs to machines, which need an instance profile.
    pub(super) instance: bool,
    /// Whether it is that of pull requests, which lead to the plan roles.
    pub(super) plans: bool,
}

/// The hub role that leads to a stage: its name with path.
pub(super) fn hub_name(place: Place<'_>, pipeline: &str, stage: &str) -> String {
    match identity::agent(place.settings, pipeline, stage) {
        Some(agent) => format!("{}{agent}", place.settings.role_path.trim_start_matches('/')),
        None => super::hub_role(place.settings, pipeline, stage),
    }
}

/// The hub roles of a pipeline, in order of name. Stages whose agents share an instance role share a hub.
pub(super) fn hubs(place: Place<'_>, pipeline: &PipelineFacts) -> Result<Vec<Hub>, Diagnostic> {
    let mut by_name: BTreeMap<String, Vec<&StageFacts>> = BTreeMap::new();
    for stage in pipeline.stages.iter().filter(|s| s.deployment_role.is_some()) {
        by_name.entry(hub_name(place, &pipeline.name, &stage.name)).or_default().push(stage);
    }
    let mut all: Vec<Hub> =
        by_name.into_iter().map(|(name, stages)| hub(place, pipeline, name, &stages)).collect::<Result<_, _>>()?;
    all.extend(plan_hub(place, pipeline));
    Ok(all)
}

/// The hub role of pull requests, where they may plan. It leads to the plan roles of all stages.
fn plan_hub(place: Place<'_>, pipeline: &PipelineFacts) -> Option<Hub> {
    let Place { settings, partition, account } = place;
    let stages: Vec<&StageFacts> = pipeline.stages.iter().filter(|s| s.deployment_role.is_some()).collect();
    let let_in: Vec<CiIdentity> =
        stages.iter().filter_map(|s| identity::pull_request(settings, &pipeline.name, &s.name)).collect();
    let trust = any_trust(partition.as_str(), account.as_str(), &let_in)?;
    let plan_role = |stage: &StageFacts| super::plan_role(settings, &pipeline.name, &stage.name);
    let mut statements = vec![enter(place, &stages, plan_role)];
    statements.extend(releases(place, pipeline));
    statements.extend(asked(place, &stages));
    Some(Hub {
        name: super::plan_hub_role(settings, &pipeline.name),
        stages: stages.iter().map(|s| s.name.clone()).collect(),
        trust,
        policy: document(statements),
        instance: false,
        plans: true,
    })
}

fn hub(place: Place<'_>, pipeline: &PipelineFacts, name: String, stages: &[&StageFacts]) -> Result<Hub, Diagnostic> {
    let first = stages.first().map_or("", |s| s.name.as_str());
    let identity = identity::identity(place.settings, &pipeline.name, first)?;
    let trust = match &identity {
        Some(ci) => ci_trust(place.partition.as_str(), place.account.as_str(), ci),
        None => instance_trust(place.partition.as_str()),
    };
    let mut statements = vec![enter(place, stages, |stage| stage.deployment_role.clone().unwrap_or_default())];
    statements.extend(state(place, pipeline));
    statements.extend(asked(place, stages));
    Ok(Hub {
        name,
        stages: stages.iter().map(|s| s.name.clone()).collect(),
        trust,
        policy: document(statements),
        instance: identity.is_none(),
        plans: false,
    })
}

/// Into one role of each of these stages and no others.
fn enter(place: Place<'_>, stages: &[&StageFacts], role_of: impl Fn(&StageFacts) -> String) -> Value {
    let actions = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"];
    let accounts: usize = stages.iter().map(|s| accounts_of(s).len()).max().unwrap_or(0);
    let partition = place.partition;
    let role = |account: &str, stage: &StageFacts| {
        let name = role_of(stage);
        format!("arn:{partition}:iam::{account}:role/{name}")
    };
    match (&place.settings.organization_id, accounts > NAMED_ACCOUNTS) {
        (Some(id), true) => {
            let roles = sorted(stages.iter().map(|s| role("*", s)));
            on_condition(
                statement("EnterStages", "Allow", &actions, &roles),
                json!({"StringEquals": {"aws:ResourceOrgID": id}}),
            )
        }
        _ => {
            let roles = stages.iter().flat_map(|s| accounts_of(s).into_iter().map(|a| role(&a, s)).collect::<Vec<_>>());
            statement("EnterStages", "Allow", &actions, &sorted(roles))
        }
    }
}

fn accounts_of(stage: &StageFacts) -> Vec<String> {
    sorted(stage.targets.iter().map(|t| t.account.to_string()))
}

/// The right to ask for the accounts of these stages, if one of them does not name its own.
fn asked(place: Place<'_>, stages: &[&StageFacts]) -> Vec<Value> {
    match stages.iter().any(|s| s.asks_organization) {
        true => organization(place, stages.iter().any(|s| s.asks_root)),
        false => Vec::new(),
    }
}

/// What is asked of AWS Organizations to know the accounts of a fleet.
fn organization(place: Place<'_>, root: bool) -> Vec<Value> {
    let partition = place.partition;
    let id = place.settings.organization_id.as_deref().unwrap_or("*");
    let kinds = if root { vec!["ou", "root"] } else { vec!["ou"] };
    let parents: Vec<String> =
        kinds.iter().map(|kind| format!("arn:{partition}:organizations::*:{kind}/{id}/*")).collect();
    let everything = ["*".to_owned()];
    let all = ["organizations:ListAccounts"];
    let below = ["organizations:ListAccountsForParent", "organizations:ListOrganizationalUnitsForParent"];
    vec![statement("ReadOrganization", "Allow", &all, &everything), statement("ReadUnits", "Allow", &below, &parents)]
}
