//! What stops a transform: the causes with the exact sentences of AWS's translator, and where each one stands.

use base::{Diagnostic, Span};
use std::fmt;

/// One reason why a template cannot be transformed. Its [`Cause::message`] is word for word what AWS answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// What it is about.
    pub kind: CauseKind,
    /// The sentence after the fixed beginning of its kind.
    pub message: String,
    /// Where it stands, as near as is known.
    pub span: Option<Span>,
}

/// What a cause is about; each kind has its own fixed beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CauseKind {
    /// A resource of the template, by its logical id.
    Resource(String),
    /// An event of a function or state machine, by its name.
    Event(String),
    /// The template as a whole.
    Template,
    /// A generated logical id that is in the template already: the resource that was being transformed.
    Duplicate(String),
    /// The `Globals` section.
    Globals,
}

impl Cause {
    /// The whole sentence.
    pub fn message(&self) -> String {
        match &self.kind {
            CauseKind::Resource(id) => format!("Resource with id [{id}] is invalid. {}", self.message),
            CauseKind::Event(id) => format!("Event with id [{id}] is invalid. {}", self.message),
            CauseKind::Template => format!("Structure of the SAM template is invalid. {}", self.message),
            CauseKind::Duplicate(_) => self.message.clone(),
            CauseKind::Globals => format!("'Globals' section is invalid. {}", self.message),
        }
    }

    /// What causes are sorted by: the logical id where there is one, the sentence otherwise.
    fn sort_key(&self) -> String {
        match &self.kind {
            CauseKind::Resource(id) | CauseKind::Duplicate(id) => id.clone(),
            CauseKind::Globals => "Globals".to_owned(),
            CauseKind::Event(_) | CauseKind::Template => self.message(),
        }
    }
}

/// Why a step of the transform gave up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// One cause: it is collected, and the other resources are still looked at.
    One(Box<Cause>),
    /// The document as a whole: nothing else is looked at, and only these causes are told.
    Document(Vec<Cause>),
}

impl Fault {
    /// A resource is invalid.
    pub fn resource(id: impl Into<String>, message: impl Into<String>) -> Self {
        Self::one(CauseKind::Resource(id.into()), message)
    }

    /// An event is invalid. Functions and state machines turn it into a fault of theirs.
    pub fn event(id: impl Into<String>, message: impl Into<String>) -> Self {
        Self::one(CauseKind::Event(id.into()), message)
    }

    /// The template is invalid, and the other resources are still looked at.
    pub fn template(message: impl Into<String>) -> Self {
        Self::one(CauseKind::Template, message)
    }

    /// The template is invalid, and nothing else is looked at.
    pub fn document(message: impl Into<String>) -> Self {
        Self::Document(vec![Cause { kind: CauseKind::Template, message: message.into(), span: None }])
    }

    /// Transforming resource `id` would create `duplicate`, which the template has already.
    pub fn duplicate(id: &str, duplicate: &str, resource_type: &str) -> Self {
        Self::one(
            CauseKind::Duplicate(id.to_owned()),
            format!(
                "Transforming resource with id [{id}] attempts to create a new resource with id [{duplicate}] and \
                 type \"{resource_type}\". A resource with that id already exists within this template. Please use a \
                 different id for that resource."
            ),
        )
    }

    fn one(kind: CauseKind, message: impl Into<String>) -> Self {
        Self::One(Box::new(Cause { kind, message: message.into(), span: None }))
    }

    /// The same fault at a place; a place that is known already stays.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        match &mut self {
            Self::One(cause) => _ = cause.span.get_or_insert(span),
            Self::Document(causes) => causes.iter_mut().for_each(|cause| _ = cause.span.get_or_insert(span)),
        }
        self
    }

    /// The same fault told as one of the resource `id`, if it is about an event.
    #[must_use]
    pub fn event_of(self, id: &str) -> Self {
        match self {
            Self::One(cause) if matches!(cause.kind, CauseKind::Event(_)) => {
                let span = cause.span;
                let fault = Self::resource(id, cause.message());
                span.map_or_else(|| fault.clone(), |span| fault.clone().at(span))
            }
            other => other,
        }
    }

    /// The same fault, ending the whole transform.
    #[must_use]
    pub fn fatal(self) -> Self {
        Self::Document(self.into_causes())
    }

    /// Its causes.
    pub fn into_causes(self) -> Vec<Cause> {
        match self {
            Self::One(cause) => vec![*cause],
            Self::Document(causes) => causes,
        }
    }
}

/// A template that cannot be transformed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransformError {
    /// Each different cause once, sorted by logical id.
    pub causes: Vec<Cause>,
}

impl TransformError {
    /// From all causes that were found: the same sentence is told once.
    pub fn new(found: Vec<Cause>) -> Self {
        let mut seen = std::collections::HashSet::new();
        let mut causes: Vec<Cause> = found.into_iter().filter(|cause| seen.insert(cause.message())).collect();
        causes.sort_by_key(Cause::sort_key);
        Self { causes }
    }

    /// The whole text, as AWS answers it.
    pub fn message(&self) -> String {
        let mut text = format!(
            "Invalid Serverless Application Specification document. Number of errors found: {}.",
            self.causes.len()
        );
        for cause in &self.causes {
            text.push(' ');
            text.push_str(&cause.message());
        }
        text
    }

    /// The causes as located messages.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.causes.iter().map(diagnostic).collect()
    }
}

fn diagnostic(cause: &Cause) -> Diagnostic {
    let (code, subject) = match &cause.kind {
        CauseKind::Resource(id) => ("SAM-001", format!("resource `{id}`: ")),
        CauseKind::Event(id) => ("SAM-002", format!("event `{id}`: ")),
        CauseKind::Template => ("SAM-003", String::new()),
        CauseKind::Duplicate(_) => ("SAM-004", String::new()),
        CauseKind::Globals => ("SAM-005", "section `Globals`: ".to_owned()),
    };
    let text = cause.message.trim_end_matches('.');
    let message = Diagnostic::error(code, format!("{subject}{text}")).hint(fix(cause));
    match cause.span {
        Some(span) => message.at(span),
        None => message,
    }
}

/// What to do about it: the translator's sentences do not say. The property is the first word that they quote.
fn fix(cause: &Cause) -> String {
    let property = cause.message.split('\'').nth(1).unwrap_or_default();
    let says = |text: &str| cause.message.contains(text) && !property.is_empty();
    match &cause.kind {
        CauseKind::Resource(_) if says("Missing required property") => format!("add `{property}`"),
        CauseKind::Resource(_) if says("is not a valid S3 Uri") => {
            format!("let `{property}` name a file or folder that is there, or a place such as `s3://bucket/key`")
        }
        CauseKind::Resource(_) => "see what its type takes in \"AWS SAM resources and properties\"".to_owned(),
        CauseKind::Event(_) => {
            "see what the event's type takes in the AWS SAM Developer Guide, \"EventSource\"".to_owned()
        }
        CauseKind::Template => "see what sections a template has in \"AWS SAM template anatomy\"".to_owned(),
        CauseKind::Duplicate(id) => format!("rename `{id}`"),
        CauseKind::Globals => "see what it may set in \"Globals section of the AWS SAM template\"".to_owned(),
    }
}

impl fmt::Display for TransformError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for TransformError {}
