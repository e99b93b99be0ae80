//! Whole lines, one per thing that happened, for CI logs and files: no cursor codes, native groups.

use crate::live::{doing, left};
use crate::words;
use deploy::plan::{Guard, Plan};
use deploy::run::{Event, Fact, Outcome, Progress, State};
use deploy::seen::FailureKind;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// How long a log may be silent.
const HEARTBEAT: SignedDuration = SignedDuration::from_secs(60);

/// Targets that a heartbeat tells of; the others are counted.
const HEARTBEAT_TARGETS: usize = 3;

/// How a CI system folds lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Groups {
    /// It does not.
    #[default]
    None,
    /// `::group::` and `::error::`.
    GitHub,
    /// `##[group]` and `##vso[task.logissue]`.
    AzurePipelines,
    /// `section_start` with carriage returns.
    GitLab,
}

/// Writes lines.
#[derive(Debug, Default)]
pub struct Lines {
    groups: Groups,
    open: Option<usize>,
    last: Option<Timestamp>,
    told: BTreeSet<(usize, String, String)>,
    causes: BTreeSet<String>,
}

impl Lines {
    /// Lines for a CI system.
    pub fn new(groups: Groups) -> Self {
        Self { groups, ..Self::default() }
    }

    /// Writes what an event says, if it says something to a person. `state` is the state after it.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn event(&mut self, out: &mut impl Write, plan: &Plan, state: &State, event: &Event) -> io::Result<()> {
        if let Fact::StageStarted { stage } = event.fact {
            self.group(out, plan, stage, event.at)?;
        }
        let text = match resources(plan, &event.fact, &mut self.told) {
            Some(text) if text.is_empty() => None,
            Some(text) => Some(text),
            None => sentence(plan, &event.fact),
        };
        if let Some(text) = text {
            self.last = Some(event.at);
            let shown = told_once(plan, &event.fact, &text, &mut self.causes);
            for line in shown.lines() {
                writeln!(out, "{} {line}", words::clock(event.at))?;
            }
            self.annotate(out, &event.fact, &text)?;
        } else if self.last.is_some_and(|last| event.at.duration_since(last) >= HEARTBEAT) {
            self.last = Some(event.at);
            writeln!(out, "{} {}", words::clock(event.at), heartbeat(plan, state))?;
        }
        if matches!(event.fact, Fact::StagePassed { .. } | Fact::StageFailed { .. } | Fact::RunEnded { .. }) {
            self.close(out, event.at)?;
        }
        Ok(())
    }

    fn group(&mut self, out: &mut impl Write, plan: &Plan, stage: usize, at: Timestamp) -> io::Result<()> {
        self.close(out, at)?;
        let name = words::stage(plan, stage);
        self.open = Some(stage);
        match self.groups {
            Groups::None => Ok(()),
            Groups::GitHub => writeln!(out, "::group::stage {name}"),
            Groups::AzurePipelines => writeln!(out, "##[group]stage {name}"),
            Groups::GitLab => {
                writeln!(out, "\x1b[0Ksection_start:{}:stage_{stage}\r\x1b[0Kstage {name}", at.as_second())
            }
        }
    }

    fn close(&mut self, out: &mut impl Write, at: Timestamp) -> io::Result<()> {
        let Some(stage) = self.open.take() else { return Ok(()) };
        match self.groups {
            Groups::None => Ok(()),
            Groups::GitHub => writeln!(out, "::endgroup::"),
            Groups::AzurePipelines => writeln!(out, "##[endgroup]"),
            Groups::GitLab => writeln!(out, "\x1b[0Ksection_end:{}:stage_{stage}\r\x1b[0K", at.as_second()),
        }
    }

    /// Failures also go where the CI system shows them first.
    fn annotate(&self, out: &mut impl Write, fact: &Fact, text: &str) -> io::Result<()> {
        if !matches!(fact, Fact::TargetFailed { .. } | Fact::TargetStuck { .. } | Fact::AlarmLatched { .. }) {
            return Ok(());
        }
        let text = text.lines().map(str::trim).collect::<Vec<_>>().join(" ").replace('%', "%25");
        match self.groups {
            Groups::GitHub => writeln!(out, "::error title=landfall::{text}"),
            Groups::AzurePipelines => writeln!(out, "##vso[task.logissue type=error]{text}"),
            Groups::None | Groups::GitLab => Ok(()),
        }
    }
}

fn heartbeat(plan: &Plan, state: &State) -> String {
    let active: Vec<usize> = state.stages.iter().flat_map(|s| &s.active).copied().collect();
    let waiting =
        state.stages.iter().zip(&plan.stages).find_map(|(s, p)| s.waiting.as_ref().map(|(until, _)| (p, until)));
    match (active.is_empty(), waiting) {
        (true, Some((stage, Some(until)))) => {
            format!("… {} waits for its window, until {}", stage.name, words::date(*until))
        }
        (true, Some((stage, None))) => format!("… {} waits for its window", stage.name),
        (true, None) => "… waiting".to_owned(),
        (false, _) => format!("… {}", at_work(plan, state, &active)),
    }
}

