//! Makes the tables of the SAM transform from AWS's own translator: `cargo xtask sam-data PATH`, where PATH is the
//! unpacked package `aws-sam-translator` (the folder that holds `samtranslator`).

use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

type Result<T> = std::result::Result<T, String>;

/// Writes the tables and tells how large each is.
pub(crate) fn main(package: &str) -> ExitCode {
    match run(Path::new(package)) {
        Ok(lines) => {
            lines.iter().for_each(|line| println!("{line}"));
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run(package: &Path) -> Result<Vec<String>> {
    let root = package.join("samtranslator");
    let read = |path: &str| read_json(&root.join(path));
    Ok(vec![
        write("policy_templates.json", &policy_templates(&read("policy_templates_data/policy_templates.json")?)?)?,
        write("managed_policies.json", &managed_policies(&read("internal/data/aws_managed_policies.json")?)?)?,
        write("connector_profiles.json", &connector_profiles(&read("model/connector_profiles/profiles.json")?)?)?,
    ])
}

/// Of each template the names of its parameters and its definition.
fn policy_templates(all: &Value) -> Result<Value> {
    let mut templates = Map::new();
    for (name, template) in object(all, "Templates")? {
        let parameters: Map<String, Value> =
            object(template, "Parameters")?.keys().map(|parameter| (parameter.clone(), json!({}))).collect();
        let definition = template.get("Definition").ok_or_else(|| format!("template {name} has no definition"))?;
        templates.insert(name.clone(), json!({ "Parameters": parameters, "Definition": definition }));
    }
    Ok(Value::Object(templates))
}

/// By partition, the names of policies by the path that stands before the name in their ARN.
fn managed_policies(all: &Value) -> Result<Value> {
    let mut partitions = Map::new();
    for (partition, policies) in all.as_object().ok_or("managed policies are no object")? {
        let prefix = format!("arn:{partition}:iam::aws:policy/");
        let mut paths = Map::new();
        for (name, arn) in policies.as_object().ok_or("managed policies of a partition are no object")? {
            let path = arn
                .as_str()
                .and_then(|arn| arn.strip_prefix(&prefix)?.strip_suffix(name.as_str()))
                .ok_or_else(|| format!("policy {name} has an unexpected ARN: {arn}"))?;
            let names = paths.entry(path.to_owned()).or_insert_with(|| json!([]));
            names.as_array_mut().into_iter().for_each(|names| names.push(json!(name)));
        }
        partitions.insert(partition.clone(), Value::Object(paths));
    }
    Ok(Value::Object(partitions))
}

fn connector_profiles(all: &Value) -> Result<Value> {
    Ok(json!({
        "Permissions": object(all, "Permissions")?,
        "CfnResourceProperties": object(all, "CfnResourceProperties")?,
    }))
}

fn object<'a>(value: &'a Value, key: &str) -> Result<&'a Map<String, Value>> {
    value.get(key).and_then(Value::as_object).ok_or_else(|| format!("no mapping {key}"))
}

fn read_json(path: &Path) -> Result<Value> {
    let text = fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()))?;
    serde_json::from_str(&text).map_err(|why| format!("{}: {why}", path.display()))
}

fn write(name: &str, value: &Value) -> Result<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../template/data").join(name);
    let text = value.to_string() + "\n";
    fs::write(&path, &text).map_err(|why| format!("{}: {why}", path.display()))?;
    Ok(format!("{name}: {} bytes", text.len()))
}
