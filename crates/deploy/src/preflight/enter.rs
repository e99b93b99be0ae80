//! A role that does not let the command in: what stands in the way, as far as it can be told from this side.

use super::report::{Found, Problem};
use super::{Actor, Purpose, Question, Report, judge};
use crate::plan::{PlannedTarget, is_region_off};
use crate::seen::{Failure, FailureKind, RoleSeen};
use base::Arn;
use iam::{Context, Request, authorize};
use serde_json::{Value, json};

/// Notes why a target's role refuses. Other failures to reach a target are a finding of the plan's checks.
pub(super) fn refused(
    question: &Question<'_>,
    (target, by): (&PlannedTarget, Option<&Arn>),
    failure: &Failure,
    report: &mut Report,
) {
    let refuses = failure.kind == FailureKind::Denied && !is_region_off(failure, &target.region);
    let Some(role) = by.filter(|_| refuses) else { return };
    let purpose = if target.site.role.as_ref() == Some(role) { Purpose::Deployment } else { Purpose::Plan };
    let caller = question.access.caller.as_ref().and_then(|c| c.as_ref().ok());
    let own = question.access.caller_role.as_ref().and_then(|r| r.as_ref().ok()?.as_ref());
    let problem = match own.filter(|own| own.unread.is_empty()) {
        Some(own) if !own_actions(question, own, target, role).is_empty() => {
            let actions = own_actions(question, own, target, role);
            Problem::MayNotAssume {
                by: own.arn.clone(),
                add: permission(role, &actions),
                told: failure.message.clone(),
            }
        }
        known => Problem::NotLetIn {
            who: caller.map(|caller| caller.arn.clone()),
            add: trust(target, caller.map(|c| c.arn.as_str()), known.or(own)),
            caller_may: known.is_some(),
            told: failure.message.clone(),
        },
    };
    report.found(target, Found::new(role.as_str(), purpose, problem));
}

/// What assuming a target's role asks for: tags and source identity need rights of their own.
pub fn assume_actions(target: &PlannedTarget) -> Vec<&'static str> {
    let session = &target.site.session;
    let tags = (!session.tags.is_empty()).then_some("sts:TagSession");
    let identity = (!session.source_identity.is_empty()).then_some("sts:SetSourceIdentity");
    std::iter::once("sts:AssumeRole").chain(tags).chain(identity).collect()
}

/// The condition keys of that request.
pub fn assume_context(target: &PlannedTarget) -> Context {
    let session = &target.site.session;
    let mut context = Context::new();
    context.set("sts:RoleSessionName", session.name.as_str());
    if let Some(id) = &session.external_id {
        context.set("sts:ExternalId", id.as_str());
    }
    for (key, value) in &session.tags {
        context.set(&format!("aws:RequestTag/{key}"), value.as_str());
    }
    context.set_all("aws:TagKeys", session.tags.keys().map(String::as_str));
    if !session.source_identity.is_empty() {
        context.set("sts:SourceIdentity", session.source_identity.as_str());
    }
    context
}

/// The actions that the caller's own policies do not allow.
fn own_actions(question: &Question<'_>, own: &RoleSeen, target: &PlannedTarget, role: &Arn) -> Vec<&'static str> {
    let actor = Actor::of(own, question.access, "landfall");
    // Only the caller's side is asked: a trust that lets everybody in takes the other side out of the question.
    let mut policies = actor.policies.clone();
    let open = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:*"}});
    let open = iam::NamedPolicy::new("trust policy", iam::parse(&open, iam::Kind::Trust).document);
    policies.resource = iam::ResourcePolicy::Trust(open);
    let mut refused = Vec::new();
    for action in assume_actions(target) {
        let mut request = Request::new(actor.principal.clone(), action, role.as_str());
        request.context = assume_context(target);
        let decision = authorize(&request, &policies);
        if !decision.is_allowed() && !judge::hangs_on_the_call(&decision, &actor, &request.context) {
            refused.push(action);
        }
    }
    refused
}

fn permission(role: &Arn, actions: &[&str]) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": role.as_str()})
}

/// A statement of the role's trust policy that lets the caller in.
fn trust(target: &PlannedTarget, caller: Option<&str>, own: Option<&RoleSeen>) -> Option<Value> {
    let behind = caller.and_then(super::policies::role_behind).map(|arn| arn.to_string());
    let who = own.map(|own| own.arn.clone()).or(behind).or_else(|| caller.map(str::to_owned))?;
    let mut statement = json!({"Effect": "Allow", "Principal": {"AWS": who}, "Action": assume_actions(target)});
    if let Some(id) = &target.site.session.external_id {
        statement["Condition"] = json!({"StringEquals": {"sts:ExternalId": id}});
    }
    Some(statement)
}
