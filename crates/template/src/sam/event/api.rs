//! `Api`: a method of a REST API.

use super::api_auth::MethodAuth;
use super::{Event, EventKind, Target, TargetKind, permission, request_parameters};
use crate::sam::cfn::Resource;
use crate::sam::default_body::MANAGED;
use crate::sam::error::Fault;
use crate::sam::expect::{Owner, expect};
use crate::sam::implicit_api::api_reference;
use crate::sam::intrinsic::is_intrinsic;
use crate::sam::make::{made, node, sub, sub_with};
use crate::sam::openapi::swagger::{LambdaIntegration, SwaggerEditor};
use crate::sam::openapi::{arrive, edit, get_path_without_trailing_slash, normalize_method_name, settle};
use crate::sam::property::{Property, Shape};
use crate::sam::python::{if_truthy, truthy};
use crate::sam::translation::Translation;
use crate::{Map, Node, Value};

/// The event source.
pub static KIND: EventKind = EventKind {
    name: "Api",
    properties: &[
        Property::new("Path", Shape::Str).required(),
        Property::new("Method", Shape::Str).required(),
        Property::new("RestApiId", Shape::Str).required(),
        Property::new("Stage", Shape::Str),
        Property::new("Auth", Shape::Map),
        Property::new("RequestModel", Shape::Map),
        Property::new("RequestParameters", Shape::List),
        Property::new("TimeoutInMillis", Shape::Int),
        Property::new("ResponseTransferMode", Shape::Str),
    ],
    link,
    translate,
};

/// The REST API of an event: its logical id, and how the id of the permission ends.
pub(super) struct RestApi {
    pub(super) id: String,
    pub(super) suffix: String,
    pub(super) stage: Option<Node>,
}

/// Finds the API that an event names.
pub(super) fn rest_api(event: &Event, t: &Translation<'_>) -> Result<RestApi, Fault> {
    let reference = api_reference(event.get("RestApiId"));
    let Some(id) = reference.and_then(Node::as_str) else {
        return Ok(RestApi { id: String::new(), suffix: "AllStages".to_owned(), stage: None });
    };
    let fault = || event.fault("RestApiId property of Api event must reference a valid resource in the same template.");
    if !t.original_types.contains_key(id) {
        return Err(fault());
    }
    let properties = match t.resources.get(id).and_then(|api| api.get("Properties")) {
        Some(properties) => Some(expect(Some(properties), Owner::Attribute(id), "Properties").map()?),
        None => None,
    };
    let stage = properties.and_then(|map| map.get("StageName"));
    let suffix = match stage.and_then(Node::as_str) {
        Some("") => return Err(Fault::resource(id, "StageName cannot be empty.")),
        Some(stage) => stage.to_owned(),
        None => "Stage".to_owned(),
    };
    Ok(RestApi { id: id.to_owned(), suffix, stage: stage.cloned() })
}

pub(super) fn link(event: &Event, t: &Translation<'_>) -> Result<(), Fault> {
    rest_api(event, t).map(|_| ())
}

/// What is needed of an event to write a method.
struct Method<'a> {
    event: &'a Event,
    api_id: &'a str,
    path: &'a str,
    method: String,
    stage: Node,
}

fn translate(event: &mut Event, target: &mut Target<'_>, t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    let api = rest_api(event, t)?;
    let text = |name: &str| event.get(name).and_then(Node::as_str).unwrap_or_default();
    let (path, method) = (text("Path"), text("Method").to_lowercase());
    let permission = permission(event, target, &method, path, &api.suffix, t)?;
    let stage = api.stage.filter(|stage| stage.as_str().is_some());
    let stage = stage.unwrap_or_else(|| node!(event.span, &api.suffix));
    let method = Method { event, api_id: &api.id, path, method, stage };
    t.with_api(&api.id, |properties, t| method.write(properties, target, t))?;
    Ok(vec![permission])
}

