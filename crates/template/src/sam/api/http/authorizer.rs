//! `Auth` of an HTTP API: JSON web tokens, Lambda functions and IAM ("Control and manage access to HTTP APIs in API
//! Gateway", API Gateway Developer Guide).

use super::Api;
use crate::sam::api::v2_domain::authorizer_permission;
use crate::sam::cfn::Resource;
use crate::sam::error::Fault;
use crate::sam::expect::{Owner, expect};
use crate::sam::intrinsic::is_no_value;
use crate::sam::make::{made, node, reference, sub_with};
use crate::sam::python::{if_truthy, truthy};
use crate::sam::translation::SamResource;
use crate::{Map, Node};
use base::Span;

const KEYS: [&str; 3] = ["Authorizers", "DefaultAuthorizer", "EnableIamAuthorizer"];
const JWT: &[&str] = &["AuthorizationScopes", "JwtConfiguration", "IdentitySource"];
const REQUEST: &[&str] = &[
    "FunctionArn",
    "FunctionInvokeRole",
    "Identity",
    "AuthorizerPayloadFormatVersion",
    "EnableSimpleResponses",
    "EnableFunctionDefaultPermissions",
];

/// One authorizer.
struct Authorizer<'a> {
    api: &'a str,
    name: String,
    /// Its configuration; nothing for IAM.
    config: Option<&'a Map>,
    name_span: Span,
}

/// Adds `Auth` to the definition.
pub(super) fn add(api: &mut Api<'_>) -> Result<(), Fault> {
    let Some(property) = api.sam.truthy("Auth") else { return Ok(()) };
    if api.body.is_none() {
        let message = "Auth works only with inline OpenApi specified in the 'DefinitionBody' property.";
        return Err(api.fault(message).at(property.span));
    }
    let auth = property.as_map().filter(|auth| auth.keys().all(|key| KEYS.contains(&key)));
    let Some(auth) = auth else { return Err(api.fault("Invalid value for 'Auth' property").at(property.span)) };
    if !api.has_valid_body() {
        return Err(api.fault(
            "Unable to add Auth configuration because 'DefinitionBody' does not contain a valid OpenApi definition.",
        ));
    }
    let (sam, partition) = (api.sam, api.partition);
    let found = authorizers(sam, auth)?;
    let mut schemes = Map::new();
    for authorizer in &found {
        schemes.insert_at(authorizer.name.as_str(), authorizer.name_span, authorizer.in_definition(partition)?);
    }
    api.edit(|editor| {
        editor.add_authorizers_security_definitions(schemes);
        let Some((default, scopes)) = default_authorizer(sam, auth, &found)? else { return Ok(()) };
        for path in editor.paths() {
            editor.set_path_default_authorizer(&path, default, scopes)?;
        }
        Ok(())
    })
}

/// The default authorizer and its scopes.
fn default_authorizer<'a>(
    sam: &SamResource,
    auth: &'a Map,
    authorizers: &[Authorizer<'a>],
) -> Result<Option<(&'a Node, Option<&'a Node>)>, Fault> {
    let Some(default) = if_truthy(auth.get("DefaultAuthorizer")).filter(|default| !is_no_value(default)) else {
        return Ok(None);
    };
    let name = expect(Some(default), Owner::Resource(&sam.logical_id), "Auth.DefaultAuthorizer").string()?;
    match authorizers.iter().find(|authorizer| authorizer.name == name) {
        Some(authorizer) => Ok(Some((default, authorizer.get("AuthorizationScopes")))),
        None => {
            let message = format!("Unable to set DefaultAuthorizer because '{name}' was not defined in 'Authorizers'.");
            Err(sam.fault(message).at(default.span))
        }
    }
}

