//! The editor for definitions of REST APIs: Swagger 2.0, or OpenAPI 3 that an author wrote.

use super::definition::{Definition, X_INTEGRATION, arrive, bad_method, dict, is_open_api_3, settled, under_condition};
use super::swagger_policy::Statements;
use super::{Editor, KeySpans, normalize_method_name};
use crate::sam::error::Fault;
use crate::sam::make::{made, reference};
use crate::sam::python::truthy;
use crate::{Map, Node, Value};
use base::Span;

/// A definition while it is edited. Methods are named as those of AWS's translator.
#[derive(Debug)]
pub struct SwaggerEditor {
    pub(super) definition: Definition,
    pub(super) security_definitions: Section,
    gateway_responses: Section,
    pub(super) resource_policy: Section,
    definitions: Section,
    /// What is known about the statements of the resource policy.
    pub statements: Statements,
}

/// A member of a definition that is put there at the end of an edit, if there is anything in it.
#[derive(Debug)]
pub(super) struct Section {
    key: &'static str,
    /// Its content until then; nothing if the definition has the member already.
    apart: Option<Map>,
}

impl Section {
    pub(super) fn of(definition: &Definition, key: &'static str) -> Self {
        let there = definition.get(key).is_some_and(truthy);
        Self { key, apart: (!there).then(|| definition.dict()) }
    }

    /// Its content; nothing if it is no mapping.
    pub(super) fn map<'a>(&'a mut self, definition: &'a mut Definition) -> Option<&'a mut Map> {
        let copies = definition.copies;
        match &mut self.apart {
            Some(map) => Some(map),
            None => settled(definition.get_mut(self.key)?, copies),
        }
    }

    /// Puts the content where it belongs.
    pub(super) fn put(&mut self, definition: &mut Definition) {
        if let Some(map) = self.apart.take() {
            let span = map.iter().next().map_or(definition.doc.span, |(_, node)| node.span);
            definition.set(self.key, Node::new(map, made(span)));
        }
    }

    fn put_if_any(&mut self, definition: &mut Definition) {
        if self.apart.as_ref().is_some_and(|map| !map.is_empty()) {
            self.put(definition);
        }
    }
}

/// What [`SwaggerEditor::add_lambda_integration`] and its OpenAPI twin need.
#[derive(Debug, Clone)]
pub struct LambdaIntegration<'a> {
    /// The path.
    pub path: &'a str,
    /// The method in lower case.
    pub method: &'a str,
    /// Where both stand.
    pub key_spans: KeySpans,
    /// The URI, an `Fn::Sub`.
    pub uri: Node,
    /// `Auth` of the event.
    pub method_auth: Option<&'a Map>,
    /// `Auth` of the API.
    pub api_auth: Option<&'a Map>,
    /// The condition of the function.
    pub condition: Option<&'a Node>,
    /// `ResponseTransferMode` of the event.
    pub response_transfer_mode: Option<&'a Node>,
    /// The partition of the deployment.
    pub partition: &'a str,
    /// Where the event stands.
    pub span: Span,
}

/// What [`SwaggerEditor::add_state_machine_integration`] needs.
#[derive(Debug, Clone)]
pub struct StateMachineIntegration<'a> {
    /// The path.
    pub path: &'a str,
    /// The method in lower case.
    pub method: &'a str,
    /// Where both stand.
    pub key_spans: KeySpans,
    /// The URI, an `Fn::Sub`.
    pub uri: Node,
    /// The ARN of the role to start the state machine with.
    pub credentials: Node,
    /// The templates of the request by content type.
    pub request_templates: Option<Node>,
    /// The condition of the state machine.
    pub condition: Option<&'a Node>,
    /// Where the event stands.
    pub span: Span,
}

impl Editor for SwaggerEditor {
    fn check(doc: &Node) -> Result<(), Fault> {
        if !SwaggerEditor::is_valid(doc) {
            return Err(Fault::document(
                "Invalid Swagger document or the Swagger document is not explicitly defined in 'DefinitionBody'.",
            )
            .at(doc.span));
        }
        Definition::check_paths(doc)
    }

