//! The calls of a step. Each is safe to repeat: names and tokens follow from what the stack should be.

use super::job::{Job, Step, Told};
use crate::perform::{observe_stack, poll_change_set, poll_stack};
use crate::ports::{Answer, ChangeSetRequest, Execution, Failure, FailureKind, Ports, TemplateSource};
use deploy::run::Outcome;

/// The longest template that fits into a request (CloudFormation quotas).
const MAX_INLINE: usize = 51_200;
/// The acknowledgement for stacks that make roles with names of their own.
const CAPABILITY: &str = "CAPABILITY_NAMED_IAM";

pub(super) async fn perform(ports: &Ports, job: &Job) -> Answer<Told> {
    let (site, name) = (&job.site, job.stack.name.as_str());
    match &job.step {
        Step::Observe | Step::Wait { .. } => observe(ports, job).await,
        Step::Delete { id } => {
            let gone = ports.stacks.delete(site, id, &job.token("delete"), None).await;
            already(gone, "TokenAlreadyExistsException").map(|()| Told::Run(Outcome::Done))
        }
        Step::Gone { id, .. } => {
            let stack = ports.stacks.describe(site, id).await?.map(Box::new);
            Ok(Told::Run(Outcome::Stack { stack, ever_good: false, story: None }))
        }
        Step::Make { create } => make(ports, job, *create).await,
        Step::Ready { .. } => poll_change_set::perform(ports, site, name, &job.change_set()).await.map(Told::Run),
        Step::Clear { .. } => {
            ports.change_sets.delete(site, name, &job.change_set()).await?;
            Ok(Told::Run(Outcome::Done))
        }
        Step::Execute => execute(ports, job).await,
        Step::Watch { since } => {
            let poll = poll_stack::Poll {
                site: site.clone(),
                stack: name.to_owned(),
                token: Some(job.token("execute")),
                change_set: Some(job.change_set()),
                since: *since,
            };
            poll_stack::perform(ports, &poll).await.map(Told::Run)
        }
        Step::Protect => {
            ports.stacks.protect(site, name, true).await?;
            Ok(Told::Run(Outcome::Done))
        }
        Step::Planned { .. } | Step::Over => Ok(Told::Run(Outcome::Done)),
    }
}

async fn observe(ports: &Ports, job: &Job) -> Answer<Told> {
    let (site, name) = (&job.site, job.stack.name.as_str());
    let outcome = observe_stack::perform(ports, site, name).await?;
    let template = match &outcome {
        Outcome::Stack { stack: Some(stack), .. } if stack.status != "REVIEW_IN_PROGRESS" => {
            let text = ports.stacks.template(site, &stack.id).await?;
            serde_json::from_str(&text).ok()
        }
        _ => None,
    };
    Ok(Told::Stack(Box::new(outcome), template))
}

async fn make(ports: &Ports, job: &Job, create: bool) -> Answer<Told> {
    let (site, stack) = (&job.site, &job.stack);
    let mut text = serde_json::to_string_pretty(&stack.template).unwrap_or_default();
    if text.len() > MAX_INLINE {
        text = stack.template.to_string();
    }
    if text.len() > MAX_INLINE {
        let long = format!("its template has {} bytes and a request takes {MAX_INLINE}", text.len());
        return Err(Failure::new(FailureKind::Conflict, "", format!("{long}; spread the stages over more pipelines")));
    }
    let request = ChangeSetRequest {
        stack: stack.name.clone(),
        name: job.change_set(),
        create,
        template: TemplateSource::Body(text),
        parameters: stack.parameters.iter().map(|(k, v)| (k.clone(), Some(v.clone()))).collect(),
        capabilities: vec![CAPABILITY.to_owned()],
        tags: stack.tags.clone(),
        role: None,
        rollback_alarms: Vec::new(),
        monitoring_minutes: 0,
        notification_arns: Vec::new(),
        on_failure: None,
        token: job.token("make"),
        description: "landfall bootstrap".to_owned(),
    };
    match ports.change_sets.create(site, &request).await {
        Ok(made) => Ok(Told::Run(Outcome::ChangeSetCreated { stack_id: made.stack_id })),
        // An earlier bootstrap left it, or our own call whose answer was lost: it may say what is no longer so.
        Err(failure) if failure.kind == FailureKind::Conflict && failure.code == "AlreadyExistsException" => {
            Ok(Told::Run(Outcome::Present))
        }
        Err(failure) => Err(failure),
    }
}

/// A change set that was executed already is watched.
async fn execute(ports: &Ports, job: &Job) -> Answer<Told> {
    let execution = Execution {
        stack: job.stack.name.clone(),
        change_set: job.change_set(),
        token: job.token("execute"),
        disable_rollback: false,
    };
    match ports.change_sets.execute(&job.site, &execution).await {
        Err(failure) if job.tries > 0 && matches!(failure.kind, FailureKind::Conflict | FailureKind::NotFound) => {
            Ok(Told::Run(Outcome::Present))
        }
        other => other.map(|()| Told::Run(Outcome::Done)),
    }
}

pub(super) fn already(answer: Answer<()>, code: &str) -> Answer<()> {
    match answer {
        Err(failure) if failure.kind == FailureKind::Conflict && failure.code == code => Ok(()),
        other => other,
    }
}
