//! `HttpApi`: a route of an HTTP API.

use super::api::{integration_uri, without_last_slash};
use super::api_auth::{NONE_WITHOUT_DEFAULT, check_names};
use super::{Event, EventKind, Target, permission};
use crate::sam::cfn::Resource;
use crate::sam::default_body::MANAGED;
use crate::sam::error::{Cause, Fault};
use crate::sam::expect::{Owner, expect};
use crate::sam::implicit_api::api_reference;
use crate::sam::make::{made, node, sub_with};
use crate::sam::openapi::openapi3::{DEFAULT_PATH, OpenApiEditor};
use crate::sam::openapi::swagger::LambdaIntegration;
use crate::sam::openapi::{ANY_METHOD, Editor, edit, get_http_path_without_trailing_slash};
use crate::sam::property::{Property, Shape};
use crate::sam::python::{if_truthy, truthy};
use crate::sam::translation::Translation;
use crate::{Map, Node};

/// The event source.
pub static KIND: EventKind = EventKind {
    name: "HttpApi",
    properties: &[
        Property::new("Path", Shape::Str),
        Property::new("Method", Shape::Str),
        Property::new("ApiId", Shape::Str),
        Property::new("Stage", Shape::Str),
        Property::new("Auth", Shape::Map),
        Property::new("TimeoutInMillis", Shape::Int),
        Property::new("RouteSettings", Shape::Map),
        Property::new("PayloadFormatVersion", Shape::Str),
    ],
    link: super::no_link,
    translate,
};

/// What is needed of an event to write a route.
struct Route<'a> {
    event: &'a Event,
    api_id: &'a str,
    path: &'a str,
    method: String,
    auth: Option<Map>,
}

fn translate(event: &mut Event, target: &mut Target<'_>, t: &mut Translation<'_>) -> Result<Vec<Resource>, Fault> {
    let text = |name: &str| event.get(name).and_then(Node::as_str).unwrap_or_default();
    let (path, method) = (text("Path"), text("Method").to_lowercase());
    let Some(api_id) = api_reference(event.get("ApiId")).and_then(Node::as_str) else { return Ok(Vec::new()) };
    let auth = event.truthy("Auth").and_then(Node::as_map).cloned();
    let mut route = Route { event, api_id, path, method, auth };
    t.with_api(api_id, |properties, t| {
        let permission = route.permission(properties, target)?;
        route.write(properties, target, t)?;
        Ok(permission.into_iter().collect())
    })
}