    fn open(doc: Node) -> Self {
        let definition = Definition::open(doc);
        Self {
            security_definitions: Section::of(&definition, "securityDefinitions"),
            gateway_responses: Section::of(&definition, "x-amazon-apigateway-gateway-responses"),
            resource_policy: Section::of(&definition, "x-amazon-apigateway-policy"),
            definitions: Section::of(&definition, "definitions"),
            statements: Statements::default(),
            definition,
        }
    }

    fn close(mut self) -> Node {
        self.security_definitions.put_if_any(&mut self.definition);
        self.gateway_responses.put_if_any(&mut self.definition);
        self.definitions.put_if_any(&mut self.definition);
        self.definition.close()
    }

    fn abandon(self) -> Node {
        self.definition.abandon()
    }
}

impl SwaggerEditor {
    /// The definition of an API without paths.
    pub fn skeleton(span: Span) -> Node {
        let span = made(span);
        let (mut skeleton, mut info) = (Map::tracked(), Map::tracked());
        info.insert("version", Node::new("1.0", span));
        info.insert("title", reference(span, "AWS::StackName"));
        skeleton.insert("swagger", Node::new("2.0", span));
        skeleton.insert("info", Node::new(info, span));
        skeleton.insert("paths", Node::new(Map::tracked(), span));
        Node::new(skeleton, span)
    }

    /// Whether it is a definition that can be edited.
    pub fn is_valid(doc: &Node) -> bool {
        if doc.get("paths").is_none_or(|paths| paths.as_map().is_none()) {
            return false;
        }
        if doc.get("swagger").is_some_and(truthy) {
            return true;
        }
        doc.get("openapi").filter(|version| truthy(version)).is_some_and(is_open_api_3)
    }

    /// Takes a definition. It is checked first; use [`super::edit`] to have it put back in any case.
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

    /// Adds a Lambda proxy integration.
    ///
    /// # Errors
    /// The method has one already, or the path is no mapping.
    pub fn add_lambda_integration(&mut self, new: LambdaIntegration<'_>) -> Result<(), Fault> {
        let (path, span) = (new.path, made(new.span));
        let method = normalize_method_name(new.method);
        if self.has_integration(path, &method)? {
            let message = format!("Lambda integration already exists on Path={path}, Method={method}");
            return Err(Fault::document(message).at(new.span));
        }
        self.add_path(path, Some(new.method), new.key_spans)?;
        let copies = self.definition.copies;
        let mut integration = dict(copies);
        integration.insert("type", Node::new("aws_proxy", span));
        integration.insert("httpMethod", Node::new("POST", span));
        integration.insert_at("uri", span, conditional_uri(new.condition, new.uri.clone()));
        if new.response_transfer_mode.and_then(Node::as_str) == Some("RESPONSE_STREAM") {
            integration.insert("responseTransferMode", Node::new("STREAM", span));
        }
        if let Some(credentials) = iam_credentials(&new) {
            integration.insert_at("credentials", span, credentials);
        }
        let integration = Node::new(integration, span);
        self.put_integration(path, &method, &integration, None, new.condition, |_| ())
    }

    /// Adds the integration that starts a state machine.
    ///
    /// # Errors
    /// The method has an integration already, or the path is no mapping.
    pub fn add_state_machine_integration(&mut self, new: StateMachineIntegration<'_>) -> Result<(), Fault> {
        let (path, span) = (new.path, made(new.span));
        let method = normalize_method_name(new.method);
        if self.has_integration(path, &method)? {
            let message = format!("Integration already exists on Path={path}, Method={method}");
            return Err(Fault::document(message).at(new.span));
        }
        self.add_path(path, Some(new.method), new.key_spans)?;
        let copies = self.definition.copies;
        let mut integration = dict(copies);
        integration.insert("type", Node::new("aws", span));
        integration.insert("httpMethod", Node::new("POST", span));
        integration.insert_at("uri", span, conditional_uri(new.condition, new.uri));
        let codes = |key: &str, ok: &str, bad: &str| {
            let mut responses = dict(copies);
            for (code, value) in [("200", ok), ("400", bad)] {
                let mut response = dict(copies);
                response.insert(key, Node::new(value, span));
                responses.insert(code, Node::new(response, span));
            }
            Node::new(responses, span)
        };
        integration.insert("responses", codes("statusCode", "200", "400"));
        integration.insert_at("credentials", span, new.credentials);
        let responses = codes("description", "OK", "Bad Request");
        let integration = Node::new(integration, span);
        let templates = new.request_templates;
        self.put_integration(path, &method, &integration, Some(&responses), new.condition, |integration| {
            if let Some(templates) = templates.clone().filter(truthy) {
                let mut update = Map::new();
                update.insert_at("requestTemplates", span, templates);
                integration.python_update(update);
            }
        })
    }

