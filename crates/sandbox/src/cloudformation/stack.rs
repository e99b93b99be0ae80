//! A stack: what it was made from, what it consists of, and what is being done to it.

use super::evaluate::Blueprint;
use super::event::{STACK_TYPE, StackEvent, Subject, time_text};
use super::operation::Operation;
use super::status::{ResourceStatus, StackStatus};
use crate::identity::Principal;
use base::{AccountId, Region};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::{Arc, OnceLock};

/// A template with everything that is needed to make resources of it: what one operation works towards.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Definition {
    /// The text the user gave.
    pub body: String,
    /// The template after its transforms, as JSON, where it has any.
    pub processed: Option<String>,
    /// The value of every parameter, defaults included.
    pub parameters: IndexMap<String, Parameter>,
    /// The stack's own tags.
    pub tags: IndexMap<String, String>,
    /// Capabilities that were acknowledged.
    pub capabilities: Vec<String>,
    /// Where events are announced.
    pub notification_arns: Vec<String>,
    /// Alarms that roll an operation back.
    pub rollback: RollbackConfiguration,
    /// `Description` of the template.
    pub description: Option<String>,
    /// The template, read once.
    #[serde(skip)]
    pub(crate) cache: OnceLock<Arc<Blueprint>>,
}

impl Definition {
    /// The template after its transforms.
    pub fn processed_text(&self) -> &str {
        self.processed.as_deref().unwrap_or(&self.body)
    }
}

/// The value of a parameter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// As given, or the default.
    pub value: String,
    /// What an SSM parameter type was resolved to.
    pub resolved: Option<String>,
    /// Whether it must be shown as asterisks.
    pub no_echo: bool,
}

impl Parameter {
    /// What a reference to it gives.
    pub fn effective(&self) -> &str {
        self.resolved.as_deref().unwrap_or(&self.value)
    }

    /// What the read calls show.
    pub fn shown(&self) -> &str {
        if self.no_echo { "****" } else { &self.value }
    }
}

/// `RollbackConfiguration`: at most five triggers, 0 to 180 minutes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollbackConfiguration {
    /// ARN and type of each alarm.
    pub triggers: Vec<(String, String)>,
    /// How long the alarms are watched after all resources are deployed.
    pub minutes: u32,
}

/// A resource as a stack knows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StackResource {
    /// Its key in the template.
    pub logical_id: String,
    /// Its name in its own service, empty before it is made.
    pub physical_id: String,
    /// For example `AWS::SQS::Queue`.
    pub resource_type: String,
    /// State.
    pub status: ResourceStatus,
    /// Why it is in that state.
    pub reason: Option<String>,
    /// When the state changed.
    pub at: Timestamp,
    /// The properties it was last made or changed with.
    pub properties: Value,
    /// What `Fn::GetAtt` can read.
    pub attributes: Map<String, Value>,
    /// Logical ids it depends on.
    pub depends_on: Vec<String>,
    /// `DeletionPolicy`.
    pub deletion_policy: Option<String>,
    /// `UpdateReplacePolicy`.
    pub update_replace_policy: Option<String>,
    /// `Metadata`, for the read calls.
    pub metadata: Option<Value>,
}

/// An output of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Its key in the template.
    pub key: String,
    /// Its value.
    pub value: String,
    /// `Description`.
    pub description: Option<String>,
    /// The name under which the account's other stacks of the region may import it.
    pub export: Option<String>,
}

/// A stack.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stack {
    /// ARN with the unique id.
    pub id: String,
    /// Name, unique among the stacks of an account and region that are not deleted.
    pub name: String,
    /// Account.
    pub account: AccountId,
    /// Region.
    pub region: Region,
    /// State.
    pub status: StackStatus,
    /// Why.
    pub reason: Option<String>,
    /// `CreationTime`.
    pub created: Timestamp,
    /// `LastUpdatedTime`.
    pub updated: Option<Timestamp>,
    /// `DeletionTime`.
    pub deleted: Option<Timestamp>,
    /// What it is made of now: of the last operation that was started.
    pub definition: Definition,
    /// What it was made of when it last was in a good state, while it is not.
    pub last_good: Option<Box<Baseline>>,
    /// Resources by logical id.
    pub resources: IndexMap<String, StackResource>,
    /// Outputs.
    pub outputs: Vec<Output>,
    /// Names of exports of other stacks that it uses.
    pub imports: Vec<String>,
    /// History, oldest first.
    pub events: Vec<StackEvent>,
    /// What is being done.
    pub operation: Option<Operation>,
    /// The service role, kept once it is given.
    pub role_arn: Option<String>,
    /// Who acts where there is no service role, as of the last operation.
    pub caller: Principal,
    /// `DisableRollback` of the last operation.
    pub disable_rollback: bool,
    /// `TimeoutInMinutes` for the creation.
    pub timeout_minutes: Option<u32>,
    /// Termination protection; a nested stack has that of its root.
    pub termination_protection: bool,
    /// Stack policy.
    pub policy: Option<String>,
    /// The stack that contains this one, and the outermost one.
    pub parent: Option<Lineage>,
    /// The change set that was last executed.
    pub change_set_id: Option<String>,
    /// Client tokens that were used, with the operation they started.
    pub tokens: IndexMap<String, String>,
    /// Ids of the last operations, newest first, with their kind.
    pub operations: Vec<(String, String)>,
}

