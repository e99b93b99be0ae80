//! `AWS::Serverless::Connector`: permissions between two resources.

mod connections;
mod end;
mod profile;

pub use self::connections::Connections;
use self::end::End;
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::data;
use crate::sam::error::Fault;
use crate::sam::event::{PERMISSION, SQS_QUEUE_POLICY};
use crate::sam::make::{made, node};
use crate::sam::property::{Property, Shape};
use crate::sam::translation::{Phase, ResourceKind, SamResource, Translation};
use crate::{Map, Node, Value};

const ANY_MAP: Shape = Shape::MapOf(&Shape::Any);

/// The resource type.
pub static KIND: ResourceKind = ResourceKind {
    name: "AWS::Serverless::Connector",
    phase: Phase::Connectors,
    properties: &[
        Property::new("Source", ANY_MAP).required(),
        Property::new("Destination", Shape::OneOf(&[ANY_MAP, Shape::ListOf(&ANY_MAP)])).required(),
        Property::new("Permissions", Shape::ListOf(&Shape::Str)).required(),
    ],
    referable: &[],
    ignores_unknown: false,
    translate,
};

static MANAGED_POLICY: CfnType = CfnType::new(
    "AWS::IAM::ManagedPolicy",
    &["Description", "Groups", "PolicyDocument", "ManagedPolicyName", "Path", "Roles", "Users"],
);

static SNS_TOPIC_POLICY: CfnType = CfnType::new("AWS::SNS::TopicPolicy", &["PolicyDocument", "Topics"]);

/// One connector and one of its destinations.
struct Connection<'a> {
    sam: &'a SamResource,
    permissions: &'a [String],
    source: End,
    destination: End,
    /// The index of the destination, if the connector has a list of them.
    index: Option<usize>,
}

/// Makes the permissions of a connector. The resources it connects are looked up among those of `t`.
///
/// # Errors
/// What does not fit: unknown resources, types that cannot be connected, permissions that are not offered.
pub fn translate(sam: &mut SamResource, t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    let destinations = sam.take("Destination").unwrap_or_default();
    let is_list = destinations.as_list().is_some();
    let destinations = match destinations.value {
        Value::List(list) => list,
        _ => vec![destinations],
    };
    let source = sam.get("Source").cloned().unwrap_or_default();
    let permissions = permissions(sam);
    let mut resources: Vec<Resource> = Vec::new();
    for (index, node) in destinations.iter().enumerate() {
        let told = |message: String| Fault::resource(&sam.logical_id, message);
        let destination = End::find(node, &source, t).map_err(|message| told(message).at(node.span))?;
        let source = End::find(&source, node, t).map_err(|message| told(message).at(source.span))?;
        let index = is_list.then_some(index);
        let connection = Connection { sam, permissions: &permissions, source, destination, index };
        let mut made = connection.resources(t)?;
        for resource in &mut made {
            connection.add_metadata(resource, t);
        }
        resources.extend(made);
    }
    let ids: Vec<&str> = resources.iter().map(|resource| resource.logical_id.as_str()).collect();
    connections::replace_depends_on(&sam.logical_id, &ids, t);
    if resources.is_empty() { Err(sam.fault("'Destination' is an empty list")) } else { Ok(resources) }
}

/// Each permission once.
fn permissions(sam: &SamResource) -> Vec<String> {
    let mut permissions: Vec<String> = Vec::new();
    let Some(given) = sam.get("Permissions") else { return permissions };
    // A mapping passes for an intrinsic function; its keys are taken for permissions.
    let keys = given.as_map().into_iter().flat_map(Map::keys);
    for name in given.as_list().unwrap_or_default().iter().filter_map(Node::as_str).chain(keys) {
        if !permissions.iter().any(|known| known == name) {
            permissions.push(name.to_owned());
        }
    }
    permissions
}

