//! `EventInvokeConfig`: retries and destinations of asynchronous invocations.

use super::version::Published;
use super::{SNS_TOPIC, function_reference};
use crate::Node;
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::event::SQS_QUEUE;
use crate::sam::expect::{Owner, expect};
use crate::sam::hash;
use crate::sam::intrinsic::{if_items, is_if, is_no_value};
use crate::sam::make::{conditional, is_made, made, node};
use crate::sam::python::{display, display_or_none, truthy};
use crate::sam::role::{allow, allow_s3};
use crate::sam::translation::{SamResource, Translation};
use base::Span;
use std::collections::HashMap;

static INVOKE_CONFIG: CfnType = CfnType::new(
    "AWS::Lambda::EventInvokeConfig",
    &["DestinationConfig", "FunctionName", "MaximumEventAgeInSeconds", "MaximumRetryAttempts", "Qualifier"],
);

/// How long the name of a condition may be ("CloudFormation quotas").
const CONDITION_NAME_MAX: usize = 255;

/// The destinations in `Globals`. AWS's translator writes a queue or topic that it made for a function back into them, so
/// all functions that have their destination from there share the queue of the first.
#[derive(Debug, Default)]
pub struct SharedDestinations {
    /// Where `Globals` stands.
    pub section: Option<Span>,
    made: HashMap<Span, Node>,
}

impl SharedDestinations {
    /// Puts in what an earlier function made.
    fn look_up(&self, destination: &mut Node) {
        if let (Some(arn), Some(map)) = (self.made.get(&destination.span), destination.as_map_mut()) {
            map.insert("Destination", arn.clone());
        }
    }

    /// Keeps where a destination with this place ends, if it is one of `Globals`.
    fn note(&mut self, span: Span, arn: &Node) {
        if self.section.is_some_and(|section| !is_made(span) && section.to(span) == section) {
            self.made.insert(span, arn.clone());
        }
    }
}

/// The resources, and the policies the function's role needs for its destinations.
#[derive(Default)]
pub(super) struct Invocation {
    pub(super) resources: Vec<Resource>,
    pub(super) policies: Vec<Node>,
}

/// Makes them, if the function has the property.
pub(super) fn construct(
    sam: &SamResource,
    published: Option<&Published>,
    t: &mut Translation<'_>,
) -> Result<Invocation, Fault> {
    let Some(given) = sam.truthy("EventInvokeConfig") else { return Ok(Invocation::default()) };
    let config = t.resolver.resolved(given)?;
    let id = format!("{}EventInvokeConfig", sam.logical_id);
    let mut invocation = Invocation::default();
    let mut destinations = node!(given.span, {});
    if let Some(destination_config) = config.get("DestinationConfig").filter(|node| truthy(node)) {
        let owner = Owner::Resource(&sam.logical_id);
        let path = "EventInvokeConfig.DestinationConfig";
        let by_outcome = expect(Some(destination_config), owner, path).map()?;
        for outcome in ["OnSuccess", "OnFailure"] {
            let Some(destination) = by_outcome.get(outcome).filter(|node| !node.is_null()) else { continue };
            expect(Some(destination), owner, &format!("{path}.{outcome}")).map()?;
            let mut destination = destination.clone();
            t.shared_destinations.look_up(&mut destination);
            let found = self::destination(sam, &destination, &id, outcome, t)?;
            t.shared_destinations.note(destination.span, &found.arn);
            if let Some(map) = destinations.as_map_mut() {
                let value = node!(destination.span, { "Destination": found.arn });
                map.insert_at(outcome, made(destination.span), value);
            }
            invocation.resources.extend(found.resource);
            invocation.policies.push(found.policy);
        }
    }
    let mut resource = Resource::new(&INVOKE_CONFIG, id, given.span)?.with_attributes(sam.attributes.clone());
    if let Some(published) = published {
        resource.depends_on = Some(node!(given.span, [&published.alias.logical_id]));
    }
    resource.set("FunctionName", function_reference(sam));
    let qualifier = published.map_or("$LATEST", |published| published.alias_name.as_str());
    resource.set("Qualifier", node!(given.span, qualifier));
    resource.set("DestinationConfig", destinations);
    for name in ["MaximumEventAgeInSeconds", "MaximumRetryAttempts"] {
        resource.set(name, config.get(name).cloned());
    }
    invocation.resources.push(resource);
    Ok(invocation)
}

/// Where results go, what had to be made for it, and the policy it needs.
struct Destination {
    arn: Node,
    resource: Option<Resource>,
    policy: Node,
}

