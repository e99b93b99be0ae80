//! From stages to targets: which account and region, by which role, in which wave.

use super::{PlannedTrigger, StageApproval};
use crate::project::{Amount, Fleet, Pipeline, RegionConcurrency, RequiresApproval, RoleName, Stage, Targets};
use crate::seen::{AccountSeen, Failure, FailureKind};
use crate::target::{Session, Site};
use base::{AccountId, Arn, Diagnostic, Diagnostics, Region, RunId};
use std::collections::{BTreeMap, BTreeSet};

/// What Organizations said, as far as it was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrganizationFacts {
    /// All accounts by id; nothing when it could not be read.
    pub accounts: Option<BTreeMap<AccountId, AccountSeen>>,
    /// The accounts in each organizational unit that a stage names, and below it.
    pub units: BTreeMap<String, Vec<AccountSeen>>,
    /// Why units could not be read.
    pub unread: BTreeMap<String, Failure>,
    /// The account of the caller's own credentials.
    pub own_account: Option<AccountId>,
}

/// Which targets a command is about. Empty lists mean all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Stage names.
    pub stages: Vec<String>,
    /// Account ids.
    pub accounts: Vec<String>,
    /// Regions.
    pub regions: Vec<String>,
}

/// What names the run's sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunNames {
    /// Name of the pipeline.
    pub pipeline: String,
    /// The run.
    pub run: RunId,
    /// Who started it.
    pub author: String,
    /// Where the release comes from.
    pub trigger: PlannedTrigger,
}

/// One account and region of one stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// `stage/account/region`
    pub id: String,
    /// Index of the stage in the pipeline.
    pub stage: usize,
    /// The account.
    pub account: AccountId,
    /// Its name.
    pub account_name: Option<String>,
    /// Organizational units that the stages name and that the account is in.
    pub units: Vec<String>,
    /// The region.
    pub region: Region,
    /// Where calls go.
    pub site: Site,
    /// The bucket for artifacts.
    pub bucket: String,
    /// The prefix of keys in it.
    pub prefix: String,
    /// Why nothing is done here.
    pub skip: Option<String>,
}

/// The targets of a pipeline in the order of its stages, and what is wrong with the choice.
pub fn select(
    pipeline: &Pipeline,
    facts: &OrganizationFacts,
    selection: &Selection,
    names: &RunNames,
) -> (Vec<Selected>, Diagnostics) {
    let mut found = Vec::new();
    let mut targets = Vec::new();
    for (index, stage) in pipeline.stages.iter().enumerate() {
        if !among(&selection.stages, &stage.name) {
            continue;
        }
        for (account, region) in places(stage, facts, &mut found) {
            if among(&selection.accounts, account.as_str()) && among(&selection.regions, region.as_str()) {
                targets.push(target(index, stage, account, region, facts, names));
            }
        }
    }
    unknown_names(pipeline, selection, &mut found);
    if targets.is_empty() && found.iter().all(|d| !d.is_error()) {
        let told = Diagnostic::error("PLAN-001", "nothing is selected");
        found.push(
            told.why("no stage has a target that the filters let through")
                .hint("loosen `--stage`, `--account` or `--region`"),
        );
    }
    (targets, found)
}

fn among(list: &[String], name: &str) -> bool {
    list.is_empty() || list.iter().any(|l| l == name)
}

fn unknown_names(pipeline: &Pipeline, selection: &Selection, found: &mut Diagnostics) {
    for name in &selection.stages {
        if !pipeline.stages.iter().any(|s| s.name == *name) {
            let known: Vec<&str> = pipeline.stages.iter().map(|s| s.name.as_str()).collect();
            let told = Diagnostic::error("PLAN-002", format!("there is no stage `{name}`"));
            found.push(told.hint(format!("the pipeline's stages are `{}`", known.join("`, `"))));
        }
    }
}

