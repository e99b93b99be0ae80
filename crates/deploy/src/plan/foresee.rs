//! What a plan will change in its stacks, foreseen from templates: those of the plan beside those of the last good releases.
//!
//! AWS is not asked, so that what somebody changed by hand shows only in the change set of the run. Values are not part of
//! it: what changes is named, and a secret default or parameter can be in no plan.

use super::{Plan, StackChange, WayBack, Work};
use base::FileId;
use std::collections::BTreeMap;
use template::diff::{Change, MemberChange, PathChange, TemplateDiff, diff};
use template::sam::context::Context;
use template::{Dialect, Map, Node, Value};

/// Targets of one stage whose stacks go the same way: from the same release, by the same step.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison<'a> {
    /// Index of the stage.
    pub stage: usize,
    /// The step's name.
    pub step: &'a str,
    /// Indexes of the targets. The first stands for all of them.
    pub targets: Vec<usize>,
    /// What is there.
    pub before: Before<'a>,
    /// What will be there in the first target.
    pub after: &'a StackChange,
    /// The region of the first target.
    region: &'a str,
    /// When the plan was made, in seconds since 1970: an API that is always deployed gets a new id each time.
    made_at: u64,
}

/// What a change is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Before<'a> {
    /// There is no stack.
    Nothing,
    /// A stack that no release of the pipeline made, or none that is known to be good.
    Unknown,
    /// The last good release.
    Release(&'a StackChange),
}

impl Before<'_> {
    fn release(&self) -> Option<u32> {
        match self {
            Self::Release(change) => Some(change.release),
            Self::Nothing | Self::Unknown => None,
        }
    }
}

/// What a step will change in some targets of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreseen {
    /// Index of the stage.
    pub stage: usize,
    /// The step's name.
    pub step: String,
    /// Indexes of the targets.
    pub targets: Vec<usize>,
    /// The release that it was compared with.
    pub against: Option<u32>,
    /// What changes; nothing where it cannot be known before the change set is made.
    pub changes: Option<Vec<ForeseenChange>>,
}

/// Something that is added, removed or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeseenChange {
    /// `resource`, `parameter`, `output`, or the name of another section.
    pub what: &'static str,
    /// Its name.
    pub name: String,
    /// The type of a resource.
    pub kind: Option<String>,
    /// How.
    pub how: How,
}

/// How something changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// It is new.
    Added,
    /// It goes away.
    Removed,
    /// These parts of it change, as paths from the resource's properties.
    Changed(Vec<String>),
}

/// What has to be compared, in the order of the plan's stages and steps.
pub fn comparisons(plan: &Plan) -> Vec<Comparison<'_>> {
    let mut all: Vec<Comparison<'_>> = Vec::new();
    let mut places: BTreeMap<(usize, &str, bool, Option<u32>), usize> = BTreeMap::new();
    for (index, target) in plan.targets.iter().enumerate().filter(|(_, t)| t.skip.is_none()) {
        for step in &target.steps {
            let Work::Deploy(deploy) = &step.work else { continue };
            let before = match &deploy.back {
                WayBack::To(change) => Before::Release(change),
                WayBack::NothingBefore if deploy.makes_stack() => Before::Nothing,
                WayBack::NothingBefore | WayBack::Forbidden => Before::Unknown,
            };
            let key = (target.stage, step.id.as_str(), before == Before::Unknown, before.release());
            let place = *places.entry(key).or_insert(all.len());
            match all.get_mut(place) {
                Some(found) => found.targets.push(index),
                None => all.push(Comparison {
                    stage: target.stage,
                    step: &step.name,
                    targets: vec![index],
                    before,
                    after: &deploy.change,
                    region: target.region.as_str(),
                    made_at: u64::try_from(plan.made_at.as_second()).unwrap_or(0),
                }),
            }
        }
    }
    all.sort_by_key(|c| c.stage);
    all
}

/// What changes, from the two templates' texts; `before` and `after` are nothing where they could not be read.
pub fn foresee(comparison: &Comparison<'_>, before: Option<&str>, after: Option<&str>) -> Foreseen {
    let changes = changes(comparison, before, after);
    Foreseen {
        stage: comparison.stage,
        step: comparison.step.to_owned(),
        targets: comparison.targets.clone(),
        against: comparison.before.release(),
        changes,
    }
}

fn changes(comparison: &Comparison<'_>, before: Option<&str>, after: Option<&str>) -> Option<Vec<ForeseenChange>> {
    let (old, parameters) = match comparison.before {
        Before::Unknown => return None,
        Before::Nothing => (Node::new(Value::Map(Map::new()), base::Span::new(FileId(0), 0, 0)), None),
        Before::Release(change) => (expanded(before?, change, comparison.region, 0)?, Some(change)),
    };
    let new = expanded(after?, comparison.after, comparison.region, comparison.made_at)?;
    let found = diff(&old, &new);
    let Some(old) = parameters else {
        return Some(found.resources.into_iter().map(|member| named("resource", member)).collect());
    };
    let mut all = listed(found);
    all.extend(parameter_values(old, comparison.after));
    Some(all)
}

/// The template that CloudFormation will see behind the SAM transform; nothing when a transform refuses it.
fn expanded(text: &str, change: &StackChange, region: &str, now: u64) -> Option<Node> {
    let (node, found) = template::parse(FileId(0), text, Dialect::Template);
    if found.iter().any(base::Diagnostic::is_error) {
        return None;
    }
    let plain = |(name, value): (&String, &super::Text)| Some((name.clone(), value.as_plain()?.into()));
    let context =
        Context { parameters: change.parameters.iter().filter_map(plain).collect(), now, ..Context::ahead(region) };
    template::sam::expand(node, &context).ok()
}

fn listed(found: TemplateDiff) -> Vec<ForeseenChange> {
    let sections =
        [("resource", found.resources), ("parameter", found.parameters), ("output", found.outputs), ("", found.others)];
    let named = |what| move |member: MemberChange| named(what, member);
    sections.into_iter().flat_map(|(what, members)| members.into_iter().map(named(what))).collect()
}

fn named(what: &'static str, member: MemberChange) -> ForeseenChange {
    let how = match member.change {
        Change::Added => How::Added,
        Change::Removed => How::Removed,
        Change::Changed(changed) => {
            let mut paths: Vec<String> = changed.iter().map(path).collect();
            paths.dedup();
            How::Changed(paths)
        }
    };
    let kind = member.kind.filter(|_| what == "resource");
    ForeseenChange { what, name: member.name, kind, how }
}

/// The path of a change down to the value that a function gives: what stands in the function is no part of the resource.
fn path(change: &PathChange) -> String {
    let path = change.path.strip_prefix("Properties.").unwrap_or(&change.path);
    let end = [".Fn::", ".Ref"].iter().filter_map(|function| path.find(function)).min();
    path.get(..end.unwrap_or(path.len())).unwrap_or(path).to_owned()
}

/// Parameters that get another value than in the release before.
fn parameter_values(before: &StackChange, after: &StackChange) -> Vec<ForeseenChange> {
    let differs = |name: &&String| {
        let old = before.parameters.get(*name);
        old.is_some() && old != after.parameters.get(*name)
    };
    let changed = after.parameters.keys().filter(differs).map(|name| ForeseenChange {
        what: "parameter",
        name: name.clone(),
        kind: None,
        how: How::Changed(vec!["value".to_owned()]),
    });
    changed.collect()
}
