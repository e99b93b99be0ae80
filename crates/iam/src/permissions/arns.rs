//! The ARNs and conditions that narrow a needed action.

use super::actions::{self, ActionResource};
use super::{Condition, ResourceUse, Scope, TypeFacts};

/// The ARN patterns of an action that an operation on `resource` calls.
pub(super) fn resources(facts: &TypeFacts, action: &str, resource: &ResourceUse<'_>, scope: &Scope) -> Vec<String> {
    let service = action.split(':').next().unwrap_or_default();
    if let Some(known) = by_hand(facts, service, action, resource, scope) {
        return known;
    }
    let Some(found) = actions::find(action) else { return vec!["*".to_owned()] };
    let all = found.resources();
    let own: Vec<ActionResource> = if service == facts.own_service() { own_of(facts, &all) } else { Vec::new() };
    let required: Vec<ActionResource> = all.iter().copied().filter(|r| r.required).collect();
    let chosen = match (own.is_empty(), required.len()) {
        // Actions on one of many kinds of resource, such as tagging, list every kind: only the own one counts.
        (false, 0) => own,
        (false, n) if n == required.iter().filter(|r| own.contains(r)).count() || many_kinds(found.name) => own,
        (_, 0) => all,
        _ => required,
    };
    let mut arns: Vec<String> = chosen.iter().map(|r| fill(&r.arn(), facts, resource, scope)).collect();
    arns.sort();
    arns.dedup();
    match arns.len() {
        0 => vec!["*".to_owned()],
        1..=6 => arns,
        _ => vec![common_start(&arns)],
    }
}

fn many_kinds(action: &str) -> bool {
    ["Tag", "Untag", "UnTag", "AddTags", "RemoveTags", "ListTags", "CreateTags", "DeleteTags"]
        .iter()
        .any(|p| action.starts_with(p))
}

/// Resources whose name in the reference is the type's last word, else those that contain it.
fn own_of(facts: &TypeFacts, all: &[ActionResource]) -> Vec<ActionResource> {
    let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let noun = plain(facts.noun());
    let equal: Vec<ActionResource> = all.iter().copied().filter(|r| plain(r.name) == noun).collect();
    if !equal.is_empty() {
        return equal;
    }
    let near = |r: &ActionResource| {
        let name = plain(r.name);
        name.starts_with(&noun) || noun.ends_with(&name) || noun.starts_with(&name)
    };
    all.iter().copied().filter(near).collect()
}

/// Cases in which the reference is too coarse or too fine.
fn by_hand(
    facts: &TypeFacts,
    service: &str,
    action: &str,
    resource: &ResourceUse<'_>,
    scope: &Scope,
) -> Option<Vec<String>> {
    let Scope { partition, region, account, .. } = scope;
    match (service, action) {
        ("apigateway", _) => {
            let root = api_root(facts.name);
            let tags = format!("arn:{partition}:apigateway:{region}::/tags/*");
            let arn = |rest: &str| format!("arn:{partition}:apigateway:{region}::{rest}");
            Some(vec![arn(root), arn(&format!("{root}/*")), tags])
        }
        ("s3", "s3:GetObject" | "s3:GetObjectVersion") if facts.own_service() != "s3" => {
            let bucket = scope.artifact_bucket.as_deref().unwrap_or("*");
            Some(vec![format!("arn:{partition}:s3:::{bucket}/*")])
        }
        _ if facts.name == CUSTOM && resource.name.is_some() => resource.name.map(|token| vec![token.to_owned()]),
        ("iam", "iam:CreateServiceLinkedRole") => {
            Some(vec![format!("arn:{partition}:iam::{account}:role/aws-service-role/*")])
        }
        _ => None,
    }
}

const CUSTOM: &str = "AWS::CloudFormation::CustomResource";

/// A custom resource is served by a function or by a topic, which its token tells.
pub(super) fn serves(facts: &TypeFacts, action: &str, resource: &ResourceUse<'_>) -> bool {
    let Some(token) = resource.name.filter(|name| facts.name == CUSTOM && name.starts_with("arn:")) else {
        return true;
    };
    token.split(':').nth(2) == action.split(':').next()
}

/// The path of the API Gateway control plane below which a type's resources lie.
fn api_root(type_name: &str) -> &'static str {
    match type_name {
        "AWS::ApiGateway::Account" => "/account",
        "AWS::ApiGateway::ApiKey" => "/apikeys",
        "AWS::ApiGateway::ClientCertificate" => "/clientcertificates",
        "AWS::ApiGateway::UsagePlan" | "AWS::ApiGateway::UsagePlanKey" => "/usageplans",
        "AWS::ApiGateway::VpcLink" | "AWS::ApiGatewayV2::VpcLink" => "/vpclinks",
        t if t.contains("DomainName") || t.contains("Mapping") => "/domainnames",
        t if t.starts_with("AWS::ApiGatewayV2::") => "/apis",
        _ => "/restapis",
    }
}

