//! Looks how a stack operation is doing. Safe to repeat: it only reads.
//!
//! One call tells everything while the operation runs: its events, which carry our token. The stack itself is read once,
//! at the end. A stack that does not say yet that our operation began still shows the end of the one before, so its
//! status alone is never trusted.

use super::root_cause;
use crate::ports::{Answer, FailureKind, Ports, Site, StackEvent, StackSeen};
use deploy::run::{Outcome, ResourceProgress, is_over, succeeded};
use jiff::{SignedDuration, Timestamp};

/// What to look at.
pub(crate) struct Poll {
    pub(crate) site: Site,
    pub(crate) stack: String,
    pub(crate) token: Option<String>,
    pub(crate) change_set: Option<String>,
    pub(crate) since: Timestamp,
}

/// Our clock and AWS's may differ by this much before signatures are refused.
const SKEW: SignedDuration = SignedDuration::from_secs(300);

pub(crate) async fn perform(ports: &Ports, poll: &Poll) -> Answer<Outcome> {
    let Some(token) = &poll.token else { return others(ports, poll).await };
    let since = poll.since.checked_sub(SKEW).unwrap_or(poll.since);
    let events = match ports.stacks.events(&poll.site, &poll.stack, Some(since)).await {
        Ok(events) => events,
        Err(failure) if failure.kind == FailureKind::NotFound => return settle(ports, poll, Vec::new()).await,
        Err(failure) => return Err(failure),
    };
    let ours: Vec<StackEvent> = events.into_iter().filter(|e| e.token.as_deref() == Some(token)).collect();
    let Some(last) = ours.iter().find(|e| is_stack(e, &poll.stack)) else { return unseen(ports, poll).await };
    if is_over(&last.status) {
        return settle(ports, poll, ours).await;
    }
    let status = last.status.clone();
    Ok(Outcome::StackBusy { status, resources: progress(&ours, &poll.stack) })
}

/// The stack may be named by its name before its id is known.
fn is_stack(event: &StackEvent, stack: &str) -> bool {
    root_cause::is_about(event, stack)
        || event.resource_type == "AWS::CloudFormation::Stack" && event.logical_id == root_cause::stack_name(stack)
}

/// Somebody else's operation: its end is all that counts.
async fn others(ports: &Ports, poll: &Poll) -> Answer<Outcome> {
    let stack = ports.stacks.describe(&poll.site, &poll.stack).await?;
    Ok(match stack {
        Some(stack) if stack.status.ends_with("_IN_PROGRESS") => {
            Outcome::StackBusy { status: stack.status, resources: Vec::new() }
        }
        stack => Outcome::StackSettled { stack: stack.map(Box::new), failed: None, ours: false },
    })
}

/// No event carries our token: the operation has not begun, or the stack is gone, or this server's events carry no tokens.
async fn unseen(ports: &Ports, poll: &Poll) -> Answer<Outcome> {
    let Some(stack) = ports.stacks.describe(&poll.site, &poll.stack).await? else {
        return Ok(Outcome::StackSettled { stack: None, failed: None, ours: true });
    };
    let by_us = poll.change_set.as_ref().is_some_and(|name| {
        let mark = format!("/{name}/");
        stack.change_set.as_deref().is_some_and(|id| id == name || id.contains(&mark))
    });
    if is_over(&stack.status) && (by_us || stack.status == "DELETE_COMPLETE") {
        let since = poll.since.checked_sub(SKEW).unwrap_or(poll.since);
        let events = ports.stacks.events(&poll.site, &stack.id, Some(since)).await?;
        return finish(ports, poll, Some(stack), events).await;
    }
    Ok(Outcome::StackBusy { status: stack.status, resources: Vec::new() })
}

async fn settle(ports: &Ports, poll: &Poll, events: Vec<StackEvent>) -> Answer<Outcome> {
    let stack = ports.stacks.describe(&poll.site, &poll.stack).await?;
    // Events may run ahead of the stack itself.
    if let Some(stack) = stack.as_ref().filter(|s| !is_over(&s.status)) {
        return Ok(Outcome::StackBusy { status: stack.status.clone(), resources: progress(&events, &poll.stack) });
    }
    finish(ports, poll, stack, events).await
}

async fn finish(ports: &Ports, poll: &Poll, stack: Option<StackSeen>, events: Vec<StackEvent>) -> Answer<Outcome> {
    let good = stack.as_ref().is_some_and(|s| succeeded(&s.status));
    let id = stack.as_ref().map_or(poll.stack.as_str(), |s| s.id.as_str());
    let since = poll.since.checked_sub(SKEW).unwrap_or(poll.since);
    let failed = if good { None } else { root_cause::find(ports, &poll.site, id, events, Some(since)).await? };
    Ok(Outcome::StackSettled { stack: stack.map(Box::new), failed, ours: true })
}

/// The last word on every resource, oldest first.
fn progress(events: &[StackEvent], stack: &str) -> Vec<ResourceProgress> {
    let mut lines: Vec<ResourceProgress> = Vec::new();
    for event in events.iter().filter(|e| !is_stack(e, stack)) {
        if lines.iter().any(|line| line.logical_id == event.logical_id) {
            continue;
        }
        lines.push(ResourceProgress {
            logical_id: event.logical_id.clone(),
            resource_type: event.resource_type.clone(),
            status: event.status.clone(),
            reason: event.reason.clone(),
            at: event.at,
        });
    }
    lines.reverse();
    lines
}