fn authorizers<'a>(sam: &'a SamResource, auth: &'a Map) -> Result<Vec<Authorizer<'a>>, Fault> {
    let api = sam.logical_id.as_str();
    let mut found = Vec::new();
    if let Some(enable) = auth.get("EnableIamAuthorizer").filter(|enable| enable.as_bool() == Some(true)) {
        found.push(Authorizer { api, name: "AWS_IAM".to_owned(), config: None, name_span: made(enable.span) });
    }
    let Some(config) = if_truthy(auth.get("Authorizers")) else { return Ok(found) };
    let owner = Owner::Resource(api);
    for (name, entry) in expect(Some(config), owner, "Auth.Authorizers").map()?.python_entries() {
        expect(Some(&entry.node), owner, &format!("Auth.Authorizers.{name}")).map()?;
        let Some(config) = entry.node.as_map() else { continue };
        if let Some(span) = config.key_span("OpenIdConnectUrl") {
            let message = format!(
                "'OpenIdConnectUrl' is no longer a supported property for authorizer '{name}'. Please refer to the \
                 AWS SAM documentation."
            );
            return Err(sam.fault(message).at(span));
        }
        let authorizer = Authorizer { api, name: name.to_owned(), config: Some(config), name_span: entry.key_span };
        authorizer.check()?;
        match found.iter_mut().find(|there| there.name == name) {
            Some(there) => *there = authorizer,
            None => found.push(authorizer),
        }
    }
    Ok(found)
}

/// The permissions API Gateway needs to invoke the functions of authorizers that ask for one.
pub(super) fn permissions(sam: &SamResource, attributes: &Map) -> Result<Vec<Resource>, Fault> {
    let Some(auth) = sam.truthy("Auth").and_then(Node::as_map) else { return Ok(Vec::new()) };
    let mut permissions = Vec::new();
    for authorizer in authorizers(sam, auth)? {
        let function = if_truthy(authorizer.get("FunctionArn"));
        let wanted = authorizer.get("EnableFunctionDefaultPermissions").is_some_and(truthy);
        if let Some(function) = function.filter(|_| wanted) {
            let id = format!("{}{}AuthorizerPermission", sam.logical_id, authorizer.name);
            let api = reference(function.span, &sam.logical_id);
            permissions.push(authorizer_permission(id, function, api, attributes)?);
        }
    }
    Ok(permissions)
}