impl Connection<'_> {
    fn resources(&self, t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
        let (from, to) = (&self.source.resource_type, &self.destination.resource_type);
        let Some(profile) = data::connector_profile(from, to) else {
            return Err(self.sam.fault(format!(
                "Unable to create connector from {from} to {to}; it's not supported or the template is invalid."
            )));
        };
        let properties = profile.get("Properties").cloned().unwrap_or_default();
        self.check_permissions(&properties)?;
        let properties = profile::replace(&properties, &self.replacements(), self.sam.span)
            .map_err(|message| self.sam.fault(message))?;
        match profile.get("Type").and_then(Node::as_str) {
            Some("AWS_IAM_ROLE_MANAGED_POLICY") => Ok(vec![self.managed_policy(&properties, t)?]),
            Some("AWS_SQS_QUEUE_POLICY") => Ok(vec![self.queue_policy(&properties)?]),
            Some("AWS_SNS_TOPIC_POLICY") => Ok(vec![self.topic_policy(&properties)?]),
            _ => self.lambda_permissions(&properties),
        }
    }

    fn check_permissions(&self, properties: &Node) -> Result<(), Fault> {
        let (from, to) = (&self.source.resource_type, &self.destination.resource_type);
        let offered: Vec<&str> =
            properties.get("AccessCategories").and_then(Node::as_map).into_iter().flat_map(Map::keys).collect();
        let listed = offered.join(", ");
        if self.permissions.is_empty() {
            return Err(self.sam.fault(format!("'Permissions' cannot be empty; valid values are: {listed}.")));
        }
        let unsupported = format!("Unsupported 'Permissions' provided for connector from {from} to {to}; valid");
        if !self.permissions.iter().all(|permission| offered.contains(&permission.as_str())) {
            return Err(self.sam.fault(format!("{unsupported} values are: {listed}.")));
        }
        let Some(combinations) = properties.get("ValidAccessCategories").and_then(Node::as_list) else {
            return Ok(());
        };
        let sorted = |names: Vec<&str>| {
            let mut names = names;
            names.sort_unstable();
            names.into_iter().map(str::to_owned).collect::<Vec<String>>()
        };
        let combinations: Vec<Vec<String>> = combinations
            .iter()
            .map(|names| sorted(names.as_list().unwrap_or_default().iter().filter_map(Node::as_str).collect()))
            .collect();
        if combinations.contains(&sorted(self.permissions.iter().map(String::as_str).collect())) {
            return Ok(());
        }
        let listed: Vec<String> = combinations.iter().map(|names| names.join(" + ")).collect();
        Err(self.sam.fault(format!("{unsupported} combinations are: {}.", listed.join(", "))))
    }

    fn replacements(&self) -> Vec<(&'static str, Option<Node>)> {
        let (source, destination) = (&self.source, &self.destination);
        vec![
            ("Source.Arn", source.arn.clone()),
            ("Destination.Arn", destination.arn.clone()),
            ("Source.ResourceId", source.resource_id.clone()),
            ("Destination.ResourceId", destination.resource_id.clone()),
            ("Source.Name", source.name.clone()),
            ("Destination.Name", destination.name.clone()),
            ("Source.Qualifier", source.qualifier.clone()),
            ("Destination.Qualifier", destination.qualifier.clone()),
        ]
    }

    /// The end the policy is about, and the property that names it.
    fn subject(&self, properties: &Node) -> (&End, &'static str) {
        if properties.get("SourcePolicy").and_then(Node::as_bool) == Some(true) {
            (&self.source, "Source")
        } else {
            (&self.destination, "Destination")
        }
    }

    fn resource(&self, kind: &'static CfnType, suffix: &str) -> Result<Resource, Fault> {
        let index = self.index.map(|index| format!("Destination{index}")).unwrap_or_default();
        let id = format!("{}{suffix}{index}", self.sam.logical_id);
        Ok(Resource::new(kind, id, self.sam.span)?
            .depending_on(self.sam.depends_on.clone())
            .with_attributes(self.sam.attributes.clone()))
    }

    fn document(&self, properties: &Node) -> Node {
        let mut statements = Vec::new();
        for (name, category) in
            properties.get("AccessCategories").and_then(Node::as_map).into_iter().flat_map(Map::iter)
        {
            if self.permissions.iter().any(|permission| permission == name) {
                statements.extend(category.get("Statement").and_then(Node::as_list).unwrap_or_default().to_vec());
            }
        }
        node!(self.sam.span, { "Version": "2012-10-17", "Statement": statements })
    }

    fn unknown(&self, what: &str, property: &str) -> Fault {
        self.sam.fault(format!("Unable to get {what} from '{property}' resource."))
    }

    fn managed_policy(&self, properties: &Node, t: &mut Translation<'_>) -> Result<Resource, Fault> {
        let (subject, property) = self.subject(properties);
        let role = subject.role_name.clone().ok_or_else(|| self.unknown("IAM role name", property))?;
        let mut policy = self.resource(&MANAGED_POLICY, "Policy")?;
        policy.set("PolicyDocument", self.document(properties));
        policy.set("Roles", node!(self.sam.span, [role]));
        let waiting = match (properties.get("DependedBy").and_then(Node::as_str), &self.source.logical_id) {
            (Some("DESTINATION_EVENT_SOURCE_MAPPING"), Some(source)) => {
                let function = self.destination.logical_id.as_deref();
                function.and_then(|function| connections::only_mapping(source, function, t))
            }
            (Some("SOURCE"), Some(source)) => Some(source.clone()),
            _ => None,
        };
        if let Some(waiting) = waiting {
            connections::add_depends_on(&waiting, &[&policy.logical_id], self.sam.span, t);
        }
        Ok(policy)
    }

    fn lambda_permissions(&self, properties: &Node) -> Result<Vec<Resource>, Fault> {
        let (subject, property) = self.subject(properties);
        let function = subject.arn.clone().ok_or_else(|| self.unknown("Lambda function ARN", property))?;
        let mut made_permissions = Vec::new();
        for (name, category) in
            properties.get("AccessCategories").and_then(Node::as_map).into_iter().flat_map(Map::iter)
        {
            if !self.permissions.iter().any(|permission| permission == name) {
                continue;
            }
            let mut permission = self.resource(&PERMISSION, &format!("{name}LambdaPermission"))?;
            permission.set("FunctionName", function.clone());
            for name in ["Action", "Principal", "SourceArn", "SourceAccount"] {
                permission.set(name, category.get(name).cloned());
            }
            made_permissions.push(permission);
        }
        Ok(made_permissions)
    }

    fn topic_policy(&self, properties: &Node) -> Result<Resource, Fault> {
        let (subject, property) = self.subject(properties);
        let topic = subject.arn.clone().ok_or_else(|| self.unknown("SNS topic ARN", property))?;
        let mut policy = self.resource(&SNS_TOPIC_POLICY, "TopicPolicy")?;
        policy.set("Topics", node!(self.sam.span, [topic]));
        policy.set("PolicyDocument", self.document(properties));
        Ok(policy)
    }

    fn queue_policy(&self, properties: &Node) -> Result<Resource, Fault> {
        let (subject, property) = self.subject(properties);
        let url = subject.queue_url.clone().ok_or_else(|| self.unknown("SQS queue URL", property))?;
        let mut policy = self.resource(&SQS_QUEUE_POLICY, "QueuePolicy")?;
        policy.set("PolicyDocument", self.document(properties));
        policy.set("Queues", node!(self.sam.span, [url]));
        Ok(policy)
    }

    /// Notes the connector in the resource's `Metadata`, for tools that show connectors.
    fn add_metadata(&self, resource: &mut Resource, t: &Translation<'_>) {
        let kind = |end: &End| {
            let original = end.logical_id.as_ref().and_then(|id| t.original_types.get(id));
            original.filter(|kind| !kind.is_empty()).unwrap_or(&end.resource_type).clone()
        };
        let span = self.sam.span;
        let connector = node!(span, {
            "Source": { "Type": kind(&self.source) },
            "Destination": { "Type": kind(&self.destination) },
        });
        let mut metadata = resource.attributes.get("Metadata").cloned().unwrap_or_else(|| node!(span, {}));
        if let Some(map) = metadata.as_map_mut() {
            let connectors = node!(span, { (self.sam.logical_id.as_str()): connector });
            map.insert_at("aws:sam:connectors", made(span), connectors);
        }
        resource.set_attribute("Metadata", metadata);
    }
}
