//! A terminal: what happened scrolls by above, one live line per target below. Only what fails expands.

use crate::lines::sentence;
use crate::words;
use deploy::plan::{Plan, Work};
use deploy::run::{Event, Fact, Phase, State, StepStatus, TargetStatus};
use jiff::Timestamp;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Width of a progress bar in characters.
const BAR: usize = 24;

/// The live part of a terminal.
#[derive(Debug)]
pub struct Live {
    width: usize,
    rows: usize,
    drawn: usize,
    pending: String,
}

impl Live {
    /// For a terminal of this size, in characters.
    pub fn new(width: usize, rows: usize) -> Self {
        Self { width: width.max(40), rows: rows.max(8), drawn: 0, pending: String::new() }
    }

    /// Takes an event in. What is to stay on the screen is written with the next [`Live::draw`].
    pub fn event(&mut self, plan: &Plan, event: &Event) {
        let stays = matches!(
            event.fact,
            Fact::RunStarted { .. }
                | Fact::Resumed { .. }
                | Fact::Retried { .. }
                | Fact::StopRequested { .. }
                | Fact::Overridden(_)
                | Fact::WindowWaiting { .. }
                | Fact::ApprovalAsked { .. }
                | Fact::Approved { .. }
                | Fact::Rejected { .. }
                | Fact::StageStarted { .. }
                | Fact::StageHalted { .. }
                | Fact::StagePassed { .. }
                | Fact::StageFailed { .. }
                | Fact::StageRollingBack { .. }
                | Fact::TargetSkipped { .. }
                | Fact::TargetFailed { .. }
                | Fact::TargetStuck { .. }
                | Fact::TargetRolledBack { .. }
                | Fact::AlarmLatched { .. }
                | Fact::BakeSet { .. }
        );
        if let Some(text) = sentence(plan, &event.fact).filter(|_| stays) {
            for line in text.lines() {
                let _ = writeln!(self.pending, "{} {line}", words::clock(event.at));
            }
        }
    }

    /// Draws the live lines anew, below everything that is to stay.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn draw(&mut self, out: &mut impl Write, plan: &Plan, state: &State) -> io::Result<()> {
        self.erase(out)?;
        out.write_all(std::mem::take(&mut self.pending).as_bytes())?;
        let lines = self.lines(plan, state);
        for (style, line) in &lines {
            writeln!(out, "{style}{line}{style:#}")?;
        }
        self.drawn = lines.len();
        out.flush()
    }

    /// Leaves the screen without live lines.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(&mut self, out: &mut impl Write) -> io::Result<()> {
        self.erase(out)?;
        out.write_all(std::mem::take(&mut self.pending).as_bytes())?;
        out.flush()
    }

    fn erase(&mut self, out: &mut impl Write) -> io::Result<()> {
        if self.drawn > 0 {
            write!(out, "\x1b[{}F\x1b[J", self.drawn)?;
            self.drawn = 0;
        }
        Ok(())
    }

    fn lines(&self, plan: &Plan, state: &State) -> Vec<(anstyle::Style, String)> {
        let mut order: Vec<usize> = (0..plan.targets.len()).collect();
        let room = self.rows.saturating_sub(3).min(30);
        if order.len() > room {
            order.sort_by_key(|t| state.targets.get(*t).map_or(9, |s| urgency(s.status)));
        }
        let mut lines: Vec<_> = order.iter().take(room).filter_map(|t| self.line(plan, state, *t)).collect();
        if order.len() > room {
            let over = state.targets.iter().filter(|t| t.status.is_over()).count();
            let text = format!("  … {} targets in all, {over} of them finished", order.len());
            lines.push((anstyle::Style::new().dimmed(), text));
        }
        lines
    }

    fn line(&self, plan: &Plan, state: &State, index: usize) -> Option<(anstyle::Style, String)> {
        let now = state.targets.get(index)?;
        let doing = doing(plan, state, index, bar);
        let took = words::elapsed(now.started_at, now.ended_at, state.now);
        let name = words::target(plan, index);
        let text = format!(
            "  {} {name:<30} {:<13} {took:>12}  {doing}",
            words::sign(now.status),
            words::target_status(now.status)
        );
        Some((words::color(now.status), text.chars().take(self.width.saturating_sub(1)).collect()))
    }
}

fn urgency(status: TargetStatus) -> u8 {
    match status {
        TargetStatus::Stuck | TargetStatus::Failed => 0,
        TargetStatus::RollingBack => 1,
        TargetStatus::Running => 2,
        TargetStatus::RolledBack => 3,
        TargetStatus::Pending => 4,
        TargetStatus::Passed | TargetStatus::Skipped | TargetStatus::Cancelled => 5,
    }
}

/// What a target does now, in a few words; the rest of a bake is written by `bake`, from its start, its end and now.
pub(crate) fn doing(plan: &Plan, state: &State, index: usize, bake: Bake) -> String {
    let (Some(planned), Some(now)) = (plan.targets.get(index), state.targets.get(index)) else { return String::new() };
    let back = now.status == TargetStatus::RollingBack;
    for (step, planned) in now.steps.iter().zip(&planned.steps) {
        if let Some(seen) = step.bake.filter(|_| step.status == StepStatus::Running && !back) {
            return format!("{} {}", planned.name, bake(seen.since, seen.until, state.now));
        }
        let deploy = if back { &step.back } else { &step.forward };
        let at_work = !matches!(deploy.phase, Phase::Idle | Phase::Done | Phase::Failed);
        if matches!(planned.work, Work::Deploy(_)) && at_work {
            return format!("{}: {}", planned.name, phase(deploy.phase, deploy.status.as_deref()));
        }
        if step.status == StepStatus::Running && !back {
            return planned.name.clone();
        }
    }
    String::new()
}

fn phase(phase: Phase, status: Option<&str>) -> String {
    match phase {
        Phase::Idle | Phase::Done | Phase::Failed => String::new(),
        Phase::Prepare => "mirror artifacts".to_owned(),
        Phase::Wait => format!("wait for another operation, {}", status.unwrap_or("busy")),
        Phase::Clear | Phase::Clearing => "delete a stack that never was good".to_owned(),
        Phase::Create | Phase::Creating => "change set".to_owned(),
        Phase::Execute => "execute the change set".to_owned(),
        Phase::Executing => status.unwrap_or("executing").to_owned(),
        Phase::Discard => "discard the change set".to_owned(),
    }
}

/// How the time of a bake is written.
pub(crate) type Bake = fn(Timestamp, Timestamp, Option<Timestamp>) -> String;

fn bar(since: Timestamp, until: Timestamp, now: Option<Timestamp>) -> String {
    let whole = until.duration_since(since).as_secs().max(1);
    let done = now.map_or(0, |n| n.duration_since(since).as_secs()).clamp(0, whole);
    let full = usize::try_from(done * BAR as i64 / whole).unwrap_or(0).min(BAR);
    format!("{}{} {}", "█".repeat(full), "░".repeat(BAR - full), left(since, until, now))
}

/// The time that is left of a bake.
pub(crate) fn left(since: Timestamp, until: Timestamp, now: Option<Timestamp>) -> String {
    let left = until.duration_since(now.unwrap_or(since).clamp(since, until.max(since)));
    format!("{} left", words::duration(jiff::SignedDuration::from_secs(left.as_secs())))
}
