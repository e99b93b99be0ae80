//! The last lines: counts, failures grouped by their cause, every target that was not started, and how to go on.

use crate::words;
use deploy::plan::Plan;
use deploy::run::{Cause, Ending, EndingKind, State, TargetStatus};
use std::fmt::Write as _;

/// The ending of a run as text, without a line end at its end.
pub fn ending(plan: &Plan, state: &State, ending: &Ending) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}", headline(plan, state, ending));
    counts(&mut out, ending);
    causes(&mut out, plan, state, ending);
    cancelled(&mut out, plan, state);
    left_out(&mut out, plan, ending);
    next(&mut out, ending);
    out.trim_end().to_owned()
}

fn headline(plan: &Plan, state: &State, ending: &Ending) -> String {
    let style = match ending.kind {
        EndingKind::Succeeded => anstyle::AnsiColor::Green,
        EndingKind::RolledBack | EndingKind::Blocked | EndingKind::StillRunning | EndingKind::Interrupted => {
            anstyle::AnsiColor::Yellow
        }
        EndingKind::NeedsHuman | EndingKind::Partly | EndingKind::Failed => anstyle::AnsiColor::Red,
    }
    .on_default()
    .bold();
    let what = match ending.kind {
        EndingKind::Succeeded => &reach(plan, state, ending),
        EndingKind::RolledBack => "failed and was rolled back",
        EndingKind::NeedsHuman => "failed, and a person must look",
        EndingKind::Blocked => "is blocked",
        EndingKind::Partly => "is in some targets and not in others",
        EndingKind::StillRunning => "is still on its way",
        EndingKind::Interrupted => "was stopped",
        EndingKind::Failed => "failed before anything was changed",
    };
    let took = words::elapsed(state.started_at, None, state.now);
    format!("{style}release {} of {} {what}{style:#} ({took}, run {})", plan.release, plan.pipeline, plan.run)
}

/// Where a release that succeeded is. It is everywhere only when every target of the pipeline has it.
fn reach(plan: &Plan, state: &State, ending: &Ending) -> String {
    let c = &ending.counts;
    let nothing = if c.passed == c.unchanged { "; nothing had to change" } else { "" };
    let whole = plan.left_out.is_empty() && !plan.narrowed;
    let reached = |stage: usize| {
        let mut targets = state.targets.iter().zip(&plan.targets).filter(|(_, t)| t.stage == stage);
        targets.any(|(now, _)| now.status == TargetStatus::Passed)
    };
    let stages: Vec<&str> =
        plan.stages.iter().enumerate().filter(|(n, _)| reached(*n)).map(|(_, s)| s.name.as_str()).collect();
    let names = match stages.as_slice() {
        few if few.len() <= 3 => few.join(", "),
        many => format!("{} stages", many.len()),
    };
    let all = c.passed + c.skipped;
    let place = match (whole, c.skipped) {
        (true, 0) => return format!("is everywhere{nothing}"),
        (true, _) => format!("is in {} of {all} targets", c.passed),
        (false, 0) if !plan.narrowed => format!("is in {names}"),
        (false, 0) => format!("is in the chosen targets of {names}"),
        (false, _) => format!("is in {} of {all} chosen targets of {names}", c.passed),
    };
    if c.passed == 0 {
        return "went nowhere: every target was skipped".to_owned();
    }
    format!("{place}{nothing}")
}

/// What the pipeline has beside what was chosen.
fn left_out(out: &mut String, plan: &Plan, ending: &Ending) {
    if ending.kind != EndingKind::Succeeded || plan.left_out.is_empty() {
        return;
    }
    let names = plan.left_out.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    let more = if plan.left_out.len() > 5 { format!(" and {} more", plan.left_out.len() - 5) } else { String::new() };
    let _ = writeln!(out, "  not chosen: {names}{more}");
}

fn counts(out: &mut String, ending: &Ending) {
    let c = &ending.counts;
    let all = [
        (c.passed, "passed"),
        (c.rolled_back, "rolled back"),
        (c.failed, "failed"),
        (c.stuck, "in need of a person"),
        (c.open, "not finished"),
        (c.cancelled, "not started"),
        (c.skipped, "skipped"),
    ];
    let parts: Vec<String> = all.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    if !parts.is_empty() {
        let _ = writeln!(out, "  targets: {}", parts.join(", "));
    }
}

