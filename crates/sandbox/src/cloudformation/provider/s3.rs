//! S3: buckets and their policies, made through S3 itself.

use super::naming::Style;
use super::{Ask, HandlerError, Made, Provider, Verb};
use crate::call::{AwsError, Call};
use crate::services::s3;
use crate::wire::{Protocol, WireRequest};
use crate::world::World;
use serde_json::Value;

/// The rows of S3.
pub(super) static ROWS: &[Provider] = &[
    Provider::new("AWS::S3::Bucket", "S3")
        .named("BucketName", Style::Lower(63))
        .arn("arn:{partition}:s3:::{name}")
        .attributes(&[
            ("DomainName", "{name}.s3.{suffix}"),
            ("RegionalDomainName", "{name}.s3.{region}.{suffix}"),
            ("DualStackDomainName", "{name}.s3.dualstack.{region}.{suffix}"),
            ("WebsiteURL", "http://{name}.s3-website-{region}.{suffix}"),
        ])
        .tagged()
        .takes(22, 21, 3)
        .hook(bucket),
    Provider::new("AWS::S3::BucketPolicy", "S3")
        .id("{Bucket}")
        .replaced_by(&["Bucket"])
        .takes(3, 3, 2)
        .hook(bucket_policy),
];

/// Sends S3 a request as whoever acts for the stack.
fn send(
    world: &mut World,
    ask: &Ask<'_>,
    method: &str,
    bucket: &str,
    query: &str,
    body: String,
) -> Result<(), AwsError> {
    let http = WireRequest {
        method: method.into(),
        path: format!("/{bucket}"),
        query: query.into(),
        body: body.into_bytes(),
        ..WireRequest::default()
    };
    let operation = s3::route(&http).unwrap_or("Unknown").to_owned();
    let call = Call {
        service: "s3",
        operation,
        input: Value::Object(serde_json::Map::new()),
        principal: ask.principal.clone(),
        account: ask.account.clone(),
        region: ask.region.clone(),
        request_id: world.ids.uuid(),
        protocol: Protocol::RestXml,
        http: &http,
    };
    s3::call(world, &call).map(drop)
}

fn refused(world: &mut World, error: &AwsError, bucket: &str) -> HandlerError {
    let (code, text) = match error.code.as_str() {
        "BucketAlreadyExists" | "BucketAlreadyOwnedByYou" => {
            return HandlerError::Plain(format!("{bucket} already exists"));
        }
        "AccessDenied" => ("AccessDenied", error.message.clone()),
        "NoSuchBucket" => ("NotFound", error.message.clone()),
        _ => ("InvalidRequest", error.message.clone()),
    };
    HandlerError::of_service(world, "S3", error.status, code, &text)
}

fn bucket(world: &mut World, ask: &Ask<'_>, made: &mut Made) -> Result<(), HandlerError> {
    let name = made.physical_id.clone();
    let result = match ask.verb {
        Verb::Create => {
            let body = if ask.region.as_str() == "us-east-1" {
                String::new()
            } else {
                format!(
                    "<CreateBucketConfiguration><LocationConstraint>{}</LocationConstraint></CreateBucketConfiguration>",
                    ask.region
                )
            };
            send(world, ask, "PUT", &name, "", body)
        }
        Verb::Update => Ok(()),
        Verb::Delete => match send(world, ask, "DELETE", &name, "", String::new()) {
            Err(e) if e.code == "NoSuchBucket" => return Ok(()),
            other => return other.map_err(|e| refused(world, &e, &name)),
        },
    };
    result.map_err(|e| refused(world, &e, &name))?;
    let settings = [versioning(ask), tagging(ask)];
    for (query, body) in settings.into_iter().flatten() {
        send(world, ask, "PUT", &name, query, body).map_err(|e| refused(world, &e, &name))?;
    }
    Ok(())
}

fn versioning(ask: &Ask<'_>) -> Option<(&'static str, String)> {
    let status = |p: &Value| p.pointer("/VersioningConfiguration/Status").and_then(Value::as_str).map(str::to_owned);
    let wanted = status(ask.properties).or_else(|| ask.previous.and_then(status).map(|_| "Suspended".to_owned()))?;
    Some(("versioning", format!("<VersioningConfiguration><Status>{wanted}</Status></VersioningConfiguration>")))
}

fn tagging(ask: &Ask<'_>) -> Option<(&'static str, String)> {
    let escape = |text: &str| crate::wire::xml::escape_text(text);
    let tags: String = ask
        .all_tags()
        .iter()
        .map(|(k, v)| format!("<Tag><Key>{}</Key><Value>{}</Value></Tag>", escape(k), escape(v)))
        .collect();
    Some(("tagging", format!("<Tagging><TagSet>{tags}</TagSet></Tagging>")))
}

fn bucket_policy(world: &mut World, ask: &Ask<'_>, made: &mut Made) -> Result<(), HandlerError> {
    let name = made.physical_id.clone();
    let policy = ask.properties.get("PolicyDocument").map(|p| p.as_str().map_or_else(|| p.to_string(), str::to_owned));
    let result = match ask.verb {
        Verb::Delete => send(world, ask, "DELETE", &name, "policy", String::new()),
        _ => send(world, ask, "PUT", &name, "policy", policy.unwrap_or_default()),
    };
    match result {
        Err(e) if ask.verb == Verb::Delete && (e.code == "NoSuchBucket" || e.code == "NoSuchBucketPolicy") => Ok(()),
        other => other.map_err(|e| refused(world, &e, &name)),
    }
}
