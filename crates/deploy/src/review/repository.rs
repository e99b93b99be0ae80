//! What is known of the repository whose jobs deploy.

use crate::bootstrap::{Ci, Settings};
use iam::Document;
use iam::trust::SubjectForm;

/// A repository on GitHub, and how its tokens name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    owner: String,
    name: String,
    /// Whether the tokens carry ids.
    immutable: bool,
}

impl Repository {
    /// As the bootstrap file has it. Nothing for other systems, and while both forms are let in.
    pub fn of(settings: &Settings) -> Option<Self> {
        let Ci::GitHub { owner, repository, form, .. } = &settings.ci else { return None };
        let immutable = match form {
            SubjectForm::Immutable => true,
            SubjectForm::Classic => false,
            SubjectForm::Both => return None,
        };
        Some(Self { owner: owner.clone(), name: repository.clone(), immutable })
    }

    /// The form of the tokens that a trust policy is about, if it is about this repository's.
    pub(super) fn form_in(&self, trust: &Document) -> Option<bool> {
        let conditions = trust.statements.iter().flat_map(|s| &s.conditions);
        conditions.flat_map(|c| c.values.iter()).any(|value| self.is_named(value)).then_some(self.immutable)
    }

    fn is_named(&self, subject: &str) -> bool {
        let mut parts = subject.splitn(3, ':');
        let (Some("repo"), Some(full)) = (parts.next(), parts.next()) else { return false };
        let Some((owner, name)) = full.split_once('/') else { return false };
        let plain = |part: &str| part.split('@').next().unwrap_or_default().to_owned();
        plain(owner) == self.owner && plain(name) == self.name
    }
}
