//! CloudFormation stacks.

use crate::clients::Aws;
use crate::clock::timestamp;
use crate::failure::failure;
use async_trait::async_trait;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudformation::types::{Stack, StackEvent as SdkEvent, TemplateStage};
use base::Arn;
use engine::ports::{Answer, Site, StackEvent, StackSeen, Stacks};
use jiff::Timestamp;

#[async_trait]
impl Stacks for Aws {
    async fn describe(&self, site: &Site, stack: &str) -> Answer<Option<StackSeen>> {
        match self.cloudformation(site).describe_stacks().stack_name(stack).send().await {
            Ok(page) => Ok(page.stacks().first().map(seen)),
            Err(e) if is_missing(&e) => Ok(None),
            Err(e) => Err(failure(e, false)),
        }
    }

    async fn events(&self, site: &Site, stack: &str, since: Option<Timestamp>) -> Answer<Vec<StackEvent>> {
        let mut pages = self.cloudformation(site).describe_stack_events().stack_name(stack).into_paginator().send();
        let mut all = Vec::new();
        while let Some(page) = pages.next().await {
            let page = match page {
                Ok(page) => page,
                Err(e) if is_missing(&e) => return Ok(all),
                Err(e) => return Err(failure(e, false)),
            };
            let before = all.len();
            let fresh = page.stack_events().iter().map(event).take_while(|e| since.is_none_or(|s| e.at > s));
            all.extend(fresh);
            if all.len() - before < page.stack_events().len() {
                break;
            }
        }
        Ok(all)
    }

    async fn delete(&self, site: &Site, stack: &str, token: &str, role: Option<&Arn>) -> Answer<()> {
        let call = self.cloudformation(site).delete_stack().stack_name(stack).client_request_token(token);
        call.set_role_arn(role.map(ToString::to_string)).send().await.map_err(|e| failure(e, true))?;
        Ok(())
    }

    async fn continue_rollback(&self, site: &Site, stack: &str, token: &str, skip: &[String]) -> Answer<()> {
        let call = self.cloudformation(site).continue_update_rollback().stack_name(stack).client_request_token(token);
        let skip = (!skip.is_empty()).then(|| skip.to_vec());
        call.set_resources_to_skip(skip).send().await.map_err(|e| failure(e, true))?;
        Ok(())
    }

    async fn cancel_update(&self, site: &Site, stack: &str, token: &str) -> Answer<()> {
        let call = self.cloudformation(site).cancel_update_stack().stack_name(stack).client_request_token(token);
        call.send().await.map_err(|e| failure(e, true))?;
        Ok(())
    }

    async fn protect(&self, site: &Site, stack: &str, on: bool) -> Answer<()> {
        let call = self.cloudformation(site).update_termination_protection();
        let call = call.stack_name(stack).enable_termination_protection(on);
        call.send().await.map_err(|e| failure(e, true))?;
        Ok(())
    }

    async fn template(&self, site: &Site, stack: &str) -> Answer<String> {
        let call = self.cloudformation(site).get_template().stack_name(stack).template_stage(TemplateStage::Original);
        let answer = call.send().await.map_err(|e| failure(e, false))?;
        Ok(answer.template_body().unwrap_or_default().to_owned())
    }
}

/// CloudFormation has no code of its own for a missing stack: it is a `ValidationError` whose text ends so (API
/// reference, DescribeStacks). This is the one place that reads a text; nothing is deleted on the strength of it.
pub(crate) fn is_missing<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    let SdkError::ServiceError(context) = error else { return false };
    let metadata = context.err();
    metadata.code() == Some("ValidationError")
        && metadata.message().is_some_and(|m| m.trim_end().ends_with("does not exist"))
}

fn seen(stack: &Stack) -> StackSeen {
    let text = |t: Option<&str>| t.unwrap_or_default().to_owned();
    StackSeen {
        id: text(stack.stack_id()),
        status: stack.stack_status().map_or("", |s| s.as_str()).to_owned(),
        reason: stack.stack_status_reason().map(str::to_owned),
        created: stack.creation_time().map(timestamp).unwrap_or_default(),
        updated: stack.last_updated_time().map(timestamp),
        outputs: stack.outputs().iter().map(|o| (text(o.output_key()), text(o.output_value()))).collect(),
        parameters: stack.parameters().iter().map(|p| (text(p.parameter_key()), text(p.parameter_value()))).collect(),
        tags: stack.tags().iter().map(|t| (text(t.key()), text(t.value()))).collect(),
        role: stack.role_arn().map(str::to_owned),
        termination_protection: stack.enable_termination_protection().unwrap_or(false),
        root: stack.root_id().map(str::to_owned),
        change_set: stack.change_set_id().map(str::to_owned),
    }
}

fn event(event: &SdkEvent) -> StackEvent {
    let text = |t: Option<&str>| t.unwrap_or_default().to_owned();
    StackEvent {
        id: text(event.event_id()),
        at: event.timestamp().map(timestamp).unwrap_or_default(),
        logical_id: text(event.logical_resource_id()),
        physical_id: event.physical_resource_id().map(str::to_owned),
        resource_type: text(event.resource_type()),
        status: event.resource_status().map_or("", |s| s.as_str()).to_owned(),
        reason: event.resource_status_reason().map(str::to_owned),
        token: event.client_request_token().map(str::to_owned),
    }
}
