//! From what a call gives to a definition: transforms, parameters, capabilities, and the checks before anything starts.

mod capabilities;
mod parameters;
mod transform;
mod validate;

pub(crate) use capabilities::needs;
pub(crate) use parameters::declared;
pub(crate) use transform::names as transforms;
pub(crate) use validate::{check, parse_checked};

use super::stack::{Definition, RollbackConfiguration, Stack};
use super::template_url;
use crate::call::{AwsError, Call};
use crate::identity::Principal;
use crate::services::resources::text_of;
use crate::world::World;
use base::{AccountId, Region, StackName};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;
use template::intrinsic::Pseudo;
use template::{Node, write};

/// What a call gives for a stack.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// The template's text.
    pub body: String,
    /// Parameters.
    pub parameters: Vec<Given>,
    /// Capabilities that are acknowledged.
    pub capabilities: Vec<String>,
    /// Tags; absent to keep those that the stack has.
    pub tags: Option<IndexMap<String, String>>,
    /// Notification topics; absent to keep those that the stack has.
    pub notification_arns: Option<Vec<String>>,
    /// Alarms; absent to keep those that the stack has.
    pub rollback: Option<RollbackConfiguration>,
    /// Whether it is for a change set, which shows what macros did before it is executed.
    pub in_change_set: bool,
}

/// A parameter of a call.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: Option<String>,
    /// Whether the stack's value is kept.
    pub use_previous: bool,
}

/// Where a definition is for.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// Who asks.
    pub principal: Principal,
    /// Account.
    pub account: AccountId,
    /// Region.
    pub region: Region,
    /// The stack's name.
    pub stack_name: String,
}

impl Site {
    /// That of a call.
    pub(crate) fn of(call: &Call<'_>, stack_name: &str) -> Self {
        Self {
            principal: call.principal.clone(),
            account: call.account.clone(),
            region: call.region.clone(),
            stack_name: stack_name.to_owned(),
        }
    }

    fn pseudo(&self) -> Pseudo {
        Pseudo {
            account: Some(self.account.clone()),
            region: Some(self.region.clone()),
            stack_name: StackName::new(self.stack_name.clone()).ok(),
            ..Pseudo::default()
        }
    }
}

/// A definition that is refused. What is found only after the transforms fails a change set instead of the call.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    /// The service's answer.
    pub error: Box<AwsError>,
    /// Whether it was found after the transforms.
    pub late: bool,
}

impl From<AwsError> for Refusal {
    fn from(error: AwsError) -> Self {
        Self { error: Box::new(error), late: false }
    }
}

/// Makes a definition of what a call gives.
pub(crate) fn definition(
    world: &mut World,
    site: &Site,
    wanted: Wanted,
    previous: Option<&Definition>,
) -> Result<Definition, Refusal> {
    let template = parse_checked(&wanted.body)?;
    let names = transforms(&template);
    let parameters = parameters::resolve(world, site, &template, &wanted.parameters, previous)?;
    if names.is_empty() {
        validate::check(&template)?;
    } else if !wanted.in_change_set {
        capabilities::require_expansion(&wanted.capabilities)?;
    }
    let late = |error: AwsError| Refusal { error: Box::new(error), late: !names.is_empty() };
    let processed = transform::apply(world, site, template.clone(), &parameters).map_err(late)?;
    let after = processed.as_ref().unwrap_or(&template);
    validate::check(after).map_err(late)?;
    capabilities::check(after, &wanted.capabilities).map_err(late)?;
    let keep = previous.cloned().unwrap_or_default();
    let definition = Definition {
        body: wanted.body,
        processed: processed.as_ref().map(write::compact),
        parameters,
        tags: wanted.tags.unwrap_or(keep.tags),
        capabilities: wanted.capabilities,
        notification_arns: wanted.notification_arns.unwrap_or(keep.notification_arns),
        rollback: wanted.rollback.unwrap_or(keep.rollback),
        description: after.get("Description").and_then(Node::as_str).map(str::to_owned),
        cache: std::sync::OnceLock::new(),
    };
    super::evaluate::Blueprint::of_template(after.clone(), &definition, site.pseudo())
        .map_err(|reason| late(AwsError::validation(reason)))?;
    Ok(definition)
}

/// Makes the definition of a nested stack from the properties of the resource.
pub(crate) fn nested(
    world: &mut World,
    parent: &Stack,
    principal: &Principal,
    properties: &Value,
    _at: Timestamp,
) -> Result<Definition, AwsError> {
    let url = properties.get("TemplateURL").and_then(Value::as_str);
    let body = template_url::fetch(world, principal, &parent.region, None, url)?;
    let parameters = properties.get("Parameters").and_then(Value::as_object).into_iter().flatten();
    let list_text = |value: &Value| match value {
        Value::Array(items) => Some(items.iter().filter_map(text_of).collect::<Vec<_>>().join(",")),
        other => text_of(other),
    };
    let parameters =
        parameters.map(|(k, v)| Given { key: k.clone(), value: list_text(v), use_previous: false }).collect();
    let tags = properties.get("Tags").and_then(Value::as_array).map(|t| crate::call::pairs(t)).unwrap_or_default();
    let wanted = Wanted {
        body,
        parameters,
        capabilities: parent.definition.capabilities.clone(),
        tags: Some(parent.definition.tags.clone().into_iter().chain(tags).collect()),
        ..Wanted::default()
    };
    let site = Site {
        principal: principal.clone(),
        account: parent.account.clone(),
        region: parent.region.clone(),
        stack_name: parent.name.clone(),
    };
    definition(world, &site, wanted, None).map_err(|r| *r.error)
}

/// The value of a parameter in SSM.
pub(crate) fn ssm_value(world: &World, account: &AccountId, region: &Region, name: &str) -> Option<String> {
    let state = &world.region(account, region)?.resources;
    state.get("AWS::SSM::Parameter", name)?.text("Value")
}
