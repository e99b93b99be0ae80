//! `Auth` of a GraphQL API: one way to authenticate, and perhaps additional ones.

use super::{connect, member};
use crate::sam::cfn::Resource;
use crate::sam::error::Fault;
use crate::sam::make::{get_att, made, node, reference};
use crate::sam::translation::{SamResource, Translation};
use crate::{Map, Node};

/// The kinds of authentication that have a configuration, where the template has it, and where AppSync wants it.
const CONFIGURED: [(&str, &str, &str); 3] = [
    ("AWS_LAMBDA", "LambdaAuthorizer", "LambdaAuthorizerConfig"),
    ("OPENID_CONNECT", "OpenIDConnect", "OpenIDConnectConfig"),
    ("AMAZON_COGNITO_USER_POOLS", "UserPool", "UserPoolConfig"),
];

/// Sets the authentication of the API. Returns the functions that authorize.
pub(super) fn set(sam: &SamResource, api: &mut Resource) -> Result<Vec<Node>, Fault> {
    let Some(auth) = sam.get("Auth") else { return Ok(Vec::new()) };
    let mut functions = Vec::new();
    api.set("AuthenticationType", auth.get("Type").cloned());
    if let Some((name, config)) = configuration(sam, auth, None)? {
        functions.extend(config.get("AuthorizerUri").cloned());
        // Lists the names so that each is one of the type's properties.
        for (_, _, property) in CONFIGURED.iter().filter(|(_, _, property)| *property == name) {
            api.set(property, config.clone());
        }
    }
    let additional = auth.get("Additional").and_then(Node::as_list).unwrap_or_default();
    let mut providers = Vec::new();
    for (index, authorizer) in additional.iter().enumerate() {
        let span = made(authorizer.span);
        let mut provider = Map::new();
        provider.insert_at("AuthenticationType", span, authorizer.get("Type").cloned().unwrap_or_default());
        if let Some((name, config)) = configuration(sam, authorizer, Some(index))? {
            functions.extend(config.get("AuthorizerUri").cloned());
            provider.insert_at(name, span, config);
        }
        providers.push(Node::new(provider, span));
    }
    if let Some(first) = providers.first().map(|provider| provider.span) {
        api.set("AdditionalAuthenticationProviders", Node::new(providers, first));
    }
    Ok(functions)
}

/// The configuration of an authorizer, if its kind has one; `index` is its place among the additional ones.
fn configuration(
    sam: &SamResource,
    authorizer: &Node,
    index: Option<usize>,
) -> Result<Option<(&'static str, Node)>, Fault> {
    let Some(map) = authorizer.as_map() else { return Ok(None) };
    let given = map.iter().filter(|(key, value)| *key != "Additional" && !value.is_null()).count();
    if given > 2 {
        let path = match index {
            None | Some(0) => "'Auth'".to_owned(),
            Some(index) => format!("'Auth.Additional.{index}'"),
        };
        let message = format!("{path} has more than one authentication configuration defined.");
        return Err(sam.fault(message).at(authorizer.span));
    }
    let kind = map.get("Type").and_then(Node::as_str).unwrap_or_default();
    let Some((kind, key, name)) = CONFIGURED.iter().find(|(name, ..)| *name == kind) else { return Ok(None) };
    let Some(config) = member(authorizer, key) else {
        let message = format!("'{key}' must be defined if type is '{kind}'.");
        return Err(sam.fault(message).at(authorizer.span));
    };
    let mut parts = Map::new();
    for (part, entry) in config.as_map().into_iter().flat_map(Map::entries) {
        // Only the primary authentication has a default action.
        let dropped = entry.node.is_null() || index.is_some() && part == "DefaultAction";
        if !dropped {
            parts.insert_at(part, entry.key_span, entry.node.clone());
        }
    }
    if parts.is_empty() {
        return Ok(None);
    }
    Ok(Some((name, Node::new(parts, config.span))))
}

/// What lets the API invoke an authorizing function.
pub(super) fn connector(
    sam: &SamResource,
    function: &Node,
    number: usize,
    t: &mut Translation<'_>,
) -> Result<Vec<Resource>, Fault> {
    let span = function.span;
    let properties = node!(span, {
        "Source": {
            "Type": "AWS::AppSync::GraphQLApi",
            "Arn": reference(span, &sam.logical_id),
            "ResourceId": get_att(span, &sam.logical_id, "ApiId"),
        },
        "Destination": { "Type": "AWS::Lambda::Function", "Arn": function },
        "Permissions": ["Write"],
    });
    connect(&format!("{}ToLambdaAuthConnector{number}", sam.logical_id), properties, t)
}