/// What the first targets at work do, and how many others there are.
fn at_work(plan: &Plan, state: &State, active: &[usize]) -> String {
    let told = active.iter().take(HEARTBEAT_TARGETS).map(|t| {
        let doing = doing(plan, state, *t, left);
        let doing = if doing.is_empty() { "at work".to_owned() } else { doing };
        format!("{}: {doing}", words::target(plan, *t))
    });
    let told = told.collect::<Vec<_>>().join("; ");
    match active.len().saturating_sub(HEARTBEAT_TARGETS) {
        0 => told,
        others => format!("{told}; {others} more"),
    }
}

/// What a fact says to a person; nothing for what only the program needs.
pub(crate) fn sentence(plan: &Plan, fact: &Fact) -> Option<String> {
    run_sentence(plan, fact).or_else(|| target_sentence(plan, fact)).or_else(|| effect_sentence(plan, fact))
}

/// A failure travels from a step to its target and its stage: its cause is told where it first appears, and not again.
fn told_once<'a>(plan: &Plan, fact: &Fact, text: &'a str, told: &mut BTreeSet<String>) -> &'a str {
    let (Fact::StepFailed { cause, .. }
    | Fact::TargetFailed { cause, .. }
    | Fact::StageHalted { cause, .. }
    | Fact::StageRollingBack { cause, .. }
    | Fact::RollbackStarted { cause, .. }) = fact
    else {
        return text;
    };
    let bare = |text: String| {
        let owner = text.split_once(": ").filter(|(id, _)| plan.targets.iter().any(|t| t.id == *id));
        owner.map_or_else(|| text.clone(), |(_, rest)| rest.to_owned())
    };
    if told.insert(bare(cause.message.clone())) {
        return text;
    }
    let whole = format!(": {cause}");
    let short = format!(": {}", cause.message);
    text.strip_suffix(&whole).or_else(|| text.strip_suffix(&short)).unwrap_or(text)
}

