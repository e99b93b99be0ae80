//! `AWS::Serverless::CapacityProvider`: EC2 capacity for Lambda functions.

use crate::sam::cfn::{CfnType, Resource, tag_list};
use crate::sam::error::Fault;
use crate::sam::make::{made, node};
use crate::sam::model::{self, Field, Kind};
use crate::sam::property::{Property, STR_OR_MAP, Shape};
use crate::sam::python::{if_truthy, truthy};
use crate::sam::role::{self, RoleParts};
use crate::sam::translation::{Phase, ResourceKind, SamResource, Translation};
use crate::{Map, Node, Value};

/// The resource type.
pub static KIND: ResourceKind = ResourceKind {
    name: "AWS::Serverless::CapacityProvider",
    phase: Phase::Others,
    properties: &[
        Property::new("CapacityProviderName", STR_OR_MAP).literal(),
        Property::new("VpcConfig", Shape::Map).required().literal(),
        Property::new("OperatorRole", STR_OR_MAP).literal(),
        Property::new("Tags", Shape::Map).literal(),
        Property::new("PropagateTags", Shape::Bool).literal(),
        Property::new("InstanceRequirements", Shape::Map).literal(),
        Property::new("ScalingConfig", Shape::Map).literal(),
        Property::new("KmsKeyArn", STR_OR_MAP).literal(),
    ],
    referable: &[],
    ignores_unknown: false,
    translate,
};

const TEXTS: Kind = Kind::Union(&[Kind::Map, Kind::List(&Kind::Union(&[Kind::Map, Kind::Str]))]);

static MODEL: [Field; 8] = [
    Field::new("CapacityProviderName", Kind::Any),
    Field::new(
        "VpcConfig",
        Kind::Model(&[Field::new("SecurityGroupIds", TEXTS), Field::new("SubnetIds", TEXTS).required()]),
    )
    .required(),
    Field::new("OperatorRole", Kind::Any),
    Field::new("Tags", Kind::Map),
    Field::new("PropagateTags", Kind::Bool),
    Field::new(
        "InstanceRequirements",
        Kind::Model(&[
            Field::new("Architectures", TEXTS),
            Field::new("AllowedTypes", TEXTS),
            Field::new("ExcludedTypes", TEXTS),
        ]),
    ),
    Field::new(
        "ScalingConfig",
        Kind::Model(&[
            Field::new("MaxVCpuCount", Kind::Union(&[Kind::Map, Kind::Int])),
            Field::new("AverageCPUUtilization", Kind::Union(&[Kind::Map, Kind::Float])),
        ]),
    ),
    Field::new("KmsKeyArn", Kind::Any),
];

static CAPACITY_PROVIDER: CfnType = CfnType::new(
    "AWS::Lambda::CapacityProvider",
    &[
        "CapacityProviderName",
        "VpcConfig",
        "PermissionsConfig",
        "Tags",
        "InstanceRequirements",
        "CapacityProviderScalingConfig",
        "KmsKeyArn",
    ],
)
.replacing(&["AWS::Serverless::CapacityProvider"]);

fn translate(sam: &mut SamResource, t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    let properties = Node { value: Value::Map(sam.properties.clone()), span: sam.span };
    let read = model::read(&properties, &MODEL).map_err(|problems| sam.fault(model::sentences(&problems)))?;
    let requirements = read.get("InstanceRequirements");
    let has = |name: &str| requirements.is_some_and(|requirements| requirements.get(name).is_some());
    if has("AllowedTypes") && has("ExcludedTypes") {
        let message = "Cannot specify 'InstanceRequirements.AllowedTypes' and 'InstanceRequirements.ExcludedTypes' \
                       together.";
        return Err(sam.fault(message));
    }
    let mut resources = Vec::new();
    let role_arn = match if_truthy(read.get("OperatorRole")) {
        Some(arn) => arn.clone(),
        None => {
            let role = operator_role(sam, t)?;
            let arn = role.get_att("Arn");
            resources.push(role);
            arn
        }
    };
    resources.push(provider(sam, &read, role_arn)?);
    propagate(sam, &read, &mut resources);
    Ok(resources)
}

