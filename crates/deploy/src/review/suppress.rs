//! Suppressions: findings that somebody lets pass, for a reason and until a day.
//!
//! They stand beside the resource they are about, or in a file of their own for what cannot carry them:
//!
//! ```yaml
//! Metadata:
//!   Landfall:
//!     Suppress:
//!       - { rule: ROLE-003, reason: the role list is closed by the boundary, until: 2027-01-31 }
//! ```

use super::found::{Excuse, Found};
use base::{Diagnostic, Diagnostics, Sources, Span};
use iam::pattern::Pattern;
use jiff::civil::Date;
use template::Node;

/// One suppression that is well formed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// Id of the rule.
    pub rule: String,
    /// Why the finding is let pass.
    pub reason: String,
    /// The last day on which it counts.
    pub until: Date,
    /// Where it stands.
    pub span: Span,
    reach: Reach,
}

/// What a suppression covers.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reach {
    /// The resource of a template in whose metadata it stands, and what is made from it.
    Resource { id: String, span: Span },
    /// The whole template in whose metadata it stands.
    Template,
    /// Files and resources by pattern.
    Named { path: Option<String>, resource: Option<String> },
}

const PLACES: &[&str] = &["path", "resource"];
const KEYS: &[&str] = &["reason", "rule", "until"];

/// The suppressions in a template's metadata.
pub fn in_template(source: &Node) -> (Vec<Suppression>, Diagnostics) {
    let mut list = Vec::new();
    let mut problems = Diagnostics::new();
    let mut read = |holder: &Node, reach: Reach| {
        if let Some(node) = holder.at(&["Metadata", "Landfall", "Suppress"]) {
            read_list(node, Some(&reach), &mut list, &mut problems);
        }
    };
    read(source, Reach::Template);
    let resources = source.get("Resources").and_then(Node::as_map);
    for (id, entry) in resources.into_iter().flat_map(template::Map::entries) {
        let span = entry.key_span.to(entry.node.span);
        read(&entry.node, Reach::Resource { id: id.to_owned(), span });
    }
    (list, problems)
}

/// The suppressions of a file that holds nothing else: a mapping with `suppress`, a list whose entries may name a `path`
/// and a `resource`, each with `*` for any text.
pub fn in_file(node: &Node) -> (Vec<Suppression>, Diagnostics) {
    let mut list = Vec::new();
    let mut problems = Diagnostics::new();
    match node.get("suppress") {
        Some(entries) => read_list(entries, None, &mut list, &mut problems),
        None if node.is_null() => {}
        None => problems.push(malformed(node.span, "the file has no `suppress`")),
    }
    (list, problems)
}

fn malformed(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error("SUPP-001", message)
        .at(span)
        .why("a finding may only be let pass by name, for a reason and until a day, so that somebody looks again")
        .hint("write `{ rule: ROLE-003, reason: why this is right here, until: 2027-01-31 }`")
}

fn read_list(node: &Node, reach: Option<&Reach>, list: &mut Vec<Suppression>, problems: &mut Diagnostics) {
    let Some(entries) = node.as_list() else {
        problems.push(malformed(node.span, format!("suppressions are a list, and this is {}", node.kind())));
        return;
    };
    for entry in entries {
        list.extend(read_one(entry, reach, problems));
    }
}

