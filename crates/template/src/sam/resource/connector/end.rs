//! The two ends of a connector: resources of the template, or resources described by their ARN and the like.

use super::connections::{Connections, target_at};
use super::profile;
use crate::sam::data;
use crate::sam::intrinsic::logical_id_of;
use crate::sam::make::{node, reference};
use crate::sam::python::truthy;
use crate::sam::translation::Translation;
use crate::{Map, Node};

/// What is known about one end.
#[derive(Debug, Clone)]
pub(super) struct End {
    /// Its logical id, if it is a resource of the template.
    pub(super) logical_id: Option<String>,
    /// Its CloudFormation type.
    pub(super) resource_type: String,
    pub(super) arn: Option<Node>,
    pub(super) role_name: Option<Node>,
    pub(super) queue_url: Option<Node>,
    pub(super) resource_id: Option<Node>,
    pub(super) name: Option<Node>,
    pub(super) qualifier: Option<Node>,
}

/// SAM types that may be given for resources outside the template, and what they become.
const CFN_TYPES: [(&str, &str); 5] = [
    ("AWS::Serverless::Function", "AWS::Lambda::Function"),
    ("AWS::Serverless::StateMachine", "AWS::StepFunctions::StateMachine"),
    ("AWS::Serverless::Api", "AWS::ApiGateway::RestApi"),
    ("AWS::Serverless::HttpApi", "AWS::ApiGatewayV2::Api"),
    ("AWS::Serverless::SimpleTable", "AWS::DynamoDB::Table"),
];

impl End {
    /// Finds one end; `other` is what the template says about the other one.
    pub(super) fn find(node: &Node, other: &Node, t: &mut Translation<'_>) -> Result<Self, String> {
        let map = node.as_map().cloned().unwrap_or_default();
        let describes = map.keys().any(|key| key != "Id" && key != "Qualifier");
        if map.contains_key("Id") == describes {
            return Err(
                "Must provide 'Id' (with optional 'Qualifier') or a supported combination of other properties."
                    .to_owned(),
            );
        }
        match map.get("Id").filter(|id| truthy(id)) {
            None => Self::described(&map),
            Some(id) => {
                let id = id.as_str().ok_or_else(|| "'Id' is missing or not a string.".to_owned())?;
                Self::of_template(id, node, other, t)
            }
        }
    }

    fn described(map: &Map) -> Result<Self, String> {
        let resource_type = type_of(map.get("Type"))?;
        let known = CFN_TYPES.iter().find(|(sam, _)| *sam == resource_type);
        let given = |name: &str| map.get(name).filter(|value| !value.is_null()).cloned();
        Ok(Self {
            logical_id: None,
            resource_type: known.map_or(resource_type, |(_, cfn)| (*cfn).to_owned()),
            arn: given("Arn"),
            role_name: given("RoleName"),
            queue_url: given("QueueUrl"),
            resource_id: given("ResourceId"),
            name: given("Name"),
            qualifier: given("Qualifier"),
        })
    }

    fn of_template(id: &str, node: &Node, other: &Node, t: &mut Translation<'_>) -> Result<Self, String> {
        let resource = t.resources.get(id).filter(|resource| truthy(resource));
        let resource = resource.ok_or_else(|| format!("Unable to find resource with logical ID '{id}'."))?;
        let resource_type = type_of(resource.get("Type"))?;
        let variables = [("logicalId", Some(node!(node.span, id)))];
        let known = match data::connector_resource(&resource_type) {
            Some(known) => profile::replace(known, &variables, node.span)?,
            None => Node::default(),
        };
        let output = |name: &str| known.at(&["Outputs", name]).cloned();
        let role = known.at(&["Inputs", "Role"]).and_then(|role| {
            let properties = resource.get("Properties")?;
            role_of(role, id, properties, other, &mut t.connections)
        });
        let role_name = role.filter(|role| truthy(role)).and_then(logical_id_of).map(|id| reference(node.span, id));
        let qualifier = node.as_map().and_then(|map| map.get("Qualifier")).cloned();
        Ok(Self {
            logical_id: Some(id.to_owned()),
            resource_type,
            arn: output("Arn"),
            role_name,
            queue_url: output("Url"),
            resource_id: output("Id"),
            name: output("Name"),
            qualifier: qualifier.or_else(|| output("Qualifier")).filter(|qualifier| !qualifier.is_null()),
        })
    }
}

fn type_of(node: Option<&Node>) -> Result<String, String> {
    let text = node.and_then(Node::as_str).filter(|text| !text.is_empty());
    text.map(str::to_owned).ok_or_else(|| "'Type' is missing or not a string.".to_owned())
}

/// The role a resource runs with: in a property, or in the target of a rule that the other end is.
fn role_of<'a>(
    role: &Node,
    id: &str,
    properties: &'a Node,
    other: &Node,
    connections: &mut Connections,
) -> Option<&'a Node> {
    if let Some(name) = role.as_str() {
        return properties.get(name);
    }
    if role.get("Function").and_then(Node::as_str) != Some("GetEventsRuleRole") {
        return None;
    }
    let (other_id, other_arn) = (other.get("Id").and_then(Node::as_str), other.get("Arn").filter(|arn| truthy(arn)));
    let targets = properties.get("Targets").and_then(Node::as_list).unwrap_or_default();
    targets.get(target_at(id, targets, other_id, other_arn, connections)?)?.get("RoleArn")
}
