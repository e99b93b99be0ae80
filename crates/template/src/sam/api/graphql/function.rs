//! Functions and resolvers of a GraphQL API.

use super::data_source::DataSources;
use super::{api_id, member, part};
use crate::sam::cfn::{CfnType, Resource};
use crate::sam::error::Fault;
use crate::sam::make::{made, node};
use crate::sam::python::{display, if_truthy, truthy};
use crate::sam::translation::SamResource;
use crate::{Map, Node};
use std::collections::HashMap;

static FUNCTION: CfnType = CfnType::new(
    "AWS::AppSync::FunctionConfiguration",
    &[
        "ApiId",
        "Code",
        "CodeS3Location",
        "DataSourceName",
        "Description",
        "MaxBatchSize",
        "Name",
        "Runtime",
        "SyncConfig",
    ],
);
static RESOLVER: CfnType = CfnType::new(
    "AWS::AppSync::Resolver",
    &[
        "ApiId",
        "CachingConfig",
        "Code",
        "CodeS3Location",
        "DataSourceName",
        "FieldName",
        "Kind",
        "MaxBatchSize",
        "PipelineConfig",
        "Runtime",
        "SyncConfig",
        "TypeName",
    ],
);

/// What a pipeline does before and after its functions, if the template does not say: nothing.
const PIPELINE_CODE: &str = "
export function request(ctx) {
    return {};
}

export function response(ctx) {
    return ctx.prev.result;
}
";

/// The functions of an API.
#[derive(Debug, Default)]
pub(super) struct Functions {
    pub(super) resources: Vec<Resource>,
    /// Their ids by name.
    pub(super) ids: HashMap<String, Node>,
}

/// Makes the functions of `Functions`.
pub(super) fn functions(sam: &SamResource, sources: &mut DataSources) -> Result<Functions, Fault> {
    let mut functions = Functions::default();
    for (name, node) in sam.truthy("Functions").and_then(Node::as_map).into_iter().flat_map(Map::iter) {
        if let Some(id) = if_truthy(node.get("Id")) {
            let given = node.as_map().into_iter().flat_map(Map::iter).filter(|(_, value)| !value.is_null()).count();
            if given != 1 {
                let message = "'Id' cannot be defined with other properties in Function.";
                return Err(Fault::resource(name, message).at(node.span));
            }
            functions.ids.insert(name.to_owned(), id.clone());
            continue;
        }
        let function = function(sam, name, node, sources)?;
        functions.ids.insert(name.to_owned(), function.get_att("FunctionId"));
        functions.resources.push(function);
    }
    Ok(functions)
}

fn function(sam: &SamResource, name: &str, node: &Node, sources: &mut DataSources) -> Result<Resource, Fault> {
    let mut function = part(sam, &FUNCTION, format!("{}{name}", sam.logical_id), node.span)?;
    function.set("ApiId", api_id(sam, node.span));
    function.set("Name", text_or(node.get("Name"), name, node));
    check_code(name, node)?;
    if [node.get("InlineCode"), node.get("CodeUri")].into_iter().flatten().all(|code| !truthy(code)) {
        return Err(Fault::resource(name, "One of 'InlineCode' or 'CodeUri' must be set.").at(node.span));
    }
    function.set("Code", if_truthy(node.get("InlineCode")).cloned());
    function.set("CodeS3Location", if_truthy(node.get("CodeUri")).cloned());
    function.set("DataSourceName", sources.name_of(sam, name, node)?);
    function.set("MaxBatchSize", node.get("MaxBatchSize").cloned());
    function.set("Description", node.get("Description").cloned());
    function.set("Runtime", runtime(name, node)?);
    function.set("SyncConfig", member(node, "Sync").map(without_nulls));
    Ok(function)
}

fn check_code(name: &str, node: &Node) -> Result<(), Fault> {
    match (if_truthy(node.get("InlineCode")), if_truthy(node.get("CodeUri"))) {
        (Some(code), Some(_)) => {
            let message = "Both 'InlineCode' and 'CodeUri' cannot be defined at the same time.";
            Err(Fault::resource(name, message).at(code.span))
        }
        _ => Ok(()),
    }
}

