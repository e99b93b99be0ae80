//! Derived permissions of real templates: no wildcard actions, and no wildcard resource where the service supports ARNs.
//!
//! The templates are this project's own examples and, if `LANDFALL_SAM_CORPUS` names the folder `tests/translator` of
//! <https://github.com/aws/serverless-application-model>, the results of all its success cases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::disallowed_methods)]

use base::FileId;
use deploy::permissions::{Derived, of_template};
use iam::permissions::{Operation, Scope, actions, statements};
use landfall_deploy as deploy;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use template::parse::{Dialect, parse};
use template::sam::{self, Context};

const EVERY: [Operation; 4] = [Operation::Create, Operation::Update, Operation::Delete, Operation::Tag];

fn derive(text: &str, partition: &str, region: &str) -> Derived {
    let (node, _) = parse(FileId(0), text, Dialect::Template);
    let node = sam::transform(node, &Context::for_region(region)).expect("the template is good");
    let scope = Scope {
        partition: partition.into(),
        region: region.into(),
        account: "111111111111".into(),
        stack: Some("shop".into()),
        artifact_bucket: Some("artifacts".into()),
        boundary: None,
    };
    of_template(&node, &EVERY, &scope)
}

/// What is broader than it has to be, with an example of where.
fn too_broad(derived: &Derived) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for need in derived.needed.iter().filter(|n| n.action.documented) {
        let action = &need.action.action;
        let known = actions::find(action).expect("documented actions are in the table");
        let narrow = |r: &String| r.starts_with("arn:") && r.split(':').nth(2).is_some_and(|s| !s.contains('*'));
        let supports = !known.resources().is_empty();
        if action.contains('*') || (supports && !need.action.resources.iter().all(narrow)) {
            let place = format!("{} for {}", need.action.resources.join(" "), need.resource_type);
            found.insert(action.clone(), place);
        }
    }
    for statement in statements(&derived.actions()) {
        assert!(!statement["Action"].to_string().contains('*'), "{statement}");
    }
    found
}

fn templates(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "json" || e == "yaml"))
        .collect();
    found.sort();
    found
}

/// The templates in a file with examples of the transform: its raw texts that are constants.
fn examples(source: &str) -> impl Iterator<Item = &str> {
    source.split(": &str = r").skip(1).filter_map(|rest| {
        let quote = rest.find('"')?;
        let (text, _) = rest[quote + 1..].split_once(&format!("\"{};", &rest[..quote]))?;
        text.contains("\nResources:").then_some(text)
    })
}

#[test]
fn our_own_examples_get_nothing_broad() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut seen = 0;
    for path in std::fs::read_dir(root.join("template/tests/sam")).unwrap().map(|e| e.unwrap().path()) {
        for template in examples(&std::fs::read_to_string(&path).unwrap()) {
            let derived = derive(template, "aws", "eu-central-1");
            assert_eq!(too_broad(&derived), BTreeMap::new(), "{}", path.display());
            assert!(!derived.needed.is_empty(), "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen} examples");
}

#[test]
fn the_success_cases_of_the_translator_get_nothing_broad() {
    let Ok(corpus) = std::env::var("LANDFALL_SAM_CORPUS") else {
        eprintln!("skipped: set LANDFALL_SAM_CORPUS to `tests/translator` of aws/serverless-application-model");
        return;
    };
    let output = Path::new(&corpus).join("output");
    let partitions = [
        ("aws", "ap-southeast-1", ""),
        ("aws-cn", "cn-north-1", "aws-cn"),
        ("aws-us-gov", "us-gov-west-1", "aws-us-gov"),
    ];
    let (mut supported, mut unknown, mut broad) = (0, BTreeSet::new(), BTreeMap::new());
    for (partition, region, folder) in partitions {
        for path in templates(&output.join(folder)) {
            let text = std::fs::read_to_string(&path).unwrap();
            if !text.contains("\"Resources\"") {
                continue;
            }
            let derived = derive(&text, partition, region);
            if derived.unknown.is_empty() {
                supported += 1;
                broad.extend(too_broad(&derived));
            }
            unknown.extend(derived.unknown.into_iter().map(|u| u.resource_type));
        }
    }
    assert_eq!(broad, BTreeMap::new());
    assert!(supported > 1_500, "{supported} templates have supported types only; unknown: {unknown:?}");
}
