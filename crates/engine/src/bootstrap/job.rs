//! One stack on its way, and what an answer does to it. Pure: calls are made elsewhere.

use crate::ports::{Change, Failure, FailureKind, Site, StackSeen};
use deploy::bootstrap::BootstrapStack;
use deploy::run::{self, FailedResource, Outcome};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// Seconds between two looks at something that is under way.
const POLL_SECONDS: i64 = 5;
/// An operation on a stack of a bootstrap that takes longer is given up, and so is another one's that is waited for.
const OPERATION: SignedDuration = SignedDuration::from_hours(1);
/// Throttling and silence are waited out for so long.
const PATIENCE: SignedDuration = SignedDuration::from_mins(30);
/// How often a refused call is made again: an administrator's role is there already, so once is for the rare race.
const DENIED_RETRIES: u32 = 1;

/// What has to be done next.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// Look at the stack.
    Observe,
    /// Somebody else's operation, or an earlier bootstrap's, is waited for.
    Wait { since: Timestamp },
    /// Remove a stack that never was good.
    Delete { id: String },
    /// Wait until it is gone.
    Gone { id: String, since: Timestamp },
    /// Make the change set.
    Make { create: bool },
    /// Wait until it is ready.
    Ready { create: bool },
    /// Delete the change set of this name, which is of no use.
    Clear { create: bool },
    /// The change set is ready.
    Planned { create: bool },
    /// Execute it.
    Execute,
    /// Wait for the operation.
    Watch { since: Timestamp },
    /// Switch termination protection on.
    Protect,
    /// Nothing more.
    Over,
}

/// What became of a stack, or will.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    /// Nothing is known yet.
    Open,
    /// It is to be made.
    New,
    /// It is to be changed.
    Change,
    /// It is as it should be.
    Same,
    /// It was made.
    Made,
    /// It was changed.
    Changed,
    /// It was removed.
    Removed,
    /// It failed.
    Failed {
        /// Why, in one line.
        why: String,
        /// The resource at the root of it.
        resource: Option<FailedResource>,
        /// What to do.
        hint: Option<String>,
    },
    /// It was not begun, because of another stack.
    Cancelled {
        /// Which, and why.
        why: String,
    },
}

/// What a stack was when it was looked at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Standing {
    /// The stack.
    pub seen: Option<StackSeen>,
    /// Its template, when it can be read.
    pub template: Option<Value>,
}

/// A stack, the way to it, and how far it is.
#[derive(Debug, Clone)]
pub struct Job {
    /// What it should be.
    pub stack: BootstrapStack,
    /// Where it is.
    pub site: Site,
    /// What was there.
    pub was: Standing,
    /// What its change set changes.
    pub changes: Vec<Change>,
    /// What became of it.
    pub fate: Fate,
    pub(super) step: Step,
    pub(super) due: Timestamp,
    pub(super) tries: u32,
    pub(super) troubled_since: Option<Timestamp>,
    /// The empty stack that our change set made, to be removed when it is not executed.
    pub(super) shell: Option<String>,
    /// Whether there is a change set of ours that was not executed.
    pub(super) made: bool,
    /// Whether a change set of ours from an earlier time was deleted.
    pub(super) cleared: bool,
    /// Whether something may be deleted or executed, or only be looked at.
    pub(super) dry: bool,
}

/// The answer to a step.
#[derive(Debug, Clone)]
pub(super) enum Told {
    /// What the stack is, with its template.
    Stack(Box<Outcome>, Option<Value>),
    /// What a performer of runs says.
    Run(Outcome),
}

impl Job {
    /// A stack to look at.
    pub fn new(stack: BootstrapStack, site: Site, now: Timestamp) -> Self {
        Self {
            stack,
            site,
            was: Standing::default(),
            changes: Vec::new(),
            fate: Fate::Open,
            step: Step::Observe,
            due: now,
            tries: 0,
            troubled_since: None,
            shell: None,
            made: false,
            cleared: false,
            dry: false,
        }
    }

