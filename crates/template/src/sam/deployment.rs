//! `DeploymentPreference` of functions: gradual deployments by AWS CodeDeploy.

use super::cfn::{CfnType, Resource, tag_list};
use super::error::Fault;
use super::implicit_api::or_conditions;
use super::intrinsic::{if_items, is_if, is_intrinsic, is_no_value};
use super::make::{made, node, reference};
use super::python::truthy;
use super::role::{ROLE, assume_role_policy};
use super::translation::Translation;
use crate::{Map, Node, Value};
use base::Span;
use indexmap::{IndexMap, IndexSet};

const APPLICATION: &str = "ServerlessDeploymentApplication";
const SERVICE_ROLE: &str = "CodeDeployServiceRole";
const CONDITION: &str = "ServerlessCodeDeployCondition";

/// The configurations CodeDeploy has for Lambda ("Working with deployment configurations in CodeDeploy").
const CONFIGURATIONS: [&str; 9] = [
    "Canary10Percent5Minutes",
    "Canary10Percent10Minutes",
    "Canary10Percent15Minutes",
    "Canary10Percent30Minutes",
    "Linear10PercentEvery1Minute",
    "Linear10PercentEvery2Minutes",
    "Linear10PercentEvery3Minutes",
    "Linear10PercentEvery10Minutes",
    "AllAtOnce",
];

static CODE_DEPLOY_APPLICATION: CfnType = CfnType::new("AWS::CodeDeploy::Application", &["ComputePlatform", "Tags"]);

static DEPLOYMENT_GROUP: CfnType = CfnType::new(
    "AWS::CodeDeploy::DeploymentGroup",
    &[
        "AlarmConfiguration",
        "ApplicationName",
        "AutoRollbackConfiguration",
        "DeploymentConfigName",
        "DeploymentStyle",
        "ServiceRoleArn",
        "TriggerConfigurations",
        "Tags",
    ],
);

/// The preferences of all functions that have one, by logical id.
#[derive(Debug, Default)]
pub struct Deployments {
    preferences: IndexMap<String, Preference>,
}

/// How one function wants to be deployed.
#[derive(Debug, Default)]
struct Preference {
    enabled: bool,
    deployment_type: Node,
    hooks: Map,
    alarms: Option<Node>,
    role: Option<Node>,
    triggers: Option<Node>,
    condition: Option<Node>,
    tags: Option<Map>,
    span: Span,
}

impl Deployments {
    /// Notes the preference of a function, whose `Enabled`, `Type` and `PassthroughCondition` are resolved. Returns the
    /// update policy of the function's alias, if the preference is enabled.
    pub fn add(
        &mut self,
        id: &str,
        preference: &Node,
        condition: Option<&Node>,
        tags: Option<&Map>,
    ) -> Result<Option<Node>, Fault> {
        let read = read(id, preference, condition, tags).map_err(|fault| fault.at(preference.span))?;
        let policy = read.enabled.then(|| update_policy(id, &read));
        self.preferences.insert(id.to_owned(), read);
        Ok(policy)
    }

    fn enabled(&self) -> impl Iterator<Item = (&String, &Preference)> {
        self.preferences.iter().filter(|(_, preference)| preference.enabled)
    }

    /// Whether every function that is deployed gradually has a condition.
    fn needs_condition(&self) -> bool {
        self.enabled().all(|(_, preference)| preference.condition.as_ref().is_some_and(truthy))
    }

    fn conditions(&self) -> Vec<String> {
        let names: IndexSet<&str> =
            self.preferences.values().filter_map(|preference| preference.condition.as_ref()?.as_str()).collect();
        names.into_iter().map(str::to_owned).collect()
    }

    /// The condition and the tags of what the functions share.
    fn dress(&self, resource: &mut Resource) {
        if self.needs_condition() {
            let conditions = self.conditions();
            let name = if conditions.len() > 1 { CONDITION } else { conditions.first().map_or("", String::as_str) };
            resource.set_attribute("Condition", node!(resource.span, name));
        }
        let mut tags = Map::new();
        for (key, entry) in self.enabled().filter_map(|(_, preference)| preference.tags.as_ref()).flat_map(Map::entries)
        {
            tags.insert_at(key, entry.key_span, entry.node.clone());
        }
        if !tags.is_empty() {
            resource.set("Tags", Node::new(tag_list(&tags), resource.span));
        }
    }
}