fn operator_role(sam: &SamResource, t: &Translation<'_>) -> Result<Resource, Fault> {
    let mut parts = RoleParts::new(&sam.logical_id, sam.span, "lambda.amazonaws.com");
    parts.attributes = sam.pass_through();
    parts.managed_policy_arns = vec![node!(sam.span, t.managed_policy_arn("AWSLambdaManagedEC2ResourceOperator"))];
    parts.tags = tags(sam, None);
    let mut role = role::construct(parts, t)?;
    role.logical_id = format!("{}OperatorRole", sam.logical_id);
    Ok(role)
}

fn tags(sam: &SamResource, own: Option<&Map>) -> Vec<Node> {
    let mut all = own.cloned().unwrap_or_default();
    all.insert_at("lambda:createdBy", made(sam.span), node!(sam.span, "SAM"));
    tag_list(&all)
}

fn provider(sam: &mut SamResource, read: &Map, role_arn: Node) -> Result<Resource, Fault> {
    let span = sam.span;
    let mut provider = Resource::new(&CAPACITY_PROVIDER, &sam.logical_id, span)?
        .depending_on(sam.depends_on.take())
        .with_attributes(sam.attributes.clone());
    for name in ["CapacityProviderName", "KmsKeyArn"] {
        provider.set(name, if_truthy(read.get(name)).cloned());
    }
    provider.set("VpcConfig", read.get("VpcConfig").map(|config| renamed(config, &VPC_CONFIG)));
    provider.set("PermissionsConfig", node!(span, { "CapacityProviderOperatorRoleArn": role_arn }));
    let own = read.get("Tags").and_then(Node::as_map);
    provider.set("Tags", Node::new(tags(sam, own), made(span)));
    let requirements = if_truthy(read.get("InstanceRequirements"));
    provider.set("InstanceRequirements", requirements.map(|requirements| renamed(requirements, &REQUIREMENTS)));
    provider.set("CapacityProviderScalingConfig", if_truthy(read.get("ScalingConfig")).map(scaling_config));
    Ok(provider)
}

const VPC_CONFIG: [(&str, &str); 2] = [("SubnetIds", "SubnetIds"), ("SecurityGroupIds", "SecurityGroupIds")];
const REQUIREMENTS: [(&str, &str); 3] = [
    ("Architectures", "Architectures"),
    ("AllowedTypes", "AllowedInstanceTypes"),
    ("ExcludedTypes", "ExcludedInstanceTypes"),
];

/// The members of a mapping by the names CloudFormation has for them.
fn renamed(node: &Node, names: &[(&str, &str)]) -> Node {
    let mut map = Map::new();
    for (name, new) in names {
        if let Some(value) = node.get(name) {
            map.insert_at(*new, made(node.span), value.clone());
        }
    }
    Node::new(map, made(node.span))
}

fn scaling_config(config: &Node) -> Node {
    let mut scaling = renamed(config, &[("MaxVCpuCount", "MaxVCpuCount")]);
    let Some(map) = scaling.as_map_mut() else { return scaling };
    let Some(target) = config.get("AverageCPUUtilization") else {
        map.insert_at("ScalingMode", made(config.span), node!(config.span, "Auto"));
        return scaling;
    };
    map.insert_at("ScalingMode", made(config.span), node!(config.span, "Manual"));
    let metric = "LambdaCapacityProviderAverageCPUUtilization";
    let policies = node!(target.span, [{ "PredefinedMetricType": metric, "TargetValue": target }]);
    map.insert_at("ScalingPolicies", made(config.span), policies);
    scaling
}

/// Adds the user's tags to everything made, if that is wanted; the user's win.
fn propagate(sam: &SamResource, read: &Map, resources: &mut [Resource]) {
    let Some(own) = read.get("Tags").and_then(Node::as_map).filter(|own| !own.is_empty()) else { return };
    if sam.truthy("PropagateTags").is_none() {
        return;
    }
    for resource in resources.iter_mut().filter(|resource| resource.has_tags()) {
        let mut all = Map::new();
        for tag in resource.get("Tags").and_then(Node::as_list).unwrap_or_default() {
            if let (Some(key), Some(value)) = (tag.get("Key").and_then(Node::as_str), tag.get("Value")) {
                all.insert_at(key, tag.span, value.clone());
            }
        }
        for (key, entry) in own.entries() {
            all.insert_at(key, entry.key_span, entry.node.clone());
        }
        let span = resource.span;
        resource.set("Tags", Some(Node::new(tag_list(&all), span)).filter(truthy));
    }
}
