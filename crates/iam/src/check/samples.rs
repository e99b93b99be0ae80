//! For the rules' tests: documents from statements, and findings as short lines.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{Check, Finding, Report, ResourceFacts, RoleFacts, SessionUse, Stage, TrustFacts, rule};
use crate::evaluate::NamedPolicy;
use crate::policy::{Document, Kind, parse};
use base::Severity;
use serde_json::{Value, json};

pub(super) const HOST: &str = "token.actions.githubusercontent.com";

pub(super) fn document(kind: Kind, statements: Value) -> Document {
    parse(&json!({"Version": "2012-10-17", "Statement": statements}), kind).document
}

/// A statement for GitHub tokens with a right audience and `condition` beside it.
pub(super) fn github(operator: &str, key: &str, value: Value) -> Value {
    let mut condition = json!({"StringEquals": {format!("{HOST}:aud"): "sts.amazonaws.com"}});
    condition[operator][format!("{HOST}:{key}")] = value;
    token(HOST, condition)
}

/// A statement for tokens of any issuer.
pub(super) fn token(host: &str, condition: Value) -> Value {
    json!({"Effect": "Allow", "Principal": {"Federated": format!("arn:aws:iam::222222222222:oidc-provider/{host}")},
        "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition})
}

pub(super) fn subject(host: &str, operator: &str, value: Value) -> Value {
    let mut condition = json!({"StringEquals": {format!("{host}:aud"): "x"}});
    condition[operator][format!("{host}:sub")] = value;
    token(host, condition)
}

/// The findings of one rule about a trust policy with these statements, in production.
pub(super) fn trust(id: &str, statements: Value) -> Vec<String> {
    trust_with(id, statements, |facts| facts.stage = Stage::Production)
}

pub(super) fn trust_with(id: &str, statements: Value, change: impl FnOnce(&mut TrustFacts<'_>)) -> Vec<String> {
    let document = document(Kind::Trust, statements);
    let mut facts = TrustFacts::new("role", &document);
    facts.account = Some("222222222222");
    change(&mut facts);
    only(id, |check, report| {
        if let Check::Trust(check) | Check::Every { trust: check, .. } = check {
            check(&facts, report);
        }
    })
}

pub(super) fn session(tags: bool, source_identity: bool, chained: bool, duration_seconds: u32) -> SessionUse {
    SessionUse { tags, source_identity, chained, duration_seconds }
}

/// The findings of one rule about a role with these statements in its only policy.
pub(super) fn role(id: &str, statements: Value) -> Vec<String> {
    role_with(id, statements, |_| {})
}

pub(super) fn role_with(id: &str, statements: Value, change: impl FnOnce(&mut RoleFacts<'_>)) -> Vec<String> {
    let mut facts = RoleFacts {
        name: "role",
        arn: Some("arn:aws:iam::222222222222:role/ci/deploy"),
        account: Some("222222222222"),
        policies: vec![NamedPolicy::new("inline", document(Kind::Identity, statements))],
        ..RoleFacts::default()
    };
    change(&mut facts);
    only(id, |check, report| {
        if let Check::Role(check) | Check::Every { role: check, .. } = check {
            check(&facts, report);
        }
    })
}

/// The findings of one rule about a resource of a template.
pub(super) fn resource(id: &str, resource_type: &str, properties: Value, policy: Option<Value>) -> Vec<String> {
    let policies = policy.map(|p| NamedPolicy::new("policy", document(Kind::Resource, p))).into_iter().collect();
    let facts = ResourceFacts {
        name: "Thing",
        resource_type,
        properties: Some(&properties),
        policies,
        policies_complete: true,
        account: Some("222222222222"),
        ..ResourceFacts::default()
    };
    resource_facts(id, &facts)
}

pub(super) fn resource_facts(id: &str, facts: &ResourceFacts<'_>) -> Vec<String> {
    only(id, |check, report| {
        if let Check::Resource(check) | Check::Every { resource: check, .. } = check {
            check(facts, report);
        }
    })
}

fn only(id: &str, run: impl FnOnce(&Check, &mut Report<'_>)) -> Vec<String> {
    let rule = rule(id).unwrap_or_else(|| panic!("no rule {id}"));
    let mut findings = Vec::new();
    run(&rule.check, &mut Report::new(rule, "role", &mut findings));
    findings.iter().map(line).collect()
}

fn line(finding: &Finding) -> String {
    assert!(!finding.fix.is_empty() && !finding.why.is_empty());
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    format!("{severity} {}: {}", finding.path, finding.message)
}
