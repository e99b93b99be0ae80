//! Whether a role can do something under some circumstances that its policies leave open.
//!
//! Conditions are read in the role's favour, as somebody who means harm would choose them: every key that a policy asks
//! about is tried absent, with each value that is written, and with another one. Tags on the thing that is acted on and
//! the boundary of another principal are not the caller's to choose, so they count as absent unless the caller of these
//! functions says otherwise.

use super::RoleFacts;
use crate::evaluate::{Context, NamedPolicy, PolicySet, Principal, Request, StatementRef, allowed_by};
use crate::pattern::Pattern;
use crate::permissions::actions;
use crate::policy::{Comparison, ConditionEntry, Effect, Statement};

/// What stands for a thing that is not the role's own.
pub(super) const PROBE: &str = "landfall-probe";
/// Circumstances tried for one question at most.
const TRIES: usize = 128;

/// Keys with a value that is given, or given as absent.
pub(super) type Fixed<'a> = &'a [(&'a str, Option<&'a str>)];

/// The statement by which the role can do `action` to `resource`, if it can.
pub(super) fn can(facts: &RoleFacts<'_>, action: &str, resource: &str, fixed: Fixed<'_>) -> Option<StatementRef> {
    let granting = facts
        .policies
        .iter()
        .any(|p| p.document.statements.iter().any(|s| s.effect == Effect::Allow && is_about(s, action)));
    if !granting || denied_outright(facts, action, resource) {
        return None;
    }
    let set = PolicySet {
        identity: facts.policies.clone(),
        boundary: facts.boundary.clone(),
        service_control: facts.service_control.clone(),
        ..PolicySet::default()
    };
    let principal = match user_arn(facts).filter(|_| facts.arn.is_some()) {
        Some(user) => Principal::user(user),
        None => Principal::role_session(&own_arn(facts), PROBE),
    };
    circumstances(facts, action, fixed).into_iter().find_map(|context| {
        let mut request = Request::new(principal.clone(), action, resource).owned_by(account(facts));
        request.context = context;
        allowed_by(&request, &set)
    })
}

/// Whether a deny without conditions settles it. This only saves work: the evaluation would come to the same.
fn denied_outright(facts: &RoleFacts<'_>, action: &str, resource: &str) -> bool {
    let statements = all_policies(facts).flat_map(|p| &p.document.statements);
    statements.filter(|s| s.effect == Effect::Deny && s.conditions.is_empty() && is_about(s, action)).any(|s| {
        let covers = |v: &str| !v.contains("${") && Pattern::new(v).matches_arn(resource);
        s.resources.as_ref().is_some_and(|r| !r.negated && r.values.iter().any(covers))
    })
}

/// The same for some thing of the kind that the action is about, outside whatever the role is scoped to.
pub(super) fn can_beyond(facts: &RoleFacts<'_>, action: &str, fixed: Fixed<'_>) -> Option<StatementRef> {
    probes(facts, action).iter().find_map(|resource| can(facts, action, resource, fixed))
}

/// ARNs of things of the kinds that an action is about, wherever the role's policies look.
pub(super) fn probes(facts: &RoleFacts<'_>, action: &str) -> Vec<String> {
    let resources = actions::find(action).map(|a| a.resources()).unwrap_or_default();
    let required = resources.iter().any(|r| r.required);
    let kinds: Vec<String> = resources.iter().filter(|r| r.required || !required).map(|r| r.arn()).collect();
    let mut arns = Vec::new();
    for (region, account) in places(facts, action) {
        for kind in &kinds {
            let arn = fill(kind, &region, &account);
            if !arns.contains(&arn) {
                arns.push(arn);
            }
        }
    }
    if arns.is_empty() {
        arns.push("*".to_owned());
    }
    arns
}

/// Regions and accounts tried for one action at most.
const PLACES: usize = 6;

/// The region and the account that are usual, and those that statements about the action name. An account that stands
/// in a policy may well be the role's own when that is not known.
pub(super) fn places(facts: &RoleFacts<'_>, action: &str) -> Vec<(String, String)> {
    let own = account(facts);
    let is_number = |text: &str| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    let known = facts.account.or(facts.arn).is_some_and(|_| is_number(&own));
    let mut places = vec![("us-east-1".to_owned(), own.clone())];
    let granting = facts.policies.iter().flat_map(|p| &p.document.statements);
    for statement in granting.filter(|s| s.effect == Effect::Allow && is_about(s, action)) {
        for pattern in statement.resources.iter().filter(|r| !r.negated).flat_map(|r| r.values.iter()) {
            let parts: Vec<&str> = pattern.splitn(6, ':').collect();
            let [_, _, _, region, account, _] = parts.as_slice() else { continue };
            let open = |part: &str| part.is_empty() || part.contains(['*', '?']);
            let region = if open(region) { "us-east-1" } else { region };
            let account = if is_number(account) && !known { account } else { own.as_str() };
            if !places.iter().any(|(r, a)| r == region && a == account) {
                places.push((region.to_owned(), account.to_owned()));
            }
        }
    }
    places.truncate(PLACES);
    places
}

fn fill(arn: &str, region: &str, account: &str) -> String {
    let known = arn.replace("${Partition}", "aws").replace("${Region}", region).replace("${Account}", account);
    let mut out = String::new();
    let mut rest = known.as_str();
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        out.push_str(PROBE);
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    out + rest
}

