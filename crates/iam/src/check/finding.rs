//! What a rule found, with a fingerprint that survives moving the statement.

use super::Rule;
use base::{Code, Diagnostic, Severity};

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Id of the rule.
    pub rule: &'static str,
    /// How bad in this place.
    pub severity: Severity,
    /// Name of the role or resource.
    pub subject: String,
    /// JSON pointer into the document or the resource's properties.
    pub path: String,
    /// What is wrong, in lower case.
    pub message: String,
    /// Why it matters.
    pub why: &'static str,
    /// The exact text to write, or the exact thing to do.
    pub fix: String,
    /// The rule and sixteen digits that stay the same while the subject's name and the offending text do, wherever the
    /// statement stands.
    pub fingerprint: String,
}

impl Finding {
    /// As a diagnostic, without a place in a file.
    pub fn to_diagnostic(&self) -> Diagnostic {
        let message = format!("`{}`: {}", self.subject, self.message);
        let diagnostic = match self.severity {
            Severity::Error => Diagnostic::error(Code::new(self.rule), message),
            Severity::Warning => Diagnostic::warning(Code::new(self.rule), message),
            Severity::Note => Diagnostic::note(Code::new(self.rule), message),
        };
        diagnostic.why(self.why).hint(self.fix.clone())
    }
}

/// Takes the findings of one rule about one subject.
pub struct Report<'a> {
    rule: &'static Rule,
    subject: &'a str,
    findings: &'a mut Vec<Finding>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(rule: &'static Rule, subject: &'a str, findings: &'a mut Vec<Finding>) -> Self {
        Self { rule, subject, findings }
    }

    /// Adds a finding of the rule's own severity. `anchor` is the offending text, from which the fingerprint is made.
    pub(crate) fn add(
        &mut self,
        path: impl Into<String>,
        anchor: &str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.add_as(self.rule.severity, path, anchor, message, fix);
    }

    /// Adds a finding of another severity.
    pub(crate) fn add_as(
        &mut self,
        severity: Severity,
        path: impl Into<String>,
        anchor: &str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        let fingerprint = format!("{}-{:016x}", self.rule.id, digest(&[self.rule.id, self.subject, anchor]));
        if self.findings.iter().any(|f| f.fingerprint == fingerprint) {
            return;
        }
        self.findings.push(Finding {
            rule: self.rule.id,
            severity,
            subject: self.subject.to_owned(),
            path: path.into(),
            message: message.into(),
            why: self.rule.why,
            fix: fix.into(),
            fingerprint,
        });
    }
}

/// FNV-1a over the texts, each closed by a zero byte. It only has to tell findings apart, not to resist anyone.
fn digest(texts: &[&str]) -> u64 {
    let bytes = texts.iter().flat_map(|t| t.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
