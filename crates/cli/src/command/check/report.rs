//! Tells what was found, in the form that was asked for.

use super::Checked;
use crate::args::{CheckArgs, CheckFormat, FailOn, Output};
use crate::command::explain;
use crate::screen;
use crate::trouble::{Exit, Trouble};
use base::Severity;
use deploy::review::Found;
use serde_json::json;

pub(super) fn report(checked: &Checked, output: Output, args: &CheckArgs) -> Result<Exit, Trouble> {
    let format = args.format.unwrap_or(match output {
        Output::Text => CheckFormat::Text,
        Output::Json | Output::Ndjson => CheckFormat::Json,
    });
    match format {
        CheckFormat::Text => text(checked)?,
        CheckFormat::Json => screen::data(&format!("{}\n", document(checked)))?,
        CheckFormat::Sarif => {
            let about = |code: &str| explain::section(code);
            let run = view::sarif(&checked.found, &checked.sources, env!("CARGO_PKG_VERSION"), &about);
            screen::data(&format!("{run:#}\n"))?;
        }
        CheckFormat::Github => screen::data(&view::annotations(&checked.found, &checked.sources))?,
    }
    Ok(exit(checked, args.fail_on))
}

fn exit(checked: &Checked, fail_on: FailOn) -> Exit {
    let bad = |found: &&Found| match fail_on {
        FailOn::Error => found.diagnostic.severity == Severity::Error,
        FailOn::Warning => found.diagnostic.severity >= Severity::Warning,
        FailOn::Never => false,
    };
    if checked.found.iter().filter(|f| f.counts()).any(|f| bad(&f)) { Exit::Usage } else { Exit::Done }
}

fn count(checked: &Checked, severity: Severity) -> usize {
    checked.found.iter().filter(|f| f.counts() && f.diagnostic.severity == severity).count()
}

/// A number of things, in words.
fn counted(number: usize, thing: &str) -> String {
    match number {
        0 => format!("no {thing}s"),
        1 => format!("1 {thing}"),
        many => format!("{many} {thing}s"),
    }
}

fn text(checked: &Checked) -> Result<(), Trouble> {
    let open: Vec<_> = checked.found.iter().filter(|f| f.counts()).map(|f| f.diagnostic.clone()).collect();
    screen::show(&open, &checked.sources);
    let what = if checked.roles > 0 { counted(checked.roles, "role") } else { counted(checked.files, "file") };
    let errors = counted(count(checked, Severity::Error), "error");
    let mut line = format!("{what} checked, {errors}, {}", counted(count(checked, Severity::Warning), "warning"));
    let notes = count(checked, Severity::Note);
    if notes > 0 {
        line.push_str(&format!(", {}", counted(notes, "note")));
    }
    let suppressed = checked.found.len() - open.len();
    if suppressed > 0 {
        line.push_str(&format!(", {suppressed} suppressed"));
    }
    screen::data(&format!("{line}\n"))?;
    Ok(())
}

fn document(checked: &Checked) -> serde_json::Value {
    let one = |found: &Found| {
        let mut value = screen::as_json(&found.diagnostic, &checked.sources);
        if let Some(object) = value.as_object_mut() {
            object.extend(found.subject.iter().map(|s| ("subject".to_owned(), json!(s))));
            object.extend(found.fingerprint.iter().map(|s| ("fingerprint".to_owned(), json!(s))));
            let excuse = |e: &deploy::review::Excuse| json!({ "reason": e.reason, "until": e.until.to_string() });
            object.extend(found.excuse.iter().map(|e| ("suppressed".to_owned(), excuse(e))));
        }
        value
    };
    let found: Vec<_> = checked.found.iter().map(one).collect();
    json!({
        "version": 1,
        "checked": checked.files + checked.roles,
        "errors": count(checked, Severity::Error),
        "warnings": count(checked, Severity::Warning),
        "notes": count(checked, Severity::Note),
        "diagnostics": found,
    })
}
