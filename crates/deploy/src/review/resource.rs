//! The resources of a template with their policies.

use super::collect::{Collector, Shelf};
use super::document::find;
use super::file::as_document;
use super::settle::{ACCOUNT, target};
use base::Span;
use iam::Kind;
use iam::check::{Finding, ResourceFacts, check_resource};
use serde_json::Value;
use std::collections::HashMap;
use template::intrinsic::function;
use template::model::{Resource, Retention};
use template::{Map, Node};

/// Properties that hold a resource's own policy.
const OWN: &[(&str, &str)] = &[
    ("AWS::Backup::BackupVault", "/AccessPolicy"),
    ("AWS::CodeArtifact::Domain", "/PermissionsPolicyDocument"),
    ("AWS::CodeArtifact::Repository", "/PermissionsPolicyDocument"),
    ("AWS::DynamoDB::Table", "/ResourcePolicy/PolicyDocument"),
    ("AWS::DynamoDB::Table", "/StreamSpecification/ResourcePolicy/PolicyDocument"),
    ("AWS::ECR::RegistryPolicy", "/PolicyText"),
    ("AWS::ECR::Repository", "/RepositoryPolicyText"),
    ("AWS::EFS::FileSystem", "/FileSystemPolicy"),
    ("AWS::Elasticsearch::Domain", "/AccessPolicies"),
    ("AWS::Events::EventBus", "/Policy"),
    ("AWS::KMS::Key", "/KeyPolicy"),
    ("AWS::KMS::ReplicaKey", "/KeyPolicy"),
    ("AWS::Logs::ResourcePolicy", "/PolicyDocument"),
    ("AWS::MSK::ClusterPolicy", "/Policy"),
    ("AWS::MediaStore::Container", "/Policy"),
    ("AWS::OpenSearchService::Domain", "/AccessPolicies"),
    ("AWS::S3::AccessPoint", "/Policy"),
    ("AWS::S3::MultiRegionAccessPointPolicy", "/Policy"),
    ("AWS::S3ObjectLambda::AccessPointPolicy", "/PolicyDocument"),
    ("AWS::S3Tables::TableBucketPolicy", "/ResourcePolicy"),
    ("AWS::S3Tables::TablePolicy", "/ResourcePolicy"),
    ("AWS::XRay::ResourcePolicy", "/PolicyDocument"),
];

/// Resources that are policies of others: the document, the property that names the others, and their type.
const ATTACHED: &[(&str, &str, &str, &str)] = &[
    ("AWS::Kinesis::ResourcePolicy", "ResourcePolicy", "ResourceArn", "AWS::Kinesis::Stream"),
    ("AWS::S3::BucketPolicy", "PolicyDocument", "Bucket", "AWS::S3::Bucket"),
    ("AWS::S3Express::BucketPolicy", "PolicyDocument", "Bucket", "AWS::S3Express::DirectoryBucket"),
    ("AWS::SNS::TopicInlinePolicy", "PolicyDocument", "TopicArn", "AWS::SNS::Topic"),
    ("AWS::SNS::TopicPolicy", "PolicyDocument", "Topics", "AWS::SNS::Topic"),
    ("AWS::SQS::QueueInlinePolicy", "PolicyDocument", "Queue", "AWS::SQS::Queue"),
    ("AWS::SQS::QueuePolicy", "PolicyDocument", "Queues", "AWS::SQS::Queue"),
    ("AWS::SecretsManager::ResourcePolicy", "ResourcePolicy", "SecretId", "AWS::SecretsManager::Secret"),
];

pub(super) fn review(c: &mut Collector<'_>) {
    let mut shelves: HashMap<&str, Shelf> = HashMap::new();
    for (id, resource) in &c.template.resources {
        attach(c, id, resource, &mut shelves);
    }
    let shown: Vec<&str> = c.template.parameters.iter().filter(|(_, p)| !p.no_echo).map(|(name, _)| *name).collect();
    for (id, resource) in &c.template.resources {
        let shelf = shelves.remove(id).unwrap_or_default();
        one(c, id, resource, shelf, &shown);
        metadata(c, id, resource);
    }
    parameters(c);
}

/// Puts a policy to the resource of the template that it is about, or to itself when that is elsewhere.
fn attach<'t>(c: &mut Collector<'t>, id: &'t str, resource: &Resource<'t>, shelves: &mut HashMap<&'t str, Shelf>) {
    for (_, pointer) in OWN.iter().filter(|(kind, _)| *kind == resource.kind) {
        let node = resource.properties.and_then(|p| find(p, pointer).node);
        if let Some(policy) = node.and_then(|node| c.policy(node, Kind::Resource)) {
            shelves.entry(id).or_default().add(id, policy);
        }
    }
    if resource.kind == "AWS::Events::EventBusPolicy"
        && let Some(policy) = bus_policy(resource).and_then(|node| c.policy(&node, Kind::Resource))
    {
        shelves.entry(id).or_default().add(id, policy);
    }
    let Some((_, document, others, _)) = ATTACHED.iter().find(|(kind, ..)| *kind == resource.kind) else { return };
    let Some(policy) = resource.property(document).and_then(|node| c.policy(node, Kind::Resource)) else { return };
    let named = resource.property(others);
    let items = named.map(|n| n.as_list().unwrap_or(std::slice::from_ref(n))).unwrap_or_default();
    let known: Vec<&str> = items
        .iter()
        .filter_map(target)
        .filter_map(|other| c.template.resources.get_key_value(other))
        .map(|(other, _)| *other)
        .collect();
    if known.is_empty() {
        shelves.entry(id).or_default().add(id, policy);
    } else {
        for other in known {
            shelves.entry(other).or_default().add(id, policy.clone());
        }
    }
}

