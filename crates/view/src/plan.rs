//! A plan before it is run: one line per target with account, region, role and principal, and what would be done.

use crate::foreseen::{foreseen_document, foreseen_text};
use crate::words;
use deploy::plan::{Foreseen, Guard, Plan, Purpose, StageApproval, WayBack, Work};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The plan as text, with what it will change in its stacks. Ends with a line end.
pub fn plan_text(plan: &Plan, foreseen: &[Foreseen]) -> String {
    let mut out = String::new();
    let what = match plan.purpose {
        Purpose::Deploy => "release",
        Purpose::Rollback => "rollback to release",
    };
    let _ = writeln!(out, "{}: {what} {} (run {})", plan.pipeline, plan.release, plan.run);
    for (number, stage) in plan.stages.iter().enumerate() {
        let mut notes = vec![format!("window {}", stage.window)];
        if !stage.alarms.is_empty() {
            notes.push(format!("alarms {}", stage.alarms.join(", ")));
        }
        match stage.approval {
            StageApproval::Always => notes.push("needs approval".to_owned()),
            StageApproval::Destructive => notes.push("needs approval when something is replaced or removed".to_owned()),
            StageApproval::Never => {}
        }
        if stage.waves.len() > 1 {
            let sizes: Vec<String> = stage.waves.iter().map(|w| w.len().to_string()).collect();
            notes.push(format!("waves of {}", sizes.join(", ")));
        }
        let _ = writeln!(out, "\n{}. {} ({})", number + 1, stage.name, notes.join("; "));
        for target in stage.waves.iter().flatten().filter_map(|t| plan.targets.get(*t)) {
            let name = target.account_name.as_ref().map_or_else(String::new, |n| format!(" {n}"));
            let role = target.site.role.as_ref().map_or("own credentials", |r| r.resource());
            let _ = writeln!(out, "   {}{name} in {} by {role}", target.account, target.region);
            if let Some(why) = &target.skip {
                let _ = writeln!(out, "     skipped: {why}");
                continue;
            }
            for step in &target.steps {
                let _ = writeln!(out, "     {:<20} {}", step.name, work(&step.work));
            }
        }
        out.push_str(&foreseen_text(foreseen, number));
    }
    for o in &plan.overrides {
        let what = match &o.guard {
            Guard::Alarm(name) => format!("alarm {name} is ignored"),
            Guard::Preflight => "missing permissions are ignored".to_owned(),
            Guard::Window(stage) => format!("the window of {stage} is ignored"),
        };
        let _ = writeln!(out, "\n{what} by {}: {}", o.by, o.reason);
    }
    out
}

fn work(work: &Work) -> String {
    match work {
        Work::Deploy(deploy) => {
            let now = deploy.seen_status.as_deref().unwrap_or("new");
            let back = match &deploy.back {
                WayBack::To(change) => format!("back to release {} if needed", change.release),
                WayBack::NothingBefore => "no release to go back to".to_owned(),
                WayBack::Forbidden => "must not be rolled back".to_owned(),
            };
            format!("stack {} ({now}); {back}", deploy.change.stack)
        }
        Work::Command(command) if command.gate => "test".to_owned(),
        Work::Command(_) => "command".to_owned(),
        Work::Bake { seconds } => {
            format!("bake {}", words::duration(jiff::SignedDuration::from_secs(i64::from(*seconds))))
        }
        Work::Approval(approval) => format!("approval by {}", approval.minimum),
    }
}

/// The plan as a document, version 1.
pub fn plan_document(plan: &Plan, foreseen: &[Foreseen]) -> Value {
    let target = |t: &deploy::plan::PlannedTarget| {
        json!({
            "id": t.id,
            "stage": words::stage(plan, t.stage),
            "account": t.account,
            "account_name": t.account_name,
            "region": t.region,
            "role": t.site.role,
            "skip": t.skip,
            "steps": t.steps.iter().map(|s| json!({ "id": s.id, "does": work(&s.work) })).collect::<Vec<_>>(),
        })
    };
    json!({
        "version": 1,
        "pipeline": plan.pipeline,
        "run": plan.run,
        "release": plan.release,
        "digest": plan.digest(),
        "made_at": plan.made_at,
        "targets": plan.targets.iter().map(target).collect::<Vec<_>>(),
        "changes": foreseen_document(plan, foreseen),
    })
}