fn read(id: &str, node: &Node, condition: Option<&Node>, tags: Option<&Map>) -> Result<Preference, Fault> {
    let is_off = |value: &Node| !truthy(value) || matches!(value.as_str(), Some("false" | "False"));
    if node.get("Enabled").is_some_and(is_off) {
        return Ok(Preference::default());
    }
    let Some(deployment_type) = node.get("Type") else {
        return Err(Fault::resource(id, "'DeploymentPreference' is missing required Property 'Type'"));
    };
    let hooks = match node.get("Hooks").map(|hooks| (hooks.as_map(), hooks.span)) {
        None => Map::new(),
        Some((Some(hooks), _)) => hooks.clone(),
        Some((None, span)) => {
            let message = "'Hooks' property of 'DeploymentPreference' must be a dictionary";
            return Err(Fault::resource(id, message).at(span));
        }
    };
    let given = |name: &str| node.get(name).filter(|node| !node.is_null()).cloned();
    let passes_condition = node.get("PassthroughCondition").is_some_and(truthy);
    Ok(Preference {
        enabled: true,
        deployment_type: deployment_type.clone(),
        hooks,
        alarms: given("Alarms"),
        role: given("Role").filter(truthy),
        triggers: given("TriggerConfigurations").filter(truthy),
        condition: condition.filter(|_| passes_condition).cloned(),
        tags: tags.filter(|tags| !tags.is_empty()).cloned(),
        span: node.span,
    })
}

fn group_id(function: &str) -> String {
    format!("{function}DeploymentGroup")
}

fn update_policy(function: &str, preference: &Preference) -> Node {
    let span = preference.span;
    let mut update = node!(span, {
        "ApplicationName": reference(span, APPLICATION),
        "DeploymentGroupName": reference(span, group_id(function)),
    });
    for (hook, name) in [("PreTraffic", "BeforeAllowTrafficHook"), ("PostTraffic", "AfterAllowTrafficHook")] {
        if let (Some(map), Some(value)) =
            (update.as_map_mut(), preference.hooks.get(hook).filter(|node| !node.is_null()))
        {
            map.insert_at(name, made(span), value.clone());
        }
    }
    node!(span, { "CodeDeployLambdaAliasUpdate": update })
}

/// Adds the CodeDeploy application, its role and a deployment group for each function.
pub fn finish(t: &mut Translation<'_>) -> Result<(), Fault> {
    let deployments = std::mem::take(&mut t.deployments);
    let Some(span) = deployments.enabled().map(|(_, preference)| preference.span).next() else { return Ok(()) };
    let mut application = Resource::new(&CODE_DEPLOY_APPLICATION, APPLICATION, span)?;
    application.set("ComputePlatform", node!(span, "Lambda"));
    deployments.dress(&mut application);
    put(application, t);
    if deployments.needs_condition() {
        add_shared_condition(&deployments, t, span);
    }
    if deployments.enabled().any(|(_, preference)| preference.role.is_none()) {
        put(service_role(&deployments, t, span)?, t);
    }
    for (id, preference) in deployments.enabled() {
        match group(id, preference) {
            Ok(group) => put(group, t),
            Err(fault @ Fault::Document(_)) => return Err(fault),
            Err(fault) => t.causes.extend(fault.at(preference.span).into_causes()),
        }
    }
    Ok(())
}

fn put(resource: Resource, t: &mut Translation<'_>) {
    let (id, span) = (resource.logical_id.clone(), resource.span);
    t.resources.insert_at(id, span, resource.into_node());
}

fn add_shared_condition(deployments: &Deployments, t: &mut Translation<'_>, span: Span) {
    let new = or_conditions(deployments.conditions(), CONDITION, span);
    if let Some(conditions) = t.template.get_mut("Conditions").and_then(Node::as_map_mut) {
        for (name, definition) in new {
            conditions.insert_at(name, made(span), definition);
        }
    }
}

