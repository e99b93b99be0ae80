//! Alarms and their states as the world keeps them.

use crate::cloudformation::{self, Stack};
use crate::services::resources::Resource;
use crate::world::{AlarmChange, World};
use base::{AccountId, Arn, Region};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The type of metric alarms.
pub(super) const ALARM: &str = "AWS::CloudWatch::Alarm";
/// The type of composite alarms.
pub(super) const COMPOSITE: &str = "AWS::CloudWatch::CompositeAlarm";
/// The attribute that holds an alarm's state.
pub const STATE: &str = "State";
/// The attribute that holds why it is in that state.
pub(super) const REASON: &str = "StateReason";
/// The attribute that holds the moment of the last change, in milliseconds since 1970.
pub(super) const CHANGED: &str = "StateChanged";

/// What the service keeps of a region beside its alarms.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Changes that wait for their time.
    pub scheduled: Vec<Scheduled>,
    /// What happened to alarms, oldest first.
    pub history: Vec<HistoryItem>,
    /// Alarms of the world's plan that were made; they are not made again when someone deletes them.
    planned: BTreeSet<String>,
}

/// A change of an alarm's state to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheduled {
    /// When.
    pub at: Timestamp,
    /// The alarm's name.
    pub name: String,
    /// The new state.
    pub state: String,
}

/// One line of an alarm's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryItem {
    /// The alarm's name.
    pub name: String,
    /// `MetricAlarm` or `CompositeAlarm`.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// `StateUpdate` or `ConfigurationUpdate`.
    pub item: String,
    /// In a sentence.
    pub summary: String,
}

/// The state of an alarm by its ARN; nothing if there is no such alarm.
pub(crate) fn state_of<'w>(world: &'w World, arn: &str) -> Option<&'w str> {
    let arn = Arn::new(arn).ok()?;
    let (account, region) = (AccountId::new(arn.account()).ok()?, Region::new(arn.region()).ok()?);
    let name = arn.resource().strip_prefix("alarm:")?;
    Some(state_text(find(world, &account, &region, name)?))
}

/// An alarm's state.
pub(super) fn state_text(alarm: &Resource) -> &str {
    alarm.attribute(STATE).unwrap_or("INSUFFICIENT_DATA")
}

/// An alarm of either kind.
pub(super) fn find<'w>(world: &'w World, account: &AccountId, region: &Region, name: &str) -> Option<&'w Resource> {
    let resources = &world.region(account, region)?.resources;
    resources.get(ALARM, name).or_else(|| resources.get(COMPOSITE, name))
}

/// The state of a new alarm: what the plan says, otherwise there is no data yet.
pub(crate) fn first_state(world: &World, account: &AccountId, region: &Region, name: &str) -> String {
    let plan = world.alarm_plan.iter().find(|p| p.account == *account && p.region == *region && p.name == name);
    plan.map_or_else(|| "INSUFFICIENT_DATA".to_owned(), |p| p.state.clone())
}

/// Gives an alarm a state, writes it down, and tells the operations and composite alarms that watch it. False if there is
/// no such alarm.
pub(crate) fn set_state(
    world: &mut World,
    account: &AccountId,
    region: &Region,
    name: &str,
    state: &str,
    reason: &str,
) -> bool {
    let at = world.now();
    let Ok(home) = world.region_mut(account, region) else { return false };
    let kind = if home.resources.get(ALARM, name).is_some() { ALARM } else { COMPOSITE };
    let Some(alarm) = home.resources.get_mut(kind, name) else { return false };
    let before = state_text(alarm).to_owned();
    alarm.attributes.insert(REASON.into(), reason.into());
    if before == state {
        return true;
    }
    alarm.attributes.insert(STATE.into(), state.into());
    alarm.attributes.insert(CHANGED.into(), at.as_millisecond().into());
    home.cloudwatch.history.push(HistoryItem {
        name: name.to_owned(),
        kind: if kind == ALARM { "MetricAlarm" } else { "CompositeAlarm" }.into(),
        at,
        item: "StateUpdate".into(),
        summary: format!("Alarm updated from {before} to {state}"),
    });
    cloudformation::operation::wake_watchers(world, account, region, at);
    super::composite::recompute(world, account, region);
    true
}

