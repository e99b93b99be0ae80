//! Transforms: the SAM transform and `AWS::Include`. Other macros are refused as AWS refuses those that are not registered.

use super::Site;
use crate::call::AwsError;
use crate::cloudformation::include;
use crate::cloudformation::stack::Parameter;
use crate::world::World;
use base::Span;
use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value as Json;
use template::sam::Context;
use template::{Node, Value};

const SAM: &str = "AWS::Serverless-2016-10-31";
const INCLUDE: &str = "AWS::Include";
/// Loops and a few functions; the functions are evaluated without it.
const LANGUAGE: &str = "AWS::LanguageExtensions";

/// The names of the transforms that a template declares, those in its sections included.
pub(crate) fn names(template: &Node) -> Vec<String> {
    let mut names: Vec<String> = declared(template).iter().filter_map(name_of).collect();
    if include::has_any(template) && !names.iter().any(|n| n == INCLUDE) {
        names.push(INCLUDE.to_owned());
    }
    names
}

fn declared(template: &Node) -> Vec<Node> {
    match template.get("Transform") {
        Some(Node { value: Value::List(items), .. }) => items.clone(),
        Some(one) if !one.is_null() => vec![one.clone()],
        _ => Vec::new(),
    }
}

fn name_of(node: &Node) -> Option<String> {
    node.as_str().or_else(|| node.get("Name")?.as_str()).map(str::to_owned)
}

/// Applies a template's transforms in their order; nothing if it has none. Snippets come before the template's own ones.
pub(super) fn apply(
    world: &mut World,
    site: &Site,
    template: Node,
    parameters: &IndexMap<String, Parameter>,
) -> Result<Option<Node>, AwsError> {
    let found = names(&template);
    if found.is_empty() {
        return Ok(None);
    }
    let mut template = include::expand(world, site, template, parameters)?;
    for transform in declared(&template) {
        template = match name_of(&transform).as_deref() {
            Some(SAM) => serverless(world.now(), site, template, parameters)?,
            Some(INCLUDE) => include::merge(world, site, template, &transform, parameters)?,
            Some(LANGUAGE) => template,
            other => {
                let name = other.unwrap_or_default();
                return Err(AwsError::validation(format!("No transform named {name} found.")));
            }
        };
    }
    if let Some(map) = template.as_map_mut() {
        map.remove("Transform");
    }
    Ok(Some(template))
}

fn serverless(
    now: Timestamp,
    site: &Site,
    template: Node,
    parameters: &IndexMap<String, Parameter>,
) -> Result<Node, AwsError> {
    let mut context = Context::for_region(site.region.as_str());
    // An API with `AlwaysDeploy` gets another deployment at every moment.
    context.now = now.as_second().unsigned_abs();
    context.parameters = parameters.iter().map(|(k, p)| (k.clone(), Json::from(p.effective()))).collect();
    let pseudo = [
        ("AWS::AccountId", site.account.to_string()),
        ("AWS::Region", site.region.to_string()),
        ("AWS::Partition", site.region.partition().to_string()),
        ("AWS::StackName", site.stack_name.clone()),
    ];
    context.parameters.extend(pseudo.into_iter().map(|(k, v)| (k.to_owned(), Json::from(v))));
    context.json_roundtrip = true;
    let result = template::sam::transform(template, &context)
        .map_err(|e| AwsError::validation(format!("Transform {SAM} failed with: {}", e.message())))?;
    Ok(Node { span: Span::default(), ..result })
}
