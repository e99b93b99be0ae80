//! Broken templates: whatever is changed in a template, the transform answers, and always the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base::FileId;
use landfall_template::sam::{Context, transform};
use landfall_template::{Dialect, Map, Node, Value, parse, write};
use proptest::prelude::*;

const TEMPLATES: [&str; 8] = [
    include_str!("sam/function_role.yaml"),
    include_str!("sam/function_alias.yaml"),
    include_str!("sam/event_api.yaml"),
    include_str!("sam/event_http_api.yaml"),
    include_str!("sam/event_sns_through_queue.yaml"),
    include_str!("sam/state_machine.yaml"),
    include_str!("sam/connector.yaml"),
    include_str!("sam/globals.yaml"),
];

const REPLACEMENTS: [&str; 14] = [
    "null",
    "true",
    "0",
    "-1.5e300",
    "''",
    "text",
    "[]",
    "{}",
    "[a, {b: c}]",
    "{Ref: AWS::Region}",
    "{Ref: [a]}",
    "{'Fn::If': [a, b]}",
    "{'Fn::Sub': ['${A.B.C}', {A: 1}]}",
    "{'Fn::GetAtt': [Worker]}",
];

fn read(text: &str) -> Node {
    parse(FileId::default(), text, Dialect::Template).0
}

fn count(node: &Node) -> usize {
    1 + match &node.value {
        Value::Map(map) => map.iter().map(|(_, item)| count(item)).sum(),
        Value::List(list) => list.iter().map(count).sum(),
        _ => 0,
    }
}

/// Changes the `at`-th value of a document; nothing takes it out.
fn change(node: &mut Node, at: &mut usize, new: Option<&Node>) {
    match &mut node.value {
        Value::Map(map) => {
            let keys: Vec<String> = map.keys().map(str::to_owned).collect();
            for key in keys {
                if *at == 0 {
                    match new {
                        Some(new) => _ = map.insert(key, new.clone()),
                        None => _ = map.remove(&key),
                    }
                    *at = usize::MAX;
                    return;
                }
                *at -= 1;
                if let Some(item) = map.get_mut(&key) {
                    change(item, at, new);
                }
                if *at == usize::MAX {
                    return;
                }
            }
        }
        Value::List(list) => {
            for item in list {
                if *at == 0 {
                    *item = new.cloned().unwrap_or_default();
                    *at = usize::MAX;
                    return;
                }
                *at -= 1;
                change(item, at, new);
                if *at == usize::MAX {
                    return;
                }
            }
        }
        _ => {}
    }
}

fn answer(node: Node) -> String {
    match transform(node, &Context::for_region("eu-west-1")) {
        Ok(made) => {
            let resources = made.get("Resources").and_then(Node::as_map).unwrap();
            let is_sam = |(_, node): &(&str, &Node)| {
                node.get("Type").and_then(Node::as_str).is_some_and(|kind| kind == "AWS::Serverless::Function")
            };
            assert!(resources.iter().find(is_sam).is_none());
            write::compact(&made)
        }
        Err(error) => {
            assert!(!error.causes.is_empty() && error.diagnostics().len() == error.causes.len());
            error.message()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_change_has_an_answer(
        template in 0..TEMPLATES.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop::option::of(0..REPLACEMENTS.len())), 1..4),
    ) {
        let mut node = read(TEMPLATES[template]);
        for (index, replacement) in changes {
            let new = replacement.map(|at| read(REPLACEMENTS[at]));
            let mut at = index.index(count(&node).max(2) - 1);
            change(&mut node, &mut at, new.as_ref());
        }
        prop_assert_eq!(answer(node.clone()), answer(node));
    }
}

#[test]
fn documents_that_are_no_templates() {
    for text in
        ["", "null", "text", "[]", "{}", "Resources:", "Resources: []", "Resources: {A: }", "Resources: {A: {}}"]
    {
        let result = transform(read(text), &Context::default());
        assert_eq!(result.is_ok(), text == "Resources: {A: {}}", "{text}");
    }
}

#[test]
fn deep_nesting_ends_well() {
    let mut node = Node::new("end", base::Span::default());
    for _ in 0..2_000 {
        let mut map = Map::new();
        map.insert("Fn::Sub", node);
        node = Node::new(map, base::Span::default());
    }
    let mut template = read(TEMPLATES[0]);
    let properties = template.as_map_mut().unwrap().get_mut("Resources").unwrap().as_map_mut().unwrap();
    properties.insert("Deep", node);
    answer(template);
}
