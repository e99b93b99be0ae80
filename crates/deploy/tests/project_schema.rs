//! The JSON Schema of pipeline files agrees with the reader, and the published copy is the current one.
//!
//! `UPDATE=1 cargo test -p landfall-deploy --test project_schema` writes the published copy anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base::Sources;
use landfall_deploy::project::{bootstrap_schema, pipeline_schema, read_pipeline};
use regex_lite::Regex;
use serde_json::Value;
use std::path::Path;
use template::parse::{Dialect, parse};

/// Checks a value against the words of JSON Schema that the schema uses. Any other word is a fault of this test.
struct Validator {
    root: Value,
}

impl Validator {
    fn check(&self, schema: &Value, value: &Value, place: &str, out: &mut Vec<String>) {
        for (word, rule) in schema.as_object().unwrap() {
            match word.as_str() {
                "$ref" => {
                    let name = rule.as_str().unwrap().strip_prefix("#/definitions/").unwrap();
                    self.check(&self.root["definitions"][name], value, place, out);
                }
                "type" => {
                    let words: Vec<&str> = match rule {
                        Value::Array(words) => words.iter().map(|w| w.as_str().unwrap()).collect(),
                        word => vec![word.as_str().unwrap()],
                    };
                    if !words.iter().any(|word| is(word, value)) {
                        out.push(format!("{place}: not {words:?}"));
                    }
                }
                "enum" if !rule.as_array().unwrap().contains(value) => out.push(format!("{place}: not one of {rule}")),
                "const" if rule != value => out.push(format!("{place}: not {rule}")),
                "pattern" => {
                    if value.as_str().is_some_and(|t| !Regex::new(rule.as_str().unwrap()).unwrap().is_match(t)) {
                        out.push(format!("{place}: does not match {rule}"));
                    }
                }
                "minLength" if value.as_str() == Some("") => out.push(format!("{place}: empty")),
                "minimum" if value.as_i64().is_some_and(|n| n < rule.as_i64().unwrap()) => {
                    out.push(format!("{place}: too small"))
                }
                "maximum" if value.as_i64().is_some_and(|n| n > rule.as_i64().unwrap()) => {
                    out.push(format!("{place}: too large"))
                }
                "required" => {
                    for key in rule.as_array().unwrap() {
                        if value.as_object().is_some_and(|map| !map.contains_key(key.as_str().unwrap())) {
                            out.push(format!("{place}: lacks {key}"));
                        }
                    }
                }
                "properties" => {
                    for (key, schema) in rule.as_object().unwrap() {
                        if let Some(value) = value.get(key) {
                            self.check(schema, value, &format!("{place}/{key}"), out);
                        }
                    }
                }
                "additionalProperties" => {
                    let known = |key: &str| schema.get("properties").is_some_and(|p| p.get(key).is_some());
                    for (key, item) in value.as_object().into_iter().flatten().filter(|(key, _)| !known(key)) {
                        match rule {
                            Value::Bool(false) => out.push(format!("{place}/{key}: unknown")),
                            rule => self.check(rule, item, &format!("{place}/{key}"), out),
                        }
                    }
                }
                "items" => {
                    for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(rule, item, &format!("{place}/{i}"), out);
                    }
                }
                "anyOf" => {
                    let tries: Vec<Vec<String>> =
                        rule.as_array().unwrap().iter().map(|s| self.problems(s, value, place)).collect();
                    if !tries.iter().any(Vec::is_empty) {
                        out.extend(tries.into_iter().min_by_key(Vec::len).unwrap());
                    }
                }
                "allOf" => rule.as_array().unwrap().iter().for_each(|schema| self.check(schema, value, place, out)),
                "if" => {
                    if self.problems(rule, value, place).is_empty() {
                        self.check(&schema["then"], value, place, out);
                    }
                }
                "enum" | "const" | "minLength" | "minimum" | "maximum" | "then" | "description" | "$schema"
                | "title" | "definitions" => {}
                other => panic!("the schema uses `{other}`"),
            }
        }
    }

    fn problems(&self, schema: &Value, value: &Value, place: &str) -> Vec<String> {
        let mut out = Vec::new();
        self.check(schema, value, place, &mut out);
        out
    }
}

fn is(word: &str, value: &Value) -> bool {
    match word {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.as_i64().is_some(),
        other => panic!("the schema uses the type `{other}`"),
    }
}

fn schema_problems(text: &str) -> Vec<String> {
    let mut sources = Sources::new();
    let (node, _) = parse(sources.add("pipeline.yaml", text), text, Dialect::Strict);
    let root = pipeline_schema();
    let validator = Validator { root: root.clone() };
    validator.problems(&root, &template::write::to_json(&node), "")
}

fn texts(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "yaml"));
    paths.sort();
    paths.into_iter().map(|path| (path.display().to_string(), std::fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn good_files_are_good_to_the_schema_too() {
    for (path, text) in texts("fixtures") {
        assert_eq!(schema_problems(&text), Vec::<String>::new(), "{path}");
    }
}

/// Unknown keys, missing keys, wrong types, wrong words, wrong numbers and account ids are what a schema can tell, and
/// it must tell exactly what the reader tells.
#[test]
fn the_schema_and_the_reader_agree_about_faulty_files() {
    let of_the_schema =
        ["PIPE-001", "PIPE-002", "PIPE-003", "PIPE-004", "PIPE-005", "PIPE-006", "PIPE-007", "PIPE-018", "PIPE-033"];
    let mut wrong = Vec::new();
    for (path, text) in texts("faulty") {
        let mut sources = Sources::new();
        let (_, diagnostics) = read_pipeline("orders", sources.add("pipeline.yaml", text.as_str()), &text);
        let has = |prefix: &str| diagnostics.iter().any(|d| d.code.as_str().starts_with(prefix));
        if has("TMPL") {
            continue;
        }
        let problems = schema_problems(&text);
        let expected = of_the_schema.iter().any(|code| has(code));
        // A default may stand in for a key, and a value may be computed: the reader sees both, the schema neither.
        let beyond = ["PIPE-016", "PIPE-017", "PIPE-021", "PIPE-025", "EXPR", "PIPE-013"].iter().any(|code| has(code))
            || path.ends_with("missing-account-and-region.yaml")
            || path.ends_with("bake-minutes.yaml");
        if expected == problems.is_empty() && !beyond {
            wrong.push(format!("{path}: {problems:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_published_schema_is_the_current_one() {
    for (name, schema) in [("pipeline", pipeline_schema()), ("bootstrap", bootstrap_schema())] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/{name}.schema.json"));
        let current = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &current).unwrap();
        }
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(published == current, "docs/{name}.schema.json is not current; UPDATE=1 writes it anew");
    }
}