/// Causes with the targets that share them, the first failure first.
fn causes(out: &mut String, plan: &Plan, state: &State, ending: &Ending) {
    let mut groups: Vec<(&Cause, Vec<usize>)> = Vec::new();
    if let Some(cause) = &ending.cause {
        groups.push((cause, Vec::new()));
    }
    for (index, target) in state.targets.iter().enumerate() {
        let shown = matches!(target.status, TargetStatus::Failed | TargetStatus::Stuck | TargetStatus::RolledBack);
        let Some(cause) = target.cause.as_ref().filter(|_| shown) else { continue };
        match groups.iter_mut().find(|(c, _)| same(c, cause)) {
            Some((_, targets)) => targets.push(index),
            None => groups.push((cause, vec![index])),
        }
    }
    for (cause, targets) in groups {
        let _ = writeln!(out, "  cause: {}", cause.message);
        if let Some(r) = &cause.resource {
            let _ = writeln!(out, "    {} ({}) {}", r.logical_id, r.resource_type, r.status);
            let _ = writeln!(out, "    {}", r.reason);
        }
        if !targets.is_empty() {
            let names: Vec<String> = targets.iter().take(10).map(|t| words::target(plan, *t)).collect();
            let more = if targets.len() > 10 { format!(" and {} more", targets.len() - 10) } else { String::new() };
            let _ = writeln!(out, "    in: {}{more}", names.join(", "));
            if let Some(link) = targets.first().and_then(|t| console(plan, state, *t)) {
                let _ = writeln!(out, "    console: {link}");
            }
        }
        if let Some(hint) = &cause.hint {
            let _ = writeln!(out, "    fix: {hint}");
        }
    }
}

/// Two targets failed for the same reason when the first failing resource failed in the same way, whatever its stack.
fn same(a: &Cause, b: &Cause) -> bool {
    match (&a.resource, &b.resource) {
        (Some(x), Some(y)) => a.kind == b.kind && x.logical_id == y.logical_id && x.reason == y.reason,
        (None, None) => a.kind == b.kind && a.message == b.message,
        _ => false,
    }
}

/// A link to the stack in the AWS console.
fn console(plan: &Plan, state: &State, target: usize) -> Option<String> {
    let id = state.targets.get(target)?.steps.iter().rev().find_map(|s| s.forward.stack_id.as_ref())?;
    let region = &plan.targets.get(target)?.region;
    let domain = match region.partition() {
        base::Partition::Aws => "console.aws.amazon.com",
        base::Partition::China => "console.amazonaws.cn",
        base::Partition::UsGov => "console.amazonaws-us-gov.com",
    };
    let id = id.replace(':', "%3A").replace('/', "%2F");
    Some(format!("https://{region}.{domain}/cloudformation/home?region={region}#/stacks/events?stackId={id}"))
}

fn cancelled(out: &mut String, plan: &Plan, state: &State) {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for (index, target) in state.targets.iter().enumerate() {
        if !matches!(target.status, TargetStatus::Cancelled | TargetStatus::Skipped) {
            continue;
        }
        let halted = plan.targets.get(index).and_then(|t| state.stages.get(t.stage)).is_some_and(|s| s.cause.is_some());
        let stage = if halted { "its stage was stopped" } else { "an earlier stage did not pass" };
        let why = target.cause.as_ref().map_or_else(|| stage.to_owned(), |c| c.message.clone());
        let word = words::target_status(target.status);
        let key = format!("{word}: {why}");
        match reasons.iter_mut().find(|(k, _)| *k == key) {
            Some((_, names)) => names.push(words::target(plan, index)),
            None => reasons.push((key, vec![words::target(plan, index)])),
        }
    }
    for (why, names) in reasons {
        let more = if names.len() > 10 { format!(" and {} more", names.len() - 10) } else { String::new() };
        let _ = writeln!(out, "  {}{more} {why}", names.iter().take(10).cloned().collect::<Vec<_>>().join(", "));
    }
}

fn next(out: &mut String, ending: &Ending) {
    for (n, command) in ending.next.iter().enumerate() {
        let word = if n == 0 { "next:" } else { "  or:" };
        let _ = writeln!(out, "  {word} {command}");
    }
}