impl Route<'_> {
    /// The permission for the route, unless the function may be invoked for all routes anyway.
    fn permission(&self, api: &mut Map, target: &Target<'_>) -> Result<Option<Resource>, Fault> {
        let span = self.event.span;
        let is_any = self.method == "any" || self.method == ANY_METHOD;
        let mut path = without_last_slash(self.path).to_owned();
        let has_body = api.get("DefinitionBody").is_some_and(truthy);
        if has_body {
            self.check_definition(api)?;
        }
        if path == DEFAULT_PATH {
            path.clear();
        } else if has_body && self.takes_default_route(api, target)? {
            return Ok(None);
        }
        let path = get_http_path_without_trailing_slash(&path);
        let verb = if is_any { "*".to_owned() } else { self.method.to_uppercase() };
        let mut arn =
            "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/${__Stage__}".to_owned();
        if self.method == "any" && path.strip_prefix('/') == Some(DEFAULT_PATH) {
            arn.push_str(&path);
        } else {
            arn.push_str(&format!("/{verb}{path}"));
        }
        let api_id = self.event.get("ApiId").cloned().unwrap_or_default();
        let variables = node!(span, { "__ApiId__": api_id, "__Stage__": "*" });
        let source_arn = sub_with(span, arn, variables);
        permission::for_source(self.event, target, "apigateway.amazonaws.com", Some(source_arn)).map(Some)
    }

    /// A definition that cannot be edited is a fault of the API.
    fn check_definition(&self, api: &Map) -> Result<(), Fault> {
        let Some(body) = api.get("DefinitionBody") else { return Ok(()) };
        OpenApiEditor::check(body).map_err(|fault| {
            let causes = fault.into_causes();
            let messages: Vec<String> = causes.iter().map(Cause::message).collect();
            Fault::resource(self.api_id, messages.join(" ")).at(body.span)
        })
    }

    /// Whether the function is the one that takes what no route takes.
    fn takes_default_route(&self, api: &mut Map, target: &Target<'_>) -> Result<bool, Fault> {
        let Some(body) = api.get_mut("DefinitionBody") else { return Ok(false) };
        edit(body, |editor: &mut OpenApiEditor| {
            editor.is_integration_function_logical_id_match(DEFAULT_PATH, ANY_METHOD, &target.logical_id)
        })
    }

    fn write(&mut self, api: &mut Map, target: &Target<'_>, t: &Translation<'_>) -> Result<(), Fault> {
        let Some(mut body) = api.get_mut("DefinitionBody").filter(|body| !body.is_null()).map(std::mem::take) else {
            return Ok(());
        };
        let result = edit(&mut body, |editor: &mut OpenApiEditor| self.add_integration(editor, api, target, t));
        if let Some(place) = api.get_mut("DefinitionBody") {
            *place = body;
        }
        result
    }

    fn add_integration(
        &mut self,
        editor: &mut OpenApiEditor,
        api: &Map,
        target: &Target<'_>,
        t: &Translation<'_>,
    ) -> Result<(), Fault> {
        let event = self.event;
        if api.get(MANAGED).is_some_and(truthy) && editor.has_integration(self.path, &self.method)? {
            let message = format!("API method '{}' defined multiple times for path '{}'.", self.method, self.path);
            return Err(event.fault(message));
        }
        editor.add_lambda_integration(LambdaIntegration {
            path: self.path,
            method: &self.method,
            key_spans: event.key_spans(),
            uri: integration_uri(event, target, "${AWS::Partition}", false),
            method_auth: self.auth.as_ref(),
            api_auth: api.get("Auth").and_then(Node::as_map),
            condition: target.attributes.get("Condition"),
            response_transfer_mode: None,
            partition: &t.context.partition,
            // The path of the default route was not written in the template.
            span: event.get("Path").map_or(event.span, |path| path.span),
        })?;
        self.add_auth(editor, api.get("Auth"))?;
        if let Some(timeout) = event.truthy("TimeoutInMillis") {
            editor.add_timeout_to_method(self.path, &self.method, timeout)?;
        }
        let names = path_parameters(self.path);
        if !names.is_empty() {
            editor.add_path_parameters_to_method(self.path, &self.method, &names, event.span)?;
        }
        if let Some(version) = event.truthy("PayloadFormatVersion") {
            editor.add_payload_format_version_to_method(self.path, &self.method, version)?;
        }
        Ok(())
    }

    fn fault(&self, rest: &str) -> Fault {
        let on = format!("on API method [{}] for path [{}]", self.method, self.path);
        self.event.fault(rest.replace("{on}", &on))
    }

    fn add_auth(&mut self, editor: &mut OpenApiEditor, api_auth: Option<&Node>) -> Result<(), Fault> {
        let Some(mut auth) = self.auth.take() else { return Ok(()) };
        if api_auth.is_some() {
            expect(api_auth, Owner::Resource(self.api_id), "Auth").map()?;
        }
        let default = api_auth.and_then(|auth| if_truthy(auth.get("DefaultAuthorizer")));
        if if_truthy(auth.get("Authorizer")).is_none() {
            let Some(default) = default else {
                let message = "'Auth' section requires either an explicit 'Authorizer' set or a 'DefaultAuthorizer' \
                               configured on the HttpApi.";
                return Err(self.event.fault(message));
            };
            auth.insert_at("Authorizer", made(self.event.span), default.clone());
        }
        if let Some(authorizer) = auth.get("Authorizer") {
            self.check_authorizer(authorizer, api_auth).map_err(|fault| fault.at(authorizer.span))?;
        }
        if let Some(scopes) = if_truthy(auth.get("AuthorizationScopes")).filter(|scopes| scopes.as_list().is_none()) {
            let message = "Unable to set Authorizer {on} because 'AuthorizationScopes' must be a list of strings.";
            return Err(self.fault(message).at(scopes.span));
        }
        editor.add_auth_to_method(self.path, &self.method, &auth, api_auth)?;
        self.auth = Some(auth);
        Ok(())
    }

    fn check_authorizer(&self, authorizer: &Node, api_auth: Option<&Node>) -> Result<(), Fault> {
        let of_api = |name: &str| api_auth.and_then(|auth| auth.get(name));
        let authorizers = of_api("Authorizers");
        let iam = of_api("EnableIamAuthorizer").and_then(Node::as_bool) == Some(true);
        match authorizer.as_str() {
            Some("NONE") if if_truthy(of_api("DefaultAuthorizer")).is_none() => {
                return Err(self.fault(NONE_WITHOUT_DEFAULT));
            }
            Some("NONE") => return Ok(()),
            Some("AWS_IAM") if iam => return Ok(()),
            _ => {}
        }
        let name = self.event.shown(authorizer);
        // An API without any `Auth` counts as one with an empty mapping of authorizers.
        if if_truthy(api_auth).is_some() || authorizer.as_str().is_none() {
            check_names(&self.event.name, &self.method, self.path, (authorizer, &name), authorizers)?;
        }
        if if_truthy(authorizers).is_none() {
            return Err(self.fault(&format!(
                "Unable to set Authorizer [{name}] {{on}} because the related API does not define any Authorizers."
            )));
        }
        if if_truthy(authorizers.and_then(|authorizers| authorizers.get(&name))).is_none() {
            return Err(self.fault(&format!(
                "Unable to set Authorizer [{name}] {{on}} because it wasn't defined in the API's Authorizers."
            )));
        }
        Ok(())
    }
}

/// The names in braces of a path.
fn path_parameters(path: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = path;
    while let Some((_, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        names.push(name);
        rest = after;
    }
    names
}
