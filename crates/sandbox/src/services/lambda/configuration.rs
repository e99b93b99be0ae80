//! A function, a version and an alias as the API shows them.

use super::super::resources::Resource;
use crate::call::as_integer;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Properties that the API shows as the template gives them.
const SAME: [&str; 9] = [
    "Runtime",
    "Role",
    "Handler",
    "Description",
    "PackageType",
    "Architectures",
    "Environment",
    "FileSystemConfigs",
    "ImageConfig",
];

/// `FunctionConfiguration` of `$LATEST` or of a version.
pub(super) fn of(function: &Resource, version: Option<&Resource>) -> Value {
    let number = version.and_then(|v| v.attribute("Version")).unwrap_or("$LATEST");
    // A version keeps the properties that the function had when it was published.
    let frozen = version.and_then(|v| v.attributes.get("Frozen"));
    let properties = frozen.unwrap_or(&function.properties);
    let get = |name: &str| properties.get(name).cloned();
    let arn = if number == "$LATEST" { function.arn().to_owned() } else { format!("{}:{number}", function.arn()) };
    let integer = |name: &str, default: i64| get(name).as_ref().and_then(as_integer).unwrap_or(default);
    let sha = version.and_then(|v| v.attribute("CodeSha256")).or_else(|| function.attribute("CodeSha256"));
    let mut out: Map<String, Value> = SAME.iter().filter_map(|n| Some(((*n).to_owned(), get(n)?))).collect();
    let group = format!("/aws/lambda/{}", function.id);
    let more = json!({
        "FunctionName": function.id,
        "FunctionArn": arn,
        "CodeSize": function.attributes.get("CodeSize").cloned().unwrap_or_else(|| 0.into()),
        "CodeSha256": sha,
        "Timeout": integer("Timeout", 3),
        "MemorySize": integer("MemorySize", 128),
        "LastModified": last_modified(function.modified),
        "Version": number,
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "RevisionId": revision(function.modified, number),
        "TracingConfig": get("TracingConfig").unwrap_or_else(|| json!({ "Mode": "PassThrough" })),
        "EphemeralStorage": { "Size": get("EphemeralStorage").and_then(|e| as_integer(e.get("Size")?)).unwrap_or(512) },
        "LoggingConfig": get("LoggingConfig").unwrap_or_else(|| json!({ "LogFormat": "Text", "LogGroup": group })),
        "DeadLetterConfig": get("DeadLetterConfig"),
        "VpcConfig": get("VpcConfig"),
        "KMSKeyArn": get("KmsKeyArn"),
        "SnapStart": { "ApplyOn": get("SnapStart").and_then(|s| s.get("ApplyOn").cloned()).unwrap_or_else(|| "None".into()), "OptimizationStatus": "Off" },
        "Layers": layers(get("Layers")),
    });
    if let Value::Object(more) = more {
        out.extend(more);
    }
    out.entry("PackageType").or_insert_with(|| "Zip".into());
    out.entry("Architectures").or_insert_with(|| json!(["x86_64"]));
    Value::Object(out)
}

fn layers(list: Option<Value>) -> Value {
    let one = |arn: &Value| json!({ "Arn": arn, "CodeSize": 0 });
    list.as_ref().and_then(Value::as_array).map_or(Value::Null, |l| l.iter().map(one).collect())
}

/// `2026-11-22T10:00:00.000+0000`
fn last_modified(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string()
}

fn revision(at: Timestamp, number: &str) -> String {
    let text = format!("{:032x}", at.as_millisecond().unsigned_abs() as u128 * 1000 + number.len() as u128);
    format!("{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..32])
}

/// `AliasConfiguration`.
pub(super) fn alias(alias: &Resource) -> Value {
    let routing = alias.get("RoutingConfig").clone();
    let weights = match routing.get("AdditionalVersionWeights") {
        Some(Value::Array(list)) => {
            let pair =
                |w: &Value| Some((w.get("FunctionVersion")?.as_str()?.to_owned(), w.get("FunctionWeight")?.clone()));
            Some(Value::Object(list.iter().filter_map(pair).collect()))
        }
        other => other.cloned(),
    };
    json!({
        "AliasArn": alias.id,
        "Name": alias.text("Name"),
        "FunctionVersion": alias.text("FunctionVersion"),
        "Description": alias.text("Description").unwrap_or_default(),
        "RoutingConfig": weights.map(|w| json!({ "AdditionalVersionWeights": w })),
        "RevisionId": revision(alias.modified, "a"),
    })
}