fn fill(arn: &str, facts: &TypeFacts, resource: &ResourceUse<'_>, scope: &Scope) -> String {
    let mut out = String::new();
    let mut rest = arn;
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else { break };
        out.push_str(&rest[..start]);
        match &rest[start + 2..start + length] {
            "Partition" => out.push_str(&scope.partition),
            "Region" => out.push_str(&scope.region),
            "Account" => out.push_str(&scope.account),
            place if referred(resource, place).is_some() => out.push_str(referred(resource, place).unwrap_or("*")),
            place if is_name(facts, place) => out.push_str(&physical_name(facts, resource, scope)),
            _ => out.push('*'),
        }
        rest = &rest[start + length + 1..];
    }
    out.push_str(rest);
    while out.contains("**") {
        out = out.replace("**", "*");
    }
    out
}

fn referred<'a>(resource: &ResourceUse<'a>, place: &str) -> Option<&'a str> {
    let place = place.strip_suffix("WithPath").unwrap_or(place);
    resource.references.iter().find(|(p, _)| *p == place).map(|(_, name)| *name)
}

/// Whether a place in an ARN is for the type's own physical name.
fn is_name(facts: &TypeFacts, place: &str) -> bool {
    let place = place.strip_suffix("WithPath").unwrap_or(place);
    if (facts.name, place) == ("AWS::Lambda::LayerVersion", "LayerName") {
        return true;
    }
    let Some(property) = facts.name_property else { return false };
    let noun = facts.noun();
    let last_word = noun.rfind(|c: char| c.is_ascii_uppercase()).map_or(noun, |at| &noun[at..]);
    place.eq_ignore_ascii_case(property)
        || [noun, last_word].iter().any(|n| {
            place.len() == n.len() + 4 && place.to_ascii_lowercase() == format!("{}name", n.to_ascii_lowercase())
        })
}

/// The given name; else the start of the one CloudFormation makes, `STACK-LOGICALID-RANDOM`, of which long names are
/// cut within the stack's name.
fn physical_name(facts: &TypeFacts, resource: &ResourceUse<'_>, scope: &Scope) -> String {
    if let Some(name) = resource.name {
        return name.to_owned();
    }
    let Some(stack) = scope.stack.as_deref() else { return "*".to_owned() };
    let lower = facts.name == "AWS::S3::Bucket";
    let start: String = stack.chars().take(24).collect();
    let start = if lower { start.to_ascii_lowercase() } else { start };
    if stack.chars().count() > 24 { format!("{start}*") } else { format!("{start}-*") }
}

fn common_start(arns: &[String]) -> String {
    let Some(first) = arns.first() else { return "*".to_owned() };
    let shared =
        arns.iter().map(|a| a.bytes().zip(first.bytes()).take_while(|(x, y)| x == y).count()).min().unwrap_or(0);
    let cut = (0..=shared).rev().find(|n| first.is_char_boundary(*n)).unwrap_or(0);
    format!("{}*", first[..cut].trim_end_matches('*'))
}

/// The conditions that an action supports and that follow from the use.
pub(super) fn conditions(facts: &TypeFacts, action: &str, scope: &Scope) -> Vec<Condition> {
    let equals = |key, value: String| vec![Condition { operator: "StringEquals", key, value }];
    match action {
        "iam:PassRole" => equals("iam:PassedToService", passed_to(facts).to_owned()),
        // The actions that support the key, in the service authorization reference for IAM.
        "iam:CreateRole"
        | "iam:PutRolePolicy"
        | "iam:AttachRolePolicy"
        | "iam:DetachRolePolicy"
        | "iam:DeleteRolePolicy"
        | "iam:PutRolePermissionsBoundary"
        | "iam:CreateUser"
        | "iam:PutUserPolicy"
        | "iam:AttachUserPolicy"
        | "iam:DetachUserPolicy"
        | "iam:DeleteUserPolicy"
        | "iam:PutUserPermissionsBoundary" => {
            scope.boundary.as_ref().map_or_else(Vec::new, |b| equals("iam:PermissionsBoundary", b.clone()))
        }
        _ => Vec::new(),
    }
}

/// The service that receives a role from a resource of this type.
fn passed_to(facts: &TypeFacts) -> String {
    let service = match (facts.name, facts.own_service()) {
        ("AWS::ECS::TaskDefinition", _) => "ecs-tasks",
        ("AWS::IAM::InstanceProfile", _) => "ec2",
        ("AWS::ApplicationAutoScaling::ScalableTarget", _) => "application-autoscaling",
        ("AWS::Batch::JobDefinition", _) => "ecs-tasks",
        ("AWS::RDS::DBInstance" | "AWS::RDS::DBCluster" | "AWS::RDS::DBProxy", _) => "rds",
        (_, "cognito-identity" | "cognito-idp") => "cognito-idp",
        (_, "elasticmapreduce") => "elasticmapreduce",
        (_, own) => own,
    };
    format!("{service}.amazonaws.com")
}
