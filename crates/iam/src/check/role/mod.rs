//! Rules about what a role may do.

pub(super) mod r001_everything;
pub(super) mod r002_service_wildcard;
pub(super) mod r003_pass_role;
pub(super) mod r004_escalation;
pub(super) mod r005_unbounded_roles;
pub(super) mod r006_own_limits;
pub(super) mod r007_not_elements;
pub(super) mod r008_credentials;
pub(super) mod r009_exfiltration;
pub(super) mod r010_literal_wildcard;
pub(super) mod r011_unknown_action;

use crate::evaluate::NamedPolicy;
use crate::policy::{Effect, Statement};

/// The allow statements of a role's policies, each with its policy.
fn allows(policies: &[NamedPolicy]) -> impl Iterator<Item = (&NamedPolicy, &Statement)> {
    policies
        .iter()
        .flat_map(|p| p.document.statements.iter().filter(|s| s.effect == Effect::Allow).map(move |s| (p, s)))
}

/// The pointer of a place in one of several policies.
fn within(policy: &NamedPolicy, path: &str) -> String {
    format!("/{}{path}", policy.name.replace('~', "~0").replace('/', "~1"))
}

/// Whether a statement covers every resource: `*`, or an ARN that is open in each of its parts.
fn on_everything(statement: &Statement) -> bool {
    let all = |text: &str| {
        let parts = text.strip_prefix("arn:").map(|rest| rest.strip_prefix("aws").unwrap_or(rest));
        is_open(parts.unwrap_or(text))
    };
    statement.resources.as_ref().is_some_and(|r| !r.negated && r.values.iter().any(all))
}

/// Whether one of a statement's actions is nothing but wildcards.
fn of_everything(statement: &Statement) -> bool {
    !statement.actions.negated && statement.actions.values.iter().any(is_open)
}

/// Whether a text is nothing but `*`, with or without colons between: `*`, `*:*`, `**`.
fn is_open(text: &str) -> bool {
    text.contains('*') && text.chars().all(|c| matches!(c, '*' | ':'))
}

/// Whether it is every action of one service, such as `s3:*`, or of some: `i*:*`.
fn is_whole_service(action: &str) -> bool {
    let wild = |name: &str| name.contains('*') && name.chars().all(|c| matches!(c, '*' | '?'));
    !is_open(action) && action.split_once(':').is_some_and(|(_, name)| wild(name))
}
