//! The cases of AWS's own translator, if they are there.
//!
//! They are the folder `tests/translator` of <https://github.com/aws/serverless-application-model>, version 1.110.0 of
//! `aws-sam-translator`. Set `LANDFALL_SAM_CORPUS` to it. Without it the test says that it was skipped; the cases of our
//! own (`tests/sam`) stand in for it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::disallowed_methods)]

use base::FileId;
use landfall_template::sam::{Context, FeatureToggles, Repository, transform};
use landfall_template::{Dialect, Node, parse};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// How many cases there are: templates with an output in three partitions, and templates with an error.
const CASES: usize = 1913;

/// In how many of the 829 cases of the partition `aws` lists have the order of the expected files too. The other files
/// are themselves not in the order in which the translator writes.
const IN_ORDER: usize = 810;

const SKIPPED: &str = "skipped: the translator's cases are not here. To get them: git clone --depth 1 \
                       https://github.com/aws/serverless-application-model, then set LANDFALL_SAM_CORPUS to its folder \
                       tests/translator";

const PARTITIONS: [(&str, &str); 3] =
    [("aws", "ap-southeast-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")];

#[test]
fn every_case_of_the_translator() {
    let Ok(corpus) = std::env::var("LANDFALL_SAM_CORPUS") else {
        eprintln!("{SKIPPED}");
        return;
    };
    let corpus = Path::new(&corpus);
    let mut names: Vec<String> = std::fs::read_dir(corpus.join("input"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with("translate_"))
        .collect();
    names.sort();
    let (mut count, mut in_order, mut misses) = (0, 0, Vec::new());
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
            match compare(&text, &context(name, partition, region, is_error), &expected) {
                Match::InOrder if partition == "aws" => in_order += 1,
                Match::InOrder | Match::InAnyOrder => {}
                Match::None => misses.push(format!("{partition}/{name}")),
            }
        }
    }
    assert_eq!(count, CASES, "the corpus is that of another version");
    assert!(misses.is_empty(), "{} of {count} cases differ: {misses:#?}", misses.len());
    assert!(in_order >= IN_ORDER, "only {in_order} cases have their lists in the order of the expected files");
}

#[test]
fn every_error_of_the_cases_points_into_the_template() {
    let Ok(corpus) = std::env::var("LANDFALL_SAM_CORPUS") else {
        eprintln!("{SKIPPED}");
        return;
    };
    let (mut count, mut without) = (0, Vec::new());
    for entry in std::fs::read_dir(Path::new(&corpus).join("input")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("error_") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let (node, _) = parse(FileId::default(), &text, Dialect::Template);
        let Err(error) = transform(node.clone(), &context(&name, "aws", "ap-southeast-1", true)) else { continue };
        for cause in &error.causes {
            count += 1;
            let inside = |span: &base::Span| {
                let (start, end) = (span.start as usize, span.end as usize);
                start <= end && end <= text.len() && text.is_char_boundary(start) && text.is_char_boundary(end)
            };
            // Nothing smaller than the document is to blame for what it does not have.
            let is_whole = |span: &base::Span| *span == node.span && node.at(&["Resources"]).is_some();
            if !cause.span.as_ref().is_some_and(|span| inside(span) && !is_whole(span)) {
                without.push(format!("{name}: {}", cause.message()));
            }
        }
    }
    assert!(count > 300, "{count} errors");
    assert!(without.is_empty(), "{} of {count} errors have no place: {without:#?}", without.len());
}

enum Match {
    InOrder,
    InAnyOrder,
    None,
}

fn compare(text: &str, context: &Context, expected: &Value) -> Match {
    let (node, _) = parse(FileId::default(), text, Dialect::Template);
    match (transform(node, context), expected.get("errorMessage")) {
        (Ok(made), None) => {
            let (made, expected) = (numbers_by_value(&to_json(&made)), numbers_by_value(expected));
            match made == expected {
                true => Match::InOrder,
                false if sorted(&made) == sorted(&expected) => Match::InAnyOrder,
                false => Match::None,
            }
        }
        (Err(error), Some(message)) if message.as_str() == Some(error.message().as_str()) => Match::InOrder,
        _ => Match::None,
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

/// With every number as a double, since 1 and 1.0 are the same in JSON.
fn numbers_by_value(value: &Value) -> Value {
    map(value, &|value| match value {
        Value::Number(number) => number.as_f64().map_or(Value::Number(number), |n| json!(n)),
        other => other,
    })
}

/// Lists sorted by their text, as the tests of the translator compare.
fn sorted(value: &Value) -> Value {
    map(value, &|value| match value {
        Value::Array(mut list) => {
            list.sort_by_cached_key(Value::to_string);
            Value::Array(list)
        }
        other => other,
    })
}

/// The value with `change` applied from the leaves up, keys sorted.
fn map(value: &Value, change: &dyn Fn(Value) -> Value) -> Value {
    change(match value {
        Value::Object(members) => {
            let sorted: BTreeMap<&String, &Value> = members.iter().collect();
            Value::Object(sorted.into_iter().map(|(key, value)| (key.clone(), map(value, change))).collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(|value| map(value, change)).collect()),
        other => other.clone(),
    })
}