fn read_one(entry: &Node, reach: Option<&Reach>, problems: &mut Diagnostics) -> Option<Suppression> {
    let Some(map) = entry.as_map() else {
        problems.push(malformed(entry.span, format!("a suppression is a mapping, and this is {}", entry.kind())));
        return None;
    };
    let before = problems.len();
    for (key, at) in map.entries() {
        let known = KEYS.contains(&key) || reach.is_none() && PLACES.contains(&key);
        if !known {
            problems.push(malformed(at.key_span, format!("unknown key `{key}` of a suppression")));
        }
    }
    let mut text = |key: &str| match map.get(key).map(|n| (n.as_str().map(str::trim), n.span)) {
        Some((Some(text), _)) if !text.is_empty() => Some(text.to_owned()),
        other => {
            let span = other.map_or(entry.span, |(_, span)| span);
            problems.push(malformed(span, format!("the suppression has no `{key}`")));
            None
        }
    };
    let (rule, reason, until) = (text("rule"), text("reason"), text("until"));
    let until = until.and_then(|text| match text.parse::<Date>() {
        Ok(date) => Some(date),
        Err(_) => {
            let span = map.get("until").map_or(entry.span, |n| n.span);
            problems.push(malformed(span, format!("`{text}` is not a day")));
            None
        }
    });
    let rule = rule.filter(|rule| is_rule(rule, map.get("rule").map_or(entry.span, |n| n.span), problems));
    let named = |key: &str| map.get(key).and_then(Node::as_str).map(str::to_owned);
    let reach = reach.cloned().unwrap_or_else(|| Reach::Named { path: named("path"), resource: named("resource") });
    if problems.len() > before {
        return None;
    }
    Some(Suppression { rule: rule?, reason: reason?, until: until?, span: entry.span, reach })
}

fn is_rule(rule: &str, span: Span, problems: &mut Diagnostics) -> bool {
    let known = iam::check::rule(rule).is_some();
    if !known {
        problems.push(
            Diagnostic::error("SUPP-002", format!("there is no rule `{rule}` that could be suppressed"))
                .at(span)
                .why("only findings about access and data can be let pass; everything else has to be mended")
                .hint("take the id from the finding, such as `ROLE-003`"),
        );
    }
    known
}

impl Suppression {
    fn covers(&self, found: &Found, sources: &Sources) -> bool {
        if found.diagnostic.code.as_str() != self.rule || found.subject.is_none() {
            return false;
        }
        let subject = found.subject.as_deref().unwrap_or_default();
        let span = found.diagnostic.span;
        let same_file = span.is_some_and(|s| s.file == self.span.file);
        match &self.reach {
            Reach::Template => same_file,
            Reach::Resource { id, span: scope } => {
                same_file && (subject == id || span.is_some_and(|s| s.start >= scope.start && s.end <= scope.end))
            }
            Reach::Named { path, resource } => {
                let shown = span.and_then(|s| sources.get(s.file)).map_or("", |source| source.path.as_str());
                let shown = shown.strip_prefix("./").unwrap_or(shown);
                path.as_ref().is_none_or(|p| Pattern::new(p).matches(shown))
                    && resource.as_ref().is_none_or(|r| Pattern::new(r).matches(subject))
            }
        }
    }
}

/// Excuses the findings that are covered, and tells which suppressions have expired or cover nothing.
pub fn apply(found: &mut [Found], suppressions: &[Suppression], today: Date, sources: &Sources) -> Diagnostics {
    let mut problems = Diagnostics::new();
    for suppression in suppressions {
        let expired = suppression.until < today;
        let mut used = false;
        for one in found.iter_mut().filter(|one| suppression.covers(one, sources)) {
            used = true;
            if !expired && one.excuse.is_none() {
                one.excuse = Some(Excuse {
                    reason: suppression.reason.clone(),
                    until: suppression.until,
                    in_source: !matches!(suppression.reach, Reach::Named { .. }),
                });
            }
        }
        let rule = &suppression.rule;
        if expired && used {
            problems.push(
                Diagnostic::warning("SUPP-003", format!("the suppression of `{rule}` ended on {}", suppression.until))
                    .at(suppression.span)
                    .why("what it let pass counts again")
                    .hint("mend what is found, or look at the reason again and give a later day"),
            );
        } else if !used {
            problems.push(
                Diagnostic::warning("SUPP-004", format!("the suppression of `{rule}` matches nothing"))
                    .at(suppression.span)
                    .why("it would let the next finding of this rule pass unseen")
                    .hint("remove it, or correct the rule, the path or the resource"),
            );
        }
    }
    problems
}