    /// `ACCOUNT/REGION/STACK`
    pub fn id(&self) -> String {
        format!("{}/{}/{}", self.stack.account, self.stack.region, self.stack.name)
    }

    /// Name of its change set: the same stack gives the same one, so that a second try finds the first one's.
    pub(super) fn change_set(&self) -> String {
        format!("landfall-{}", self.stack.digest.as_str().chars().take(16).collect::<String>())
    }

    /// The token of an operation on the stack as it is: the same for a second try, another one for a later operation.
    pub(super) fn token(&self, verb: &str) -> String {
        let before = self.was.seen.as_ref().map_or(0, |s| s.updated.unwrap_or(s.created).as_second());
        let unique = self.shell.as_deref().and_then(|id| id.rsplit('/').next()).unwrap_or_default();
        let unique: String = unique.chars().take(8).collect();
        let again = if self.cleared { "-again" } else { "" };
        format!("{}-{verb}-{before}{unique}{again}", self.change_set())
    }

    pub(super) fn is_resting(&self) -> bool {
        matches!(self.step, Step::Planned { .. } | Step::Over)
    }

    pub(super) fn go(&mut self, step: Step, at: Timestamp) {
        self.step = step;
        self.due = at;
        self.tries = 0;
        self.troubled_since = None;
    }

    fn later(&mut self, now: Timestamp) {
        self.due = now + SignedDuration::from_secs(POLL_SECONDS);
    }

    pub(super) fn end(&mut self, fate: Fate) {
        self.fate = fate;
        self.step = Step::Over;
    }

    fn fail(&mut self, why: impl Into<String>, resource: Option<FailedResource>, hint: Option<String>) {
        self.end(Fate::Failed { why: why.into(), resource, hint });
    }

    /// What an answer does.
    pub(super) fn apply(&mut self, answer: Result<Told, Failure>, now: Timestamp) {
        match answer {
            Err(failure) => self.trouble(failure, now),
            Ok(told) => {
                self.tries = 0;
                self.troubled_since = None;
                match told {
                    Told::Stack(outcome, template) => self.observed(*outcome, template, now),
                    Told::Run(outcome) => self.went(outcome, now),
                }
            }
        }
    }

    /// Throttling and silence pass; a stack that is gone while it is waited for is gone.
    fn trouble(&mut self, failure: Failure, now: Timestamp) {
        self.tries += 1;
        let since = *self.troubled_since.get_or_insert(now);
        let passing = match failure.kind {
            FailureKind::Throttled | FailureKind::Unavailable => now.duration_since(since) < PATIENCE,
            FailureKind::Denied => self.tries <= DENIED_RETRIES,
            FailureKind::NotFound | FailureKind::Conflict => false,
        };
        if passing {
            let wait = 1_i64 << self.tries.min(6);
            self.due = now + SignedDuration::from_secs(wait);
            return;
        }
        let code = if failure.code.is_empty() { String::new() } else { format!("{}: ", failure.code) };
        self.fail(format!("{code}{}", failure.message), None, None);
    }

    fn observed(&mut self, outcome: Outcome, template: Option<Value>, now: Timestamp) {
        let Outcome::Stack { stack, ever_good, story } = outcome else { return };
        let seen = stack.map(|s| *s);
        let status = seen.as_ref().map(|s| s.status.clone());
        let id = seen.as_ref().map(|s| s.id.clone()).unwrap_or_default();
        let since = if let Step::Wait { since } = self.step { since } else { now };
        self.was = Standing { template, seen };
        match run::standing(status.as_deref()) {
            run::Standing::Absent | run::Standing::Shell => self.go(Step::Make { create: true }, now),
            run::Standing::Good => self.go(Step::Make { create: false }, now),
            run::Standing::Dead if !ever_good && self.dry => {
                self.fate = Fate::New;
                self.step = Step::Over;
            }
            run::Standing::Dead if !ever_good => self.go(Step::Delete { id }, now),
            run::Standing::Busy if now.duration_since(since) < OPERATION => {
                self.go(Step::Wait { since }, now + SignedDuration::from_secs(POLL_SECONDS));
            }
            _ => {
                let status = status.unwrap_or_default();
                let story = story.map(|s| format!(": {s}")).unwrap_or_default();
                let hint = run::way_out(&status, &self.stack.name, self.stack.region.as_str());
                self.fail(format!("the stack is in {status}{story}"), None, Some(hint));
            }
        }
    }

