//! CloudFormation change sets.

use crate::clients::Aws;
use crate::failure::failure;
use crate::stacks::is_missing;
use async_trait::async_trait;
use aws_sdk_cloudformation::operation::create_change_set::builders::CreateChangeSetFluentBuilder;
use aws_sdk_cloudformation::types::{
    Capability, ChangeSetType, OnStackFailure, Parameter, ResourceChange, RollbackConfiguration, RollbackTrigger, Tag,
};
use base::{AccountId, Region};
use engine::ports::{
    Answer, Change, ChangeSetId, ChangeSetRequest, ChangeSetSeen, ChangeSets, Execution, Failure, FailureKind, Site,
    TemplateSource,
};

#[async_trait]
impl ChangeSets for Aws {
    async fn create(&self, site: &Site, request: &ChangeSetRequest) -> Answer<ChangeSetId> {
        let call = self.cloudformation(site).create_change_set();
        let answer = filled(call, site, request)?.send().await.map_err(|e| failure(e, true))?;
        Ok(ChangeSetId {
            id: answer.id().unwrap_or_default().to_owned(),
            stack_id: answer.stack_id().unwrap_or_default().to_owned(),
        })
    }

    async fn describe(&self, site: &Site, stack: &str, name: &str) -> Answer<Option<ChangeSetSeen>> {
        let client = self.cloudformation(site);
        let mut next: Option<String> = None;
        let mut seen: Option<ChangeSetSeen> = None;
        loop {
            let call = client.describe_change_set().stack_name(stack).change_set_name(name).set_next_token(next.take());
            let page = match call.send().await {
                Ok(page) => page,
                Err(e) if is_missing(&e) => return Ok(None),
                Err(e) => {
                    let failure = failure(e, false);
                    return if failure.kind == FailureKind::NotFound { Ok(None) } else { Err(failure) };
                }
            };
            let whole = seen.get_or_insert_with(|| ChangeSetSeen {
                id: page.change_set_id().unwrap_or_default().to_owned(),
                stack_id: page.stack_id().unwrap_or_default().to_owned(),
                status: page.status().map_or("", |s| s.as_str()).to_owned(),
                reason: page.status_reason().map(str::to_owned),
                execution_status: page.execution_status().map_or("", |s| s.as_str()).to_owned(),
                changes: Vec::new(),
            });
            whole.changes.extend(page.changes().iter().filter_map(|c| c.resource_change()).map(change));
            match page.next_token() {
                Some(token) => next = Some(token.to_owned()),
                None => return Ok(seen),
            }
        }
    }

    async fn execute(&self, site: &Site, execution: &Execution) -> Answer<()> {
        let call = self
            .cloudformation(site)
            .execute_change_set()
            .stack_name(&execution.stack)
            .change_set_name(&execution.change_set)
            .client_request_token(&execution.token);
        let call = if execution.disable_rollback { call.disable_rollback(true) } else { call };
        call.send().await.map_err(|e| failure(e, true))?;
        Ok(())
    }

    async fn delete(&self, site: &Site, stack: &str, name: &str) -> Answer<()> {
        match self.cloudformation(site).delete_change_set().stack_name(stack).change_set_name(name).send().await {
            Ok(_) => Ok(()),
            Err(e) if is_missing(&e) => Ok(()),
            Err(e) => {
                let failure = failure(e, true);
                if failure.kind == FailureKind::NotFound { Ok(()) } else { Err(failure) }
            }
        }
    }
}

fn filled(
    call: CreateChangeSetFluentBuilder,
    site: &Site,
    request: &ChangeSetRequest,
) -> Answer<CreateChangeSetFluentBuilder> {
    let kind = if request.create { ChangeSetType::Create } else { ChangeSetType::Update };
    let parameters = request.parameters.iter().map(|(name, value)| {
        let parameter = Parameter::builder().parameter_key(name);
        match value {
            Some(value) => parameter.parameter_value(value).build(),
            None => parameter.use_previous_value(true).build(),
        }
    });
    let tags = request.tags.iter().map(|(k, v)| Tag::builder().key(k).value(v).build());
    let capabilities = request.capabilities.iter().map(|c| Capability::from(c.as_str()));
    let call = call
        .stack_name(&request.stack)
        .change_set_name(&request.name)
        .change_set_type(kind)
        .client_token(&request.token)
        .description(&request.description)
        .set_parameters(Some(parameters.collect()))
        .set_tags(Some(tags.collect()))
        .set_capabilities(Some(capabilities.collect()))
        .set_on_stack_failure(request.on_failure.as_deref().map(OnStackFailure::from))
        .set_role_arn(request.role.as_ref().map(ToString::to_string))
        .set_notification_arns((!request.notification_arns.is_empty()).then(|| request.notification_arns.clone()))
        .set_rollback_configuration(rollback(site, request)?);
    Ok(match &request.template {
        TemplateSource::Body(body) => call.template_body(body),
        TemplateSource::Url(url) => call.template_url(url),
    })
}

fn rollback(site: &Site, request: &ChangeSetRequest) -> Answer<Option<RollbackConfiguration>> {
    if request.rollback_alarms.is_empty() && request.create {
        return Ok(None);
    }
    if request.rollback_alarms.is_empty() {
        // Alarms that the stack was given before would stay; an empty list takes them away.
        return Ok(Some(RollbackConfiguration::builder().set_rollback_triggers(Some(Vec::new())).build()));
    }
    let missing = || Failure::new(FailureKind::Conflict, "", "alarms were named but the account is not known");
    let account = site.account.as_ref().ok_or_else(missing)?;
    let triggers = request.rollback_alarms.iter().map(|name| {
        let arn = alarm_arn(account, &site.region, name);
        RollbackTrigger::builder().arn(arn).r#type("AWS::CloudWatch::Alarm").build()
    });
    Ok(Some(
        RollbackConfiguration::builder()
            .set_rollback_triggers(Some(triggers.collect()))
            .monitoring_time_in_minutes(i32::from(request.monitoring_minutes))
            .build(),
    ))
}

fn alarm_arn(account: &AccountId, region: &Region, name: &str) -> String {
    format!("arn:{}:cloudwatch:{region}:{account}:alarm:{name}", region.partition())
}

fn change(change: &ResourceChange) -> Change {
    let text = |t: Option<&str>| t.unwrap_or_default().to_owned();
    let mut scope: Vec<String> = change
        .details()
        .iter()
        .filter_map(|d| d.target())
        .map(|t| {
            let attribute = t.attribute().map_or("", |a| a.as_str());
            t.name().map_or_else(|| attribute.to_owned(), |name| format!("{attribute}.{name}"))
        })
        .collect();
    if scope.is_empty() {
        scope = change.scope().iter().map(|s| s.as_str().to_owned()).collect();
    }
    scope.sort();
    scope.dedup();
    Change {
        action: change.action().map_or("", |a| a.as_str()).to_owned(),
        logical_id: text(change.logical_resource_id()),
        physical_id: change.physical_resource_id().map(str::to_owned),
        resource_type: text(change.resource_type()),
        replacement: change.replacement().map_or("", |r| r.as_str()).to_owned(),
        scope,
    }
}
