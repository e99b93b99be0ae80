//! The editor for OpenAPI 3 definitions of HTTP APIs.

use super::definition::{
    self, Definition, X_INTEGRATION, arrive, bad_integration, bad_method, contents, dict, is_open_api_3, settled,
    under_condition,
};
use super::swagger::LambdaIntegration;
use super::{Editor, KeySpans, normalize_method_name};
use crate::sam::error::Fault;
use crate::sam::make::{made, node, reference};
use crate::sam::python::{display, truthy, type_name};
use crate::{Map, Node, Value};
use base::Span;
use std::collections::HashMap;

pub use super::definition::ANY_METHOD;

/// The path of the route that takes what no other takes.
pub const DEFAULT_PATH: &str = "$default";
const TAG_VALUE: &str = "x-amazon-apigateway-tag-value";
const ENDPOINT: &str = "x-amazon-apigateway-endpoint-configuration";

/// A definition while it is edited. Methods are named as those of AWS's translator.
#[derive(Debug)]
pub struct OpenApiEditor {
    pub(super) definition: Definition,
    /// Security schemes that are put into `components` at the end; nothing if they are there already.
    security_schemes: Option<Map>,
    /// Tags that are put there at the end; nothing if they are there already.
    tags: Option<Vec<Node>>,
    /// `info` that is put there at the end; nothing if it is there already.
    info: Option<Map>,
}

impl Editor for OpenApiEditor {
    fn check(doc: &Node) -> Result<(), Fault> {
        if !OpenApiEditor::is_valid(doc) {
            return Err(Fault::document(
                "Invalid OpenApi document. Invalid values or missing keys for 'openapi' or 'paths' in \
                 'DefinitionBody'.",
            )
            .at(doc.span));
        }
        match doc.get("components").filter(|components| !components.is_null() && components.as_map().is_none()) {
            Some(components) => {
                let message = "Invalid OpenApi document: The value of 'components' should be a map";
                Err(Fault::document(message).at(components.span))
            }
            None => Ok(()),
        }
    }

    fn open(doc: Node) -> Self {
        let definition = Definition::open(doc);
        let there = |node: Option<&Node>| node.is_some_and(truthy);
        let schemes = definition.get("components").and_then(|components| components.get("securitySchemes"));
        Self {
            security_schemes: (!there(schemes)).then(|| definition.dict()),
            tags: (!there(definition.get("tags"))).then(Vec::new),
            info: (!there(definition.get("info"))).then(|| definition.dict()),
            definition,
        }
    }

    fn close(mut self) -> Node {
        let span = made(self.definition.doc.span);
        if let Some(tags) = self.tags.take().filter(|tags| !tags.is_empty()) {
            self.definition.set("tags", Node::new(tags, span));
        }
        if let Some(schemes) = self.security_schemes.take().filter(|schemes| !schemes.is_empty()) {
            self.put_security_schemes(schemes, span);
        }
        if let Some(info) = self.info.take().filter(|info| !info.is_empty()) {
            self.definition.set("info", Node::new(info, span));
        }
        self.definition.close()
    }

    fn abandon(self) -> Node {
        self.definition.abandon()
    }
}

impl OpenApiEditor {
    /// The definition of an API without paths. In a template whose resources are not tracked the order of its keys is the
    /// usual one.
    pub fn skeleton(span: Span, tracked: bool) -> Node {
        let span = made(span);
        let empty = || if tracked { Map::tracked() } else { Map::new() };
        let (mut skeleton, mut info) = (empty(), empty());
        info.insert("version", Node::new("1.0", span));
        info.insert("title", default_title(span));
        skeleton.insert("openapi", Node::new("3.0.1", span));
        skeleton.insert("info", Node::new(info, span));
        skeleton.insert("paths", Node::new(empty(), span));
        Node::new(skeleton, span)
    }

    /// Whether it is a definition that can be edited.
    pub fn is_valid(doc: &Node) -> bool {
        doc.get("paths").is_some_and(|paths| paths.as_map().is_some())
            && doc.get("openapi").filter(|version| truthy(version)).is_some_and(is_open_api_3)
    }

    /// Takes a definition; use [`super::edit`] to have it put back in any case.
    pub fn new(doc: Node) -> Result<Self, Fault> {
        Self::check(&doc)?;
        Ok(Self::open(doc))
    }

    /// Gives the definition back.
    pub fn into_definition(self) -> Node {
        self.close()
    }

    /// Whether the path, and the method on it, are there.
    pub fn has_path(&self, path: &str, method: Option<&str>) -> Result<bool, Fault> {
        self.definition.has_path(path, method)
    }