/// The policy of an event bus stands as one statement, or as the parts of one.
fn bus_policy(resource: &Resource<'_>) -> Option<Node> {
    if let Some(statement) = resource.property("Statement") {
        return Some(as_document(statement));
    }
    // A principal is `*` or an account, and a condition has its parts under names of their own.
    let whom = resource.property("Principal").filter(|_| resource.property("Condition").is_none())?;
    let mut statement = Map::new();
    statement.insert("Effect", Node::new("Allow", whom.span));
    let principal = if whom.as_str() == Some("*") {
        whom.clone()
    } else {
        let mut map = Map::new();
        map.insert("AWS", whom.clone());
        Node::new(template::Value::Map(map), whom.span)
    };
    statement.insert("Principal", principal);
    statement.insert("Action", resource.property("Action")?.clone());
    statement.insert("Resource", Node::new("*", whom.span));
    Some(as_document(&Node::new(template::Value::Map(statement), whom.span)))
}

fn one(c: &mut Collector<'_>, id: &str, resource: &Resource<'_>, shelf: Shelf, shown: &[&str]) {
    let attached = ATTACHED.iter().find(|(kind, ..)| *kind == resource.kind);
    if attached.is_some() && shelf.is_empty() {
        return;
    }
    let settled = resource.properties.and_then(|p| c.settler.settle(p));
    let properties = settled.as_ref().map_or_else(|| Value::Object(serde_json::Map::new()), template::write::to_json);
    let facts = ResourceFacts {
        name: id,
        resource_type: attached.map_or(resource.kind, |(.., kind)| kind),
        // The properties of a policy are not those of what it is about.
        properties: attached.is_none().then_some(&properties),
        shown_parameters: shown,
        policies: shelf.named(),
        policies_complete: true,
        deletion_policy: attached.is_none().then(|| said(resource, "DeletionPolicy", resource.deletion_policy)),
        update_replace_policy: attached
            .is_none()
            .then(|| said(resource, "UpdateReplacePolicy", resource.update_replace_policy)),
        account: Some(ACCOUNT),
        ..ResourceFacts::default()
    };
    for finding in check_resource(&facts) {
        if is_about_others(c, id, &finding) {
            continue;
        }
        if finding.rule == "RES-007" {
            match secret_place(c, resource, &finding) {
                Some(span) if span != Span::default() => c.add(&finding, span),
                Some(_) => c.add(&finding, c.within(id, resource, &finding.path)),
                None => {}
            }
            continue;
        }
        let span = shelf.place(&finding.path).filter(|span| *span != Span::default());
        c.add(&finding, span.unwrap_or_else(|| c.within(id, resource, &finding.path)));
    }
}

/// Secrets beside the properties: what `cfn-init` is told stands there.
fn metadata(c: &mut Collector<'_>, id: &str, resource: &Resource<'_>) {
    let Some(node) = resource.node.get("Metadata") else { return };
    let Some(settled) = c.settler.settle(node) else { return };
    let properties = template::write::to_json(&settled);
    let facts = ResourceFacts {
        name: id,
        resource_type: "metadata",
        properties: Some(&properties),
        ..ResourceFacts::default()
    };
    for finding in check_resource(&facts) {
        let span = find(node, &finding.path).span;
        c.add(&finding, if span == Span::default() { c.place(id, resource) } else { span });
    }
}

/// Whether a finding is about what a transform made and nobody can change.
fn is_about_others(c: &Collector<'_>, id: &str, finding: &Finding) -> bool {
    finding.rule == "RES-006" && !c.is_written(id)
}

/// Where the text of a secret stands: in the property, or in the default of the parameter it refers to, if there is one.
/// Nothing when it is put together from parts.
fn secret_place(c: &Collector<'_>, resource: &Resource<'_>, finding: &Finding) -> Option<Span> {
    let node = find(resource.properties?, &finding.path).node?;
    if node.as_str().is_some() {
        return Some(node.span);
    }
    let (called, name) = function(node)?;
    if called == "Fn::Base64" {
        return Some(name.span);
    }
    if called != "Ref" {
        return None;
    }
    let name = name.as_str().filter(|name| c.template.parameters.contains_key(name))?;
    Some(c.template.node.at(&["Parameters", name, "Default"]).map_or(node.span, |default| default.span))
}

/// What is written for `DeletionPolicy` or `UpdateReplacePolicy`; a function is something too.
fn said(resource: &Resource<'_>, name: &str, read: Option<Retention>) -> Option<&'static str> {
    let written = resource.node.get(name).is_some_and(|n| !n.is_null());
    read.map(Retention::as_str).or(written.then_some("Delete"))
}

/// Secrets in the defaults of parameters.
fn parameters(c: &mut Collector<'_>) {
    let declared = c.template.node.get("Parameters").and_then(Node::as_map);
    for (name, parameter) in &c.template.parameters {
        let Some(default) = declared.and_then(|map| map.get(name)).and_then(|node| node.get("Default")) else {
            continue;
        };
        // A default that is read from the Parameter Store is a name.
        if parameter.no_echo
            && let Some(text) = default.as_str()
        {
            let properties: Value = serde_json::json!({ *name: text });
            let facts = ResourceFacts {
                name,
                resource_type: "parameter",
                properties: Some(&properties),
                ..ResourceFacts::default()
            };
            for finding in check_resource(&facts) {
                c.add(&finding, default.span);
            }
        }
    }
}
