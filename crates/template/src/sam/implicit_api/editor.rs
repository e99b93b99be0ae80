//! The two definition editors behind one face.

use super::ImplicitApi;
use crate::sam::error::Fault;
use crate::sam::openapi::KeySpans;
use crate::sam::openapi::openapi3::OpenApiEditor;
use crate::sam::openapi::swagger::SwaggerEditor;
use crate::{Map, Node};
use base::Span;

/// An editor of the definition of a REST or of an HTTP API.
pub(super) enum Editor {
    Rest(Box<SwaggerEditor>),
    Http(Box<OpenApiEditor>),
}

impl Editor {
    pub(super) fn skeleton(api: &ImplicitApi, span: Span, tracked: bool) -> Node {
        if api.is_http() { OpenApiEditor::skeleton(span, tracked) } else { SwaggerEditor::skeleton(span) }
    }

    pub(super) fn is_valid(api: &ImplicitApi, doc: &Node) -> bool {
        if api.is_http() { OpenApiEditor::is_valid(doc) } else { SwaggerEditor::is_valid(doc) }
    }

    /// Runs `change` on the `DefinitionBody` of an API's properties.
    pub(super) fn edit(
        api: &ImplicitApi,
        properties: &mut Map,
        change: impl FnOnce(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let Some(body) = properties.get_mut("DefinitionBody") else { return Ok(()) };
        let doc = std::mem::take(body);
        let mut editor = if api.is_http() {
            Self::Http(Box::new(OpenApiEditor::new(doc).map_err(Fault::fatal)?))
        } else {
            Self::Rest(Box::new(SwaggerEditor::new(doc).map_err(Fault::fatal)?))
        };
        let result = change(&mut editor);
        *body = match editor {
            Self::Rest(editor) => editor.into_definition(),
            Self::Http(editor) => editor.into_definition(),
        };
        result
    }

    pub(super) fn add_path(&mut self, path: &str, method: &str, spans: KeySpans) -> Result<(), Fault> {
        match self {
            Self::Rest(editor) => editor.add_path(path, Some(method), spans),
            Self::Http(editor) => editor.add_path(path, Some(method), spans),
        }
    }

    pub(super) fn paths(&self) -> Vec<String> {
        match self {
            Self::Rest(editor) => editor.paths(),
            Self::Http(editor) => editor.paths(),
        }
    }

    pub(super) fn make_path_conditional(&mut self, path: &str, condition: &Node) {
        match self {
            Self::Rest(editor) => editor.make_path_conditional(path, condition),
            Self::Http(editor) => editor.make_path_conditional(path, condition),
        }
    }
}
