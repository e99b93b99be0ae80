//! What goes to the screen: standard output is data, standard error is talk.

use crate::args::{Global, Output, When};
use crate::trouble::Trouble;
use base::{Diagnostic, Severity, Sources};
use deploy::ci::word;
use serde_json::json;
use std::io::{IsTerminal, Write};

/// Applies `--color`.
pub(crate) fn set_color(when: When) {
    match when {
        When::Auto => {}
        When::Always => anstream::ColorChoice::Always.write_global(),
        When::Never => anstream::ColorChoice::Never.write_global(),
    }
}

/// Writes data to standard output.
pub(crate) fn data(text: &str) -> std::io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Writes talk to standard error. A closed terminal is no reason to fail.
pub(crate) fn talk(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Whether standard error is a terminal.
pub(crate) fn is_terminal() -> bool {
    std::io::stderr().is_terminal()
}

/// Shows everything that is wrong: on standard error, or as a document on standard output.
pub(crate) fn trouble(trouble: &Trouble, output: Output) {
    match output {
        Output::Text => show(&trouble.diagnostics, &trouble.sources),
        Output::Json | Output::Ndjson => {
            let found: Vec<_> = trouble.diagnostics.iter().map(|d| as_json(d, &trouble.sources)).collect();
            let document = json!({ "version": 1, "result": if trouble.exit == crate::trouble::Exit::Done { "under_way" } else { "error" }, "exit": trouble.exit as u8, "diagnostics": found });
            let _ = data(&format!("{document}\n"));
        }
    }
}

/// Shows messages, and for each new code nothing more than once how to read more.
pub(crate) fn show(diagnostics: &[Diagnostic], sources: &Sources) {
    for diagnostic in diagnostics {
        let style = match diagnostic.severity {
            Severity::Error => anstyle::AnsiColor::Red,
            Severity::Warning => anstyle::AnsiColor::Yellow,
            Severity::Note => anstyle::AnsiColor::Cyan,
        }
        .on_default()
        .bold();
        let text = diagnostic.render(sources);
        let (head, rest) = text.split_once(']').unwrap_or((&text, ""));
        talk(&format!("{style}{head}]{style:#}{}", rest.trim_end()));
    }
    let errors = diagnostics.iter().filter(|d| d.is_error()).count();
    if let Some(first) = diagnostics.iter().find(|d| d.is_error()) {
        let many = if errors == 1 { "1 problem".to_owned() } else { format!("{errors} problems") };
        talk(&format!("{many}; `landfall explain {}` says more", first.code));
    }
}

/// A message as JSON, with its place resolved.
pub(crate) fn as_json(diagnostic: &Diagnostic, sources: &Sources) -> serde_json::Value {
    let mut value = serde_json::to_value(diagnostic).unwrap_or_default();
    if let (Some(object), Some(place)) = (value.as_object_mut(), diagnostic.span.and_then(|s| sources.place(s))) {
        object.insert("place".to_owned(), serde_json::to_value(place).unwrap_or_default());
    }
    value
}

/// A `landfall …` command as it can be pasted: with this program's own path when it is not installed, and with the
/// project's folder when it is not the present one.
pub(crate) fn command(global: &Global, command: &str) -> String {
    let Some(rest) = command.strip_prefix("landfall ") else { return command.to_owned() };
    let program = std::env::args().next().filter(|p| p.contains('/')).unwrap_or_else(|| "landfall".to_owned());
    let (verb, arguments) = rest.split_once(' ').map_or((rest, String::new()), |(v, a)| (v, format!(" {a}")));
    let mut line = format!("{} {verb}", word(&program));
    let elsewhere = ["explain", "completions", "sandbox", "demo"].contains(&verb);
    let project = global.project.display().to_string();
    let options = [
        ("--project", Some(project).filter(|p| p != "." && !elsewhere)),
        ("--pipeline", global.pipeline.clone()),
        ("--config-env", global.config_env.clone()),
    ];
    for (option, value) in options {
        if let Some(value) = value {
            line.push_str(&format!(" {option} {}", word(&value)));
        }
    }
    line + &arguments
}
