//! Checks of trust policies, permission policies and resources. One rule is one file with its bad and good samples.
//!
//! Absent: where a document stands in a file. A finding carries a JSON pointer into its document, and the caller, who
//! knows the source, turns it into file, line and column. Suppressions are the caller's too; the fingerprint is for them.

mod closing;
mod denied;
mod facts;
mod finding;
mod reachable;
mod resource;
mod rights;
mod role;
mod rules;
mod trust;

pub use facts::{Replacement, ResourceFacts, RoleFacts, SessionUse, Stage, TrustFacts};
pub use finding::{Finding, Report};
pub use rights::Rights;
pub use rules::{RULES, rule};

use base::Severity;

/// A rule of the catalogue.
pub struct Rule {
    /// Such as `TRUST-001`.
    pub id: &'static str,
    /// Its usual severity; a finding may have another.
    pub severity: Severity,
    /// What it looks for, as a short phrase.
    pub title: &'static str,
    /// Why it matters.
    pub why: &'static str,
    pub(crate) check: Check,
}

/// The part of a rule that looks.
pub(crate) enum Check {
    /// At a role's trust policy.
    Trust(fn(&TrustFacts<'_>, &mut Report<'_>)),
    /// At what a role may do.
    Role(fn(&RoleFacts<'_>, &mut Report<'_>)),
    /// At a resource and its policies.
    Resource(fn(&ResourceFacts<'_>, &mut Report<'_>)),
    /// At policies of every kind.
    Every {
        role: fn(&RoleFacts<'_>, &mut Report<'_>),
        trust: fn(&TrustFacts<'_>, &mut Report<'_>),
        resource: fn(&ResourceFacts<'_>, &mut Report<'_>),
    },
}

/// All findings about a trust policy, in order of rule.
pub fn check_trust(facts: &TrustFacts<'_>) -> Vec<Finding> {
    run(facts.name, |check, report| {
        if let Check::Trust(check) | Check::Every { trust: check, .. } = check {
            check(facts, report);
        }
    })
}

/// All findings about what a role may do, in order of rule.
pub fn check_role(facts: &RoleFacts<'_>) -> Vec<Finding> {
    let mut findings = run(facts.name, |check, report| {
        if let Check::Role(check) | Check::Every { role: check, .. } = check {
            check(facts, report);
        }
    });
    for finding in findings.iter_mut().filter(|f| facts.unseen_boundary && f.severity == Severity::Error) {
        // A literal wildcard is wrong whatever the boundary says.
        if finding.rule != "ROLE-010" {
            finding.severity = Severity::Warning;
            finding.message.push_str(", unless its boundary forbids it, which is not at hand");
        }
    }
    findings
}

/// All findings about a resource, in order of rule.
pub fn check_resource(facts: &ResourceFacts<'_>) -> Vec<Finding> {
    run(facts.name, |check, report| {
        if let Check::Resource(check) | Check::Every { resource: check, .. } = check {
            check(facts, report);
        }
    })
}

fn run(subject: &str, each: impl Fn(&Check, &mut Report<'_>)) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in RULES {
        each(&rule.check, &mut Report::new(rule, subject, &mut findings));
    }
    findings
}

#[cfg(test)]
mod samples;