/// The resources of a stack that came to an end since the last look, each told once; nothing for all other facts.
fn resources(plan: &Plan, fact: &Fact, told: &mut BTreeSet<(usize, String, String)>) -> Option<String> {
    let Fact::EffectDone { effect, outcome: Outcome::StackBusy { resources, .. } } = fact else { return None };
    let (target, step) = (effect.target?, effect.step?);
    let name = format!("{} › {}", words::target(plan, target), words::step(plan, target, step));
    let ended = resources.iter().filter(|r| !r.status.ends_with("_IN_PROGRESS"));
    let fresh = ended.filter(|r| told.insert((target, r.logical_id.clone(), format!("{} {}", r.at, r.status))));
    let lines = fresh.map(|r| {
        let reason = r.reason.as_ref().filter(|_| r.status.ends_with("FAILED"));
        format!("{name}: {} {}{}", r.logical_id, r.status, because(reason))
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}

fn run_sentence(plan: &Plan, fact: &Fact) -> Option<String> {
    let stage = |index: &usize| words::stage(plan, *index);
    Some(match fact {
        Fact::RunStarted { run, pipeline, release, by, .. } => {
            format!("run {run}: release {release} of {pipeline}, started by {by}")
        }
        Fact::Resumed { by } => format!("resumed by {by}"),
        Fact::Retried { by, targets } => format!("{by} tries {} targets again", targets.len()),
        Fact::StopRequested { by } => format!("stop requested by {by}: nothing new starts, what runs may finish"),
        Fact::Overridden(o) => match &o.guard {
            Guard::Alarm(name) => format!("alarm {name} is ignored by {}: {}", o.by, o.reason),
            Guard::Preflight => format!("missing permissions are ignored by {}: {}", o.by, o.reason),
            Guard::Window(name) => format!("the window of {name} is ignored by {}: {}", o.by, o.reason),
        },
        Fact::WindowWaiting { stage: s, until, because } => match until {
            Some(until) => format!("{} waits until {}: {because}", stage(s), words::date(*until)),
            None => format!("{} waits for ever: {because}, and does not open within a year", stage(s)),
        },
        Fact::ApprovalAsked { stage: s, message, .. } => format!("{} waits for approval: {message}", stage(s)),
        Fact::Approved { stage: s, by, reason, .. } => {
            format!("{} approved by {by}{}", stage(s), because(reason.as_ref()))
        }
        Fact::Rejected { stage: s, by, reason, .. } => {
            format!("{} rejected by {by}{}", stage(s), because(reason.as_ref()))
        }
        Fact::StageStarted { stage: s } => format!("stage {} starts", stage(s)),
        Fact::WaveStarted { stage: s, wave } => {
            let waves = plan.stages.get(*s).map_or(0, |p| p.waves.len());
            if waves < 2 {
                return None;
            }
            let targets = plan.stages.get(*s).and_then(|p| p.waves.get(*wave)).map_or(0, Vec::len);
            format!("{}: wave {} of {waves} starts, {targets} targets", stage(s), wave + 1)
        }
        Fact::StageHalted { stage: s, cause } => format!("{}: nothing new starts: {cause}", stage(s)),
        Fact::StageRollingBack { stage: s, cause } => format!("{} rolls back: {cause}", stage(s)),
        Fact::StagePassed { stage: s } => format!("stage {} passed", stage(s)),
        Fact::StageFailed { stage: s } => format!("stage {} failed", stage(s)),
        _ => return None,
    })
}

fn because(reason: Option<&String>) -> String {
    reason.map_or_else(String::new, |r| format!(": {r}"))
}

fn target_sentence(plan: &Plan, fact: &Fact) -> Option<String> {
    let name = |index: &usize| words::target(plan, *index);
    let at = |target: &usize, step: &usize| {
        format!("{} › {}", words::target(plan, *target), words::step(plan, *target, *step))
    };
    Some(match fact {
        Fact::TargetStarted { target } => {
            let place = plan.targets.get(*target).map(|t| format!("{} in {}", t.account, t.region)).unwrap_or_default();
            let role = plan.targets.get(*target).and_then(|t| t.site.role.as_ref());
            let role = role.map_or_else(|| "own credentials".to_owned(), |r| r.resource().to_owned());
            format!("{}: account {place} by {role}", name(target))
        }
        Fact::TargetSkipped { target, reason } => format!("{} skipped: {reason}", name(target)),
        Fact::TargetPassed { target } => format!("{} passed", name(target)),
        Fact::TargetFailed { target, cause, needs_human: false } => format!("{} failed: {cause}", name(target)),
        Fact::TargetFailed { target, cause, needs_human: true } => {
            format!("{} failed and needs a person: {cause}", name(target))
        }
        Fact::RollbackStarted { target, cause } => {
            format!("{} goes back to its last good release: {}", name(target), cause.message)
        }
        Fact::TargetRolledBack { target } => format!("{} is back at its last good release", name(target)),
        Fact::TargetStuck { target, cause } => format!("{} needs a person: {cause}", name(target)),
        Fact::StepStarted { target, step } => format!("{} starts", at(target, step)),
        Fact::StepPassed { target, step } => format!("{} passed", at(target, step)),
        Fact::StepFailed { target, step, cause } => format!("{} failed: {cause}", at(target, step)),
        Fact::BakeSet { target, step, until, extended } => match extended {
            None => format!("{} bakes until {}", at(target, step), words::date(*until)),
            Some(why) => format!("{} bakes on until {}: {why}", at(target, step), words::date(*until)),
        },
        Fact::AlarmLatched { target, alarm, state, reason } => {
            format!("{}: alarm {alarm} is {state}{}", name(target), because(reason.as_ref()))
        }
        Fact::Progress(Progress::Output { target, step, line }) => format!("{} | {line}", at(target, step)),
        _ => return None,
    })
}

fn effect_sentence(plan: &Plan, fact: &Fact) -> Option<String> {
    let (effect, outcome) = match fact {
        Fact::EffectDone { effect, outcome } => (effect, outcome),
        Fact::EffectFailed { effect, attempt, failure } => {
            let name = effect.target.map(|t| words::target(plan, t)).unwrap_or_else(|| "run".to_owned());
            // An outage of half an hour is not half a hundred lines.
            if !attempt.is_power_of_two() {
                return None;
            }
            if failure.kind == FailureKind::Throttled {
                let what = effect.verb.words();
                return (*attempt == 1).then(|| format!("{name}: AWS throttles what should {what}; slowing down"));
            }
            return Some(format!("{name}: could not {} (try {attempt}): {}", effect.verb.words(), failure.message));
        }
        _ => return None,
    };
    let target = effect.target?;
    let name = match effect.step {
        Some(step) => format!("{} › {}", words::target(plan, target), words::step(plan, target, step)),
        None => words::target(plan, target),
    };
    Some(match outcome {
        Outcome::ChangeSetReady { changes, .. } => format!("{name}: {}", words::changes_in_words(changes)),
        Outcome::ChangeSetEmpty => format!("{name}: nothing to change"),
        Outcome::ChangeSetFailed { reason } => format!("{name}: the change set failed: {reason}"),
        Outcome::StackSettled { stack: Some(stack), .. } => format!("{name}: stack is {}", stack.status),
        Outcome::StackSettled { stack: None, .. } => format!("{name}: stack is deleted"),
        Outcome::LockLost { holder } => format!("{name}: the lock is held by {holder}"),
        _ => return None,
    })
}