/// A stack has reached its status: changes that wait for it get their time.
pub(crate) fn stack_entered(world: &mut World, stack: &Stack, at: Timestamp) {
    let status = stack.status.as_str();
    let reached = stack.events.iter().filter(|e| e.physical_id == stack.id && e.status == status).count();
    let waits = |change: &&AlarmChange| {
        change.after.as_ref().is_some_and(|a| {
            a.stack == stack.name && a.status == status && usize::try_from(a.occurrence).is_ok_and(|n| n == reached)
        })
    };
    let here = world.alarm_plan.iter().filter(|p| p.account == stack.account && p.region == stack.region);
    let scheduled: Vec<Scheduled> = here
        .flat_map(|plan| plan.changes.iter().filter(waits).map(move |change| (plan, change)))
        .map(|(plan, change)| {
            let seconds = change.after.as_ref().map_or(0, |a| a.seconds);
            let wait = jiff::SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
            let at = at.checked_add(wait).unwrap_or(Timestamp::MAX);
            Scheduled { at, name: plan.name.clone(), state: change.state.clone() }
        })
        .collect();
    if scheduled.is_empty() {
        return;
    }
    if let Ok(region) = world.region_mut(&stack.account, &stack.region) {
        region.cloudwatch.scheduled.extend(scheduled);
    }
    note_due(world, &stack.account, &stack.region);
}

/// Writes down when the next alarm of a region changes.
fn note_due(world: &mut World, account: &AccountId, region: &Region) {
    let scheduled = world.region(account, region).map(|r| r.cloudwatch.scheduled.as_slice()).unwrap_or_default();
    let next = scheduled.iter().map(|s| s.at).min();
    world.alarms_due.set((account.clone(), region.clone()), next);
}

/// Writes down when alarms change, in a world that comes from disk.
pub(crate) fn note_all_due(world: &mut World) {
    let regions = world.accounts.iter().flat_map(|(a, account)| account.regions.keys().map(move |r| (a, r)));
    for (account, region) in regions.map(|(a, r)| (a.clone(), r.clone())).collect::<Vec<_>>() {
        note_due(world, &account, &region);
    }
}

/// Makes the alarms of the world's plan and changes those whose time has come.
pub fn tick(world: &mut World) {
    let now = world.now();
    for index in world.alarms_planned..world.alarm_plan.len() {
        make_planned(world, index);
    }
    world.alarms_planned = world.alarm_plan.len();
    while let Some((account, region)) = world.alarms_due.due(now).cloned() {
        let Ok(home) = world.region_mut(&account, &region) else { return };
        let (mut due, later): (Vec<_>, Vec<_>) = home.cloudwatch.scheduled.drain(..).partition(|s| s.at <= now);
        home.cloudwatch.scheduled = later;
        note_due(world, &account, &region);
        due.sort_by_key(|s| s.at);
        for change in due {
            set_state(
                world,
                &account,
                &region,
                &change.name,
                &change.state,
                "Threshold Crossed: 1 datapoint [5.0] was greater than the threshold (1.0).",
            );
        }
    }
}

/// The next planned change.
pub fn next_due(world: &World) -> Option<Timestamp> {
    world.alarms_due.next()
}

fn make_planned(world: &mut World, index: usize) {
    let Some(plan) = world.alarm_plan.get(index) else { return };
    let made = world.region(&plan.account, &plan.region).is_some_and(|r| r.cloudwatch.planned.contains(&plan.name));
    if made {
        return;
    }
    let (plan, now) = (plan.clone(), world.now());
    let exists = find(world, &plan.account, &plan.region, &plan.name).is_some();
    let partition = plan.region.partition();
    let arn = format!("arn:{partition}:cloudwatch:{}:{}:alarm:{}", plan.region, plan.account, plan.name);
    let Ok(home) = world.region_mut(&plan.account, &plan.region) else { return };
    home.cloudwatch.planned.insert(plan.name.clone());
    for change in &plan.changes {
        if let Some(at) = change.at {
            home.cloudwatch.scheduled.push(Scheduled { at, name: plan.name.clone(), state: change.state.clone() });
        }
    }
    if !exists {
        home.resources.put(ALARM, new_alarm(&plan.name, &arn, &plan.state, defaults(&plan.name), now));
    }
    note_due(world, &plan.account, &plan.region);
}

/// What an alarm of the plan watches: there are no metrics, so it is only for show.
fn defaults(name: &str) -> Value {
    json!({
        "AlarmName": name,
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 1,
        "MetricName": "Errors",
        "Namespace": "AWS/Lambda",
        "Period": 60,
        "Statistic": "Sum",
        "Threshold": 0,
    })
}

/// An alarm that has just been made.
pub(super) fn new_alarm(name: &str, arn: &str, state: &str, properties: Value, now: Timestamp) -> Resource {
    let mut alarm = Resource { id: name.to_owned(), properties, created: now, modified: now, ..Resource::default() };
    alarm.attributes.insert("Arn".into(), arn.into());
    alarm.attributes.insert(STATE.into(), state.into());
    alarm.attributes.insert(CHANGED.into(), now.as_millisecond().into());
    alarm
}
