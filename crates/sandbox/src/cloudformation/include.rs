//! `AWS::Include`: parts of a template that stand in objects of their own.

use super::prepare::Site;
use super::stack::Parameter;
use super::template_url;
use crate::call::AwsError;
use crate::world::World;
use base::{Diagnostic, FileId};
use indexmap::IndexMap;
use template::{Dialect, Map, Node, Value};

const NAME: &str = "AWS::Include";

/// Whether a template includes anything inside its sections.
pub(super) fn has_any(node: &Node) -> bool {
    match &node.value {
        Value::List(items) => items.iter().any(has_any),
        Value::Map(map) => {
            map.iter().any(|(key, inner)| (key == "Fn::Transform" && is_include(inner)) || has_any(inner))
        }
        _ => false,
    }
}

fn is_include(transform: &Node) -> bool {
    transform.get("Name").and_then(Node::as_str) == Some(NAME)
}

/// Puts the snippets in the places of `Fn::Transform`. A snippet takes the place of the function and stands beside its
/// siblings, which win.
pub(super) fn expand(
    world: &mut World,
    site: &Site,
    node: Node,
    parameters: &IndexMap<String, Parameter>,
) -> Result<Node, AwsError> {
    let span = node.span;
    let value = match node.value {
        Value::List(items) => {
            let items: Result<Vec<Node>, AwsError> =
                items.into_iter().map(|n| expand(world, site, n, parameters)).collect();
            Value::List(items?)
        }
        Value::Map(mut map) => {
            let snippet = match map.get("Fn::Transform").filter(|t| is_include(t)).cloned() {
                Some(transform) => {
                    map.remove("Fn::Transform");
                    Some(snippet(world, site, &transform, parameters)?)
                }
                None => None,
            };
            match snippet {
                Some(Node { value: Value::Map(included), .. }) => {
                    let mut merged = included;
                    for (key, entry) in map {
                        merged.insert_at(key, entry.key_span, entry.node);
                    }
                    Value::Map(members(world, site, merged, parameters)?)
                }
                Some(other) if map.is_empty() => other.value,
                _ => Value::Map(members(world, site, map, parameters)?),
            }
        }
        scalar => scalar,
    };
    Ok(Node { value, span })
}

fn members(
    world: &mut World,
    site: &Site,
    map: Map,
    parameters: &IndexMap<String, Parameter>,
) -> Result<Map, AwsError> {
    let mut out = Map::new();
    for (key, entry) in map {
        out.insert_at(key, entry.key_span, expand(world, site, entry.node, parameters)?);
    }
    Ok(out)
}

/// A snippet at the top of the template: its sections become sections of the template, which win.
pub(super) fn merge(
    world: &mut World,
    site: &Site,
    template: Node,
    transform: &Node,
    parameters: &IndexMap<String, Parameter>,
) -> Result<Node, AwsError> {
    let Value::Map(included) = snippet(world, site, transform, parameters)?.value else { return Ok(template) };
    let span = template.span;
    let Value::Map(own) = template.value else { return Ok(Node { value: Value::Map(included), span }) };
    let mut merged = included;
    for (key, entry) in own {
        match (merged.get_mut(&key).and_then(Node::as_map_mut), entry.node.as_map()) {
            (Some(section), Some(_)) => {
                let Value::Map(members) = entry.node.value else { continue };
                for (name, member) in members {
                    section.insert_at(name, member.key_span, member.node);
                }
            }
            _ => {
                merged.insert_at(key, entry.key_span, entry.node);
            }
        }
    }
    Ok(Node { value: Value::Map(merged), span })
}

fn snippet(
    world: &mut World,
    site: &Site,
    transform: &Node,
    parameters: &IndexMap<String, Parameter>,
) -> Result<Node, AwsError> {
    let location = transform.at(&["Parameters", "Location"]);
    let named = location.and_then(|l| l.get("Ref")).and_then(Node::as_str).and_then(|name| parameters.get(name));
    let url =
        location.and_then(Node::as_str).or_else(|| named.map(Parameter::effective)).unwrap_or_default().to_owned();
    let failed = |why: String| AwsError::validation(format!("Transform {NAME} failed with: {why}"));
    let text = template_url::object(world, &site.principal, &site.region, &url)
        .map_err(|e| failed(format!("The specified S3 object's content could not be read. {}", e.message)))?;
    let (node, problems) = template::parse(FileId(0), &text, Dialect::Template);
    if problems.iter().any(Diagnostic::is_error) {
        return Err(failed("The specified S3 object's content should be valid Yaml/JSON".to_owned()));
    }
    Ok(node)
}