    /// Puts an integration and, unless there are some, responses into every branch of a method.
    fn put_integration(
        &mut self,
        path: &str,
        method: &str,
        integration: &Node,
        responses: Option<&Node>,
        condition: Option<&Node>,
        finish: impl Fn(&mut Map),
    ) -> Result<(), Fault> {
        let copies = self.definition.copies;
        for item in self.definition.path_items(path)? {
            let Some(definition) = item.get_mut(method) else { return Err(bad_method(path, method)) };
            let span = definition.span;
            let map = settled(definition, copies).ok_or_else(|| bad_method(path, method).at(span))?;
            let mut integration = integration.clone();
            arrive(&mut integration, copies);
            let place = integration.span;
            map.insert_at(X_INTEGRATION, place, integration);
            if !map.contains_key("responses") {
                let empty = || Node::new(dict(copies), place);
                map.insert_at("responses", place, responses.cloned().unwrap_or_else(empty));
            }
            if let Some(integration) = map.get_mut(X_INTEGRATION).and_then(Node::as_map_mut) {
                finish(integration);
            }
            if let Some(condition) = condition.filter(|condition| truthy(condition)) {
                *definition = under_condition(condition, std::mem::take(definition));
            }
        }
        Ok(())
    }

    /// Sets `timeoutInMillis` of the integrations of a method.
    pub fn add_timeout_to_method(&mut self, path: &str, method: &str, timeout: &Node) -> Result<(), Fault> {
        self.definition.set_in_integration(path, method, "timeoutInMillis", timeout)
    }

    /// Sets `disableExecuteApiEndpoint`: at every server of OpenAPI 3, at the top otherwise.
    pub fn add_disable_execute_api_endpoint_extension(&mut self, disable: &Node) -> Result<(), Fault> {
        let copies = self.definition.copies;
        let span = made(disable.span);
        if !self.definition.get("openapi").filter(|version| truthy(version)).is_some_and(is_open_api_3) {
            return set_endpoint(&mut self.definition.doc, disable, copies)
                .map_err(|why| Fault::document(format!("Invalid OpenAPI definition: {why}.")).at(disable.span));
        }
        if self.definition.get("servers").is_none() {
            let servers = vec![Node::new(self.definition.dict(), span)];
            self.definition.set("servers", Node::new(servers, span));
        }
        let invalid = |index: usize, why: &str| {
            Fault::document(format!("Invalid OpenAPI definition of 'servers[{index}]': {why}.")).at(disable.span)
        };
        let servers = self.definition.get_mut("servers");
        // The keys of a mapping and the letters of a text are no servers.
        if servers
            .as_ref()
            .is_some_and(|servers| truthy(servers) && matches!(servers.value, Value::Map(_) | Value::String(_)))
        {
            return Err(invalid(0, NO_MAP));
        }
        for (index, server) in servers.and_then(Node::as_list_mut).into_iter().flatten().enumerate() {
            set_endpoint(server, disable, copies).map_err(|why| invalid(index, &why))?;
        }
        Ok(())
    }

    /// Sets the media types that count as binary; `~1` in them means `/`.
    pub fn add_binary_media_types(&mut self, types: &Node) {
        let types = with_slashes(types, &self.definition);
        self.definition.set("x-amazon-apigateway-binary-media-types", types);
    }

