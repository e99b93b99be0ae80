//! CloudWatch: alarms and their states. There are no metrics: an alarm is in the state that the world's plan or a caller
//! gives it.

use crate::cloudformation::Stack;
use crate::world::{AlarmChange, World};
use base::{AccountId, Arn, Region};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The type of metric alarms.
pub const ALARM: &str = "AWS::CloudWatch::Alarm";
/// The type of composite alarms.
pub const COMPOSITE: &str = "AWS::CloudWatch::CompositeAlarm";
/// The attribute that holds an alarm's state.
pub const STATE: &str = "State";

/// What the service keeps of a region beside its alarms.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Changes that wait for their time.
    pub scheduled: Vec<Scheduled>,
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

/// The state of an alarm by its ARN; nothing if there is no such alarm.
pub(crate) fn state_of<'w>(world: &'w World, arn: &str) -> Option<&'w str> {
    let arn = Arn::new(arn).ok()?;
    let (account, region) = (AccountId::new(arn.account()).ok()?, Region::new(arn.region()).ok()?);
    let name = arn.resource().strip_prefix("alarm:")?;
    let resources = &world.region(&account, &region)?.resources;
    let alarm = resources.get(ALARM, name).or_else(|| resources.get(COMPOSITE, name))?;
    Some(alarm.attribute(STATE).unwrap_or("INSUFFICIENT_DATA"))
}

/// The state of a new alarm: what the plan says, otherwise there is no data yet.
pub(crate) fn first_state(world: &World, account: &AccountId, region: &Region, name: &str) -> String {
    let plan = world.alarm_plan.iter().find(|p| p.account == *account && p.region == *region && p.name == name);
    plan.map_or_else(|| "INSUFFICIENT_DATA".to_owned(), |p| p.state.clone())
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
    if let Ok(region) = world.region_mut(&stack.account, &stack.region) {
        region.cloudwatch.scheduled.extend(scheduled);
    }
}
