//! Looks at a stack before anything is done to it. Safe to repeat: it only reads.

use super::root_cause;
use crate::ports::{Answer, Ports, Site, StackEvent, StackSeen};
use deploy::run::{Outcome, Standing, standing};

pub(crate) async fn perform(ports: &Ports, site: &Site, stack: &str) -> Answer<Outcome> {
    let Some(seen) = ports.stacks.describe(site, stack).await? else {
        return Ok(Outcome::Stack { stack: None, ever_good: false, story: None });
    };
    let standing = standing(Some(&seen.status));
    let mut ever_good = false;
    let mut story = None;
    if matches!(standing, Standing::Dead | Standing::Busy | Standing::Odd) {
        let events = ports.stacks.events(site, &seen.id, None).await?;
        ever_good = events.iter().any(|e| root_cause::is_about(e, &seen.id) && was_good(e));
        story = match standing {
            Standing::Busy => events
                .iter()
                .find(|e| root_cause::is_about(e, &seen.id) && e.reason.as_deref() == Some("User Initiated"))
                .map(started),
            Standing::Odd => failures(&events, &seen),
            _ => None,
        };
    }
    Ok(Outcome::Stack { stack: Some(Box::new(seen)), ever_good, story })
}

fn was_good(event: &StackEvent) -> bool {
    matches!(event.status.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE")
}

fn started(event: &StackEvent) -> String {
    let token = event.token.as_ref().map(|t| format!(" with token `{t}`")).unwrap_or_default();
    format!("{} since {}{token}", event.status, event.at)
}

/// What hangs: the resources whose last status is a failure.
fn failures(events: &[StackEvent], stack: &StackSeen) -> Option<String> {
    let mut seen: Vec<&str> = Vec::new();
    let mut failed: Vec<String> = Vec::new();
    for event in events.iter().filter(|e| !root_cause::is_about(e, &stack.id)) {
        if seen.contains(&event.logical_id.as_str()) {
            continue;
        }
        seen.push(&event.logical_id);
        if event.status.ends_with("_FAILED") {
            let reason = event.reason.as_deref().unwrap_or("no reason given");
            failed.push(format!("{} ({}): {reason}", event.logical_id, event.resource_type));
        }
    }
    failed.truncate(5);
    (!failed.is_empty()).then(|| failed.join("; "))
}
