//! Looks closer at what is not well: why a stack is as it is, and why a role lets nobody in. Reads only.

use crate::ports::{Failure, FailureKind, Ports, RoleSeen, Session, Site, StackEvent, StackSeen};
use base::Arn;
use deploy::doctor::first_failed;
use deploy::run::FailedResource;

/// Nested stacks are followed this deep.
const DEPTH: usize = 8;

/// A stack's events, newest first, and the resource in the innermost stack that failed first in its last operation.
pub async fn stack_events(ports: &Ports, site: &Site, stack: &StackSeen) -> (Vec<StackEvent>, Option<FailedResource>) {
    let all = ports.stacks.events(site, &stack.id, None).await.unwrap_or_default();
    let (mut id, mut events) = (stack.id.clone(), all.clone());
    let mut found = None;
    for _ in 0..DEPTH {
        let Some(event) = first_failed(&events, &id).cloned() else { break };
        found = Some(FailedResource {
            stack: name(&id).to_owned(),
            logical_id: event.logical_id,
            resource_type: event.resource_type.clone(),
            status: event.status,
            reason: event.reason.unwrap_or_else(|| "no reason given".to_owned()),
        });
        let nested = event.physical_id.filter(|id| !id.is_empty());
        let (true, Some(inner)) = (event.resource_type == "AWS::CloudFormation::Stack", nested) else { break };
        events = ports.stacks.events(site, &inner, None).await.unwrap_or_default();
        id = inner;
    }
    (all, found)
}

fn name(id: &str) -> &str {
    id.split_once(":stack/").and_then(|(_, rest)| rest.split('/').next()).unwrap_or(id)
}

/// Reads a role that lets nobody in through other roles of its account, in their order: which of them could, and what it
/// saw. The failure is that of the last one.
///
/// # Errors
/// When none of the roles may read it.
pub async fn role_through(
    ports: &Ports,
    site: &Site,
    role: &Arn,
    through: &[String],
) -> Result<(String, Option<RoleSeen>), Failure> {
    let mut last = Failure::new(FailureKind::Denied, "", "no role was tried");
    let Some(account) = &site.account else { return Err(last) };
    for other in through {
        let session = Session { name: "landfall-doctor".to_owned(), ..Session::default() };
        let other_role = Arn::role(site.region.partition(), account, other);
        let site = Site { role: Some(other_role), session, ..site.clone() };
        let name = role.resource().rsplit('/').next().unwrap_or_default();
        match ports.roles.role(&site, name).await {
            Ok(seen) => return Ok((other.clone(), seen)),
            Err(failure) => last = failure,
        }
    }
    Err(last)
}
