//! Names and numbers as people read them.

use deploy::plan::Plan;
use deploy::run::{StageStatus, StepStatus, TargetStatus};
use deploy::seen::Change;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// A length of time in its two largest units: `2 h 05 min`, `3 min 20 s`, `12 s`.
pub fn duration(length: SignedDuration) -> String {
    let seconds = length.as_secs().max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    if days > 0 {
        format!("{days} d {hours:02} h")
    } else if hours > 0 {
        format!("{hours} h {minutes:02} min")
    } else if minutes > 0 {
        format!("{minutes} min {:02} s", seconds % 60)
    } else {
        format!("{seconds} s")
    }
}

/// How long something has taken, from its start to its end or to now.
pub(crate) fn elapsed(start: Option<Timestamp>, end: Option<Timestamp>, now: Option<Timestamp>) -> String {
    match (start, end.or(now)) {
        (Some(start), Some(end)) => duration(end.duration_since(start)),
        _ => String::new(),
    }
}

/// The time of day in UTC: `14:05:09Z`.
pub(crate) fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%SZ").to_string()
}

/// Date and time in UTC to the minute.
pub(crate) fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%MZ").to_string()
}

/// A target as short as it stays clear: the stage's name where a stage has one target, else `stage/account/region`.
pub(crate) fn target(plan: &Plan, index: usize) -> String {
    let Some(target) = plan.targets.get(index) else { return String::new() };
    let Some(stage) = plan.stages.get(target.stage) else { return target.id.clone() };
    let alone = stage.waves.iter().flatten().nth(1).is_none();
    if alone { stage.name.clone() } else { target.id.clone() }
}

/// The name of a step.
pub(crate) fn step(plan: &Plan, target: usize, step: usize) -> &str {
    plan.targets.get(target).and_then(|t| t.steps.get(step)).map_or("", |s| s.name.as_str())
}

/// The name of a stage.
pub(crate) fn stage(plan: &Plan, index: usize) -> &str {
    plan.stages.get(index).map_or("", |s| s.name.as_str())
}

/// Changes counted by kind: `2 added, 1 changed, 1 replaced (Table), 1 removed`.
pub fn changes_in_words(changes: &[Change]) -> String {
    let mut counts: BTreeMap<(u8, &str), Vec<&str>> = BTreeMap::new();
    for change in changes {
        let kind = match (change.action.as_str(), change.replacement.as_str()) {
            ("Add", _) => (0, "added"),
            ("Modify", "True") => (2, "replaced"),
            ("Modify", "Conditional") => (3, "perhaps replaced"),
            ("Modify", _) => (1, "changed"),
            ("Remove", _) => (4, "removed"),
            ("Import", _) => (5, "imported"),
            _ => (6, "to be seen"),
        };
        counts.entry(kind).or_default().push(&change.logical_id);
    }
    let part = |((order, word), names): (&(u8, &str), &Vec<&str>)| {
        if (2..=4).contains(order) && names.len() <= 3 {
            format!("{} {word} ({})", names.len(), names.join(", "))
        } else {
            format!("{} {word}", names.len())
        }
    };
    if counts.is_empty() {
        return "no resource changes".to_owned();
    }
    counts.iter().map(part).collect::<Vec<_>>().join(", ")
}

/// A target's status in a word.
pub(crate) fn target_status(status: TargetStatus) -> &'static str {
    match status {
        TargetStatus::Pending => "waiting",
        TargetStatus::Running => "running",
        TargetStatus::Passed => "passed",
        TargetStatus::Skipped => "skipped",
        TargetStatus::RollingBack => "rolling back",
        TargetStatus::RolledBack => "rolled back",
        TargetStatus::Failed => "failed",
        TargetStatus::Stuck => "needs a person",
        TargetStatus::Cancelled => "not started",
    }
}

/// A stage's status in a word.
pub(crate) fn stage_status(status: StageStatus) -> &'static str {
    match status {
        StageStatus::Pending => "waiting",
        StageStatus::Running => "running",
        StageStatus::RollingBack => "rolling back",
        StageStatus::Passed => "passed",
        StageStatus::Failed => "failed",
    }
}

/// A step's status in a word. Nothing runs any more in a target that is over.
pub(crate) fn step_status(status: StepStatus, over: bool) -> &'static str {
    match status {
        StepStatus::Waiting => "waiting",
        StepStatus::Running if over => "stopped",
        StepStatus::Running => "running",
        StepStatus::Passed => "passed",
        StepStatus::Failed => "failed",
    }
}

/// The sign before a target's line.
pub(crate) fn sign(status: TargetStatus) -> &'static str {
    match status {
        TargetStatus::Pending | TargetStatus::Cancelled => "·",
        TargetStatus::Running => "▸",
        TargetStatus::Passed => "✓",
        TargetStatus::Skipped => "-",
        TargetStatus::RollingBack => "◂",
        TargetStatus::RolledBack => "↩",
        TargetStatus::Failed | TargetStatus::Stuck => "✗",
    }
}

/// The colour of a target's line.
pub(crate) fn color(status: TargetStatus) -> anstyle::Style {
    use anstyle::AnsiColor;
    let plain = anstyle::Style::new();
    match status {
        TargetStatus::Pending | TargetStatus::Cancelled | TargetStatus::Skipped => plain.dimmed(),
        TargetStatus::Running => AnsiColor::Cyan.on_default(),
        TargetStatus::Passed => AnsiColor::Green.on_default(),
        TargetStatus::RollingBack | TargetStatus::RolledBack => AnsiColor::Yellow.on_default(),
        TargetStatus::Failed | TargetStatus::Stuck => AnsiColor::Red.on_default().bold(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_have_two_units() {
        let shown = |s| duration(SignedDuration::from_secs(s));
        assert_eq!(
            [shown(0), shown(12), shown(200), shown(7_500), shown(90_000)].join(" | "),
            "0 s | 12 s | 3 min 20 s | 2 h 05 min | 1 d 01 h"
        );
    }

    #[test]
    fn changes_name_what_could_hurt() {
        let change = |action: &str, id: &str, replacement: &str| Change {
            action: action.into(),
            logical_id: id.into(),
            physical_id: None,
            resource_type: "AWS::X::Y".into(),
            replacement: replacement.into(),
            scope: vec![],
        };
        let changes = [
            change("Add", "A", ""),
            change("Modify", "B", "False"),
            change("Modify", "Table", "True"),
            change("Remove", "Old", ""),
        ];
        assert_eq!(changes_in_words(&changes), "1 added, 1 changed, 1 replaced (Table), 1 removed (Old)");
        assert_eq!(changes_in_words(&[]), "no resource changes");
    }
}