    /// Adds gateway responses, each as it stands in a definition, by type.
    pub fn add_gateway_responses(&mut self, responses: Map) {
        let copies = self.definition.copies;
        let Some(there) = self.gateway_responses.map(&mut self.definition) else { return };
        for key in responses.python_keys() {
            let (Some(span), Some(response)) = (responses.key_span(&key), responses.get(&key)) else { continue };
            let mut response = response.clone();
            arrive(&mut response, copies);
            there.insert_at(key, span, response);
        }
    }

    /// Adds models by name; names are written in lower case.
    ///
    /// # Errors
    /// A model has no `type`.
    pub fn add_models(&mut self, models: &Map) -> Result<(), Fault> {
        let copies = self.definition.copies;
        let missing = || Fault::document("'Models' schema is missing 'type'.");
        let Some(there) = self.definitions.map(&mut self.definition) else { return Ok(()) };
        for key in models.python_keys() {
            let (Some(span), Some(model)) = (models.key_span(&key), models.get(&key)) else { continue };
            if !model.get("type").is_some_and(truthy) {
                return Err(missing().at(model.span));
            }
            let mut model = model.clone();
            arrive(&mut model, copies);
            there.insert_at(key.to_lowercase(), span, model);
        }
        Ok(())
    }
}

fn conditional_uri(condition: Option<&Node>, uri: Node) -> Node {
    match condition.filter(|condition| truthy(condition)) {
        Some(condition) => under_condition(condition, uri),
        None => uri,
    }
}

/// The role an integration is called with when IAM authorizes the caller; nothing if it needs none.
fn iam_credentials(new: &LambdaIntegration<'_>) -> Option<Node> {
    let text = |map: Option<&Map>, key: &str| map?.get(key)?.as_str().map(str::to_owned);
    let by_default = text(new.api_auth, "DefaultAuthorizer").as_deref() == Some("AWS_IAM")
        && new.method_auth.is_none_or(Map::is_empty);
    if text(new.method_auth, "Authorizer").as_deref() != Some("AWS_IAM") && !by_default {
        return None;
    }
    let span = made(new.span);
    // A role that is there but empty means that none is wanted.
    let role = |auth: Option<&Map>| match auth?.get("InvokeRole") {
        Some(role) if truthy(role) => Some(role.clone()),
        Some(_) => Some(Node::new("NONE", span)),
        None => None,
    };
    match role(new.method_auth).or_else(|| role(new.api_auth)) {
        Some(role) if role.as_str() == Some("NONE") => None,
        Some(role) if role.as_str() != Some("CALLER_CREDENTIALS") => Some(role),
        _ => Some(Node::new(format!("arn:{}:iam::*:user/*", new.partition), span)),
    }
}

const NO_MAP: &str = "It should be a map";

/// Sets a member two levels down; the sentence that tells what is no mapping otherwise.
fn set_endpoint(node: &mut Node, disable: &Node, copies: u32) -> Result<(), String> {
    const KEY: &str = "x-amazon-apigateway-endpoint-configuration";
    let span = made(disable.span);
    let map = settled(node, copies).ok_or(NO_MAP)?;
    if !map.contains_key(KEY) {
        map.insert_at(KEY, span, Node::new(Map::new(), span));
    }
    let endpoint = map.get_mut(KEY).and_then(|endpoint| settled(endpoint, copies));
    let endpoint = endpoint.ok_or_else(|| format!("The value of '{KEY}' should be a map"))?;
    let mut disable = disable.clone();
    arrive(&mut disable, copies);
    endpoint.insert_at("disableExecuteApiEndpoint", span, disable);
    Ok(())
}

/// A copy with `/` for every `~1`; all of its text counts as the template's.
fn with_slashes(node: &Node, definition: &Definition) -> Node {
    let value = match &node.value {
        Value::String(text) => Value::String(text.replace("~1", "/")),
        Value::List(items) => Value::List(items.iter().map(|item| with_slashes(item, definition)).collect()),
        Value::Map(map) => {
            let mut replaced = definition.dict();
            for (key, entry) in map.python_entries() {
                replaced.insert_at(key.replace("~1", "/"), entry.key_span, with_slashes(&entry.node, definition));
            }
            Value::Map(replaced)
        }
        other => other.clone(),
    };
    Node { value, span: node.span }
}