fn destination(
    sam: &SamResource,
    config: &Node,
    id: &str,
    outcome: &str,
    t: &mut Translation<'_>,
) -> Result<Destination, Fault> {
    let given_kind = config.get("Type");
    let kind = given_kind.and_then(Node::as_str).unwrap_or_default();
    if !["SQS", "SNS", "EventBridge", "Lambda", "S3Bucket"].contains(&kind) {
        let message = format!(
            "'Type: {}' must be one of ['SQS', 'SNS', 'EventBridge', 'Lambda', 'S3Bucket']",
            display_or_none(given_kind)
        );
        return Err(sam.fault(message).at(config.span));
    }
    let id_of_resource = format!("{id}{outcome}");
    let given = config.get("Destination").filter(|node| !node.is_null());
    let partial = given.map(|given| condition_of(given, id, t)).transpose()?.flatten();
    if let (Some(given), None) = (given, &partial) {
        let policy = self::policy(config, kind, &id_of_resource, given);
        return Ok(Destination { arn: given.clone(), resource: None, policy });
    }
    let (made_kind, suffix) = match kind {
        "SQS" => (&SQS_QUEUE, "Queue"),
        "SNS" => (&SNS_TOPIC, "Topic"),
        _ => return Err(sam.fault("Destination is required if Type is not ['SQS', 'SNS']").at(config.span)),
    };
    let condition = combined_condition(sam, partial.as_ref().map(|(condition, _)| condition), t);
    let mut resource =
        Resource::new(made_kind, format!("{id_of_resource}{suffix}"), config.span)?.with_attributes(sam.pass_through());
    if let Some(condition) = condition {
        resource.set_attribute("Condition", condition);
    }
    let made_arn = if kind == "SQS" { resource.get_att("Arn") } else { resource.reference() };
    let arn = match partial {
        Some((condition, otherwise)) => conditional(config.span, condition, made_arn, otherwise),
        None => made_arn,
    };
    let policy = self::policy(config, kind, &id_of_resource, &arn);
    Ok(Destination { arn, resource: Some(resource), policy })
}

/// Of an `Fn::If` with one `AWS::NoValue`: the condition under which there is no destination, and the destination.
fn condition_of(given: &Node, id: &str, t: &mut Translation<'_>) -> Result<Option<(Node, Node)>, Fault> {
    if !is_if(given) {
        return Ok(None);
    }
    let items = if_items(given);
    let message = |message: &str| format!("Malformed 'Destination' property: {message}.");
    let [condition, yes, no] = items.map_err(|text| Fault::resource(id, message(text)).at(given.span))?;
    match (is_no_value(yes), is_no_value(no)) {
        (true, false) => Ok(Some((condition.clone(), no.clone()))),
        (false, true) => {
            let name = condition_name(format!("NOT{}", display(condition)), id);
            let not = node!(given.span, { "Fn::Not": [{ "Condition": condition }] });
            if let Some(conditions) = t.conditions() {
                conditions.insert_at(name.as_str(), made(given.span), not);
            }
            Ok(Some((node!(given.span, name), yes.clone())))
        }
        _ => Ok(None),
    }
}

/// The condition of what is made: the function's, the destination's, or a new one of both.
fn combined_condition(sam: &SamResource, partial: Option<&Node>, t: &mut Translation<'_>) -> Option<Node> {
    let own = sam.attributes.get("Condition").filter(|condition| !condition.is_null());
    let (Some(own), Some(partial)) = (own, partial) else { return own.or(partial).cloned() };
    let name = condition_name(format!("{}AND{}", display(own), display(partial)), &sam.logical_id);
    // AWS's translator wraps each condition twice.
    let both = node!(own.span, {
        "Fn::And": [{ "Condition": { "Condition": own } }, { "Condition": { "Condition": partial } }],
    });
    if let Some(conditions) = t.conditions() {
        conditions.insert_at(name.as_str(), made(own.span), both);
    }
    Some(node!(own.span, name))
}

fn condition_name(name: String, seed: &str) -> String {
    let name = hash::logical_id(&name, seed);
    name.chars().take(CONDITION_NAME_MAX).collect()
}

fn policy(config: &Node, kind: &str, id: &str, arn: &Node) -> Node {
    let span = config.span;
    match kind {
        "SQS" => allow(span, format!("{id}SQSPolicy"), "sqs:SendMessage", arn),
        "SNS" => allow(span, format!("{id}SNSPolicy"), "sns:publish", arn),
        "EventBridge" => allow(span, format!("{id}EventBridgePolicy"), "events:PutEvents", arn),
        "Lambda" => allow(span, format!("{id}LambdaPolicy"), "lambda:InvokeFunction", arn),
        _ => allow_s3(span, id, arn),
    }
}
