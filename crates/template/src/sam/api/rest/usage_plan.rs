//! Usage plans and API keys of REST APIs: one for each API, or one for all APIs of the template that share it.

use super::auth;
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::distinct::Distinct;
use crate::sam::error::Fault;
use crate::sam::make::{made, node, reference};
use crate::sam::python::{if_truthy, name_list, truthy};
use crate::sam::translation::{SamResource, Translation};
use crate::{Map, Node};
use base::Span;
use indexmap::IndexSet;

static USAGE_PLAN: CfnType = CfnType::new(
    "AWS::ApiGateway::UsagePlan",
    &["ApiStages", "Description", "Quota", "Tags", "Throttle", "UsagePlanName"],
);
static USAGE_PLAN_KEY: CfnType = CfnType::new("AWS::ApiGateway::UsagePlanKey", &["KeyId", "KeyType", "UsagePlanId"]);
static API_KEY: CfnType = CfnType::new(
    "AWS::ApiGateway::ApiKey",
    &["CustomerId", "Description", "Enabled", "GenerateDistinctId", "Name", "Tags", "StageKeys", "Value"],
);

const KINDS: [&str; 3] = ["SHARED", "PER_API", "NONE"];
const KEYS: [&str; 6] = ["CreateUsagePlan", "Description", "Quota", "Tags", "Throttle", "UsagePlanName"];
/// What the logical ids of the shared resources begin with.
const SHARED: &str = "Serverless";
const CONDITION: &str = "SharedUsagePlanCondition";

/// The usage plan that APIs share: what the APIs seen so far want of it.
#[derive(Debug, Default)]
pub struct SharedUsagePlan {
    stage_keys: Vec<Node>,
    api_stages: Vec<Node>,
    depends_on: Vec<Node>,
    seen: Distinct,
    conditions: IndexSet<String>,
    /// An API without a condition needs the plan in any case.
    unconditional: bool,
    deletion_policy: Option<Node>,
    update_replace_policy: Option<Node>,
}

/// The names and the contents of the three resources.
struct Parts {
    prefix: String,
    attributes: Map,
    depends_on: Vec<Node>,
    api_stages: Vec<Node>,
    stage_keys: Vec<Node>,
}

/// Makes the usage plan, its key and the link between them, if `Auth.UsagePlan` asks for them.
pub(super) fn construct(
    sam: &SamResource,
    stage: &Resource,
    attributes: &Map,
    t: &mut Translation<'_>,
) -> Result<Vec<Resource>, Fault> {
    let plan = auth::of(sam).and_then(|auth| auth.get("UsagePlan")).filter(|plan| !plan.is_null());
    let Some(plan) = plan else { return Ok(Vec::new()) };
    let span = made(plan.span);
    let properties = check(sam, plan)?;
    let id = &sam.logical_id;
    let api_stage = node!(span, { "ApiId": reference(span, id), "Stage": reference(span, &stage.logical_id) });
    let stage_key = node!(span, { "RestApiId": reference(span, id), "StageName": reference(span, &stage.logical_id) });
    let parts = match properties.get("CreateUsagePlan").and_then(Node::as_str) {
        Some("PER_API") => Parts {
            prefix: id.clone(),
            attributes: attributes.clone(),
            depends_on: vec![node!(span, id)],
            api_stages: vec![api_stage],
            stage_keys: vec![stage_key],
        },
        Some("SHARED") => shared(id, api_stage, stage_key, attributes, t, span)?,
        _ => return Ok(Vec::new()),
    };
    resources(parts, properties, span)
}

fn check<'a>(sam: &SamResource, plan: &'a Node) -> Result<&'a Map, Fault> {
    let fault = |message: String| sam.fault(message).at(plan.span);
    let Some(properties) = plan.as_map() else { return Err(fault("'UsagePlan' must be a dictionary".to_owned())) };
    if properties.keys().any(|key| !KEYS.contains(&key)) {
        return Err(fault("Invalid property for 'UsagePlan'".to_owned()));
    }
    match properties.get("CreateUsagePlan").filter(|kind| !kind.is_null()) {
        None => Err(fault("'CreateUsagePlan' is a required field for UsagePlan.".to_owned())),
        Some(kind) if kind.as_str().is_some_and(|kind| KINDS.contains(&kind)) => Ok(properties),
        Some(_) => Err(fault(format!("'CreateUsagePlan' accepts one of {}.", name_list(&KINDS)))),
    }
}

fn shared(
    id: &str,
    api_stage: Node,
    stage_key: Node,
    attributes: &Map,
    t: &mut Translation<'_>,
    span: Span,
) -> Result<Parts, Fault> {
    let attributes = combined_attributes(attributes, t, span)?;
    let plan = &mut t.apis.usage_plan;
    if plan.seen.add(&api_stage) {
        plan.depends_on.push(node!(span, id));
        plan.api_stages.push(api_stage);
        plan.stage_keys.push(stage_key);
    }
    // The lists are written when all APIs have been seen.
    Ok(Parts {
        prefix: SHARED.to_owned(),
        attributes,
        depends_on: Vec::new(),
        api_stages: Vec::new(),
        stage_keys: Vec::new(),
    })
}

