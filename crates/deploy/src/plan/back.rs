//! A plan that brings targets back to a release that was good: the same stacks, template and parameters as then.

use super::select::{RunNames, Selection};
use super::{Plan, PlannedDeploy, PlannedStage, PlannedStep, PlannedTarget, Purpose, Text, WayBack, Work};
use crate::release::{GoodTarget, Manifest};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The plan for going back, made from the plan of an earlier run, a release's manifest and what is good now.
///
/// Targets that the manifest does not know are left out. Tests, bakes and approvals are left out as well: the release
/// passed them before.
pub fn plan_back(
    base: &Plan,
    manifest: &Manifest,
    good: &BTreeMap<String, GoodTarget>,
    selection: &Selection,
    names: &RunNames,
    now: Timestamp,
) -> Plan {
    let mut plan = Plan {
        purpose: Purpose::Rollback,
        run: names.run.clone(),
        release: manifest.release,
        made_at: now,
        author: names.author.clone(),
        trigger: manifest.trigger.clone(),
        stages: Vec::new(),
        targets: Vec::new(),
        narrowed: base.narrowed || !selection.accounts.is_empty() || !selection.regions.is_empty(),
        ..base.clone()
    };
    for (number, stage) in base.stages.iter().enumerate() {
        let kept: Vec<PlannedTarget> = base
            .targets
            .iter()
            .filter(|t| t.stage == number && selected(selection, &stage.name, t))
            .filter_map(|t| target(t, plan.stages.len(), manifest, good, names))
            .collect();
        if kept.is_empty() {
            plan.left_out.push(stage.name.clone());
            continue;
        }
        let first = plan.targets.len();
        let waves = vec![(first..first + kept.len()).collect()];
        // Going back is the cure: an alarm that fires must neither hold it up nor undo it.
        plan.stages.push(PlannedStage { waves, alarms: Vec::new(), ..stage.clone() });
        plan.targets.extend(kept);
    }
    plan
}

fn selected(selection: &Selection, stage: &str, target: &PlannedTarget) -> bool {
    let among = |list: &[String], name: &str| list.is_empty() || list.iter().any(|l| l == name);
    among(&selection.stages, stage)
        && among(&selection.accounts, target.account.as_str())
        && among(&selection.regions, target.region.as_str())
}

fn target(
    target: &PlannedTarget,
    stage: usize,
    manifest: &Manifest,
    good: &BTreeMap<String, GoodTarget>,
    names: &RunNames,
) -> Option<PlannedTarget> {
    let released = manifest.targets.iter().find(|t| t.id == target.id)?;
    let now = good.get(&target.id);
    let steps: Vec<PlannedStep> = released
        .stacks
        .iter()
        .enumerate()
        .map(|(index, stack)| {
            let stage = target.id.split('/').next().unwrap_or_default();
            let name = super::build::named(&[names.pipeline.as_str(), names.run.as_str(), stage, &stack.step]);
            let mut change = stack.change.clone();
            change.change_set.clone_from(&name);
            change.token = name;
            change.rollback_alarms.clear();
            change.tags.insert("landfall:run".to_owned(), Text::Plain(names.run.to_string()));
            let present = now.and_then(|g| g.stacks.iter().find(|s| s.step == stack.step));
            let back = present.map_or(WayBack::NothingBefore, |s| {
                WayBack::To(Box::new(super::build::renamed(&s.change, &change, names)))
            });
            PlannedStep {
                id: stack.step.clone(),
                name: stack.step.clone(),
                after: index.checked_sub(1).into_iter().collect(),
                work: Work::Deploy(Box::new(PlannedDeploy { change, back, seen_status: None })),
            }
        })
        .collect();
    let mut site = target.site.clone();
    site.session.tags.insert("landfall:run".to_owned(), names.run.to_string());
    Some(PlannedTarget { stage, site, steps, ..target.clone() })
}
