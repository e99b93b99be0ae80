//! `Auth` of a REST API: authorizers, API keys and resource policies.

use super::authorizer::{Authorizer, scopes};
use super::{Api, open_api};
use crate::sam::api::PERMISSION;
use crate::sam::cfn::Resource;
use crate::sam::error::Fault;
use crate::sam::expect::{Owner, expect};
use crate::sam::make::{made, node, reference, sub_with};
use crate::sam::openapi::swagger_security::DefaultAuthorizer;
use crate::sam::python::{if_truthy, truthy};
use crate::sam::translation::{SamResource, Translation};
use crate::{Map, Node};
use indexmap::IndexMap;
use std::collections::HashSet;

const KEYS: [&str; 8] = [
    "Authorizers",
    "DefaultAuthorizer",
    "InvokeRole",
    "AddDefaultAuthorizerToCorsPreflight",
    "AddApiKeyRequiredToCorsPreflight",
    "ApiKeyRequired",
    "ResourcePolicy",
    "UsagePlan",
];

/// `Auth`, if it is there and a mapping.
pub(super) fn of(sam: &SamResource) -> Option<&Map> {
    sam.truthy("Auth").and_then(Node::as_map)
}

/// The authorizers by name; `default` adds IAM authorization if it says so.
fn authorizers<'a>(
    sam: &'a SamResource,
    auth: &'a Map,
    default: Option<&Node>,
) -> Result<IndexMap<String, (base::Span, Authorizer<'a>)>, Fault> {
    let mut found = IndexMap::new();
    if let Some(default) = default.filter(|default| default.as_str() == Some("AWS_IAM")) {
        found.insert("AWS_IAM".to_owned(), (default.span, Authorizer::iam(&sam.logical_id, default.span)));
    }
    let Some(config) = if_truthy(auth.get("Authorizers")) else { return Ok(found) };
    let owner = Owner::Resource(&sam.logical_id);
    for (name, entry) in expect(Some(config), owner, "Auth.Authorizers").map()?.python_entries() {
        expect(Some(&entry.node), owner, &format!("Auth.Authorizers.{name}")).map()?;
        let Some(config) = entry.node.as_map() else { continue };
        let authorizer = Authorizer::new(&sam.logical_id, name, config, entry.node.span)?;
        let span = found.get(name).map_or(entry.key_span, |(span, _)| *span);
        found.insert(name.to_owned(), (span, authorizer));
    }
    Ok(found)
}

/// Adds `Auth` to the definition.
pub(super) fn add(api: &mut Api<'_>) -> Result<(), Fault> {
    let Some(property) = api.sam.truthy("Auth") else { return Ok(()) };
    if api.body.is_none() {
        return api.require_body("Auth", "");
    }
    let auth = property.as_map().filter(|auth| auth.keys().all(|key| KEYS.contains(&key)));
    let Some(auth) = auth else { return Err(api.fault("Invalid value for 'Auth' property").at(property.span)) };
    api.require_body("Auth", "Auth configuration")?;
    let (sam, partition) = (api.sam, api.partition);
    let default = auth.get("DefaultAuthorizer");
    let found = authorizers(sam, auth, default)?;
    let mut in_definition = Map::tracked();
    for (name, (span, authorizer)) in &found {
        in_definition.insert_at(name.as_str(), *span, authorizer.in_definition(partition)?);
    }
    api.edit(|editor| {
        if !in_definition.is_empty() {
            editor.add_authorizers_security_definitions(in_definition)?;
            let names = found.keys().map(String::as_str).collect();
            if let Some(default) = default_authorizer(sam, auth, names)? {
                for path in editor.paths() {
                    editor.set_path_default_authorizer(&path, &default)?;
                }
            }
        }
        if let Some(required) = if_truthy(auth.get("ApiKeyRequired")) {
            editor.add_apikey_security_definition(required.span)?;
            let on_preflight = auth.get("AddApiKeyRequiredToCorsPreflight").is_none_or(truthy);
            for path in editor.paths() {
                editor.set_path_default_apikey_required(&path, on_preflight, required.span)?;
            }
        }
        if let Some(policy) = if_truthy(auth.get("ResourcePolicy")) {
            let Some(map) = policy.as_map() else {
                let message = "ResourcePolicy must be a map (ResourcePolicyStatement).";
                return Err(Fault::document(message).at(policy.span));
            };
            for path in editor.paths() {
                editor.add_resource_policy(map, &path, sam.get("StageName"))?;
            }
            if let Some(statements) = if_truthy(map.get("CustomStatements")) {
                editor.add_custom_statements(Some(statements));
            }
        }
        Ok(())
    })?;
    open_api::postprocess_body(api)
}

fn default_authorizer<'a>(
    sam: &SamResource,
    auth: &'a Map,
    authorizers: HashSet<&'a str>,
) -> Result<Option<DefaultAuthorizer<'a>>, Fault> {
    let Some(node) = if_truthy(auth.get("DefaultAuthorizer")) else { return Ok(None) };
    let Some(name) = node.as_str() else {
        return Err(sam.fault("DefaultAuthorizer is not a string.").at(node.span));
    };
    if name != "AWS_IAM" && !authorizers.contains(name) {
        let message = format!("Unable to set DefaultAuthorizer because '{name}' was not defined in 'Authorizers'.");
        return Err(sam.fault(message).at(node.span));
    }
    let config = auth.get("Authorizers").and_then(|all| all.get(name)).and_then(Node::as_map);
    let on_preflight = auth.get("AddDefaultAuthorizerToCorsPreflight").is_none_or(truthy);
    Ok(Some(DefaultAuthorizer { name: node, authorizers, scopes: Some(scopes(config, node.span)), on_preflight }))
}

/// The permissions API Gateway needs to invoke the functions of authorizers.
pub(super) fn permissions(sam: &SamResource, attributes: &Map, t: &Translation<'_>) -> Result<Vec<Resource>, Fault> {
    let Some(auth) = of(sam) else { return Ok(Vec::new()) };
    let mut permissions = Vec::new();
    for (_, authorizer) in authorizers(sam, auth, None)?.into_values() {
        let Some(function) = authorizer.function_to_permit() else { continue };
        let span = made(function.span);
        let id = format!("{}{}AuthorizerPermission", sam.logical_id, authorizer.name());
        let mut permission = Resource::new(&PERMISSION, id, span)?.with_attributes(attributes.clone());
        let source = format!(
            "arn:{}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{__ApiId__}}/authorizers/*",
            t.context.partition
        );
        let api = node!(span, { "__ApiId__": reference(span, &sam.logical_id) });
        permission.set("Action", node!(span, "lambda:InvokeFunction"));
        permission.set("FunctionName", function.clone());
        permission.set("Principal", node!(span, "apigateway.amazonaws.com"));
        permission.set("SourceArn", sub_with(span, source, api));
        permissions.push(permission);
    }
    Ok(permissions)
}