fn permission(
    event: &Event,
    target: &Target<'_>,
    method: &str,
    path: &str,
    suffix: &str,
    t: &Translation<'_>,
) -> Result<Resource, Fault> {
    let span = event.span;
    let path = get_path_without_trailing_slash(without_last_slash(path));
    let verb = if method == "any" { "*".to_owned() } else { method.to_uppercase() };
    let arn = format!(
        "arn:{}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{__ApiId__}}/${{__Stage__}}/{verb}{path}",
        t.context.partition
    );
    let api_id = event.get("RestApiId").cloned().unwrap_or_default();
    let variables = node!(span, { "__ApiId__": api_id, "__Stage__": "*" });
    let mut permission = permission::construct(event, target, "apigateway.amazonaws.com", suffix, None)?;
    permission.set("SourceArn", sub_with(span, arn, variables));
    Ok(permission)
}

/// A path without its last slash, unless it is nothing else.
pub(super) fn without_last_slash(path: &str) -> &str {
    match path.strip_suffix('/') {
        Some(shorter) if !shorter.is_empty() && !shorter.contains('\n') => shorter,
        _ => path,
    }
}

/// The URI with which API Gateway invokes a function.
pub(super) fn integration_uri(event: &Event, target: &Target<'_>, partition: &str, streams: bool) -> Node {
    let (version, suffix) =
        if streams { ("2021-11-15", "/response-streaming-invocations") } else { ("2015-03-31", "/invocations") };
    let is_function = target.kind == TargetKind::Function;
    let name = if is_function { format!("{}.Arn", target.logical_id) } else { target.logical_id.clone() };
    let uri =
        format!("arn:{partition}:apigateway:${{AWS::Region}}:lambda:path/{version}/functions/${{{name}}}{suffix}");
    // The text counts as written in the template if it begins with a function's logical id, which was.
    let span = if is_function { event.span } else { made(event.span) };
    sub(event.span, Node::new(uri, span))
}

