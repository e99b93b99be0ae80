//! How many actions a template's derived policy has against the plain lists of its types' handlers, and how long the
//! derivation takes. `cargo bench -p landfall-deploy --bench permissions`; with `LANDFALL_SAM_CORPUS` also over the results
//! of all success cases of AWS's SAM translator. Nothing here asserts a time; it prints.
#![allow(clippy::print_stdout, clippy::disallowed_methods, clippy::unwrap_used)]

use base::FileId;
use iam::permissions::{Operation, Scope, actions, handler_actions};
use landfall_deploy::permissions::of_template;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use template::Node;
use template::parse::{Dialect, parse};
use template::sam::{self, Context};

/// One template's numbers.
struct Count {
    derived: usize,
    plain: usize,
    /// Of the derived ones: on one or more ARNs, and on `*` because the service knows no resource for them.
    narrowed: usize,
    time: Duration,
}

fn main() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template/tests/sam");
    report("own examples", &counts(&[(own, "eu-central-1")]));
    if let Ok(corpus) = std::env::var("LANDFALL_SAM_CORPUS") {
        let output = Path::new(&corpus).join("output");
        let folders = [
            (output.clone(), "ap-southeast-1"),
            (output.join("aws-cn"), "cn-north-1"),
            (output.join("aws-us-gov"), "us-gov-west-1"),
        ];
        report("SAM corpus", &counts(&folders));
    }
}

fn counts(folders: &[(PathBuf, &str)]) -> Vec<Count> {
    let mut found = Vec::new();
    for (folder, region) in folders {
        for path in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            for template in templates(&path, &text) {
                let (node, _) = parse(FileId(0), template, Dialect::Template);
                if let Ok(node) = sam::transform(node, &Context::for_region(*region)) {
                    found.extend(count(&node, region));
                }
            }
        }
    }
    found
}

/// A file of JSON is a template; one of Rust holds templates as raw texts.
fn templates<'a>(path: &Path, text: &'a str) -> Vec<&'a str> {
    match path.extension().and_then(|e| e.to_str()) {
        Some("json") if text.contains("\"Resources\"") => vec![text],
        Some("rs") => text.split(": &str = r").skip(1).filter_map(raw_text).collect(),
        _ => Vec::new(),
    }
}

fn raw_text(rest: &str) -> Option<&str> {
    let quote = rest.find('"')?;
    let (text, _) = rest[quote + 1..].split_once(&format!("\"{};", &rest[..quote]))?;
    text.contains("\nResources:").then_some(text)
}

fn count(node: &Node, region: &str) -> Option<Count> {
    let every = [Operation::Create, Operation::Update, Operation::Delete, Operation::Read, Operation::Tag];
    let scope = Scope { region: region.into(), stack: Some("shop".into()), ..Scope::default() };
    let start = Instant::now();
    let derived = of_template(node, &every, &scope);
    let time = start.elapsed();
    if !derived.unknown.is_empty() {
        return None;
    }
    let list = derived.actions();
    let names: BTreeSet<&str> = list.iter().map(|a| a.action.as_str()).collect();
    let broad: BTreeSet<&str> =
        list.iter().filter(|a| a.resources.iter().any(|r| r == "*")).map(|a| a.action.as_str()).collect();
    let types = node.get("Resources").and_then(Node::as_map)?;
    let types: BTreeSet<&str> = types.iter().filter_map(|(_, r)| r.get("Type")?.as_str()).collect();
    let plain: BTreeSet<String> =
        types.iter().flat_map(|t| handler_actions(t)).filter(|a| actions::find(a).is_some()).collect();
    Some(Count { derived: names.len(), plain: plain.len(), narrowed: names.len() - broad.len(), time })
}

fn report(name: &str, all: &[Count]) {
    let median = |of: fn(&Count) -> usize| {
        let mut numbers: Vec<usize> = all.iter().map(of).collect();
        numbers.sort_unstable();
        numbers.get(numbers.len() / 2).copied().unwrap_or_default()
    };
    let total = |of: fn(&Count) -> usize| all.iter().map(of).sum::<usize>();
    println!("{name}: {} templates with known types", all.len());
    println!(
        "  actions per template, median: {} derived, {} in the plain lists",
        median(|c| c.derived),
        median(|c| c.plain)
    );
    println!("  actions in all: {} derived, {} in the plain lists", total(|c| c.derived), total(|c| c.plain));
    println!("  of the derived, on ARNs: {}; the others' services know no resource for them", total(|c| c.narrowed));
    let time: Duration = all.iter().map(|c| c.time).sum();
    println!("  derivation: {:.2?} in all, {:.2?} per template", time, time / u32::try_from(all.len().max(1)).unwrap());
}
