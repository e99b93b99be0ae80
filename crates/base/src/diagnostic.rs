//! What is wrong, where, why, and what to do: one value for every message of every crate.

use crate::{Sources, Span};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// A stable identifier such as `PIPE-004`: a family in capitals and a number. `landfall explain CODE` has its long form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Code(std::borrow::Cow<'static, str>);

impl Code {
    /// A code that is written in the program.
    pub const fn new(code: &'static str) -> Self {
        Self(std::borrow::Cow::Borrowed(code))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&'static str> for Code {
    fn from(code: &'static str) -> Self {
        Self::new(code)
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not what was meant; does not stop anything.
    Warning,
    /// Stops the command.
    Error,
}

/// One message. Lower case, user input in backticks, no Rust type names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Stable code.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// Where in the sources, when it has a place.
    #[serde(skip)]
    pub span: Option<Span>,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Why it is wrong, when that is not plain from the message.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub why: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
}

/// All messages of one step, in the order in which they were found.
pub type Diagnostics = Vec<Diagnostic>;

impl Diagnostic {
    /// An error.
    pub fn error(code: impl Into<Code>, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A warning.
    pub fn warning(code: impl Into<Code>, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// A note.
    pub fn note(code: impl Into<Code>, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message)
    }

    fn new(severity: Severity, code: impl Into<Code>, message: impl Into<String>) -> Self {
        Self { code: code.into(), severity, span: None, message: message.into(), why: None, hint: None }
    }

    /// The same message at a place.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// The same message with a reason.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    /// The same message with what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whether it stops the command.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The message as plain text of several lines: `error[CODE] path:line:column: message`, the line of source with a
    /// mark below it, then `why:` and `fix:`.
    pub fn render(&self, sources: &Sources) -> String {
        let mut out = String::new();
        let severity = match self.severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        let _ = write!(out, "{severity}[{}]", self.code);
        if let Some(place) = self.span.and_then(|span| sources.place(span)) {
            let _ = write!(out, " {}:{}:{}", place.path, place.line, place.column);
        }
        let _ = writeln!(out, ": {}", self.message);
        self.render_excerpt(sources, &mut out);
        if let Some(why) = &self.why {
            let _ = writeln!(out, "  why: {}", indented(why));
        }
        if let Some(hint) = &self.hint {
            let _ = writeln!(out, "  fix: {}", indented(hint));
        }
        without_controls(&out)
    }

    fn render_excerpt(&self, sources: &Sources, out: &mut String) {
        let Some(span) = self.span else { return };
        let (Some(place), Some(line)) = (sources.place(span), sources.line_text(span)) else { return };
        if line.trim().is_empty() || line.chars().count() > 200 {
            return;
        }
        let rest = line.chars().count().saturating_sub(place.column - 1).max(1);
        let width = (span.end.saturating_sub(span.start) as usize).clamp(1, rest);
        let number = place.line.to_string();
        let _ = writeln!(out, "  {number} | {line}");
        let _ = writeln!(out, "  {} | {}{}", " ".repeat(number.len()), " ".repeat(place.column - 1), "^".repeat(width));
    }
}

/// A text of several lines, all under its first one.
fn indented(text: &str) -> String {
    text.replace('\n', "\n       ")
}

/// A text that cannot steer a terminal: it may quote files that others wrote.
fn without_controls(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' => '\n',
        '\t' => ' ',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_shows_place_reason_and_fix() {
        let mut sources = Sources::new();
        let file = sources.add("pipeline.yaml", "stages:\n  - acount_id: \"1\"\n");
        let shown = Diagnostic::error("PIPE-001", "unknown key `acount_id`")
            .at(Span::new(file, 12, 21))
            .hint("did you mean `account_id`?")
            .render(&sources);
        assert_eq!(
            shown,
            "error[PIPE-001] pipeline.yaml:2:5: unknown key `acount_id`\n  2 |   - acount_id: \"1\"\n    |     ^^^^^^^^^\n  fix: did you mean `account_id`?\n"
        );
    }
}