/// Writes the lists of the shared usage plan, and the condition under which any of its APIs exists.
pub(in crate::sam::api) fn place(t: &mut Translation<'_>) {
    let plan = std::mem::take(&mut t.apis.usage_plan);
    let Some(span) = plan.api_stages.first().map(|stage| stage.span) else { return };
    let (plan_id, key_id) = (format!("{SHARED}UsagePlan"), format!("{SHARED}ApiKey"));
    if !t.original_types.contains_key(&plan_id)
        && let Some(resource) = t.resources.get_mut(&plan_id).and_then(Node::as_map_mut)
    {
        resource.insert_at("DependsOn", span, Node::new(plan.depends_on, span));
    }
    for (id, name, list) in [(plan_id, "ApiStages", plan.api_stages), (key_id, "StageKeys", plan.stage_keys)] {
        if !t.original_types.contains_key(&id)
            && let Some(properties) = t.properties_of(&id)
        {
            properties.insert_at(name, span, Node::new(list, span));
        }
    }
    if plan.conditions.len() > 1 && !plan.unconditional {
        let all: Vec<Node> = plan.conditions.iter().map(|name| node!(span, { "Condition": name })).collect();
        if let Some(conditions) = t.template.get_mut("Conditions").and_then(Node::as_map_mut) {
            conditions.insert_at(CONDITION, span, node!(span, { "Fn::Or": all }));
        }
    }
}

/// The attributes of the shared resources: the most careful policies, and a condition if all APIs have one.
fn combined_attributes(attributes: &Map, t: &mut Translation<'_>, span: Span) -> Result<Map, Fault> {
    let plan = &mut t.apis.usage_plan;
    let text = |node: &Option<Node>| node.as_ref().and_then(Node::as_str).unwrap_or_default().to_owned();
    if let Some(policy) = if_truthy(attributes.get("DeletionPolicy"))
        && (plan.deletion_policy.is_none() || policy.as_str() == Some("Retain"))
    {
        plan.deletion_policy = Some(policy.clone());
    }
    if let Some(policy) = if_truthy(attributes.get("UpdateReplacePolicy")) {
        let stronger = match policy.as_str() {
            Some("Retain") => true,
            Some("Snapshot") => text(&plan.update_replace_policy) == "Delete",
            _ => false,
        };
        if plan.update_replace_policy.is_none() || stronger {
            plan.update_replace_policy = Some(policy.clone());
        }
    }
    combine_condition(attributes.get("Condition"), t, span)?;
    let plan = &t.apis.usage_plan;
    let mut combined = Map::new();
    for (key, value) in
        [("DeletionPolicy", &plan.deletion_policy), ("UpdateReplacePolicy", &plan.update_replace_policy)]
    {
        if let Some(value) = value {
            combined.insert_at(key, span, value.clone());
        }
    }
    if !plan.conditions.is_empty() && !plan.unconditional {
        combined.insert_at("Condition", span, node!(span, CONDITION));
    }
    Ok(combined)
}

/// Keeps the condition of the template under which any of the APIs exists.
fn combine_condition(condition: Option<&Node>, t: &mut Translation<'_>, span: Span) -> Result<(), Fault> {
    if t.apis.usage_plan.unconditional {
        return Ok(());
    }
    let conditions = t.template.get_mut("Conditions").filter(|conditions| !conditions.is_null());
    let Some(condition) = condition.filter(|condition| !condition.is_null()) else {
        t.apis.usage_plan.unconditional = true;
        if let Some(conditions) = conditions.and_then(Node::as_map_mut) {
            conditions.remove(CONDITION);
        }
        return Ok(());
    };
    let name = condition.as_str().unwrap_or_default();
    let plan = &mut t.apis.usage_plan;
    if name.is_empty() || plan.conditions.contains(name) {
        return Ok(());
    }
    let Some(conditions) = conditions.and_then(Node::as_map_mut) else {
        let message = "Can't have condition without having 'Conditions' section in the template";
        return Err(Fault::template(message).at(condition.span));
    };
    // Of several the alternative is made when all are known.
    if plan.conditions.insert(name.to_owned()) && plan.conditions.len() == 1 {
        conditions.insert_at(CONDITION, span, condition.clone());
    }
    Ok(())
}

fn resources(parts: Parts, properties: &Map, span: Span) -> Result<Vec<Resource>, Fault> {
    let list = |items: Vec<Node>| Node::new(items, span);
    let plan_id = format!("{}UsagePlan", parts.prefix);
    let key_id = format!("{}ApiKey", parts.prefix);
    let mut plan = Resource::new(&USAGE_PLAN, &plan_id, span)?
        .depending_on(Some(list(parts.depends_on)))
        .with_attributes(parts.attributes.clone());
    plan.set("ApiStages", list(parts.api_stages));
    for name in ["UsagePlanName", "Description", "Quota", "Tags", "Throttle"] {
        plan.set(name, properties.get(name).filter(|value| truthy(value)).cloned());
    }
    let mut key = Resource::new(&API_KEY, &key_id, span)?
        .depending_on(Some(node!(span, [&plan_id])))
        .with_attributes(parts.attributes.clone());
    key.set("Enabled", node!(span, true));
    key.set("StageKeys", list(parts.stage_keys));
    let mut link = Resource::new(&USAGE_PLAN_KEY, format!("{plan_id}Key"), span)?
        .depending_on(Some(node!(span, [&key_id])))
        .with_attributes(parts.attributes);
    link.set("KeyId", reference(span, &key_id));
    link.set("KeyType", node!(span, "API_KEY"));
    link.set("UsagePlanId", reference(span, &plan_id));
    Ok(vec![plan, key, link])
}
