//! What the SAM transform can be told of a template whose parts stand in snippets.

use crate::{Map, Node, Value};

/// The template as CloudFormation gives it to the SAM transform, as far as it is known here: snippets of `AWS::Include` are
/// put in before ("Template macros overview", CloudFormation User Guide), but they stand in objects in S3. A definition of
/// an API gets the least that makes it one. Also whether nothing else of what the transform reads is a snippet.
pub fn assume(mut node: Node) -> (Node, bool) {
    let resources = node.as_map_mut().and_then(|map| map.get_mut("Resources")).and_then(Node::as_map_mut);
    for (_, resource) in resources.into_iter().flat_map(Map::iter_mut) {
        let version = match resource.get("Type").and_then(Node::as_str) {
            Some("AWS::Serverless::Api") => ("swagger", "2.0"),
            Some("AWS::Serverless::HttpApi") => ("openapi", "3.0.1"),
            _ => continue,
        };
        let properties = resource.as_map_mut().and_then(|map| map.get_mut("Properties")).and_then(Node::as_map_mut);
        if let Some(body) = properties.and_then(|map| map.get_mut("DefinitionBody")) {
            complete_definition(body, version);
        }
    }
    let complete = !lacks_snippets(&node);
    (node, complete)
}

/// Whether something else of what the transform reads stands in a snippet.
fn lacks_snippets(node: &Node) -> bool {
    let is_serverless = |resource: &Node| {
        resource.get("Type").and_then(Node::as_str).is_some_and(|kind| kind.starts_with("AWS::Serverless::"))
    };
    let lacks = |resources: &Map| {
        resources.contains_key(SNIPPET)
            || resources.iter().any(|(_, resource)| is_serverless(resource) && has_snippet(resource))
    };
    includes_at_top(node)
        || node.get("Globals").is_some_and(has_snippet)
        || node.get("Resources").and_then(Node::as_map).is_some_and(lacks)
}

/// The key under which a snippet is asked for.
const SNIPPET: &str = "Fn::Transform";

fn is_include(node: &Node) -> bool {
    node.get("Name").and_then(Node::as_str) == Some("AWS::Include")
}

/// Whether the template's own transforms include something.
fn includes_at_top(node: &Node) -> bool {
    let declared = node.get("Transform");
    declared.is_some_and(|one| one.as_list().unwrap_or(std::slice::from_ref(one)).iter().any(is_include))
        || node.get(SNIPPET).is_some()
}

fn has_snippet(node: &Node) -> bool {
    match &node.value {
        Value::Map(map) => map.iter().any(|(key, item)| key == SNIPPET || has_snippet(item)),
        Value::List(list) => list.iter().any(has_snippet),
        _ => false,
    }
}

/// Puts a version and an empty list of paths beside what a definition has without its snippet.
fn complete_definition(body: &mut Node, (key, version): (&str, &str)) {
    let span = body.span;
    let Some(map) = body.as_map_mut().filter(|map| map.get(SNIPPET).is_some_and(is_include)) else { return };
    map.remove(SNIPPET);
    if !map.contains_key("swagger") && !map.contains_key("openapi") {
        map.insert(key, Node::new(version, span));
    }
    if !map.contains_key("paths") {
        map.insert("paths", Node::new(Map::new(), span));
    }
}