/// A text that may be left out; then the name of what has it.
fn text_or(text: Option<&Node>, name: &str, node: &Node) -> Node {
    match text.filter(|text| !text.is_null()).map(|text| (display(text), text.span)) {
        Some((text, span)) if !text.is_empty() => Node::new(text, span),
        _ => node!(node.span, name),
    }
}

fn runtime(name: &str, node: &Node) -> Result<Node, Fault> {
    let Some(runtime) = member(node, "Runtime") else {
        let message = format!("'Runtime' must be defined as a property in {name}.");
        return Err(Fault::resource(name, message).at(node.span));
    };
    let part = |key: &str| runtime.get(key).cloned().unwrap_or_default();
    Ok(node!(runtime.span, { "Name": part("Name"), "RuntimeVersion": part("Version") }))
}

fn without_nulls(node: &Node) -> Node {
    let mut kept = Map::new();
    for (key, entry) in node.as_map().into_iter().flat_map(Map::entries).filter(|(_, entry)| !entry.node.is_null()) {
        kept.insert_at(key, entry.key_span, entry.node.clone());
    }
    Node::new(kept, node.span)
}

/// Makes the resolvers of `Resolvers`; `functions` are the ids of functions by name.
pub(super) fn resolvers(
    sam: &SamResource,
    functions: &HashMap<String, Node>,
    schema_id: &str,
) -> Result<Vec<Resource>, Fault> {
    let mut resolvers = Vec::new();
    for (kind, of_kind) in sam.truthy("Resolvers").and_then(Node::as_map).into_iter().flat_map(Map::iter) {
        for (name, node) in of_kind.as_map().into_iter().flat_map(Map::iter) {
            resolvers.push(resolver(sam, kind, name, node, functions, schema_id)?);
        }
    }
    Ok(resolvers)
}

fn resolver(
    sam: &SamResource,
    kind: &str,
    name: &str,
    node: &Node,
    functions: &HashMap<String, Node>,
    schema_id: &str,
) -> Result<Resource, Fault> {
    let span = made(node.span);
    let mut resolver = part(sam, &RESOLVER, format!("{}{kind}{name}", sam.logical_id), span)?
        .depending_on(Some(node!(span, [schema_id])));
    check_code(name, node)?;
    let (code, uri) = (member(node, "InlineCode"), member(node, "CodeUri"));
    if code.into_iter().chain(uri).any(truthy) {
        resolver.set("Code", code.cloned());
        resolver.set("CodeS3Location", uri.cloned());
        resolver.set("Runtime", runtime(name, node)?);
    } else {
        resolver.set("CodeS3Location", uri.cloned());
        resolver.set("Code", node!(span, PIPELINE_CODE));
        resolver.set("Runtime", node!(span, { "Name": "APPSYNC_JS", "RuntimeVersion": "1.0.0" }));
    }
    resolver.set("ApiId", api_id(sam, span));
    resolver.set("FieldName", text_or(node.get("FieldName"), name, node));
    resolver.set("TypeName", node!(span, kind));
    resolver.set("Kind", node!(span, "PIPELINE"));
    resolver.set("PipelineConfig", node!(span, { "Functions": pipeline(name, node, functions)? }));
    resolver.set("CachingConfig", member(node, "Caching").map(without_nulls));
    resolver.set("MaxBatchSize", if_truthy(node.get("MaxBatchSize")).cloned());
    Ok(resolver)
}

/// The ids of the functions of a resolver.
fn pipeline(name: &str, node: &Node, functions: &HashMap<String, Node>) -> Result<Node, Fault> {
    let Some(pipeline) = if_truthy(node.get("Pipeline")) else {
        let message = format!(
            "Resolver '{name}' must have Pipeline defined. Unit resolvers are not supported. If you need a Unit \
             resolver you can use AppSync resource."
        );
        return Err(Fault::resource(name, message).at(node.span));
    };
    let id = |function: &Node| {
        let text = display(function);
        functions
            .get(&text)
            .cloned()
            .ok_or_else(|| Fault::resource(name, format!("Function '{text}' does not exist.")).at(function.span))
    };
    let ids: Vec<Node> = pipeline.as_list().unwrap_or_default().iter().map(id).collect::<Result<_, _>>()?;
    Ok(Node::new(ids, made(pipeline.span)))
}