impl<'a> Authorizer<'a> {
    fn get(&self, key: &str) -> Option<&'a Node> {
        self.config?.get(key).filter(|value| !value.is_null())
    }

    fn is_jwt(&self) -> bool {
        self.get("JwtConfiguration").is_some_and(truthy)
    }

    fn owner(&self) -> Owner<'a> {
        Owner::Resource(self.api)
    }

    fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::resource(self.api, message).at(self.name_span)
    }

    fn check(&self) -> Result<(), Fault> {
        if let Some(jwt) = if_truthy(self.get("JwtConfiguration")) {
            expect(Some(jwt), self.owner(), "JwtConfiguration").map()?;
        }
        if self.get("AuthorizationScopes").is_some_and(|scopes| scopes.as_list().is_none()) {
            return Err(self.fault("AuthorizationScopes must be a list."));
        }
        let (others, others_are_for) =
            if self.is_jwt() { (REQUEST, "Lambda Authorizer") } else { (JWT, "OAuth2 Authorizer") };
        if let Some(key) = others.iter().find(|key| self.given(key)) {
            let hint = match *key {
                "IdentitySource" => ". For Lambda Authorizer, use the 'Identity' property instead",
                _ => "",
            };
            return Err(self.fault(format!("{key} is only supported for {others_are_for}{hint}.")));
        }
        let required: &[&str] = if self.is_jwt() {
            &["JwtConfiguration", "IdentitySource"]
        } else {
            &["FunctionArn", "AuthorizerPayloadFormatVersion"]
        };
        let kind = if self.is_jwt() { "OAuth2" } else { "Lambda" };
        if let Some(key) = required.iter().find(|key| !self.get(key).is_some_and(truthy)) {
            return Err(self.fault(format!("{} {kind} Authorizer must define '{key}'.", self.name)));
        }
        if let Some(enable) = self.get("EnableFunctionDefaultPermissions") {
            let path = format!("Authorizers.{}.EnableFunctionDefaultPermissions", self.name);
            expect(Some(enable), self.owner(), &path).bool()?;
        }
        Ok(())
    }

    /// Whether a property counts as given: a token configuration that is empty does not.
    fn given(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| key != "JwtConfiguration" || truthy(value))
    }

    /// The authorizer as it stands in a definition.
    fn in_definition(&self, partition: &str) -> Result<Node, Fault> {
        let span = self.name_span;
        if self.config.is_none() {
            return Ok(node!(span, {
                "type": "apiKey",
                "name": "Authorization",
                "in": "header",
                "x-amazon-apigateway-authtype": "awsSigv4",
            }));
        }
        if self.is_jwt() {
            let source = self.get("IdentitySource").cloned().unwrap_or_default();
            return Ok(node!(span, {
                "type": "oauth2",
                "x-amazon-apigateway-authorizer": {
                    "jwtConfiguration": self.jwt_configuration(),
                    "identitySource": source,
                    "type": "jwt",
                },
            }));
        }
        let authorizer = self.lambda(partition)?;
        Ok(node!(span, {
            "type": "apiKey",
            "name": "Unused",
            "in": "header",
            "x-amazon-apigateway-authorizer": authorizer,
        }))
    }

    /// The configuration with keys in lower case, as OpenAPI wants them.
    fn jwt_configuration(&self) -> Node {
        let Some(configuration) = self.get("JwtConfiguration") else { return Node::default() };
        let mut lowered = Map::new();
        for (key, entry) in configuration.as_map().into_iter().flat_map(Map::entries) {
            lowered.insert_at(key.to_lowercase(), entry.key_span, entry.node.clone());
        }
        Node::new(lowered, made(configuration.span))
    }

    fn lambda(&self, partition: &str) -> Result<Node, Fault> {
        let span = made(self.name_span);
        let uri = format!(
            "arn:{partition}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/${{__FunctionArn__}}\
             /invocations"
        );
        let function = self.get("FunctionArn").cloned().unwrap_or_default();
        let mut authorizer = Map::new();
        authorizer.insert("type", node!(span, "request"));
        authorizer.insert("authorizerUri", sub_with(span, uri, node!(span, { "__FunctionArn__": function })));
        let role = self.get("FunctionInvokeRole").filter(|role| truthy(role) && role.as_str() != Some("NONE"));
        if let Some(role) = role {
            authorizer.insert("authorizerCredentials", role.clone());
        }
        if let Some(identity) = if_truthy(self.get("Identity")) {
            let path = format!("Auth.Authorizers.{}.Identity", self.name);
            let map = expect(Some(identity), self.owner(), &path).map()?;
            if let Some(seconds) = map.get("ReauthorizeEvery").filter(|seconds| !seconds.is_null()) {
                authorizer.insert("authorizerResultTtlInSeconds", seconds.clone());
            }
            authorizer.insert("identitySource", self.identity_source(map, identity.span)?);
        }
        let version = self.get("AuthorizerPayloadFormatVersion").cloned().unwrap_or_default();
        authorizer.insert("authorizerPayloadFormatVersion", version);
        if let Some(simple) = if_truthy(self.get("EnableSimpleResponses")) {
            authorizer.insert("enableSimpleResponses", simple.clone());
        }
        Ok(Node::new(authorizer, span))
    }

    fn identity_source(&self, identity: &Map, span: Span) -> Result<Node, Fault> {
        const PLACES: [(&str, &str); 4] = [
            ("$request.header.", "Headers"),
            ("$request.querystring.", "QueryStrings"),
            ("$stageVariables.", "StageVariables"),
            ("$context.", "Context"),
        ];
        let mut sources = Vec::new();
        for (prefix, key) in PLACES {
            let Some(values) = if_truthy(identity.get(key)) else { continue };
            let path = format!("Authorizers.{}.Identity.{key}", self.name);
            for value in expect(Some(values), self.owner(), &path).list_of_strings()? {
                let text = format!("{prefix}{}", value.as_str().unwrap_or_default());
                sources.push(Node::new(text, made(value.span)));
            }
        }
        Ok(Node::new(sources, made(span)))
    }
}