fn places(stage: &Stage, facts: &OrganizationFacts, found: &mut Diagnostics) -> Vec<(AccountId, Region)> {
    match &stage.targets {
        Targets::Single { account, region } => match account.as_ref().or(facts.own_account.as_ref()) {
            Some(account) => vec![(account.clone(), region.clone())],
            None => {
                let told = Diagnostic::error("PLAN-003", format!("the account of stage `{}` is not known", stage.name));
                found.push(told.at(stage.span).hint("give it with `account_id`, or have AWS credentials at hand"));
                Vec::new()
            }
        },
        Targets::Fleet(fleet) => fleet_places(stage, fleet, facts, found),
    }
}

fn fleet_places(
    stage: &Stage,
    fleet: &Fleet,
    facts: &OrganizationFacts,
    found: &mut Diagnostics,
) -> Vec<(AccountId, Region)> {
    let mut accounts: BTreeSet<AccountId> = fleet.accounts.iter().cloned().collect();
    for unit in &fleet.organizational_units {
        match facts.units.get(unit) {
            None => {
                let mut told = Diagnostic::error("PLAN-004", format!("the accounts of `{unit}` could not be read"));
                let failure = facts.unread.get(unit);
                if let Some(failure) = failure {
                    told = told.why(failure.message.clone());
                }
                let hint = match failure.is_some_and(|f| f.kind == FailureKind::Denied) {
                    true => {
                        "let the caller list the organization; in any account but the management account, AWS wants that account to be a delegated administrator, as the CI/CD account must be"
                    }
                    false => "check its id, and that the credentials may list the organization",
                };
                found.push(told.at(stage.span).hint(hint));
            }
            Some(members) if members.is_empty() => {
                found.push(Diagnostic::warning("PLAN-005", format!("`{unit}` has no accounts")).at(stage.span));
            }
            Some(members) => accounts.extend(members.iter().map(|a| a.id.clone())),
        }
    }
    for excluded in &fleet.exclude_accounts {
        accounts.remove(excluded);
    }
    let pair = |account: &AccountId, region: &Region| (account.clone(), region.clone());
    match fleet.region_concurrency {
        RegionConcurrency::Sequential => {
            fleet.regions.iter().flat_map(|r| accounts.iter().map(move |a| pair(a, r))).collect()
        }
        RegionConcurrency::Parallel => {
            accounts.iter().flat_map(|a| fleet.regions.iter().map(move |r| pair(a, r))).collect()
        }
    }
}

/// The artifact bucket of an account and region whose stage names none.
pub fn default_bucket(account: &AccountId, region: &Region) -> String {
    format!("landfall-{account}-{region}")
}

fn target(
    index: usize,
    stage: &Stage,
    account: AccountId,
    region: Region,
    facts: &OrganizationFacts,
    names: &RunNames,
) -> Selected {
    let member = facts.accounts.as_ref().and_then(|all| all.get(&account));
    let skip = match (member, &facts.accounts) {
        (Some(member), _) if member.status != "ACTIVE" => {
            Some(format!("the account is {}", member.status.to_lowercase().replace('_', " ")))
        }
        _ => None,
    };
    let bucket = stage.artifact_bucket.clone().unwrap_or_else(|| default_bucket(&account, &region));
    Selected {
        id: format!("{}/{account}/{region}", stage.name),
        stage: index,
        account_name: member.map(|m| m.name.clone()),
        units: facts
            .units
            .iter()
            .filter(|(_, all)| all.iter().any(|a| a.id == account))
            .map(|(u, _)| u.clone())
            .collect(),
        site: site(stage, &account, &region, names),
        bucket,
        prefix: stage.artifact_prefix.clone(),
        skip,
        account,
        region,
    }
}

