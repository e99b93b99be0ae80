//! How CloudFormation names what the template does not name, and what can be read from a resource.

use super::{Ask, Made, Verb};
use crate::services::resources::text_of;
use crate::world::World;
use serde_json::{Map, Value};

/// How a made name looks: `STACK-LOGICALID-SUFFIX`, cut to a length.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Style {
    /// With the case of its parts, and a suffix of `A-Za-z0-9`.
    Mixed(usize),
    /// All in lower case.
    Lower(usize),
    /// The logical id with its first letters only and a suffix: what has no stack in its name.
    Short(usize),
}

/// The name that the template gives, or a made one.
pub(super) fn name(world: &mut World, ask: &Ask<'_>) -> String {
    let given = (!ask.row.name_property.is_empty()).then(|| ask.text(ask.row.name_property)).flatten();
    if let Some(given) = given.filter(|n| !n.is_empty()) {
        return given;
    }
    let made = match ask.row.style {
        Style::Mixed(most) => cut(ask, most, &world.ids.mixed(12)),
        Style::Lower(most) => cut(ask, most, &world.ids.lower(12)).to_lowercase(),
        Style::Short(most) => {
            let mut short: String = ask.logical_id.chars().take(most.saturating_sub(13)).collect();
            short.push('-');
            short + &world.ids.mixed(12)
        }
    };
    let fifo = ask.properties.get("FifoQueue").or_else(|| ask.properties.get("FifoTopic"));
    if fifo.is_some_and(|f| text_of(f).as_deref() == Some("true")) { format!("{made}.fifo") } else { made }
}

/// `STACK-LOGICALID-SUFFIX` in at most `most` characters: the stack's name and the logical id give way in equal parts.
fn cut(ask: &Ask<'_>, most: usize, suffix: &str) -> String {
    let room = most.saturating_sub(suffix.len() + 2);
    let (stack, logical) = (ask.stack_name, ask.logical_id);
    let half = room / 2;
    let (a, b) = match (stack.len() + logical.len() <= room, stack.len() <= half, logical.len() <= half) {
        (true, _, _) => (stack.len(), logical.len()),
        (_, true, _) => (stack.len(), room - stack.len()),
        (_, _, true) => (room - logical.len(), logical.len()),
        _ => (half, room - half),
    };
    let part = |text: &str, n: usize| text.chars().take(n).collect::<String>();
    format!("{}-{}-{suffix}", part(stack, a), part(logical, b))
}

/// Fills a pattern: `{name}`, `{arn}`, `{id}`, `{account}`, `{region}`, `{partition}`, `{suffix}`, `{stack}`, `{logical}`,
/// `{uuid}`, `{hexN}`, `{lowerN}`, `{upperN}` with N characters, and otherwise the property with that name.
pub(super) fn expand(world: &mut World, ask: &Ask<'_>, pattern: &str, name: &str, arn: &str, id: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 64);
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let (key, tail) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(before);
        match key {
            "name" => out.push_str(name),
            "arn" => out.push_str(arn),
            "id" => out.push_str(id),
            other => out.push_str(&value(world, ask, other)),
        }
        rest = tail;
    }
    out + rest
}

fn value(world: &mut World, ask: &Ask<'_>, key: &str) -> String {
    let partition = ask.region.partition();
    let length = |prefix: &str| key.strip_prefix(prefix).and_then(|n| n.parse().ok());
    match key {
        "account" => ask.account.to_string(),
        "region" => ask.region.to_string(),
        "partition" => partition.to_string(),
        "suffix" => partition.url_suffix().to_owned(),
        "stack" => ask.stack_name.to_owned(),
        "logical" => ask.logical_id.to_owned(),
        "uuid" => world.ids.uuid(),
        _ => {
            if let Some(n) = length("hex") {
                world.ids.hex(n)
            } else if let Some(n) = length("lower") {
                world.ids.lower(n)
            } else if let Some(n) = length("upper") {
                world.ids.upper(n)
            } else {
                ask.text(key).unwrap_or_default()
            }
        }
    }
}

