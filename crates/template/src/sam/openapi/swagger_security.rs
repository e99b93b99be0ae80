//! Who may call a method of a REST API: authorizers, API keys and their defaults.

use super::definition::{arrive, dict, settled};
use super::swagger::SwaggerEditor;
use crate::sam::definition_text::definition_text;
use crate::sam::error::Fault;
use crate::sam::make::made;
use crate::sam::python::{display, truthy};
use crate::{Map, Node, Value};
use base::Span;
use std::collections::HashSet;

/// Members of a path item that are no methods.
const NO_METHODS: [&str; 3] = ["summary", "description", "parameters"];

/// An authorizer as the default of all methods.
#[derive(Debug, Clone)]
pub struct DefaultAuthorizer<'a> {
    /// Its name.
    pub name: &'a Node,
    /// The names of all authorizers of the API.
    pub authorizers: HashSet<&'a str>,
    /// The scopes of the default one.
    pub scopes: Option<Node>,
    /// Whether `OPTIONS` methods get it as well.
    pub on_preflight: bool,
}

impl SwaggerEditor {
    /// Adds authorizers, each as it stands in a definition, by name.
    pub fn add_authorizers_security_definitions(&mut self, authorizers: Map) -> Result<(), Fault> {
        let copies = self.definition.copies;
        let Some(there) = self.security_definitions.map(&mut self.definition) else { return Err(no_definitions()) };
        for (name, entry) in authorizers.python_entries() {
            let mut authorizer = entry.node.clone();
            arrive(&mut authorizer, copies);
            there.insert_at(name, entry.key_span, authorizer);
        }
        Ok(())
    }

    /// Adds the definition of IAM authorization, unless it is there.
    pub fn add_awsiam_security_definition(&mut self, span: Span) {
        let members = [
            ("x-amazon-apigateway-authtype", "awsSigv4"),
            ("type", "apiKey"),
            ("name", "Authorization"),
            ("in", "header"),
        ];
        self.add_security_definition("AWS_IAM", &members, span);
    }

    /// Adds the definition of API keys, unless it is there.
    ///
    /// # Errors
    /// The security definitions are no mapping.
    pub fn add_apikey_security_definition(&mut self, span: Span) -> Result<(), Fault> {
        let members = [("type", "apiKey"), ("name", "x-api-key"), ("in", "header")];
        if self.security_definitions.map(&mut self.definition).is_none() {
            return Err(no_definitions().at(span));
        }
        self.add_security_definition("api_key", &members, span);
        Ok(())
    }

    fn add_security_definition(&mut self, name: &str, members: &[(&str, &str)], span: Span) {
        let span = made(span);
        let copies = self.definition.copies;
        let Some(there) = self.security_definitions.map(&mut self.definition) else { return };
        if there.contains_key(name) {
            return;
        }
        let mut security = dict(copies);
        for (key, value) in members {
            security.insert_at(*key, span, Node::new(*value, span));
        }
        let mut update = Map::new();
        update.insert_at(name, span, Node::new(security, span));
        there.python_update(update);
    }

    /// Adds the default authorizer to all methods of a path that name no other one, and not `NONE`.
    pub fn set_path_default_authorizer(&mut self, path: &str, default: &DefaultAuthorizer<'_>) -> Result<(), Fault> {
        let copies = self.definition.copies;
        let span = default.name.span;
        let name = default.name.as_str().unwrap_or_default();
        let is_authorizer = |key: &str| key == "AWS_IAM" || default.authorizers.contains(key);
        let mut iam = false;
        for (method, definition) in self.definition.all_method_definitions(path, &NO_METHODS)? {
            if !default.on_preflight && method == "options" {
                continue;
            }
            let existing = existing_security(definition, path, &method, true)?;
            let (own, mut others): (Vec<Node>, Vec<Node>) =
                existing.into_iter().partition(|item| keys(item).any(is_authorizer));
            if let Some(none) = others.iter().position(|item| keys(item).any(|key| key == "NONE")) {
                others.remove(none);
            } else if own.is_empty() {
                let mut security = dict(copies);
                let scopes = default.scopes.clone().unwrap_or_else(|| Node::new(Vec::new(), made(span)));
                security.insert_at(name, span, scopes);
                others.push(Node::new(security, made(span)));
            } else {
                others.extend(own);
            }
            iam |= set_security(definition, others, copies, span);
        }
        if iam {
            self.add_awsiam_security_definition(span);
        }
        Ok(())
    }

    /// Asks for an API key at all methods of a path that do not say otherwise.
    pub fn set_path_default_apikey_required(
        &mut self,
        path: &str,
        on_preflight: bool,
        span: Span,
    ) -> Result<(), Fault> {
        let copies = self.definition.copies;
        let span = made(span);
        for (method, definition) in self.definition.all_method_definitions(path, &NO_METHODS)? {
            let existing = existing_security(definition, path, &method, true)?;
            let (own, mut security): (Vec<Node>, Vec<Node>) = existing
                .iter()
                .cloned()
                .partition(|item| keys(item).any(|key| key == "api_key" || key == "api_key_false"));
            let refused = own.iter().any(|item| keys(item).any(|key| key == "api_key_false"));
            if !refused && (on_preflight || method != "options") {
                security.push(requirement("api_key", span, Vec::new(), copies));
            }
            if security != existing {
                let mut security = Node::new(security, span);
                arrive(&mut security, copies);
                definition.insert_at("security", span, security);
            }
        }
        Ok(())
    }