fn site(stage: &Stage, account: &AccountId, region: &Region, names: &RunNames) -> Site {
    let role = match &stage.deployment_role {
        RoleName::Caller => None,
        RoleName::Name(name) => Some(Arn::role(region.partition(), account, name)),
        RoleName::Arn(arn) => Some(arn.clone()),
    };
    let mut tags = BTreeMap::from([
        ("landfall:pipeline".to_owned(), names.pipeline.clone()),
        ("landfall:stage".to_owned(), stage.name.clone()),
        ("landfall:run".to_owned(), names.run.to_string()),
    ]);
    tags.extend(stage.session_tags.iter().map(|(k, v)| (k.clone(), v.clone())));
    let session = Session {
        name: session_text(&format!("landfall-{}-{}-{}", names.pipeline, names.run, stage.name)),
        source_identity: session_text(&names.author),
        tags,
        external_id: stage.external_id.clone(),
    };
    Site { account: Some(account.clone()), region: region.clone(), role, session }
}

/// The role that looks at a target for a pull request.
pub fn plan_role(pipeline: &Pipeline, target: &Selected) -> Option<Arn> {
    let name = pipeline.stages.get(target.stage)?.plan_role.as_ref()?;
    Some(Arn::role(target.region.partition(), &target.account, name))
}

/// Stages that have no role for pull requests, of those that were chosen.
pub fn without_plan_role(pipeline: &Pipeline, targets: &[Selected]) -> Diagnostics {
    let chosen: BTreeSet<usize> =
        targets.iter().filter(|t| plan_role(pipeline, t).is_none()).map(|t| t.stage).collect();
    let stages = chosen.into_iter().filter_map(|index| pipeline.stages.get(index));
    stages
        .map(|stage| {
            Diagnostic::error("PLAN-049", format!("stage `{}` has no plan role", stage.name))
                .at(stage.span)
                .why("`--plan-role` enters the roles that bootstrap makes for pull requests")
                .hint("set `plan_role: true` in `.landfall/bootstrap.yaml` and run `landfall bootstrap`; it makes none for a `deployment_role` of your own")
        })
        .collect()
}

/// A text in the grammar of session names and source identities: 64 characters of `[\w+=,.@-]` (STS API reference).
fn session_text(text: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "+=,.@-_".contains(c);
    text.chars().map(|c| if allowed(c) { c } else { '-' }).take(64).collect()
}

/// Cuts a stage's targets, given by their indexes, into waves. Where regions go one after another, no wave spans two.
pub(super) fn waves(stage: &Stage, targets: &[(usize, &Region)]) -> Vec<Vec<usize>> {
    let Targets::Fleet(fleet) = &stage.targets else { return vec![targets.iter().map(|(i, _)| *i).collect()] };
    let ends: Vec<usize> = fleet.waves.iter().map(|a| count(*a, targets.len()).max(1)).collect();
    let mut waves: Vec<Vec<usize>> = Vec::new();
    for (position, (index, region)) in targets.iter().enumerate() {
        let new_region = fleet.region_concurrency == RegionConcurrency::Sequential
            && position > 0
            && targets.get(position - 1).is_some_and(|(_, before)| before != region);
        if position == 0 || new_region || ends.contains(&position) {
            waves.push(Vec::new());
        }
        if let Some(wave) = waves.last_mut() {
            wave.push(*index);
        }
    }
    waves
}

/// A count, or a share of `all` rounded down, as CloudFormation StackSets rounds.
fn count(amount: Amount, all: usize) -> usize {
    match amount {
        Amount::Count(n) => n as usize,
        Amount::Percent(p) => all * usize::from(p) / 100,
    }
}

/// How many at once, and how many may fail.
pub(super) fn limits(stage: &Stage, all: usize) -> (usize, usize) {
    match &stage.targets {
        Targets::Single { .. } => (1, 0),
        Targets::Fleet(fleet) => (count(fleet.max_concurrent, all).max(1), count(fleet.failure_tolerance, all)),
    }
}

/// The stage's own approval.
pub(super) fn approval(stage: &Stage) -> StageApproval {
    match stage.requires_approval {
        RequiresApproval::Always => StageApproval::Always,
        RequiresApproval::DestructiveChangesOnly => StageApproval::Destructive,
        RequiresApproval::Never => StageApproval::Never,
    }
}
