//! A run as it stands: stages, targets, steps. Everything comes from the journal.

use crate::words;
use deploy::plan::Plan;
use deploy::run::{StageStatus, State, StepStatus, TargetStatus};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Which targets to show. Empty lists mean all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Stage names.
    pub stages: Vec<String>,
    /// Account ids.
    pub accounts: Vec<String>,
    /// Regions.
    pub regions: Vec<String>,
    /// Organizational units.
    pub units: Vec<String>,
    /// Waves of their stages, from 1.
    pub waves: Vec<usize>,
    /// Only what failed.
    pub failed: bool,
}

impl Filter {
    /// The targets to be shown, by their indexes in the plan.
    pub fn chosen(&self, plan: &Plan, state: &State) -> BTreeSet<usize> {
        let waves = plan.stages.iter().flat_map(|stage| (1..).zip(&stage.waves));
        let waves = waves.filter(|(number, _)| self.waves.is_empty() || self.waves.contains(number));
        waves.flat_map(|(_, wave)| wave).copied().filter(|target| self.matches(plan, state, *target)).collect()
    }

    /// Whether all but the wave is as wanted.
    fn matches(&self, plan: &Plan, state: &State, index: usize) -> bool {
        let (Some(target), Some(now)) = (plan.targets.get(index), state.targets.get(index)) else { return false };
        let among = |list: &[String], name: &str| list.is_empty() || list.iter().any(|l| l == name);
        among(&self.stages, words::stage(plan, target.stage))
            && among(&self.accounts, target.account.as_str())
            && among(&self.regions, target.region.as_str())
            && (self.units.is_empty() || target.units.iter().any(|u| self.units.contains(u)))
            && (!self.failed || is_failure(now.status))
    }
}

fn is_failure(status: TargetStatus) -> bool {
    matches!(status, TargetStatus::Failed | TargetStatus::Stuck | TargetStatus::RolledBack | TargetStatus::RollingBack)
}

/// The run as text, with only the chosen targets. Ends with a line end.
pub fn status_text(plan: &Plan, state: &State, chosen: &BTreeSet<usize>) -> String {
    let mut out = String::new();
    let sha =
        if plan.trigger.sha.is_empty() { String::new() } else { format!(", commit {}", short(&plan.trigger.sha)) };
    let _ = writeln!(out, "{} release {} (run {}{sha})", plan.pipeline, plan.release, plan.run);
    if let Some(at) = state.started_at {
        let _ = writeln!(out, "started {} by {}", words::date(at), plan.author);
    }
    for (number, stage) in plan.stages.iter().enumerate() {
        let targets: Vec<usize> = stage.waves.iter().flatten().copied().filter(|t| chosen.contains(t)).collect();
        if targets.is_empty() {
            continue;
        }
        let Some(now) = state.stages.get(number) else { continue };
        let took = words::elapsed(now.started_at, now.ended_at, state.now);
        let _ = writeln!(out, "\n{:<28} {:<13} {took}", stage.name, stage_word(state, number));
        if let Some((until, because)) = &now.waiting {
            let until = until.map_or_else(|| "for ever".to_owned(), |t| format!("until {}", words::date(t)));
            let _ = writeln!(out, "  waits {until}: {because}");
        }
        for target in targets {
            target_lines(&mut out, plan, state, target);
        }
    }
    out
}

/// A stage's status in a word; one that a run passed over did not wait to the end, it never started.
fn stage_word(state: &State, number: usize) -> &'static str {
    let Some(stage) = state.stages.get(number) else { return "" };
    match stage.status {
        StageStatus::Pending if state.ended.is_some() => "not started",
        status => words::stage_status(status),
    }
}

fn target_lines(out: &mut String, plan: &Plan, state: &State, index: usize) {
    let (Some(planned), Some(now)) = (plan.targets.get(index), state.targets.get(index)) else { return };
    let style = words::color(now.status);
    let name = planned.account_name.as_ref().map_or_else(String::new, |n| format!(" {n}"));
    let place = format!("{}{name} {}", planned.account, planned.region);
    let (sign, word) = (words::sign(now.status), words::target_status(now.status));
    let over = now.status.is_over();
    let _ = writeln!(out, "  {style}{sign} {place:<40} {word}{style:#}");
    for (planned, step) in planned.steps.iter().zip(&now.steps) {
        if step.status == StepStatus::Waiting {
            continue;
        }
        let took = words::elapsed(step.started_at, step.ended_at.or(now.ended_at), state.now);
        let word = words::step_status(step.status, over);
        let _ = writeln!(out, "      {:<22} {word:<9} {took}", planned.name);
        if let Some(cause) = &step.cause {
            let _ = writeln!(out, "        {cause}");
        }
    }
    if let Some(cause) = now.cause.as_ref().filter(|_| now.steps.iter().all(|s| s.cause.is_none())) {
        let _ = writeln!(out, "      {cause}");
    }
}

fn short(sha: &str) -> &str {
    sha.get(..12).unwrap_or(sha)
}
