//! What a plan will change in the stacks of a stage, said once for all targets that it is the same for.

use crate::words;
use deploy::plan::{Foreseen, ForeseenChange, How, Plan};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Changes that are shown in text; the document has all of them.
const SHOWN: usize = 12;

/// Paths that are shown of one change.
const PATHS: usize = 4;

/// The lines of one stage.
pub(crate) fn foreseen_text(foreseen: &[Foreseen], stage: usize) -> String {
    let mut out = String::new();
    for found in foreseen.iter().filter(|f| f.stage == stage) {
        let targets = match found.targets.len() {
            1 => String::new(),
            n => format!(" in {n} targets"),
        };
        let against = found.against.map_or_else(String::new, |release| format!(", against release {release}{targets}"));
        let step = &found.step;
        let _ = match (&found.changes, found.against) {
            (None, _) => writeln!(out, "   {step}{against}: what changes will show in the change set"),
            (Some(none), Some(_)) if none.is_empty() => {
                writeln!(out, "   {step}{against}: nothing changes in the template or its parameters")
            }
            (Some(_), Some(_)) => writeln!(out, "   {step}{against}, from the templates:"),
            (Some(_), None) => writeln!(out, "   {step} makes a new stack{targets}:"),
        };
        for change in found.changes.iter().flatten().take(SHOWN) {
            let _ = writeln!(out, "     {}", line(change));
        }
        let more = found.changes.as_ref().map_or(0, Vec::len).saturating_sub(SHOWN);
        if more > 0 {
            let _ = writeln!(out, "     … and {more} more; `plan --output json` lists all");
        }
    }
    out
}

fn line(change: &ForeseenChange) -> String {
    let sign = match change.how {
        How::Added => '+',
        How::Removed => '-',
        How::Changed(_) => '~',
    };
    let what = match change.what {
        "" | "resource" => String::new(),
        what => format!("{what} "),
    };
    let kind = change.kind.as_ref().map_or_else(String::new, |kind| format!(" ({kind})"));
    let mut line = format!("{sign} {what}{}{kind}", change.name);
    if let How::Changed(paths) = &change.how {
        let told: Vec<&str> = paths.iter().take(PATHS).map(String::as_str).filter(|p| !p.is_empty()).collect();
        if !told.is_empty() {
            let _ = write!(line, ": {}", told.join(", "));
        }
        let more = paths.len().saturating_sub(PATHS);
        if more > 0 {
            let _ = write!(line, " and {more} more");
        }
    }
    line
}

/// All of it, for programs.
pub(crate) fn foreseen_document(plan: &Plan, foreseen: &[Foreseen]) -> Value {
    let change = |c: &ForeseenChange| {
        let (how, paths) = match &c.how {
            How::Added => ("added", None),
            How::Removed => ("removed", None),
            How::Changed(paths) => ("changed", Some(paths)),
        };
        json!({ "what": c.what, "name": c.name, "type": c.kind, "change": how, "paths": paths })
    };
    let found = |f: &Foreseen| {
        json!({
            "stage": words::stage(plan, f.stage),
            "step": f.step,
            "targets": f.targets.iter().filter_map(|t| Some(&plan.targets.get(*t)?.id)).collect::<Vec<_>>(),
            "against_release": f.against,
            "changes": f.changes.as_ref().map(|all| all.iter().map(change).collect::<Vec<_>>()),
        })
    };
    foreseen.iter().map(found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(what: &'static str, name: &str, kind: Option<&str>, how: How) -> ForeseenChange {
        ForeseenChange { what, name: name.into(), kind: kind.map(Into::into), how }
    }

    fn paths(count: usize) -> How {
        How::Changed((0..count).map(|n| format!("Environment.Variables.V{n}")).collect())
    }

    #[test]
    fn each_way_to_change_has_its_line() {
        let of = |targets: usize, against, changes| Foreseen {
            stage: 0,
            step: "deploy".into(),
            targets: (0..targets).collect(),
            against,
            changes,
        };
        let some = vec![
            change("resource", "Work", Some("AWS::Lambda::Function"), paths(6)),
            change("resource", "Queue", Some("AWS::SQS::Queue"), How::Removed),
            change("parameter", "Level", None, How::Changed(vec!["value".into()])),
            change("", "Description", None, How::Changed(vec![String::new()])),
        ];
        let many = (0..14).map(|n| change("resource", &format!("R{n}"), None, How::Added)).collect();
        let all = [
            of(38, Some(2), Some(some)),
            of(1, Some(1), Some(Vec::new())),
            of(2, None, Some(many)),
            of(1, Some(1), None),
            of(1, None, None),
        ];
        insta::assert_snapshot!(foreseen_text(&all, 0), @r"
        deploy, against release 2 in 38 targets, from the templates:
          ~ Work (AWS::Lambda::Function): Environment.Variables.V0, Environment.Variables.V1, Environment.Variables.V2, Environment.Variables.V3 and 2 more
          - Queue (AWS::SQS::Queue)
          ~ parameter Level: value
          ~ Description
        deploy, against release 1: nothing changes in the template or its parameters
        deploy makes a new stack in 2 targets:
          + R0
          + R1
          + R2
          + R3
          + R4
          + R5
          + R6
          + R7
          + R8
          + R9
          + R10
          + R11
          … and 2 more; `plan --output json` lists all
        deploy, against release 1: what changes will show in the change set
        deploy: what changes will show in the change set
        ");
        assert_eq!(foreseen_text(&all, 1), "", "another stage has none of it");
    }
}
