//! Many templates in one process: one JSON object per line in, one per line out.
//!
//! In: `{"id": …, "template": path or text, "context": {…}}`. Out: `{"id": …, "ok": true, "template": {…}}` or
//! `{"id": …, "ok": false, "errorMessage": "…"}`. Reading the template's file is the caller's.

use super::context::Context;
use super::transform;
use crate::parse::{Dialect, parse};
use crate::write;
use base::{Diagnostic, FileId};
use serde::Deserialize;

/// One line of the input.
#[derive(Debug, Clone, Deserialize)]
pub struct Request {
    /// Comes back in the answer.
    pub id: serde_json::Value,
    /// The path of the template.
    pub template: String,
    /// The surroundings of the transform.
    #[serde(default)]
    pub context: Context,
}

/// Reads one line of the input.
///
/// # Errors
/// What is wrong with the JSON.
pub fn read_request(line: &str) -> Result<Request, serde_json::Error> {
    serde_json::from_str(line)
}

/// Transforms the text of a template and gives the line of the answer, without a line end.
pub fn answer(request: &Request, text: &str) -> String {
    let (node, problems) = parse(FileId::default(), text, Dialect::Template);
    if let Some(problem) = problems.iter().find(|problem: &&Diagnostic| problem.is_error()) {
        return failure(&request.id, &problem.message);
    }
    match transform(node, &request.context) {
        Ok(template) => format!("{{\"id\":{},\"ok\":true,\"template\":{}}}", request.id, write::compact(&template)),
        Err(error) => failure(&request.id, &error.message()),
    }
}

/// The line of the answer for a template that could not be transformed.
pub fn failure(id: &serde_json::Value, message: &str) -> String {
    serde_json::json!({ "id": id, "ok": false, "errorMessage": message }).to_string()
}
