//! Makes a change set. Safe to repeat: its name belongs to this step of this run alone, so one that is there under that
//! name is ours and is taken as made.

use super::{Performer, secrets, store_failure};
use crate::ports::{Answer, ChangeSetRequest, FailureKind, TemplateSource};
use crate::store::get_blob;
use deploy::run::{ChangeSetCall, Outcome};

pub(super) async fn perform(on: &Performer<'_>, call: &ChangeSetCall, in_doubt: bool) -> Answer<Outcome> {
    let stack = call.change.stack.as_str();
    if in_doubt && let Some(made) = on.ports.change_sets.describe(&call.site, stack, &call.name).await? {
        return Ok(Outcome::ChangeSetCreated { stack_id: made.stack_id });
    }
    let request = request(on, call).await?;
    match on.ports.change_sets.create(&call.site, &request).await {
        Ok(made) => Ok(Outcome::ChangeSetCreated { stack_id: made.stack_id }),
        Err(failure) if failure.kind == FailureKind::Conflict && failure.code == "AlreadyExistsException" => {
            match on.ports.change_sets.describe(&call.site, stack, &call.name).await? {
                Some(made) => Ok(Outcome::ChangeSetCreated { stack_id: made.stack_id }),
                None => Err(failure),
            }
        }
        Err(failure) => Err(failure),
    }
}

async fn request(on: &Performer<'_>, call: &ChangeSetCall) -> Answer<ChangeSetRequest> {
    let change = &call.change;
    let mut parameters = std::collections::BTreeMap::new();
    for (name, value) in &call.parameters {
        let value = match value {
            Some(text) => Some(secrets::reveal(on, text).await?),
            None => None,
        };
        parameters.insert(name.clone(), value);
    }
    let mut tags = std::collections::BTreeMap::new();
    for (key, value) in &call.tags {
        tags.insert(key.clone(), secrets::reveal(on, value).await?);
    }
    let mut notification_arns = Vec::new();
    for topic in &call.notification_arns {
        notification_arns.push(secrets::reveal(on, topic).await?);
    }
    Ok(ChangeSetRequest {
        stack: change.stack.to_string(),
        name: call.name.clone(),
        create: call.create,
        template: template(on, call).await?,
        parameters,
        capabilities: change.capabilities.clone(),
        tags,
        role: change.role.clone(),
        rollback_alarms: call.rollback_alarms.clone(),
        monitoring_minutes: if call.rollback_alarms.is_empty() { 0 } else { change.monitoring_minutes },
        notification_arns,
        on_failure: change.on_failure.clone().filter(|_| call.create && !change.disable_rollback),
        token: call.token.clone(),
        description: call.description.clone(),
    })
}

/// In the request when it fits, else from the target's bucket, where it was mirrored to.
async fn template(on: &Performer<'_>, call: &ChangeSetCall) -> Answer<TemplateSource> {
    let template = &call.change.template;
    if template.needs_bucket() {
        let region = &call.site.region;
        let suffix = region.partition().url_suffix();
        return Ok(TemplateSource::Url(format!("https://{}.s3.{region}.{suffix}/{}", call.bucket, template.key)));
    }
    let bytes = get_blob(&*on.ports.store, &template.digest).await.map_err(store_failure)?;
    String::from_utf8(bytes).map(TemplateSource::Body).map_err(|_| {
        crate::ports::Failure::new(FailureKind::Conflict, "Template", "the packaged template is not UTF-8")
    })
}