    /// Whether the method on the path has an integration.
    pub fn has_integration(&self, path: &str, method: &str) -> Result<bool, Fault> {
        self.definition.has_integration(path, method)
    }

    /// Whether every integration of the method invokes the function with this logical id.
    pub fn is_integration_function_logical_id_match(
        &self,
        path: &str,
        method: &str,
        logical_id: &str,
    ) -> Result<bool, Fault> {
        if !self.has_integration(path, method)? {
            return Ok(false);
        }
        let method = normalize_method_name(method);
        let Some(item) = self.definition.path(path) else { return Ok(false) };
        for content in contents(item)? {
            let Some(definition) = content.get(&method) else { return Err(bad_method(path, &method)) };
            for definition in contents(definition)? {
                let map = definition.as_map().ok_or_else(|| bad_method(path, &method).at(definition.span))?;
                if !invokes(map.get(X_INTEGRATION), logical_id)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Adds the path and the method, if they are not there.
    pub fn add_path(&mut self, path: &str, method: Option<&str>, spans: KeySpans) -> Result<(), Fault> {
        self.definition.add_path(path, method, spans)
    }

    /// All paths in order.
    pub fn paths(&self) -> Vec<String> {
        self.definition.paths()
    }

    /// Puts the path under a condition.
    pub fn make_path_conditional(&mut self, path: &str, condition: &Node) {
        self.definition.make_path_conditional(path, condition);
    }

    /// Adds a Lambda proxy integration, unless there is one.
    pub fn add_lambda_integration(&mut self, new: LambdaIntegration<'_>) -> Result<(), Fault> {
        let (path, span) = (new.path, made(new.span));
        let method = normalize_method_name(new.method);
        if self.has_integration(path, &method)? {
            return Ok(());
        }
        self.add_path(path, Some(new.method), new.key_spans)?;
        let copies = self.definition.copies;
        let condition = new.condition.filter(|condition| truthy(condition));
        let uri = match condition {
            Some(condition) => under_condition(condition, new.uri),
            None => new.uri,
        };
        for item in self.definition.path_items(path)? {
            let Some(definition) = item.get_mut(&method) else { return Err(bad_method(path, &method)) };
            if definition.is_null() {
                *definition = Node::new(dict(copies), span);
            }
            let place = definition.span;
            let map = settled(definition, copies).ok_or_else(|| bad_method(path, &method).at(place))?;
            let mut integration = dict(copies);
            integration.insert("type", Node::new("aws_proxy", span));
            integration.insert("httpMethod", Node::new("POST", span));
            integration.insert("payloadFormatVersion", Node::new("2.0", span));
            integration.insert_at("uri", span, uri.clone());
            map.insert(X_INTEGRATION, Node::new(integration, span));
            if path == DEFAULT_PATH && method == ANY_METHOD {
                map.insert("isDefaultRoute", Node::new(true, span));
            }
            if !map.contains_key("responses") {
                map.insert("responses", Node::new(dict(copies), span));
            }
            if let Some(condition) = condition {
                *definition = under_condition(condition, std::mem::take(definition));
            }
        }
        Ok(())
    }

    /// Sets `timeoutInMillis` of the integrations of a method.
    pub fn add_timeout_to_method(&mut self, path: &str, method: &str, timeout: &Node) -> Result<(), Fault> {
        self.definition.set_in_integration(path, method, "timeoutInMillis", timeout)
    }

    /// Sets `payloadFormatVersion` of the integrations of a method.
    pub fn add_payload_format_version_to_method(
        &mut self,
        path: &str,
        method: &str,
        version: &Node,
    ) -> Result<(), Fault> {
        self.definition.set_in_integration(path, method, "payloadFormatVersion", version)
    }

    /// Adds path parameters that the method does not have yet.
    pub fn add_path_parameters_to_method(
        &mut self,
        path: &str,
        method: &str,
        names: &[&str],
        span: Span,
    ) -> Result<(), Fault> {
        let copies = self.definition.copies;
        for definition in self.definition.method_definitions(path, method)? {
            if !definition.contains_key("parameters") {
                definition.insert_at("parameters", made(span), Node::new(Vec::new(), made(span)));
            }
            let Some(parameters) = definition.get_mut("parameters").and_then(Node::as_list_mut) else { continue };
            for name in names {
                let named = |parameter: &&mut Node| parameter.get("name").and_then(Node::as_str) == Some(name);
                match parameters.iter_mut().find(named).and_then(|parameter| settled(parameter, copies)) {
                    Some(parameter) => set_path_parameter(parameter, span),
                    None => {
                        let mut parameter = dict(copies);
                        parameter.insert_at("name", made(span), Node::new(*name, span));
                        set_path_parameter(&mut parameter, span);
                        parameters.push(Node::new(parameter, made(span)));
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds security schemes, each as it stands in a definition, by name.
    pub fn add_authorizers_security_definitions(&mut self, authorizers: Map) {
        let copies = self.definition.copies;
        let there = match &mut self.security_schemes {
            Some(schemes) => Some(schemes),
            None => self
                .definition
                .get_mut("components")
                .and_then(|components| settled(components, copies)?.get_mut("securitySchemes"))
                .and_then(|schemes| settled(schemes, copies)),
        };
        let Some(there) = there else { return };
        for (name, entry) in authorizers {
            let mut authorizer = entry.node;
            arrive(&mut authorizer, copies);
            there.insert_at(name, entry.key_span, authorizer);
        }
    }

    fn put_security_schemes(&mut self, schemes: Map, span: Span) {
        let copies = self.definition.copies;
        if !self.definition.get("components").is_some_and(truthy) {
            self.definition.set("components", Node::new(dict(copies), span));
        }
        if let Some(components) = self.definition.get_mut("components").and_then(|node| settled(node, copies)) {
            components.insert_at("securitySchemes", span, Node::new(schemes, span));
        }
    }

    /// Adds the default authorizer to all methods of a path that have no security of their own.
    ///
    /// # Errors
    /// A method is no mapping, or its name is not in lower case.
    pub fn set_path_default_authorizer(
        &mut self,
        path: &str,
        authorizer: &Node,
        scopes: Option<&Node>,
    ) -> Result<(), Fault> {
        let copies = self.definition.copies;
        let span = authorizer.span;
        let name = authorizer.as_str().unwrap_or_default();
        for item in self.definition.path_items(path)? {
            for method in item.python_keys() {
                let normal = normalize_method_name(&method);
                if normal == "parameters" || normal == "options" {
                    continue;
                }
                if !item.contains_key(&normal) {
                    let message = format!("Could not find {normal} in {path} within DefinitionBody.");
                    return Err(Fault::document(message).at(span));
                }
                let Some(member) = item.get_mut(&method) else { continue };
                for content in definition::contents_mut(member)? {
                    let place = content.span;
                    let map = settled(content, copies).ok_or_else(|| bad_method(path, &method).at(place))?;
                    if !definition::has_integration(map) || map.get("security").is_some_and(truthy) {
                        continue;
                    }
                    let scopes = scopes.cloned().unwrap_or_else(|| Node::new(Vec::new(), made(span)));
                    map.insert_at("security", made(span), node!(span, [{ (name): scopes }]));
                }
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
        let Some(authorizer) = auth.get("Authorizer").filter(|authorizer| truthy(authorizer)) else { return Ok(()) };
        let authorizers = api_auth.and_then(|auth| auth.get("Authorizers"));
        let own = auth.get("AuthorizationScopes").filter(|scopes| truthy(scopes));
        let name = display(authorizer);
        let span = authorizer.span;
        for definition in self.definition.method_definitions(path, method)? {
            let mut scopes = None;
            if name != "NONE" && name != "AWS_IAM" {
                let found = authorizers.and_then(|authorizers| authorizers.get(&name));
                if let Some(found) = found.filter(|found| found.as_map().is_none()) {
                    let message = format!("Type of authorizer '{name}' must be a dictionary");
                    return Err(Fault::document(message).at(found.span));
                }
                scopes = own.or_else(|| found?.get("AuthorizationScopes")).filter(|scopes| truthy(scopes)).cloned();
            }
            let scopes = scopes.unwrap_or_else(|| Node::new(Vec::new(), made(span)));
            let mut security = match definition.get("security").map(|security| (&security.value, security.span)) {
                None => Vec::new(),
                Some((Value::List(items), _)) => items.clone(),
                Some((_, place)) => {
                    let message = format!("Type of security for path {path} method {method} must be a list");
                    return Err(Fault::document(message).at(place));
                }
            };
            security.push(node!(span, { (name.as_str()): scopes }));
            definition.insert_at("security", made(span), Node::new(security, made(span)));
        }
        Ok(())
    }

    /// Adds tags, or changes the values of those that are there.
    ///
    /// # Errors
    /// The tags of the definition are no list.
    pub fn add_tags(&mut self, tags: &Map) -> Result<(), Fault> {
        let copies = self.definition.copies;
        let there = match &mut self.tags {
            _ if tags.is_empty() => return Ok(()),
            Some(tags) => tags,
            None => match self.definition.get_mut("tags").map(|tags| (&mut tags.value, tags.span)) {
                Some((Value::List(items), _)) => items,
                other => return Err(bad_tags(other.map(|(value, span)| Node { value: value.clone(), span }))),
            },
        };
        // Of two with one name the first is changed.
        let mut known: HashMap<String, usize> = HashMap::new();
        for (at, tag) in there.iter().enumerate() {
            if let Some(name) = tag.get("name").and_then(Node::as_str) {
                known.entry(name.to_owned()).or_insert(at);
            }
        }
        for (name, entry) in tags.python_entries() {
            let span = made(entry.key_span);
            let old = known.get(name).and_then(|at| there.get_mut(*at));
            match old.and_then(|tag| settled(tag, copies)) {
                Some(tag) => _ = tag.insert_at(TAG_VALUE, span, entry.node.clone()),
                None => {
                    let mut tag = dict(copies);
                    tag.insert_at("name", span, Node::new(name, entry.key_span));
                    tag.insert_at(TAG_VALUE, span, entry.node.clone());
                    there.push(Node::new(tag, span));
                }
            }
        }
        Ok(())
    }

    /// Sets `disableExecuteApiEndpoint` of every server.
    pub fn add_endpoint_config(&mut self, disable: &Node) -> Result<(), Fault> {
        let copies = self.definition.copies;
        let span = made(disable.span);
        if self.definition.get("servers").is_none() {
            self.definition.set("servers", Node::new(vec![Node::new(dict(copies), span)], span));
        }
        let servers = self.definition.get_mut("servers").and_then(Node::as_list_mut);
        for server in servers.into_iter().flatten() {
            let place = server.span;
            let bad = "Value of 'servers' item must be a dictionary according to Swagger spec.";
            let server = settled(server, copies).ok_or_else(|| Fault::document(bad).at(place))?;
            if !server.contains_key(ENDPOINT) {
                server.insert_at(ENDPOINT, span, Node::new(Map::new(), span));
            }
            if let Some(endpoint) = server.get_mut(ENDPOINT).and_then(|endpoint| settled(endpoint, copies)) {
                endpoint.insert_at("disableExecuteApiEndpoint", span, disable.clone());
            }
        }
        Ok(())
    }

    /// Sets the description, unless there is one.
    pub fn add_description(&mut self, description: &Node) {
        if let Some(info) = self.info().filter(|info| !info.get("description").is_some_and(truthy)) {
            info.insert_at("description", made(description.span), description.clone());
        }
    }

    /// Sets the title, unless an author set one.
    pub fn add_title(&mut self, title: &Node) {
        let span = title.span;
        if let Some(info) = self.info().filter(|info| info.get("title") == Some(&default_title(span))) {
            info.insert_at("title", made(span), title.clone());
        }
    }

    fn info(&mut self) -> Option<&mut Map> {
        let copies = self.definition.copies;
        match &mut self.info {
            Some(info) => Some(info),
            None => settled(self.definition.get_mut("info")?, copies),
        }
    }
}

/// The title of a definition that the transform made: the name of the stack.
pub fn default_title(span: Span) -> Node {
    reference(span, "AWS::StackName")
}

fn set_path_parameter(parameter: &mut Map, span: Span) {
    parameter.insert_at("in", made(span), Node::new("path", made(span)));
    parameter.insert_at("required", made(span), Node::new(true, made(span)));
}

/// Whether all URIs of an integration name the function.
fn invokes(integration: Option<&Node>, logical_id: &str) -> Result<bool, Fault> {
    let Some(integration) = integration else { return Ok(false) };
    let map = integration.as_map().ok_or_else(|| bad_integration().at(integration.span))?;
    let Some(uri) = map.get("uri").filter(|uri| uri.as_map().is_some()) else { return Ok(false) };
    let function = |uri: &Node| uri.get("Fn::Sub").and_then(Node::as_str).and_then(first_arn).map(str::to_owned);
    Ok(contents(uri)?.into_iter().all(|uri| function(uri).as_deref() == Some(logical_id)))
}

/// The logical id before the first `.Arn` of a text.
fn first_arn(text: &str) -> Option<&str> {
    text.match_indices(".Arn").find_map(|(at, _)| {
        let before = &text[..at];
        let start = before.rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |n| n + 1);
        Some(&before[start..]).filter(|id| !id.is_empty())
    })
}

fn bad_tags(tags: Option<Node>) -> Fault {
    let tags = tags.unwrap_or_default();
    let (text, kind) = (display(&tags), type_name(&tags));
    let message = format!("Tags in OpenApi DefinitionBody needs to be a list. {text} is a {kind} not a list.");
    Fault::document(message).at(tags.span)
}
