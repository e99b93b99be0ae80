//! `S3`: notifications of a bucket in the same template.

use super::{Event, EventKind, Target, permission};
use crate::Node;
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::distinct::Distinct;
use crate::sam::error::Fault;
use crate::sam::existing;
use crate::sam::expect::{Owner, expect};
use crate::sam::make::{conditional, made, no_value, node, reference};
use crate::sam::property::{Property, Shape};
use crate::sam::translation::Translation;

/// The event source.
pub static KIND: EventKind = EventKind {
    name: "S3",
    properties: &[
        Property::new("Bucket", Shape::Str).required(),
        Property::new("Events", Shape::OneOf(&[Shape::Str, Shape::ListOf(&Shape::Str)])).required().literal(),
        Property::new("Filter", Shape::MapOf(&Shape::Str)),
    ],
    link,
    translate,
};

/// `AWS::S3::Bucket`.
pub static BUCKET: CfnType = CfnType::new(
    "AWS::S3::Bucket",
    &[
        "AccessControl",
        "AccelerateConfiguration",
        "AnalyticsConfigurations",
        "BucketEncryption",
        "BucketName",
        "CorsConfiguration",
        "IntelligentTieringConfigurations",
        "InventoryConfigurations",
        "LifecycleConfiguration",
        "LoggingConfiguration",
        "MetricsConfigurations",
        "NotificationConfiguration",
        "ObjectLockConfiguration",
        "ObjectLockEnabled",
        "OwnershipControls",
        "PublicAccessBlockConfiguration",
        "ReplicationConfiguration",
        "Tags",
        "VersioningConfiguration",
        "WebsiteConfiguration",
    ],
)
.replacing(&["AWS::S3::Bucket"]);

/// The logical id of the bucket, if the event refers to one of the template.
fn bucket_id<'a>(event: &'a Event, t: &Translation<'_>) -> Result<&'a str, Fault> {
    if let Some(id) = event.get("Bucket").and_then(|bucket| bucket.get("Ref")) {
        let fault = || event.fault("'Ref' value in S3 events is not a valid string.").at(id.span);
        let id = id.as_str().ok_or_else(fault)?;
        if t.original_types.contains_key(id) {
            return Ok(id);
        }
    }
    Err(event.fault("S3 events must reference an S3 bucket in the same template."))
}

fn link(event: &Event, t: &Translation<'_>) -> Result<(), Fault> {
    bucket_id(event, t).map(|_| ())
}

fn translate(event: &mut Event, target: &mut Target<'_>, t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    let id = bucket_id(event, t)?.to_owned();
    let mut permission = permission::construct(event, target, "s3.amazonaws.com", "", None)?;
    permission.set("SourceAccount", reference(event.span, "AWS::AccountId"));
    match permission.attributes.get("Condition").cloned() {
        Some(condition) => depend_by_tag(event, &id, &permission, condition, t)?,
        None => depend(event, &id, &permission, t)?,
    }
    add_notifications(event, target, &id, t)?;
    existing::check(&BUCKET, &id, t)?;
    target.changed.insert(id);
    Ok(vec![permission])
}

/// The bucket waits for the permission, since S3 checks it when the notification is configured.
fn depend(event: &Event, id: &str, permission: &Resource, t: &mut Translation<'_>) -> Result<(), Fault> {
    let Some(bucket) = t.resources.get(id).and_then(Node::as_map) else { return Ok(()) };
    let given = bucket.get("DependsOn");
    let change = t.changes.of(id, &BUCKET);
    change.waits_for(given, node!(event.span, &permission.logical_id)).ok_or_else(|| {
        let message = "Invalid type for field 'DependsOn'. Expected a string or list of strings.";
        Fault::resource(&event.logical_id, message).at(given.map_or(event.span, |given| given.span))
    })
}

/// A permission with a condition cannot stand in `DependsOn`, so a tag that refers to it if the condition holds makes
/// the bucket wait.
fn depend_by_tag(
    event: &Event,
    id: &str,
    permission: &Resource,
    condition: Node,
    t: &mut Translation<'_>,
) -> Result<(), Fault> {
    let properties = existing::properties(id, event.span, &mut t.resources)?;
    if properties.get("Tags").is_none_or(Node::is_null) {
        properties.insert_at("Tags", made(event.span), node!(event.span, []));
    }
    expect(properties.get("Tags"), Owner::Resource(id), "Tags").list()?;
    let key = format!("sam:ConditionalDependsOn:{}", permission.logical_id);
    let value = conditional(event.span, condition, permission.reference(), "no dependency");
    if let Some(tags) = properties.get_mut("Tags").and_then(Node::as_list_mut) {
        tags.push(node!(event.span, { "Key": key, "Value": value }));
    }
    Ok(())
}

fn add_notifications(event: &Event, target: &Target<'_>, id: &str, t: &mut Translation<'_>) -> Result<(), Fault> {
    let span = event.span;
    let Some(types) = event.get("Events") else { return Ok(()) };
    let types = types.as_list().unwrap_or(std::slice::from_ref(types));
    let properties = existing::properties(id, span, &mut t.resources)?;
    if properties.get("NotificationConfiguration").is_none_or(Node::is_null) {
        properties.insert_at("NotificationConfiguration", made(span), node!(span, {}));
    }
    let name = "NotificationConfiguration";
    expect(properties.get(name), Owner::Resource(id), name).map()?;
    let Some(config) = properties.get_mut(name).and_then(Node::as_map_mut) else { return Ok(()) };
    if config.get("LambdaConfigurations").is_none_or(Node::is_null) {
        config.insert_at("LambdaConfigurations", made(span), node!(span, []));
    }
    let Some(list) = config.get_mut("LambdaConfigurations").and_then(Node::as_list_mut) else {
        return Err(Fault::resource(id, "Invalid type for LambdaConfigurations. Must be a list.").at(span));
    };
    let seen = t.changes.of(id, &BUCKET).notifications.get_or_insert_with(|| Distinct::of(list));
    for kind in types {
        let mut mapping = node!(span, { "Function": target.arn() });
        if let Some(map) = mapping.as_map_mut() {
            if let Some(filter) = event.get("Filter") {
                map.insert_at("Filter", made(span), filter.clone());
            }
            map.insert_at("Event", made(span), kind.clone());
        }
        if let Some(condition) = target.attributes.get("Condition") {
            mapping = conditional(span, condition, mapping, no_value(span));
        }
        seen.push(list, mapping);
    }
    Ok(())
}