/// A text that a pattern matches.
pub(super) fn instance(pattern: &str) -> String {
    pattern.replace('*', PROBE).replace('?', "p")
}

pub(super) fn account(facts: &RoleFacts<'_>) -> String {
    let from_arn = facts.arn.and_then(|arn| arn.split(':').nth(4));
    facts.account.or(from_arn).unwrap_or("123456789012").to_owned()
}

pub(super) fn own_arn(facts: &RoleFacts<'_>) -> String {
    facts.arn.map_or_else(|| format!("arn:aws:iam::{}:role/landfall-probe-self", account(facts)), str::to_owned)
}

/// The ARN of the user who has the policies, if they may be a user's.
pub(super) fn user_arn(facts: &RoleFacts<'_>) -> Option<String> {
    match facts.arn {
        Some(arn) => arn.splitn(6, ':').nth(5)?.starts_with("user/").then(|| arn.to_owned()),
        None => Some(format!("arn:aws:iam::{}:user/landfall-probe-self", account(facts))),
    }
}

/// The same ARN in its own account and, where that is not known, in those that policies about the action name.
pub(super) fn in_named_accounts(facts: &RoleFacts<'_>, action: &str, arn: &str) -> Vec<String> {
    let mut parts: Vec<String> = arn.splitn(6, ':').map(str::to_owned).collect();
    let mut arns = vec![arn.to_owned()];
    for (_, account) in places(facts, action) {
        if let Some(part) = parts.get_mut(4) {
            *part = account;
        }
        let other = parts.join(":");
        if !arns.contains(&other) {
            arns.push(other);
        }
    }
    arns
}

/// Whether a statement's actions include this one.
pub(super) fn is_about(statement: &Statement, action: &str) -> bool {
    statement.actions.values.iter().any(|a| Pattern::new(a).matches_ignoring_case(action)) != statement.actions.negated
}

fn all_policies<'f>(facts: &'f RoleFacts<'_>) -> impl Iterator<Item = &'f NamedPolicy> {
    let control = facts.service_control.iter().flat_map(|level| &level.policies);
    facts.policies.iter().chain(&facts.boundary).chain(control)
}

/// The contexts to try: every combination of values for the keys that matter, up to a limit.
fn circumstances(facts: &RoleFacts<'_>, action: &str, fixed: Fixed<'_>) -> Vec<Context> {
    let mut start = Context::new();
    for (key, value) in fixed {
        if let Some(value) = value {
            start.set(key, *value);
        }
    }
    let mut contexts = vec![start];
    let mut choices: Vec<(String, Vec<Option<String>>)> = Vec::new();
    let statements = all_policies(facts).flat_map(|p| &p.document.statements).filter(|s| is_about(s, action));
    for entry in statements.flat_map(|s| &s.conditions) {
        let key = entry.key.to_ascii_lowercase();
        if fixed.iter().any(|(k, _)| k.eq_ignore_ascii_case(&key)) || is_others(&key) {
            continue;
        }
        let values = values(entry);
        match choices.iter_mut().find(|(k, _)| *k == key) {
            Some((_, known)) => known.extend(values),
            None => choices.push((key, values)),
        }
    }
    for (key, mut values) in choices {
        values.sort();
        values.dedup();
        let mut next = Vec::new();
        for context in &contexts {
            for value in &values {
                let mut more = context.clone();
                if let Some(value) = value {
                    more.set(&key, value.as_str());
                }
                next.push(more);
            }
        }
        next.truncate(TRIES);
        contexts = next;
    }
    contexts
}

/// Keys that tell the time of a request, which cannot be before this was written.
const CLOCKS: &[&str] = &["aws:CurrentTime", "aws:EpochTime", "aws:TokenIssueTime"];
const EARLIEST: &str = "2026-11-22T00:00:00Z";
const LATEST: &str = "9999-01-01T00:00:00Z";

/// Properties of the thing acted on, or facts about the caller that follow from the role and not from the call.
fn is_others(key: &str) -> bool {
    let known = [
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principaltype",
        "aws:principalisawsservice",
        "aws:resourceaccount",
    ];
    key.contains("resourcetag/") || key == "iam:permissionsboundary" || known.contains(&key)
}

fn values(entry: &ConditionEntry) -> Vec<Option<String>> {
    let clock = CLOCKS.iter().any(|key| entry.is_on(key));
    let mut values = if clock {
        vec![Some(EARLIEST.to_owned()), Some(LATEST.to_owned())]
    } else {
        vec![None, Some(PROBE.to_owned())]
    };
    match entry.operator.comparison {
        Comparison::Bool => values.extend([Some("true".to_owned()), Some("false".to_owned())]),
        Comparison::Null => {}
        _ if clock => {}
        Comparison::NumericLessThan | Comparison::NumericGreaterThan | Comparison::NumericNotEquals => {
            let near = |v: &str| v.parse::<f64>().ok().map(|n| [(n - 1.0).to_string(), (n + 1.0).to_string()]);
            values.extend(entry.values.iter().filter_map(near).flatten().map(Some));
        }
        Comparison::IpAddress | Comparison::NotIpAddress => {
            values.extend(entry.values.iter().map(|v| v.split('/').next().map(str::to_owned)));
        }
        _ => values.extend(entry.values.iter().map(|v| Some(instance(v)))),
    }
    values
}