/// Where a nested stack belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lineage {
    /// The containing stack's id.
    pub parent: String,
    /// The outermost stack's id.
    pub root: String,
    /// Its logical id in the parent.
    pub logical_id: String,
}

/// What a rollback goes back to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Baseline {
    /// Template, parameters and tags.
    pub definition: Definition,
    /// The resources.
    pub resources: IndexMap<String, StackResource>,
    /// The outputs.
    pub outputs: Vec<Output>,
    /// The imports.
    pub imports: Vec<String>,
}

impl Stack {
    /// Changes the state and records it.
    pub(crate) fn enter(&mut self, status: StackStatus, reason: Option<String>, at: Timestamp, event_id: String) {
        self.status = status;
        self.reason.clone_from(&reason);
        self.record(Subject::Stack(status), reason, at, event_id);
    }

    /// Changes the state of a resource and records it with the resource's properties.
    pub(crate) fn mark(&mut self, logical_id: &str, status: ResourceStatus, reason: Option<String>, at: Timestamp) {
        let Some(resource) = self.resources.get_mut(logical_id) else { return };
        resource.status = status;
        resource.reason.clone_from(&reason);
        resource.at = at;
        let (physical_id, resource_type) = (resource.physical_id.clone(), resource.resource_type.clone());
        let properties = Some(resource.properties.to_string());
        self.mark_physical(logical_id, &physical_id, &resource_type, (status, reason), at, properties);
    }

    /// Records the state of a physical resource that is not, or no longer, the stack's own of that logical id.
    pub(crate) fn mark_physical(
        &mut self,
        logical_id: &str,
        physical_id: &str,
        resource_type: &str,
        (status, reason): (ResourceStatus, Option<String>),
        at: Timestamp,
        properties: Option<String>,
    ) {
        let id = format!("{logical_id}-{status}-{}", time_text(at));
        let repeated = self.events.iter().rev().take_while(|e| e.at == at).filter(|e| e.id.starts_with(&id)).count();
        let id = if repeated == 0 { id } else { format!("{id}-{repeated}") };
        let subject = Subject::Resource { logical_id, physical_id, resource_type, status, properties };
        self.record(subject, reason, at, id);
    }

    fn record(&mut self, subject: Subject<'_>, reason: Option<String>, at: Timestamp, id: String) {
        let token = self.operation.as_ref().and_then(|o| o.token.clone());
        let operation_id = self.operation.as_ref().map(|o| o.id.clone());
        let event = match subject {
            Subject::Stack(status) => StackEvent {
                id,
                logical_id: self.name.clone(),
                physical_id: self.id.clone(),
                resource_type: STACK_TYPE.into(),
                status: status.to_string(),
                reason,
                properties: None,
                at,
                token,
                operation_id,
            },
            Subject::Resource { logical_id, physical_id, resource_type, status, properties } => StackEvent {
                id,
                logical_id: logical_id.into(),
                physical_id: physical_id.into(),
                resource_type: resource_type.into(),
                status: status.to_string(),
                reason,
                properties,
                at,
                token,
                operation_id,
            },
        };
        self.events.push(event);
    }

    /// What a rollback would go back to if an operation started now.
    pub(crate) fn baseline(&self) -> Baseline {
        Baseline {
            definition: self.definition.clone(),
            resources: self.resources.clone(),
            outputs: self.outputs.clone(),
            imports: self.imports.clone(),
        }
    }

    /// The tags every resource gets: the stack's own and those that CloudFormation adds.
    pub(crate) fn resource_tags(&self, logical_id: &str) -> IndexMap<String, String> {
        let mut tags = self.definition.tags.clone();
        tags.insert("aws:cloudformation:stack-name".into(), self.name.clone());
        tags.insert("aws:cloudformation:logical-id".into(), logical_id.into());
        tags.insert("aws:cloudformation:stack-id".into(), self.id.clone());
        tags
    }

    /// Whether it still counts: a deleted stack is only found by its id.
    pub fn is_live(&self) -> bool {
        self.status != StackStatus::DeleteComplete
    }
}