    fn went(&mut self, outcome: Outcome, now: Timestamp) {
        match (self.step.clone(), outcome) {
            (Step::Delete { id }, _) => self.go(Step::Gone { id, since: now }, now),
            (Step::Gone { since, .. }, Outcome::Stack { stack, .. }) => match stack {
                Some(stack) if stack.status == "DELETE_FAILED" => {
                    let why = stack.reason.unwrap_or_else(|| "CloudFormation could not delete it".into());
                    self.fail(
                        why,
                        None,
                        Some(run::way_out(&stack.status, &self.stack.name, self.stack.region.as_str())),
                    );
                }
                Some(stack) if stack.status != "DELETE_COMPLETE" && now.duration_since(since) < OPERATION => {
                    self.later(now);
                }
                Some(stack) if stack.status != "DELETE_COMPLETE" => self.fail("deleting it takes too long", None, None),
                _ => self.go(Step::Observe, now),
            },
            (Step::Make { create }, Outcome::Present) if !self.cleared => {
                self.cleared = true;
                self.go(Step::Clear { create }, now);
            }
            (Step::Make { .. }, Outcome::Present) => {
                self.fail("a change set of the same name is there", None, Some("try again in a minute".to_owned()));
            }
            (Step::Make { create }, Outcome::ChangeSetCreated { stack_id }) => {
                self.made = true;
                if create {
                    self.shell = Some(stack_id);
                }
                self.go(Step::Ready { create }, now);
            }
            (Step::Ready { create }, outcome) => self.ready(create, outcome, now),
            (Step::Clear { create }, _) => self.go(Step::Make { create }, now),
            (Step::Execute, _) => {
                self.made = false;
                self.go(Step::Watch { since: now }, now);
            }
            (Step::Watch { since }, outcome) => self.watched(since, outcome, now),
            (Step::Protect, _) => {
                let made = self.was.seen.is_none() || self.shell.is_some();
                let fate = match self.fate {
                    Fate::Same => Fate::Same,
                    _ if made => Fate::Made,
                    _ => Fate::Changed,
                };
                self.end(fate);
            }
            _ => {}
        }
    }

    fn ready(&mut self, create: bool, outcome: Outcome, now: Timestamp) {
        match outcome {
            Outcome::ChangeSetPending => self.later(now),
            Outcome::ChangeSetReady { executed: true, .. } => self.go(Step::Watch { since: now }, now),
            Outcome::ChangeSetReady { changes, .. } => {
                self.changes = changes;
                self.fate = if create { Fate::New } else { Fate::Change };
                self.go(Step::Planned { create }, now);
            }
            Outcome::ChangeSetEmpty => {
                self.fate = Fate::Same;
                self.go(Step::Planned { create }, now);
            }
            Outcome::ChangeSetFailed { reason } => self.fail(format!("the change set failed: {reason}"), None, None),
            _ => {}
        }
    }

    fn watched(&mut self, since: Timestamp, outcome: Outcome, now: Timestamp) {
        match outcome {
            Outcome::StackBusy { .. } if now.duration_since(since) < OPERATION => self.later(now),
            Outcome::StackBusy { status, .. } => self.fail(format!("it is in {status} for an hour"), None, None),
            Outcome::StackSettled { stack, failed, .. } => match stack {
                Some(stack) if run::succeeded(&stack.status) => self.go(Step::Protect, now),
                Some(stack) => {
                    let why = match &failed {
                        Some(resource) => resource.reason.clone(),
                        None => stack.reason.unwrap_or_else(|| format!("the stack is in {}", stack.status)),
                    };
                    self.fail(why, failed, None);
                }
                None => self.fail("the stack is gone", failed, None),
            },
            _ => {}
        }
    }
}
