//! A message of the check with what reports need beside it.

use base::Diagnostic;
use jiff::civil::Date;

/// One result of a check: a finding of the catalogue, or any other message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What is wrong, where, why, and what to do.
    pub diagnostic: Diagnostic,
    /// The role or resource, for findings of the catalogue.
    pub subject: Option<String>,
    /// Stays the same while the subject's name and the offending text do; for findings of the catalogue.
    pub fingerprint: Option<String>,
    /// Why it is let pass, when it is.
    pub excuse: Option<Excuse>,
}

/// A suppression that covers a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excuse {
    /// Why, in the words of whoever wrote it.
    pub reason: String,
    /// The last day on which it counts.
    pub until: Date,
    /// Whether it stands in the template and not in a file of its own.
    pub in_source: bool,
}

impl From<Diagnostic> for Found {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { diagnostic, subject: None, fingerprint: None, excuse: None }
    }
}

impl Found {
    /// Whether it counts: nobody has excused it.
    pub fn counts(&self) -> bool {
        self.excuse.is_none()
    }
}
