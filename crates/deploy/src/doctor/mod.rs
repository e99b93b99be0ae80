//! Why is it stuck or denied, and what is safe to do: the explanations behind `landfall doctor`.
//!
//! Values in, words out. What AWS says is read by exact status; the text of a refusal is only taken apart to explain it,
//! never to decide something.

mod refusal;
mod stacks;
mod token;
mod trust;

pub use refusal::{Refusal, Said, explain, said};
pub use stacks::{StackStory, ever_good, first_failed, story};
pub use token::{Claims, Match, TokenStory, beside};
pub use trust::trust_lines;

use base::Diagnostics;
use serde_json::{Value, json};

/// Everything that was found out.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// Name of the pipeline.
    pub pipeline: String,
    /// The run that was looked at: its id, how it stands, and how to go on.
    pub run: Option<RunStory>,
    /// Who may not do what.
    pub access: Diagnostics,
    /// The same for programs.
    pub preflight: Value,
    /// Refusals of the run, explained.
    pub refusals: Vec<Refusal>,
    /// Roles that do not let the command in, with their trust policy where another role could read it.
    pub trust: Vec<TrustStory>,
    /// Stacks that are not as they should be.
    pub stacks: Vec<StackStory>,
    /// Targets whose stacks are well.
    pub well: Vec<String>,
    /// A token beside the trust policy that it meets.
    pub token: Option<TokenStory>,
    /// What could not be looked at.
    pub unknown: Vec<String>,
}

/// A run in a few words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunStory {
    /// Its id.
    pub id: String,
    /// How it stands.
    pub standing: String,
    /// Why, for each target that is not well.
    pub causes: Vec<String>,
    /// Commands to go on with, the most useful first.
    pub next: Vec<String>,
}

/// A role's trust policy that refuses the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustStory {
    /// The targets.
    pub targets: Vec<String>,
    /// ARN of the role.
    pub role: String,
    /// What was read, and through which role; or why nothing was.
    pub lines: Vec<String>,
}

impl Findings {
    /// Nothing is wrong, as far as could be seen.
    pub fn is_well(&self) -> bool {
        let refused = self.access.iter().any(|d| d.severity != base::Severity::Note);
        let token = self.token.as_ref().is_some_and(|token| token.accepted == Some(false));
        let run = self.run.as_ref().is_some_and(|run| !run.causes.is_empty());
        !refused && !token && !run && self.stacks.is_empty() && self.refusals.is_empty() && self.trust.is_empty()
    }

    /// The stable form for programs.
    pub fn json(&self) -> Value {
        json!({
            "version": 1,
            "pipeline": self.pipeline,
            "well": self.is_well(),
            "run": self.run.as_ref().map(|run| json!({
                "id": run.id, "standing": run.standing, "causes": run.causes, "next": run.next,
            })),
            "preflight": self.preflight,
            "refusals": self.refusals.iter().map(Refusal::json).collect::<Vec<_>>(),
            "trust": self.trust.iter().map(|t| json!({
                "targets": t.targets, "role": t.role, "explanation": t.lines,
            })).collect::<Vec<_>>(),
            "stacks": self.stacks.iter().map(StackStory::json).collect::<Vec<_>>(),
            "token": self.token.as_ref().map(TokenStory::json),
            "unknown": self.unknown,
        })
    }
}
