//! Finds, in the events of a failed operation, the resource that failed first; in nested stacks, the leaf.

use crate::ports::{Answer, Ports, Site, StackEvent};
use deploy::run::FailedResource;
use jiff::Timestamp;

/// Nested stacks are followed this deep. CloudFormation itself has no limit but its quota of stacks.
const DEPTH: usize = 8;

/// Whether an event is about the stack itself and not about a resource in it.
pub(crate) fn is_about(event: &StackEvent, stack_id: &str) -> bool {
    event.resource_type == "AWS::CloudFormation::Stack" && event.physical_id.as_deref() == Some(stack_id)
}

/// The first resource that failed, oldest first. What was only cancelled because another one failed does not count.
pub(crate) fn first_failed<'a>(events: &'a [StackEvent], stack_id: &str) -> Option<&'a StackEvent> {
    let failed = |e: &&StackEvent| {
        let cancelled = e.reason.as_deref().is_some_and(|r| {
            r.starts_with("Resource creation cancelled")
                || r.starts_with("Resource update cancelled")
                || r == "Resource deletion cancelled"
        });
        e.status.ends_with("_FAILED") && !is_about(e, stack_id) && !cancelled
    };
    events.iter().rev().find(failed)
}

/// Follows the first failure down to the leaf.
pub(crate) async fn find(
    ports: &Ports,
    site: &Site,
    stack_id: &str,
    events: Vec<StackEvent>,
    since: Option<Timestamp>,
) -> Answer<Option<FailedResource>> {
    let mut stack_id = stack_id.to_owned();
    let mut events = events;
    let mut found: Option<FailedResource> = own_reason(&events, &stack_id);
    for _ in 0..DEPTH {
        let Some(event) = first_failed(&events, &stack_id) else { break };
        found = Some(FailedResource {
            stack: stack_name(&stack_id).to_owned(),
            logical_id: event.logical_id.clone(),
            resource_type: event.resource_type.clone(),
            status: event.status.clone(),
            reason: event.reason.clone().unwrap_or_else(|| "no reason given".into()),
        });
        let nested = event.physical_id.clone().filter(|id| !id.is_empty());
        let (true, Some(id)) = (event.resource_type == "AWS::CloudFormation::Stack", nested) else { break };
        events = ports.stacks.events(site, &id, since).await?;
        stack_id = id;
    }
    Ok(found)
}

/// Why the stack itself turned back, when no resource of it failed: an output that cannot be evaluated, an alarm of
/// `RollbackConfiguration`, an update that was cancelled. CloudFormation says it where the turning back begins.
fn own_reason(events: &[StackEvent], stack_id: &str) -> Option<FailedResource> {
    let turned = |e: &&StackEvent| {
        let turns = e.status.ends_with("_FAILED") || e.status.ends_with("ROLLBACK_IN_PROGRESS");
        turns && is_about(e, stack_id) && e.reason.as_deref().is_some_and(|r| !r.is_empty() && r != "User Initiated")
    };
    let event = events.iter().rev().find(turned)?;
    Some(FailedResource {
        stack: stack_name(stack_id).to_owned(),
        logical_id: event.logical_id.clone(),
        resource_type: event.resource_type.clone(),
        status: event.status.clone(),
        reason: event.reason.clone().unwrap_or_default(),
    })
}

/// `orders-prod` of `arn:aws:cloudformation:us-east-1:111111111111:stack/orders-prod/UUID`; other text as it is.
pub(crate) fn stack_name(id: &str) -> &str {
    id.split_once(":stack/").and_then(|(_, rest)| rest.split('/').next()).unwrap_or(id)
}