impl Method<'_> {
    /// Writes the method into the definition of the API.
    fn write(&self, api: &mut Map, target: &Target<'_>, t: &Translation<'_>) -> Result<(), Fault> {
        let is_on = |name: &str| api.get(name).is_some_and(truthy);
        if is_on(MANAGED) || is_on("MergeDefinitions") {
            self.write_integration(api, target, t)?;
        }
        let overrides = self.event.truthy("Auth").filter(|auth| auth.get("OverrideApiAuth").is_some_and(truthy));
        let Some(auth) = overrides.filter(|_| api.get("DefinitionBody").is_some_and(truthy)) else { return Ok(()) };
        if !["Authorizer", "ApiKeyRequired", "ResourcePolicy"].iter().any(|name| auth.get(name).is_some_and(truthy)) {
            let message = "Must define one of: Authorizer, ApiKeyRequired or ResourcePolicy when using the \
                           OverrideApiAuth property.";
            return Err(self.event.fault(message).at(auth.span));
        }
        let resolved = self.resolve_api_auth(api, t)?;
        let Some(mut body) = api.get_mut("DefinitionBody").map(std::mem::take) else { return Ok(()) };
        let api_auth = resolved.as_ref().or_else(|| api.get("Auth"));
        let result = edit(&mut body, |editor: &mut SwaggerEditor| self.add_auth(editor, auth, api_auth, t));
        api.insert("DefinitionBody", body);
        result
    }

    /// Puts what its parameters stand for into `Auth` of the API. Comes back with the whole if it is itself a parameter,
    /// which is not written back.
    fn resolve_api_auth(&self, api: &mut Map, t: &Translation<'_>) -> Result<Option<Node>, Fault> {
        let Some(auth) = api.get_mut("Auth").filter(|auth| !auth.is_null()) else { return Ok(None) };
        if t.apis.resolved_auths.borrow().contains(self.api_id) {
            return Ok(None);
        }
        let resolved = t.resolver.resolve_below(auth)?;
        if resolved.is_none() {
            t.apis.resolved_auths.borrow_mut().insert(self.api_id.to_owned());
        }
        Ok(resolved)
    }

    fn add_auth(
        &self,
        editor: &mut SwaggerEditor,
        auth: &Node,
        api_auth: Option<&Node>,
        t: &Translation<'_>,
    ) -> Result<(), Fault> {
        let Some(auth) = auth.as_map() else { return Ok(()) };
        let api_auth = api_auth.filter(|auth| !auth.is_null());
        let method_auth = MethodAuth {
            event: &self.event.name,
            api_id: self.api_id,
            auth,
            api_auth,
            path: self.path,
            method: &self.method,
            stage: Some(&self.stage),
        };
        let statements = t.apis.statements.borrow_mut().remove(self.api_id);
        editor.statements = statements.unwrap_or_default();
        let result = method_auth.add_to(editor);
        t.apis.statements.borrow_mut().insert(self.api_id.to_owned(), std::mem::take(&mut editor.statements));
        result
    }

    fn write_integration(&self, api: &mut Map, target: &Target<'_>, t: &Translation<'_>) -> Result<(), Fault> {
        let Some(body) = api.get("DefinitionBody").filter(|body| !body.is_null()) else { return Ok(()) };
        let span = body.span;
        let merges = api.get("MergeDefinitions").is_some_and(truthy);
        let mut body = if merges {
            SwaggerEditor::skeleton(self.event.span)
        } else {
            match api.get_mut("DefinitionBody") {
                Some(body) => std::mem::take(body),
                None => return Ok(()),
            }
        };
        let has_auth = self.event.truthy("Auth").is_some();
        let resolved = if has_auth { self.resolve_api_auth(api, t) } else { Ok(None) };
        let result = resolved.and_then(|resolved| {
            let api_auth = resolved.as_ref().or_else(|| api.get("Auth")).filter(|_| has_auth);
            edit(&mut body, |editor: &mut SwaggerEditor| self.add_integration(editor, api, target, api_auth, t))
        });
        if merges {
            result?;
            return self.merge(api, body);
        }
        let key_span = api.key_span("DefinitionBody").unwrap_or(span);
        api.insert_at("DefinitionBody", key_span, body);
        result
    }

    fn add_integration(
        &self,
        editor: &mut SwaggerEditor,
        api: &Map,
        target: &Target<'_>,
        api_auth: Option<&Node>,
        t: &Translation<'_>,
    ) -> Result<(), Fault> {
        let event = self.event;
        if editor.has_integration(self.path, &self.method)? {
            let message = format!("API method \"{}\" defined multiple times for path \"{}\".", self.method, self.path);
            return Err(event.fault(message));
        }
        let mode = event.get("ResponseTransferMode");
        let streams = mode.and_then(Node::as_str) == Some("RESPONSE_STREAM");
        let auth = event.truthy("Auth");
        let of_api = if_truthy(api.get("Auth"));
        let of_api = of_api.map(|auth| expect(Some(auth), Owner::Resource(self.api_id), "Auth").map()).transpose()?;
        editor.add_lambda_integration(LambdaIntegration {
            path: self.path,
            method: &self.method,
            key_spans: event.key_spans(),
            uri: integration_uri(event, target, &t.context.partition, streams),
            method_auth: auth.and_then(Node::as_map),
            api_auth: of_api,
            condition: target.attributes.get("Condition"),
            response_transfer_mode: mode,
            partition: &t.context.partition,
            span: event.span,
        })?;
        if let Some(auth) = auth {
            self.add_auth(editor, auth, api_auth, t)?;
        }
        if let Some(timeout) = event.truthy("TimeoutInMillis") {
            editor.add_timeout_to_method(self.path, &self.method, timeout)?;
        }
        self.add_request_model(editor, api)?;
        if let Some(parameters) = event.truthy("RequestParameters") {
            let parameters = request_parameters::read(event, parameters)?;
            editor.add_request_parameters_to_method(self.path, &self.method, &parameters)?;
        }
        Ok(())
    }

    fn add_request_model(&self, editor: &mut SwaggerEditor, api: &Map) -> Result<(), Fault> {
        let Some(request) = self.event.truthy("RequestModel") else { return Ok(()) };
        let request_map = expect(Some(request), Owner::Event(&self.event.name), "RequestModel").map()?;
        let Some(model) = if_truthy(request_map.get("Model")) else { return Ok(()) };
        let unable = |rest: &str| {
            let name = self.event.shown(model);
            let (method, path) = (&self.method, self.path);
            let on = format!("RequestModel [{name}] on API method [{method}] for path [{path}]");
            self.event.fault(rest.replace("{on}", &on)).at(model.span)
        };
        let Some(models) = if_truthy(api.get("Models")) else {
            return Err(unable("Unable to set {on} because the related API does not define any Models."));
        };
        if !is_intrinsic(models) && models.as_map().is_none() {
            return Err(unable("Unable to set {on} because the related API Models defined is of invalid type."));
        }
        let Some(name) = model.as_str() else {
            return Err(unable("Unable to set {on} because the related API does not contain valid Models."));
        };
        if if_truthy(models.get(name)).is_none() {
            return Err(unable("Unable to set {on} because it wasn't defined in the API's Models."));
        }
        editor.add_request_model_to_method(self.path, &self.method, request_map)?;
        let given = |name: &str| request_map.get(name).filter(|node| !node.is_null());
        let (body, parameters) = (given("ValidateBody"), given("ValidateParameters"));
        if body.is_none() && parameters.is_none() {
            return Ok(());
        }
        let flag = |node: Option<&Node>| node.map_or(Some(false), Node::as_bool);
        let (Some(body), Some(parameters)) = (flag(body), flag(parameters)) else {
            return Err(unable(
                "Unable to set Validator to {on} ValidateBody and ValidateParameters must be a boolean type, strings \
                 or intrinsics are not supported.",
            ));
        };
        editor.add_request_validator_to_method(self.path, &self.method, body, parameters, request.span)
    }

    /// Merges the method that was written into the definition the user gave.
    fn merge(&self, api: &mut Map, written: Node) -> Result<(), Fault> {
        let invalid = |what: &str| {
            let what = if what.is_empty() {
                "It should be a map".to_owned()
            } else {
                format!("The value of '{what}' should be a map")
            };
            Fault::resource(self.api_id, format!("Property 'DefinitionBody' is invalid: {what}"))
        };
        let method = normalize_method_name(&self.method);
        let Some(body) = api.get_mut("DefinitionBody").and_then(Node::as_map_mut) else { return Ok(()) };
        body.become_python_copy();
        let copies = body.copies();
        let new = take_method(written, self.path, &method, copies);
        let Some(paths) = body.get_mut("paths").filter(|paths| truthy(paths)) else { return Ok(()) };
        let paths = paths.as_map_mut().ok_or_else(|| invalid(""))?;
        paths.settle(copies);
        let spans = self.event.key_spans();
        if paths.get(self.path).is_none_or(Node::is_null) {
            paths.insert_at(self.path, spans.path, node!(self.event.span, {}));
        }
        let path = paths.get_mut(self.path).and_then(Node::as_map_mut).ok_or_else(|| invalid(self.path))?;
        path.settle(copies);
        let mut merged = Map::new();
        if let Some(old) = if_truthy(path.get(&self.method)) {
            let place = format!("DefinitionBody.paths.{}.{}", self.path, self.method);
            let mut old = expect(Some(old), Owner::Resource(self.api_id), &place).map()?.clone();
            old.settle(copies);
            old.python_entries().for_each(|(key, e)| _ = merged.insert_at(key, e.key_span, e.node.clone()));
        }
        new.python_entries().for_each(|(key, e)| _ = merged.insert_at(key, e.key_span, e.node.clone()));
        let merged = Node { value: Value::Map(merged), span: made(self.event.span) };
        path.insert_at(self.method.as_str(), spans.method, merged);
        Ok(())
    }
}

/// Takes a method out of a definition, for one that was copied `copies` times.
fn take_method(mut written: Node, path: &str, method: &str, copies: u32) -> Map {
    settle(&mut written);
    let paths = written.as_map_mut().and_then(|root| root.get_mut("paths")).and_then(Node::as_map_mut);
    let item = paths.and_then(|paths| paths.get_mut(path)).and_then(Node::as_map_mut);
    let Some(mut method) = item.and_then(|item| item.remove(method)) else { return Map::new() };
    arrive(&mut method, copies);
    match method.value {
        Value::Map(map) => map,
        _ => Map::new(),
    }
}
