//! Takes the findings about one template and gives each its place.

use super::document::{Policy, find};
use super::found::Found;
use super::repository::Repository;
use super::settle::Settler;
use base::{Diagnostic, Diagnostics, Span};
use iam::check::Finding;
use iam::{Kind, NamedPolicy};
use std::collections::HashSet;
use template::Node;
use template::model::{Resource, Template};

/// The findings so far.
pub(super) struct Collector<'t> {
    pub(super) template: &'t Template<'t>,
    pub(super) settler: &'t Settler<'t>,
    source: &'t Node,
    pub(super) repository: Option<&'t Repository>,
    found: Vec<Found>,
    problems: Diagnostics,
    seen: HashSet<(&'static str, Span, String)>,
}

/// Policies by the names under which the rules know them.
#[derive(Debug, Clone, Default)]
pub(super) struct Shelf {
    policies: Vec<(String, Policy)>,
}

impl Shelf {
    /// Adds a policy under a name that no other has.
    pub(super) fn add(&mut self, name: &str, policy: Policy) {
        let taken = |name: &str| self.policies.iter().any(|(n, _)| n == name);
        let free = (2..).map(|n| format!("{name} ({n})")).find(|n| !taken(n)).filter(|_| taken(name));
        self.policies.push((free.unwrap_or_else(|| name.to_owned()), policy));
    }

    /// Adds the policies of another.
    pub(super) fn extend(&mut self, other: Self) {
        for (name, policy) in other.policies {
            self.add(&name, policy);
        }
    }

    /// For the rules.
    pub(super) fn named(&self) -> Vec<NamedPolicy> {
        self.policies.iter().map(|(name, policy)| NamedPolicy::new(name.clone(), policy.document.clone())).collect()
    }

    /// Whether it is empty.
    pub(super) fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }

    /// The policy that a finding's pointer leads into, and the pointer within it.
    pub(super) fn place(&self, pointer: &str) -> Option<Span> {
        let rest = pointer.strip_prefix('/')?;
        let (segment, inner) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let name = segment.replace("~1", "/").replace("~0", "~");
        let (_, policy) = self.policies.iter().find(|(n, _)| *n == name)?;
        Some(policy.span(inner))
    }
}

impl<'t> Collector<'t> {
    pub(super) fn new(
        template: &'t Template<'t>,
        settler: &'t Settler<'t>,
        source: &'t Node,
        repository: Option<&'t Repository>,
    ) -> Self {
        Self { template, settler, source, repository, found: Vec::new(), problems: Vec::new(), seen: HashSet::new() }
    }

    /// Reads a policy of the template, and keeps what is wrong with its form.
    pub(super) fn policy(&mut self, node: &Node, kind: Kind) -> Option<Policy> {
        let mut problems = Diagnostics::new();
        let policy = Policy::read(node, self.settler, kind, &mut problems);
        for problem in problems {
            if !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
        }
        policy
    }

    /// Adds a finding at a place. One statement may be attached to several roles and is told once.
    pub(super) fn add(&mut self, finding: &Finding, span: Span) {
        if self.seen.insert((finding.rule, span, finding.message.clone())) {
            self.found.push(found(finding, Some(span)));
        }
    }

    /// The place of a resource's logical id: its own, or that of the resource which it was made from.
    pub(super) fn place(&self, id: &str, resource: &Resource<'_>) -> Span {
        if let Some(span) = self.source.get("Resources").and_then(Node::as_map).and_then(|map| map.key_span(id)) {
            return span;
        }
        if resource.id_span == Span::default() { self.source_of(id).unwrap_or_default() } else { resource.id_span }
    }

    /// Whether the user wrote the resource, and no transform made it.
    pub(super) fn is_written(&self, id: &str) -> bool {
        self.source.get("Resources").is_some_and(|resources| resources.get(id).is_some())
    }

    /// Where the resource of the source stands whose logical id the made one starts with.
    fn source_of(&self, id: &str) -> Option<Span> {
        let resources = self.source.get("Resources")?.as_map()?;
        let longest = resources.keys().filter(|key| id.starts_with(*key)).max_by_key(|key| key.len())?;
        resources.key_span(longest)
    }

    /// The place of a part of a resource's properties.
    pub(super) fn within(&self, id: &str, resource: &Resource<'_>, pointer: &str) -> Span {
        let place = self.place(id, resource);
        match resource.properties {
            Some(properties) if !pointer.is_empty() => {
                let part = find(properties, pointer);
                if part.span == Span::default() || part.span == properties.span { place } else { part.span }
            }
            _ => place,
        }
    }

    pub(super) fn finish(mut self) -> (Vec<Found>, Diagnostics) {
        self.found.sort_by_key(|f| f.diagnostic.span.map(|span| (span.file, span.start)));
        (self.found, self.problems)
    }
}

/// A finding with its place in a text, if it has one.
pub(super) fn found(finding: &Finding, span: Option<Span>) -> Found {
    let mut diagnostic: Diagnostic = finding.to_diagnostic();
    diagnostic.message = written(&diagnostic.message);
    diagnostic.hint = diagnostic.hint.map(|hint| written(&hint));
    Found {
        diagnostic: match span {
            Some(span) => diagnostic.at(span),
            None => diagnostic,
        },
        subject: Some(finding.subject.clone()),
        fingerprint: Some(finding.fingerprint.clone()),
        excuse: None,
    }
}

/// A text with symbols as the user would write them: `${AWS::AccountId}` for `{{AWS.AccountId}}`.
fn written(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        match after.split_once("}}") {
            Some((name, tail)) if !name.contains(':') => {
                let name = name.strip_prefix("AWS.").map_or(name.to_owned(), |pseudo| format!("AWS::{pseudo}"));
                out.push_str(&format!("${{{name}}}"));
                rest = tail;
            }
            // A reference to a secret is written so.
            _ => {
                out.push_str("{{");
                rest = after;
            }
        }
    }
    out + rest
}
