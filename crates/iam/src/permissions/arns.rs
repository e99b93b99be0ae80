//! The ARNs and conditions that narrow a needed action.

use super::actions::{self, ActionResource};
use super::{Condition, ResourceUse, Scope, TypeFacts, naming};

/// The ARN patterns of an action that an operation on `resource` calls.
pub(super) fn resources(
    (facts, own_service): (&TypeFacts, &str),
    action: &str,
    resource: &ResourceUse<'_>,
    scope: &Scope,
) -> Vec<String> {
    let service = action.split(':').next().unwrap_or_default();
    if let Some(known) = by_hand((facts, own_service), service, action, resource, scope) {
        return known;
    }
    let Some(found) = actions::find(action) else { return vec!["*".to_owned()] };
    let all = found.resources();
    let own: Vec<ActionResource> = if service == own_service { own_of(facts, &all) } else { Vec::new() };
    let required: Vec<ActionResource> = all.iter().copied().filter(|r| r.required).collect();
    let chosen = match (own.is_empty(), required.len()) {
        // Actions on one of many kinds of resource, such as tagging, list every kind: only the own one counts.
        (false, 0) => own,
        (false, n) if n == required.iter().filter(|r| own.contains(r)).count() || many_kinds(found.name) => own,
        (_, 0) => all,
        _ => required,
    };
    let mut arns: Vec<String> = chosen.iter().flat_map(|r| fill(&r.arn(), facts, resource, scope)).collect();
    // A table without a stream has no stream that could be asked about.
    if facts.name == "AWS::DynamoDB::Table"
        && !resource.properties.iter().any(|p| p.starts_with("/StreamSpecification"))
    {
        arns.retain(|arn| !arn.contains("/stream/"));
    }
    arns.sort();
    arns.dedup();
    match arns.len() {
        0 => vec!["*".to_owned()],
        1..=12 => arns,
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
    (facts, own_service): (&TypeFacts, &str),
    service: &str,
    action: &str,
    resource: &ResourceUse<'_>,
    scope: &Scope,
) -> Option<Vec<String>> {
    let Scope { partition, region, account, .. } = scope;
    match (service, action) {
        ("apigateway", _) => {
            let paths = api_paths(facts.name, action);
            Some(paths.iter().map(|path| format!("arn:{partition}:apigateway:{region}::{path}")).collect())
        }
        ("s3", "s3:GetObject" | "s3:GetObjectVersion") if own_service != "s3" => {
            let mut buckets: Vec<&str> = referred(resource, "BucketName").collect();
            if buckets.is_empty() {
                buckets.push(scope.artifact_bucket.as_deref().unwrap_or("*"));
            }
            Some(buckets.iter().map(|bucket| format!("arn:{partition}:s3:::{bucket}/*")).collect())
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

/// The paths of the control plane that a type's handlers call with a verb: what is made is posted to a collection, all
/// else is done to what is in it. Tags are set with `POST` or `PUT` and taken away with `DELETE`.
fn api_paths(type_name: &str, action: &str) -> Vec<String> {
    let root = api_root(type_name);
    let (within, tags) = (format!("{root}/*"), "/tags/*".to_owned());
    let is_root = matches!(
        type_name.rsplit("::").next().unwrap_or_default(),
        "Account"
            | "Api"
            | "ApiKey"
            | "ClientCertificate"
            | "DomainName"
            | "DomainNameV2"
            | "RestApi"
            | "UsagePlan"
            | "VpcLink"
    );
    match action {
        "apigateway:POST" if is_root => vec![root.to_owned(), within, tags],
        "apigateway:POST" | "apigateway:PUT" | "apigateway:DELETE" => vec![within, tags],
        "apigateway:GET" | "apigateway:PATCH" if root != "/account" => vec![within],
        _ => vec![root.to_owned(), within, tags],
    }
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

/// An ARN of the reference with its places filled: one for each combination of the names that are referred to, and the
/// ARNs among the references as they are.
fn fill(arn: &str, facts: &TypeFacts, resource: &ResourceUse<'_>, scope: &Scope) -> Vec<String> {
    let service = arn.split(':').nth(2).unwrap_or_default();
    let of_service = |text: &str| text.split(':').nth(2).is_some_and(|s| s == service || s == "*");
    let mut whole: Vec<String> = Vec::new();
    let mut filled = vec![String::new()];
    let mut rest = arn;
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else { break };
        let place = &rest[start + 2..start + length];
        let values: Vec<String> = match place {
            "Partition" => vec![scope.partition.clone()],
            "Region" => vec![scope.region.clone()],
            "Account" => vec![scope.account.clone()],
            // In its own place it is that of the resource; below it, it names another.
            "AccountId" if is_account(&filled, &rest[..start]) => vec![scope.account.clone()],
            place if is_name(facts, place) => vec![physical_name(facts, resource, scope)],
            place => {
                let (arns, names): (Vec<&str>, Vec<&str>) =
                    referred(resource, place).partition(|text| text.starts_with("arn:"));
                let arns: Vec<&str> = arns.into_iter().filter(|text| of_service(text)).collect();
                whole.extend(arns.iter().map(|text| (*text).to_owned()));
                match (arns.is_empty(), names.is_empty()) {
                    (true, true) => vec!["*".to_owned()],
                    _ => names.into_iter().map(str::to_owned).collect(),
                }
            }
        };
        let before = &rest[..start];
        filled = filled.iter().flat_map(|f| values.iter().map(move |v| format!("{f}{before}{v}"))).collect();
        rest = &rest[start + length + 1..];
    }
    let done = filled.into_iter().map(|f| one_star(f + rest));
    done.chain(whole).collect()
}

/// Whether what comes next in an ARN is its account.
fn is_account(filled: &[String], before: &str) -> bool {
    filled.first().is_some_and(|f| f.matches(':').count() + before.matches(':').count() == 4) && before.ends_with(':')
}

fn one_star(mut text: String) -> String {
    while text.contains("**") {
        text = text.replace("**", "*");
    }
    text
}

fn referred<'a>(resource: &ResourceUse<'a>, place: &str) -> impl Iterator<Item = &'a str> {
    let place = place.strip_suffix("WithPath").unwrap_or(place).to_owned();
    resource.references.iter().filter(move |(p, _)| *p == place).map(|(_, name)| *name)
}

/// The ARNs that a resource itself has, as patterns. None where the reference knows no such resource.
pub(super) fn own(facts: &TypeFacts, resource: &ResourceUse<'_>, scope: &Scope) -> Vec<String> {
    let service = facts.own_service();
    for action in ['D', 'C', 'R'].iter().flat_map(|letter| facts.actions(*letter)) {
        if action.split(':').next() != Some(service) {
            continue;
        }
        let Some(found) = actions::find(&action) else { continue };
        let mine = own_of(facts, &found.resources());
        if let Some(first) = mine.first() {
            return fill(&first.arn(), facts, resource, scope);
        }
    }
    Vec::new()
}

/// The places in the ARNs of an action's resources, without those that every ARN has.
pub(super) fn places(action: &str) -> Vec<String> {
    let Some(found) = actions::find(action) else { return Vec::new() };
    let mut places = Vec::new();
    for arn in found.resources().iter().map(ActionResource::arn) {
        for part in arn.split("${").skip(1) {
            let place = part.split('}').next().unwrap_or_default();
            let place = place.strip_suffix("WithPath").unwrap_or(place);
            if !["Partition", "Region", "Account"].contains(&place) {
                places.push(place.to_owned());
            }
        }
    }
    places
}

/// Whether a place in an ARN is for the type's own physical name.
fn is_name(facts: &TypeFacts, place: &str) -> bool {
    let place = place.strip_suffix("WithPath").unwrap_or(place);
    if naming::is_own_place(facts.name, place) {
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

/// The given name; else the start of the one CloudFormation makes.
fn physical_name(facts: &TypeFacts, resource: &ResourceUse<'_>, scope: &Scope) -> String {
    if let Some(name) = resource.name {
        return name.to_owned();
    }
    naming::made_names(facts.name, "*", scope.stack.as_deref()).pop().unwrap_or_else(|| "*".to_owned())
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
