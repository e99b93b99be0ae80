//! A role's trust policy beside the caller that it refuses.

use crate::plan::PlannedTarget;
use crate::seen::RoleSeen;
use iam::{Kind, NamedPolicy, PolicySet, Principal, Request, ResourcePolicy, authorize};
use serde_json::{Value, json};

/// Which of the actions that assuming a role needs the trust policy refuses, and which statement comes close. Only the
/// trust is judged: the caller's own policies are taken to allow it.
pub fn trust_lines(target: &PlannedTarget, role: &RoleSeen, caller: &str, caller_id: Option<&str>) -> Vec<String> {
    let principal = principal(caller, caller_id);
    let trust: Value = serde_json::from_str(&role.trust).unwrap_or_default();
    let all = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}});
    let policies = PolicySet {
        identity: vec![NamedPolicy::new("the caller's policies", iam::parse(&all, Kind::Identity).document)],
        resource: ResourcePolicy::Trust(NamedPolicy::new("the trust policy", iam::parse(&trust, Kind::Trust).document)),
        ..PolicySet::default()
    };
    let mut lines = Vec::new();
    for action in crate::preflight::assume_actions(target) {
        let mut request = Request::new(principal.clone(), action, role.arn.as_str());
        request.context = crate::preflight::assume_context(target);
        let decision = authorize(&request, &policies);
        if decision.is_allowed() {
            continue;
        }
        lines.push(match &decision.statement {
            Some(statement) => format!("{action}: {statement} denies it"),
            None => format!("{action}: no statement of the trust policy allows it"),
        });
        let near = decision.layers.iter().flat_map(|layer| &layer.near_misses);
        lines.extend(near.map(|near| format!("  close: {}: {}", near.statement, near.because)));
    }
    lines.extend(gone(&role.trust));
    if lines.is_empty() {
        lines.push(
            "its trust policy lets the caller in: the caller's own policies, or a policy of the organization, refuse"
                .into(),
        );
    }
    lines
}

fn principal(caller: &str, id: Option<&str>) -> Principal {
    let session = caller.split_once(":assumed-role/").and_then(|(head, rest)| {
        let (name, session) = rest.split_once('/')?;
        let account = head.rsplit(':').next()?;
        let partition = head.split(':').nth(1)?;
        Some((format!("arn:{partition}:iam::{account}:role/{name}"), session))
    });
    let principal = match session {
        Some((role, session)) => Principal::role_session(&role, session),
        None => Principal::user(caller),
    };
    match id {
        Some(id) => principal.with_unique_id(id),
        None => principal,
    }
}

/// Ids of roles and users that were deleted: IAM shows those in place of their ARNs.
fn gone(trust: &str) -> Option<String> {
    let ids: Vec<&str> = trust
        .split('"')
        .filter(|text| (text.starts_with("AROA") || text.starts_with("AIDA")) && !text.contains(':'))
        .collect();
    let first = ids.first()?;
    Some(format!(
        "it trusts `{first}`, a role or user that was deleted; one made again under the same name is another one. Run \
         `landfall bootstrap`, or write its ARN into the trust policy anew"
    ))
}