/// The pattern of the physical id; generic types that have a name property of the usual form are named by it.
pub(super) fn id_pattern(ask: &Ask<'_>) -> &'static str {
    if !ask.row.type_name.is_empty() {
        return ask.row.id;
    }
    match ask.resource_type {
        t if t.starts_with("AWS::EC2::SecurityGroup") => "sg-{hex17}",
        "AWS::EC2::VPC" => "vpc-{hex17}",
        "AWS::EC2::Subnet" => "subnet-{hex17}",
        "AWS::EC2::Instance" => "i-{hex17}",
        "AWS::EC2::VPCEndpoint" => "vpce-{hex17}",
        "AWS::EC2::InternetGateway" => "igw-{hex17}",
        "AWS::EC2::RouteTable" => "rtb-{hex17}",
        "AWS::CloudFront::Distribution" => "E{upper13}",
        "AWS::Route53::HostedZone" => "Z{upper20}",
        "AWS::CertificateManager::Certificate" => "arn:{partition}:acm:{region}:{account}:certificate/{uuid}",
        "AWS::SecretsManager::Secret" => "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-{upper6}",
        "AWS::KMS::Key" => "{uuid}",
        "AWS::AppSync::GraphQLApi" => "arn:{partition}:appsync:{region}:{account}:apis/{lower26}",
        "AWS::Batch::ComputeEnvironment" => "arn:{partition}:batch:{region}:{account}:compute-environment/{name}",
        "AWS::Batch::JobDefinition" => "arn:{partition}:batch:{region}:{account}:job-definition/{name}:1",
        "AWS::Batch::JobQueue" => "arn:{partition}:batch:{region}:{account}:job-queue/{name}",
        "AWS::ECS::TaskDefinition" => "arn:{partition}:ecs:{region}:{account}:task-definition/{name}:1",
        "AWS::EFS::FileSystem" => "fs-{hex17}",
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => {
            "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/app/{name}/{hex16}"
        }
        "AWS::ElasticLoadBalancingV2::TargetGroup" => {
            "arn:{partition}:elasticloadbalancing:{region}:{account}:targetgroup/{name}/{hex16}"
        }
        "AWS::MSK::Cluster" => "arn:{partition}:kafka:{region}:{account}:cluster/{name}/{uuid}-1",
        "AWS::Cognito::UserPool" => "{region}_{upper9}",
        "AWS::Cognito::UserPoolClient" => "{lower26}",
        "AWS::CloudFormation::WaitConditionHandle" => {
            "https://cloudformation-waitcondition-{region}.s3.{region}.{suffix}/{stack}/{logical}/{uuid}"
        }
        "AWS::CloudFormation::WaitCondition" => {
            "arn:{partition}:cloudformation:{region}:{account}:stack/{stack}/{uuid}/{logical}"
        }
        _ => "{name}",
    }
}

/// What can be read from a new resource.
pub(super) fn describe(world: &mut World, ask: &Ask<'_>, name: &str, arn: &str, made: &mut Made) {
    let id = made.physical_id.clone();
    if ask.row.type_name.is_empty() {
        made.attributes = generic_attributes(ask, name, &id);
        return;
    }
    if !arn.is_empty() {
        made.attributes.insert("Arn".into(), arn.into());
    }
    for (key, pattern) in ask.row.attributes {
        let text = expand(world, ask, pattern, name, arn, &id);
        made.attributes.insert((*key).to_owned(), text.into());
    }
}

fn generic_attributes(ask: &Ask<'_>, name: &str, id: &str) -> Map<String, Value> {
    let service = action_prefix(ask.resource_type);
    let kind = ask.resource_type.rsplit("::").next().unwrap_or_default().to_lowercase();
    let arn = if id.starts_with("arn:") {
        id.to_owned()
    } else {
        format!("arn:{}:{service}:{}:{}:{kind}/{id}", ask.region.partition(), ask.region, ask.account)
    };
    let mut attributes = Map::new();
    for (key, value) in [("Arn", arn.as_str()), ("Id", id), ("Name", name)] {
        attributes.insert(key.to_owned(), value.into());
    }
    if ask.resource_type == "AWS::CloudFormation::WaitCondition" {
        attributes.insert("Data".into(), "{}".into());
    }
    attributes
}

/// The first part of the IAM actions of a type's service.
fn action_prefix(resource_type: &str) -> String {
    let service = resource_type.split("::").nth(1).unwrap_or_default().to_lowercase();
    match service.as_str() {
        "certificatemanager" => "acm".to_owned(),
        "stepfunctions" => "states".to_owned(),
        "kinesisfirehose" => "firehose".to_owned(),
        "cognito" => "cognito-idp".to_owned(),
        _ => service,
    }
}

/// The action that a request takes; CloudFormation's own types and custom resources take none.
pub(super) fn action(ask: &Ask<'_>) -> String {
    let n = match ask.verb {
        Verb::Create => 0,
        Verb::Update => 1,
        Verb::Delete => 2,
    };
    if !ask.row.type_name.is_empty() {
        return ask.row.actions[n].to_owned();
    }
    let kind = ask.resource_type.rsplit("::").next().unwrap_or_default();
    if !ask.resource_type.starts_with("AWS::") || ask.resource_type.starts_with("AWS::CloudFormation::") {
        return String::new();
    }
    let prefix = action_prefix(ask.resource_type);
    // The actions of these types do not follow from their names.
    let (create, delete) = match ask.resource_type {
        "AWS::EC2::Instance" => ("ec2:RunInstances".to_owned(), "ec2:TerminateInstances".to_owned()),
        "AWS::KMS::Key" => ("kms:CreateKey".to_owned(), "kms:ScheduleKeyDeletion".to_owned()),
        "AWS::CertificateManager::Certificate" => {
            ("acm:RequestCertificate".to_owned(), "acm:DeleteCertificate".to_owned())
        }
        _ => (format!("{prefix}:Create{kind}"), format!("{prefix}:Delete{kind}")),
    };
    match ask.verb {
        Verb::Create => create,
        Verb::Update => format!("{prefix}:Update{kind}"),
        Verb::Delete => delete,
    }
}

/// The service's name in error texts.
pub(super) fn service(ask: &Ask<'_>) -> String {
    if ask.row.service.is_empty() {
        return ask.resource_type.split("::").nth(1).unwrap_or_default().to_owned();
    }
    ask.row.service.to_owned()
}

/// IAM's inline policies have ids of their own: the first letters of what made them, and a suffix.
pub(super) fn cut_text(text: &str, most: usize, suffix: &str) -> String {
    let room = most.saturating_sub(suffix.len()).max(4);
    format!("{}-{suffix}", text.chars().take(room).collect::<String>())
}
