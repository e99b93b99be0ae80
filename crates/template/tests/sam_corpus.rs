//! The cases of AWS's own translator, if they are there.
//!
//! They are the folder `tests/translator` of <https://github.com/aws/serverless-application-model>, version 1.110.0 of
//! `aws-sam-translator`. Set `LANDFALL_SAM_CORPUS` to it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::disallowed_methods)]

use base::FileId;
use landfall_template::sam::{Context, FeatureToggles, Repository, transform};
use landfall_template::{Dialect, Node, parse};
use serde_json::{Value, json};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::path::Path;

/// How many cases there are: templates with an output in three partitions, and templates with an error.
const CASES: usize = 1913;

const PARTITIONS: [(&str, &str); 3] =
    [("aws", "ap-southeast-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")];

#[test]
fn every_case_of_the_translator() {
    let Ok(corpus) = std::env::var("LANDFALL_SAM_CORPUS") else {
        eprintln!("skipped: set LANDFALL_SAM_CORPUS to `tests/translator` of aws/serverless-application-model");
        return;
    };
    let corpus = Path::new(&corpus);
    let mut names: Vec<String> = std::fs::read_dir(corpus.join("input"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with("translate_"))
        .collect();
    names.sort();
    let (mut count, mut misses) = (0, Vec::new());
    for file in names {
        let name = file.rsplit_once('.').map_or(file.as_str(), |(name, _)| name);
        let text = std::fs::read_to_string(corpus.join("input").join(&file)).unwrap();
        for (partition, region) in PARTITIONS {
            let folder = if partition == "aws" { "output".to_owned() } else { format!("output/{partition}") };
            let is_error = name.starts_with("error_");
            let output = corpus.join(folder).join(format!("{name}.json"));
            if (is_error && partition != "aws") || !output.exists() {
                continue;
            }
            let expected: Value = serde_json::from_str(&std::fs::read_to_string(output).unwrap()).unwrap();
            count += 1;
            if !matches(&text, &context(name, partition, region, is_error), &expected) {
                misses.push(format!("{partition}/{name}"));
            }
        }
    }
    assert_eq!(count, CASES, "the corpus is that of another version");
    assert!(misses.is_empty(), "{} of {count} cases differ: {misses:#?}", misses.len());
}

fn matches(text: &str, context: &Context, expected: &Value) -> bool {
    let (node, _) = parse(FileId::default(), text, Dialect::Template);
    match (transform(node, context), expected.get("errorMessage")) {
        (Ok(made), None) => sorted(&to_json(&made)) == sorted(expected),
        (Err(error), Some(message)) => message.as_str() == Some(error.message().as_str()),
        _ => false,
    }
}

fn to_json(node: &Node) -> Value {
    serde_json::from_str(&landfall_template::write::compact(node)).unwrap()
}

/// What the tests of the translator put around a template.
fn context(name: &str, partition: &str, region: &str, is_error: bool) -> Context {
    let names =
        ["AWSLambdaBasicExecutionRole", "AmazonDynamoDBFullAccess", "AmazonDynamoDBReadOnlyAccess", "AWSLambdaRole"];
    let arn = |name: &str| {
        let folder = if name.starts_with("AWSLambda") { "service-role/" } else { "" };
        format!("arn:{partition}:iam::aws:policy/{folder}{name}")
    };
    let refused = |id: &str| (id.to_owned(), format!("Cannot access application: {id}."));
    let states = |id: &str, states: &[&str]| (id.to_owned(), states.iter().map(|state| (*state).to_owned()).collect());
    Context {
        parameters: BTreeMap::from([("param1".to_owned(), json!("value1")), ("param2".to_owned(), json!("value2"))]),
        managed_policies: (!is_error).then(|| names.iter().map(|name| ((*name).to_owned(), arn(name))).collect()),
        feature_toggles: FeatureToggles::All(name.starts_with("feature_toggle_")),
        sar: Some(Repository {
            errors: ["no-access", "non-existent", "invalid-semver"].into_iter().map(refused).collect(),
            status: BTreeMap::from([
                states("preparing", &["PREPARING", "PREPARING", "ACTIVE"]),
                states("preparing-never-ready", &["PREPARING"]),
                states("expired", &["EXPIRED"]),
            ]),
            default_status: "ACTIVE".to_owned(),
            semantic_version: "1.1.1".to_owned(),
            template_id: "id-xx-xx".to_owned(),
            template_url: "https://awsserverlessrepo-changesets-xxx.s3.amazonaws.com/signed-url".to_owned(),
        }),
        json_roundtrip: !is_error,
        ..Context::for_region(region)
    }
}

/// Lists sorted by their text, numbers by value, as the tests of the translator compare.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> =
                map.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(list) => {
            let mut list: Vec<Value> = list.iter().map(sorted).collect();
            list.sort_by(compare);
            Value::Array(list)
        }
        Value::Number(number) => number.as_f64().map_or_else(|| value.clone(), |n| json!(n)),
        other => other.clone(),
    }
}

fn compare(a: &Value, b: &Value) -> Ordering {
    a.to_string().cmp(&b.to_string())
}