    /// Sets the security of a method from the `Auth` of an event and of the API.
    pub fn add_auth_to_method(
        &mut self,
        path: &str,
        method: &str,
        auth: &Map,
        api_auth: Option<&Node>,
    ) -> Result<(), Fault> {
        let authorizers = api_auth.and_then(|auth| auth.get("Authorizers"));
        if let Some(authorizer) = auth.get("Authorizer").filter(|authorizer| truthy(authorizer)) {
            let scopes = auth.get("AuthorizationScopes").filter(|scopes| !scopes.is_null());
            self.set_method_authorizer(path, method, authorizer, authorizers, scopes)?;
        }
        if let Some(required) = auth.get("ApiKeyRequired").filter(|required| !required.is_null()) {
            self.set_method_apikey_handling(path, method, required)?;
        }
        Ok(())
    }

    fn set_method_authorizer(
        &mut self,
        path: &str,
        method: &str,
        authorizer: &Node,
        authorizers: Option<&Node>,
        scopes: Option<&Node>,
    ) -> Result<(), Fault> {
        let copies = self.definition.copies;
        let span = authorizer.span;
        let name = display(authorizer);
        let mut iam = false;
        for definition in self.definition.method_definitions(path, method)? {
            let mut security = existing_security(definition, path, method, false)?;
            let scopes = match authorizers.filter(|authorizers| name != "NONE" && truthy(authorizers)) {
                Some(authorizers) => scopes_of(authorizers, &name, scopes)?,
                None => None,
            };
            let mut requirement = dict(copies);
            requirement.insert_at(name.as_str(), span, scopes.unwrap_or_else(|| Node::new(Vec::new(), made(span))));
            security.push(Node::new(requirement, made(span)));
            iam |= set_security(definition, security, copies, span);
        }
        if iam {
            self.add_awsiam_security_definition(span);
        }
        Ok(())
    }

    fn set_method_apikey_handling(&mut self, path: &str, method: &str, required: &Node) -> Result<(), Fault> {
        let copies = self.definition.copies;
        let span = made(required.span);
        // A method that needs no key says so until the default of the API is applied.
        let name = if truthy(required) { "api_key" } else { "api_key_false" };
        let mut found = false;
        for definition in self.definition.method_definitions(path, method)? {
            found = true;
            let mut security = existing_security(definition, path, method, false)?;
            security.push(requirement(name, span, Vec::new(), copies));
            definition.insert_at("security", span, Node::new(security, span));
        }
        if found && truthy(required) {
            self.add_apikey_security_definition(required.span)?;
        }
        Ok(())
    }
}

/// The scopes a method asks for: its own or those of the authorizer.
fn scopes_of(authorizers: &Node, name: &str, own: Option<&Node>) -> Result<Option<Node>, Fault> {
    let Some(authorizer) = authorizers.get(name) else { return Ok(None) };
    let Some(map) = authorizer.as_map() else {
        let message = format!("Type of authorizer '{name}' must be a dictionary");
        return Err(Fault::document(message).at(authorizer.span));
    };
    let scopes = own.or_else(|| map.get("AuthorizationScopes"));
    Ok(scopes.filter(|scopes| !scopes.is_null()).cloned())
}

fn requirement(name: &str, span: Span, scopes: Vec<Node>, copies: u32) -> Node {
    let mut requirement = dict(copies);
    requirement.insert_at(name, span, Node::new(scopes, span));
    Node::new(requirement, span)
}

fn keys(security: &Node) -> impl Iterator<Item = &str> {
    security.as_map().into_iter().flat_map(Map::keys)
}

/// The security of a method, taken out of it if it is going to be set again.
fn existing_security(definition: &mut Map, path: &str, method: &str, only_mappings: bool) -> Result<Vec<Node>, Fault> {
    let Some(existing) = definition.get("security") else { return Ok(Vec::new()) };
    let Value::List(items) = &existing.value else {
        let message = format!("Type of security for path {path} method {method} must be a list");
        return Err(Fault::document(message).at(existing.span));
    };
    if let Some(item) = items.iter().find(|item| only_mappings && item.as_map().is_none()) {
        let message =
            format!("{} in Security for path {path} method {method} is not a valid dictionary.", definition_text(item));
        return Err(Fault::document(message).at(item.span));
    }
    Ok(items.clone())
}

/// Sets the security of a method, if there is any; whether the first requirement is IAM authorization.
fn set_security(definition: &mut Map, security: Vec<Node>, copies: u32, span: Span) -> bool {
    let Some(first) = security.first() else { return false };
    let iam = keys(first).any(|key| key == "AWS_IAM");
    let mut security = Node::new(security, made(span));
    if let Value::List(items) = &mut security.value {
        items.iter_mut().for_each(|item| _ = settled(item, copies));
    }
    definition.insert_at("security", made(span), security);
    iam
}

fn no_definitions() -> Fault {
    Fault::template("securityDefinitions must be a dictionary.")
}
