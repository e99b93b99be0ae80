//! Roles as an account has them, put before the rules that templates are put before.

use super::found::Found;
use super::repository::Repository;
use crate::seen::{PolicySeen, RoleSeen, ServiceControlSeen};
use base::Diagnostic;
use iam::check::{Finding, Rights, RoleFacts, SessionUse, Stage, TrustFacts, check_role, check_trust};
use iam::{Document, Kind, Level, NamedPolicy};
use serde_json::Value;

/// What is known around a role.
#[derive(Debug, Clone, Copy, Default)]
pub struct Around<'a> {
    /// What it is for.
    pub stage: Stage,
    /// How Landfall assumes it, when it does.
    pub session: Option<SessionUse>,
    /// The repository whose jobs deploy, when it is known.
    pub repository: Option<&'a Repository>,
    /// The service control policies over its account, when they could be read.
    pub control: Option<&'a ServiceControlSeen>,
}

/// Reviews a role of an account. Findings have no place in a text: they are about `account/role`.
pub fn role(account: &str, seen: &RoleSeen, around: &Around<'_>) -> Vec<Found> {
    let name = format!("{account}/{}", seen.name);
    let boundary = seen.boundary.as_ref().and_then(named);
    let control = around.control.map(|c| c.levels.as_slice()).unwrap_or_default();
    let bootstrap = format!("arn:aws:cloudformation:*:{account}:stack/landfall-bootstrap*/*");
    let facts = RoleFacts {
        name: &name,
        arn: Some(&seen.arn),
        account: Some(account),
        policies: seen.inline.iter().chain(&seen.attached).filter_map(named).collect(),
        unseen_boundary: seen.boundary.is_some() && boundary.is_none(),
        boundary,
        service_control: control
            .iter()
            .map(|level| Level {
                name: level.place.clone(),
                policies: level.policies.iter().filter_map(named).collect(),
            })
            .collect(),
        bootstrap_stacks: vec![&bootstrap],
        ..RoleFacts::default()
    };
    let mut found = Vec::new();
    if let Some(document) = read(&seen.trust, Kind::Trust) {
        let facts = TrustFacts {
            account: Some(account),
            stage: around.stage,
            session: around.session,
            github_immutable: around.repository.and_then(|r| r.form_in(&document)),
            max_session_seconds: Some(seen.max_session_seconds).filter(|n| *n > 0),
            // What could not be read may be anything.
            rights: if seen.unread.is_empty() { Rights::of(&facts) } else { Rights::Any },
            ..TrustFacts::new(&name, &document)
        };
        found.extend(check_trust(&facts).iter().map(|f| in_policy(f, "trust policy")));
    }
    found.extend(check_role(&facts).iter().map(|f| in_policy(f, &policy_of(f))));
    found.extend(seen.unread.iter().map(|unread| {
        let told = Diagnostic::warning("LIVE-002", format!("{} of `{name}` could not be read", unread.what));
        let told = told.why(format!("`{}` was refused: {}", unread.action, unread.message));
        // A policy of its own is read by its own ARN, everything else by the role's.
        let policy = matches!(unread.action.as_str(), "iam:GetPolicy" | "iam:GetPolicyVersion");
        let resource = if policy { format!("arn:aws:iam::{account}:policy/*") } else { seen.arn.clone() };
        let statement = format!(
            "{{\"Effect\": \"Allow\", \"Action\": \"{}\", \"Resource\": \"{resource}\"}}",
            unread.action
        );
        Found::from(told.hint(format!(
            "what stands there was not judged; add `{statement}` to the role by which the check enters the account; `landfall bootstrap` does, unless its file says `preflight: false`"
        )))
    }));
    found
}

fn read(text: &str, kind: Kind) -> Option<Document> {
    let value: Value = serde_json::from_str(text).ok()?;
    Some(iam::parse(&value, kind).document)
}

fn named(policy: &PolicySeen) -> Option<NamedPolicy> {
    Some(NamedPolicy::new(policy.name.clone(), read(&policy.document, Kind::Identity)?))
}

/// The policy that a finding's pointer leads into.
fn policy_of(finding: &Finding) -> String {
    let segment = finding.path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let name = segment.replace("~1", "/").replace("~0", "~");
    if name.is_empty() { "role".to_owned() } else { format!("policy `{name}`") }
}

fn in_policy(finding: &Finding, policy: &str) -> Found {
    let mut found = super::collect::found(finding, None);
    found.diagnostic.message.push_str(&format!(" ({policy})"));
    found
}