fn service_role(deployments: &Deployments, t: &Translation<'_>, span: Span) -> Result<Resource, Fault> {
    let mut role = Resource::new(&ROLE, SERVICE_ROLE, span)?;
    role.set("AssumeRolePolicyDocument", assume_role_policy(span, "codedeploy.amazonaws.com"));
    let limited = matches!(t.context.partition.as_str(), "aws-iso" | "aws-iso-b");
    let policy = if limited { "AWSCodeDeployRoleForLambdaLimited" } else { "AWSCodeDeployRoleForLambda" };
    let arn = t.managed_policy_arn(&format!("service-role/{policy}"));
    role.set("ManagedPolicyArns", node!(span, [arn]));
    deployments.dress(&mut role);
    Ok(role)
}

fn group(id: &str, preference: &Preference) -> Result<Resource, Fault> {
    let span = preference.span;
    let mut group = Resource::new(&DEPLOYMENT_GROUP, group_id(id), span)?;
    let alarms = preference.alarms.as_ref().filter(|alarms| truthy(alarms) && !is_no_value(alarms));
    let alarms = alarms.map(convert_alarms).transpose().map_err(|message| Fault::resource(id, message))?;
    group.set("AlarmConfiguration", alarms);
    group.set("ApplicationName", reference(span, APPLICATION));
    let events = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"];
    let events: Vec<Node> = events.iter().map(|event| node!(span, *event)).collect();
    group.set("AutoRollbackConfiguration", node!(span, { "Enabled": true, "Events": events }));
    group.set("DeploymentConfigName", replace_types(&preference.deployment_type, false));
    group.set(
        "DeploymentStyle",
        node!(span, { "DeploymentType": "BLUE_GREEN", "DeploymentOption": "WITH_TRAFFIC_CONTROL" }),
    );
    let role = preference.role.clone().unwrap_or_else(|| super::make::get_att(span, SERVICE_ROLE, "Arn"));
    group.set("ServiceRoleArn", role);
    group.set("TriggerConfigurations", preference.triggers.clone());
    group.set("Tags", preference.tags.as_ref().map(|tags| Node::new(tag_list(tags), made(span))));
    if let Some(condition) = preference.condition.clone().filter(truthy) {
        group.set_attribute("Condition", condition);
    }
    Ok(group)
}

fn convert_alarms(alarms: &Node) -> Result<Node, &'static str> {
    if !is_if(alarms) {
        return alarm_configuration(alarms);
    }
    let [condition, yes, no] = if_items(alarms)?;
    let (yes, no) = (alarm_configuration(yes)?, alarm_configuration(no)?);
    Ok(node!(alarms.span, { "Fn::If": [condition, yes, no] }))
}

fn alarm_configuration(alarms: &Node) -> Result<Node, &'static str> {
    let list = alarms.as_list().ok_or("Alarms must be a list")?;
    if list.first().is_none_or(is_no_value) {
        return Ok(node!(alarms.span, {}));
    }
    let names: Vec<Node> = list.iter().map(|alarm| node!(alarm.span, { "Name": alarm })).collect();
    Ok(node!(alarms.span, { "Enabled": true, "Alarms": names }))
}

/// Replaces the short names of predefined configurations, wherever they stand in intrinsic functions.
fn replace_types(value: &Node, in_sub: bool) -> Node {
    if let Some(list) = value.as_list() {
        return Node {
            value: Value::List(list.iter().map(|item| replace_types(item, false)).collect()),
            span: value.span,
        };
    }
    if let (true, Some(map)) = (is_intrinsic(value), value.as_map()) {
        let mut copy = Map::new();
        for (key, entry) in map.entries() {
            copy.insert_at(key, entry.key_span, replace_types(&entry.node, key == "Fn::Sub"));
        }
        return Node { value: Value::Map(copy), span: value.span };
    }
    if !value.as_str().is_some_and(|name| CONFIGURATIONS.contains(&name)) {
        return value.clone();
    }
    let parts = node!(value.span, ["CodeDeployDefault.Lambda${ConfigName}", { "ConfigName": value }]);
    if in_sub { parts } else { node!(value.span, { "Fn::Sub": parts }) }
}
